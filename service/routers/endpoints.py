"""The calculator: dated responses in, what a trial reports out; nothing is stored."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

import recist
from service.bodies import Json
from service.documents import as_json, unprocessable
from service.guarded import GuardedRoute

router = APIRouter(prefix="/v1/endpoints", tags=["calculators"], route_class=GuardedRoute)


@router.post("", operation_id="deriveEndpoints", response_model=recist.Endpoints)
async def endpoints(follow_up: Annotated[recist.FollowUp, Json(recist.FollowUp)]) -> Response:
    """Derive best response, PFS, duration of response and survival from dated responses."""
    try:
        found = recist.endpoints(follow_up)
    except recist.Refused as refused:
        raise unprocessable(refused.faults) from None
    return Response(as_json(found), media_type="application/json")
