"""The audit trail page by page, newest first, as far as a caller may see it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, func, select

from service import clock
from service.access import own_subject, own_trial
from service.audit.events import Action
from service.audit.sight import is_blinded, visible
from service.callers import Caller
from service.idempotency import Answer
from service.pages import AskedPage, cursor_at, no_cursor
from service.problems import Unprocessable
from service.tables import events

LARGEST_PLACE = 10**18


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Who did what to which record, when and why; `old` and `new` have the members that changed.

    `seq` is the order, whatever the clock did; it and the seal are left out for those who are
    blinded. Nobody's principal is a command on the machine itself, or one without a good token.
    """

    seq: int | None
    at: datetime
    principal_id: str | None
    name: str
    roles: list[str]
    action: Action
    record: str
    record_id: str | None
    trial_id: str | None
    subject_id: str | None
    reader: str | None
    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)
    reason: str | None
    request_id: str | None
    mac: str | None


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """Entries, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries are asked for; what is None is not asked about."""

    trial_id: str | None = None
    subject_id: str | None = None
    record: str | None = None
    record_id: str | None = None
    action: Action | None = None
    principal_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Itself no longer among them."""


AUDIT_PAGE = TypeAdapter(AuditPage)
NAMED = ("trial_id", "subject_id", "record", "record_id", "action", "principal_id")


def view_all(connection: Connection, caller: Caller, wanted: Wanted, page: AskedPage) -> Answer:
    """Look at the trail. NotFound where the trial or subject asked for is not the caller's."""
    if wanted.trial_id is not None:
        own_trial(connection, caller, wanted.trial_id, "listAudit")
    if wanted.subject_id is not None:
        own_subject(connection, caller, wanted.subject_id, "listAudit")
    query = _wanted(select(events).where(visible(caller)), wanted)
    blinded = is_blinded(caller)
    rows, following = (_counted if blinded else _numbered)(connection, query, page)
    items = [_entry(row, blinded=blinded) for row in rows]
    return Answer(200, AUDIT_PAGE.dump_json(AuditPage(items=items, next_cursor=following)))


def instant_text(at: datetime) -> str:
    """An instant that was asked about, as entries have theirs. Raises Unprocessable."""
    try:
        return clock.text(at)
    except OverflowError:
        raise Unprocessable(f"{at.isoformat()} is out of the range of years 1 to 9999.") from None


def _wanted(query: Select[Any], wanted: Wanted) -> Select[Any]:
    for name in NAMED:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(events.c[name] == value)
    if wanted.since is not None:
        query = query.where(events.c.at >= instant_text(wanted.since))
    if wanted.until is not None:
        query = query.where(events.c.at < instant_text(wanted.until))
    return query


Found = tuple[Sequence[Row[Any]], str | None]


def _numbered(connection: Connection, query: Select[Any], page: AskedPage) -> Found:
    """A page whose cursor is the number of its last entry."""
    if (place := _place(page)) is not None:
        query = query.where(events.c.seq < place)
    rows = connection.execute(query.order_by(events.c.seq.desc()).limit(page.limit + 1)).all()
    if len(rows) <= page.limit:
        return rows, None
    return rows[: page.limit], cursor_at([str(rows[page.limit - 1].seq)])


def _counted(connection: Connection, query: Select[Any], page: AskedPage) -> Found:
    """A page whose cursor is how many entries of the caller's own remain: it tells of no others."""
    count = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    remaining = count if (place := _place(page)) is None else place
    if remaining > count:
        raise no_cursor()
    ordered = query.order_by(events.c.seq.desc()).offset(count - remaining).limit(page.limit)
    left = remaining - page.limit
    return connection.execute(ordered).all(), cursor_at([str(left)]) if left > 0 else None


def _place(page: AskedPage) -> int | None:
    """The number that a cursor holds."""
    if page.after is None:
        return None
    digits = page.after[0] if len(page.after) == 1 else ""
    if not (digits.isascii() and digits.isdecimal()) or int(digits[:20]) > LARGEST_PLACE:
        raise no_cursor()
    return int(digits)


def _entry(row: Row[Any], *, blinded: bool) -> AuditEntry:
    kept = {each.name: getattr(row, each.name) for each in fields(AuditEntry)}
    kept |= {"old": json.loads(row.old or "{}"), "new": json.loads(row.new or "{}")}
    kept |= {"action": Action(row.action), "roles": row.roles.split(",") if row.roles else []}
    kept |= {"at": datetime.fromisoformat(row.at)}
    return AuditEntry(**kept | ({"seq": None, "mac": None} if blinded else {}))
