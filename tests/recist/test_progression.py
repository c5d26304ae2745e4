"""The block of unconfirmed progression: its weeks, its references, and what takes it back.

iRECIST (Seymour et al. 2017), and the working group's answers to questions.
"""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recist.protocol import IcpdReference, RemovedTarget

LAST = {"icpd_reference": IcpdReference.LAST_READ}


@pytest.fixture
def read(judge):
    return partial(judge, "irecist")


class TestEarly:
    """Under 4 weeks after the first IUPD, two days tolerated, a scan decides nothing."""

    @pytest.mark.parametrize(("day", "overall"), [(81, "IUPD"), (82, "ICPD"), (57, "IUPD")])
    def test_from_day_26(self, read, day: int, overall: str) -> None:
        found = read(f"0 56 {day}", "T1: 50 62 67")
        assert found.overall == f"IUPD {overall}"
        assert found.queries == ([("EARLY_SCAN", day, None)] if overall == "IUPD" else [])

    @pytest.mark.parametrize("cell", ["90", "62", "50", "20", "ABSENT"])
    def test_whatever_it_shows_it_is_iupd_and_queried(self, read, cell: str) -> None:
        found = read("0 56 70", f"T1: 50 62 {cell}")
        assert (found.overall, found.queries) == ("IUPD IUPD", [("EARLY_SCAN", 70, None)])
        assert found.rules[1][-1] == "EORTC-FAQ-EARLY"

    def test_where_nothing_was_seen_it_is_ne_and_not_queried(self, read) -> None:
        found = read("0 56 70", "T1: 50 62 NE")
        assert (found.overall, found.queries) == ("IUPD NE", [])

    def test_it_resets_nothing(self, read) -> None:
        found = read("0 56 70 91", "T1: 50 62 52 67")
        assert (found.overall, found.progressed) == ("IUPD IUPD ICPD", 56)

    def test_it_is_no_reference(self, read) -> None:
        """From 58 mm on day 70, 66 mm would be 8 mm more."""
        assert read("0 56 70 91", "T1: 50 62 58 66").overall == "IUPD IUPD IUPD"
        assert read("0 56 70 91", "T1: 50 62 65 67", **LAST).overall == "IUPD IUPD ICPD"

    def test_nor_are_its_new_lesions(self, read) -> None:
        """They confirm once they are seen again in time."""
        found = read("0 56 70 91", "T1: 50 62 62 62; N1: . . PRESENT PRESENT")
        assert found.overall == "IUPD IUPD ICPD"

    def test_a_symptom_is_no_reason_where_the_scan_is_not_early(self, read) -> None:
        cells = "T1: 50 62 62; N1: . . PRESENT"
        early, late = read("0 56 70!", cells), read("0 56 84!", cells)
        assert (early.overall, late.overall) == ("IUPD ICPD", "IUPD ICPD")
        assert early.rules[1][-1] == "EORTC-FAQ-SYMPTOM"
        assert late.rules[1][-1] == "Table-2-NEW-MORE"

    def test_is_queried_as_early_alone_though_the_protocol_calls_it_late(self, read) -> None:
        found = read("0 56 80", "T1: 50 62 70", icpd_max_days=20)
        assert found.queries == [("EARLY_SCAN", 80, None)]

    def test_every_early_one_is_queried(self, read) -> None:
        found = read("0 56 63 70", "T1: 50 62 62 62")
        assert found.queries == [("EARLY_SCAN", 63, None), ("EARLY_SCAN", 70, None)]

    def test_the_weeks_start_again_after_a_reset(self, read) -> None:
        found = read("0 56 91 119 144", "T1: 50 62 50 62 67")
        assert (found.overall, found.progressed) == ("IUPD ISD IUPD IUPD", 119)

    def test_before_any_progression_no_scan_is_early(self, read) -> None:
        assert read("0 14 21", "T1: 50 50 62").overall == "ISD IUPD"
        assert read("0 14 21", "T1: 50 50 62").queries == []


