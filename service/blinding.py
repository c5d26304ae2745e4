"""What of the readers' work a caller may see, and when a reader was first shown another's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from recist.adjudicate import comparable
from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.charter import Reconciliation, Reveal, charter_of
from service.comparison import Comparison
from service.reads import Signed
from service.roles import INDEPENDENT, READERS, Role
from service.tables import events

TIMELINE = "timeline"
"""The noun of what a reader is shown; its id in the audit trail is the subject's."""

_FIRST_LOOKS = (
    select(events.c.principal_id, events.c.at)
    .where(
        events.c.record == TIMELINE,
        events.c.record_id == bindparam("subject_id"),
        events.c.action == Action.UNBLINDED,
    )
    .order_by(events.c.seq.desc())
)


class FirstLook(Exception):
    """A reader is about to be shown another's work for the first time, and that must be kept."""


def oversees(caller: Caller, trial_id: str) -> bool:
    """Whether the caller sees all that was signed: whoever reads or adjudicates does not."""
    return not caller.roles_in(trial_id) & (READERS | {Role.ADJUDICATOR})


def in_sight(caller: Caller, subject: Row[Any], signed: Mapping[str, Signed]) -> dict[str, Signed]:
    """What of a subject this caller may see, whatever the charter reveals beside.

    A reader sees its own alone. An adjudicator sees the independent readers, and nothing of them
    until all have signed as many time points, and its own.
    """
    if own := caller.roles_in(subject.trial_id) & READERS:
        return {r: s for r, s in signed.items() if r in own and s.is_by(caller)}
    if oversees(caller, subject.trial_id):
        return dict(signed)
    readers = INDEPENDENT[: subject.readers]
    shown = readers if comparable(signed, readers) else ()
    return {
        r: s for r, s in signed.items() if r in shown or (r == Role.ADJUDICATOR and s.is_by(caller))
    }


def ever_reveals(subject: Row[Any]) -> bool:
    """Whether the trial's charter ever shows one reader what another has signed."""
    charter = charter_of(subject.charter)
    by_consensus = charter.reconciliation is Reconciliation.CONSENSUS
    return by_consensus or charter.reveal is not Reveal.NEVER


def reveals(caller: Caller, subject: Row[Any], comparison: Comparison) -> Role | None:
    """As which reader the charter now shows this caller the others' work; None if it does not.

    Readers who are to agree see each other once they differ. Nobody is shown what a reader has
    signed ahead of the others.
    """
    reader = caller.reads_as(subject.trial_id)
    compares = comparison.basis is not None and reader in comparison.readers
    if reader is None or not compares or comparison.hand(reader) != caller.principal_id:
        return None
    reveal = charter_of(subject.charter).reveal
    may = (
        reveal is Reveal.WHEN_COMPARED
        or (reveal is Reveal.WHEN_ACCEPTED and comparison.accepted is not None)
        or (comparison.by_consensus and bool(comparison.to_adjudicate))
    )
    return reader if may else None


def first_looks(connection: Connection, subject: Row[Any]) -> dict[str, datetime]:
    """When each principal was first shown another reader's work on a subject."""
    if not ever_reveals(subject):
        return {}
    rows = connection.execute(_FIRST_LOOKS, {"subject_id": subject.id})
    return {row.principal_id: datetime.fromisoformat(row.at) for row in rows}


def is_unblinded(connection: Connection, caller: Caller, subject: Row[Any]) -> bool:
    """Whether this reader was shown another's work on the subject."""
    return caller.principal_id in first_looks(connection, subject)


def look(
    connection: Connection, caller: Caller, subject: Row[Any], reader: Role, *, keep: bool
) -> None:
    """Enter a reader's first look at the others' work, in the transaction that shows it.

    Raises FirstLook where it is the first and is not to be kept here.
    """
    if is_unblinded(connection, caller, subject):
        return
    if not keep:
        raise FirstLook
    event = Event(
        action=Action.UNBLINDED,
        record=TIMELINE,
        record_id=subject.id,
        trial_id=subject.trial_id,
        subject_id=subject.id,
        reader=reader,
    )
    enter(connection, caller, event)
