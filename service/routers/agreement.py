"""How far the readers of a trial agree."""

from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from service import agreement
from service.guarded import GuardedRoute
from service.writes import Lookup

router = APIRouter(prefix="/v1/trials/{trial_id}", tags=["adjudication"], route_class=GuardedRoute)


@router.get("/agreement", operation_id="getAgreement", response_model=agreement.Agreement)
async def get_agreement(trial_id: str, lookup: Lookup) -> Response:
    """How far readers agree: words by kappa, sums by Bland and Altman; and how each reader does.

    Subjects count once all readers have signed as many time points.
    """
    return await lookup(partial(agreement.view, caller=lookup.caller, trial_id=trial_id))
