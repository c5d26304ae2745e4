"""Subjects of a trial: coded participants."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service import subjects
from service.bodies import Json
from service.guarded import GuardedRoute
from service.pages import Page
from service.problems import Conflict, problems
from service.writes import IfMatch, Lookup, Write

router = APIRouter(prefix="/v1", tags=["subjects"], route_class=GuardedRoute)
New = subjects.NewSubject
Change = subjects.SubjectChange


@router.post(
    "/trials/{trial_id}/subjects",
    operation_id="createSubject",
    status_code=201,
    response_model=subjects.Subject,
    responses=problems(Conflict),
)
async def create_subject(trial_id: str, new: Annotated[New, Json(New)], write: Write) -> Response:
    """Add a participant by code, which is never another's in this trial."""
    unit = subjects.create
    return await write(partial(unit, caller=write.caller, trial_id=trial_id, new=new))


@router.get(
    "/trials/{trial_id}/subjects",
    operation_id="listSubjects",
    response_model=subjects.SubjectPage,
)
async def list_subjects(trial_id: str, page: Page, lookup: Lookup) -> Response:
    """The subjects of a trial by code, as the caller may see them."""
    unit = subjects.view_all
    return await lookup(partial(unit, caller=lookup.caller, trial_id=trial_id, page=page))


@router.get("/subjects/{subject_id}", operation_id="getSubject", response_model=subjects.Subject)
async def get_subject(subject_id: str, lookup: Lookup) -> Response:
    """One subject; whoever reads or adjudicates sees its code and day 0 alone."""
    return await lookup(partial(subjects.view, caller=lookup.caller, subject_id=subject_id))


@router.patch(
    "/subjects/{subject_id}",
    operation_id="changeSubject",
    response_model=subjects.Subject,
    responses=problems(Conflict),
)
async def change_subject(
    subject_id: str, change: Annotated[Change, Json(Change)], if_match: IfMatch, write: Write
) -> Response:
    """Say something anew of a subject; what is left out stays as it was."""
    unit = partial(subjects.change, change=change, if_match=if_match)
    return await write(partial(unit, caller=write.caller, subject_id=subject_id))
