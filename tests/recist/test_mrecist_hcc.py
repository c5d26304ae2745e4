"""mRECIST for hepatocellular carcinoma (Lencioni and Llovet, Semin Liver Dis 2010;30:52-60).

Thresholds to the thousandth, and the switches, stand in tests/cases/mrecist_hcc.md.
"""

from functools import partial

import pytest

import recist
from recist import CRITERIA, Refused, describe


@pytest.fixture
def read(judge):
    return partial(judge, "mrecist-hcc")


@pytest.fixture
def refused(timeline):
    def faults(*args: object, **more: object) -> list[tuple[str | int, ...]]:
        with pytest.raises(Refused) as found:
            recist.assess(timeline("mrecist-hcc", *args, **more))
        return [fault.at for fault in found.value.faults]

    return faults


class TestViablePart:
    """A lesion that enhances counts for the longest diameter of the part that does."""

    def test_the_viable_part_and_not_the_whole(self, read, judge) -> None:
        cells = "T1: 60v50 58v35"
        (point,) = read("0 56", cells).answer.timepoints
        assert (point.baseline, point.sum, point.unit, point.target) == (50.0, 35.0, "mm", "PR")
        assert judge("recist-1.1", "0 56", cells).target == "SD"

    def test_the_lines_are_those_of_the_viable_sum(self, read) -> None:
        (point,) = read("0 56", "T1: 60v50 60v50").answer.timepoints
        assert (point.pr_at, point.pd_at) == (35.0, 60.0)

    def test_the_smallest_viable_sum(self, read, judge) -> None:
        cells = "T1: 60v50 58v30 58v36"
        found = read("0 56 112", cells)
        assert (found.target, found.progressed) == ("PR PD", 112)
        assert judge("recist-1.1", "0 56 112", cells).target == "SD SD"

    def test_there_is_no_smallest_growth_in_millimetres(self, read) -> None:
        assert read("0 56", "T1: 20v10 20v12").target == "PD"

    def test_a_lesion_without_one_at_baseline_counts_as_in_recist(self, read) -> None:
        found = read("0 56", "T1: 60 58v30; T2: 40v30 40v20; T3 node: 22 12")
        assert found.sums == [58.0 + 20.0 + 12.0]

    def test_mixed_with_fragments_and_merged_lesions(self, read) -> None:
        found = read("0 56", "T1: 60v40 30+25v20; T2: 30v20 44v31; T3: 20v18 >T2; T4: 50 20+18")
        assert found.sums == [20.0 + 31.0 + 38.0]

    def test_too_small_to_measure_counts_5_mm_and_is_there(self, read) -> None:
        found = read("0 56", "T1: 60v50 TOO_SMALL")
        assert (found.sums, found.target) == ([5.0], "PR")

    def test_it_is_exact(self, read) -> None:
        assert read("0 56", "T1: 60v46 60v32.2").target == "PR"
        assert read("0 56", "T1: 60v46 60v32.2000004").target == "PR"
        assert read("0 56", "T1: 60v46 60v32.2005").target == "SD"


class TestViablePartIsNeeded:
    """A lesion that had a viable diameter at baseline needs it wherever it is measured."""

    MISSING = ("reads", 1, "findings", "T1", "viable_mm")

    @pytest.mark.parametrize("cell", ["58", "58x40", "30+20"])
    def test_measured_without_it(self, refused, cell: str) -> None:
        assert refused("0 56", f"T1: 60v50 {cell}") == [self.MISSING]

    def test_of_a_node_too(self, refused) -> None:
        assert refused("0 56", "T1 node: 22v15 12") == [self.MISSING]

    def test_of_the_lesion_that_others_merged_into(self, refused) -> None:
        assert refused("0 56", "T1: 60v50 70; T2: 30v20 >T1") == [self.MISSING]

    def test_each_read_that_lacks_it_is_named(self, refused) -> None:
        later = ("reads", 3, "findings", "T1", "viable_mm")
        assert refused("0 56 84 112", "T1: 60v50 58 58v30 57") == [self.MISSING, later]

    @pytest.mark.parametrize("cell", ["ABSENT", "TOO_SMALL", "NE", "REMOVED", "."])
    def test_not_where_it_is_not_measured(self, read, cell: str) -> None:
        read("0 56", f"T1: 60v50 {cell}")

    def test_not_where_it_was_not_given_at_baseline(self, read) -> None:
        assert read("0 56", "T1: 60 58").sums == [58.0]

    def test_not_by_criteria_that_do_not_look_at_it(self, judge) -> None:
        assert judge("recist-1.1", "0 56", "T1: 60v50 58").sums == [58.0]

    def test_it_is_no_longer_than_the_lesion(self, refused) -> None:
        assert refused("0 56", "T1: 60v50 58v58.001") == [("viable_mm",)]

    def test_nor_than_all_its_fragments(self, read, refused) -> None:
        """30 and 25 mm cannot hold 60 mm that enhance."""
        assert refused("0 56", "T1: 60v50 30+25v55.001") == [("viable_mm",)]
        assert read("0 56", "T1: 60v50 30+25v55").sums == [55.0]

    def test_alone_it_measures_nothing(self) -> None:
        with pytest.raises(Refused):
            recist.Finding(state=recist.State.MEASURED, viable_mm=35)


