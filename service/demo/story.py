"""The simulated trial brought into a database as users would: through the same units of work."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from sqlalchemy import Connection, select

from imaging import inspect, load
from imaging.phantom import write
from recist.adjudicate import Cause
from recist.vocabulary import Read, State
from service import adjudications, images, reads, subjects, trials
from service.access import Caller, caller_for, new_token
from service.adjudications import NewAdjudication
from service.demo import pixels
from service.demo.cohort import cohort
from service.demo.disease import Illness, illnesses
from service.demo.paper import DISTANT, PRIMARY
from service.demo.reader import Measured
from service.demo.readings import ADJUDICATED, CRITERIA, DoubleRead, read_twice
from service.idempotency import Answer
from service.multipart import Arrived
from service.objects import Objects
from service.roles import Role
from service.subjects import NewSubject
from service.trials import NewTrial
from service.uploads import taken_in

SEED = "zhu-2013"
NAME = "Simulated trial after Zhu 2013 (Radiat Oncol 8:10): no subject of it exists"
PRINCIPALS = {
    Role.READER_1: "demo reader 1",
    Role.READER_2: "demo reader 2",
    Role.ADJUDICATOR: "demo adjudicator",
    Role.TRIAL_MANAGER: "demo trial manager",
}
COMMENTS = {
    Cause.NEW_LESION: "One reader calls a new lesion that the other does not see.",
    Cause.IMAGE_QUALITY: "One reader cannot evaluate a lesion that the other measures.",
    Cause.NON_TARGET_PROGRESSION: "The readers judge the growth of a non-target differently.",
    Cause.TARGET_COUNT: "One reader follows more metastases than the other.",
    Cause.TARGET_SELECTION: "The readers follow metastases of different organs.",
    Cause.MEASUREMENT: "The same lesions, measured differently near a threshold.",
}
SLIP_MM = 10
CORRECTED = ("S-001", Role.READER_2, 1)
"""The read that is signed with a slip first, and then corrected."""
THERAPY_CHANGED_AFTER = timedelta(days=14)

Track = Callable[[Sequence[Illness]], Iterable[Illness]]
"""Goes through the subjects and shows how far it is."""


@dataclass(frozen=True)
class Entered:
    """Those who may try the service: a token and a caller for each role."""

    tokens: Mapping[Role, str]
    callers: Mapping[Role, Caller]


def find(connection: Connection) -> str | None:
    """The id of the simulated trial, where it has been loaded before."""
    named = select(trials.trials.c.id).where(trials.trials.c.name == NAME)
    found: str | None = connection.execute(named).scalar_one_or_none()
    return found
