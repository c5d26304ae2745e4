"""Signing reads, looking at one, and leave to correct it."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

import recist
from service import reopenings, signatures, tellings
from service.bodies import Json
from service.guarded import GuardedRoute
from service.idempotency import Answer
from service.identity.again import ProvenAgain
from service.problems import (
    AlreadyReplaced,
    AlreadySigned,
    Conflict,
    NotReopened,
    ReauthenticationNeeded,
    problems,
)
from service.signing import Correction, sign
from service.writes import Lookup, Write

router = APIRouter(prefix="/v1/subjects/{subject_id}", tags=["reads"], route_class=GuardedRoute)
one = APIRouter(prefix="/v1/reads/{read_id}", tags=["reads"], route_class=GuardedRoute)
NewReopening = reopenings.NewReopening


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
    response_model=tellings.NewlySigned,
    responses=problems(
        AlreadySigned, AlreadyReplaced, NotReopened, Conflict, ReauthenticationNeeded
    ),
)
async def sign_read(
    subject_id: str, new: Annotated[NewRead, Json(NewRead)], proven: ProvenAgain, write: Write
) -> Response:
    """Sign one read as this reader, and see the reader's whole timeline assessed.

    The same read again is answered as the first time. A correction names the read that it
    replaces, with the reason; both stay on record. The draft of what is signed is gone.
    """
    read, correction = new.as_read(), Correction(new.replaces, new.reason)

    def unit(connection: Any) -> Answer:
        signing = sign(connection, write.caller, subject_id, read, correction, proven)
        return tellings.newly_signed(connection, subject_id, signing)

    return await write(unit)


@one.get("", operation_id="getRead", response_model=signatures.ReadOnRecord)
async def get_read(read_id: str, lookup: Lookup) -> Response:
    """Look at one signed read, its signature, and what it replaces or was replaced by."""
    return await lookup(partial(signatures.view, caller=lookup.caller, read_id=read_id))


@one.post(
    "/reopenings",
    operation_id="reopenRead",
    status_code=201,
    response_model=reopenings.Reopening,
    responses=problems(AlreadyReplaced, Conflict),
)
async def reopen_read(
    read_id: str, new: Annotated[NewReopening, Json(NewReopening)], write: Write
) -> Response:
    """Let the reader of a signed read correct it once, where the charter asks for such leave."""
    unit = partial(reopenings.reopen, caller=write.caller, read_id=read_id, new=new)
    return await write(unit)
