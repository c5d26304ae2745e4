"""assess(timeline): the question this package answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from recist.answer import Assessment, CompartmentAssessment, Concern, Reason, TimePoint
from recist.best import Best, best, premature
from recist.check import check
from recist.concerns import of_baseline, of_course
from recist.course import Look, Scope, Sizes, begin, look, proven_on, remember
from recist.criteria import Criteria
from recist.editions import CRITERIA
from recist.exact import percent_change
from recist.protocol import Protocol, Switches
from recist.refusal import Fault, Refused
from recist.sizes import Scale
from recist.version import __version__
from recist.vocabulary import Lesion, Read, Response, Timeline

R = Response


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
    lesions = check(timeline, criteria)
    scale = Scale(criteria, switches, lesions)
    sizes = [scale.sizes(read.findings) for read in timeline.reads]
    reference_on = timeline.reference_on or timeline.reads[0].on

    def follow(some: Mapping[str, Lesion], *, whole: bool) -> Course:
        scope = Scope.of(some, criteria, switches, scale, whole=whole)
        return _follow(scope, timeline.reads, sizes, reference_on)

    course = follow(lesions, whole=True)
    apart = {
        name: follow(some, whole=False) for name, some in sorted(_compartments(lesions).items())
    }
    queries = [*course.queries, *(query for part in apart.values() for query in part.queries)]
    return Assessment(
        criteria=criteria.name,
        engine=__version__,
        timepoints=course.timepoints,
        best_overall=course.best.overall,
        best_overall_unconfirmed=course.best.unconfirmed,
        responded_on=course.best.responded_on,
        progressed_on=course.progressed_on,
        remarks=of_baseline(timeline.reads),
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
        if seen.row.overall is R.PD and not pd_on:
            pd_on[n] = proven_on(scope, past, read)
        for label, proven in remember(scope, past, n, seen).items():
            for earlier in proven:
                day = _seen_on(reads[earlier + 1], label)
                pd_on[earlier] = min(day, pd_on.get(earlier, day))
        looks.append(seen)
    final = _final(looks, pd_on, scope)
    dated = [(seen.read.on, response) for seen, (response, _) in zip(looks, final, strict=True)]
    timepoints = tuple(
        _time_point(scope, seen, response, why, reference_on)
        for seen, (response, why) in zip(looks, final, strict=True)
    )
    progressed_on = pd_on[min(pd_on)] if pd_on else None
    found = best(dated, reference_on, scope.switches)
    return Course(timepoints, found, progressed_on, tuple(queries))


def _seen_on(read: Read, label: str) -> date:
    finding = read.findings.get(label)
    return (finding and finding.scanned_on) or read.on


def _final(
    looks: Sequence[Look], pd_on: Mapping[int, date], scope: Scope
) -> list[tuple[Response, tuple[Reason, ...]]]:
    """What later reads made of each response, and why where that differs."""
    name, section = scope.criteria.name, scope.criteria.new_lesion
    proved = Reason(
        f"{name}/{section}-PROVED", f"{section}: the new lesion called equivocal here proved real"
    )
    early = Reason(
        f"{name}/Table-3-note-a-RECODED",
        "RECIST 1.1, Table 3, note a: disease followed, so the CR was a PR",
    )
    assessed = [
        (seen.read.on, R.PD if n in pd_on else seen.row.overall) for n, seen in enumerate(looks)
    ]
    recoded = premature(assessed, scope.switches)
    final: list[tuple[Response, tuple[Reason, ...]]] = []
    for n, (seen, (_, response)) in enumerate(zip(looks, assessed, strict=True)):
        if n in recoded:
            final.append((R.PR, (early,)))
        else:
            final.append((response, () if response is seen.row.overall else (proved,)))
    return final


def _time_point(
    scope: Scope, seen: Look, final: Response, why: tuple[Reason, ...], reference_on: date
) -> TimePoint:
    b, criteria = seen.burden, scope.criteria
    whole = b is not None and b.complete
    unit = scope.scale.unit
    return TimePoint(
        on=seen.read.on,
        day=(seen.read.on - reference_on).days,
        sum=b.now / unit if b and whole else None,
        partial_sum=b.now / unit if b and not whole and seen.measured else None,
        unit=criteria.size.unit,
        baseline=b.baseline / unit if b else None,
        nadir=b.nadir / unit if b else None,
        change_from_baseline_percent=percent_change(b.now, b.baseline) if b and whole else None,
        change_from_nadir_percent=percent_change(b.now, b.nadir) if b and whole else None,
        pr_at=criteria.pr_line(b) if b else None,
        pd_at=criteria.pd_line(b) if b else None,
        target=seen.target,
        non_target=seen.non_target,
        new_lesion=seen.new,
        overall=seen.row.overall,
        overall_final=final,
        because=_because(criteria, seen),
        because_final=why,
    )


def _because(criteria: Criteria, seen: Look) -> tuple[Reason, ...]:
    reasons = criteria.reasons
    decided = (reasons[seen.rest_rule], reasons[seen.row])
    return decided if seen.target_rule is None else (reasons[seen.target_rule], *decided)
