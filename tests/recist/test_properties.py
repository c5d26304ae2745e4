"""What any edition must keep, whatever the timeline."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import recist
from recist import CRITERIA, Finding, Lesion, Read, Response, Role, State, Timeline
from recist.criteria import Nodes
from recist.rules import Rises
from recist.vocabulary import STATES_OF

DAY_0 = date(2024, 1, 1)
EDITIONS = pytest.mark.parametrize("criteria", CRITERIA)
SCALES = (2, 3)
PROGRESSION = (Response.PD, Response.IUPD, Response.ICPD)
RESPONSES = (Response.CR, Response.PR, Response.ICR, Response.IPR)

MM = st.one_of(
    st.sampled_from([3, 5, 9.9, 9.999, 10, 12, 14.999, 15, 20, 24, 25, 30, 36, 50]),
    st.integers(1, 300_000).map(lambda thousandths: thousandths / 1000),
)


@st.composite
def measured(draw) -> Finding:
    short, longest = sorted((draw(MM), draw(MM)))
    viable = draw(st.sampled_from([0, short]))
    return Finding(state=State.MEASURED, longest_mm=longest, short_axis_mm=short, viable_mm=viable)


def found(role: Role, *, without: frozenset[State] = frozenset()) -> st.SearchStrategy[Finding]:
    words = sorted(STATES_OF[role] - {State.MEASURED} - without)
    stated = st.sampled_from([Finding(state=state) for state in words])
    return st.one_of(measured(), stated) if role is Role.TARGET else st.one_of(stated, measured())


AT_BASELINE = {
    Role.TARGET: measured(),
    Role.NON_TARGET: st.sampled_from([Finding(state=State.PRESENT)]),
}


@st.composite
def timelines(
    draw,
    criteria: str,
    *,
    most_reads: int = 4,
    without: frozenset[State] = frozenset(),
    least_targets: int = 0,
) -> Timeline:
    """Any timeline that the criteria accept: silence, new lesions and compartments included."""
    roles = {f"T{n}": Role.TARGET for n in range(draw(st.integers(least_targets, 3)))}
    roles |= {f"NT{n}": Role.NON_TARGET for n in range(draw(st.integers(0, 2)))}
    roles |= {f"N{n}": Role.NEW for n in range(draw(st.integers(0, 2)))}
    where = st.sampled_from([None, "primary", "distant"])
    lesions = {
        label: Lesion(role=role, nodal=draw(st.booleans()), compartment=draw(where))
        for label, role in roles.items()
    }
    gaps = draw(st.lists(st.sampled_from([14, 27, 28, 41, 42, 56]), max_size=most_reads))
    first = {label: 0 for label, role in roles.items() if role is not Role.NEW}
    if gaps:
        first |= {
            label: draw(st.integers(1, len(gaps)))
            for label, role in roles.items()
            if role is Role.NEW
        }
    reads = []
    for n in range(len(gaps) + 1):
        findings = {}
        for label, since in first.items():
            if n == since:
                is_new = roles[label] is Role.NEW
                pick = found(Role.NEW, without=without) if is_new else AT_BASELINE[roles[label]]
                findings[label] = draw(pick)
            elif n > since and draw(st.integers(0, 5)):
                findings[label] = draw(found(roles[label], without=without))
        described = {label: lesions[label] for label, since in first.items() if since == n}
        day = DAY_0 + timedelta(sum(gaps[:n]))
        high = n > 0 and not draw(st.integers(0, 9))
        reads.append(Read(on=day, lesions=described, findings=findings, markers_above_normal=high))
    return Timeline(criteria=criteria, reads=tuple(reads))


def as_assessed(point: recist.TimePoint) -> recist.TimePoint:
    return replace(point, overall_final=point.overall, because_final=())


def relabelled(course: Any, names: dict[str, str]) -> Any:
    """A course whose reasons name lesions by their new labels, in an order of no meaning."""

    def of(reason: recist.Reason) -> recist.Reason:
        return replace(reason, lesions=tuple(sorted(names.get(x, x) for x in reason.lesions)))

    points = tuple(
        replace(point, because=tuple(map(of, point.because))) for point in course.timepoints
    )
    return replace(course, timepoints=points)


def without_labels(answer: recist.Assessment, names: dict[str, str]) -> recist.Assessment:
    apart = {name: relabelled(course, names) for name, course in answer.compartments.items()}
    return replace(relabelled(answer, names), queries=(), remarks=(), compartments=apart)


@pytest.mark.requirement("R14")
@EDITIONS
@given(data=st.data())
def test_the_future_never_changes_what_was_assessed(criteria: str, data: Any) -> None:
    whole = data.draw(timelines(criteria))
    points = recist.assess(whole).timepoints
    for kept in range(1, len(whole.reads)):
        before = recist.assess(replace(whole, reads=whole.reads[:kept])).timepoints
        assert [*map(as_assessed, before)] == [*map(as_assessed, points[: kept - 1])]


@EDITIONS
@given(data=st.data())
def test_the_order_and_the_labels_of_lesions_do_not_matter(criteria: str, data: Any) -> None:
    drawn = data.draw(timelines(criteria))
    labels = [label for read in drawn.reads for label in read.lesions]
    numbers = data.draw(st.permutations(range(len(labels))))
    names = {label: f"lesion {n}" for label, n in zip(labels, numbers, strict=True)}

    def renamed(of: dict[str, Any]) -> dict[str, Any]:
        return dict(sorted((names[label], value) for label, value in of.items()))

    reads = tuple(
        replace(read, lesions=renamed(read.lesions), findings=renamed(read.findings))
        for read in drawn.reads
    )
    one, other = recist.assess(drawn), recist.assess(replace(drawn, reads=reads))
    assert without_labels(one, names) == without_labels(other, {})
    for ours, theirs in ((one.queries, other.queries), (one.remarks, other.remarks)):
        assert sorted((c.code, c.on) for c in ours) == sorted((c.code, c.on) for c in theirs)


def scaled_finding(finding: Finding, by: int) -> Finding:
    if finding.longest_mm is None or finding.short_axis_mm is None:
        return finding
    return replace(
        finding,
        longest_mm=by * finding.longest_mm,
        short_axis_mm=by * finding.short_axis_mm,
        viable_mm=by * (finding.viable_mm or 0),
    )


def scaled(timeline: Timeline, by: int, criteria: str) -> Timeline:
    reads = tuple(
        replace(read, findings={k: scaled_finding(f, by) for k, f in read.findings.items()})
        for read in timeline.reads
    )
    return replace(timeline, criteria=criteria, reads=reads)


def on_another_ruler(edition: recist.Criteria, by: int) -> recist.Criteria:
    """The same criteria with every millimetre in them made longer."""
    nodes, confirmation = edition.nodes, edition.confirmation
    return replace(
        edition,
        name=f"{edition.name} x {by}",
        size=replace(edition.size, too_small_mm=by * edition.size.too_small_mm),
        nodes=nodes and Nodes(by * nodes.normal_below_mm, by * nodes.target_from_mm, nodes.judges),
        confirmation=confirmation and replace(confirmation, grows_mm=by * confirmation.grows_mm),
        target=tuple(
            replace(rule, when=replace(rule.when, and_mm=by * rule.when.and_mm))
            if isinstance(rule.when, Rises)
            else rule
            for rule in edition.target
        ),
    )


@pytest.fixture(scope="module")
def rulers():
    """Every edition on other rulers, for as long as these tests run."""
    more = {(name, by): on_another_ruler(CRITERIA[name], by) for name in CRITERIA for by in SCALES}
    editions: Any = CRITERIA
    editions |= {edition.name: edition for edition in more.values()}
    yield {key: edition.name for key, edition in more.items()}
    for edition in more.values():
        del editions[edition.name]


def words(answer: recist.Assessment) -> list[Any]:
    courses = (answer, *answer.compartments.values())
    seen = [
        [(p.target, p.non_target, p.new_lesion, p.overall, p.overall_final) for p in c.timepoints]
        for c in courses
    ]
    return [seen, [(c.best_overall, c.responded_on, c.progressed_on) for c in courses]]


@EDITIONS
@given(data=st.data(), by=st.sampled_from(SCALES))
def test_all_lengths_and_all_limits_made_longer_change_nothing(
    rulers, criteria: str, data: Any, by: int
) -> None:
    drawn = data.draw(timelines(criteria))
    other = recist.assess(scaled(drawn, by, rulers[criteria, by]))
    assert words(recist.assess(drawn)) == words(other)


@pytest.mark.parametrize("criteria", ["zhu-2013", "who-1979", "recist-1.0"])
@given(data=st.data(), by=st.sampled_from(SCALES))
def test_without_millimetres_in_the_criteria_lengths_alone_change_nothing(
    criteria: str, data: Any, by: int
) -> None:
    drawn = data.draw(timelines(criteria, without=frozenset({State.TOO_SMALL})))
    other = recist.assess(scaled(drawn, by, criteria))
    assert words(recist.assess(drawn)) == words(other)


UNKNOWN = st.sampled_from([None, Finding(state=State.NOT_EVALUABLE), Finding(state=State.REMOVED)])


@EDITIONS
@given(data=st.data())
def test_an_unknown_target_is_pd_or_not_evaluable_and_nothing_better(criteria, data) -> None:
    drawn = data.draw(timelines(criteria, least_targets=1))
    assume(len(drawn.reads) > 1)
    *before, last = drawn.reads
    targets = [k for k, lesion in drawn.reads[0].lesions.items() if lesion.role is Role.TARGET]
    lost = data.draw(st.sampled_from(targets))
    instead = data.draw(UNKNOWN)
    findings = {k: f for k, f in last.findings.items() if k != lost}
    findings |= {lost: instead} if instead else {}
    known = recist.assess(drawn).timepoints[-1]
    point = recist.assess(
        replace(drawn, reads=(*before, replace(last, findings=findings)))
    ).timepoints[-1]
    assert point.target in (Response.PD, Response.NE)
    assert point.overall in (*PROGRESSION, Response.NE)
    assert (point.non_target, point.new_lesion) == (known.non_target, known.new_lesion)
    if known.target in (Response.PR, Response.SD, Response.NC):
        assert point.target is Response.NE


@EDITIONS
@given(data=st.data())
def test_the_only_compartment_is_the_whole(criteria: str, data: Any) -> None:
    drawn = data.draw(timelines(criteria))
    reads = tuple(
        replace(
            read,
            markers_above_normal=False,
            lesions={k: replace(x, compartment="only") for k, x in read.lesions.items()},
        )
        for read in drawn.reads
    )
    answer = recist.assess(replace(drawn, reads=reads))
    if not (only := answer.compartments.get("only")):
        assert not any(read.lesions for read in reads)
        return
    assert only == recist.CompartmentAssessment(
        timepoints=answer.timepoints,
        best_overall=answer.best_overall,
        best_overall_unconfirmed=answer.best_overall_unconfirmed,
        responded_on=answer.responded_on,
        progressed_on=answer.progressed_on,
    )
    assert "NO_COMPARTMENT" not in {remark.code for remark in answer.remarks}


@EDITIONS
@given(data=st.data())
def test_every_answer_agrees_with_itself(criteria: str, data: Any) -> None:
    answer = recist.assess(data.draw(timelines(criteria)))
    for course in (answer, *answer.compartments.values()):
        finals = [point.overall_final for point in course.timepoints]
        assert (course.responded_on is not None) == (course.best_overall in RESPONSES)
        if not CRITERIA[criteria].confirmation:
            assert (course.progressed_on is not None) == (Response.PD in finals)
        elif Response.ICPD in finals:
            assert course.progressed_on is not None
            assert {*finals[finals.index(Response.ICPD) :]} == {Response.ICPD}
        for point in course.timepoints:
            assert bool(point.because_final) == (point.overall != point.overall_final)
            assert point.sum is None or point.partial_sum is None
            if point.pd_at is not None and point.sum is not None and point.target == "SD":
                assert point.sum < point.pd_at
        for before, after in pairwise(course.timepoints):
            if before.nadir is not None and after.nadir is not None:
                lower = [x for x in (before.nadir, before.sum) if x is not None]
                assert after.nadir == min(lower)
