"""The adjudicator's choice of one complete timeline, and how long it holds."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field, TypeAdapter
from sqlalchemy import Connection, Row, insert, select

from recist.adjudicate import Cause
from recist.refusal import Fault
from service import clock
from service.access import own_subject
from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.charter import charter_of
from service.comparison import Comparison, compare
from service.documents import unprocessable
from service.idempotency import Answer
from service.identity.again import Proven, reauthenticate
from service.ids import new_id
from service.problems import Conflict, Forbidden
from service.reads import NOTHING
from service.roles import INDEPENDENT, Role
from service.tables import adjudications, subjects


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
    """False once a reader has signed anything since; of consensus, until all readers agree."""
    stale: bool
    """Whether reads that it rests on have been signed or corrected since."""
    stale_since: datetime | None
    stale_by: list[str]
    """The ids of the reads that made it stale, oldest first."""
    reader: Annotated[Role | None, Field(exclude_if=lambda reader: reader is None)] = None
    """Whose endorsement it is; left out where an adjudicator has decided."""


@dataclass(frozen=True, kw_only=True)
class AdjudicationList:
    """All decisions of a subject, oldest first."""

    items: list[Adjudication]
    next_cursor: str | None = None


ADJUDICATION = TypeAdapter(Adjudication)
ADJUDICATIONS = TypeAdapter(AdjudicationList)


def view_all(connection: Connection, caller: Caller, subject_id: str) -> Answer:
    """What was decided of a subject, and whether it still holds."""
    subject = own_subject(connection, caller, subject_id, "listAdjudications")
    comparison = compare(connection, subject)
    items = [told_of(row, comparison) for row in comparison.decisions]
    return Answer(200, ADJUDICATIONS.dump_json(AdjudicationList(items=items)))


def adjudicate(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    new: NewAdjudication,
    proven: Proven | None = None,
) -> Answer:
    """Accept one reader's timeline. The same decision again is answered as the first time.

    Raises Conflict where there is nothing to decide, or another decision stands; and what
    `reauthenticate` does where `proven` does not show who decides.
    """
    subject = own_subject(connection, caller, subject_id, "createAdjudication")
    reauthenticate(caller, proven, asked=bool(charter_of(subject.charter).reauthenticate))
    check_accepted(subject, new, by_adjudicator=True)
    decide_in_turn(connection, subject)
    comparison = compare(connection, subject)
    if comparison.by_consensus:
        raise Conflict("In this trial the readers themselves agree: there is no adjudicator.")
    if comparison.basis is None:
        raise Conflict("Nothing is compared until all readers have signed as many time points.")
    _check_hand(comparison, caller)
    if (made := comparison.decision) is not None:
        if is_same(made, new):
            return answer(made, comparison)
        raise Conflict("These reads were adjudicated before, and a decision is never changed.")
    if not comparison.to_adjudicate:
        raise Conflict("The readers do not differ in anything that this trial adjudicates.")
    if new.accepts is Role.ADJUDICATOR:
        _check_own(comparison, caller)
    return decide(connection, caller, subject, new, comparison)


def check_accepted(subject: Row[Any], new: NewAdjudication, *, by_adjudicator: bool) -> None:
    """Raises Unprocessable where nobody whose timeline can be accepted is named."""
    readers: tuple[Role, ...] = INDEPENDENT[: subject.readers]
    if by_adjudicator and charter_of(subject.charter).adjudicator_reads:
        readers += (Role.ADJUDICATOR,)
    if new.accepts not in readers:
        says = f"one of the trial's independent readers: {' or '.join(readers)}"
        raise unprocessable([Fault(("accepts",), says)])


def decide_in_turn(connection: Connection, subject: Row[Any]) -> None:
    """Let nobody else decide about a subject before this unit of work is committed."""
    connection.execute(select(subjects.c.id).where(subjects.c.id == subject.id).with_for_update())


def decide(
    connection: Connection,
    caller: Caller,
    subject: Row[Any],
    new: NewAdjudication,
    comparison: Comparison,
) -> Answer:
    """Keep what was decided, with the reads that it was decided on."""
    row = {
        "id": new_id(),
        "subject_id": subject.id,
        **asdict(new),
        "basis": comparison.basis_of(new.accepts),
        "principal_id": caller.principal_id,
        "decided_at": clock.now(),
    }
    made = connection.execute(insert(adjudications).returning(adjudications), row).one()
    event = Event(
        action=Action.ADJUDICATED,
        record="adjudication",
        record_id=made.id,
        trial_id=subject.trial_id,
        subject_id=subject.id,
        reader=caller.reads_as(subject.trial_id),
        new={name: row[name] for name in ("accepts", "cause", "basis")},
        reason=new.comment,
    )
    enter(connection, caller, event)
    return answer(made, replace(comparison, decisions=(*comparison.decisions, made)))


def is_same(made: Row[Any], new: NewAdjudication) -> bool:
    """Whether just this was decided before."""
    return (made.accepts, made.cause, made.comment) == (new.accepts, new.cause, new.comment)


def answer(made: Row[Any], comparison: Comparison) -> Answer:
    """What is answered to whoever has decided."""
    return Answer(201, ADJUDICATION.dump_json(told_of(made, comparison)))


def told_of(decision: Row[Any], comparison: Comparison) -> Adjudication:
    """A decision, and what has become of it since."""
    since = comparison.signed_since(decision)
    hands = {comparison.hand(reader): reader for reader in comparison.readers}
    return Adjudication(
        id=decision.id,
        subject_id=decision.subject_id,
        accepts=Role(decision.accepts),
        cause=Cause(decision.cause),
        comment=decision.comment,
        decided_at=decision.decided_at,
        in_force=comparison.in_force(decision),
        stale=not comparison.holds(decision),
        stale_since=since[0].signed_at if since else None,
        stale_by=[signature.id for signature in since],
        reader=hands.get(decision.principal_id),
    )


def _check_hand(comparison: Comparison, caller: Caller) -> None:
    """Nobody settles what she has read herself, whatever role was hers then."""
    for reader in comparison.readers:
        if comparison.hand(reader) == caller.principal_id:
            raise Forbidden(f"You have read this subject as {reader}: another must decide.")


def _check_own(comparison: Comparison, caller: Caller) -> None:
    """An adjudicator's own read is accepted from its hand alone, once it is complete."""
    own = comparison.signed.get(Role.ADJUDICATOR, NOTHING)
    complete = len(own.in_force) == len(comparison.signed[comparison.readers[0]].in_force)
    if not complete or comparison.hand(Role.ADJUDICATOR) != caller.principal_id:
        raise Conflict("Sign as many time points as the readers have before you accept your own.")
