"""Drafts: the unsigned next read of each reader, which it alone may see."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

import recist
from service import clock
from service.access import own_subject
from service.assessing import assessed
from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.documents import JsonShape, as_json, read_unsettled, unprocessable
from service.idempotency import Answer
from service.problems import Conflict, NotFound, PreconditionFailed, Unprocessable
from service.reads import CANONICAL, Signed, reading_role, reading_roles, signed_as
from service.roles import Role
from service.tables import drafts
from service.writes import Precondition, etag


@dataclass(frozen=True, kw_only=True)
class NewDraft(recist.Read):
    """The next read, as far as it is done; a workstation names the reader whose it is."""

    reader: Role | None = None


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why a draft could not be signed as it stands, and where: an RFC 6901 pointer into it."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(recist.Read):
    """A draft as it was sent, whose it is and of which time point; what stands against signing."""

    reader: Role
    timepoint: int
    changed_at: datetime
    warnings: list[Obstacle]


@dataclass(frozen=True)
class Sent:
    """A draft on its way in: of the shape of a read, whatever it contradicts."""

    reader: Role | None
    content: str


@dataclass(frozen=True)
class _Place:
    """The next time point of one reader and subject, and what its draft has to fit to."""

    subject: Row[Any]
    reader: Role
    signed: Signed
    principal_id: str | None
    """Who reads, where it is the reader that asks; None for a workstation."""
    kept: Row[Any] | None
    """The draft that is there."""

    @property
    def is_free(self) -> bool:
        """Whether nobody else has begun to read in this role."""
        hands = {s.principal_id for s in self.signed.in_force}
        hands |= {self.kept.principal_id} if self.kept is not None else set()
        return self.principal_id is None or hands <= {None, self.principal_id}


_NEW = TypeAdapter(NewDraft)
_TAKE = (
    delete(drafts)
    .where(drafts.c.subject_id == bindparam("whose"), drafts.c.reader == bindparam("by"))
    .returning(drafts.c.content)
)
_READ = JsonShape(recist.Read)


def sent(body: bytes) -> Sent:
    """Read a draft. Raises Unprocessable where it has not the shape of one."""
    document = read_unsettled(_NEW, body, NewDraft)
    reader = document.pop("reader", None)
    return Sent(reader and Role(reader), CANONICAL.encode(document))


def put(
    connection: Connection, caller: Caller, subject_id: str, new: Sent, known: Precondition
) -> Answer:
    """Keep a reader's draft. The same again is answered, and changes nothing (RFC 9110, 13.1.1).

    Raises Conflict where another principal reads in this role, PreconditionFailed and
    PreconditionRequired where what is there was not seen, Unprocessable and Forbidden.
    """
    place = _place(connection, caller, subject_id, new.reader, "putDraft")
    if not place.is_free:
        raise Conflict(f"Another principal reads this subject as {place.reader}.")
    if place.kept is not None and place.kept.content == new.content:
        return _answer(200, place, place.kept)
    known.check(None if place.kept is None else _tag(place.kept))
    row = _written(connection, place, new.content)
    if row is None:  # another process was faster
        raise PreconditionFailed("It was written at the same moment: read it, then send yours.")
    _tell(connection, caller, place, row)
    return _answer(201 if place.kept is None else 200, place, row)


def view(connection: Connection, caller: Caller, subject_id: str, reader: Role | None) -> Answer:
    """Look at a reader's draft. Raises NotFound where there is none, or it is another's."""
    place = _place(connection, caller, subject_id, reader, "getDraft")
    return _answer(200, place, _seen(place))


def discard(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    reader: Role | None,
    known: Precondition,
) -> Answer:
    """Take a reader's draft away. Raises what `view` does, and what `put` does of versions."""
    place = _place(connection, caller, subject_id, reader, "deleteDraft")
    kept = _seen(place)
    known.check(_tag(kept))
    gone = connection.execute(delete(drafts).where(_this(place), drafts.c.version == kept.version))
    if gone.rowcount:
        _tell(connection, caller, place, None)
    return Answer(204, b"")


def take_signed(connection: Connection, subject_id: str, reader: str) -> str | None:
    """Remove the draft of a read that is being signed, and tell its digest if there was one."""
    content = connection.execute(_TAKE, {"whose": subject_id, "by": reader}).scalar()
    return None if content is None else _digest(content)


