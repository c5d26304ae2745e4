"""Errors that open engines of response assessment have had: none of them may be here."""

from functools import partial

import pytest

from recist import CRITERIA, Response


@pytest.fixture(params=CRITERIA)
def either(request, judge):
    """Judge by each edition in turn; squares, so that 1.1 and products agree on the course."""
    return partial(judge, request.param)


@pytest.fixture
def read(judge):
    return partial(judge, "recist-1.1")


def test_pr_tried_before_pd(either) -> None:
    found = either("0 56 112", "T1: 100x100 40x40 60x60")  # −40 % from baseline, +50 % from nadir
    assert found.target == "PR PD"


def test_pd_measured_from_baseline(either) -> None:
    assert either("0 56 112", "T1: 100x100 50x50 70x70").overall == "PR PD"


def test_pd_without_five_millimetres(read, judge) -> None:
    assert read("0 56", "T1: 10 12.4").overall == "SD"
    assert judge("zhu-2013", "0 56", "T1: 10x10 12.4x10").overall == "PD"


def test_cr_only_where_the_sum_is_zero(read) -> None:
    found = read("0 56", "T1 node: 20 9.9; T2: 30 ABSENT")
    assert (found.sums, found.overall) == ([9.9], "CR")


@pytest.mark.parametrize("cell", [".", "NE"])
def test_a_missing_measurement_taken_for_zero(either, cell: str) -> None:
    found = either("0 56 112", f"T1: 50x50 {cell} 50x50; T2: 20x20 ABSENT 20x20")
    assert (found.target, found.sums[0]) == ("NE SD", None)


def test_the_nadir_includes_the_read_itself(read) -> None:
    (point,) = read("0 56", "T1: 50 40").answer.timepoints
    assert (point.nadir, point.change_from_nadir_percent) == (50.0, -20.0)


def test_non_cr_non_pd_taken_for_cr_because_it_contains_cr(either) -> None:
    found = either("0 56", "T1: 30x30 ABSENT; NT1: PRESENT PRESENT")
    assert (found.non_target, found.overall) == ("NON_CR_NON_PD", "PR")
    assert Response("NON_CR_NON_PD") is not Response.CR


def test_target_cr_beside_non_target_not_evaluated(either) -> None:
    assert either("0 56", "T1: 30x30 ABSENT; NT1: PRESENT NE").overall == "PR"


def test_target_pr_beside_non_target_cr_and_sd_beside_ne(either) -> None:
    assert either("0 56", "T1: 30x30 20x20; NT1: PRESENT ABSENT").overall == "PR"
    assert either("0 56", "T1: 30x30 30x30; NT1: PRESENT NE").overall == "SD"


def test_target_cr_beside_non_targets_that_persist(either) -> None:
    assert either("0 56", "T1: 30x30 ABSENT; NT1: PRESENT TOO_SMALL").overall == "PR"


def test_target_ne_beside_non_targets_that_persist(either) -> None:
    assert either("0 56", "T1: 30x30 NE; NT1: PRESENT PRESENT").overall == "NE"


def test_a_percentage_rounded_before_the_comparison(read) -> None:
    found = read("0 56", "T1: 100 70.04")
    (point,) = found.answer.timepoints
    assert (point.change_from_baseline_percent, point.target) == (-30.0, "SD")
    assert read("0 56", "T1: 100 119.96").target == "SD"


def test_a_nadir_of_zero_falls_back_to_baseline_or_divides(read) -> None:
    found = read("0 56 112", "T1: 30 ABSENT 5; NT1: PRESENT PRESENT PRESENT")
    point = found.answer.timepoints[1]
    assert (point.nadir, point.change_from_nadir_percent, point.target) == (0.0, None, "PD")


def test_the_short_axis_of_today_taken_for_that_of_baseline(read) -> None:
    points = read("0 56 84", "T1 node: 30 24 18").answer.timepoints
    assert [(t.baseline, t.sum, t.target) for t in points] == [
        (30.0, 24.0, "SD"),
        (30.0, 18.0, "PR"),
    ]


def test_a_non_target_can_never_progress(either) -> None:
    assert either("0 56", "T1: 30x30 10x10; NT1: PRESENT PROGRESSED").overall == "PD"


def test_a_fall_from_the_nadir_taken_for_a_rise(either) -> None:
    found = either("0 56 112", "T1: 100x100 50x50 20x20")
    assert found.target == "PR PR"
    changes = [t.change_from_nadir_percent for t in found.answer.timepoints]
    assert all(change < 0 for change in changes)


def test_the_baseline_reported_as_sd(either) -> None:
    assert either("0", "T1: 30x30").answer.timepoints == ()
    assert len(either("0 56", "T1: 30x30 30x30").answer.timepoints) == 1


def test_a_node_known_by_the_words_of_its_place(judge) -> None:
    # the label says lymph node, and nobody else does
    found = judge("recist-1.1", "0 56", "T1: 30x20 9x8")
    assert (found.sums, found.target) == ([9.0], "PR")


def test_lesions_matched_by_likeness_of_name(read) -> None:
    found = read("0 56", "T1: 30 20; T11: 40 10; NT1: PRESENT ABSENT")
    assert (found.sums, found.non_target) == ([30.0], "CR")
