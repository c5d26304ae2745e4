"""Timelines as they are told: their shapes, and their bytes around those that were signed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

import recist
from recist.adjudicate import Course
from service.comparability import remarks
from service.documents import as_json
from service.idempotency import Answer
from service.reads import Signature, Signed
from service.roles import Role
from service.signing import Signing


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
    signer: str | None = None
    """Who signed, by full name: left out for whoever is blinded, but for what it signed itself."""
    after_unblinding: bool = False
    """Whether the reader had been shown others' work on this subject; told to overseers alone."""


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
class LastDecision:
    """The latest decision about a subject; stale where reads were signed after it."""

    id: str
    in_force: bool
    stale: bool
    by: list[str]
    """The reads that made it stale, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectTimeline:
    """All that the caller may see; `accepted` is None where nothing is, or may not be told."""

    readers: list[ReaderTimeline]
    accepted: AcceptedTimeline | None
    adjudication: LastDecision | None = None
    """Left out where nothing was decided, or may not be told."""


@dataclass(frozen=True)
class Shown:
    """What is told of a subject to one caller."""

    signed: Mapping[str, Signed]
    courses: Mapping[str, Course]
    accepted: str | None = None
    decision: LastDecision | None = None
    looked: Mapping[str, datetime] = field(default_factory=dict)
    """When each principal was first shown another reader's work, where that is told."""
    blinded: str | None = None
    """The caller's principal, where it may be told the name of no other."""


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
    shown = Shown({}, {}, blinded=signature.principal_id)
    body = _reader(signature.reader, signing.signed, signing.course, images, shown)
    return Answer(201, b"{" + head + b"," + body[1:])


def told(connection: Connection, subject: Row[Any], shown: Shown) -> Answer:
    """The answer that shows a subject's timelines."""
    readers = b",".join(
        _reader(
            reader,
            shown.signed[reader],
            course,
            remarks(connection, subject.id, course.reads),
            shown,
        )
        for reader, course in shown.courses.items()
        if reader in shown.signed
    )
    chosen = b"null"
    if shown.accepted is not None:
        head = _members(reader=shown.accepted)
        chosen = b"{%b,%b}" % (head, _assessment(shown.courses[shown.accepted]))
    decided = b',"adjudication":' + as_json(shown.decision) if shown.decision else b""
    return Answer(200, b'{"readers":[%b],"accepted":%b%b}' % (readers, chosen, decided))


def _reader(
    reader: str,
    signed: Signed,
    course: Course,
    images: Sequence[recist.Concern],
    shown: Shown,
) -> bytes:
    return b'{%b,"reads":[%b],"superseded":[%b],%b,"images":%b}' % (
        _members(reader=reader),
        b",".join(signed_reads(signed.in_force, shown)),
        b",".join(signed_reads(signed.superseded, shown)),
        _assessment(course),
        as_json(images),
    )


def _assessment(course: Course) -> bytes:
    return b'"assessment":' + as_json(course.assessment)


def signed_reads(signatures: Sequence[Signature], shown: Shown) -> Iterator[bytes]:
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
            **_marked(signature, shown),
        )
        yield b"{" + head + b"," + signature.content[1:].encode()


def _marked(signature: Signature, shown: Shown) -> dict[str, object]:
    """Name the signer where that may be told, and mark who had seen others' work by then."""
    named = shown.blinded in (None, signature.principal_id)
    marks: dict[str, object] = {"signer": signature.signer} if named and signature.signer else {}
    at = shown.looked.get(signature.principal_id)
    unblinded = at is not None and at <= signature.signed_at
    return marks | ({"after_unblinding": True} if unblinded else {})


def _members(**members: object) -> bytes:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False)[1:-1].encode()


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
