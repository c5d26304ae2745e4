"""The simulated trial brought into a database as users would: through the same units of work."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Column, Connection, select

from recist.adjudicate import Cause
from recist.vocabulary import Read
from service import adjudications, subjects, tables, trials
from service.adjudications import NewAdjudication
from service.callers import Caller
from service.demo import pixels
from service.demo.cohort import cohort
from service.demo.disease import Illness, TrueLesion, illnesses
from service.demo.paper import DISTANT, PRIMARY
from service.demo.reader import Measured, OnImages
from service.demo.readings import ADJUDICATED, CRITERIA, DoubleRead, read_twice
from service.demo.scanner import scanned
from service.idempotency import Answer
from service.identity.tokens import caller_for, new_token
from service.objects import Objects
from service.problems import Conflict
from service.roles import Role
from service.signing import NEW_TIME_POINT, Correction, sign
from service.subjects import NewSubject
from service.trials import NewTrial

SEED = "zhu-2013"
NAME = "Simulated trial after Zhu 2013 (Radiat Oncol 8:10); no subject of it exists"
PRINCIPALS = {
    Role.TRIAL_MANAGER: "demo trial manager",
    Role.READER_1: "demo reader 1",
    Role.READER_2: "demo reader 2",
    Role.ADJUDICATOR: "demo adjudicator",
}
COMMENTS = {
    Cause.NEW_LESION: "One reader calls a new lesion where the other does not.",
    Cause.IMAGE_QUALITY: "One reader cannot evaluate a lesion that the other measures.",
    Cause.NON_TARGET_PROGRESSION: "The readers judge the growth of a non-target differently.",
    Cause.TARGET_COUNT: "One reader follows more metastases than the other.",
    Cause.TARGET_SELECTION: "The readers follow metastases of different organs.",
    Cause.MEASUREMENT: "The same lesions, measured differently near a threshold.",
}
CORRECTED = ("S-001", Role.READER_2, 1)
"""Subject, reader and scan of the read that is signed with a slip first, and then corrected."""
SLIP_MM = 10
CORRECTION = "T1 was typed 10 mm too long."
THERAPY_CHANGED_AFTER = timedelta(days=14)
"""What a progression led to: the paper changed the regimen, and does not say when."""

Track = Callable[[Sequence[Illness]], Iterable[Illness]]
"""Goes through the subjects and shows how far it is."""


@dataclass(frozen=True)
class Entered:
    """Who may try the service, and the new token for it."""

    token: str
    caller: Caller


@dataclass(frozen=True)
class Demonstration:
    """What there is to try: who may, and the ids of two subjects worth a look."""

    entered: dict[Role, Entered]
    pictured: str
    """The subject with images."""
    adjudicated: str
    """A subject whose readers differ."""


def demonstrate(connection: Connection, objects: Objects, track: Track) -> Demonstration:
    """Load the simulated trial unless it is there, and let everyone in.

    Raises Conflict where there are other trials and not this one.
    """
    known = _known(connection)
    manager = _enter(connection, Role.TRIAL_MANAGER, None)
    trial_id = known or _created(trials.create(connection, manager.caller, _trial()))
    entered = {
        role: manager if role is Role.TRIAL_MANAGER else _enter(connection, role, trial_id)
        for role in PRINCIPALS
    }
    if not known:
        _Story(connection, objects, trial_id, entered).tell(track)
    return Demonstration(
        entered,
        _first_subject(connection, tables.series.c.created_at),
        _first_subject(connection, tables.adjudications.c.decided_at),
    )


def _known(connection: Connection) -> str | None:
    """The id of the simulated trial, where it was loaded before."""
    ids = {row.name: row.id for row in connection.execute(select(tables.trials))}
    if ids and NAME not in ids:
        raise Conflict("The folder holds other trials: give --data an empty or a new one.")
    return ids.get(NAME)


def _first_subject(connection: Connection, at: Column[datetime]) -> str:
    """The subject of the first row of a table."""
    rows = select(at.table.c.subject_id).order_by(at).limit(1)
    return str(connection.execute(rows).scalar_one())


def _trial() -> NewTrial:
    """The trial, with every switch as the paper has it."""
    return NewTrial(
        name=NAME,
        criteria=CRITERIA,
        compartments=(PRIMARY, DISTANT),
        adjudicate_on=(ADJUDICATED,),
    )


def _enter(connection: Connection, role: Role, trial_id: str | None) -> Entered:
    token = new_token(connection, PRINCIPALS[role], role, trial_id).token
    caller = caller_for(connection, token)
    assert caller is not None
    return Entered(token, caller)


def _created(answer: Answer) -> str:
    return str(json.loads(answer.body)["id"])


class _Story:
    """The loading of one trial, on one connection."""

    def __init__(
        self,
        connection: Connection,
        objects: Objects,
        trial_id: str,
        entered: dict[Role, Entered],
    ) -> None:
        self._connection = connection
        self._objects = objects
        self._trial_id = trial_id
        self._callers = {role: entered[role].caller for role in entered}

    def tell(self, track: Track) -> None:
        """Add every subject with its series, reads and adjudication."""
        random = Random(SEED)  # noqa: S311 - a simulation, no secret
        everyone = illnesses(random, cohort(random))
        pictured = pixels.pictured(everyone)
        for illness in track(everyone):
            subject_id = self._add(illness)
            measured = self._measured(subject_id, illness) if illness is pictured else {}
            twice = read_twice(SEED, illness, measured)
            self._sign(subject_id, illness, twice)
            self._settle(subject_id, twice)

    def _add(self, illness: Illness) -> str:
        last = illness.scans[-1]
        progressed = illness.progresses_at is not None
        new = NewSubject(
            code=illness.participant.code,
            attributes=dict(illness.participant.attributes),
            reference_on=illness.participant.started_on,
            died_on=illness.died_on,
            new_therapy_on=last + THERAPY_CHANGED_AFTER if progressed else None,
            last_known_alive_on=illness.died_on or last,
        )
        manager = self._callers[Role.TRIAL_MANAGER]
        return _created(subjects.create(self._connection, manager, self._trial_id, new))

    def _measured(self, subject_id: str, illness: Illness) -> Measured:
        manager = self._callers[Role.TRIAL_MANAGER]
        found: dict[tuple[TrueLesion, int], OnImages] = {}
        for scan in pixels.SCANS:
            volume = scanned(self._connection, manager, subject_id, self._objects, illness, scan)
            found |= pixels.measured(volume, illness, scan)
        return found

    def _sign(self, subject_id: str, illness: Illness, twice: DoubleRead) -> None:
        for reader, some in twice.reads.items():
            for scan, read in enumerate(some):
                slips = (illness.participant.code, reader, scan) == CORRECTED
                first = self._signed(subject_id, reader, _with_slip(read)) if slips else None
                self._signed(subject_id, reader, read, replaces=first)

    def _signed(
        self, subject_id: str, reader: Role, read: Read, *, replaces: str | None = None
    ) -> str:
        correction = Correction(replaces, CORRECTION) if replaces else NEW_TIME_POINT
        caller = self._callers[reader]
        return sign(self._connection, caller, subject_id, read, correction).signature.id

    def _settle(self, subject_id: str, twice: DoubleRead) -> None:
        if (decision := twice.decision) is None:
            return
        new = NewAdjudication(
            accepts=decision.accepts,
            cause=decision.cause,
            comment=f"Simulated: {COMMENTS[decision.cause]}",
        )
        adjudicator = self._callers[Role.ADJUDICATOR]
        adjudications.adjudicate(self._connection, adjudicator, subject_id, new)


def _with_slip(read: Read) -> Read:
    """The same read with one length mistyped."""
    first = read.findings["T1"]
    assert first.longest_mm is not None
    slipped = replace(first, longest_mm=first.longest_mm + SLIP_MM)
    return replace(read, findings={**read.findings, "T1": slipped})
