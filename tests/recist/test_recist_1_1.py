"""RECIST 1.1, section by section; thresholds to the thousandth stand in tests/cases/recist_1_1.md.

Section numbers are those of Eisenhauer et al., Eur J Cancer 2009;45:228-247.
"""

from datetime import date
from functools import partial

import pytest

import recist
from recist import Finding, Lesion, Read, Role, State, Timeline


@pytest.fixture
def read(judge):
    return partial(judge, "recist-1.1")


def test_how_far_the_next_category_was(read) -> None:
    points = read("0 56 84 112 140 168", "T1: 50 40 35 42 30 50").answer.timepoints
    lines = [(35.0, 60.0), (35.0, 48.0), (35.0, 42.0), (35.0, 42.0), (35.0, 36.0)]
    assert [(p.pr_at, p.pd_at) for p in points] == lines
    left = [(5.0, 20.0), (0.0, 13.0), (7.0, 0.0), (0.0, 12.0), (15.0, 0.0)]
    assert [(p.to_pr, p.to_pd) for p in points] == left


@pytest.mark.parametrize(
    ("cells", "decisive"),
    [
        ("NT1: PRESENT PROGRESSED; NT2: PRESENT PRESENT", ("NT1",)),
        ("NT1: PRESENT ABSENT; NT2: PRESENT PRESENT", ("NT2",)),
        ("NT1: PRESENT NE; NT2: PRESENT PRESENT", ("NT1",)),
        ("NT1: PRESENT ABSENT; NT2: PRESENT ABSENT", ()),
    ],
)
def test_a_reason_names_the_lesions_that_decided(read, cells: str, decisive) -> None:
    (point,) = read("0 56", cells).answer.timepoints
    assert point.because[0].lesions == decisive


def test_non_targets_alone_have_reasons_too(read) -> None:
    assert read("0 56", "NT1: PRESENT ABSENT").rules == [["4.3.3-CR", "Table-2-row-9"]]


class TestSection41MeasuringTargets:
    """A lesion counts by its longest diameter, a node by its short axis; 5 mm if too small."""

    def test_both_diameters_may_be_given_and_each_lesion_takes_its_own(self, read) -> None:
        assert read("0 56", "T1: 60x41.5 42x30; T2 node: 30x18 12x9").sums == [51.0]

    def test_too_small_to_measure_counts_5_mm(self, read) -> None:
        assert read("0 56", "T1: 60 TOO_SMALL; T2 node: 18 TOO_SMALL").sums == [10.0]

    def test_what_can_be_measured_counts_as_measured_however_small(self, read) -> None:
        assert read("0 56", "T1: 60 3").sums == [3.0]

    def test_what_has_gone_counts_nothing(self, read) -> None:
        assert read("0 56", "T1: 60 ABSENT; T2: 20 15").sums == [15.0]

    def test_a_normal_node_keeps_its_value_in_the_sum(self, read) -> None:
        found = read("0 56", "T1: 40 ABSENT; T2 node: 20 9.4")
        assert (found.sums, found.target) == ([9.4], "CR")


class TestSplitLesions:
    """Fragments of a lesion count together, and are not new lesions (4.1, appendix)."""

    def test_their_longest_diameters_are_added(self, read) -> None:
        found = read("0 56", "T1: 50 20+15.5+6")
        assert (found.sums, found.target, found.new) == ([41.5], "SD", "NONE")

    def test_fragments_of_a_node_add_their_short_axes(self, read) -> None:
        found = read("0 56", "T1 node: 40x20 20x9+14x8")
        assert (found.sums, found.target) == ([17.0], "CR")

    def test_one_fragment_of_10_mm_keeps_the_node_there(self, read) -> None:
        assert read("0 56", "T1 node: 40x20 20x9+14x10").target == "SD"


