"""New lesions that are followed by their sizes, and those that a response has left behind.

iRECIST (Seymour et al. 2017), and the working group's answers to questions.
"""

from datetime import date, timedelta
from functools import partial

import pytest

import recist
from recist import Finding, Lesion, Read, Role, State, Timeline


@pytest.fixture
def read(judge):
    return partial(judge, "irecist")


class TestNewLesionSum:
    """Measured new lesions are followed by a sum of their own: 5 in all, 2 in an organ."""

    def test_it_is_apart_from_the_targets(self, read) -> None:
        found = read("0 56 91", "T1: 50 50 48; N1: . 12 15; N2 node: . 30x20 30x16")
        assert (found.sums, found.new_sums) == ([50.0, 48.0], [32.0, 31.0])
        assert found.overall == "IUPD IUPD"

    def test_what_has_no_size_makes_it_unknown(self, read) -> None:
        found = read("0 56 91 126", "T1: 50 50 50 50; N1: . 12 . 12; N2: . 10 10 10")
        assert found.new_sums == [22.0, None, 22.0]

    def test_what_is_known_of_it_can_confirm(self, read) -> None:
        cells = "T1: 50 50 50; N1: . 12 .; N2: . 10"
        assert read("0 56 91", f"{cells} 27").overall == "IUPD ICPD"
        assert read("0 56 91", f"{cells} 26.999").overall == "IUPD IUPD"

    def test_absent_split_and_too_small(self, read) -> None:
        cells = "T1: 50 50 50; N1: . 12 ABSENT; N2: . 12 8+3.5; N3: . 12 TOO_SMALL"
        assert read("0 56 91", cells).new_sums == [36.0, 16.5]

    def test_only_what_was_measured_at_first_is_followed(self, read) -> None:
        assert read("0 56 91", "T1: 50 50 50; N1: . TOO_SMALL 12").new_sums == [None, None]

    def test_one_that_merged_adds_nothing_to_the_one_that_holds_it(self, read) -> None:
        found = read("0 56 91", "T1: 50 50 50; N1: . 20 20; N2: . 15 >N1")
        assert found.new_sums == [35.0, 20.0]

    def test_one_that_was_merged_at_first_is_not_followed(self, read) -> None:
        found = read("0 56 91", "T1: 50 50 50; N1: . >N2 12; N2: . 20 20")
        assert found.new_sums == [20.0, 20.0]

    def test_organs_without_a_name_are_not_one_organ(self, read) -> None:
        found = read("0 56", "T1: 50 50; N1 #: . 20; N2 #: . 20; N3 #: . 20")
        assert found.new_sums == [60.0]

    def test_one_that_has_a_size_is_judged_by_it_and_not_by_a_word(self) -> None:
        found = [Finding(state=State.MEASURED, longest_mm=20)]
        found += [Finding(state=State.INCREASED, longest_mm=mm) for mm in (24.999, 29.999)]
        day_0 = date(2024, 1, 1)
        reads = [Read(on=day_0)]
        for day, finding in zip((56, 91, 126), found, strict=True):
            new = {} if len(reads) > 1 else {"N1": Lesion(role=Role.NEW)}
            reads.append(Read(on=day_0 + timedelta(day), lesions=new, findings={"N1": finding}))
        answer = recist.assess(Timeline(criteria="irecist", reads=tuple(reads)))
        assert [t.overall for t in answer.timepoints] == ["IUPD", "IUPD", "ICPD"]

    def test_without_measured_ones_there_is_none(self, read) -> None:
        found = read("0 56 91", "T1: 50 50 50; N1: . PRESENT PRESENT")
        assert found.new_sums == [None, None]

    def test_one_that_has_gone_counts_for_nothing(self, read) -> None:
        found = read("0 56 91", "T1: 50 50 50; N1: . 12 ABSENT; N2: . 13 13")
        assert found.new_sums == [25.0, 13.0]

    def test_a_node_that_is_small_yet_is_followed_once_it_is_certain(self, read) -> None:
        found = read("0 56 91", "T1: 50 50 50; N1 node: . 12 16")
        assert (found.new, found.new_sums) == ("EQUIVOCAL UNEQUIVOCAL", [None, 16.0])

    def test_an_equivocal_one_is_followed_once_it_is_certain(self, read) -> None:
        found = read("0 56 91 126", "T1: 50 50 50 50; N1: . EQUIVOCAL 12 17")
        assert found.new_sums == [None, 12.0, 17.0]
        assert (found.overall, found.progressed) == ("ISD IUPD ICPD", 56)

    def test_the_five_largest(self, read) -> None:
        sizes = range(10, 17)
        cells = "; ".join(f"N{n}: . {n} {n}" for n in sizes)
        found = read("0 56 91", f"T1: 50 50 50; {cells}")
        assert found.new_sums == [70.0, 70.0]
        surplus = [("TOO_MANY_NEW_TARGETS", 56, "N11"), ("TOO_MANY_NEW_TARGETS", 56, "N10")]
        assert found.queries == surplus

    def test_two_in_an_organ_however_it_is_spelt(self, read) -> None:
        cells = "N1 #lung: . 11 11; N2 #Lung: . 12 12; N3 #lung: . 13 13; N4 #liver: . 5 5"
        found = read("0 56 91", f"T1: 50 50 50; {cells}")
        assert found.new_sums == [30.0, 30.0]
        assert found.queries == [("TOO_MANY_NEW_TARGETS", 56, "N1")]

    def test_all_nodes_are_one_organ(self, read) -> None:
        cells = "N1 node #neck: . 16 16; N2 node #axilla: . 17 17; N3 node #groin: . 18 18"
        found = read("0 56 91", f"T1: 50 50 50; {cells}")
        assert found.new_sums == [35.0, 35.0]
        assert found.queries == [("TOO_MANY_NEW_TARGETS", 56, "N1")]

    def test_one_that_comes_back_keeps_its_place(self, read) -> None:
        """It was one of the two before: it is not one too many now."""
        cells = "N1 #lung: . 12 ABSENT 12; N2 #lung: . 13 13 13"
        found = read("0 56 91 126", f"T1: 50 50 50 50; {cells}")
        assert (found.new_sums, found.queries) == ([25.0, 13.0, 25.0], [])

    def test_the_surplus_confirms_by_the_readers_word(self, read) -> None:
        cells = "N2 #lung: . 12 12; N3 #lung: . 13 13; N1 #lung: . 11"
        assert read("0 56 91", f"T1: 50 50 50; {cells} INCREASED").overall == "IUPD ICPD"

    def test_a_read_before_keeps_its_places(self, read) -> None:
        """A larger one that appears later does not push another out, but confirms."""
        cells = "N1 #lung: . 11 11; N2 #lung: . 12 12; N3 #lung: . . 40"
        found = read("0 56 91", f"T1: 50 50 50; {cells}")
        assert (found.overall, found.new_sums) == ("IUPD ICPD", [23.0, 23.0])


