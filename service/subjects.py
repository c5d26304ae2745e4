"""Subjects: coded participants, of whom those who read see the code and day 0 alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, ClassVar

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

import recist
from service import clock
from service.access import own_subject, own_trial
from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.charter import charter_of
from service.documents import unprocessable
from service.idempotency import Answer
from service.ids import new_id
from service.pages import AskedPage, rows_of
from service.problems import Conflict
from service.roles import OVERSEERS, READERS, Role
from service.tables import subjects
from service.texts import LONGEST_CODE, LONGEST_NAME, LONGEST_REASON, text_faults
from service.writes import NamedVersion, etag

MOST_ATTRIBUTES = 200
LONGEST_ATTRIBUTE = 2000
BLINDED = READERS | {Role.ADJUDICATOR}


@dataclass(frozen=True, kw_only=True)
class SubjectMembers:
    """What may be said of a subject, first or anew."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    group: str | None = None
    attributes: dict[str, Any] | None = None
    reference_on: date | None = None
    died_on: date | None = None
    new_therapy_on: date | None = None
    last_known_alive_on: date | None = None

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise recist.Refused(*faults)

    def _faults(self) -> Iterator[recist.Fault]:
        if self.group is not None:
            yield from text_faults(("group",), self.group, LONGEST_NAME)
        yield from _attribute_faults(self.attributes or {})

    def columns(self) -> dict[str, Any]:
        """Only what was said, as columns have it."""
        said = {name: value for name, value in asdict(self).items() if value is not None}
        if self.attributes is not None:
            said["attributes"] = json.dumps(self.attributes, ensure_ascii=False)
        return said


@dataclass(frozen=True, kw_only=True)
class SubjectChange(SubjectMembers):
    """What is said anew of a subject; what is left out stays as it was.

    `attributes` are taken as a whole: names that are not sent again are gone. `reason` says why,
    where something changes that was said before; the trial's charter may ask for it.
    """

    reason: str | None = None

    def _faults(self) -> Iterator[recist.Fault]:
        if self.reason is not None:
            yield from text_faults(("reason",), self.reason, LONGEST_REASON)
        yield from super()._faults()

    def columns(self) -> dict[str, Any]:
        """What was said, but for the reason: it stands in the audit trail."""
        return {name: value for name, value in super().columns().items() if name != "reason"}

    def rewritten(self, seen: Row[Any]) -> list[str]:
        """The members of a subject that had a value before, and get another."""
        said = {name: value for name, value in self.columns().items() if name != "attributes"}
        changed = [name for name, value in said.items() if getattr(seen, name) not in (None, value)]
        if self.attributes is not None and not _adds(self.attributes, json.loads(seen.attributes)):
            changed.append("attributes")
        return changed


