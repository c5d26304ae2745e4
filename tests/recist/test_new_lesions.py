"""New lesions (RECIST 1.1, 4.3.5 and its FAQ): certain, doubtful, proved, small nodes, PET."""

from datetime import date
from functools import partial

import pytest

import recist
from recist import Finding, Lesion, Read, Role, State, Timeline
from recist.vocabulary import Pet


@pytest.fixture
def read(judge):
    return partial(judge, "recist-1.1")


class TestCertain:
    """A new lesion is progression at any size, unless it is called equivocal."""

    @pytest.mark.parametrize("cell", ["3", "PRESENT", "TOO_SMALL", "INCREASED"])
    def test_these_words_are_certain(self, read, cell: str) -> None:
        found = read("0 56", f"T1: 50 20; N1: . {cell}")
        assert (found.new, found.overall) == ("UNEQUIVOCAL", "PD")

    @pytest.mark.parametrize("cell", ["ABSENT", "REMOVED", "NE"])
    def test_these_are_not_there(self, read, cell: str) -> None:
        found = read("0 56 84", f"T1: 50 50 50; N1: . PRESENT {cell}")
        assert (found.new, found.overall) == ("UNEQUIVOCAL NONE", "PD SD")

    def test_one_that_has_gone_again_was_a_progression(self, read) -> None:
        found = read("0 56 84", "N1: . PRESENT ABSENT")
        assert (found.overall, found.progressed) == ("PD NED", 56)

    def test_silence_means_still_there(self, read) -> None:
        found = read("0 56 84 112", "T1: 50 50 50 50; N1: . PRESENT . .")
        assert found.overall == "PD PD PD"

    def test_silence_after_not_evaluable_means_as_certain_as_before(self, read) -> None:
        found = read("0 56 84 112", "T1: 50 50 50 50; N1: . PRESENT NE .")
        assert found.new == "UNEQUIVOCAL NONE UNEQUIVOCAL"

    def test_silence_after_it_has_gone_means_gone(self, read) -> None:
        found = read("0 56 84 112", "T1: 50 50 50 50; N1: . PRESENT ABSENT .")
        assert found.new == "UNEQUIVOCAL NONE NONE"

    def test_the_most_certain_of_several_counts(self, read) -> None:
        assert read("0 56", "T1: 9 9; N1: . EQUIVOCAL; N2: . PRESENT").new == "UNEQUIVOCAL"
        assert read("0 56", "T1: 9 9; N1: . EQUIVOCAL; N2: . ABSENT").new == "EQUIVOCAL"

    def test_its_size_never_enters_the_sum(self, read) -> None:
        assert read("0 56", "T1: 50 50; N1: . 30").sums == [50.0]


class TestEquivocal:
    """A doubtful lesion counts for nothing; if it proves real, from the first read that saw it."""

    def test_it_counts_for_nothing_yet(self, read) -> None:
        found = read("0 56 84", "T1: 50 20 20; N1: . EQUIVOCAL EQUIVOCAL")
        assert (found.overall, found.final, found.best) == ("PR PR", "PR PR", "PR")
        assert found.progressed is None

    def test_proof_moves_the_progression_back(self, read) -> None:
        found = read("0 56 84 112", "T1: 50 50 20 20; N1: . EQUIVOCAL EQUIVOCAL PRESENT")
        assert found.overall == "SD PR PD"
        assert found.final == "PD PD PD"
        assert (found.best, found.unconfirmed, found.progressed) == ("PD", "PD", 56)

    def test_what_the_proof_changed_says_so(self, read) -> None:
        first, last = read("0 56 84", "T1: 50 50 50; N1: . EQUIVOCAL 9").answer.timepoints
        assert [reason.rule for reason in first.because_final] == ["recist-1.1/4.3.5-PROVED"]
        assert last.because_final == ()

    def test_silence_is_no_gap(self, read) -> None:
        found = read("0 56 84 112", "T1: 50 50 50 50; N1: . EQUIVOCAL . PRESENT")
        assert (found.new, found.final) == ("EQUIVOCAL EQUIVOCAL UNEQUIVOCAL", "PD PD PD")

    @pytest.mark.parametrize("cell", ["NE", "ABSENT"])
    def test_a_read_that_says_otherwise_is_a_gap(self, read, cell: str) -> None:
        found = read("0 56 84 112", f"T1: 50 50 50 50; N1: . EQUIVOCAL {cell} PRESENT")
        assert (found.final, found.progressed) == ("SD SD PD", 112)

    def test_after_a_gap_it_counts_from_the_second_sighting(self, read) -> None:
        found = read("0 28 56 84 112", "T1: 9 9 9 9 9; N1: . EQUIVOCAL ABSENT EQUIVOCAL PRESENT")
        assert (found.final, found.progressed) == ("SD SD PD PD", 84)

    def test_each_lesion_is_followed_by_itself(self, read) -> None:
        found = read("0 56 84", "T1: 50 50 50; N1: . EQUIVOCAL ABSENT; N2: . . PRESENT")
        assert (found.final, found.progressed) == ("SD PD", 84)

    def test_the_date_is_that_of_its_own_first_scan(self, read) -> None:
        found = read("0 56 84", "T1: 50 50 50; N1: . EQUIVOCAL^51 PRESENT")
        assert found.progressed == 51

    @pytest.mark.parametrize("days", [(53, 51), (51, 53)])
    def test_of_two_the_earlier_scan_dates_the_progression(self, read, days) -> None:
        first, second = days
        cells = f"N1: . EQUIVOCAL^{first} PRESENT; N2: . EQUIVOCAL^{second} PRESENT"
        assert read("0 56 84", f"T1: 9 9 9; {cells}").progressed == 51

    def test_a_response_before_it_stands(self, read) -> None:
        found = read("0 56 84 112 140", "T1: 50 20 20 20 20; N1: . . . EQUIVOCAL PRESENT")
        assert (found.final, found.best, found.responded) == ("PR PR PD PD", "PR", 56)

    def test_progression_by_other_ways_is_dated_before_only_by_what_came_before(self, read) -> None:
        found = read("0 56 84 112", "T1: 50 50 70 70; N1: . EQUIVOCAL EQUIVOCAL PRESENT")
        assert (found.overall, found.final, found.progressed) == ("SD PD PD", "PD PD PD", 56)


