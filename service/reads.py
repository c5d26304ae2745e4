"""Between rows and reads: what readers have signed for a subject, and how it is assessed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, select

import recist
from recist.adjudicate import Course
from service.callers import Caller
from service.charter import charter_of
from service.problems import Conflict, Forbidden
from service.roles import READERS, Role
from service.tables import reads, subjects

READ = TypeAdapter(recist.Read)
PROTOCOL = TypeAdapter(recist.Protocol)
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)

_SIGNED = select(reads).where(reads.c.subject_id == bindparam("subject_id"))
_SIGNED_IN = select(reads).join(subjects).where(subjects.c.trial_id == bindparam("trial_id"))
_SIGNED_AS = _SIGNED.where(reads.c.reader == bindparam("reader"))


@dataclass(frozen=True)
class Signature:
    """One signed read as it is kept: nothing of it ever changes."""

    id: str
    reader: str
    timepoint: int
    on: date
    content: str
    sha256: str
    meaning: str
    signed_at: datetime
    signer: str | None
    """The full name of who signed, where one was known; for eyes that may see who reads."""
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

    def by(self, at: datetime) -> "Signed":
        """What had been signed by an instant, in force and replaced as it stood then."""
        both = (*self.in_force, *self.superseded)
        return _sorted(signature for signature in both if signature.signed_at <= at)

    def is_by(self, caller: Caller) -> bool:
        """Whether it is this caller's, as all is of which nothing was signed yet."""
        return all(s.principal_id == caller.principal_id for s in self.in_force)


KEPT = tuple(field.name for field in fields(Signature) if field.name != "read")
NOTHING = Signed((), ())


def signed_by_reader(connection: Connection, subject_id: str) -> dict[str, Signed]:
    """Everything that was signed for a subject, by the role it was signed as."""
    return _by_reader(connection.execute(_SIGNED, {"subject_id": subject_id}))


def signed_in_trial(connection: Connection, trial_id: str) -> dict[str, dict[str, Signed]]:
    """Everything that was signed in a trial, by the id of its subject and the role."""
    by_subject: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(_SIGNED_IN, {"trial_id": trial_id}):
        by_subject.setdefault(row.subject_id, []).append(row)
    return {subject_id: _by_reader(rows) for subject_id, rows in by_subject.items()}


def signed_as(connection: Connection, subject_id: str, reader: Role) -> Signed:
    """What one reader has signed for a subject; what others have is not looked at."""
    rows = connection.execute(_SIGNED_AS, {"subject_id": subject_id, "reader": reader})
    return _sorted(map(signature_of, rows))


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


def reading_roles(subject: Row[Any]) -> frozenset[Role]:
    """The roles that read a subject: an adjudicator's where the trial's charter lets it."""
    anew = charter_of(subject.charter).adjudicator_reads
    return READERS | {Role.ADJUDICATOR} if anew else READERS


def reading_role(caller: Caller, subject: Row[Any]) -> Role:
    """The one role in which this caller reads a subject. Raises Forbidden where it does not."""
    for role in caller.roles_in(subject.trial_id) & reading_roles(subject):
        return role
    raise Forbidden("By this trial's charter, an adjudicator endorses reads and makes none.")


def check_hand(signed: Signed, caller: Caller, role: Role) -> None:
    """A timeline is one person's: nobody goes on with what another has begun."""
    if not signed.is_by(caller):
        raise Conflict(f"Another principal reads this subject as {role}.")


def normalised(read: recist.Read) -> str:
    """The bytes that are signed: members in order of their names, what is left out left out."""
    return CANONICAL.encode(READ.dump_python(read, mode="json", exclude_defaults=True))


@lru_cache(maxsize=4096)
def _parsed(content: str) -> recist.Read:
    return READ.validate_json(content)


@lru_cache(maxsize=256)
def _protocol(content: str) -> recist.Protocol:
    return PROTOCOL.validate_json(content)


def _by_reader(rows: Iterable[Row[Any]]) -> dict[str, Signed]:
    by_reader: dict[str, list[Signature]] = {}
    for row in rows:
        by_reader.setdefault(row.reader, []).append(signature_of(row))
    return {reader: _sorted(signatures) for reader, signatures in by_reader.items()}


def signature_of(row: Row[Any]) -> Signature:
    """A row of `reads` as the signature that it keeps."""
    kept = {name: getattr(row, name) for name in KEPT}
    return Signature(**kept, read=_parsed(row.content))


def _sorted(signatures: Iterable[Signature]) -> Signed:
    ordered = sorted(signatures, key=lambda s: (s.timepoint, s.signed_at))
    replaced = {signature.replaces for signature in ordered}
    return Signed(
        tuple(s for s in ordered if s.id not in replaced),
        tuple(s for s in ordered if s.id in replaced),
    )
