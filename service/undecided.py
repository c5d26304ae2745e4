"""What waits for an adjudicator: subjects whose readers differ, and no decision in force says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, exists

from service.access import SUBJECTS
from service.callers import Caller
from service.comparison import Comparison, compare
from service.idempotency import Answer
from service.pages import AskedPage, rows_of
from service.roles import Role
from service.tables import reads, subjects
from service.worklist import held_in

BY_TRIAL = (subjects.c.trial_id, subjects.c.code)
MOST_COMPARED = 500
"""Subjects for one answer: comparing one takes a few milliseconds."""


@dataclass(frozen=True, kw_only=True)
class AdjudicationDue:
    """A subject that waits for a decision."""

    trial_id: str
    subject_id: str
    code: str
    stale: bool
    """Whether it was decided before, and readers have signed since."""


@dataclass(frozen=True, kw_only=True)
class AdjudicationsDuePage:
    """Subjects of the caller's trials by trial and code."""

    items: list[AdjudicationDue]
    next_cursor: str | None


ADJUDICATIONS_DUE_PAGE = TypeAdapter(AdjudicationsDuePage)


def view(connection: Connection, caller: Caller, page: AskedPage) -> Answer:
    """Look at the subjects that wait for this adjudicator.

    A page may have fewer than were asked for, and another after it.
    """
    has_reads = exists().where(reads.c.subject_id == subjects.c.id)
    query = SUBJECTS.where(held_in(caller, {Role.ADJUDICATOR}), has_reads)
    items: list[AdjudicationDue] = []
    after, compared = page.after, 0
    following: str | None = ""
    while following is not None and len(items) < page.limit and compared < MOST_COMPARED:
        some = AskedPage(page.limit - len(items), after)
        rows, following = rows_of(connection, query, BY_TRIAL, some)
        items += _waiting(connection, rows)
        after = (rows[-1].trial_id, rows[-1].code) if rows else None
        compared += len(rows)
    due = AdjudicationsDuePage(items=items, next_cursor=following)
    return Answer(200, ADJUDICATIONS_DUE_PAGE.dump_json(due))


def _waiting(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[AdjudicationDue]:
    for row in rows:
        comparison = compare(connection, row)
        if comparison.awaits_decision and not comparison.by_consensus:
            yield _due(row, comparison)


def _due(row: Row[Any], comparison: Comparison) -> AdjudicationDue:
    return AdjudicationDue(
        trial_id=row.trial_id,
        subject_id=row.id,
        code=row.code,
        stale=bool(comparison.decisions),
    )
