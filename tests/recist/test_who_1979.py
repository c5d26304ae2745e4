"""WHO 1979 (Miller et al., Cancer 1981;47:207-214): sums of products, progression lesion by lesion.

Thresholds to the thousandth, and the switches, stand in tests/cases/who_1979.md.
"""

from functools import partial

import pytest

import recist
from recist import CRITERIA, Refused, describe
from recist.protocol import PdScope, Protocol, PrPersistence, RemovedTarget

BY_SUM = {"pd_scope": PdScope.SUM}
COUNTS_NOTHING = {"removed_target": RemovedTarget.ZERO}


@pytest.fixture
def read(judge):
    return partial(judge, "who-1979")


@pytest.fixture
def refused(timeline):
    def faults(*args: object, **more: object) -> list[tuple[str | int, ...]]:
        with pytest.raises(Refused) as found:
            recist.assess(timeline("who-1979", *args, **more))
        return [fault.at for fault in found.value.faults]

    return faults


class TestSumsOfProducts:
    """Measurable disease counts by the product of two diameters, in square millimetres."""

    def test_the_sum_is_of_products(self, read) -> None:
        (point,) = read("0 56", "T1: 40x30 30x20; T2: 20x20 20x10").answer.timepoints
        assert (point.baseline, point.sum, point.unit) == (1600.0, 800.0, "mm2")
        assert (point.nadir, point.change_from_baseline_percent) == (1600.0, -50.0)

    def test_products_stay_exact(self, read) -> None:
        assert read("0 56", "T1: 50x40 10.001x9.999").sums == [99.999999]

    def test_too_small_to_measure_counts_25(self, read) -> None:
        found = read("0 56", "T1: 30x20 TOO_SMALL; T2: 30x20 TOO_SMALL")
        assert (found.sums, found.target) == ([50.0], "PR")

    def test_fragments_add_their_products(self, read) -> None:
        assert read("0 56", "T1: 50x40 20x10+15x4").sums == [260.0]

    def test_merged_lesions_count_once(self, read) -> None:
        assert read("0 56", "T1: 30x20 44x30; T2: 20x20 >T1").sums == [1320.0]

    def test_no_number_of_targets_is_too_many(self, read) -> None:
        many = "; ".join(f"T{n} #liver: 20x20 20x20" for n in range(12))
        found = read("0 56", many)
        assert (found.sums, found.remarks) == ([4800.0], [])

    def test_of_a_node_too(self, read) -> None:
        assert read("0 56", "T1 node: 30x20 20x10").sums == [200.0]

    @pytest.mark.parametrize("label", ["T1", "T1 node"])
    def test_without_the_second_diameter_there_is_no_product(self, refused, label: str) -> None:
        cells = {"T1": "30x20 25", "T1 node": "30x20 9"}[label]
        missing = {"T1": "short_axis_mm", "T1 node": "longest_mm"}[label]
        assert refused("0 56", f"{label}: {cells}") == [("reads", 1, "findings", "T1", missing)]

    def test_nor_of_fragments(self, refused) -> None:
        at = ("reads", 1, "findings", "T1", "fragments_short_mm")
        assert refused("0 56", "T1: 30x20 15+10") == [at]


