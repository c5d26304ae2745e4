"""Between rows and reads: what a reader has signed, and the signing of one more."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, insert, select
from sqlalchemy.exc import IntegrityError

import recist
from recist.adjudicate import Course
from service.access import Caller, own_subject
from service.documents import unprocessable
from service.problems import AlreadyReplaced, AlreadySigned, Conflict
from service.roles import READERS, Role
from service.tables import reads

READ = TypeAdapter(recist.Read)
PROTOCOL = TypeAdapter(recist.Protocol)
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
MEANING = "READ"

_SIGNED = select(reads).where(reads.c.subject_id == bindparam("subject_id"))
_INSERT = insert(reads)


@dataclass(frozen=True)
class Signature:
    """One signed read as it is kept: nothing of it ever changes."""

    id: str
    reader: str
    timepoint: int
    on: date
    content: str
    sha256: str
    signed_at: datetime
    principal_id: str
    replaces: str | None
    reason: str | None
    read: recist.Read
    """What `content` says."""


@dataclass(frozen=True)
class Signed:
    """What one reader has signed for one subject: in force by time point, and replaced since."""

    in_force: tuple[Signature, ...]
    superseded: tuple[Signature, ...]

    @property
    def reads(self) -> tuple[recist.Read, ...]:
        """The reads in force, oldest first."""
        return tuple(signature.read for signature in self.in_force)


KEPT = tuple(field.name for field in fields(Signature) if field.name != "read")
NOTHING = Signed((), ())


def signed_by_reader(connection: Connection, subject_id: str) -> dict[str, Signed]:
    """Everything that was signed for a subject, by the role it was signed as."""
    rows = connection.execute(_SIGNED, {"subject_id": subject_id}).all()
    by_reader: dict[str, list[Signature]] = {}
    for row in rows:
        by_reader.setdefault(row.reader, []).append(_signature(row))
    return {reader: _sorted(signatures) for reader, signatures in by_reader.items()}


def timeline_of(subject: Row[Any], some: Sequence[recist.Read]) -> recist.Timeline:
    """Reads as a timeline, judged as the subject's trial has it."""
    return recist.Timeline(
        criteria=subject.criteria,
        protocol=_protocol(subject.protocol),
        reference_on=subject.reference_on,
        reads=tuple(some),
    )


def course_of(subject: Row[Any], signed: Signed) -> Course:
    """Assess what a reader has signed."""
    return Course(signed.reads, recist.assess(timeline_of(subject, signed.reads)))


def reading_role(caller: Caller, trial_id: str) -> Role:
    """The one role in which this caller reads in this trial."""
    (role,) = caller.roles_in(trial_id) & READERS
    return role


@dataclass(frozen=True)
class Signing:
    """The outcome of signing: the new signature, or the first one of the same read."""

    signature: Signature
    signed: Signed
    course: Course


def sign(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    read: recist.Read,
    *,
    replaces: str | None,
    reason: str | None,
) -> Signing:
    """Sign one read, or a correction of one; the whole timeline is assessed before it is kept.

    The same read again is answered as the first time. Raises Unprocessable, with pointers into the
    read, where it contradicts itself or the timeline; AlreadySigned, AlreadyReplaced, Conflict.
    """
    subject = own_subject(connection, caller, subject_id, "signRead")
    role = reading_role(caller, subject.trial_id)
    signed = signed_by_reader(connection, subject.id).get(role, NOTHING)
    _check_hand(signed, caller, role)
    content = normalised(read)
    digest = sha256(content.encode()).hexdigest()
    for known in (*signed.in_force, *signed.superseded):
        if (known.sha256, known.replaces) == (digest, replaces):
            return Signing(known, signed, course_of(subject, signed))
    timepoint = _time_point(signed, read, replaces, reason)
    signature = Signature(
        id=uuid4().hex,
        reader=role,
        timepoint=timepoint,
        on=read.on,
        content=content,
        sha256=digest,
        signed_at=datetime.now(UTC),
        principal_id=caller.principal_id,
        replaces=replaces,
        reason=reason,
        read=read,
    )
    after = _with(signed, signature, replaces)
    course = _assessed(subject, after, timepoint)
    _insert(connection, subject.id, signature, course)
    return Signing(signature, after, course)


def normalised(read: recist.Read) -> str:
    """The bytes that are signed: members in order of their names, what is left out left out."""
    return CANONICAL.encode(READ.dump_python(read, mode="json", exclude_defaults=True))


