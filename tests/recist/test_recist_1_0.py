"""RECIST 1.0 (Therasse et al., J Natl Cancer Inst 2000;92:205-216), section by section.

Thresholds to the thousandth, and the switches, stand in tests/cases/recist_1_0.md.
"""

from datetime import date
from functools import partial

import pytest

import recist
from recist import (
    CRITERIA,
    Finding,
    Lesion,
    Read,
    Refused,
    Role,
    State,
    Timeline,
    describe,
)

HIGH = {56: {"markers_above_normal": True}}


@pytest.fixture
def read(judge):
    return partial(judge, "recist-1.0")


class TestSection31Measuring:
    """The longest diameter of every lesion, a node's too; 5 mm where too small to measure."""

    def test_a_node_by_its_longest_diameter(self, read) -> None:
        found = read("0 56", "T1: 60x40 42x30; T2 node: 30x18 21x9")
        assert (found.sums, found.target) == ([63.0], "PR")

    def test_its_short_axis_need_not_be_given(self) -> None:
        lesions = {"T1": Lesion(role=Role.TARGET, nodal=True)}
        findings = {"T1": Finding(state=State.MEASURED, longest_mm=30)}
        read = Read(on=date(2024, 1, 1), lesions=lesions, findings=findings)
        assert recist.assess(Timeline(criteria="recist-1.0", reads=(read,))).remarks == ()

    def test_alone_it_is_no_measure(self, timeline) -> None:
        with pytest.raises(Refused) as refused:
            recist.assess(timeline("recist-1.0", "0 56", "T1 node: 30x18 9"))
        assert [fault.at for fault in refused.value.faults] == [
            ("reads", 1, "findings", "T1", "longest_mm")
        ]

    def test_too_small_to_measure_counts_5_mm_of_a_node_too(self, read) -> None:
        found = read("0 56", "T1: 60 TOO_SMALL; T2 node: 30x18 TOO_SMALL")
        assert (found.sums, found.target) == ([10.0], "PR")

    def test_ten_targets_five_in_an_organ(self, read) -> None:
        ten = "; ".join(f"T{n} #{'liver' if n < 5 else 'lung'}: 20 20" for n in range(10))
        assert read("0 56", ten).remarks == []
        more = read("0 56", f"{ten}; T10 #liver: 20 20").remarks
        assert more == [("TOO_MANY_TARGETS", 0, None), ("TOO_MANY_TARGETS_PER_ORGAN", 0, None)]

    def test_fragments_and_merged_lesions(self, read) -> None:
        found = read("0 56 84", "T1: 50 20+15.5+6 60; T2: 20 20 >T1")
        assert found.sums == [61.5, 60.0]


class TestSection321Targets:
    """CR, PR at 30 % below baseline, PD at 20 % above the smallest sum, SD."""

    def test_the_lines(self, read) -> None:
        (point,) = read("0 56", "T1: 10 10").answer.timepoints
        assert (point.pr_at, point.pd_at, point.to_pr, point.to_pd) == (7.0, 12.0, 3.0, 2.0)

    def test_there_is_no_smallest_growth_in_millimetres(self, read, judge) -> None:
        cells = "T1: 10 10 12"
        assert read("0 56 112", cells).target == "SD PD"
        assert judge("recist-1.1", "0 56 112", cells).target == "SD SD"

    def test_from_nothing_any_growth(self, read) -> None:
        found = read("0 56 112", "T1: 30 ABSENT 0.001; NT1: PRESENT PRESENT PRESENT")
        assert (found.overall, found.answer.timepoints[1].pd_at) == ("PR PD", 0.001)

    def test_the_smallest_sum_is_before_this_read_and_includes_the_baseline(self, read) -> None:
        points = read("0 56 112 168", "T1: 50 55 40 45").answer.timepoints
        assert [t.nadir for t in points] == [50.0, 50.0, 40.0]

    def test_pd_before_pr(self, read) -> None:
        found = read("0 56 112", "T1: 100 40 48")
        assert (found.target, found.progressed) == ("PR PD", 112)
        assert found.rules[1][0] == "3.2.1-PD"


