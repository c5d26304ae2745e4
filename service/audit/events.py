"""One entry of the audit trail for each thing done, in the transaction of what it tells of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, text

from service import clock
from service.audit.chain import BEFORE_ALL, SEALED, sealing
from service.callers import Caller
from service.tables import events

KEY = "audit_key"
"""The execution option by which a connection that writes knows the key of the seals."""

# Any number does that nothing else locks in the same database.
IN_TURN = 7_305_118

_LAST = select(events.c.seq, events.c.mac).order_by(events.c.seq.desc()).limit(1)
_INSERT = insert(events)


class Action(StrEnum):
    """What was done. ADOPTED is what was there before there was an audit trail."""

    ADOPTED = "ADOPTED"
    CREATED = "CREATED"
    CHANGED = "CHANGED"
    DELETED = "DELETED"
    SIGNED = "SIGNED"
    CORRECTED = "CORRECTED"
    REOPENED = "REOPENED"
    ADJUDICATED = "ADJUDICATED"
    GRANTED = "GRANTED"
    REVOKED = "REVOKED"
    LOGGED_IN = "LOGGED_IN"
    LOGIN_FAILED = "LOGIN_FAILED"
    LOCKED = "LOCKED"
    DENIED = "DENIED"
    EXPORTED = "EXPORTED"
    UNBLINDED = "UNBLINDED"


LEAVES_AS_IT_WAS = frozenset(
    {Action.DENIED, Action.EXPORTED, Action.LOGIN_FAILED, Action.UNBLINDED}
)
"""What happened to a record without a change of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What was done to which record; `old` and `new` hold the members that changed, no more."""

    action: Action
    record: str
    """The noun of the record: trial, subject, read, draft, adjudication, series, grant, …"""
    record_id: str | None = None
    trial_id: str | None = None
    subject_id: str | None = None
    reader: str | None = None
    """The reader's role whose work it tells of: other readers must not learn of it."""
    old: Mapping[str, Any] | None = None
    new: Mapping[str, Any] | None = None
    reason: str | None = None


def enter(connection: Connection, caller: Caller, event: Event) -> None:
    """Add an entry to the audit trail, in the transaction of what it tells of."""
    take_turn(connection)
    last = connection.execute(_LAST).one_or_none()
    seq, before = (last.seq + 1, last.mac) if last else (1, BEFORE_ALL)
    row = {
        "seq": seq,
        "at": clock.text(clock.now()),
        "principal_id": caller.principal_id or None,
        "name": caller.name,
        "roles": ",".join(sorted(_roles(caller, event.trial_id))),
        "action": event.action,
        "record": event.record,
        "record_id": event.record_id,
        "trial_id": event.trial_id,
        "subject_id": event.subject_id,
        "reader": event.reader,
        "old": _members(event.old),
        "new": _members(event.new),
        "reason": event.reason,
        "request_id": caller.request_id,
    }
    entry = [row[column.name] for column in SEALED]
    connection.execute(_INSERT, {**row, "mac": sealing(key_of(connection))(before, entry)})


def take_turn(connection: Connection) -> None:
    """Wait until no other process is adding entries, and let none until the commit.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": IN_TURN})


def key_of(connection: Connection) -> bytes:
    """The key of the seals, which a connection that writes knows."""
    key: bytes = connection.get_execution_options()[KEY]
    return key


def told(value: Any) -> Any:
    """A value of a column as an entry tells it: instants by RFC 3339, dates and words as text."""
    match value:
        case datetime():
            return clock.text(value)
        case date():
            return value.isoformat()
        case None | bool() | int():
            return value
        case _:
            return str(value)


def _roles(caller: Caller, trial_id: str | None) -> frozenset[str]:
    return caller.roles if trial_id is None else caller.roles_in(trial_id)


def _members(members: Mapping[str, Any] | None) -> str | None:
    return None if members is None else json.dumps(members, ensure_ascii=False, default=told)
