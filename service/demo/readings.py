"""How two simulated readers read the same scans, each with targets and errors of their own.

The paper says that at least two radiologists reviewed every scan, and no more; how they differ is
a choice made here. Reads are drawn again until the timeline that counts, reader 1's or the one that
the adjudicator accepts, tells of the published response and of the progression that there was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import recist
from recist.adjudicate import Cause, Course, Discrepancy, Variable, discrepancies
from recist.vocabulary import Read, Response, Role, State
from service import roles
from service.demo.disease import Illness
from service.demo.paper import DISTANT, PRIMARY
from service.demo.reader import Measured, Reader

CRITERIA = "zhu-2013"
ADJUDICATED = Variable.BEST_OVERALL
"""The paper reports a response for each compartment, so that is what has to be settled."""
NOISE = {roles.Role.READER_1: 0.05, roles.Role.READER_2: 0.07}
"""Each reader's error of one diameter: a standard deviation of logarithms."""
PATIENCE = 2000

Reads = Mapping[roles.Role, tuple[Read, ...]]


@dataclass(frozen=True)
class Decision:
    """Whose timeline the adjudicator accepts, and what had made the readers differ."""

    accepts: roles.Role
    cause: Cause


@dataclass(frozen=True)
class DoubleRead:
    """One subject read by both, and the decision where there is something to decide."""

    reads: Reads
    decision: Decision | None


def read_twice(seed: str, illness: Illness, measured: Measured) -> DoubleRead:
    """Both readers' reads of one subject, such that what counts is true."""
    for attempt in range(PATIENCE):
        drawn_from = f"{seed} {illness.participant.code} {attempt}"
        random = Random(drawn_from)  # noqa: S311 - a simulation, no secret
        reads = {
            reader: tuple(Reader(random, noise, illness, measured).reads())
            for reader, noise in NOISE.items()
        }
        courses = {reader: _course(illness, reads[reader]) for reader in reads}
        true = [reader for reader, course in courses.items() if _is_true(course, illness)]
        found = discrepancies({str(reader): course for reader, course in courses.items()})
        if not any(d.variable is ADJUDICATED for d in found):
            if roles.Role.READER_1 in true:
                return DoubleRead(reads, None)
        elif true:
            return DoubleRead(reads, Decision(random.choice(true), _cause(found, reads)))
    raise RuntimeError(f"no reads of {illness.participant.code} tell of the published response")


def _course(illness: Illness, reads: tuple[Read, ...]) -> Course:
    timeline = recist.Timeline(
        criteria=CRITERIA, reference_on=illness.participant.started_on, reads=reads
    )
    return Course(reads, recist.assess(timeline))


def _is_true(course: Course, illness: Illness) -> bool:
    parts = course.assessment.compartments
    responses = illness.participant.at_2_months
    if any(parts[name].timepoints[0].overall is not responses[name] for name in responses):
        return False
    both = responses[PRIMARY] is Response.PD
    return (parts[DISTANT].progressed_on, parts[PRIMARY].progressed_on) == (
        illness.progresses_on,
        illness.progresses_on if both else None,
    )


def _cause(found: Sequence[Discrepancy], reads: Reads) -> Cause:
    """What an adjudicator would name, the most telling difference first."""
    variables = {d.variable for d in found}
    if Variable.NEW_LESION in variables:
        return Cause.NEW_LESION
    if len({_has_unreadable(some) for some in reads.values()}) > 1:
        return Cause.IMAGE_QUALITY
    if Variable.NON_TARGET in variables:
        return Cause.NON_TARGET_PROGRESSION
    if Variable.TARGETS in variables:
        counts = {_target_count(some[0]) for some in reads.values()}
        return Cause.TARGET_COUNT if len(counts) > 1 else Cause.TARGET_SELECTION
    return Cause.MEASUREMENT


def _has_unreadable(reads: Sequence[Read]) -> bool:
    return any(f.state is State.NOT_EVALUABLE for read in reads for f in read.findings.values())


def _target_count(baseline: Read) -> int:
    return sum(lesion.role is Role.TARGET for lesion in baseline.lesions.values())
