"""What any comparison of readers must keep, whatever they have measured."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

import recist
from recist import Evidence, Finding, Lesion, Read, Role, State, Timeline
from recist.adjudicate import Course, Discrepancy, Variable, discrepancies

Seen = tuple[int, str | None]
"""A diameter, and the series that it was measured on."""

SEEN = st.tuples(st.integers(5, 100), st.sampled_from([None, "1.2.3", "1.2.4"]))


def course(seen: list[Seen]) -> Course:
    reads = [
        Read(
            on=date(2024, 1, 1) + timedelta(days=56 * n),
            lesions={"T1": Lesion(role=Role.TARGET)} if n == 0 else {},
            findings={"T1": measured(mm, uid)},
        )
        for n, (mm, uid) in enumerate(seen)
    ]
    timeline = Timeline(criteria="recist-1.1", reads=tuple(reads))
    return Course(timeline.reads, recist.assess(timeline))


def measured(mm: int, uid: str | None) -> Finding:
    evidence = Evidence(series_uid=uid) if uid else None
    return Finding(state=State.MEASURED, longest_mm=mm, evidence=evidence)


@st.composite
def readers(draw) -> dict[str, Course]:
    """Two to four readers of as many time points."""
    reads = draw(st.integers(1, 4))
    some = st.lists(SEEN, min_size=reads, max_size=reads)
    count = draw(st.integers(2, 4))
    return {f"READER_{n}": course(draw(some)) for n in range(1, count + 1)}


def by_place(found: tuple[Discrepancy, ...]) -> dict[tuple[object, ...], dict[str, object]]:
    return {
        (d.variable, d.compartment, d.timepoint): {v.reader: (v.value, v.beside) for v in d.values}
        for d in found
    }


@given(readers())
def test_the_order_of_the_readers_changes_nothing_but_the_order(courses: dict[str, Course]) -> None:
    turned = dict(reversed(courses.items()))
    assert by_place(discrepancies(courses)) == by_place(discrepancies(turned))


@given(readers())
def test_several_differ_where_two_of_them_do(courses: dict[str, Course]) -> None:
    """But for the series, which are compared only where all readers name theirs."""
    names = sorted(courses)
    pairs = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :]]
    among_two = {
        place
        for pair in pairs
        for place in by_place(discrepancies({name: courses[name] for name in pair}))
    }
    among_all = set(by_place(discrepancies(courses)))
    assert among_all <= among_two
    assert {place[0] for place in among_two - among_all} <= {Variable.SERIES}


@given(readers())
def test_nobody_differs_from_oneself_and_every_difference_is_one(
    courses: dict[str, Course],
) -> None:
    for found in discrepancies(courses):
        assert len({value.value for value in found.values}) > 1
        assert [value.reader for value in found.values] == list(courses)
    assert discrepancies(dict.fromkeys(courses, courses["READER_1"])) == ()
