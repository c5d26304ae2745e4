"""The independent readers of a subject side by side, and what was decided of their differences."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from recist.adjudicate import (
    Course,
    Discrepancy,
    Key,
    Said,
    Variable,
    comparable,
    differing,
    sayings,
)
from service.charter import Reconciliation, charter_of
from service.reads import Signature, Signed, course_of, signed_by_reader
from service.roles import INDEPENDENT, Role
from service.tables import adjudications

_DECISIONS = (
    select(adjudications)
    .where(adjudications.c.subject_id == bindparam("subject_id"))
    .order_by(adjudications.c.decided_at, adjudications.c.id)
)


@dataclass(frozen=True)
class Comparison:
    """The independent readers of one subject side by side."""

    readers: tuple[Role, ...]
    """Those of the trial, who are compared."""
    signed: Mapping[str, Signed]
    """What everyone has signed, the site's reader and the adjudicator among them."""
    courses: Mapping[str, Course]
    by_consensus: bool
    said: Mapping[str, Mapping[Key, Said]] = field(default_factory=dict)
    """What each reader makes of every variable, once all have signed as many."""
    found: tuple[Discrepancy, ...] = ()
    to_adjudicate: tuple[Discrepancy, ...] = ()
    basis: str | None = None
    """SHA-256 over the reads compared; None until all have signed as many."""
    decisions: Sequence[Row[Any]] = field(default_factory=tuple)
    """Every one ever made, oldest first; of consensus, what each reader endorsed."""

    @property
    def decision(self) -> Row[Any] | None:
        """The decision in force: of an adjudicator, or the one that made the readers unanimous."""
        if self.by_consensus:
            return self._unanimous
        return next((row for row in self.decisions if self.holds(row)), None)

    @property
    def accepted(self) -> str | None:
        """The reader whose timeline counts."""
        if self.basis is None:
            return None
        if not self.to_adjudicate:
            return Role.READER_1
        return self.decision.accepts if self.decision is not None else None

    @property
    def awaits_decision(self) -> bool:
        """Whether the readers differ in what the trial adjudicates, and nothing in force says."""
        return bool(self.to_adjudicate) and self.accepted is None

    @property
    def endorsements(self) -> dict[str, Row[Any]]:
        """The latest that each reader has endorsed of the reads as they are."""
        hands = {self.hand(reader): reader for reader in self.readers}
        return {
            hands[row.principal_id]: row
            for row in self.decisions
            if row.principal_id in hands and self.holds(row)
        }

    @property
    def _unanimous(self) -> Row[Any] | None:
        latest = self.endorsements
        if len(latest) < len(self.readers) or len({row.accepts for row in latest.values()}) > 1:
            return None
        return max(latest.values(), key=lambda row: (row.decided_at, row.id))

    def hand(self, reader: str) -> str | None:
        """The principal who has signed as this reader; a timeline is one person's."""
        some = self.signed[reader].in_force if reader in self.signed else ()
        return some[0].principal_id if some else None

    def holds(self, decision: Row[Any]) -> bool:
        """Whether a decision was made on the reads as they are."""
        return self.basis is not None and decision.basis == self.basis_of(decision.accepts)

    def in_force(self, decision: Row[Any]) -> bool:
        """Whether a decision is in force; of consensus, whether it is one of those that agree."""
        if self.decision is None:
            return False
        counted = self.endorsements.values() if self.by_consensus else [self.decision]
        return decision.id in {row.id for row in counted}

    def basis_of(self, accepts: str) -> str:
        """SHA-256 over the reads that a decision for this reader rests on."""
        return _basis(self._weighed(accepts))

    def signed_since(self, decision: Row[Any]) -> list[Signature]:
        """What was signed after a decision by those whose reads it rests on, oldest first."""
        since = (
            signature
            for signed in self._weighed(decision.accepts)
            for signature in (*signed.in_force, *signed.superseded)
            if signature.signed_at > decision.decided_at
        )
        return sorted(since, key=lambda signature: signature.signed_at)

    def _weighed(self, accepts: str) -> list[Signed]:
        readers = {*self.readers, accepts}
        return [signed for reader, signed in self.signed.items() if reader in readers]


def compare(connection: Connection, subject: Row[Any], until: datetime | None = None) -> Comparison:
    """Put the independent readers of a subject side by side, as they were then if asked for."""
    signed = signed_by_reader(connection, subject.id)
    decisions = connection.execute(_DECISIONS, {"subject_id": subject.id}).all()
    if until is not None:
        signed = {reader: by for reader, some in signed.items() if (by := some.by(until)).in_force}
        decisions = [row for row in decisions if row.decided_at <= until]
    return compared(subject, signed, decisions)


def compared(
    subject: Row[Any], signed: Mapping[str, Signed], decisions: Sequence[Row[Any]]
) -> Comparison:
    """Compare what was signed for a subject; `decisions` oldest first."""
    readers = INDEPENDENT[: subject.readers]
    apart = Comparison(
        readers=readers,
        signed=signed,
        courses={
            reader: course_of(subject, signed[reader]) for reader in sorted(signed, key=_place)
        },
        by_consensus=charter_of(subject.charter).reconciliation is Reconciliation.CONSENSUS,
        decisions=decisions,
    )
    if not comparable(apart.courses, readers):
        return apart
    said = sayings({reader: apart.courses[reader] for reader in readers})
    found = differing(said)
    adjudicated = {Variable(name) for name in json.loads(subject.adjudicate_on)}
    return replace(
        apart,
        said=said,
        found=found,
        to_adjudicate=tuple(d for d in found if d.variable in adjudicated),
        basis=_basis(signed[reader] for reader in readers),
    )


def _basis(some: Iterable[Signed]) -> str:
    ids = (signature.id for signed in some for signature in signed.in_force)
    return sha256("\n".join(sorted(ids)).encode()).hexdigest()


def _place(reader: str) -> tuple[bool, str]:
    """Readers in the order of their names, and then the adjudicator."""
    return reader == Role.ADJUDICATOR, reader
