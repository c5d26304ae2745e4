"""The audit trail: who did what, when and why, and what a record said before."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from service import clock
from service.audit import history, trail
from service.audit.events import Action
from service.guarded import GuardedRoute
from service.pages import Page
from service.writes import Lookup

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=GuardedRoute)

# Nothing in a query may name a person: ids and words of this service's own.
WORD = r"^[0-9A-Za-z_.:-]{1,100}$"
Id = Annotated[str | None, Query(pattern=WORD)]


async def _wanted(
    trial: Id = None,
    subject: Id = None,
    record: Id = None,
    record_id: Id = None,
    action: Annotated[Action | None, Query()] = None,
    principal: Id = None,
    since: Annotated[
        AwareDatetime | None, Query(alias="from", description="Not before this instant.")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this instant.")] = None,
) -> trail.Wanted:
    return trail.Wanted(
        trial_id=trial,
        subject_id=subject,
        record=record,
        record_id=record_id,
        action=action,
        principal_id=principal,
        since=since,
        until=until,
    )


@router.get("", operation_id="listAudit", response_model=trail.AuditPage)
async def list_audit(
    wanted: Annotated[trail.Wanted, Depends(_wanted)], page: Page, lookup: Lookup
) -> Response:
    """The entries that the caller may see, newest first; of a reader its own alone."""
    return await lookup(partial(trail.view_all, caller=lookup.caller, wanted=wanted, page=page))


@router.get(
    "/records/{record}/{record_id}",
    operation_id="getRecordAsOf",
    response_model=history.RecordThen,
)
async def get_record_as_of(
    record: Annotated[str, Path(pattern=WORD)],
    record_id: Annotated[str, Path(pattern=WORD)],
    lookup: Lookup,
    as_of: Annotated[AwareDatetime | None, Query(description="Now, where it is left out.")] = None,
) -> Response:
    """A record as it stood at an instant: a trial, a subject, a read, a grant or another."""
    at: datetime = as_of or clock.now()
    unit = partial(history.view, record=record, record_id=record_id, as_of=at)
    return await lookup(partial(unit, caller=lookup.caller))