class TestEarlyForASymptom:
    """The one exception: made for a new symptom, and with one more new lesion."""

    @pytest.mark.parametrize(
        ("findings", "overall"),
        [
            ("T1: 50 50 50; N1: . 12 12; N2: . . PRESENT", "ICPD"),
            ("T1: 50 50 50; N1: . 12 12; N2: . EQUIVOCAL PRESENT", "ICPD"),
            ("T1: 50 62 62; N1: . . PRESENT", "ICPD"),
            ("T1: 50 50 50; N1: . 12 12; N2: . . EQUIVOCAL", "IUPD"),
            ("T1: 50 50 50; N1: . 12 30", "IUPD"),
            ("T1: 50 62 90", "IUPD"),
            ("T1: 50 62 62; NT1: PRESENT PRESENT PROGRESSED", "IUPD"),
        ],
    )
    def test_it_takes_both(self, read, findings: str, overall: str) -> None:
        found = read("0 56 70!", findings)
        assert found.overall == f"IUPD {overall}"
        assert found.queries == ([] if overall == "ICPD" else [("EARLY_SCAN", 70, None)])
        assert read("0 56 70", findings).overall == "IUPD IUPD"

    def test_the_symptom_is_that_of_this_scan(self, read) -> None:
        cells = "T1: 50 50 50; N1: . 12 12; N2: . . PRESENT"
        assert read("0 56! 70", cells).overall == "IUPD IUPD"


class TestLate:
    """Over 8 weeks after the last IUPD a confirmation is queried, or by switch is none."""

    def test_by_default_it_confirms_and_is_queried(self, read) -> None:
        found = read("0 56 113", "T1: 50 62 67")
        assert (found.overall, found.queries) == ("IUPD ICPD", [("LATE_CONFIRMATION", 113, None)])
        assert read("0 56 112", "T1: 50 62 67").queries == []

    def test_what_confirms_nothing_is_not_queried(self, read) -> None:
        assert read("0 56 113", "T1: 50 62 66").queries == []
        assert read("0 56 113", "T1: 50 62 50").queries == []

    @pytest.mark.parametrize(
        "findings",
        [
            "T1: 50 62 67",
            "T1: 50 50 60; N1: . PRESENT PRESENT",
            "T1: 50 50 50; NT1: PRESENT PROGRESSED INCREASED",
            "T1: 50 62 62; NT1: PRESENT PRESENT PROGRESSED",
            "T1: 50 50 50; N1: . 12 17",
            "T1: 50 62 62; N1: . . PRESENT",
        ],
    )
    def test_by_switch_nothing_confirms_then(self, read, findings: str) -> None:
        found = read("0 56 113", findings, icpd_max_days=56)
        assert (found.overall, found.rules[1][-1]) == ("IUPD IUPD", "Protocol-LATE")
        assert found.queries == [("LATE_CONFIRMATION", 113, None)]
        assert read("0 56 112", findings, icpd_max_days=56).overall == "IUPD ICPD"

    def test_the_protocol_says_how_late(self, read) -> None:
        assert read("0 56 126", "T1: 50 62 67", icpd_max_days=70).queries == []
        assert read("0 56 127", "T1: 50 62 67", icpd_max_days=70).overall == "IUPD IUPD"

    def test_a_response_is_never_too_late(self, read) -> None:
        found = read("0 56 212", "T1: 50 62 50", icpd_max_days=56)
        assert (found.overall, found.progressed) == ("IUPD ISD", None)

    def test_a_late_read_without_enough_growth_opens_no_window_of_its_own(self, read) -> None:
        """The smallest sum of the block is still 62 mm."""
        found = read("0 56 147 182", "T1: 50 62 66 70", icpd_max_days=56)
        assert found.overall == "IUPD IUPD ICPD"

    def test_it_is_measured_from_the_last_iupd(self, read) -> None:
        case = ("0 56 91 147", "T1: 50 62 62 67")
        assert read(*case, icpd_max_days=56).overall == "IUPD IUPD ICPD"
        assert read("0 56 91 147", "T1: 50 62 NE 67", icpd_max_days=56).overall == "IUPD NE IUPD"

    def test_too_late_a_growth_can_be_confirmed_in_its_turn(self, read) -> None:
        found = read("0 56 147 182", "T1: 50 62 70 75", icpd_max_days=56)
        assert (found.overall, found.progressed) == ("IUPD IUPD ICPD", 56)

    @pytest.mark.parametrize("findings", ["T1: 50 62 70 70", "T1: 50 62 70 74.999"])
    def test_but_not_by_what_came_too_late_itself(self, read, findings: str) -> None:
        """Nothing has grown by 5 mm since the read that opened this window."""
        found = read("0 56 147 182", findings, icpd_max_days=56)
        assert found.overall == "IUPD IUPD IUPD"

    def test_nor_by_new_lesions_that_did(self, read) -> None:
        cells = "T1: 50 50 50 50; N1: . 12 12 12; N2: . . 10 10"
        assert read("0 56 147 182", cells, icpd_max_days=56).overall == "IUPD IUPD IUPD"


