"""Where readers differ: every variable, at the time point and in the compartment that it is of."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import recist
from recist import Evidence
from recist.adjudicate import Course, Variable, comparable, discrepancies

V = Variable
ONE, TWO = "READER_1", "READER_2"


@pytest.fixture
def course(timeline) -> Callable[..., Course]:
    """A reader's reads in the notation, assessed."""

    def read(days: str, findings: str, **more: Any) -> Course:
        course = timeline("recist-1.1", days, findings, **more)
        return Course(course.reads, recist.assess(course))

    return read


def told(one: Course, two: Course) -> list[tuple[Any, ...]]:
    """The differences between two readers: variable, compartment, time point, both values."""
    found = discrepancies({ONE: one, TWO: two})
    assert all([value.reader for value in each.values] == [ONE, TWO] for each in found)
    return [
        (each.variable, each.compartment, each.timepoint, *(value.value for value in each.values))
        for each in found
    ]


def test_courses_are_comparable_once_all_readers_have_signed_as_many(course) -> None:
    two, three = course("0 56", "T1: 30 30"), course("0 56 112", "T1: 30 30 30")
    assert comparable({ONE: two, TWO: two}, [ONE, TWO])
    assert not comparable({ONE: two, TWO: three}, [ONE, TWO])
    assert not comparable({ONE: two}, [ONE, TWO])
    assert comparable({ONE: two}, [ONE])
    assert not comparable({}, [ONE, TWO])


def test_readers_who_agree_do_not_differ(course) -> None:
    one = course("0 56", "T1 #liver: 30 20; NT1: PRESENT ABSENT")
    assert told(one, course("0 56", "T1 #liver: 60 39; NT1: PRESENT ABSENT")) == []


def test_targets_are_compared_by_their_organs(course) -> None:
    one = course("0 56", "T1 #liver: 30 30; T2 #bone: 20 20; NT1 #lung: PRESENT PRESENT")
    two = course("0 56", "T1: 30 30; T2 #liver: 20 20; NT1 #skin: PRESENT PRESENT")
    assert told(one, two) == [(V.TARGETS, None, 0, "bone, liver", "liver, unnamed")]
    swapped = course("0 56", "T1 #bone: 30 30; T2 #liver: 20 20; NT1 #lung: PRESENT PRESENT")
    assert told(one, swapped) == []


def test_scan_dates_are_compared_at_every_time_point(course) -> None:
    one, two = course("0 56 112", "T1: 30 30 30"), course("1 56 113", "T1: 30 30 30")
    assert told(one, two) == [
        (V.SCAN_DATE, None, 0, "2024-01-01", "2024-01-02"),
        (V.SCAN_DATE, None, 2, "2024-04-22", "2024-04-23"),
    ]


def test_responses_are_compared_at_their_time_points_and_as_a_whole(course) -> None:
    one = course("0 56 112", "T1: 100 70 70; NT1: PRESENT PRESENT PRESENT")
    two = course("0 56 112", "T1: 100 70.1 70; NT1: PRESENT ABSENT PROGRESSED")
    assert told(one, two) == [
        (V.BEST_OVERALL, None, None, "PR", "SD"),
        (V.RESPONDED_ON, None, None, "2024-02-26", None),
        (V.PROGRESSED_ON, None, None, None, "2024-04-22"),
        (V.OVERALL, None, 1, "PR", "SD"),
        (V.NON_TARGET, None, 1, "NON_CR_NON_PD", "CR"),
        (V.OVERALL, None, 2, "PR", "PD"),
        (V.NON_TARGET, None, 2, "NON_CR_NON_PD", "PD"),
    ]


def test_new_lesions_and_final_responses_are_compared(course) -> None:
    one = course("0 56 112", "T1: 30 30 30; N1: . EQUIVOCAL PRESENT")
    two = course("0 56 112", "T1: 30 30 30; N1: . . PRESENT")
    assert (V.OVERALL, None, 1, "PD", "SD") in told(one, two)
    assert (V.NEW_LESION, None, 1, "EQUIVOCAL", "NONE") in told(one, two)


def test_compartments_are_compared_apart_in_the_order_of_their_names(course) -> None:
    lesions = "T1 @primary: 30 {}; T2 @distant: 30 {}"
    one = course("0 56", lesions.format(30, 30))
    two = course("0 56", lesions.format(20, 40))
    assert [each[1:] for each in told(one, two) if each[0] is V.OVERALL] == [
        ("distant", 1, "SD", "PD"),
        ("primary", 1, "SD", "PR"),
    ]


def test_a_compartment_of_one_reader_alone_differs_in_all_that_it_has(course) -> None:
    one = course("0 56", "T1 @primary: 30 30")
    two = course("0 56", "T1: 30 30")
    assert told(one, two) == [
        (V.BEST_OVERALL, "primary", None, "SD", None),
        (V.OVERALL, "primary", 1, "SD", None),
        (V.NEW_LESION, "primary", 1, "NONE", None),
        (V.NON_TARGET, "primary", 1, "NA", None),
    ]
    assert told(two, one) == [(*each[:3], None, each[3]) for each in told(one, two)]