class TestComplete:
    """CR: no arterial enhancement in any target, however long it still is."""

    def test_none_is_told_as_0(self, read) -> None:
        found = read("0 56", "T1: 60v50 58v0; T2: 40v30 39v0")
        assert (found.sums, found.target, found.best) == ([0.0], "CR", "CR")

    def test_any_is_disease(self, read) -> None:
        assert read("0 56", "T1: 60v50 58v0.001").target == "PR"

    def test_it_comes_back_as_it_enhances_again(self, read) -> None:
        found = read("0 56 112", "T1: 60v50 58v0 58v3")
        assert (found.overall, found.best) == ("CR PD", "CR")
        assert found.queries == [("DISEASE_AFTER_CR", 112, None)]

    def test_while_non_targets_enhance_it_is_a_pr(self, read) -> None:
        found = read("0 56", "T1: 60v50 58v0; NT1: PRESENT PRESENT")
        assert (found.target, found.overall) == ("CR", "PR")

    def test_a_split_lesion_with_none(self, read) -> None:
        assert read("0 56", "T1: 60v50 30+25v0").target == "CR"

    def test_a_lesion_that_never_enhanced_is_not_gone_for_that(self, read) -> None:
        """50 mm then and 50 mm now, which enhanced no more at baseline than today."""
        assert read("0 56", "T1: 50v0 50v0").target != "CR"


class TestNodes:
    """A target node by its short axis, gone below 10 mm; other nodes are not judged by size."""

    def test_a_target_node(self, read) -> None:
        assert read("0 56 84", "T1 node: 30x22 30x10 30x9.999").target == "PR CR"

    def test_its_value_stays_in_the_sum(self, read) -> None:
        found = read("0 56", "T1: 60v50 58v0; T2 node: 22 9.4")
        assert (found.sums, found.target) == ([9.4], "CR")

    @pytest.mark.parametrize("cell", ["6", "9.999", "TOO_SMALL"])
    def test_a_non_target_node_persists_at_any_size(self, read, judge, cell: str) -> None:
        cells = f"NT1 node: 14 {cell}"
        assert read("0 56", cells).non_target == "NON_CR_NON_PD"
        assert judge("recist-1.1", "0 56", cells).non_target == "CR"

    @pytest.mark.parametrize("cell", ["6", "12", "19", "PRESENT"])
    def test_a_new_node_is_the_readers_judgement(self, read, cell: str) -> None:
        """At the porta hepatis one of 19 mm may be reactive: then it is told as EQUIVOCAL."""
        found = read("0 56", f"T1: 60v50 60v50; N1 node: . {cell}")
        assert (found.new, found.overall, found.queries) == ("UNEQUIVOCAL", "PD", [])
        assert read("0 56", "T1: 60v50 60v50; N1 node: . EQUIVOCAL").overall == "SD"

    def test_the_short_axis_is_needed_of_target_nodes_alone(self, read, refused) -> None:
        at = ("reads", 1, "findings", "T1", "fragments_short_mm")
        assert refused("0 56", "T1 node: 22 30+20") == [at]
        assert read("0 56", "NT1 node: PRESENT 30+20").non_target == "NON_CR_NON_PD"


class TestOtherDisease:
    def test_an_atypical_nodule_is_dated_back_once_it_has_grown(self, read) -> None:
        found = read("0 56 112", "T1: 60v50 58v30 58v30; N1: . EQUIVOCAL PRESENT")
        assert (found.overall, found.final, found.progressed) == ("PR PD", "PD PD", 56)

    def test_unequivocal_progression_of_a_non_target(self, read) -> None:
        assert read("0 56", "T1: 60v50 58v0; NT1: PRESENT PROGRESSED").overall == "PD"

    def test_no_disease_at_baseline(self, read) -> None:
        assert read("0 56 84", "N1: . . PRESENT").overall == "NED PD"


class TestBestResponse:
    """Responses count unconfirmed unless the protocol asks for a second look."""

    def test_by_default(self, read) -> None:
        found = read("0 56 84", "T1: 60v50 58v35 58v45")
        assert (found.best, found.unconfirmed, found.responded) == ("PR", "PR", 56)

    def test_by_switch(self, read) -> None:
        found = read("0 56 84", "T1: 60v50 58v35 58v45", confirm=True)
        assert (found.best, found.unconfirmed, found.responded) == ("SD", "PR", None)


class TestInWords:
    def test_no_5_mm_clause(self) -> None:
        text = describe(CRITERIA["mrecist-hcc"])
        assert not [rule.says for rule in text.target if "mm" in rule.says]
        assert text.switches["confirm"] is False

    def test_two_targets_in_the_liver(self, read) -> None:
        cells = "T1 #liver: 60v50 60v50; T2 #liver: 40v30 40v30"
        assert read("0 56", cells).remarks == []
        more = read("0 56", f"{cells}; T3 #liver: 30v20 30v20").remarks
        assert more == [("TOO_MANY_TARGETS_PER_ORGAN", 0, None)]