class TestReferences:
    """What 5 mm more are measured from: the smallest of the IUPD, or the last."""

    def test_the_smallest(self, read) -> None:
        assert read("0 56 91 126", "T1: 50 70 63 68").overall == "IUPD IUPD ICPD"
        assert read("0 56 91 126", "T1: 50 62 65 67").overall == "IUPD IUPD ICPD"

    def test_the_last(self, read) -> None:
        assert read("0 56 91 126", "T1: 50 62 65 69.999", **LAST).overall == "IUPD IUPD IUPD"
        assert read("0 56 91 126", "T1: 50 62 65 70", **LAST).overall == "IUPD IUPD ICPD"

    def test_new_lesions_have_theirs(self, read) -> None:
        cells = "T1: 50 50 50 50; N1: . 12 15 17"
        assert read("0 56 91 126", cells).overall == "IUPD IUPD ICPD"
        assert read("0 56 91 126", cells, **LAST).overall == "IUPD IUPD IUPD"

    def test_a_reset_forgets_them(self, read) -> None:
        """66 mm are 6 mm more than 60, 4 mm more than 62."""
        assert read("0 56 91 126 161", "T1: 50 60 50 62 66").overall == "IUPD ISD IUPD IUPD"

    def test_a_whole_sum_is_needed_then_and_a_part_suffices_now(self, read) -> None:
        found = read("0 56 91 126", "T1: 50 80 80 85; T2: 10 NE 10 10")
        assert (found.sums, found.overall) == ([None, 90.0, 95.0], "IUPD IUPD ICPD")
        assert read("0 56 91", "T1: 50 62 77; T2: 10 10 NE").overall == "IUPD ICPD"
        assert read("0 56 91", "T1: 50 62 76.999; T2: 10 10 NE").overall == "IUPD IUPD"

    @pytest.mark.parametrize("switches", [{}, LAST])
    def test_targets_that_progress_again_while_new_lesions_stand(self, read, switches) -> None:
        """55 mm on day 84 is an IUPD too: 62 mm progress anew, and are 7 mm more than that."""
        cells = "T1: 50 62 55 62; N1: . PRESENT PRESENT PRESENT"
        assert read("0 56 84 112", cells, **switches).overall == "IUPD IUPD ICPD"

    def test_targets_that_do_not_progress_confirm_nothing(self, read) -> None:
        """56 mm are 5 mm more than the 51 of an IUPD, yet no progression over 50."""
        cells = "T1: 50 62 51 56; N1: . PRESENT PRESENT PRESENT"
        assert read("0 56 84 112", cells).overall == "IUPD IUPD IUPD"

    def test_nor_do_normal_nodes_that_grow(self, read) -> None:
        """A target CR, whatever the sum of the nodes: it resets the bar as it does in RECIST."""
        cells = "T1 node: 20 4 10 9.9; T2 node: 20 4 4 9.9; NT1: PRESENT PRESENT PRESENT PRESENT"
        found = read("0 56 112 168", cells)
        assert (found.target, found.overall) == ("CR PD CR", "IPR IUPD IPR")

    def test_nor_non_targets_that_no_longer_stood_as_progressed(self, read) -> None:
        """PRESENT took it back: what is larger since must be unequivocal again."""
        rest = "NT1: PRESENT PROGRESSED PRESENT"
        new = "T1: 50 50 50 50; N1: . PRESENT PRESENT PRESENT"
        assert read("0 56 91 126", f"{rest} INCREASED; {new}").overall == "IUPD IUPD IUPD"
        assert read("0 56 91 126", f"{rest} PROGRESSED; {new}").overall == "IUPD IUPD ICPD"