class TestSection322NonTargets:
    """Gone; incomplete response or stable, NON_CR_NON_PD on the wire; progressed."""

    @pytest.mark.parametrize(
        ("cells", "word"),
        [
            ("PRESENT ABSENT", "CR"),
            ("PRESENT PRESENT", "NON_CR_NON_PD"),
            ("PRESENT INCREASED", "NON_CR_NON_PD"),
            ("PRESENT TOO_SMALL", "NON_CR_NON_PD"),
            ("20 200", "NON_CR_NON_PD"),
            ("PRESENT PROGRESSED", "PD"),
            ("PRESENT NE", "NE"),
            ("PRESENT .", "NE"),
        ],
    )
    def test_one_lesion(self, read, cells: str, word: str) -> None:
        assert read("0 56", f"NT1: {cells}").non_target == word

    @pytest.mark.parametrize("cell", ["6x5", "TOO_SMALL", "14x9"])
    def test_a_node_is_not_judged_by_its_size(self, read, judge, cell: str) -> None:
        cells = f"NT1 node: PRESENT {cell}"
        assert read("0 56", cells).non_target == "NON_CR_NON_PD"
        assert judge("recist-1.1", "0 56", cells).non_target == "CR"

    def test_a_marker_must_be_normal(self, read) -> None:
        found = read("0 56 84", "T1: 30 ABSENT ABSENT; NT1: PRESENT ABSENT ABSENT", reads=HIGH)
        assert (found.non_target, found.overall) == ("NON_CR_NON_PD CR", "PR CR")

    @pytest.mark.parametrize("cell", ["6", "12x11", "PRESENT", "TOO_SMALL"])
    def test_a_new_node_counts_at_any_size(self, read, cell: str) -> None:
        found = read("0 56", f"T1: 30 20; N1 node: . {cell}")
        assert (found.new, found.overall, found.queries) == ("UNEQUIVOCAL", "PD", [])


CELLS = {
    "CR": "ABSENT",
    "PR": "35",
    "SD": "50",
    "PD": "60",
    "NE": "NE",
}
REST = {"CR": "ABSENT", "NON_CR_NON_PD": "PRESENT", "PD": "PROGRESSED", "NE": "NE"}


class TestSection323OverallResponse:
    """Incomplete response or SD of the non-targets caps a CR at PR, and nothing else."""

    @pytest.mark.parametrize(
        ("target", "rest", "new", "overall"),
        [
            ("CR", "CR", ".", "CR"),
            ("CR", "NON_CR_NON_PD", ".", "PR"),
            ("CR", "NE", ".", "PR"),
            ("PR", "CR", ".", "PR"),
            ("PR", "NON_CR_NON_PD", ".", "PR"),
            ("PR", "NE", ".", "PR"),
            ("SD", "CR", ".", "SD"),
            ("SD", "NON_CR_NON_PD", ".", "SD"),
            ("SD", "NE", ".", "SD"),
            ("NE", "CR", ".", "NE"),
            ("PD", "CR", ".", "PD"),
            ("CR", "PD", ".", "PD"),
            ("NE", "PD", ".", "PD"),
            ("CR", "CR", "PRESENT", "PD"),
            ("SD", "NE", "PRESENT", "PD"),
            ("NE", "NE", "PRESENT", "PD"),
            ("PR", "NON_CR_NON_PD", "EQUIVOCAL", "PR"),
        ],
    )
    def test_row(self, read, target: str, rest: str, new: str, overall: str) -> None:
        new = "" if new == "." else f"; N1: . {new}"
        found = read("0 56", f"T1: 50 {CELLS[target]}; NT1: PRESENT {REST[rest]}{new}")
        assert (found.target, found.non_target, found.overall) == (target, rest, overall)

    def test_an_equivocal_lesion_that_proves_real_dates_progression_back(self, read) -> None:
        found = read("0 56 84", "T1: 30 20 20; N1: . EQUIVOCAL PRESENT")
        assert (found.final, found.progressed, found.best) == ("PD PD", 56, "PD")

    def test_no_disease_at_baseline(self, read) -> None:
        assert read("0 56 84", "N1: . . PRESENT").overall == "NED PD"


class TestSection33BestOverallResponse:
    """CR and PR must be confirmed no less than four weeks later."""

    def test_by_default(self, read) -> None:
        found = read("0 56 83", "T1: 50 35 35")
        assert (found.best, found.unconfirmed, found.responded) == ("SD", "PR", None)
        found = read("0 56 84", "T1: 50 35 35")
        assert (found.best, found.responded) == ("PR", 56)

    def test_disease_after_a_cr_is_pd_and_queried(self, read) -> None:
        found = read("0 56 112", "T1: 50 ABSENT 2")
        assert (found.overall, found.best) == ("CR PD", "SD")
        assert found.queries == [("DISEASE_AFTER_CR", 112, None)]

    def test_a_drift_above_the_line_is_queried(self, read) -> None:
        assert read("0 56 84", "T1: 50 35 36").queries == [("PR_DRIFT", 84, None)]


class TestInWords:
    def test_no_5_mm_and_no_short_axis(self) -> None:
        text = describe(CRITERIA["recist-1.0"])
        rules = [rule.says for rule in (*text.target, *text.non_target)]
        assert not [says for says in rules if "mm" in says]
        assert (text.targets_in_all, text.targets_per_organ, text.nodes) == (10, 5, None)

    def test_of_its_own_paper_or_of_the_one_that_is_named(self) -> None:
        text = describe(CRITERIA["recist-1.0"])
        rules = (*text.target, *text.non_target, *text.overall)
        heads = {rule.says.split(":")[0].split(" ")[0].rstrip(",") for rule in rules}
        assert heads <= {"3.2.1", "3.2.2", "3.2.3", "3.3", "EORTC", "No"}
