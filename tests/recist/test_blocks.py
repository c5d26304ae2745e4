"""What a block of unconfirmed progression remembers, and what a response leaves behind.

iRECIST (Seymour et al. 2017), and the working group's answers to questions.
"""

from functools import partial

import pytest


@pytest.fixture
def read(judge):
    return partial(judge, "irecist")


class TestWhatABlockRemembers:
    """Its own progression is no other one, however often it comes and goes."""

    def test_the_targets_progressed_before(self, read) -> None:
        cells = "T1: 50 60 59 60; NT1: PRESENT PROGRESSED PROGRESSED PROGRESSED"
        assert read("0 56 84 112", cells).overall == "IUPD IUPD IUPD"

    def test_the_non_targets_progressed_before(self, read) -> None:
        cells = "T1: 50 62 62 62; NT1: PRESENT PROGRESSED PRESENT PROGRESSED"
        found = read("0 56 84 112", cells)
        assert found.overall == "IUPD IUPD ICPD"
        assert found.rules[2][-1] == "Table-2-NON-TARGET"

    def test_once_confirmed_nothing_is_late(self, read) -> None:
        found = read("0 56 84 180", "T1: 50 62 67 80")
        assert (found.overall, found.queries) == ("IUPD ICPD ICPD", [])


class TestBetterTargets:
    """Targets that respond take back what only new lesions stand for."""

    def test_not_while_a_non_target_that_progressed_was_not_looked_at(self, read) -> None:
        cells = "T1: 50 62 30; NT1: PRESENT PROGRESSED NE; N1: . PRESENT PRESENT"
        assert read("0 56 84", cells).overall == "IUPD IUPD"

    def test_though_the_new_lesion_was_not_looked_at(self, read) -> None:
        assert read("0 56 84", "T1: 50 62 30; N1: . PRESENT NE").overall == "IUPD IPR"

    def test_not_where_they_had_gone_when_it_opened(self, read) -> None:
        assert read("0 56 84", "T1: 50 ABSENT 4; N1: . PRESENT PRESENT").overall == "IUPD IUPD"


class TestBygones:
    """New lesions that persist after a response count again once they have grown by 5 mm."""

    def test_from_their_smallest_sum_since(self, read) -> None:
        cells = "T1: 50 62 30 30 30; N1: . 20 20 23 26"
        assert read("0 56 84 112 140", cells).overall == "IUPD IPR IPR IUPD"

    def test_their_growth_confirms_another_progression(self, read) -> None:
        found = read("0 56 84 112 140", "T1: 50 62 30 37 37; N1: . 20 20 20 30")
        assert found.overall == "IUPD IPR IUPD ICPD"
        assert found.rules[3][-1] == "Table-2-NEW"

    def test_another_progression_does_not_bring_them_back(self, read) -> None:
        for mm, word in ((30, "IPR"), (35.5, "ISD")):
            cells = f"T1: 50 62 30 37 {mm}; N1: . 20 20 20 20"
            assert read("0 56 84 112 140", cells).overall == f"IUPD IPR IUPD {word}"


class TestNothingWasSeen:
    """All that is known is not evaluable; silence is none."""

    def test_where_there_are_non_targets_alone(self, read) -> None:
        found = read("0 56 84", "NT1: PRESENT PROGRESSED NE")
        assert (found.overall, found.rules[1][-1]) == ("IUPD NE", "Table-3-NE")

    def test_where_there_are_new_lesions_alone(self, read) -> None:
        found = read("0 56 84", "N1: . PRESENT NE")
        assert (found.overall, found.rules[1][-1]) == ("IUPD NE", "Table-3-NE")

    def test_a_reader_who_says_nothing_of_them_holds_to_what_was_said(self, read) -> None:
        assert read("0 56 84", "N1: . PRESENT .").overall == "IUPD IUPD"