class TestBygones:
    """New lesions that persisted beside a response: no progression by being there."""

    CASE = ("T1: 100 100 65 65", "N1: . 12 12 12")
    DAYS = "0 56 91 126"

    def test_they_are_still_told(self, read) -> None:
        found = read(self.DAYS, "; ".join(self.CASE))
        assert (found.overall, found.new) == ("IUPD IPR IPR", "UNEQUIVOCAL " * 2 + "UNEQUIVOCAL")
        assert found.progressed is None

    @pytest.mark.parametrize(
        ("more", "overall"),
        [
            ("65; N1: . 12 12 17", "IUPD"),
            ("65; N1: . 12 12 16.999", "IPR"),
            ("65; N1: . PRESENT PRESENT INCREASED", "IUPD"),
            ("65; N1: . PRESENT PRESENT .", "IPR"),
            ("65; N1: . 12 12 12; N2: . . . PRESENT", "IUPD"),
            ("65; N1: . 12 12 12; N2: . . . EQUIVOCAL", "IPR"),
            ("78; N1: . 12 12 12", "IUPD"),
            ("77.999; N1: . 12 12 12", "ISD"),
            ("65; N1: . 12 12 12; NT1: PRESENT PRESENT PRESENT PROGRESSED", "IUPD"),
            ("ABSENT; N1: . 12 12 12", "IPR"),
            ("ABSENT; N1: . 12 12 ABSENT", "ICR"),
            ("NE; N1: . 12 12 12", "NE"),
        ],
    )
    def test_only_more_is_progression(self, read, more: str, overall: str) -> None:
        found = read(self.DAYS, f"T1: 100 100 65 {more}")
        assert found.overall == f"IUPD IPR {overall}"
        assert found.progressed == (126 if overall == "IUPD" else None)

    @pytest.mark.parametrize("seen", ["12", "PRESENT"])
    def test_one_that_had_gone_and_is_there_again_is_new(self, read, seen: str) -> None:
        found = read("0 56 91 126 161", f"T1: 100 100 65 65 65; N1: . {seen} {seen} ABSENT {seen}")
        assert found.overall == "IUPD IPR IPR IUPD"

    def test_growth_is_from_the_smallest_since_the_response(self, read) -> None:
        found = read("0 56 91 126 161", "T1: 100 100 65 65 65; N1: . 20 20 14 19")
        assert found.overall == "IUPD IPR IPR IUPD"

    def test_or_since_a_later_one(self, read) -> None:
        """17 mm are 5 mm more than at the first response, 2 mm more than at the second."""
        cells = "T1: 100 100 65 84 65 65; N1: . 12 12 15 15 17"
        found = read("0 56 91 126 161 196", cells)
        assert found.overall == "IUPD IPR IUPD IPR IPR"

    @pytest.mark.parametrize("new", ["12 12 17 17", "PRESENT PRESENT INCREASED PRESENT"])
    def test_what_has_grown_and_stays_so_is_neither_confirmed_nor_taken_back(
        self, read, new: str
    ) -> None:
        found = read("0 56 91 126 161", f"T1: 100 100 65 65 65; N1: . {new}")
        assert (found.overall, found.progressed) == ("IUPD IPR IUPD IUPD", 126)

    def test_it_is_confirmed_by_growing_further(self, read) -> None:
        found = read("0 56 91 126 161", "T1: 100 100 65 65 65; N1: . 12 12 17 22")
        assert (found.overall, found.progressed) == ("IUPD IPR IUPD ICPD", 126)

    def test_another_new_lesion_beside_them_is_no_growth_of_theirs(self, read) -> None:
        """The second one progresses, and unchanged confirms nothing."""
        cells = "T1: 100 100 65 65 65; N1: . 12 12 12 12; N2: . . . 10 10"
        found = read("0 56 91 126 161", cells)
        assert (found.overall, found.progressed) == ("IUPD IPR IUPD IUPD", 126)

    def test_a_second_response_leaves_both_behind(self, read) -> None:
        cells = "T1: 100 100 65 65 ABSENT; N1: . 12 12 12 12; N2: . . . 10 10"
        assert read("0 56 91 126 161", cells).overall == "IUPD IPR IUPD IPR"