class TestMergedLesions:
    """Lesions that cannot be told apart count once, by the diameter of the whole."""

    def test_the_merged_one_adds_nothing(self, read) -> None:
        found = read("0 56", "T1: 30 44; T2: 20 >T1")
        assert (found.sums, found.target) == ([44.0], "SD")

    def test_merging_is_neither_missing_nor_gone(self, read) -> None:
        assert read("0 56", "T1: 30 4; T2: 20 >T1").target == "PR"

    def test_nodes_that_merged_into_a_normal_one_have_gone(self, read) -> None:
        found = read("0 56", "T1 node: 18 9.9; T2 node: 16 >T1")
        assert (found.sums, found.target) == ([9.9], "CR")

    def test_nodes_that_merged_into_a_large_one_have_not(self, read) -> None:
        assert read("0 56", "T1 node: 18 10; T2 node: 16 >T1").target == "PR"

    def test_lesions_may_part_again(self, read) -> None:
        assert read("0 56 84", "T1: 30 44 25; T2: 20 >T1 15").sums == [44.0, 40.0]


class TestSection431Targets:
    """CR before PD before PR before SD; PD from the smallest sum, PR from baseline."""

    def test_the_nadir_is_before_this_read_and_includes_the_baseline(self, read) -> None:
        points = read("0 56 112 168", "T1: 50 60 40 45").answer.timepoints
        assert [t.nadir for t in points] == [50.0, 50.0, 40.0]
        assert [t.change_from_nadir_percent for t in points] == [20.0, -20.0, 12.5]
        assert [t.change_from_baseline_percent for t in points] == [20.0, -20.0, -10.0]

    def test_the_lines_say_where_the_response_would_have_turned(self, read) -> None:
        (point,) = read("0 56", "T1: 20 20").answer.timepoints
        assert (point.pr_at, point.pd_at) == (14.0, 25.0)
        (point,) = read("0 56", "T1: 60 50; T2: 40 30").answer.timepoints
        assert (point.pr_at, point.pd_at) == (70.0, 120.0)

    def test_a_part_can_reach_the_line_of_pd_alone(self, read) -> None:
        (point,) = read("0 56", "T1: 60 50; T2: 40 NE").answer.timepoints
        assert (point.pr_at, point.pd_at) == (None, 120.0)
        assert (point.sum, point.partial_sum) == (None, 50.0)
        assert point.change_from_baseline_percent is None

    def test_where_nothing_was_evaluated_there_is_no_partial_sum(self, read) -> None:
        (point,) = read("0 56", "T1: 60 NE; NT1: PRESENT PRESENT").answer.timepoints
        assert (point.sum, point.partial_sum, point.overall) == (None, None, "NE")

    def test_where_there_are_no_targets_there_are_no_sums(self, read) -> None:
        (point,) = read("0 56", "NT1: PRESENT PRESENT").answer.timepoints
        assert (point.sum, point.baseline, point.nadir, point.target) == (None, None, None, "NA")
        assert (point.pr_at, point.pd_at) == (None, None)

    def test_lesions_may_come_back_without_a_cr_before(self, read) -> None:
        found = read("0 56 112", "T1: 60 60 58; T2: 20 ABSENT 4")
        assert (found.sums, found.overall) == ([60.0, 62.0], "SD SD")

    def test_the_rule_that_decided_is_named(self, read) -> None:
        found = read("0 56 112 168", "T1: 100 70 84 ABSENT")
        assert [rules[0] for rules in found.rules] == ["4.3.1-PR", "4.3.1-PD", "4.3.1-CR"]


