"""assess(timeline): the question this package answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from recist.answer import Assessment, CompartmentAssessment, Concern, TimePoint
from recist.baseline import of_baseline, without_compartment
from recist.best import Best, best
from recist.check import check
from recist.concerns import of_course, of_methods
from recist.course import Look, Scope, begin, doubts_of_confirmation, look, remember
from recist.criteria import Criteria
from recist.editions import CRITERIA
from recist.final import PROGRESSION, final_responses, progression, proven_on, seen_on
from recist.protocol import Protocol, Switches
from recist.refusal import Fault, Refused
from recist.sizes import Scale, Sizes
from recist.timepoint import time_point
from recist.version import __version__
from recist.vocabulary import Lesion, Read, Timeline


@dataclass(frozen=True, slots=True)
class Course:
    """The follow-up reads of one scope, judged; the doubts that they raise."""

    timepoints: tuple[TimePoint, ...]
    best: Best
    progressed_on: date | None
    queries: tuple[Concern, ...]


def assess(timeline: Timeline) -> Assessment:
    """Judge every follow-up read by its past, and the course as a whole.

    Raises Refused, with the path of each fault, for a timeline that contradicts itself or lacks
    what its criteria must know.
    """
    criteria, switches = judged_by(timeline.criteria, timeline.protocol)
    scale = Scale(criteria, switches)
    lesions, sizes = check(timeline, criteria, scale)
    reference_on = timeline.reference_on or timeline.reads[0].on

    def follow(some: Mapping[str, Lesion], *, whole: bool) -> Course:
        scope = Scope.of(some, criteria, switches, scale, whole=whole)
        return _follow(scope, timeline.reads, sizes, reference_on)

    course = follow(lesions, whole=True)
    apart = {
        name: follow(some, whole=False) for name, some in sorted(_compartments(lesions).items())
    }
    queries = [
        *course.queries,
        *(query for part in apart.values() for query in part.queries),
        *of_methods(timeline.reads),
    ]
    remarks = of_baseline(timeline.reads[0], criteria, switches, reference_on)
    return Assessment(
        criteria=criteria.name,
        engine=__version__,
        timepoints=course.timepoints,
        best_overall=course.best.overall,
        best_overall_unconfirmed=course.best.unconfirmed,
        responded_on=course.best.responded_on,
        progressed_on=course.progressed_on,
        remarks=(*remarks, *without_compartment(timeline.reads)) if apart else remarks,
        queries=tuple(sorted(dict.fromkeys(queries), key=lambda query: query.on)),
        compartments={name: _compartment(part) for name, part in apart.items()},
    )


def judged_by(name: str, protocol: Protocol) -> tuple[Criteria, Switches]:
    """Find the criteria by name and apply the protocol; Refused where either does not exist."""
    if (criteria := CRITERIA.get(name)) is None:
        raise Refused(Fault(("criteria",), f"no such criteria; there are {', '.join(CRITERIA)}"))
    try:
        return criteria.under(protocol)
    except Refused as refused:
        raise Refused(*(Fault(("protocol", *f.at), f.says) for f in refused.faults)) from None


def _compartments(lesions: Mapping[str, Lesion]) -> dict[str, dict[str, Lesion]]:
    apart: dict[str, dict[str, Lesion]] = {}
    for label, lesion in lesions.items():
        if lesion.compartment is not None:
            apart.setdefault(lesion.compartment, {})[label] = lesion
    return apart


def _compartment(course: Course) -> CompartmentAssessment:
    return CompartmentAssessment(
        timepoints=course.timepoints,
        best_overall=course.best.overall,
        best_overall_unconfirmed=course.best.unconfirmed,
        responded_on=course.best.responded_on,
        progressed_on=course.progressed_on,
    )


def _follow(
    scope: Scope, reads: Sequence[Read], sizes: Sequence[Sizes], reference_on: date
) -> Course:
    past = begin(scope, reads[0], sizes[0])
    looks: list[Look] = []
    queries: list[Concern] = []
    pd_on: dict[int, date] = {}
    for n, read in enumerate(reads[1:]):
        seen = look(scope, past, read, sizes[n + 1])
        queries += of_course(past, seen)
        if past.progression is not None:
            queries += doubts_of_confirmation(past.progression, seen)
        if seen.overall in PROGRESSION:
            pd_on[n] = proven_on(scope, past, read)
        for label, proven in remember(scope, past, n, seen).items():
            for earlier in proven:
                day = seen_on(reads[earlier + 1], label)
                pd_on[earlier] = min(day, pd_on.get(earlier, day))
        looks.append(seen)
    finals = final_responses(scope, looks, pd_on)
    dated = [(seen.read.on, response) for seen, (response, _) in zip(looks, finals, strict=True)]
    timepoints = tuple(
        time_point(scope, seen, response, why, reference_on)
        for seen, (response, why) in zip(looks, finals, strict=True)
    )
    found = best(dated, reference_on, scope.switches, scope.criteria)
    first = progression([response for response, _ in finals])
    progressed_on = None if first is None else pd_on.get(first, looks[first].read.on)
    return Course(timepoints, found, progressed_on, tuple(queries))
