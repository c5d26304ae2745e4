"""The calculator: a timeline in, its assessment out; nothing is stored."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

import recist
from service.bodies import Json
from service.documents import as_json, unprocessable
from service.guarded import GuardedRoute

router = APIRouter(prefix="/v1/assess", tags=["calculators"], route_class=GuardedRoute)


@router.post("", operation_id="assess", response_model=recist.Assessment)
async def assess(timeline: Annotated[recist.Timeline, Json(recist.Timeline)]) -> Response:
    """Assess every read of a timeline after its baseline, and the course as a whole."""
    try:
        assessment = recist.assess(timeline)
    except recist.Refused as refused:
        raise unprocessable(refused.faults) from None
    return Response(as_json(assessment), media_type="application/json")