def test_three_readers_differ_where_any_two_do(course) -> None:
    one, other = course("0 56", "T1: 30 30"), course("0 56", "T1: 30 20")
    (found,) = discrepancies({ONE: one, TWO: one, "SITE": other})
    assert found.variable is V.OVERALL
    assert [(value.reader, value.value) for value in found.values] == [
        (ONE, "SD"),
        (TWO, "SD"),
        ("SITE", "PR"),
    ]


def test_a_value_has_the_numbers_of_its_time_point_beside_it(course) -> None:
    one, two = course("0 56 112", "T1: 100 70 121"), course("0 56 112", "T1: 100 100 100")
    found = {(d.variable, d.timepoint): d.values for d in discrepancies({ONE: one, TWO: two})}
    after, beside = (value.beside for value in found[V.OVERALL, 2])
    assert (after.sum, after.unit, after.nadir) == (121, "mm", 70)
    assert after.change_from_baseline_percent == pytest.approx(21)
    assert after.because == one.assessment.timepoints[1].because
    assert beside.sum == 100
    progressed, none = found[V.PROGRESSED_ON, None]
    assert (progressed.value, progressed.beside.sum) == ("2024-04-22", 121)
    assert (none.value, none.beside) == (None, None)


def test_behind_the_best_response_is_the_first_time_point_that_has_it(course) -> None:
    """Of a PR that was never confirmed, the one that stood for it while it was not."""
    one, two = course("0 56 112", "T1: 100 70 69"), course("0 56 112", "T1: 100 90 60")
    (best,) = (d for d in discrepancies({ONE: one, TWO: two}) if d.variable is V.BEST_OVERALL)
    assert [(v.value, v.beside.sum) for v in best.values] == [("PR", 70), ("SD", 90)]
    three = course("0 56", "T1: 100 70")
    four = course("0 56", "T1: 100 130")
    (best,) = (d for d in discrepancies({ONE: three, TWO: four}) if d.variable is V.BEST_OVERALL)
    assert [(v.value, v.beside.sum) for v in best.values] == [("SD", 70), ("PD", 130)]


def test_what_later_reads_made_of_a_response_stands_among_its_rules(course) -> None:
    one = course("0 56 112", "T1: 30 30 30; N1: . EQUIVOCAL PRESENT")
    two = course("0 56 112", "T1: 30 30 30; N1: . . PRESENT")
    found = {(d.variable, d.timepoint): d.values for d in discrepancies({ONE: one, TWO: two})}
    first = one.assessment.timepoints[0]
    assert first.because_final
    assert found[V.OVERALL, 1][0].beside.because == first.because + first.because_final


def measured_on(course: Course, *series: dict[str, str | None]) -> Course:
    """The same course, the findings of each read measured on the series that are named."""
    reads = [
        replace(
            read,
            findings={
                label: replace(finding, evidence=Evidence(series_uid=uids[label]))
                if label in uids
                else finding
                for label, finding in read.findings.items()
            },
        )
        for read, uids in zip(course.reads, series, strict=True)
    ]
    return replace(course, reads=reads)


def test_series_are_compared_where_every_reader_names_some(course) -> None:
    drawn = course("0 56", "T1 #liver: 30 30; T2 #liver: 20 20")
    one = measured_on(drawn, {"T1": "1.9", "T2": "1.2"}, {"T1": "1.3"})
    two = measured_on(drawn, {"T1": "1.2", "T2": "1.4"}, {"T1": "1.5"})
    assert told(one, two) == [
        (V.SERIES, None, 0, "1.2, 1.9", "1.2, 1.4"),
        (V.SERIES, None, 1, "1.3", "1.5"),
    ]
    same = measured_on(drawn, {"T1": "1.2", "T2": "1.9"}, {"T2": "1.3"})
    assert told(one, same) == []
    silent = measured_on(drawn, {"T1": None}, {})
    assert told(one, silent) == []
    assert told(silent, one) == []


def test_nobody_differs_from_nobody() -> None:
    assert discrepancies({}) == ()


def test_compartments_are_compared_in_the_order_of_their_names(course) -> None:
    one = course("0 56", "T1 @primary: 30 20; T2 @distant: 30 20; T3 @apart: 30 20")
    two = course("0 56", "T1 @primary: 30 40; T2 @distant: 30 40; T3 @apart: 30 40")
    apart = [compartment for variable, compartment, *_ in told(one, two) if variable is V.OVERALL]
    assert apart == [None, "apart", "distant", "primary"]


def test_what_stands_behind_a_course_is_the_read_that_gave_it(course) -> None:
    one = course("0 56 112 168", "T1: 100 90 65 60", confirm=False)
    two = course("0 56 112 168", "T1: 100 90 90 60", confirm=False)
    found = {each.variable: each.values for each in discrepancies({ONE: one, TWO: two})}
    responded = [(v.value, v.beside.sum) for v in found[V.RESPONDED_ON]]
    assert responded == [("2024-04-22", 65), ("2024-06-17", 60)]
    flat = course("0 56 112 168", "T1: 100 90 90 95", confirm=False)
    best = {each.variable: each.values for each in discrepancies({ONE: one, TWO: flat})}
    assert [(v.value, v.beside.sum) for v in best[V.BEST_OVERALL]] == [("PR", 65), ("SD", 90)]
