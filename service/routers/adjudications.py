"""Where two readers differ, and the decisions about it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service import adjudications, discrepancies
from service.bodies import Json
from service.guarded import GuardedRoute
from service.identity.again import ProvenAgain
from service.problems import Conflict, problems
from service.writes import Lookup, Write

router = APIRouter(
    prefix="/v1/subjects/{subject_id}", tags=["adjudication"], route_class=GuardedRoute
)
New = adjudications.NewAdjudication


@router.get(
    "/discrepancies",
    operation_id="listDiscrepancies",
    response_model=discrepancies.DiscrepancyList,
)
async def list_discrepancies(subject_id: str, lookup: Lookup) -> Response:
    """Compare the independent readers, once all have signed as many time points."""
    unit = discrepancies.view_all
    return await lookup(partial(unit, caller=lookup.caller, subject_id=subject_id))


@router.post(
    "/adjudications",
    operation_id="createAdjudication",
    status_code=201,
    response_model=adjudications.Adjudication,
    responses=problems(Conflict),
)
async def create_adjudication(
    subject_id: str, new: Annotated[New, Json(New)], proven: ProvenAgain, write: Write
) -> Response:
    """Accept one reader's complete timeline. Holds until a reader signs again."""
    unit = partial(adjudications.adjudicate, caller=write.caller, proven=proven)
    return await write(partial(unit, subject_id=subject_id, new=new))


@router.get(
    "/adjudications",
    operation_id="listAdjudications",
    response_model=adjudications.AdjudicationList,
)
async def list_adjudications(subject_id: str, lookup: Lookup) -> Response:
    """Look at what was decided of a subject, and whether it still holds."""
    unit = adjudications.view_all
    return await lookup(partial(unit, caller=lookup.caller, subject_id=subject_id))
