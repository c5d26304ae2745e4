"""Signing reads, and the timelines that they make."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

import recist
from service import reads, timelines
from service.bodies import Json
from service.guarded import GuardedRoute
from service.idempotency import Answer
from service.problems import AlreadyReplaced, AlreadySigned, Conflict, problems
from service.writes import Lookup, Write

router = APIRouter(prefix="/v1/subjects/{subject_id}", tags=["reads"], route_class=GuardedRoute)


@dataclass(frozen=True, kw_only=True)
class NewRead(recist.Read):
    """One read to be signed; to correct another, its id and the reason."""

    replaces: str | None = None
    reason: str | None = None

    def as_read(self) -> recist.Read:
        """The read itself, which is what is signed."""
        return recist.Read(**{f.name: getattr(self, f.name) for f in fields(recist.Read)})


@router.post(
    "/reads",
    operation_id="signRead",
    status_code=201,
    response_model=timelines.NewlySigned,
    responses=problems(AlreadySigned, AlreadyReplaced, Conflict),
)
async def sign_read(
    subject_id: str, new: Annotated[NewRead, Json(NewRead)], write: Write
) -> Response:
    """Sign one read as this reader, and see the reader's whole timeline assessed.

    The same read again is answered as the first time. A correction names the read that it
    replaces, with the reason; both stay on record.
    """
    read = new.as_read()

    def unit(connection: Any) -> Answer:
        signing = reads.sign(
            connection,
            write.caller,
            subject_id,
            read,
            replaces=new.replaces,
            reason=new.reason,
        )
        return timelines.newly_signed(connection, subject_id, signing)

    return await write(unit)


@router.get("/timeline", operation_id="getTimeline", response_model=timelines.SubjectTimeline)
async def get_timeline(subject_id: str, lookup: Lookup) -> Response:
    """Look at a subject's timelines: a reader sees its own alone, and no accepted one."""
    return await lookup(partial(timelines.view, caller=lookup.caller, subject_id=subject_id))
