"""What a caller may see of a subject's timelines: per reader, compared, and the accepted one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from service.access import own_subject
from service.audit.history import subject_as_of
from service.blinding import ever_reveals, first_looks, in_sight, look, oversees, reveals
from service.callers import Caller
from service.comparison import Comparison, compare
from service.idempotency import Answer
from service.problems import Forbidden
from service.reads import Signed, course_of, signed_by_reader
from service.roles import READERS
from service.tellings import LastDecision, Shown, told


def view(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    *,
    as_of: datetime | None = None,
    keep: bool = False,
) -> Answer:
    """The timelines that this caller may see: of a blinded reader its own, and nothing else.

    Raises FirstLook where the charter shows a reader others' work for the first time, unless that
    is to be kept, and Forbidden where someone blinded asks how things stood.
    """
    subject = own_subject(connection, caller, subject_id, "getTimeline")
    if as_of is not None:
        subject = _then(connection, caller, subject, as_of)
    if caller.roles_in(subject.trial_id) & READERS:
        shown = _to_reader(connection, caller, subject, keep=keep)
    else:
        shown = _beside_reading(connection, caller, subject, as_of)
    return told(connection, subject, shown)


def signed_for(connection: Connection, caller: Caller, subject: Row[Any]) -> Mapping[str, Signed]:
    """What was signed for a subject that this caller may see: of a reader its own alone."""
    return in_sight(caller, subject, signed_by_reader(connection, subject.id))


def _then(connection: Connection, caller: Caller, subject: Row[Any], as_of: datetime) -> Any:
    """The subject as it stood, for those who see all of it in any case."""
    if not oversees(caller, subject.trial_id):
        raise Forbidden("How a subject stood at an instant is told to those who read nothing.")
    return subject_as_of(connection, subject, as_of)


def _to_reader(connection: Connection, caller: Caller, subject: Row[Any], *, keep: bool) -> Shown:
    """What a reader is shown; the others' work is not so much as looked up where it is blinded."""
    if ever_reveals(subject):
        found = compare(connection, subject)
        if (reader := reveals(caller, subject, found)) is not None:
            look(connection, caller, subject, reader, keep=keep)
            signed = _of(found.readers, found.signed)
            return Shown(signed, found.courses, found.accepted, blinded=caller.principal_id)
    mine = signed_for(connection, caller, subject)
    courses = {reader: course_of(subject, s) for reader, s in mine.items()}
    return Shown(mine, courses, blinded=caller.principal_id)


def _beside_reading(
    connection: Connection, caller: Caller, subject: Row[Any], as_of: datetime | None
) -> Shown:
    """What those are shown who oversee or adjudicate."""
    found = compare(connection, subject, as_of)
    signed = in_sight(caller, subject, found.signed)
    told = Shown(signed, found.courses, found.accepted, _last_decision(found))
    if not oversees(caller, subject.trial_id):
        return replace(told, blinded=caller.principal_id)
    return replace(told, looked=first_looks(connection, subject))


def _of(readers: Iterable[str], signed: Mapping[str, Signed]) -> dict[str, Signed]:
    return {reader: signed[reader] for reader in readers}


def _last_decision(found: Comparison) -> LastDecision | None:
    if not found.decisions:
        return None
    last = found.decision or found.decisions[-1]
    return LastDecision(
        id=last.id,
        in_force=found.in_force(last),
        stale=not found.holds(last),
        by=[signature.id for signature in found.signed_since(last)],
    )
