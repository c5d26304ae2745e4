"""Zhu 2013, clause by clause of "Evaluation of tumor response" (Radiat Oncol 2013;8:10).

Thresholds to the thousandth, and both switches, stand in tests/cases/zhu_2013.md.
"""

from functools import partial

import pytest

from recist import CRITERIA, describe
from recist.protocol import Measure, PdReference, Protocol


@pytest.fixture
def read(judge):
    return partial(judge, "zhu-2013")


class TestSumsOfProducts:
    """Measurable lesions count by the product of their diameters, in square millimetres."""

    def test_the_sum_is_of_products(self, read) -> None:
        (point,) = read("0 60", "T1: 50x40 40x35; T2: 20x10 14x10").answer.timepoints
        assert (point.baseline, point.sum, point.unit) == (2200.0, 1540.0, "mm2")
        assert (point.pr_at, point.pd_at) == (1540.0, 2640.0)

    def test_products_stay_exact(self, read) -> None:
        assert read("0 60", "T1: 50x40 10.001x9.999").sums == [99.999999]

    def test_fragments_add_their_products(self, read) -> None:
        assert read("0 60", "T1: 50x40 20x10+15x4").sums == [260.0]

    def test_a_merged_lesion_counts_once(self, read) -> None:
        assert read("0 60", "T1: 30x20 44x30; T2: 20x20 >T1").sums == [1320.0]

    def test_too_small_to_measure_counts_25(self, read) -> None:
        assert read("0 60", "T1: 30x20 TOO_SMALL; T2: 30x20 TOO_SMALL").sums == [50.0]

    def test_by_switch_it_is_of_longest_diameters(self, read) -> None:
        found = read("0 60", "T1: 50x40 40x35", measure=Measure.LONGEST_DIAMETER)
        (point,) = found.answer.timepoints
        assert (point.baseline, point.sum, point.unit) == (50.0, 40.0, "mm")

    def test_the_guideline_has_no_short_axes(self, read) -> None:
        found = read("0 60", "T1 node: 20x12 8x7", measure=Measure.LONGEST_DIAMETER)
        assert (found.sums, found.target) == ([8.0], "PR")


class TestProgression:
    """An increase of 20 % or more, or new lesions, is progression."""

    def test_the_rise_is_from_the_smallest_sum_with_the_baseline_in_it(self, read) -> None:
        found = read("0 60 120", "T1: 40x30 30x30 36x30")
        assert (found.overall, found.progressed) == ("SD PD", 120)
        assert read("0 60", "T1: 40x30 48x30").overall == "PD"

    def test_by_switch_it_is_from_the_baseline(self, read) -> None:
        found = read("0 60 120", "T1: 40x30 30x30 36x30", pd_reference=PdReference.BASELINE)
        assert found.overall == "SD SD"
        assert [t.pd_at for t in found.answer.timepoints] == [1440.0, 1440.0]

    def test_there_is_no_smallest_rise_in_millimetres(self, read) -> None:
        points = read("0 60 120", "T1: 3x2 ABSENT ABSENT; NT1: NE NE NE").answer.timepoints
        assert [t.pd_at for t in points] == [7.2, 0.000001]

    def test_any_new_lesion_is_one_even_a_small_node(self, read) -> None:
        found = read("0 60", "T1: 40x30 20x20; N1 node: . 8")
        assert (found.overall, found.queries) == ("PD", [])

    def test_a_non_target_that_progressed_unequivocally(self, read) -> None:
        assert read("0 60", "T1: 40x30 20x20; NT1: PRESENT PROGRESSED").overall == "PD"

    def test_a_part_of_the_targets_can_prove_it(self, read) -> None:
        assert read("0 60", "T1: 40x30 50x40; T2: 10x10 NE").overall == "PD"
        assert read("0 60", "T1: 40x30 20x10; T2: 10x10 NE").overall == "NE"


class TestCompleteResponse:
    """All clinically assessable disease has gone, for four weeks at least."""

    def test_targets_and_non_targets(self, read) -> None:
        found = read("0 60 88", "T1: 30x20 ABSENT ABSENT; NT1: PRESENT ABSENT ABSENT")
        assert (found.overall, found.best, found.responded) == ("CR CR", "CR", 60)

    def test_not_while_a_non_target_is_there(self, read) -> None:
        found = read("0 60 88", "T1: 30x20 ABSENT ABSENT; NT1: PRESENT PRESENT PRESENT")
        assert (found.overall, found.best) == ("PR PR", "PR")

    def test_a_node_must_go_altogether(self, read) -> None:
        assert read("0 60", "T1 node: 20x18 5x4").overall == "PR"
        assert read("0 60", "NT1 node: PRESENT 5x4").overall == "NON_CR_NON_PD"

    def test_what_comes_back_is_progression(self, read) -> None:
        assert read("0 60 120", "T1: 30x20 ABSENT 1x1").overall == "CR PD"


class TestMassAndMetastasesApart:
    """The rectal mass and the distant metastases are judged apart, each by its own sums."""

    CASE = "T1 @primary: 60x40 40x40 40x40; T2 @distant: 30x30 30x30 30x30"

    def test_each_has_its_own_sum_and_response(self, read) -> None:
        found = read("0 60 88", self.CASE)
        primary, distant = found.apart("primary"), found.apart("distant")
        assert (primary.sums, primary.overall, primary.best) == ([1600.0, 1600.0], "PR PR", "PR")
        assert (distant.sums, distant.overall, distant.best) == ([900.0, 900.0], "SD SD", "SD")
        assert (found.sums, found.overall) == ([2500.0, 2500.0], "SD SD")

    def test_a_new_lesion_counts_where_it_lies(self, read) -> None:
        found = read("0 60 88", f"{self.CASE}; N1 @distant: . PRESENT PRESENT")
        assert (found.apart("primary").best, found.apart("distant").best) == ("PR", "PD")
        assert (found.apart("primary").progressed, found.progressed) == (None, 60)

    def test_bone_alone_has_nothing_measurable(self, read) -> None:
        found = read("0 60 88", "T1 @primary: 60x40 40x40 40x40; NT1 @distant: PRESENT PRESENT .")
        bone = found.apart("distant")
        assert (bone.overall, bone.best, bone.sums) == (
            "NON_CR_NON_PD NE",
            "NON_CR_NON_PD",
            [None] * 2,
        )

    def test_the_day_of_the_evaluation_is_counted_from_the_start_of_treatment(self, read) -> None:
        points = read("0 70", "T1: 30x20 20x20", reference=10).answer.timepoints
        assert [t.day for t in points] == [60]


class TestInWords:
    """The same rules, laid beside the paper."""

    def test_sections_are_told_by_the_paper_or_the_guideline_it_cites(self) -> None:
        text = describe(CRITERIA["zhu-2013"])
        sections = {rule.says.split(" ")[0] for rule in (*text.target, *text.non_target)}
        assert sections == {"Evaluation", "RECIST", "EORTC"}
        assert all("recist-1.1" not in rule.rule for rule in text.overall)

    def test_a_switch_changes_the_words(self) -> None:
        protocol = Protocol(measure=Measure.LONGEST_DIAMETER, pd_reference=PdReference.BASELINE)
        plain, switched = (describe(CRITERIA["zhu-2013"], p) for p in (None, protocol))
        assert (plain.unit, switched.unit) == ("mm2", "mm")
        assert plain.size != switched.size
        assert "above the smallest" in plain.target[2].says
        assert "above baseline" in switched.target[2].says
        assert switched.switches["baseline_max_age_days"] == 14
