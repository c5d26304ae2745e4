"""Where two readers differ, and the adjudicator's choice of one complete timeline."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert

from recist.adjudicate import Cause, Discrepancy, ReaderValue, Variable
from recist.refusal import Fault
from service.access import Caller, own_subject
from service.documents import unprocessable
from service.idempotency import Answer
from service.problems import Conflict
from service.roles import Role
from service.tables import adjudications
from service.timelines import COMPARED, Comparison, compare


@dataclass(frozen=True, kw_only=True)
class FoundDiscrepancy:
    """One difference; `adjudicated` where the trial has such differences settled."""

    variable: Variable
    compartment: str | None
    timepoint: int | None
    values: list[ReaderValue]
    adjudicated: bool


@dataclass(frozen=True, kw_only=True)
class DiscrepancyList:
    """Every difference; nothing is compared until all readers have signed as many time points."""

    items: list[FoundDiscrepancy]
    next_cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewAdjudication:
    """The reader whose whole timeline is accepted; reads are never mixed."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    accepts: Role
    cause: Cause
    comment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Adjudication:
    """A decision; it holds for the reads that it was made on."""

    id: str
    subject_id: str
    accepts: Role
    cause: Cause
    comment: str | None
    decided_at: datetime
    in_force: bool
    """False once a reader has signed anything since."""


@dataclass(frozen=True, kw_only=True)
class AdjudicationList:
    """All decisions of a subject, oldest first."""

    items: list[Adjudication]
    next_cursor: str | None = None


DISCREPANCIES = TypeAdapter(DiscrepancyList)
ADJUDICATION = TypeAdapter(Adjudication)
ADJUDICATIONS = TypeAdapter(AdjudicationList)


def list_discrepancies(connection: Connection, caller: Caller, subject_id: str) -> Answer:
    """Where the independent readers of a subject differ."""
    subject = own_subject(connection, caller, subject_id, "listDiscrepancies")
    comparison = compare(connection, subject)
    found = [_found(d, comparison) for d in comparison.found]
    return Answer(200, DISCREPANCIES.dump_json(DiscrepancyList(items=found)))


def list_adjudications(connection: Connection, caller: Caller, subject_id: str) -> Answer:
    """What was decided of a subject, and whether it still holds."""
    subject = own_subject(connection, caller, subject_id, "listAdjudications")
    comparison = compare(connection, subject)
    items = [_adjudication(row, comparison) for row in comparison.decisions]
    return Answer(200, ADJUDICATIONS.dump_json(AdjudicationList(items=items)))


def adjudicate(
    connection: Connection, caller: Caller, subject_id: str, new: NewAdjudication
) -> Answer:
    """Accept one reader's timeline. The same decision again is answered as the first time.

    Raises Conflict where there is nothing to decide, or another decision stands.
    """
    subject = own_subject(connection, caller, subject_id, "createAdjudication")
    readers = COMPARED[: subject.readers]
    if new.accepts not in readers:
        says = f"one of the trial's independent readers: {' or '.join(readers)}"
        raise unprocessable([Fault(("accepts",), says)])
    comparison = compare(connection, subject)
    if comparison.basis is None:
        raise Conflict("Nothing is compared until all readers have signed as many time points.")
    if (made := comparison.decision) is not None:
        if (made.accepts, made.cause, made.comment) == (new.accepts, new.cause, new.comment):
            return _created(made, comparison)
        raise Conflict("These reads were adjudicated before, and a decision is never changed.")
    if not comparison.to_adjudicate:
        raise Conflict("The readers do not differ in anything that this trial adjudicates.")
    row = {
        "id": uuid4().hex,
        "subject_id": subject.id,
        **asdict(new),
        "basis": comparison.basis,
        "principal_id": caller.principal_id,
        "decided_at": datetime.now(UTC),
    }
    made = connection.execute(insert(adjudications).returning(adjudications), row).one()
    return _created(made, comparison)


def _found(discrepancy: Discrepancy, comparison: Comparison) -> FoundDiscrepancy:
    return FoundDiscrepancy(
        variable=discrepancy.variable,
        compartment=discrepancy.compartment,
        timepoint=discrepancy.timepoint,
        values=list(discrepancy.values),
        adjudicated=discrepancy in comparison.to_adjudicate,
    )


def _adjudication(row: Row[Any], comparison: Comparison) -> Adjudication:
    return Adjudication(
        id=row.id,
        subject_id=row.subject_id,
        accepts=Role(row.accepts),
        cause=Cause(row.cause),
        comment=row.comment,
        decided_at=row.decided_at,
        in_force=row.basis == comparison.basis,
    )


def _created(row: Row[Any], comparison: Comparison) -> Answer:
    return Answer(201, ADJUDICATION.dump_json(_adjudication(row, comparison)))