class TestUnseen:
    """What was not looked at takes nothing back: only a read that sees it can."""

    @pytest.mark.parametrize("word", ["NE", "REMOVED"])
    def test_the_new_lesion_that_made_the_progression(self, read, word: str) -> None:
        found = read("0 56 91 126", f"T1: 50 50 50 50; N1: . 12 {word} 12")
        assert found.overall in ("IUPD NE IUPD", "IUPD IUPD IUPD")
        assert (found.progressed, found.best) == (56, "IUPD")

    @pytest.mark.parametrize("word", ["NE", ".", "REMOVED"])
    def test_the_non_target_that_made_it(self, read, word: str) -> None:
        found = read("0 56 91 126", f"T1: 50 50 50 50; NT1: PRESENT PROGRESSED {word} PROGRESSED")
        assert found.overall in ("IUPD NE IUPD", "IUPD IUPD IUPD")
        assert (found.progressed, found.best) == (56, "IUPD")

    def test_a_target_of_them(self, read) -> None:
        found = read("0 56 91 126", "T1: 50 62 50 62; T2: 10 10 NE 10")
        assert (found.overall, found.progressed) == ("IUPD NE IUPD", 56)

    def test_another_lesion_does_not_matter(self, read) -> None:
        found = read("0 56 91", "T1: 50 62 50; NT1: PRESENT PRESENT NE")
        assert found.overall == "IUPD ISD"

    def test_nothing_at_all(self, read) -> None:
        cells = "T1: 50 50 NE 50; NT1: PRESENT PRESENT NE PRESENT; N1: . 12 . 17"
        found = read("0 56 91 126", cells)
        assert (found.overall, found.progressed) == ("IUPD NE ICPD", 56)

    def test_what_was_removed_and_counts_nothing_was_seen(self, read) -> None:
        zero = {"removed_target": RemovedTarget.ZERO}
        assert read("0 56 91", "T1: 50 62 REMOVED", **zero).overall == "IUPD ICR"
        assert read("0 56 91", "T1: 50 62 REMOVED").overall == "IUPD NE"


class TestBackDated:
    """A new lesion that proves real turns the reads that called it equivocal into IUPD."""

    def test_the_block_begins_with_them(self, read) -> None:
        found = read("0 56 91 126", "T1: 50 50 50 50; N1: . EQUIVOCAL PRESENT INCREASED")
        assert (found.overall, found.final) == ("ISD IUPD ICPD", "IUPD IUPD ICPD")
        assert (found.progressed, found.best) == (56, "ICPD")

    def test_by_the_scan_that_showed_it(self, read) -> None:
        cells = "T1: 50 50^50 50; N1: . EQUIVOCAL^53 PRESENT; NT1: PRESENT PRESENT PRESENT"
        assert read("0 56 91", cells).progressed == 53

    def test_a_reset_that_proves_none_joins_the_blocks(self, read) -> None:
        found = read("0 56 91 126", "T1: 50 62 50 50; N1: . . EQUIVOCAL PRESENT")
        assert (found.overall, found.final) == ("IUPD ISD IUPD", "IUPD IUPD IUPD")
        assert found.progressed == 56

    def test_the_weeks_are_counted_as_they_were_assessed(self, read) -> None:
        found = read("0 56 70 91", "T1: 50 50 50 50; N1: . EQUIVOCAL PRESENT INCREASED")
        assert (found.overall, found.progressed) == ("ISD IUPD IUPD", 56)
        assert found.queries == [("EARLY_SCAN", 91, None)]

    def test_a_node_by_its_size(self, read) -> None:
        found = read("0 56 91", "T1: 50 50 50; N1 node: . 12 15")
        assert (found.overall, found.final, found.progressed) == ("ISD IUPD", "IUPD IUPD", 56)
        assert found.queries == [("SMALL_NEW_NODE", 56, "N1")]


