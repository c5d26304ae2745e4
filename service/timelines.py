"""What a caller may see of a subject's timelines: per reader, compared, and the accepted one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

import recist
from recist.adjudicate import Course, Discrepancy, Variable, comparable, discrepancies
from service.access import Caller, own_subject
from service.comparability import remarks
from service.documents import as_json
from service.idempotency import Answer
from service.reads import NOTHING, Signature, Signed, Signing, course_of, signed_by_reader
from service.roles import READERS, Role
from service.tables import adjudications

COMPARED = (Role.READER_1, Role.READER_2)
"""The independent readers of a trial, of whom it has one or both."""

_LATEST = (
    select(adjudications)
    .where(adjudications.c.subject_id == bindparam("subject_id"))
    .order_by(adjudications.c.decided_at)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRead(recist.Read):
    """A read as it was signed, by whom and when; `sha256` is of its normalised content."""

    id: str
    reader: Role
    timepoint: int
    signed_at: datetime
    replaces: str | None
    reason: str | None
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderTimeline:
    """One reader's reads in force, oldest first, those that were replaced, and the assessment.

    `images` are remarks on the images that its findings name: what stands between them, and between
    them and the sizes. They decide nothing.
    """

    reader: Role
    reads: list[SignedRead]
    superseded: list[SignedRead]
    assessment: recist.Assessment
    images: list[recist.Concern]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlySigned(ReaderTimeline):
    """The answer to a signature: the reader's whole timeline, and the new read's identity."""

    id: str
    timepoint: int
    signed_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedTimeline:
    """The timeline that counts for the trial, and whose it is."""

    reader: Role
    assessment: recist.Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectTimeline:
    """All that the caller may see; `accepted` is None where nothing is, or may not be told."""

    readers: list[ReaderTimeline]
    accepted: AcceptedTimeline | None


@dataclass(frozen=True)
class Comparison:
    """The independent readers of one subject side by side."""

    signed: Mapping[str, Signed]
    courses: Mapping[str, Course]
    found: tuple[Discrepancy, ...] = ()
    to_adjudicate: tuple[Discrepancy, ...] = ()
    basis: str | None = None
    """SHA-256 over the reads compared; None until all have signed as many."""
    decisions: Sequence[Row[Any]] = field(default_factory=tuple)

    @property
    def decision(self) -> Row[Any] | None:
        """The adjudication of just these reads, if there is one."""
        return next((row for row in self.decisions if row.basis == self.basis), None)

    @property
    def accepted(self) -> str | None:
        """The reader whose timeline counts."""
        if self.basis is None:
            return None
        if not self.to_adjudicate:
            return Role.READER_1
        return self.decision.accepts if self.decision is not None else None


def compare(connection: Connection, subject: Row[Any]) -> Comparison:
    """Put the independent readers of a subject side by side."""
    readers = COMPARED[: subject.readers]
    signed = signed_by_reader(connection, subject.id)
    courses = {reader: course_of(subject, signed[reader]) for reader in sorted(signed)}
    if not comparable(courses, readers):
        return Comparison(signed, courses)
    found = discrepancies({reader: courses[reader] for reader in readers})
    adjudicated = {Variable(name) for name in json.loads(subject.adjudicate_on)}
    ids = (signature.id for reader in readers for signature in signed[reader].in_force)
    return Comparison(
        signed,
        courses,
        found,
        tuple(d for d in found if d.variable in adjudicated),
        sha256("\n".join(sorted(ids)).encode()).hexdigest(),
        connection.execute(_LATEST, {"subject_id": subject.id}).all(),
    )


def view(connection: Connection, caller: Caller, subject_id: str) -> Answer:
    """The timelines that this caller may see: a reader's own alone, and nothing of the others."""
    subject = own_subject(connection, caller, subject_id, "getTimeline")
    if caller.roles_in(subject.trial_id) & READERS:
        mine = signed_for(connection, caller, subject)
        courses = {reader: course_of(subject, s) for reader, s in mine.items()}
        return _timelines(mine, courses, _images(connection, subject.id, courses), None)
    found = compare(connection, subject)
    images = _images(connection, subject.id, found.courses)
    return _timelines(found.signed, found.courses, images, found.accepted)


def signed_for(connection: Connection, caller: Caller, subject: Row[Any]) -> Mapping[str, Signed]:
    """What was signed for a subject that this caller may see: of a reader its own alone."""
    signed = signed_by_reader(connection, subject.id)
    own = caller.roles_in(subject.trial_id) & READERS
    if not own:
        return signed
    return {r: s for r, s in signed.items() if r in own and _is_hers(s, caller)}


def newly_signed(connection: Connection, subject_id: str, signing: Signing) -> Answer:
    """The answer to a signature."""
    signature = signing.signature
    head = _members(
        id=signature.id,
        timepoint=signature.timepoint,
        signed_at=_instant(signature.signed_at),
        sha256=signature.sha256,
    )
    images = remarks(connection, subject_id, signing.course.reads)
    body = _reader(signature.reader, signing.signed, signing.course, images)
    return Answer(201, b"{" + head + b"," + body[1:])


def _is_hers(signed: Signed, caller: Caller) -> bool:
    return all(s.principal_id == caller.principal_id for s in signed.in_force)


def _images(
    connection: Connection, subject_id: str, courses: Mapping[str, Course]
) -> Mapping[str, Sequence[recist.Concern]]:
    """Remarks on the images of each reader's own findings."""
    return {
        reader: remarks(connection, subject_id, course.reads) for reader, course in courses.items()
    }


def _timelines(
    signed: Mapping[str, Signed],
    courses: Mapping[str, Course],
    images: Mapping[str, Sequence[recist.Concern]],
    accepted: str | None,
) -> Answer:
    readers = b",".join(
        _reader(reader, signed.get(reader, NOTHING), course, images[reader])
        for reader, course in courses.items()
    )
    chosen = b"null"
    if accepted is not None:
        head = _members(reader=accepted)
        chosen = b"{%b,%b}" % (head, _assessment(courses[accepted]))
    return Answer(200, b'{"readers":[%b],"accepted":%b}' % (readers, chosen))


def _reader(reader: str, signed: Signed, course: Course, images: Sequence[recist.Concern]) -> bytes:
    return b'{%b,"reads":[%b],"superseded":[%b],%b,"images":%b}' % (
        _members(reader=reader),
        b",".join(_signed_reads(signed.in_force)),
        b",".join(_signed_reads(signed.superseded)),
        _assessment(course),
        as_json(images),
    )


def _assessment(course: Course) -> bytes:
    return b'"assessment":' + as_json(course.assessment)


def _signed_reads(signatures: Sequence[Signature]) -> Iterator[bytes]:
    """Each read as the very bytes that were signed, with the signature's members in front."""
    for signature in signatures:
        head = _members(
            id=signature.id,
            reader=signature.reader,
            timepoint=signature.timepoint,
            signed_at=_instant(signature.signed_at),
            replaces=signature.replaces,
            reason=signature.reason,
            sha256=signature.sha256,
        )
        yield b"{" + head + b"," + signature.content[1:].encode()


def _members(**members: object) -> bytes:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False)[1:-1].encode()


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
