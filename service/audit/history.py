"""A record as it stood at an instant: what its entries up to then had made of it.

What counts is each entry whose instant is not later, in the order of the trail.
"""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Date, Row, select

from service.audit.events import LEAVES_AS_IT_WAS
from service.audit.sight import visible
from service.audit.trail import instant_text
from service.callers import Caller
from service.idempotency import Answer
from service.problems import NotFound
from service.tables import events, reads, subjects

READ = "read"
SUBJECT = "subject"


@dataclass(frozen=True, kw_only=True)
class RecordThen:
    """The members of a record as they stood; of a read also exactly the text that was signed."""

    record: str
    record_id: str
    as_of: datetime
    trial_id: str | None
    subject_id: str | None
    members: dict[str, Any] = field(default_factory=dict)
    content: str | None = None
    """Its SHA-256 is among the members."""


RECORD_THEN = TypeAdapter(RecordThen)


def view(
    connection: Connection, caller: Caller, record: str, record_id: str, as_of: datetime
) -> Answer:
    """Look at a record as it stood. NotFound where it was not there, or is not the caller's."""
    until = instant_text(as_of)
    whole = _told(connection, record, record_id, caller)
    told = [entry for entry in whole if entry.at <= until]
    if whole[:1] != told[:1] or not told or not all(entry.is_visible for entry in told):
        raise _absent()
    members: dict[str, Any] = {}
    for entry in told:
        if entry.action not in LEAVES_AS_IT_WAS:
            members |= json.loads(entry.new or "{}")
    then = RecordThen(
        record=record,
        record_id=record_id,
        as_of=as_of,
        trial_id=told[0].trial_id,
        subject_id=told[0].subject_id,
        members=members,
        content=_content(connection, record_id) if record == READ else None,
    )
    return Answer(200, RECORD_THEN.dump_json(then))


def subject_as_of(connection: Connection, subject: Row[Any], at: datetime) -> Any:
    """A row of a subject, with whatever columns beside, with its own as they stood at an instant.

    A column that no entry until then tells of is what the first one later says it was before.
    Raises NotFound where the subject was not there yet.
    """
    as_of = instant_text(at)
    if instant_text(subject.created_at) > as_of:
        raise _absent()
    query = select(events).where(events.c.record == SUBJECT, events.c.record_id == subject.id)
    at_first: dict[str, Any] = {}
    then: dict[str, Any] = {}
    for entry in connection.execute(query.order_by(events.c.seq)):
        at_first = _columns(entry.old) | at_first
        then |= _columns(entry.new) if entry.at <= as_of else {}
    row = dict(subject._mapping)  # noqa: SLF001 - the public name that SQLAlchemy gives it
    return SimpleNamespace(**row | at_first | then)


def _told(connection: Connection, record: str, record_id: str, caller: Caller) -> list[Row[Any]]:
    query = (
        select(events, visible(caller).label("is_visible"))
        .where(events.c.record == record, events.c.record_id == record_id)
        .order_by(events.c.seq)
    )
    return list(connection.execute(query))


def _content(connection: Connection, read_id: str) -> str | None:
    return connection.execute(select(reads.c.content).where(reads.c.id == read_id)).scalar()


def _columns(members: str | None) -> dict[str, Any]:
    """What an entry tells of the columns of a subject, as these have it."""
    said = json.loads(members or "{}")
    return {name: _value(name, value) for name, value in said.items() if name in subjects.c}


def _value(column: str, told: Any) -> Any:
    dated = isinstance(subjects.c[column].type, Date) and told is not None
    return date.fromisoformat(told) if dated else told


def _absent() -> NotFound:
    absent = NotFound("There was no such record then, or it is not yours. Check its id.")
    absent.denies = True
    return absent
