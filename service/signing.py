"""Signing: one more read of a reader, or the correction of one, locked once it is signed."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert
from sqlalchemy.exc import IntegrityError

import recist
from recist.adjudicate import Course
from service import clock
from service.access import own_subject, unknown
from service.assessing import assessed
from service.audit.events import Action, Event, enter
from service.blinding import is_unblinded
from service.callers import Caller
from service.charter import charter_of
from service.documents import unprocessable
from service.drafts import take_signed
from service.identity.again import Proven, reauthenticate
from service.ids import new_id
from service.problems import AlreadyReplaced, AlreadySigned
from service.reads import (
    KEPT,
    Signature,
    Signed,
    check_hand,
    course_of,
    normalised,
    reading_role,
    signed_as,
)
from service.reopenings import check_reopened
from service.tables import reads

MEANING = "READ"
WHAT = ("reader", "timepoint", "on", "sha256", "replaces", "shown", "engine")
TOLD = (*WHAT, "meaning", "signer", "signed_at")
"""What the audit trail tells of a signature: what was signed, and how."""

_INSERT = insert(reads)


@dataclass(frozen=True)
class Signing:
    """The outcome of signing: the new signature, or the first one of the same read."""

    signature: Signature
    signed: Signed
    course: Course


@dataclass(frozen=True)
class Correction:
    """Which read is replaced, and why; neither for a read of a new time point."""

    replaces: str | None = None
    reason: str | None = None


NEW_TIME_POINT = Correction()


def sign(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    read: recist.Read,
    correction: Correction = NEW_TIME_POINT,
    proven: Proven | None = None,
) -> Signing:
    """Sign one read, or a correction of one; the whole timeline is assessed before it is kept.

    The same read again is answered as the first time. Raises Unprocessable, with pointers into the
    read, where it contradicts itself or the timeline; AlreadySigned, AlreadyReplaced, NotReopened,
    Conflict; and what `reauthenticate` does where `proven` does not show who signs.
    """
    subject = own_subject(connection, caller, subject_id, "signRead")
    asked = bool(charter_of(subject.charter).reauthenticate)
    reauthenticate(caller, proven, asked=asked)
    role = reading_role(caller, subject)
    signed = signed_as(connection, subject.id, role)
    check_hand(signed, caller, role)
    content = normalised(read)
    digest = sha256(content.encode()).hexdigest()
    if known := _known(signed, digest, correction):
        return Signing(known, signed, course_of(subject, signed))
    signature = Signature(
        id=new_id(),
        reader=role,
        timepoint=_time_point(connection, subject, signed, read, correction),
        on=read.on,
        content=content,
        sha256=digest,
        meaning=MEANING,
        signed_at=clock.now(),
        signer=caller.full_name or caller.name,
        principal_id=caller.principal_id,
        replaces=correction.replaces,
        reason=correction.reason,
        read=read,
    )
    return _kept(connection, caller, subject, _with(signed, signature), signature)


def _known(signed: Signed, digest: str, correction: Correction) -> Signature | None:
    """What was signed before, where it is the same read for the same place."""
    for known in (*signed.in_force, *signed.superseded):
        if (known.sha256, known.replaces) == (digest, correction.replaces):
            return known
    return None


def _time_point(
    connection: Connection,
    subject: Row[Any],
    signed: Signed,
    read: recist.Read,
    correction: Correction,
) -> int:
    if correction.replaces is not None:
        replaced = _replaced(signed, correction)
        check_reopened(connection, subject, replaced)
        return replaced.timepoint
    if correction.reason is not None:
        says = "a reason goes with a correction: name the read that this one replaces"
        raise unprocessable([recist.Fault(("reason",), says)])
    for known in signed.in_force:
        if known.on == read.on:
            raise AlreadySigned(
                f"You have signed another read of {read.on}. To correct it, send the new one"
                f" with replaces: {known.id!r} and a reason."
            )
    return len(signed.in_force)


def _replaced(signed: Signed, correction: Correction) -> Signature:
    """The read in force that a correction takes the place of."""
    if correction.reason is None or not correction.reason.strip():
        raise unprocessable([recist.Fault(("reason",), "a correction needs its reason")])
    if any(known.id == correction.replaces for known in signed.superseded):
        raise AlreadyReplaced("This read was replaced before: replace the one that did so.")
    for known in signed.in_force:
        if known.id == correction.replaces:
            return known
    raise unknown(("replaces",), "no such read of yours of this subject")


def _with(signed: Signed, signature: Signature) -> Signed:
    if signature.replaces is None:
        return replace(signed, in_force=(*signed.in_force, signature))
    old = next(known for known in signed.in_force if known.id == signature.replaces)
    in_force = tuple(signature if known is old else known for known in signed.in_force)
    return Signed(in_force, (*signed.superseded, old))


def _kept(
    connection: Connection,
    caller: Caller,
    subject: Row[Any],
    after: Signed,
    signature: Signature,
) -> Signing:
    """Keep a signature whose timeline holds with it; the draft of what is signed has served."""
    course = assessed(subject, after.reads, signature.timepoint)
    row = {name: getattr(signature, name) for name in KEPT}
    row |= {"subject_id": subject.id, "engine": course.assessment.engine}
    row |= {"shown": _shown(signature, course)}
    try:
        connection.execute(_INSERT, row)
    except IntegrityError:
        raise AlreadySigned(
            "Another read of this time point was signed at the same moment: look at the timeline."
        ) from None
    drafted = None if signature.replaces else take_signed(connection, subject.id, signature.reader)
    told = {name: row[name] for name in TOLD} | ({"draft": drafted} if drafted else {})
    if is_unblinded(connection, caller, subject):
        told["after_unblinding"] = True
    _tell(connection, caller, subject, signature, told)
    return Signing(signature, after, course)


def _tell(
    connection: Connection,
    caller: Caller,
    subject: Row[Any],
    signature: Signature,
    told: dict[str, Any],
) -> None:
    """Enter what was signed by its hash, and what the reader was shown in return."""
    enter(
        connection,
        caller,
        Event(
            action=Action.CORRECTED if signature.replaces else Action.SIGNED,
            record="read",
            record_id=signature.id,
            trial_id=subject.trial_id,
            subject_id=subject.id,
            reader=signature.reader,
            new=told,
            reason=signature.reason,
        ),
    )


def _shown(signature: Signature, course: Course) -> str | None:
    """The overall response that the reader is shown; a baseline has none."""
    n = signature.timepoint
    return course.assessment.timepoints[n - 1].overall_final if n else None
