"""Trials."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service import trials
from service.bodies import Json
from service.guarded import GuardedRoute
from service.pages import Page
from service.writes import Lookup, Write

router = APIRouter(prefix="/v1/trials", tags=["trials"], route_class=GuardedRoute)
New = trials.NewTrial


@router.post("", operation_id="createTrial", status_code=201, response_model=trials.Trial)
async def create_trial(new: Annotated[New, Json(New)], write: Write) -> Response:
    """Make a trial: the criteria that its protocol chose, and the switches that it sets."""
    return await write(partial(trials.create, caller=write.caller, new=new))


@router.get("", operation_id="listTrials", response_model=trials.TrialPage)
async def list_trials(page: Page, lookup: Lookup) -> Response:
    """The trials in which the caller holds a grant, by name."""
    return await lookup(partial(trials.view_all, caller=lookup.caller, page=page))


@router.get("/{trial_id}", operation_id="getTrial", response_model=trials.Trial)
async def get_trial(trial_id: str, lookup: Lookup) -> Response:
    """One trial."""
    return await lookup(partial(trials.view, caller=lookup.caller, trial_id=trial_id))
