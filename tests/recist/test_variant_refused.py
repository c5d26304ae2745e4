"""Variants that are refused, each with its path; and how long one is known."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from recist import CRITERIA, Criteria, Method, Refused
from recist.criteria import Limit
from recist.derivation import derive
from recist.editions import EDITIONS, admitted
from recist.protocol import PdReference
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
NODES = ChangedNodes(normal_below_mm=9, target_from_mm=13)


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


def refused(based_on: str = "recist-1.1", **changes: Any) -> list[str]:
    with pytest.raises(Refused) as stopped:
        derive(variant(based_on, **changes))
    return ["/".join(map(str, fault.at)) for fault in stopped.value.faults]


class TestRefused:
    @pytest.mark.parametrize(
        ("based_on", "changes", "at"),
        [
            ("recist-1.1", {"switches": {"patience": 1}}, "changes/switches/patience"),
            ("recist-1.1", {"switches": {"measure": "PRODUCT"}}, "changes/switches/measure"),
            ("zhu-2013", {"switches": {"measure": "VOLUME"}}, "changes/switches/measure"),
            ("recist-1.1", {"switches": {"confirm": 1}}, "changes/switches/confirm"),
            ("recist-1.1", {"switches": {"sd_min_days": True}}, "changes/switches/sd_min_days"),
            ("recist-1.1", {"switches": {"sd_min_days": 41.5}}, "changes/switches/sd_min_days"),
            ("recist-1.1", {"switches": {"sd_min_days": -1}}, "changes/switches/sd_min_days"),
            ("recist-1.1", {"switches": {"removed_target": []}}, "changes/switches/removed_target"),
            ("irecist", {"switches": {"icpd_max_days": "56"}}, "changes/switches/icpd_max_days"),
            ("who-1979", {"nodes": ChangedNodes(normal_below_mm=9)}, "changes/nodes"),
            ("recist-1.1", {"nodes": ChangedNodes(normal_below_mm=16)}, "changes/nodes"),
            ("recist-1.1", {"nodes": ChangedNodes(target_from_mm=9)}, "changes/nodes"),
            ("recist-1.1", {"targets": ChangedTargets(per_organ=6)}, "changes/targets"),
            ("recist-1.1", {"targets": ChangedTargets(in_all=1)}, "changes/targets"),
            ("zhu-2013", {"pd": ChangedPd(and_mm=0)}, "changes/pd/and_mm"),
            ("zhu-2013", {"pd": ChangedPd(reference=PdReference.NADIR)}, "changes/pd/reference"),
            ("who-1979", {"pd": ChangedPd(reference=PdReference.NADIR)}, "changes/pd/reference"),
        ],
    )
    def test_what_the_edition_does_not_have(self, based_on: str, changes: Any, at: str) -> None:
        assert refused(based_on, **changes) == [at]

    def test_all_at_once(self) -> None:
        changes = {"nodes": NODES, "pd": ChangedPd(and_mm=1), "switches": {"a": 1, "b": 2}}
        assert refused("who-1979", **changes) == [
            "changes/switches/a",
            "changes/switches/b",
            "changes/nodes",
            "changes/pd/and_mm",
        ]

    @pytest.mark.parametrize("name", ["patience", "pd_scope"])
    def test_a_switch_is_refused_with_those_that_there_are(self, name: str) -> None:
        with pytest.raises(
            Refused, match=r"not a switch of recist-1\.1; there are confirm, "
        ) as stop:
            derive(variant(switches={name: 1}))
        assert all(switch in str(stop.value) for switch in BY_NAME["recist-1.1"].switches)

    def test_a_word_is_refused_with_those_that_there_are(self) -> None:
        with pytest.raises(Refused, match=r"must be one of PRODUCT, LONGEST_DIAMETER$"):
            derive(variant("zhu-2013", switches={"measure": "product"}))

    def test_a_number_of_targets_without_the_other(self) -> None:
        for limit in (ChangedTargets(in_all=1), ChangedTargets(per_organ=1)):
            assert derive(variant("who-1979", targets=limit)).targets != Limit()

    def test_equal_limits_are_taken(self) -> None:
        limits = ChangedNodes(normal_below_mm=12, target_from_mm=12)
        assert derive(variant(nodes=limits)).nodes.judges == BY_NAME["recist-1.1"].nodes.judges
        assert derive(variant(targets=ChangedTargets(in_all=2))).targets.in_all == 2

    @pytest.mark.parametrize("based_on", ["recist-9", "", CRC])
    def test_what_is_no_edition(self, based_on: str) -> None:
        with known(), pytest.raises(Refused, match="based_on: no such edition; there are") as stop:
            derive(variant(based_on))
        assert str(stop.value).endswith(
            " zhu-2013, who-1979, recist-1.0, recist-1.1, irecist, mrecist-hcc"
        )

    @NAMES
    def test_the_name_of_an_edition(self, name: str) -> None:
        with pytest.raises(Refused, match="name: "):
            derive(replace(variant(), name=name))

    @pytest.mark.parametrize(
        ("shape", "member", "taken", "not_taken"),
        [
            (ChangedPr, "percent", (1, 100), (0, -30, 101, float("nan"), 30.0, True)),
            (ChangedPd, "percent", (1, 1000), (0, -20, 1001, float("nan"), 12.5, True)),
            (ChangedPd, "and_mm", (0, 1000), (-1, 1001, float("inf"), 2.5)),
            (ChangedTargets, "in_all", (1, 1000), (0, -1, 1001)),
            (ChangedTargets, "per_organ", (1, 1000), (0, -1, 1001)),
            (ChangedNodes, "normal_below_mm", (1, 1000), (0, -1, 1001)),
            (ChangedNodes, "target_from_mm", (1, 1000), (0, -1, 1001)),
            (ChangedMeasurable, "slices", (0, 1000), (-1, 1001)),
            (Changes, "too_small_mm", (1, 1000), (0, -1, 1001, 5.0)),
        ],
    )
    def test_numbers_out_of_bounds(self, shape: Any, member: str, taken, not_taken) -> None:
        for number in taken:
            assert getattr(shape(**{member: number}), member) == number
        for number in not_taken:
            with pytest.raises(Refused, match=f"^{member}: {number} is not a whole number from"):
                shape(**{member: number})

    @pytest.mark.parametrize("mm", [-1, 1001])
    def test_smallest_sizes_out_of_bounds(self, mm: int) -> None:
        with pytest.raises(Refused, match="smallest_mm/MR: "):
            ChangedMeasurable(smallest_mm={Method.CT: 0, Method.MR: mm})

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("name", ""),
            ("name", "CRC"),
            ("name", "crc 2026"),
            ("name", "crc/2026"),
            ("name", "-crc"),
            ("name", "crc\n"),
            ("name", "x" * 65),
            ("version", 0),
            ("version", True),
            ("title", " "),
            ("title", "a\nb"),
            ("cite", ""),
            ("cite", "x" * 201),
        ],
    )
    def test_what_it_is_called(self, member: str, value: Any) -> None:
        with pytest.raises(Refused) as stopped:
            replace(variant(), **{member: value})
        assert [fault.at for fault in stopped.value.faults] == [(member,)]

    def test_the_longest_texts_are_taken(self) -> None:
        longest = {"name": "x" * 64, "title": "x" * 200, "cite": "x" * 200, "version": 1000}
        assert replace(variant(), **longest).called == f"{'x' * 64}.v1000"


class TestAdmission:
    def test_it_is_known_as_long_as_it_is_admitted(self) -> None:
        before = dict(CRITERIA)
        with known() as criteria:
            assert {**before, CRC: criteria} == CRITERIA
        assert before == CRITERIA

    def test_a_name_that_is_taken(self) -> None:
        before = dict(CRITERIA)
        twice = [derive(variant()), derive(variant())]
        other = replace(twice[0], name="other.v1")
        for taken in (twice, [other, BY_NAME["irecist"]]):
            with pytest.raises(Refused, match="known already"), admitted(taken):
                pass
        with known(), pytest.raises(Refused, match="known already"), admitted(twice[:1]):
            pass
        names = sorted(BY_NAME, reverse=True)
        with pytest.raises(Refused) as stopped, admitted([*map(BY_NAME.get, names), other]):
            pass
        assert [fault.at for fault in stopped.value.faults] == [(name,) for name in sorted(names)]
        assert before == CRITERIA

    def test_versions_stand_side_by_side(self, judge) -> None:
        older = replace(variant(pr=ChangedPr(percent=50)), version=1)
        with known(pr=ChangedPr(percent=40)), admitted([derive(older)]):
            words = [judge(name, "0 56", "T1: 100 60").target for name in ("crc-2026.v1", CRC)]
        assert words == ["SD", "PR"]