@dataclass(frozen=True, kw_only=True)
class NewSubject(SubjectMembers):
    """A participant by code; nothing here may name a person."""

    code: str
    attributes: dict[str, Any] = field(default_factory=dict)

    def _faults(self) -> Iterator[recist.Fault]:
        yield from text_faults(("code",), self.code, LONGEST_CODE)
        yield from super()._faults()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A subject as the caller may see it: to a blinded one, what could unblind is left empty."""

    id: str
    trial_id: str
    code: str
    group: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    reference_on: date | None = None
    died_on: date | None = None
    new_therapy_on: date | None = None
    last_known_alive_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class SubjectPage:
    """Subjects of a trial by code."""

    items: list[Subject]
    next_cursor: str | None


SUBJECT = TypeAdapter(Subject)
SUBJECT_PAGE = TypeAdapter(SubjectPage)


def create(connection: Connection, caller: Caller, trial_id: str, new: NewSubject) -> Answer:
    """Add a subject to a trial. Raises Conflict where the trial has one of this code."""
    trial = own_trial(connection, caller, trial_id, "createSubject")
    row = {
        "id": new_id(),
        "trial_id": trial.id,
        "version": 1,
        "created_at": clock.now(),
        "created_by": caller.principal_id,
    }
    try:
        with connection.begin_nested():
            made = connection.execute(
                insert(subjects).values(row | new.columns()).returning(subjects)
            ).one()
    except IntegrityError:
        raise Conflict("This trial has a subject of this code: take another.") from None
    _tell(connection, caller, made, Action.CREATED, new={"code": new.code} | new.columns())
    return _answer(201, made, caller)


def view(connection: Connection, caller: Caller, subject_id: str) -> Answer:
    """Look at one subject."""
    return _answer(200, own_subject(connection, caller, subject_id, "getSubject"), caller)


def view_all(connection: Connection, caller: Caller, trial_id: str, page: AskedPage) -> Answer:
    """Look at the subjects of a trial."""
    trial = own_trial(connection, caller, trial_id, "listSubjects")
    query = select(subjects).where(subjects.c.trial_id == trial.id)
    rows, following = rows_of(connection, query, (subjects.c.code,), page)
    items = [_subject(row, caller) for row in rows]
    return Answer(200, SUBJECT_PAGE.dump_json(SubjectPage(items=items, next_cursor=following)))


def change(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    change: SubjectChange,
    if_match: NamedVersion,
) -> Answer:
    """Say something anew. Raises PreconditionFailed where another version is the latest.

    And Unprocessable where the trial's charter asks for a reason and there is none.
    """
    seen = own_subject(connection, caller, subject_id, "changeSubject")
    if_match.check(seen.version)
    _check_reason(seen, change)
    changed = connection.execute(
        update(subjects)
        .where(subjects.c.id == seen.id, subjects.c.version == seen.version)
        .values(**change.columns(), version=seen.version + 1)
        .returning(subjects)
    ).one_or_none()
    if changed is None:  # another process was faster
        raise Conflict("The subject is being changed: read it again, then send the change.")
    said = change.columns()
    old = {name: getattr(seen, name) for name in said}
    members = {"old": old, "new": said, "reason": change.reason}
    _tell(connection, caller, changed, Action.CHANGED, **members)
    return _answer(200, changed, caller)


def _check_reason(seen: Row[Any], change: SubjectChange) -> None:
    """A first entry needs no reason; what was there before is not changed without one."""
    asked = charter_of(seen.charter).reason_for_change and change.reason is None
    if asked and (members := change.rewritten(seen)):
        says = f"is missing: {', '.join(members)} had a value before, so say why it changes"
        raise unprocessable([recist.Fault(("reason",), says)])


def _adds(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether everything that was there before is there as it was."""
    return all(name in now and now[name] == value for name, value in before.items())


def _tell(
    connection: Connection, caller: Caller, row: Row[Any], action: Action, **members: Any
) -> None:
    about = {"record": "subject", "record_id": row.id, "subject_id": row.id}
    enter(connection, caller, Event(action=action, trial_id=row.trial_id, **about, **members))


def _answer(status: int, row: Row[Any], caller: Caller) -> Answer:
    """The subject, with its entity tag for those to whom a changed tag tells nothing new."""
    headers = () if _is_blinded(caller, row.trial_id) else (("ETag", etag(row.version)),)
    return Answer(status, SUBJECT.dump_json(_subject(row, caller)), headers)


def _subject(row: Row[Any], caller: Caller) -> Subject:
    seen = Subject(id=row.id, trial_id=row.trial_id, code=row.code, reference_on=row.reference_on)
    if _is_blinded(caller, row.trial_id):
        return seen
    return Subject(
        **asdict(seen)
        | {
            "group": row.group,
            "attributes": json.loads(row.attributes),
            "died_on": row.died_on,
            "new_therapy_on": row.new_therapy_on,
            "last_known_alive_on": row.last_known_alive_on,
        }
    )


def _is_blinded(caller: Caller, trial_id: str) -> bool:
    """Whoever reads or adjudicates is, whatever else they are; so is all but an overseer."""
    roles = caller.roles_in(trial_id)
    return not roles & OVERSEERS or bool(roles & BLINDED)


def _attribute_faults(attributes: Mapping[str, Any]) -> Iterator[recist.Fault]:
    if len(attributes) > MOST_ATTRIBUTES:
        yield recist.Fault(("attributes",), f"must have at most {MOST_ATTRIBUTES} members")
    for name, value in attributes.items():
        yield from text_faults(("attributes", name), name, LONGEST_CODE)
        if not isinstance(value, str | int | float):
            yield recist.Fault(("attributes", name), "must be a text, a number, true or false")
        elif isinstance(value, str) and len(value) > LONGEST_ATTRIBUTE:
            says = f"must have at most {LONGEST_ATTRIBUTE} characters"
            yield recist.Fault(("attributes", name), says)
