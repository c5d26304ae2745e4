"""A subject's timelines, as far as the caller may see them."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from service import timelines
from service.blinding import FirstLook
from service.guarded import GuardedRoute
from service.tellings import SubjectTimeline
from service.writes import Lookup, Write

router = APIRouter(prefix="/v1/subjects/{subject_id}", tags=["reads"], route_class=GuardedRoute)
AsOf = Annotated[
    AwareDatetime | None,
    Query(description="The instant at which to see them, for those who neither read nor decide."),
]


@router.get("/timeline", operation_id="getTimeline", response_model=SubjectTimeline)
async def get_timeline(
    subject_id: str, lookup: Lookup, write: Write, as_of: AsOf = None
) -> Response:
    """Look at a subject's timelines: a reader sees its own alone, and no accepted one.

    Where the trial's charter shows readers more, the first such look is kept in the audit trail.
    """
    unit = partial(timelines.view, caller=lookup.caller, subject_id=subject_id, as_of=as_of)
    try:
        return await lookup(unit)
    except FirstLook:
        return await write(partial(unit, keep=True))
