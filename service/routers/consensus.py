"""Readers who settle their differences themselves."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service import consensus
from service.adjudications import Adjudication, NewAdjudication
from service.blinding import FirstLook
from service.bodies import Json
from service.guarded import GuardedRoute
from service.identity.again import ProvenAgain
from service.problems import Conflict, problems
from service.writes import Lookup, Write

router = APIRouter(
    prefix="/v1/subjects/{subject_id}", tags=["adjudication"], route_class=GuardedRoute
)
New = NewAdjudication


@router.get("/consensus", operation_id="getConsensus", response_model=consensus.Consensus)
async def get_consensus(subject_id: str, lookup: Lookup, write: Write) -> Response:
    """Look at what the readers differ in and endorse, where the charter has them agree.

    A reader's first such look is kept in the audit trail.
    """
    unit = partial(consensus.view, caller=lookup.caller, subject_id=subject_id)
    try:
        return await lookup(unit)
    except FirstLook:
        return await write(partial(unit, keep=True))


@router.post(
    "/endorsements",
    operation_id="endorse",
    status_code=201,
    response_model=Adjudication,
    responses=problems(Conflict),
)
async def endorse(
    subject_id: str, new: Annotated[New, Json(New)], proven: ProvenAgain, write: Write
) -> Response:
    """Endorse one reader's complete timeline as this reader, until all endorse the same.

    The latest of each reader counts.
    """
    unit = partial(consensus.endorse, caller=write.caller, proven=proven)
    return await write(partial(unit, subject_id=subject_id, new=new))
