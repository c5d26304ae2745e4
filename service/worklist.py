"""What a reader has yet to read, of its own work and what every reader sees alike."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, Select, exists, or_, select, true

from service.callers import Caller
from service.idempotency import Answer
from service.pages import AskedPage, rows_of
from service.roles import READERS, Role
from service.tables import drafts, grants, reads, reopenings, series, subjects


class Waiting(StrEnum):
    """Why the next time point is to be read."""

    DUE = "DUE"
    """The baseline is not signed, or there are images of a later day than the last signed read."""
    OPEN = "OPEN"
    """Nothing is known to wait, and the subject may go on."""


@dataclass(frozen=True, kw_only=True)
class NextRead:
    """A reader's next time point: its number, and whether a draft of it is there."""

    timepoint: int
    waiting: Waiting
    draft: bool


@dataclass(frozen=True, kw_only=True)
class ReadsDue:
    """How far a reader is with one subject."""

    trial_id: str
    subject_id: str
    code: str
    reader: Role
    """As whom the caller reads it."""
    signed: int
    """Time points."""
    due: NextRead
    complete: bool
    """Whether all images are read that there are, as far as their dates are known."""
    reopened: list[str]
    """The ids of signed reads that the reader may correct now."""


@dataclass(frozen=True, kw_only=True)
class ReadsDuePage:
    """Subjects of the caller's trials by trial and code."""

    items: list[ReadsDue]
    next_cursor: str | None


@dataclass
class _Work:
    """What is known of one reader's work on one subject."""

    signed: dict[str, date] = field(default_factory=dict)
    """The date of each read in force by its id."""
    imaged: set[date] = field(default_factory=set)
    has_draft: bool = False
    reopened: list[str] = field(default_factory=list)


READS_DUE_PAGE = TypeAdapter(ReadsDuePage)


def view(connection: Connection, caller: Caller, page: AskedPage) -> Answer:
    """Look at what the caller reads, subject by subject."""
    rows, following = rows_of(
        connection, _subjects(caller), (subjects.c.trial_id, subjects.c.code), page
    )
    work = {row.id: _Work() for row in rows}
    _count_signed(connection, caller, work)
    _count_images(connection, caller, work)
    _count_drafts(connection, caller, rows, work)
    items = [_due(row, _reader(caller, row), work[row.id]) for row in rows]
    found = ReadsDuePage(items=items, next_cursor=following)
    return Answer(200, READS_DUE_PAGE.dump_json(found))


def _subjects(caller: Caller) -> Select[Any]:
    """The subjects of every trial in which the caller reads."""
    return select(subjects.c.id, subjects.c.trial_id, subjects.c.code).where(
        held_in(caller, READERS)
    )


def held_in(caller: Caller, roles: Iterable[Role]) -> ColumnElement[bool]:
    """Whether a subject is of a trial in which the caller has one of these roles."""
    named = {grant.trial_id for grant in caller.grants if grant.role in roles}
    return true() if None in named else subjects.c.trial_id.in_(sorted(filter(None, named)))


def _reader(caller: Caller, row: Row[Any]) -> Role:
    role = caller.reads_as(row.trial_id)
    assert role is not None
    return role


def _count_signed(connection: Connection, caller: Caller, work: Mapping[str, _Work]) -> None:
    """The caller's own reads in force, and those of them that were reopened."""
    later = reads.alias()
    is_open = exists().where(reopenings.c.read_id == reads.c.id)
    own = select(reads.c.id, reads.c.subject_id, reads.c.on, is_open.label("is_open")).where(
        reads.c.subject_id.in_(list(work)),
        reads.c.principal_id == caller.principal_id,
        ~exists().where(later.c.replaces == reads.c.id),
    )
    for row in connection.execute(own.order_by(reads.c.timepoint)):
        work[row.subject_id].signed[row.id] = row.on
        if row.is_open:
            work[row.subject_id].reopened.append(row.id)


def _count_images(connection: Connection, caller: Caller, work: Mapping[str, _Work]) -> None:
    """The days of images, but for those that another reader has brought."""
    reader = exists().where(
        grants.c.principal_id == series.c.created_by,
        grants.c.principal_id != caller.principal_id,
        grants.c.role.in_(READERS),
        or_(grants.c.trial_id.is_(None), grants.c.trial_id == subjects.c.trial_id),
    )
    images = (
        select(series.c.subject_id, series.c.acquisition)
        .select_from(series.join(subjects, series.c.subject_id == subjects.c.id))
        .where(series.c.subject_id.in_(list(work)), series.c.acquisition.is_not(None), ~reader)
    )
    for row in connection.execute(images):
        if on := json.loads(row.acquisition).get("scanned_on"):
            work[row.subject_id].imaged.add(date.fromisoformat(on))


def _count_drafts(
    connection: Connection, caller: Caller, rows: Sequence[Row[Any]], work: Mapping[str, _Work]
) -> None:
    readers = {row.id: _reader(caller, row) for row in rows}
    found = connection.execute(
        select(drafts.c.subject_id, drafts.c.reader).where(
            drafts.c.subject_id.in_(list(work)),
            or_(drafts.c.principal_id.is_(None), drafts.c.principal_id == caller.principal_id),
        )
    )
    for row in found:
        if row.reader == readers[row.subject_id]:
            work[row.subject_id].has_draft = True


def _due(row: Row[Any], reader: Role, work: _Work) -> ReadsDue:
    last = max(work.signed.values(), default=None)
    waits = last is None or any(on > last for on in work.imaged)
    return ReadsDue(
        trial_id=row.trial_id,
        subject_id=row.id,
        code=row.code,
        reader=reader,
        signed=len(work.signed),
        due=NextRead(
            timepoint=len(work.signed),
            waiting=Waiting.DUE if waits else Waiting.OPEN,
            draft=work.has_draft,
        ),
        complete=bool(work.imaged) and not waits and not work.has_draft,
        reopened=work.reopened,
    )
