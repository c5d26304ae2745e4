"""What is due: reads of a reader, decisions of an adjudicator."""

from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from service import undecided, worklist
from service.guarded import GuardedRoute
from service.pages import Page
from service.writes import Lookup

router = APIRouter(prefix="/v1/worklist", tags=["reads"], route_class=GuardedRoute)


@router.get("", operation_id="listReadsDue", response_model=worklist.ReadsDuePage)
async def list_reads_due(page: Page, lookup: Lookup) -> Response:
    """The subjects that the caller reads: what is signed, due and complete of its own."""
    return await lookup(partial(worklist.view, caller=lookup.caller, page=page))


@router.get(
    "/adjudications",
    operation_id="listAdjudicationsDue",
    response_model=undecided.AdjudicationsDuePage,
)
async def list_adjudications_due(page: Page, lookup: Lookup) -> Response:
    """The subjects whose readers differ, and that wait for the caller's decision."""
    return await lookup(partial(undecided.view, caller=lookup.caller, page=page))
