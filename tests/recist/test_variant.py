"""A trial's own variant: other numbers decide, its sentences state them, the edition stays."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import recist
from recist import Criteria, Method, Protocol
from recist.derivation import derive
from recist.editions import EDITIONS, admitted
from recist.protocol import Measure, PdReference, PdScope
from recist.rules import AnyRises, Falls, Rises
from recist.variant import (
    ChangedMeasurable,
    ChangedNodes,
    ChangedPd,
    ChangedPr,
    ChangedTargets,
    Changes,
    Variant,
)

CRC = "crc-2026.v2"
BY_NAME = {edition.name: edition for edition in EDITIONS}
NAMES = pytest.mark.parametrize("name", BY_NAME)


def variant(based_on: str = "recist-1.1", **changes: Any) -> Variant:
    return Variant(
        name="crc-2026",
        version=2,
        based_on=based_on,
        title="CRC 2026",
        cite="Protocol, section 8",
        changes=Changes(**changes),
    )


@contextmanager
def known(based_on: str = "recist-1.1", **changes: Any) -> Iterator[Criteria]:
    criteria = derive(variant(based_on, **changes))
    with admitted([criteria]):
        yield criteria


class TestNumbersThatDecide:
    @pytest.mark.parametrize(("last", "word"), [("59.999", "PR"), ("60", "PR"), ("60.001", "SD")])
    def test_the_fall_to_pr(self, judge, last: str, word: str) -> None:
        with known(pr=ChangedPr(percent=40)):
            assert judge(CRC, "0 56", f"T1: 100 {last}").target == word

    @pytest.mark.parametrize(
        ("course", "word"),
        [
            ("40 50", "PD"),
            ("40 49.999", "SD"),
            ("10 13", "PD"),
            ("10 12.999", "SD"),
            ("12 15", "PD"),
            ("12 14.999", "SD"),
        ],
    )
    def test_the_rise_to_pd(self, judge, course: str, word: str) -> None:
        with known(pd=ChangedPd(percent=25, and_mm=3)):
            assert judge(CRC, "0 56", f"T1: {course}").target == word

    def test_what_is_left_out_stays(self, judge) -> None:
        with known(pd=ChangedPd(percent=25)):
            assert judge(CRC, "0 56", "T1: 16 20.999").target == "SD"  # 31 %, under 5 mm
            assert judge(CRC, "0 56", "T1: 100 70").target == "PR"

    def test_a_rise_without_millimetres(self, judge) -> None:
        with known(pd=ChangedPd(and_mm=0)):
            assert judge(CRC, "0 56", "T1: 5 6").target == "PD"

    def test_the_rise_over_the_baseline(self, judge) -> None:
        with known(pd=ChangedPd(reference=PdReference.BASELINE)):
            found = judge(CRC, "0 56 112 168", "T1: 100 50 119.999 120")
            assert found.target == "PR SD PD"
            assert [t.pd_at for t in found.answer.timepoints] == [120, 120, 120]

    @pytest.mark.parametrize(
        ("scope", "words"), [(PdScope.PER_LESION, "NC PD"), (PdScope.SUM, "NC NC")]
    )
    def test_the_rise_of_one_lesion(self, judge, scope: PdScope, words: str) -> None:
        reads = "T1: 10x10 13.999x10 14x10; T2: 50x50 50x50 50x50"
        with known("who-1979", pd=ChangedPd(percent=40)):
            assert judge(CRC, "0 56 112", reads, pd_scope=scope).target == words

    def test_the_rise_of_their_sum(self, judge) -> None:
        with known("who-1979", pd=ChangedPd(percent=40)):
            found = judge(CRC, "0 56 112", "T1: 10x10 13.999x10 14x10", pd_scope=PdScope.SUM)
            assert found.target == "NC PD"

    def test_both_references_of_an_edition_that_has_two(self, judge) -> None:
        with known("zhu-2013", pd=ChangedPd(percent=40)):
            for reference, words in ((PdReference.NADIR, "PR PD"), (PdReference.BASELINE, "PR PR")):
                found = judge(CRC, "0 56 112", "T1: 10x10 10x5 10x7", pd_reference=reference)
                assert found.target == words

    @pytest.mark.parametrize(
        ("based_on", "switches", "sums"),
        [
            ("recist-1.1", {}, [4]),
            ("irecist", {}, [4]),
            ("who-1979", {}, [16]),
            ("zhu-2013", {}, [16]),
            ("zhu-2013", {"measure": Measure.LONGEST_DIAMETER}, [4]),
        ],
    )
    def test_what_is_too_small(self, judge, based_on: str, switches, sums: list[float]) -> None:
        with known(based_on, too_small_mm=4):
            assert judge(CRC, "0 56", "T1: 10x10 TOO_SMALL", **switches).sums == sums

    def test_the_nodes(self, judge) -> None:
        with known(nodes=ChangedNodes(normal_below_mm=8, target_from_mm=12)):
            assert judge(CRC, "0 56", "T1 node: 20 7.999").target == "CR"
            assert judge(CRC, "0 56", "T1 node: 20 8").target == "PR"
            assert judge(CRC, "0 56", "T1: 20 20; NT1 node: PRESENT 7.999").non_target == "CR"
            new = "T1: 20 20 20 20; N1 node: . 7.999 11.999 12"
            assert judge(CRC, "0 56 112 168", new).new == "NONE EQUIVOCAL UNEQUIVOCAL"

    def test_the_limits_of_targets_are_remarked(self, judge) -> None:
        two = "T1 #liver: 20 20; T2 #liver: 20 20"
        assert judge("recist-1.1", "0 56", two).remarks == []
        with known(targets=ChangedTargets(in_all=1, per_organ=1)):
            codes = [code for code, _, _ in judge(CRC, "0 56", two).remarks]
        assert codes == ["TOO_MANY_TARGETS", "TOO_MANY_TARGETS_PER_ORGAN"]

    def test_a_limit_of_targets_that_is_left_out_stays(self) -> None:
        with known(targets=ChangedTargets(per_organ=1)) as criteria:
            assert (criteria.targets.in_all, criteria.targets.per_organ) == (5, 1)

    def test_what_is_measurable(self) -> None:
        changed = ChangedMeasurable(smallest_mm={Method.CT: 12, Method.ULTRASOUND: 0}, slices=3)
        with known(measurable=changed) as criteria:
            measurable = criteria.measurable
            assert measurable.slices == 3
            assert [measurable.smallest_mm[m] for m in (Method.CT, Method.MR)] == [12, 10]
            assert measurable.says[0] == (
                "Protocol, in place of 3.1.1: 12 mm or more by CT; 10 mm or more by MR, "
                "conventional CT, caliper; 20 mm or more by chest X-ray; any size by ultrasound"
            )

    def test_sizes_and_slices_change_apart(self) -> None:
        with known(measurable=ChangedMeasurable(smallest_mm={Method.CT: 12})) as criteria:
            assert criteria.measurable.slices == 2
        with known(measurable=ChangedMeasurable(slices=0)) as criteria:
            assert criteria.measurable.slices == 0
            assert criteria.measurable.smallest_mm[Method.CT] == 10

    def test_switches_have_other_defaults_that_a_trial_may_set(self, judge) -> None:
        with known(switches={"confirm": False, "removed_target": "ZERO"}) as criteria:
            assert criteria.switches["removed_target"] == "ZERO"
            assert judge(CRC, "0 56", "T1: 100 50").best == "PR"
            assert judge(CRC, "0 56", "T1: 100 50", confirm=True).best == "SD"
            assert judge(CRC, "0 56", "T1: 100 REMOVED").target == "CR"

    def test_a_default_that_replaces_rules(self, judge) -> None:
        with known("who-1979", switches={"pd_scope": "SUM"}):
            grown = "T1: 10x10 14x10; T2: 50x50 50x50"
            assert judge(CRC, "0 56", grown).target == "NC"
            assert judge(CRC, "0 56", grown, pd_scope=PdScope.PER_LESION).target == "PD"

    def test_a_switch_may_have_no_default_in_the_edition(self) -> None:
        with known("irecist", switches={"icpd_max_days": 56}) as criteria:
            assert criteria.under(Protocol())[1].icpd_max_days == 56


CHANGED = {
    "targets": ChangedTargets(in_all=3, per_organ=1),
    "pr": ChangedPr(percent=41),
    "pd": ChangedPd(percent=26),
    "too_small_mm": 3,
    "measurable": ChangedMeasurable(smallest_mm=dict.fromkeys(Method, 17), slices=7),
}
NODES = ChangedNodes(normal_below_mm=9, target_from_mm=13)
PRODUCTS = frozenset({"who-1979", "zhu-2013"})
NUMBER = re.compile(r"\d+ (?:%|mm2?\b|times)")


def all_changed(name: str) -> Criteria:
    changes = dict(CHANGED)
    if BY_NAME[name].nodes:
        changes["nodes"] = NODES
    if name not in PRODUCTS:
        changes["pd"] = ChangedPd(percent=26, and_mm=4, reference=PdReference.BASELINE)
    return derive(variant(name, **changes))


def ways(criteria: Criteria) -> list[Criteria]:
    """The criteria, and what each of their switches makes of them."""
    return [criteria, *(replace(criteria, **parts) for parts in criteria.alternatives.values())]


class TestSentences:
    @NAMES
    def test_each_number_is_one_that_decides(self, name: str) -> None:
        for criteria in ways(all_changed(name)):
            size = criteria.size
            decide = {"41 %", "26 %", f"{3**size.dimensions} {size.unit}", "17 mm", "7 times"}
            decide |= {"9 mm", "13 mm"} if criteria.nodes else set()
            decide |= set() if name in PRODUCTS else {"4 mm"}
            decide |= {"25 %"} if name == "who-1979" else set()  # a reader's own estimate
            text = recist.describe(criteria)
            says = [rule.says for rule in (*text.target, *text.non_target)]
            stated = " ".join([*says, text.size, *text.measurable, text.nodes or ""])
            found = set(NUMBER.findall(stated))
            assert found <= decide
            assert {"41 %", "26 %", "17 mm", "7 times"} <= found

    @NAMES
    def test_each_rule_that_a_number_decides_states_it(self, name: str) -> None:
        for criteria in ways(all_changed(name)):
            for rule in criteria.target:
                if isinstance(rule.when, Falls | Rises | AnyRises):
                    assert f"{rule.when.percent} %" in rule.says
                if isinstance(rule.when, Rises) and rule.when.and_mm:
                    rise = f"sum 26 % and {rule.when.and_mm} mm or more above baseline"
                    assert rule.says.endswith(f": {rise}")

    @NAMES
    def test_what_has_changed_no_longer_cites_the_paper_alone(self, name: str) -> None:
        base, criteria = BY_NAME[name], all_changed(name)
        for before, after in zip(base.rules, criteria.rules, strict=True):
            if after.says != before.says:
                head = before.says.partition(":")[0]
                assert after.says.startswith(f"Protocol, in place of {head}: ")
            assert (after.then, after.code) == (before.then, before.code)
        assert criteria.size.says.startswith("Protocol, in place of ")
        assert criteria.measurable.targets == f"Protocol, in place of {base.measurable.targets}"

    @pytest.mark.parametrize(
        "changes", [{"pr": ChangedPr(percent=40)}, {"pd": ChangedPd(percent=25)}]
    )
    def test_what_is_neither_is_restated_with_either(self, changes: Any) -> None:
        says = derive(variant("zhu-2013", **changes)).target[-1].says
        assert says == "Protocol, in place of Evaluation SD: neither PR nor PD"

    @pytest.mark.parametrize(
        ("changes", "own"),
        [
            ({"nodes": NODES}, {"section"}),
            ({"measurable": ChangedMeasurable(slices=3)}, {"section"}),
            ({"targets": ChangedTargets(in_all=4)}, {"targets"}),
            ({"pr": ChangedPr(percent=40)}, set()),
        ],
    )
    def test_the_remarks_that_a_change_makes_the_protocols_own(self, changes, own) -> None:
        measurable = derive(variant(**changes)).measurable
        for name, section in (("section", "3.1.1"), ("targets", "4.2"), ("timing", "3.2.1")):
            told = f"Protocol, in place of {section}" if name in own else section
            assert getattr(measurable, name) == told

    def test_in_full(self) -> None:
        gone = "every target lesion has gone"
        with known(pd=ChangedPd(percent=25, and_mm=3), nodes=NODES) as criteria:
            says = [rule.says for rule in recist.describe(criteria).target]
        assert says == [
            f"Protocol, in place of 4.3.1 CR: {gone}, every target node is under 9 mm",
            "Table 3, note a: target disease came back after a CR",
            "Protocol, in place of 4.3.1 PD: sum 25 % and 3 mm or more above the nadir",
            "4.4.2 NE: a target lesion was not evaluated and PD is not proven",
            "4.3.1 PR: sum 30 % or more below baseline",
            "EORTC FAQ PR: a PR that was reached is kept until PD",
            "Protocol, in place of 4.3.1 SD: neither PR nor PD",
        ]

    def test_the_answer_names_the_rules_by_the_variant(self, judge) -> None:
        with known(pd=ChangedPd(percent=25)):
            answer = judge(CRC, "0 56 112", "T1: 100 60 80; NT1: PRESENT . PRESENT").answer
        assert answer.criteria == CRC
        names = [reason.rule for point in answer.timepoints for reason in point.because]
        assert f"{CRC}/Protocol-in-place-of-4.3.1-PD" in names
        assert f"{CRC}/4.3.1-PR" in names
        assert all(name.startswith(f"{CRC}/") for name in names)

    def test_it_says_on_what_it_is_based(self) -> None:
        text = recist.describe(derive(variant("zhu-2013")))
        assert (text.name, text.title) == (CRC, "CRC 2026")
        assert text.cite == f"Protocol, section 8; based on zhu-2013: {BY_NAME['zhu-2013'].cite}"
        assert "zhu-2013, unless changed here: " in text.notes[0]


@NAMES
def test_without_changes_it_is_the_edition_by_another_name(name: str) -> None:
    edition, criteria = BY_NAME[name], derive(variant(name))
    for part in ("targets", "size", "nodes", "target", "non_target", "overall", "confirmation"):
        assert getattr(criteria, part) == getattr(edition, part)
    assert criteria.measurable.says == edition.measurable.says
    assert criteria.switches == edition.switches


@NAMES
def test_the_edition_stays_as_it_is(name: str) -> None:
    edition = BY_NAME[name]
    before = recist.describe(edition), dict(edition.alternatives)
    all_changed(name)
    assert (recist.describe(edition), dict(edition.alternatives)) == before
