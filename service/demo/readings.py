"""How two simulated readers read the same scans, each with targets and errors of their own.

The paper says that at least two radiologists reviewed every scan, and no more; how they differ is
a choice made here. Reads are drawn again until the timeline that counts, of reader 1 or of the one
whom the adjudicator accepts, tells of the published response and of the progression that there was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from random import Random

import recist
from recist.adjudicate import Cause, Course, Discrepancy, Variable, discrepancies
from recist.vocabulary import Evidence, Finding, Lesion, Nature, Read, Role, State
from service.demo.disease import Illness, TrueLesion
from service.demo.paper import DISTANT, PRIMARY

CRITERIA = "zhu-2013"
ADJUDICATED = Variable.BEST_OVERALL
"""What the paper reports is a response for each compartment, so that is what must be settled."""
READER_1, READER_2 = "READER_1", "READER_2"
NOISE = {READER_1: 0.04, READER_2: 0.06}
"""Error of one diameter: a standard deviation of logarithms."""
TOO_SMALL_BELOW_MM = 5.0
UNSURE_BELOW_MM = 8.0
MOST_TARGETS = 4
UNREADABLE = 0.012
"""How often a target cannot be evaluated in a scan."""
OVERLOOKED = 0.15
"""How often a new lesion is not seen."""
IMAGINED = 0.02
"""How often a reader suspects, in one scan, a new lesion that is none."""
UNEQUIVOCAL_GROWTH = 1.25
"""Growth over the smallest length by which a reader says that a non-target has progressed."""
PATIENCE = 2000
LABELS = {Role.TARGET: "T", Role.NON_TARGET: "NT", Role.NEW: "N"}


@dataclass(frozen=True)
class OnImages:
    """A length measured on stored images, in mm, and where."""

    longest_mm: float
    short_axis_mm: float
    evidence: Evidence


Measured = Mapping[tuple[TrueLesion, int], OnImages]
"""What was measured on images of a lesion in a scan; everything else is drawn by chance."""


@dataclass(frozen=True)
class Decision:
    """Whose timeline the adjudicator accepts, and what had made the readers differ."""

    accepts: str
    cause: Cause


@dataclass(frozen=True)
class DoubleRead:
    """One subject read by both, and the decision where there is something to decide."""

    reads: Mapping[str, tuple[Read, ...]]
    decision: Decision | None


def read_twice(seed: str, illness: Illness, measured: Measured) -> DoubleRead:
    """Both readers' reads of one subject, such that what counts is true."""
    for attempt in range(PATIENCE):
        random = Random(f"{seed}/{illness.participant.code}/{attempt}")  # noqa: S311 - no secret
        reads = {
            reader: tuple(Reader(random, noise, illness, measured).reads())
            for reader, noise in NOISE.items()
        }
        courses = {reader: _course(illness, reads[reader]) for reader in reads}
        found = discrepancies(courses)
        true = [reader for reader, course in courses.items() if _is_true(course, illness)]
        differ = any(d.variable is ADJUDICATED for d in found)
        if differ and true:
            return DoubleRead(reads, Decision(random.choice(true), _cause(found, reads)))
        if not differ and READER_1 in true:
            return DoubleRead(reads, None)
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
    with_distant = responses[PRIMARY] is recist.Response.PD
    return (parts[DISTANT].progressed_on, parts[PRIMARY].progressed_on) == (
        illness.progresses_on,
        illness.progresses_on if with_distant else None,
    )


def _cause(found: Sequence[Discrepancy], reads: Mapping[str, tuple[Read, ...]]) -> Cause:
    """What an adjudicator would name, the most telling difference first."""
    variables = {d.variable for d in found}
    states = [{f.state for read in some for f in read.findings.values()} for some in reads.values()]
    targets = [len(_targets(some[0])) for some in reads.values()]
    if Variable.NEW_LESION in variables:
        return Cause.NEW_LESION
    if len([some for some in states if State.NOT_EVALUABLE in some]) == 1:
        return Cause.IMAGE_QUALITY
    if Variable.NON_TARGET in variables:
        return Cause.NON_TARGET_PROGRESSION
    if Variable.TARGETS in variables:
        return Cause.TARGET_SELECTION if len(set(targets)) == 1 else Cause.TARGET_COUNT
    return Cause.MEASUREMENT


def _targets(baseline: Read) -> list[str]:
    return [label for label, x in baseline.lesions.items() if x.role is Role.TARGET]