class TestSection433NonTargets:
    """Gone, still there, or unequivocally progressed: in the reader's words."""

    @pytest.mark.parametrize(
        ("cells", "word"),
        [
            ("PRESENT ABSENT", "CR"),
            ("PRESENT PRESENT", "NON_CR_NON_PD"),
            ("PRESENT TOO_SMALL", "NON_CR_NON_PD"),
            ("PRESENT INCREASED", "NON_CR_NON_PD"),
            ("PRESENT PROGRESSED", "PD"),
            ("PRESENT NE", "NE"),
            ("PRESENT .", "NE"),
            ("PRESENT REMOVED", "NE"),
        ],
    )
    def test_one_lesion(self, read, cells: str, word: str) -> None:
        assert read("0 56", f"NT1: {cells}").non_target == word

    def test_sizes_decide_nothing(self, read) -> None:
        assert read("0 56", "NT1: 20 200").non_target == "NON_CR_NON_PD"

    @pytest.mark.parametrize(("cell", "word"), [("9.999", "CR"), ("10", "NON_CR_NON_PD")])
    def test_but_a_node_below_10_mm_has_gone(self, read, cell: str, word: str) -> None:
        assert read("0 56", f"NT1 node: 12 {cell}").non_target == word

    def test_a_node_too_small_to_measure_has_gone(self, read) -> None:
        assert read("0 56", "NT1 node: 12 TOO_SMALL").non_target == "CR"

    def test_one_not_evaluated_decides_beside_one_that_persists(self, read) -> None:
        """It may have progressed; where another one has, that decides."""
        assert read("0 56", "NT1: PRESENT NE; NT2: PRESENT PRESENT").non_target == "NE"
        assert read("0 56", "NT1: PRESENT NE; NT2: PRESENT PROGRESSED").non_target == "PD"

    def test_one_not_evaluated_costs_no_more_than_the_cr(self, read) -> None:
        rest = "NT1: PRESENT NE; NT2: PRESENT PRESENT"
        assert read("0 56", f"T1: 50 30; {rest}").overall == "PR"
        assert read("0 56", f"T1: 50 45; {rest}").overall == "SD"
        assert read("0 56", f"T1: 50 ABSENT; {rest}").overall == "PR"

    def test_one_not_evaluated_decides_beside_one_that_has_gone(self, read) -> None:
        assert read("0 56", "NT1: PRESENT NE; NT2: PRESENT ABSENT").non_target == "NE"

    def test_progression_stands_only_while_it_is_said(self, read) -> None:
        found = read("0 56 84 112", "NT1: PRESENT PROGRESSED PROGRESSED PRESENT")
        assert found.non_target == "PD PD NON_CR_NON_PD"

    def test_increased_after_progressed_is_progressed(self, read) -> None:
        found = read("0 56 84 112", "NT1: PRESENT PROGRESSED NE INCREASED")
        assert found.non_target == "PD NE PD"

    def test_also_where_it_was_treated_or_not_looked_at_in_between(self, read) -> None:
        found = read("0 56 84 112", "NT1: PRESENT PROGRESSED REMOVED INCREASED")
        assert found.non_target == "PD NE PD"

    def test_a_node_that_is_called_larger_is_there_at_any_size(self) -> None:
        node = Lesion(role=Role.NON_TARGET, nodal=True)
        larger = Finding(state=State.INCREASED, short_axis_mm=8)
        reads = (
            Read(on=date(2024, 1, 1), lesions={"NT1": node}),
            Read(on=date(2024, 2, 26), findings={"NT1": larger}),
        )
        answer = recist.assess(Timeline(criteria="recist-1.1", reads=reads))
        assert answer.timepoints[0].non_target == "NON_CR_NON_PD"

    def test_and_so_on_for_as_long_as_it_is_said(self, read) -> None:
        found = read("0 56 84 112", "NT1: PRESENT PROGRESSED INCREASED INCREASED")
        assert found.non_target == "PD PD PD"

    def test_increased_after_present_is_present_again(self, read) -> None:
        found = read("0 56 84 112", "NT1: PRESENT PROGRESSED PRESENT INCREASED")
        assert found.non_target == "PD NON_CR_NON_PD NON_CR_NON_PD"


class TestReasons:
    """A reason names the lesions that made its rule hold, where the rule does not weigh all."""

    def lesions(self, found) -> list[tuple[str, ...]]:
        return [reason.lesions for reason in found.answer.timepoints[0].because]

    def test_new_lesions_where_they_decide(self, read) -> None:
        found = read("0 56", "T1: 50 50; N1: . PRESENT; N2: . EQUIVOCAL; N3: . PRESENT")
        assert self.lesions(found) == [(), (), ("N1", "N3")]

    def test_not_where_something_else_does(self, read) -> None:
        found = read("0 56", "T1: 50 70; N1: . PRESENT")
        assert self.lesions(found) == [(), (), ()]

    def test_targets_that_were_not_evaluated(self, read) -> None:
        found = read("0 56", "T1: 50 NE; T2: 20 20; NT1: PRESENT NE; NT2: PRESENT PRESENT")
        assert self.lesions(found) == [("T1",), ("NT1",), ()]

    def test_lesions_that_came_back_after_a_cr(self, read) -> None:
        found = read("0 56 112", "T1: 50 ABSENT 4; T2: 20 ABSENT ABSENT; NT1: PRESENT ABSENT 9")
        reasons = found.answer.timepoints[1].because
        assert [reason.lesions for reason in reasons] == [("T1",), ("NT1",), ()]


