"""Readers who settle their differences themselves: what they see, and what each endorses."""

from dataclasses import dataclass, field

from pydantic import TypeAdapter
from sqlalchemy import Connection

from service.access import own_subject
from service.adjudications import (
    Adjudication,
    NewAdjudication,
    answer,
    check_accepted,
    decide,
    decide_in_turn,
    is_same,
    told_of,
)
from service.blinding import ever_reveals, look, oversees, reveals
from service.callers import Caller
from service.charter import Reconciliation, charter_of
from service.comparison import Comparison, compare
from service.discrepancies import FoundDiscrepancy, discrepancies_of
from service.idempotency import Answer
from service.identity.again import Proven, reauthenticate
from service.problems import Conflict
from service.roles import Role


@dataclass(frozen=True, kw_only=True)
class Consensus:
    """What the readers have to agree on, and how far they are; empty to whoever is blinded."""

    discrepancies: list[FoundDiscrepancy] = field(default_factory=list)
    endorsements: list[Adjudication] = field(default_factory=list)
    """Every one ever made, oldest first; of each reader the latest counts."""
    accepted: Role | None = None
    """Whose timeline all readers have endorsed."""


CONSENSUS = TypeAdapter(Consensus)


def view(connection: Connection, caller: Caller, subject_id: str, *, keep: bool = False) -> Answer:
    """Look at what readers differ in and endorse, where the charter shows it to this caller.

    Raises FirstLook where a reader is shown it for the first time, unless that is to be kept.
    """
    subject = own_subject(connection, caller, subject_id, "getConsensus")
    if not oversees(caller, subject.trial_id):
        if not ever_reveals(subject):
            return _told(Consensus())
        comparison = compare(connection, subject)
        if (reader := reveals(caller, subject, comparison)) is None:
            return _told(Consensus())
        look(connection, caller, subject, reader, keep=keep)
        return _told(_so_far(comparison))
    return _told(_so_far(compare(connection, subject)))


def endorse(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    new: NewAdjudication,
    proven: Proven | None = None,
) -> Answer:
    """Endorse one reader's timeline as this reader; it is accepted once all endorse the same.

    Until then each may endorse another. Raises Conflict where there is nothing to agree on; and
    what `reauthenticate` does where `proven` does not show who endorses.
    """
    subject = own_subject(connection, caller, subject_id, "endorse")
    charter = charter_of(subject.charter)
    reauthenticate(caller, proven, asked=bool(charter.reauthenticate))
    if charter.reconciliation is not Reconciliation.CONSENSUS:
        raise Conflict("In this trial an adjudicator decides: readers endorse nothing.")
    check_accepted(subject, new, by_adjudicator=False)
    decide_in_turn(connection, subject)
    comparison = compare(connection, subject)
    reader = reveals(caller, subject, comparison)
    if reader is None or not comparison.to_adjudicate:
        raise Conflict("There is nothing to agree on: you are not among readers who differ.")
    look(connection, caller, subject, reader, keep=True)
    latest = comparison.endorsements.get(reader)
    if latest is not None and is_same(latest, new):
        return answer(latest, comparison)
    if comparison.accepted is not None:
        raise Conflict(f"All readers have endorsed {comparison.accepted}, and that holds.")
    return decide(connection, caller, subject, new, comparison)


def _so_far(comparison: Comparison) -> Consensus:
    accepted = comparison.accepted
    return Consensus(
        discrepancies=discrepancies_of(comparison),
        endorsements=[told_of(row, comparison) for row in comparison.decisions],
        accepted=None if accepted is None else Role(accepted),
    )


def _told(consensus: Consensus) -> Answer:
    return Answer(200, CONSENSUS.dump_json(consensus))