def _place(
    connection: Connection, caller: Caller, subject_id: str, named: Role | None, operation: str
) -> _Place:
    subject = own_subject(connection, caller, subject_id, operation)
    reader = _reader(caller, subject, named)
    is_workstation = caller.roles_in(subject.trial_id).isdisjoint(reading_roles(subject))
    this = (drafts.c.subject_id == subject.id) & (drafts.c.reader == reader)
    return _Place(
        subject,
        reader,
        signed_as(connection, subject.id, reader),
        None if is_workstation else caller.principal_id,
        connection.execute(select(drafts).where(this)).one_or_none(),
    )


def _reader(caller: Caller, subject: Row[Any], named: Role | None) -> Role:
    """Whose draft is meant: one who reads means its own, whatever else it is."""
    roles = caller.roles_in(subject.trial_id)
    if Role.WORKSTATION in roles and roles.isdisjoint(reading_roles(subject)):
        if named not in reading_roles(subject):
            says = f"is needed: whose draft it is, {', '.join(sorted(reading_roles(subject)))}"
            raise unprocessable([recist.Fault(("reader",), says)])
        return named
    own = reading_role(caller, subject)
    if named not in (None, own):
        says = f"is another's: you read as {own}, and a draft is one's own"
        raise unprocessable([recist.Fault(("reader",), says)])
    return own


def _seen(place: _Place) -> Row[Any]:
    if place.kept is None or not place.is_free:
        raise NotFound("There is no draft of this reader's next read.")
    return place.kept


def _written(connection: Connection, place: _Place, content: str) -> Row[Any] | None:
    """The new row; None where another process has written meanwhile."""
    row = {"content": content, "changed_at": clock.now()}
    row |= {"principal_id": place.principal_id} if place.principal_id else {}
    if place.kept is not None:
        version = place.kept.version
        this = update(drafts).where(_this(place), drafts.c.version == version)
        changed = this.values(**row, version=version + 1).returning(drafts)
        return connection.execute(changed).one_or_none()
    row |= {"subject_id": place.subject.id, "reader": place.reader, "version": 1}
    try:
        with connection.begin_nested():
            return connection.execute(insert(drafts).returning(drafts), row).one()
    except IntegrityError:
        return None


def _this(place: _Place) -> ColumnElement[bool]:
    return and_(drafts.c.subject_id == place.subject.id, drafts.c.reader == place.reader)


def _answer(status: int, place: _Place, row: Row[Any]) -> Answer:
    """The draft as it was sent, with what stands against signing it."""
    timepoint = len(place.signed.in_force)
    head = {"reader": place.reader, "timepoint": timepoint, "changed_at": row.changed_at}
    head |= {"warnings": _obstacles(place, row.content)}
    body = as_json(head)[:-1] + b"," + row.content[1:].encode()
    return Answer(status, body, (("ETag", _tag(row)),))


def _obstacles(place: _Place, content: str) -> Any:
    """What signing would answer: {pointer, detail} for each fault."""
    try:
        read = _READ.read(content.encode())
        assessed(place.subject, (*place.signed.reads, read), len(place.signed.in_force))
    except Unprocessable as refused:
        return refused.members["errors"]
    return []


def _tag(row: Row[Any]) -> str:
    """Of this draft alone: the one of another time point may have a version as high."""
    return etag(f"{row.version}-{_digest(row.content)[:16]}")


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def _tell(connection: Connection, caller: Caller, place: _Place, row: Row[Any] | None) -> None:
    """Enter that a draft was written, by its digest: what it says is nobody else's yet."""
    is_new = place.kept is None
    action = Action.DELETED if row is None else Action.CREATED if is_new else Action.CHANGED
    enter(
        connection,
        caller,
        Event(
            action=action,
            record="draft",
            trial_id=place.subject.trial_id,
            subject_id=place.subject.id,
            reader=place.reader,
            old=None if place.kept is None else {"sha256": _digest(place.kept.content)},
            new=None if row is None else _told(place, row),
        ),
    )


def _told(place: _Place, row: Row[Any]) -> dict[str, Any]:
    return {"timepoint": len(place.signed.in_force), "sha256": _digest(row.content)}
