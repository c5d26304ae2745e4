"""Reopenings: leave to correct one signed read, where the trial's charter asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, insert, select

import recist
from service import clock
from service.access import own_read
from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.charter import Corrections, charter_of
from service.idempotency import Answer
from service.ids import new_id
from service.problems import AlreadyReplaced, Conflict, NotReopened
from service.reads import Signature
from service.tables import reads, reopenings
from service.texts import LONGEST_REASON, text_faults

_OF_READ = (
    select(reopenings)
    .where(reopenings.c.read_id == bindparam("read_id"))
    .order_by(reopenings.c.reopened_at)
)
_REPLACED = select(reads.c.id).where(reads.c.replaces == bindparam("read_id"))


@dataclass(frozen=True, kw_only=True)
class NewReopening:
    """Why a signed read may be corrected."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    reason: str

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise recist.Refused(*faults)

    def _faults(self) -> Iterator[recist.Fault]:
        yield from text_faults(("reason",), self.reason, LONGEST_REASON)


@dataclass(frozen=True, kw_only=True)
class Reopening:
    """Leave to correct one read: it holds until the read is replaced."""

    id: str
    read_id: str
    reason: str
    reopened_at: datetime


REOPENING = TypeAdapter(Reopening)


def reopen(connection: Connection, caller: Caller, read_id: str, new: NewReopening) -> Answer:
    """Let the reader of a signed read correct it once; the signature stays what it is.

    For the same reason again it is answered as the first time. Raises AlreadyReplaced, and Conflict
    where the charter asks for no reopening or the read is open already.
    """
    read = own_read(connection, caller, read_id, "reopenRead")
    if charter_of(read.charter).corrections is not Corrections.REOPENED:
        raise Conflict("By this trial's charter, readers correct their reads without a reopening.")
    if connection.execute(_REPLACED, {"read_id": read.id}).first():
        raise AlreadyReplaced("This read was replaced: reopen the one that did so.")
    for known in reopenings_of(connection, read.id):
        if known.reason == new.reason:
            return _created(known)
        raise Conflict("This read is open to its reader's correction already.")
    row = {
        "id": new_id(),
        "read_id": read.id,
        "reason": new.reason,
        "principal_id": caller.principal_id,
        "reopened_at": clock.now(),
    }
    connection.execute(insert(reopenings), row)
    _tell(connection, caller, read, row)
    return _created(_reopening(row))


def reopenings_of(connection: Connection, read_id: str) -> list[Reopening]:
    """The reopenings of one read, oldest first."""
    rows = connection.execute(_OF_READ, {"read_id": read_id}).mappings()
    return [_reopening(dict(row)) for row in rows]


def check_reopened(connection: Connection, subject: Row[Any], replaced: Signature) -> None:
    """Refuse a correction for which the charter asks a reopening that there is none of."""
    if charter_of(subject.charter).corrections is not Corrections.REOPENED:
        return
    if not connection.execute(_OF_READ, {"read_id": replaced.id}).first():
        raise NotReopened(
            "In this trial, a signed read is corrected once it was reopened:"
            f" ask the trial's manager to reopen {replaced.id}."
        )


def _reopening(row: dict[str, Any]) -> Reopening:
    return Reopening(**{name: row[name] for name in Reopening.__dataclass_fields__})


def _created(reopening: Reopening) -> Answer:
    return Answer(201, REOPENING.dump_json(reopening))


def _tell(connection: Connection, caller: Caller, read: Row[Any], row: dict[str, Any]) -> None:
    enter(
        connection,
        caller,
        Event(
            action=Action.REOPENED,
            record="reopening",
            record_id=row["id"],
            trial_id=read.trial_id,
            subject_id=read.subject_id,
            reader=read.reader,
            new={"read_id": read.id, "reopened_at": row["reopened_at"]},
            reason=row["reason"],
        ),
    )
