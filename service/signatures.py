"""One signed read: its signature, what took its place, and whether it may be corrected."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from service.access import absent, own_read, own_subject
from service.blinding import first_looks, oversees
from service.callers import Caller
from service.documents import as_json
from service.idempotency import Answer
from service.reads import signature_of
from service.reopenings import Reopening, reopenings_of
from service.roles import READERS
from service.tables import reads
from service.tellings import Shown, SignedRead, signed_reads
from service.timelines import signed_for

_SUCCESSOR = select(reads.c.id).where(reads.c.replaces == bindparam("read_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnRecord(SignedRead):
    """A signed read with all that its signature says, and what has become of it."""

    subject_id: str
    meaning: str
    replaced_by: str | None
    reopened: bool
    """Whether its reader may correct it, where the trial's charter asks for a reopening."""
    reopenings: list[Reopening]
    """Empty for whoever is blinded: a reason may tell of others' work."""


def view(connection: Connection, caller: Caller, read_id: str) -> Answer:
    """Look at one signed read: a reader at its own, an adjudicator at what it may compare."""
    row = own_read(connection, caller, read_id, "getRead")
    subject = own_subject(connection, caller, row.subject_id, "getRead")
    if not caller.roles_in(subject.trial_id) & READERS:
        _check_in_sight(connection, caller, subject, row)
    oversight = oversees(caller, subject.trial_id)
    shown = Shown(
        {},
        {},
        looked=first_looks(connection, subject) if oversight else {},
        blinded=None if oversight else caller.principal_id,
    )
    return Answer(200, _told(connection, row, shown, whole=oversight))


def _check_in_sight(
    connection: Connection, caller: Caller, subject: Row[Any], row: Row[Any]
) -> None:
    signed = signed_for(connection, caller, subject).get(row.reader)
    known = (*signed.in_force, *signed.superseded) if signed else ()
    if row.id not in {signature.id for signature in known}:
        raise absent("read")


def _told(connection: Connection, row: Row[Any], shown: Shown, *, whole: bool) -> bytes:
    successor = connection.execute(_SUCCESSOR, {"read_id": row.id}).scalar()
    reopened = reopenings_of(connection, row.id)
    members = {
        "subject_id": row.subject_id,
        "meaning": row.meaning,
        "replaced_by": successor,
        "reopened": bool(reopened) and successor is None,
        "reopenings": reopened if whole else [],
    }
    (read,) = signed_reads([signature_of(row)], shown)
    return as_json(members)[:-1] + b"," + read[1:]