class TestNewNodes:
    """A new node of 10 to under 15 mm, as the only evidence, is looked at again (FAQ)."""

    @pytest.mark.parametrize("cell", ["10", "14.999"])
    def test_small_ones_are_equivocal_and_queried(self, read, cell: str) -> None:
        found = read("0 56", f"T1: 50 50; N1 node: . {cell}")
        assert (found.new, found.queries) == ("EQUIVOCAL", [("SMALL_NEW_NODE", 56, "N1")])
        assert "of 10 to under 15 mm is equivocal" in found.answer.queries[0].says

    def test_one_that_the_reader_calls_larger_is_certain_at_any_size(self) -> None:
        larger = Finding(state=State.INCREASED, short_axis_mm=8)
        lesions = {"N1": Lesion(role=Role.NEW, nodal=True)}
        reads = (
            Read(on=date(2024, 1, 1)),
            Read(on=date(2024, 2, 26), lesions=lesions, findings={"N1": larger}),
        )
        answer = recist.assess(Timeline(criteria="recist-1.1", reads=reads))
        assert answer.timepoints[0].new_lesion == "UNEQUIVOCAL"

    def test_what_is_no_node_has_no_such_limits(self, read) -> None:
        assert read("0 56", "T1: 50 50; N1: . 12x5").new == "UNEQUIVOCAL"

    def test_normal_ones_are_not_there(self, read) -> None:
        found = read("0 56", "T1: 50 50; N1 node: . 9.999")
        assert (found.new, found.queries) == ("NONE", [])

    def test_growing_to_15_mm_proves_them(self, read) -> None:
        found = read("0 56 84", "T1: 50 50 50; N1 node: . 12 15")
        assert (found.final, found.progressed) == ("PD PD", 56)

    def test_the_readers_own_certainty_stands(self, read) -> None:
        found = read("0 56", "T1: 50 50; N1 node: . PRESENT")
        assert (found.new, found.queries) == ("UNEQUIVOCAL", [])

    def test_equivocal_in_the_readers_words_is_not_queried(self, read) -> None:
        assert read("0 56", "T1: 50 50; N1 node: . EQUIVOCAL").queries == []


NEGATIVE = {0: {"pet": Pet.NEGATIVE}}


class TestPet:
    """Seen by PET alone: new after a negative PET at baseline, otherwise in doubt (4.3.5)."""

    def test_certain_after_a_negative_baseline(self, read) -> None:
        found = read("0 56", "T1: 50 50; N1: . PRESENT/PET", reads=NEGATIVE)
        assert found.overall == "PD"

    @pytest.mark.parametrize("baseline", [{}, {0: {"pet": Pet.POSITIVE}}])
    def test_in_doubt_otherwise(self, read, baseline) -> None:
        found = read("0 56", "T1: 50 50; N1: . PRESENT/PET", reads=baseline)
        assert (found.new, found.overall) == ("EQUIVOCAL", "SD")

    def test_another_method_proves_it_from_the_day_of_the_pet(self, read) -> None:
        found = read("0 56 84", "T1: 50 50 50; N1: . PRESENT/PET^54 PRESENT")
        assert (found.overall, found.final, found.progressed) == ("SD PD", "PD PD", 54)

    def test_a_second_pet_proves_nothing(self, read) -> None:
        found = read("0 56 84", "T1: 50 50 50; N1: . PRESENT/PET PRESENT/PET")
        assert found.final == "SD SD"

    def test_what_was_certain_stays_so_under_pet(self, read) -> None:
        found = read("0 56 84", "T1: 50 50 50; N1: . PRESENT PRESENT/PET")
        assert found.new == "UNEQUIVOCAL UNEQUIVOCAL"

    def test_the_readers_doubt_stands_even_after_a_negative_baseline(self, read) -> None:
        found = read("0 56", "T1: 50 50; N1: . EQUIVOCAL/PET", reads=NEGATIVE)
        assert found.new == "EQUIVOCAL"
