"""Where the assessed timelines of readers differ, in the variables that a trial may adjudicate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from recist.answer import Assessment, CompartmentAssessment, Reason, TimePoint
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
    SERIES = "SERIES"


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
class Beside:
    """The numbers and the rules that stand behind one reader's value; sums are in `unit`."""

    sum: float | None
    unit: str
    nadir: float | None
    change_from_baseline_percent: float | None
    change_from_nadir_percent: float | None
    because: tuple[Reason, ...]
    """What decided the time point, and then what later reads made of it."""


@dataclass(frozen=True, slots=True)
class ReaderValue:
    """What one reader makes of a variable; None where the reader has no such value."""

    reader: str
    value: str | None
    beside: Beside | None = None
    """None where no time point stands behind the value."""


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


class Reads(Protocol):
    """What a reader has read."""

    @property
    def reads(self) -> Sequence[Read]:
        """The reads in force, oldest first."""


class Said(NamedTuple):
    """What one reader makes of a variable, and the time point that stands behind it."""

    value: str | None
    behind: TimePoint | None = None


NOTHING = Said(None)

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


def comparable(courses: Mapping[str, Reads], readers: Sequence[str]) -> bool:
    """Whether every reader has signed, and all of them as many time points."""
    counts = {len(courses[reader].reads) if reader in courses else 0 for reader in readers}
    return len(counts) == 1 and 0 not in counts


def sayings(courses: Mapping[str, Course]) -> dict[str, dict[Key, Said]]:
    """Each reader's value of every variable; courses of as many time points each."""
    compartments = sorted(
        {c for course in courses.values() for c in course.assessment.compartments}
    )
    said = {reader: dict(_values(course, compartments)) for reader, course in courses.items()}
    for n in range(min((len(course.reads) for course in courses.values()), default=0)):
        seen = {reader: _series(course.reads[n]) for reader, course in courses.items()}
        if all(seen.values()):  # what was not said differs from nothing
            for reader, uids in seen.items():
                said[reader][Variable.SERIES, None, n] = Said(", ".join(uids))
    return said


def discrepancies(courses: Mapping[str, Course]) -> tuple[Discrepancy, ...]:
    """Compare courses of as many time points each, matched by their number."""
    return differing(sayings(courses))


def differing(said: Mapping[str, Mapping[Key, Said]]) -> tuple[Discrepancy, ...]:
    """Where the values of readers are not the same."""
    keys = dict.fromkeys(key for values in said.values() for key in values)
    return tuple(
        Discrepancy(*key, tuple(_value(reader, said[reader].get(key)) for reader in said))
        for key in keys
        if len({said[reader].get(key, NOTHING).value for reader in said}) > 1
    )


def _value(reader: str, said: Said | None) -> ReaderValue:
    value, behind = said or NOTHING
    return ReaderValue(reader, value, None if behind is None else _beside(behind))


def _beside(timepoint: TimePoint) -> Beside:
    return Beside(
        sum=timepoint.sum,
        unit=timepoint.unit,
        nadir=timepoint.nadir,
        change_from_baseline_percent=timepoint.change_from_baseline_percent,
        change_from_nadir_percent=timepoint.change_from_nadir_percent,
        because=timepoint.because + timepoint.because_final,
    )


def _values(course: Course, compartments: Sequence[str]) -> Iterator[tuple[Key, Said]]:
    yield (Variable.TARGETS, None, 0), Said(_targets(course.reads[0]))
    for n, read in enumerate(course.reads):
        yield (Variable.SCAN_DATE, None, n), Said(read.on.isoformat())
    yield from _of_part(course.assessment, None)
    for name in compartments:
        yield from _of_part(course.assessment.compartments.get(name), name)


def _of_part(part: Part, compartment: str | None) -> Iterator[tuple[Key, Said]]:
    if part is None:  # this reader has no lesion there
        return
    for variable, name in OF_A_COURSE.items():
        said = Said(_word(getattr(part, name)), _behind(part, variable))
        yield (variable, compartment, None), said
    for n, timepoint in enumerate(part.timepoints, 1):
        for variable, name in OF_A_TIME_POINT.items():
            yield (variable, compartment, n), Said(_word(getattr(timepoint, name)), timepoint)


def _behind(part: Assessment | CompartmentAssessment, variable: Variable) -> TimePoint | None:
    """The time point by which a whole course has its best response, or one of its dates."""
    if variable is not Variable.BEST_OVERALL:
        on = part.progressed_on if variable is Variable.PROGRESSED_ON else part.responded_on
        return next((t for t in part.timepoints if on and t.on >= on), None)
    for word in (part.best_overall, part.best_overall_unconfirmed):
        for timepoint in part.timepoints:
            if timepoint.overall_final == word:
                return timepoint
    return None


def _targets(baseline: Read) -> str:
    """The organs of the targets: labels are each reader's own, and sums are not comparable."""
    organs = [x.organ or "unnamed" for x in baseline.lesions.values() if x.role is Role.TARGET]
    return ", ".join(sorted(organs))


def _series(read: Read) -> list[str]:
    """The UIDs of the series that a read was measured on."""
    evidence = (finding.evidence for finding in read.findings.values())
    return sorted({each.series_uid for each in evidence if each and each.series_uid})


def _word(value: object) -> str | None:
    return None if value is None else str(value)
