"""Drafts: what a reader has not signed yet."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from service import drafts
from service.bodies import Json
from service.guarded import GuardedRoute
from service.problems import Conflict, PreconditionFailed, PreconditionRequired, problems
from service.roles import Role
from service.writes import IfKnown, Lookup, Write

router = APIRouter(
    prefix="/v1/subjects/{subject_id}/draft", tags=["reads"], route_class=GuardedRoute
)
Sent = drafts.Sent
Whose = Annotated[Role | None, Query(description="Whose draft: for a workstation, which has none.")]
VERSIONS = problems(PreconditionFailed, PreconditionRequired)


@router.put(
    "",
    operation_id="putDraft",
    response_model=drafts.Draft,
    responses=VERSIONS
    | problems(Conflict)
    | {201: {"description": "The draft was begun.", "model": drafts.Draft}},
)
async def put_draft(
    subject_id: str,
    new: Annotated[Sent, Json(drafts.NewDraft, drafts.sent)],
    known: IfKnown,
    write: Write,
) -> Response:
    """Keep the unsigned next read, whole, in place of what was kept of it before.

    It may contradict itself still: `warnings` say what could not be signed. A workstation names the
    reader. The same draft again changes nothing; a change names the version that it was made to.
    """
    unit = partial(drafts.put, new=new, known=known)
    return await write(partial(unit, caller=write.caller, subject_id=subject_id))


@router.get("", operation_id="getDraft", response_model=drafts.Draft)
async def get_draft(subject_id: str, lookup: Lookup, reader: Whose = None) -> Response:
    """Look at the unsigned next read of one's own."""
    unit = partial(drafts.view, caller=lookup.caller, subject_id=subject_id)
    return await lookup(partial(unit, reader=reader))


@router.delete("", operation_id="deleteDraft", status_code=204, responses=VERSIONS)
async def delete_draft(
    subject_id: str, known: IfKnown, write: Write, reader: Whose = None
) -> Response:
    """Take the unsigned next read away."""
    unit = partial(drafts.discard, reader=reader, known=known)
    return await write(partial(unit, caller=write.caller, subject_id=subject_id))