HIGH = {56: {"markers_above_normal": True}}


class TestTumourMarkers:
    """A marker raised at baseline must be normal for a CR, and decides nothing else (4.3.3)."""

    def test_no_cr_while_it_is_above_normal(self, read) -> None:
        found = read("0 56 84", "T1: 30 ABSENT ABSENT; NT1: PRESENT ABSENT ABSENT", reads=HIGH)
        assert (found.non_target, found.overall) == ("NON_CR_NON_PD CR", "PR CR")

    def test_nor_without_any_non_target(self, read) -> None:
        found = read("0 56 84", "T1: 30 ABSENT ABSENT", reads=HIGH)
        assert (found.non_target, found.overall) == ("NON_CR_NON_PD NA", "PR CR")

    def test_it_takes_no_pr_and_makes_no_pd(self, read) -> None:
        assert read("0 56", "T1: 30 20", reads=HIGH).overall == "PR"
        assert read("0 56", "T1: 30 30; NT1: PRESENT NE", reads=HIGH).non_target == "NE"

    def test_it_speaks_of_the_whole_patient_alone(self, read) -> None:
        found = read("0 56", "T1 @primary: 30 ABSENT", reads=HIGH)
        assert (found.overall, found.apart("primary").overall) == ("PR", "CR")


class TestTable1:
    """Targets, non-targets and new lesions together, where there are targets."""

    @pytest.mark.parametrize(
        ("findings", "overall"),
        [
            ("T1: 30 ABSENT; NT1: PRESENT ABSENT", "CR"),
            ("T1: 30 ABSENT", "CR"),
            ("T1: 30 ABSENT; NT1: PRESENT PRESENT", "PR"),
            ("T1: 30 ABSENT; NT1: PRESENT NE", "PR"),
            ("T1: 30 20; NT1: PRESENT ABSENT", "PR"),
            ("T1: 30 20; NT1: PRESENT NE", "PR"),
            ("T1: 30 30; NT1: PRESENT ABSENT", "SD"),
            ("T1: 30 NE; NT1: PRESENT PRESENT", "NE"),
            ("T1: 30 NE; NT1: PRESENT PROGRESSED", "PD"),
            ("T1: 30 40; NT1: PRESENT ABSENT", "PD"),
            ("T1: 30 ABSENT; NT1: PRESENT PROGRESSED", "PD"),
            ("T1: 30 ABSENT; N1: . PRESENT", "PD"),
            ("T1: 30 20; NT1: PRESENT PRESENT; N1: . EQUIVOCAL", "PR"),
            ("T1: 30 NE; N1: . PRESENT", "PD"),
        ],
    )
    def test_row(self, read, findings: str, overall: str) -> None:
        assert read("0 56", findings).overall == overall


class TestTable2:
    """Non-targets alone; and no disease at all, until there is a new lesion."""

    @pytest.mark.parametrize(
        ("findings", "overall"),
        [
            ("NT1: PRESENT ABSENT", "CR"),
            ("NT1: PRESENT PRESENT", "NON_CR_NON_PD"),
            ("NT1: PRESENT NE", "NE"),
            ("NT1: PRESENT PROGRESSED", "PD"),
            ("NT1: PRESENT ABSENT; N1: . PRESENT", "PD"),
            ("NT1: PRESENT NE; N1: . EQUIVOCAL", "NE"),
        ],
    )
    def test_row(self, read, findings: str, overall: str) -> None:
        assert read("0 56", findings).overall == overall

    def test_no_disease_until_a_new_lesion(self, read) -> None:
        found = read("0 56 84 112", "N1: . . EQUIVOCAL PRESENT")
        assert (found.overall, found.final) == ("NED NED PD", "NED PD PD")
        assert (found.best, found.progressed) == ("PD", 84)

    def test_no_disease_throughout(self, read) -> None:
        found = read("0 56 84", "")
        assert (found.overall, found.best) == ("NED NED", "NED")

    def test_a_baseline_may_stand_alone(self, read) -> None:
        found = read("0", "T1: 30")
        assert (found.overall, found.best, found.unconfirmed) == ("", "NE", "NE")