class TestProgressionOfOneLesion:
    """PD: one or more single lesions 25 % or more above their own smallest products."""

    CASE = ("0 28 56", "T1: 20x20 16x16 20x16; T2: 30x30 30x30 25x25")

    def test_the_lesions_that_grew_are_named(self, read) -> None:
        found = read("0 56", "T1: 20x20 25x20; T2: 20x20 24.999x20; T3: 20x20 30x20")
        reason = found.answer.timepoints[0].because[0]
        assert (reason.rule, reason.lesions) == ("who-1979/Measurable-disease-PD", ("T1", "T3"))

    def test_there_is_no_sum_at_which_it_begins(self, read) -> None:
        (point,) = read("0 56", "T1: 20x20 20x20").answer.timepoints
        assert (point.pr_at, point.pd_at, point.to_pd) == (200.0, None, None)

    def test_by_switch_there_is(self, read) -> None:
        (point,) = read("0 56", "T1: 20x20 20x20", **BY_SUM).answer.timepoints
        assert (point.pr_at, point.pd_at, point.to_pd) == (200.0, 500.0, 100.0)

    def test_each_has_a_smallest_of_its_own_at_a_time_of_its_own(self, read) -> None:
        assert read(*self.CASE).target == "NC PD"
        assert read(*self.CASE, **BY_SUM).target == "NC NC"

    def test_what_was_seen_beside_an_unknown_one_is_remembered(self, read) -> None:
        cells = "T1: 40x30 30x30 37.5x30; T2: 20x20 NE 20x20"
        assert read("0 28 56", cells).target == "NE PD"
        assert read("0 28 56", cells, **BY_SUM).target == "NE NC"

    def test_one_that_had_gone_and_is_there_again_grew_from_nothing(self, read) -> None:
        cells = "T1: 20x20 ABSENT 2x2; T2: 40x40 40x40 40x40"
        found = read("0 56 112", cells)
        assert (found.target, found.progressed) == ("NC PD", 112)
        assert found.answer.timepoints[1].because[0].lesions == ("T1",)
        assert read("0 56 112", cells, **BY_SUM).target == "NC NC"

    def test_one_that_was_removed_and_counts_nothing_is_no_growth(self, read) -> None:
        found = read(
            "0 56 84", "T1: 40x40 REMOVED REMOVED; T2: 20x20 20x20 20x20", **COUNTS_NOTHING
        )
        assert found.target == "PR PR"


class TestMergedAndParted:
    """Lesions that have merged are weighed together, against what they were together."""

    def test_the_first_time_against_their_smallest_products(self, read) -> None:
        found = read("0 56", "T1: 20x20 40x25; T2: 20x20 >T1")
        assert (found.sums, found.target) == ([1000.0], "PD")
        assert found.answer.timepoints[0].because[0].lesions == ("T1", "T2")
        assert read("0 56", "T1: 20x20 40x24.999; T2: 20x20 >T1").target == "NC"

    def test_then_against_the_smallest_of_the_whole(self, read) -> None:
        found = read("0 28 56", "T1: 20x20 20x20 25x20; T2: 20x20 >T1 >T1")
        assert found.target == "PR PD"

    def test_parted_each_against_its_own(self, read) -> None:
        assert read("0 28 56", "T1: 20x20 40x20 20x20; T2: 20x20 >T1 20x20").target == "NC NC"

    def test_a_third_that_joins_two_is_weighed_with_their_smallest_together(self, read) -> None:
        """300 and 100 mm2 were the smallest; as one they are 500 mm2, 25 % more."""
        cells = "T1: 20x20 20x15 25x20; T2: 20x20 >T1 >T1; T3: 10x10 10x10 >T1"
        assert read("0 28 56", cells).target == "PR PD"
        assert read("0 28 56", cells, **BY_SUM).target == "PR PD"

    def test_merged_again_they_are_weighed_with_what_they_were_in_between(self, read) -> None:
        """800, then 200 apart, then 500 mm2 together."""
        cells = "T1: 20x20 40x20 10x10 25x20; T2: 20x20 >T1 10x10 >T1"
        assert read("0 28 56 84", cells).target == "NC PR PD"

    def test_in_any_order_of_their_scans(self, read) -> None:
        """The day on which the one was scanned, the other that holds the diameter was not yet."""
        found = read("0 56", "T1: 20x20 40x40^53; T2: 20x20 >T1^50")
        assert (found.target, found.progressed) == ("PD", 53)

    def test_a_split_lesion_is_weighed_whole(self, read) -> None:
        assert read("0 56", "T1: 20x20 20x15+20x10").target == "PD"
        assert read("0 56", "T1: 20x20 20x15+19.999x10").target == "NC"

    def test_whichever_of_them_holds_the_diameter(self, read) -> None:
        found = read("0 28 56", "T1: 20x20 >T2 30x13; T2: 20x20 20x15 >T1")
        assert found.overall == "PR PD"  # 300 to 390 mm2 together

    def test_the_least_of_all_parts_that_they_were_seen_in(self, read) -> None:
        found = read(
            "0 28 56 84",
            "T1: 20x20 30x30 10x10 20x20; T2: 20x20 >T1 >T1 >T1; T3: 20x20 >T1 10x10 >T1",
        )
        assert found.overall == "NC PR PD"  # 900 as one, then 100 and 100, now 400 mm2

    def test_to_the_last_square_of_a_thousandth(self, read) -> None:
        """4 and 4 become 9, which is an eighth more; a quarter would be 10."""
        smallest = "T1: 0.002x0.002 {}; T2: 0.002x0.002 >T1"
        assert read("0 56", smallest.format("0.003x0.003")).overall == "NC"
        assert read("0 56", smallest.format("0.005x0.002")).overall == "PD"


