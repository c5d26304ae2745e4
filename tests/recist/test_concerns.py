"""What a human is asked: of methods that change (RECIST 1.1, 3.2.2), a PR that drifts, a CR."""

from functools import partial

import pytest

import recist


@pytest.fixture
def read(judge):
    return partial(judge, "recist-1.1")


CHANGED = "METHOD_CHANGED"


@pytest.mark.parametrize("criteria", recist.CRITERIA)
def test_another_method_than_at_baseline_is_queried(judge, criteria: str) -> None:
    found = judge(
        criteria, "0 56 84", "T1: 50x40/MR 40x40 40x40/MR; NT1: PRESENT PRESENT PRESENT/MR"
    )
    assert found.queries == [(CHANGED, 56, "T1"), (CHANGED, 84, "NT1")]


def test_conventional_ct_is_another_method_than_ct(read) -> None:
    found = read("0 56", "T1: 50/CONVENTIONAL_CT 40; T2: 50 40/CONVENTIONAL_CT")
    assert found.queries == [(CHANGED, 56, "T1"), (CHANGED, 56, "T2")]


def test_the_same_method_is_not(read) -> None:
    course = "T1: 50/MR 40/MR 40/MR; T2: 50 40 40; NT1: PRESENT/PET PRESENT/PET ABSENT/PET"
    assert read("0 56 84", course).queries == []


def test_the_baseline_counts_not_the_read_before(read) -> None:
    found = read("0 56 84 112", "T1: 50 40/MR 40/MR 40")
    assert found.queries == [(CHANGED, 56, "T1"), (CHANGED, 84, "T1")]


@pytest.mark.parametrize("cell", ["ABSENT", "TOO_SMALL", "30+10"])
def test_whatever_it_shows_a_look_is_a_look(read, cell: str) -> None:
    assert read("0 56", f"T1: 50/MR {cell}").queries == [(CHANGED, 56, "T1")]


@pytest.mark.parametrize("cell", ["NE", "REMOVED", "."])
def test_what_was_not_looked_at_was_seen_by_no_method(read, cell: str) -> None:
    assert read("0 56", f"T1: 50/MR {cell}").queries == []


@pytest.mark.parametrize("cell", ["NE", "."])
def test_nor_was_it_at_baseline(read, cell: str) -> None:
    assert read("0 56", f"T1: 50 40; NT1: {cell} PRESENT/MR").queries == []


def test_a_new_lesion_has_no_baseline(read) -> None:
    assert read("0 56 84", "T1: 50 40 40; N1: . PRESENT/MR PRESENT").queries == []


def test_compartments_do_not_ask_twice(read) -> None:
    assert read("0 56", "T1 @liver: 50 40/MR").queries == [(CHANGED, 56, "T1")]


def test_a_query_names_both_methods(read) -> None:
    (query,) = read("0 56", "T1: 50/CONVENTIONAL_CT 40/CHEST_XRAY").answer.queries
    assert query.says == (
        "seen by chest X-ray, at baseline by conventional CT:"
        " can they be compared, or is it NOT_EVALUABLE?"
    )


def test_the_future_asks_nothing_of_the_past(read) -> None:
    early = read("0 56", "T1: 50/MR 40").queries
    late = read("0 56 84", "T1: 50/MR 40 40").queries
    assert late[: len(early)] == early


@pytest.mark.parametrize("criteria", [name for name in recist.CRITERIA if name != "zhu-2013"])
def test_a_drift_above_the_pr_line_is_queried_in_any_words(judge, criteria: str) -> None:
    found = judge(criteria, "0 56 84", "T1: 60x50 42x35 43x36")
    assert found.queries == [("PR_DRIFT", 84, None)]


@pytest.mark.parametrize("criteria", recist.CRITERIA)
def test_disease_after_a_cr_is_queried_in_any_words(judge, criteria: str) -> None:
    found = judge(criteria, "0 56 84 112", "T1: 60x50 ABSENT NE 20x10")
    assert found.queries == [("DISEASE_AFTER_CR", 112, None)]
