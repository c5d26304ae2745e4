"""Where the assessed timelines of readers differ, in the variables that a trial may adjudicate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from recist.answer import Assessment, CompartmentAssessment, TimePoint
from recist.vocabulary import Read, Role
from recist.words import Word


class Variable(Word):
    """What readers are compared in."""

    OVERALL = "OVERALL"
    BEST_OVERALL = "BEST_OVERALL"
    RESPONDED_ON = "RESPONDED_ON"
    PROGRESSED_ON = "PROGRESSED_ON"
    NEW_LESION = "NEW_LESION"
    NON_TARGET = "NON_TARGET"
    TARGETS = "TARGETS"
    SCAN_DATE = "SCAN_DATE"


class Cause(Word):
    """Why two readers differed, in the words of an adjudicator."""

    BASELINE_SCAN = "BASELINE_SCAN"
    TARGET_SELECTION = "TARGET_SELECTION"
    TARGET_COUNT = "TARGET_COUNT"
    MEASUREMENT = "MEASUREMENT"
    NEW_LESION = "NEW_LESION"
    NON_MEASURABLE_TARGET = "NON_MEASURABLE_TARGET"
    NON_TARGET_PROGRESSION = "NON_TARGET_PROGRESSION"
    IMAGE_QUALITY = "IMAGE_QUALITY"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class ReaderValue:
    """What one reader makes of a variable; None where the reader has no such value."""

    reader: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One difference; `timepoint` 0 is the baseline, None concerns the whole course."""

    variable: Variable
    compartment: str | None
    timepoint: int | None
    values: tuple[ReaderValue, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """One reader's reads, and what they were assessed as."""

    reads: Sequence[Read]
    assessment: Assessment


Part = Assessment | CompartmentAssessment | None
Key = tuple[Variable, str | None, int | None]

OF_A_COURSE = {
    Variable.BEST_OVERALL: "best_overall",
    Variable.RESPONDED_ON: "responded_on",
    Variable.PROGRESSED_ON: "progressed_on",
}
OF_A_TIME_POINT = {
    Variable.OVERALL: "overall_final",
    Variable.NEW_LESION: "new_lesion",
    Variable.NON_TARGET: "non_target",
}


def comparable(courses: Mapping[str, Course], readers: Sequence[str]) -> bool:
    """Whether every reader has signed, and all of them as many time points."""
    counts = {len(courses[reader].reads) if reader in courses else 0 for reader in readers}
    return len(counts) == 1 and 0 not in counts


def discrepancies(courses: Mapping[str, Course]) -> tuple[Discrepancy, ...]:
    """Compare courses of as many time points each, matched by their number."""
    compartments = sorted(
        {c for course in courses.values() for c in course.assessment.compartments}
    )
    said = {reader: dict(_values(course, compartments)) for reader, course in courses.items()}
    keys = dict.fromkeys(key for values in said.values() for key in values)
    found = (
        Discrepancy(*key, tuple(ReaderValue(reader, said[reader].get(key)) for reader in said))
        for key in keys
    )
    return tuple(d for d in found if len({value.value for value in d.values}) > 1)


def _values(course: Course, compartments: Sequence[str]) -> Iterator[tuple[Key, str | None]]:
    yield (Variable.TARGETS, None, 0), _targets(course.reads[0])
    for n, read in enumerate(course.reads):
        yield (Variable.SCAN_DATE, None, n), read.on.isoformat()
    yield from _of_part(course.assessment, None)
    for name in compartments:
        yield from _of_part(course.assessment.compartments.get(name), name)


def _of_part(part: Part, compartment: str | None) -> Iterator[tuple[Key, str | None]]:
    if part is None:  # this reader has no lesion there
        return
    for variable, name in OF_A_COURSE.items():
        yield (variable, compartment, None), _word(getattr(part, name))
    for n, timepoint in enumerate(part.timepoints, 1):
        yield from _of_time_point(timepoint, compartment, n)


def _of_time_point(
    timepoint: TimePoint, compartment: str | None, n: int
) -> Iterator[tuple[Key, str | None]]:
    for variable, name in OF_A_TIME_POINT.items():
        yield (variable, compartment, n), _word(getattr(timepoint, name))


def _targets(baseline: Read) -> str:
    """The organs of the targets: labels are each reader's own, and sums are not comparable."""
    organs = [x.organ or "unnamed" for x in baseline.lesions.values() if x.role is Role.TARGET]
    return ", ".join(sorted(organs))


def _word(value: object) -> str | None:
    return None if value is None else str(value)