class TestTable3NoteA:
    """Disease after a true CR is PD at that read, whatever its size."""

    def test_a_target_that_is_back_is_pd_however_small(self, read) -> None:
        found = read("0 56 112", "T1: 30 ABSENT 2; T2: 30 ABSENT ABSENT")
        assert (found.overall, found.rules[1][0]) == ("CR PD", "Table-3-note-a-RETURNED")
        assert ("DISEASE_AFTER_CR", 112, None) in found.queries

    def test_even_where_another_target_was_not_evaluated(self, read) -> None:
        assert read("0 56 112", "T1: 30 ABSENT 2; T2: 30 ABSENT NE").overall == "CR PD"

    def test_after_a_cr_there_are_no_lines(self, read) -> None:
        point = read("0 56 112", "T1: 30 ABSENT 2").answer.timepoints[1]
        assert (point.pr_at, point.pd_at) == (None, None)

    def test_a_non_target_that_is_back_is_pd(self, read) -> None:
        found = read("0 56 112", "T1: 30 ABSENT ABSENT; NT1: PRESENT ABSENT PRESENT")
        assert (found.overall, found.target) == ("CR PD", "CR CR")
        assert found.rules[1][1] == "Table-3-note-a-REST"

    def test_a_non_target_node_only_if_it_has_progressed(self, read) -> None:
        cells = "T1: 30 ABSENT ABSENT; NT1 node: 12 9"
        assert read("0 56 112", f"{cells} 11").overall == "CR PR"
        assert read("0 56 112", f"{cells} PROGRESSED").overall == "CR PD"

    def test_not_evaluated_is_not_disease(self, read) -> None:
        found = read("0 56 84 112", "T1: 30 ABSENT NE ABSENT")
        assert (found.overall, found.best, found.queries) == ("CR NE CR", "CR", [])

    def test_a_target_cr_beside_other_disease_was_none(self, read) -> None:
        found = read("0 56 112", "T1: 30 ABSENT 4; NT1: PRESENT PRESENT PRESENT")
        assert (found.overall, found.queries) == ("PR PR", [])


class TestProgressionByItsScans:
    """A read of several days progressed on the first day by which its scans prove it."""

    def test_the_scan_that_alone_proves_it(self, read) -> None:
        found = read("0 56", "T1: 50 20^50; N1: . PRESENT^48; NT1: PRESENT PRESENT^52")
        assert (found.overall, found.progressed) == ("PD", 48)

    def test_a_sum_that_needs_two_scans(self, read) -> None:
        assert read("0 56", "T1: 50 60^50; T2: 50 75^53; T3: 10 10^56").progressed == 53

    def test_a_part_that_proves_it_before_the_rest(self, read) -> None:
        assert read("0 56", "T1: 50 120^50; T2: 50 50^53").progressed == 50

    def test_what_has_no_day_of_its_own_was_scanned_on_the_read(self, read) -> None:
        assert read("0 56", "T1: 50 120; T2: 50 50^53").progressed == 56
        assert read("0 56", "T1: 50 120^53; T2: 50 50").progressed == 53

    def test_a_read_that_says_nothing_of_a_new_lesion_is_dated_by_itself(self, read) -> None:
        found = read("0 56 112", "N1: . NOT_EVALUABLE PRESENT; N2: . PRESENT .")
        assert (found.overall, found.progressed) == ("PD PD", 56)
        assert read("0 56 112", "T1: 50 50 50; N1: . PRESENT .").overall == "PD PD"

    def test_a_response_has_the_date_of_the_read(self, read) -> None:
        found = read("0 56 84", "T1: 50 20^50 20^80")
        assert (found.responded, found.progressed) == (56, None)

    def test_without_dates_of_scans_it_is_that_of_the_read(self, read) -> None:
        assert read("0 56 84", "T1: 50 20 70").progressed == 84


class TestSection442NormalNodesProveNothing:
    """A part proves PD only where whatever is missing could not undo it."""

    def test_growth_of_normal_nodes_alone_is_no_progression(self, read) -> None:
        """With the liver lesion gone this would be a CR, so the nodes' growth is no proof."""
        assert read("0 56 112", "T2 node: 20 4 9.5; T1: 20 ABSENT NE").target == "CR NE"
