"""Trials: the criteria and switches that their protocol chose, and who may see them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from uuid import uuid4

from pydantic import PlainSerializer, TypeAdapter
from sqlalchemy import Connection, Row, Select, insert, select

import recist
from recist.adjudicate import Variable
from service.access import Caller, own_trial
from service.idempotency import Answer
from service.pages import AskedPage, rows_of
from service.reads import PROTOCOL
from service.roles import Role
from service.tables import grants, trials
from service.texts import LONGEST_CODE, LONGEST_NAME, text_faults

READERS = (1, 2)


@dataclass(frozen=True, kw_only=True)
class NewTrial:
    """How a trial judges response: criteria, the switches it sets, and how it reads."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    name: str
    criteria: str
    protocol: recist.Protocol = field(default_factory=recist.Protocol)
    readers: int = 2
    compartments: tuple[str, ...] = ()
    adjudicate_on: tuple[Variable, ...] = (Variable.BEST_OVERALL,)

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise recist.Refused(*faults)

    def _faults(self) -> Iterator[recist.Fault]:
        yield from text_faults(("name",), self.name, LONGEST_NAME)
        try:
            recist.judged_by(self.criteria, self.protocol)
        except recist.Refused as refused:
            yield from refused.faults
        if self.readers not in READERS:
            yield recist.Fault(("readers",), "must be 1 or 2")
        for n, name in enumerate(self.compartments):
            yield from text_faults(("compartments", n), name, LONGEST_CODE)
        yield from _repeated("compartments", self.compartments)
        yield from _repeated("adjudicate_on", self.adjudicate_on)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial; `protocol` has the switches that it sets and no others."""

    id: str
    name: str
    criteria: str
    protocol: Annotated[recist.Protocol, PlainSerializer(recist.Protocol.given)]
    readers: int
    compartments: tuple[str, ...]
    adjudicate_on: tuple[Variable, ...]


@dataclass(frozen=True, kw_only=True)
class TrialPage:
    """Trials by name."""

    items: list[Trial]
    next_cursor: str | None


TRIAL = TypeAdapter(Trial)
TRIAL_PAGE = TypeAdapter(TrialPage)


def create(connection: Connection, caller: Caller, new: NewTrial) -> Answer:
    """Make a trial; whoever manages other trials alone becomes a manager of this one too."""
    row = {
        "id": uuid4().hex,
        "name": new.name,
        "criteria": new.criteria,
        "protocol": json.dumps(new.protocol.given()),
        "readers": new.readers,
        "compartments": json.dumps(new.compartments, ensure_ascii=False),
        "adjudicate_on": json.dumps(new.adjudicate_on),
        "created_at": datetime.now(UTC),
        "created_by": caller.principal_id,
    }
    made = connection.execute(insert(trials).returning(trials), row).one()
    if Role.TRIAL_MANAGER in caller.roles - caller.roles_in(made.id):
        _make_manager(connection, caller, made.id)
    return Answer(201, TRIAL.dump_json(_trial(made)))


def view(connection: Connection, caller: Caller, trial_id: str) -> Answer:
    """Look at one trial."""
    return Answer(200, TRIAL.dump_json(_trial(own_trial(connection, caller, trial_id, "getTrial"))))


def view_all(connection: Connection, caller: Caller, page: AskedPage) -> Answer:
    """Look at the trials in which the caller holds a grant."""
    rows, following = rows_of(connection, _seen_by(caller), (trials.c.name, trials.c.id), page)
    found = TrialPage(items=list(map(_trial, rows)), next_cursor=following)
    return Answer(200, TRIAL_PAGE.dump_json(found))


def _seen_by(caller: Caller) -> Select[Any]:
    named = {grant.trial_id for grant in caller.grants}
    return select(trials) if None in named else select(trials).where(trials.c.id.in_(named))


def _make_manager(connection: Connection, caller: Caller, trial_id: str) -> None:
    grant = {
        "id": uuid4().hex,
        "principal_id": caller.principal_id,
        "role": Role.TRIAL_MANAGER,
        "trial_id": trial_id,
        "created_at": datetime.now(UTC),
        "created_by": caller.principal_id,
    }
    connection.execute(insert(grants), grant)


def _trial(row: Row[Any]) -> Trial:
    return Trial(
        id=row.id,
        name=row.name,
        criteria=row.criteria,
        protocol=PROTOCOL.validate_json(row.protocol),
        readers=row.readers,
        compartments=tuple(json.loads(row.compartments)),
        adjudicate_on=tuple(map(Variable, json.loads(row.adjudicate_on))),
    )


def _repeated(member: str, words: tuple[str, ...]) -> Iterator[recist.Fault]:
    for n, word in enumerate(words):
        if word in words[:n]:
            yield recist.Fault((member, n), "is there more than once")
