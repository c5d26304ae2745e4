"""Compartments: judged apart as well as together."""

from functools import partial

import pytest


@pytest.fixture
def read(judge):
    return partial(judge, "recist-1.1")


def test_each_has_nadir_and_dates_of_its_own(read) -> None:
    found = read("0 56 112", "T1 @liver: 100 40 50; T2 @lung: 50 50 20")
    liver, lung = found.apart("liver"), found.apart("lung")
    assert (liver.overall, liver.progressed, liver.responded) == ("PR PD", 112, None)
    assert (lung.overall, lung.progressed) == ("SD PR", None)
    assert (found.overall, found.progressed) == ("PR PR", None)


def test_the_whole_progresses_by_a_new_lesion_in_any(read) -> None:
    found = read("0 56", "T1 @liver: 100 40; T2 @lung: 50 20; N1 @lung: . PRESENT")
    assert (found.overall, found.apart("liver").overall, found.apart("lung").overall) == (
        "PD",
        "PR",
        "PD",
    )


def test_one_that_begins_with_a_new_lesion_had_no_disease_before(read) -> None:
    found = read("0 56 112", "T1 @liver: 100 40 40; N1 @brain: . . PRESENT").apart("brain")
    assert (found.overall, found.best, found.progressed) == ("NED PD", "PD", 112)


def test_disease_after_a_cr_is_of_the_compartment_that_had_the_cr(read) -> None:
    found = read("0 56 112", "T1 @liver: 100 ABSENT 2; T2 @lung: 50 40 40")
    assert found.apart("liver").overall == "CR PD"
    assert (found.apart("lung").overall, found.overall) == ("SD SD", "PR PR")
    assert found.queries == [("DISEASE_AFTER_CR", 112, None)]


def test_one_answer_to_one_doubt(read) -> None:
    found = read("0 56 112", "T1 @liver: 100 ABSENT 2")
    assert found.queries == [("DISEASE_AFTER_CR", 112, None)]


def test_each_has_an_entry_for_each_read(read) -> None:
    found = read("0 56 112", "T1 @liver: 100 . .; N1 @lung: . . 3")
    days = [[t.day for t in found.apart(name).answer.timepoints] for name in ("liver", "lung")]
    assert days == [[56, 112], [56, 112]]
    assert found.apart("liver").overall == "NE NE"


def test_a_lesion_without_one_counts_for_the_whole_alone_and_is_remarked(read) -> None:
    found = read("0 56", "T1 @liver: 100 40; NT1: PRESENT PRESENT; N1: . PRESENT")
    assert (found.overall, found.apart("liver").overall) == ("PD", "PR")
    assert found.remarks == [("NO_COMPARTMENT", 0, "NT1"), ("NO_COMPARTMENT", 56, "N1")]


def test_where_none_has_one_nothing_is_remarked(read) -> None:
    found = read("0 56", "T1: 100 40; NT1: PRESENT PRESENT")
    assert (found.remarks, found.answer.compartments) == ([], {})


def test_what_merged_into_a_lesion_elsewhere_has_not_gone(read) -> None:
    found = read("0 56", "T1 @liver: 30 44; T2 @bowel: 20 >T1").apart("bowel")
    assert (found.sums, found.target) == ([0.0], "PR")


def test_they_are_told_in_the_order_of_their_names(read) -> None:
    found = read("0 56", "T1 @lung: 100 40; T2 @bone: 10 10; T3 @liver: 10 10")
    assert list(found.answer.compartments) == ["bone", "liver", "lung"]