class TestCompartments:
    """Each has blocks of its own."""

    CELLS = "T1 @liver: 50 62 67; T2 @lung: 40 40 40; N1 @lung: . . PRESENT"

    def test_what_confirms_in_one_is_unconfirmed_in_another(self, read) -> None:
        found = read("0 56 91", self.CELLS)
        assert (found.overall, found.progressed) == ("ISD IUPD", 91)
        liver, lung = found.apart("liver"), found.apart("lung")
        assert (liver.overall, liver.progressed, liver.best) == ("IUPD ICPD", 56, "ICPD")
        assert (lung.overall, lung.progressed, lung.best) == ("ISD IUPD", 91, "ISD")

    def test_one_more_new_lesion_elsewhere_confirms_for_the_whole(self, read) -> None:
        cells = "T1 @liver: 50 50 50; N1 @liver: . 12 12; N2 @lung: . . 10"
        found = read("0 56 91", cells)
        assert (found.overall, found.new_sums) == ("IUPD ICPD", [12.0, 22.0])
        liver, lung = found.apart("liver"), found.apart("lung")
        assert (liver.overall, liver.new_sums) == ("IUPD IUPD", [12.0, 12.0])
        assert (lung.overall, lung.new_sums) == ("NED IUPD", [None, 10.0])

    def test_one_query_for_one_doubt(self, read) -> None:
        assert read("0 56 70", "T1 @liver: 50 62 62").queries == [("EARLY_SCAN", 70, None)]


TARGETS = st.sampled_from(["9", "20", "25", "31", "36", "50", "60", "67", "ABSENT", "NE"])
RESTS = st.sampled_from(["PRESENT", "PROGRESSED", "ABSENT", "NE"])
NEW = st.sampled_from(["12", "15", "17", "PRESENT", "ABSENT", "EQUIVOCAL"])


@st.composite
def courses(draw) -> tuple[list[int], dict[str, list[str]]]:
    """Reads at least 4 weeks apart, with new lesions that appear at the same time or not."""
    gaps = draw(st.lists(st.sampled_from([28, 35, 56]), min_size=1, max_size=4))
    days = [sum(gaps[:n]) for n in range(len(gaps) + 1)]
    later = len(gaps)
    rows = {"T1": ["50"], "T2 node": ["20"], "NT1": ["PRESENT"]}
    for label, row in rows.items():
        words = RESTS if label == "NT1" else TARGETS
        row.extend(draw(st.lists(words, min_size=later, max_size=later)))
    for label in ("N1", "N2"):
        since = draw(st.integers(1, later))
        seen = draw(st.lists(NEW, min_size=later + 1 - since, max_size=later + 1 - since))
        rows[label] = ["."] * since + seen
    return days, rows


def told(days: list[int], rows: dict[str, list[str]]) -> tuple[str, str]:
    cells = "; ".join(f"{label}: {' '.join(row)}" for label, row in rows.items())
    return " ".join(map(str, days)), cells


@given(course=courses())
def test_the_same_read_again_confirms_nothing(judge, course: Any) -> None:
    days, rows = course
    again = {label: [*row, row[-1]] for label, row in rows.items()}
    *_, before, last = judge("irecist", *told([*days, days[-1] + 28], again)).overall.split()
    assert last == before


@given(course=courses())
def test_a_read_that_sees_nothing_changes_nothing(judge, course: Any) -> None:
    """It is NE, or ICPD where that was confirmed; the reads around it are what they were."""
    days, rows = course
    *_, last = days
    unseen = {"N1": ".", "N2": "."}
    between = {label: [*row[:-1], unseen.get(label, "NE"), row[-1]] for label, row in rows.items()}
    with_it = judge("irecist", *told([*days[:-1], last - 1, last], between)).overall.split()
    assert with_it.pop(-2) in ("NE", "ICPD")
    assert with_it == judge("irecist", *told(days, rows)).overall.split()