class TestNoChange:
    """The paper's word for stable disease, wherever RECIST would say SD."""

    STABLE = ("0 56", "T1: 40x30 40x30; NT1: PRESENT PRESENT")

    def test_of_the_targets_of_the_read_and_of_the_course(self, read) -> None:
        found = read(*self.STABLE)
        assert (found.target, found.overall, found.final) == ("NC", "NC", "NC")
        assert (found.best, found.unconfirmed) == ("NC", "NC")

    def test_in_compartments_too(self, read) -> None:
        found = read("0 56", "T1 @liver: 40x30 40x30").apart("liver")
        assert (found.target, found.overall, found.best) == ("NC", "NC", "NC")

    def test_a_response_that_was_not_confirmed_is_nc_at_best(self, read) -> None:
        found = read("0 56 84", "T1: 40x30 30x20 50x40")
        assert (found.best, found.unconfirmed) == ("NC", "PR")

    def test_no_rule_or_row_says_sd(self) -> None:
        text = describe(CRITERIA["who-1979"])
        rules = (*text.target, *text.non_target, *text.overall)
        assert "SD" not in {rule.response for rule in rules}
        assert not [rule.says for rule in rules if " SD" in rule.says]

    def test_a_drift_above_the_line_is_queried(self, read) -> None:
        found = read("0 56 84 112", "T1: 40x30 30x20 30x20 33x20")
        assert (found.overall, found.best) == ("PR PR NC", "PR")
        assert found.queries == [("PR_DRIFT", 112, None)]

    def test_it_breaks_a_run_of_pr_that_would_be_kept(self, read) -> None:
        faq = {"pr_persistence": PrPersistence.EORTC_FAQ}
        found = read("0 42 56 70 84", "T1: 40x30 30x20 33x20 30x20 33x20", **faq)
        assert found.overall == "PR NC PR NC"


class TestOtherDisease:
    """Combined response: what cannot be measured, new lesions, and what came back."""

    def test_new_lesions_count_at_any_size(self, read) -> None:
        found = read("0 56", "T1: 40x30 10x10; N1 node: . 8x6")
        assert (found.overall, found.new, found.queries) == ("PD", "UNEQUIVOCAL", [])

    def test_an_equivocal_one_is_progression_from_when_it_was_first_seen(self, read) -> None:
        cells = "T1: 40x30 30x20 30x20; N1: . EQUIVOCAL PRESENT"
        found = read("0 56 84", cells)
        assert (found.overall, found.final, found.progressed) == ("PR PD", "PD PD", 56)

    def test_a_node_among_them_is_not_judged_by_its_size(self, read) -> None:
        assert read("0 56", "T1: 40x30 ABSENT; NT1 node: PRESENT 6x5").overall == "PR"

    def test_disease_after_a_cr(self, read) -> None:
        found = read("0 56 112", "T1: 40x30 ABSENT 2x2")
        assert (found.overall, found.best) == ("CR PD", "NC")
        assert found.queries == [("DISEASE_AFTER_CR", 112, None)]
        assert found.rules[1][0] == "Measurable-disease-RETURNED"

    def test_no_disease_at_baseline(self, read) -> None:
        assert read("0 56 84", "N1: . . PRESENT").overall == "NED PD"


class TestInWords:
    def test_a_switch_changes_the_rule_that_is_told(self) -> None:
        plain = describe(CRITERIA["who-1979"])
        summed = describe(CRITERIA["who-1979"], Protocol(pd_scope=PdScope.SUM))
        assert [a.says for a, b in zip(plain.target, summed.target, strict=True) if a != b] == [
            "Measurable disease PD: a lesion 25 % or more above its own smallest"
        ]
        assert (plain.unit, plain.switches["pd_scope"]) == ("mm2", PdScope.PER_LESION)

    def test_switches_of_others_are_refused(self, refused) -> None:
        given = {"measure": "LONGEST_DIAMETER", "pd_reference": "BASELINE", "icpd_max_days": 56}
        at = [("protocol", name) for name in sorted(given)]
        assert sorted(refused("0 56", "T1: 40x30 40x30", **given)) == at
