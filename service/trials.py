"""Trials: the criteria and switches that their protocol chose, and who may see them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import PlainSerializer, TypeAdapter
from sqlalchemy import Connection, Row, Select, insert, select

import recist
from recist.adjudicate import Variable
from service import clock
from service.access import own_trial
from service.audit.events import Action, Event, enter
from service.callers import Caller, Grant
from service.charter import Charter, charter_of
from service.idempotency import Answer
from service.identity.grants import grant
from service.ids import new_id
from service.pages import AskedPage, rows_of
from service.reads import PROTOCOL
from service.roles import INDEPENDENT, Role
from service.tables import trials
from service.texts import LONGEST_CODE, LONGEST_NAME, text_faults


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
    charter: Charter = field(default_factory=Charter)

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise recist.Refused(*faults)

    def _faults(self) -> Iterator[recist.Fault]:
        yield from text_faults(("name",), self.name, LONGEST_NAME)
        try:
            recist.judged_by(self.criteria, self.protocol)
        except recist.Refused as refused:
            yield from refused.faults
        if not 1 <= self.readers <= len(INDEPENDENT):
            yield recist.Fault(("readers",), f"must be 1 to {len(INDEPENDENT)}")
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
    charter: Charter
    """With the default of each member that was not set."""


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
        "id": new_id(),
        "name": new.name,
        "criteria": new.criteria,
        "protocol": json.dumps(new.protocol.given()),
        "readers": new.readers,
        "compartments": json.dumps(new.compartments, ensure_ascii=False),
        "adjudicate_on": json.dumps(new.adjudicate_on),
        "charter": json.dumps(new.charter.given()),
        "created_at": clock.now(),
        "created_by": caller.principal_id,
    }
    made = connection.execute(insert(trials).returning(trials), row).one()
    trial = TRIAL.dump_python(_trial(made), mode="json")
    about = {"record": "trial", "record_id": made.id, "trial_id": made.id}
    enter(
        connection,
        caller,
        Event(action=Action.CREATED, **about, new=trial | {"charter": new.charter.given()}),
    )
    if Role.TRIAL_MANAGER in caller.roles - caller.roles_in(made.id):
        grant(connection, caller.principal_id, Grant(Role.TRIAL_MANAGER, made.id), caller)
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


def _trial(row: Row[Any]) -> Trial:
    return Trial(
        id=row.id,
        name=row.name,
        criteria=row.criteria,
        protocol=PROTOCOL.validate_json(row.protocol),
        readers=row.readers,
        compartments=tuple(json.loads(row.compartments)),
        adjudicate_on=tuple(map(Variable, json.loads(row.adjudicate_on))),
        charter=charter_of(row.charter),
    )


def _repeated(member: str, words: tuple[str, ...]) -> Iterator[recist.Fault]:
    for n, word in enumerate(words):
        if word in words[:n]:
            yield recist.Fault((member, n), "is there more than once")