@lru_cache(maxsize=4096)
def _parsed(content: str) -> recist.Read:
    return READ.validate_json(content)


@lru_cache(maxsize=256)
def _protocol(content: str) -> recist.Protocol:
    return PROTOCOL.validate_json(content)


def _signature(row: Row[Any]) -> Signature:
    kept = {name: getattr(row, name) for name in KEPT}
    return Signature(**kept, read=_parsed(row.content))


def _sorted(signatures: Sequence[Signature]) -> Signed:
    replaced = {signature.replaces for signature in signatures}
    ordered = sorted(signatures, key=lambda s: (s.timepoint, s.signed_at))
    return Signed(
        tuple(s for s in ordered if s.id not in replaced),
        tuple(s for s in ordered if s.id in replaced),
    )


def _check_hand(signed: Signed, caller: Caller, role: Role) -> None:
    """A timeline is one person's: nobody goes on with what another has begun."""
    if any(s.principal_id != caller.principal_id for s in signed.in_force):
        raise Conflict(f"Another principal reads this subject as {role}.")


def _time_point(signed: Signed, read: recist.Read, replaces: str | None, reason: str | None) -> int:
    if replaces is not None:
        return _replaced_time_point(signed, replaces, reason)
    if reason is not None:
        says = "a reason goes with a correction: name the read that this one replaces"
        raise unprocessable([recist.Fault(("reason",), says)])
    for known in signed.in_force:
        if known.on == read.on:
            raise AlreadySigned(
                f"You have signed another read of {read.on}. To correct it, send the new one"
                f" with replaces: {known.id!r} and a reason."
            )
    return len(signed.in_force)


def _replaced_time_point(signed: Signed, replaces: str, reason: str | None) -> int:
    if reason is None or not reason.strip():
        raise unprocessable([recist.Fault(("reason",), "a correction needs its reason")])
    if any(known.id == replaces for known in signed.superseded):
        raise AlreadyReplaced("This read was replaced before: replace the one that did so.")
    for known in signed.in_force:
        if known.id == replaces:
            return known.timepoint
    raise unprocessable([recist.Fault(("replaces",), "no such read of yours of this subject")])


def _with(signed: Signed, signature: Signature, replaces: str | None) -> Signed:
    if replaces is None:
        return replace(signed, in_force=(*signed.in_force, signature))
    old = next(known for known in signed.in_force if known.id == replaces)
    in_force = tuple(signature if known is old else known for known in signed.in_force)
    return Signed(in_force, (*signed.superseded, old))


def _assessed(subject: Row[Any], after: Signed, timepoint: int) -> Course:
    """Judge the timeline with the new read in it; faults point into the new read."""
    compartments = json.loads(subject.compartments)
    faults = list(_compartment_faults(after.in_force[timepoint].read, compartments))
    try:
        if not faults:
            return course_of(subject, after)
    except recist.Refused as refused:
        faults = [_in_read(fault, timepoint, after) for fault in refused.faults]
    raise unprocessable(faults)


def _compartment_faults(read: recist.Read, known: Sequence[str]) -> list[recist.Fault]:
    says = f"the trial judges {', '.join(known)} apart, and no other compartment"
    return [
        recist.Fault(("lesions", label, "compartment"), says)
        for label, lesion in read.lesions.items()
        if known and lesion.compartment is not None and lesion.compartment not in known
    ]


def _in_read(fault: recist.Fault, timepoint: int, after: Signed) -> recist.Fault:
    """Make a path in the timeline a path in the new read, or name the read that is at odds."""
    if fault.at[:2] == ("reads", timepoint):
        return recist.Fault(fault.at[2:], fault.says)
    n = fault.at[1] if len(fault.at) > 1 else 0
    where = "/".join(str(step) for step in fault.at[2:])
    on = after.in_force[int(n)].on
    return recist.Fault((), f"the read of {on} would no longer hold: {where}: {fault.says}")


def _insert(connection: Connection, subject_id: str, signature: Signature, course: Course) -> None:
    shown = course.assessment.timepoints
    row = {
        "subject_id": subject_id,
        "meaning": MEANING,
        "engine": course.assessment.engine,
        "shown": shown[signature.timepoint - 1].overall_final if signature.timepoint else None,
        **{name: getattr(signature, name) for name in KEPT},
    }
    try:
        connection.execute(_INSERT, row)
    except IntegrityError:
        raise AlreadySigned(
            "Another read of this time point was signed at the same moment: look at the timeline."
        ) from None
