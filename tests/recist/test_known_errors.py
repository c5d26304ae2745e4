"""Errors that other programs of response assessment have had: none of them may be here.

One test for each, of every edition that it concerns. Lesions are squares, so that the longest
diameter and the product of two agree on the course.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import pytest

import recist
from recist import CRITERIA, Finding, Lesion, Read, Refused, Response, Role, State

OVERALL = {
    "who-1979": {"SD": "NC"},
    "irecist": {"CR": "ICR", "PR": "IPR", "SD": "ISD", "PD": "IUPD"},
}
PRODUCTS = {"zhu-2013", "who-1979"}
WITH_NODES = {"recist-1.1", "irecist", "mrecist-hcc"}


@dataclass(frozen=True)
class Edition:
    """Criteria by name, the words that they use, and a judge by them."""

    name: str
    judge: Callable[..., Any]

    def __call__(self, days: str, findings: str, **more: Any) -> Any:
        return self.judge(self.name, days, findings, **more)

    def overall(self, words: str) -> str:
        return " ".join(OVERALL.get(self.name, {}).get(word, word) for word in words.split())

    def target(self, words: str) -> str:
        return words.replace("SD", "NC") if self.name == "who-1979" else words

    def sizes(self, *mm: float) -> list[float]:
        """What squares of these sides count for."""
        return [side * side if self.name in PRODUCTS else side for side in mm]


@pytest.fixture(params=CRITERIA)
def edition(request, judge) -> Edition:
    return Edition(request.param, judge)


def test_e01_pr_tried_before_pd(edition) -> None:
    """A sum far below baseline and far above the nadir is PD."""
    found = edition("0 56 112", "T1: 100x100 40x40 60x60")
    assert found.target == "PR PD"
    assert found.overall == edition.overall("PR PD")


def test_e02_pd_measured_from_baseline(edition) -> None:
    """Growth counts from the smallest sum, not from the baseline that it is still below."""
    found = edition("0 56 112", "T1: 100x100 75x75 95x95")
    assert found.target == edition.target("PR PD" if edition.name == "zhu-2013" else "SD PD")


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("recist-1.1", "15 20"),
        ("irecist", "15 20"),
        ("recist-1.0", "10 12"),
        ("mrecist-hcc", "10 12"),
        ("zhu-2013", "10x10 12x10"),
        ("who-1979", "10x10 12.5x10"),
    ],
)
def test_e03_pd_without_five_millimetres(judge, name: str, least: str) -> None:
    """20 % alone is no PD where the edition asks for 5 mm too, and is one where it does not."""
    small = judge(name, "0 56", "T1: 10x10 12.4x10").target
    assert small == {**dict.fromkeys(CRITERIA, "PD"), **OF_SMALL_GROWTH}[name]
    assert judge(name, "0 56", f"T1: {least}").target == "PD"


OF_SMALL_GROWTH = {"recist-1.1": "SD", "irecist": "SD", "who-1979": "NC"}
"""24 % and 2.4 mm: too little for 5 mm, and for the 25 % of WHO."""


def test_e04_cr_only_where_the_sum_is_zero(edition) -> None:
    """Nodes under 10 mm have gone, where an edition knows nodes, and leave a sum."""
    found = edition("0 56", "T1 node: 20x20 9.9x9.9; T2: 30x30 ABSENT")
    assert found.sums == pytest.approx(edition.sizes(9.9))
    assert found.target == ("CR" if edition.name in WITH_NODES else "PR")


@pytest.mark.parametrize("cell", [".", "NE", "REMOVED"])
def test_e05_a_missing_measurement_taken_for_zero_or_left_out(edition, cell: str) -> None:
    """Without one of the targets there is no sum, no response, and no new nadir."""
    last = "REMOVED" if cell == "REMOVED" else "50x50"
    found = edition("0 56 112", f"T1: 50x50 {cell} {last}; T2: 20x20 20x20 20x20")
    assert found.sums[0] is None
    assert found.target == ("NE NE" if cell == "REMOVED" else edition.target("NE SD"))


def test_e06_the_nadir_includes_the_read_itself(edition) -> None:
    """A new low is below the nadir before it, by its full per cent."""
    (point,) = edition("0 56", "T1: 50x50 40x40").answer.timepoints
    (nadir,) = edition.sizes(50.0)
    change = -36.0 if edition.name in PRODUCTS else -20.0
    assert (point.nadir, point.change_from_nadir_percent) == (nadir, change)


def test_e07_non_cr_non_pd_taken_for_cr_because_it_contains_cr(edition) -> None:
    """Words are compared whole."""
    found = edition("0 56", "T1: 30x30 ABSENT; NT1: PRESENT PRESENT")
    assert (found.non_target, found.overall) == ("NON_CR_NON_PD", edition.overall("PR"))
    assert Response("NON_CR_NON_PD") is not Response.CR


def test_e08_target_cr_beside_non_target_not_evaluated(edition) -> None:
    """CR beside NE is PR: neither CR nor NE."""
    found = edition("0 56", "T1: 30x30 ABSENT; NT1: PRESENT NE")
    assert (found.target, found.non_target) == ("CR", "NE")
    assert found.overall == edition.overall("PR")


def test_e09_target_pr_beside_non_target_cr_and_sd_beside_ne(edition) -> None:
    """What the targets did stands beside non-targets that have gone or are not known."""
    gone = edition("0 56", "T1: 30x30 20x20; NT1: PRESENT ABSENT")
    assert (gone.target, gone.non_target, gone.overall) == ("PR", "CR", edition.overall("PR"))
    unknown = edition("0 56", "T1: 30x30 30x30; NT1: PRESENT NE")
    assert (unknown.non_target, unknown.overall) == ("NE", edition.overall("SD"))


def test_e10_target_cr_beside_non_targets_that_persist(edition) -> None:
    """CR of the targets alone is PR, however little of the rest is left."""
    found = edition("0 56", "T1: 30x30 ABSENT; NT1: PRESENT TOO_SMALL")
    assert (found.target, found.overall) == ("CR", edition.overall("PR"))


def test_e11_target_ne_beside_non_targets_that_persist(edition) -> None:
    """Non-targets that persist say nothing of targets that were not evaluated."""
    found = edition("0 56", "T1: 30x30 NE; NT1: PRESENT PRESENT")
    assert (found.non_target, found.overall) == ("NON_CR_NON_PD", "NE")


SHORT_OF_PR = {
    **dict.fromkeys(CRITERIA, ("100 70.04", -30.0)),
    "zhu-2013": ("100x100 100x70.04", -30.0),
    "who-1979": ("100x100 100x50.04", -50.0),
}
SHORT_OF_PD = {
    **dict.fromkeys(CRITERIA, ("100 119.96", 20.0)),
    "zhu-2013": ("100x100 119.96x100", 20.0),
    "who-1979": ("100x100 124.96x100", 25.0),
}


@pytest.mark.parametrize("nearly", [SHORT_OF_PR, SHORT_OF_PD])
def test_e12_a_percentage_rounded_before_the_comparison(edition, nearly) -> None:
    """What rounds to the threshold, and does not reach it, is SD."""
    cells, shown = nearly[edition.name]
    (point,) = edition("0 56", f"T1: {cells}").answer.timepoints
    assert point.change_from_baseline_percent == shown
    assert point.target == edition.target("SD")


def test_e13_a_nadir_of_zero_replaced_by_the_baseline_or_divided_by(edition) -> None:
    """Growth from nothing is PD by its millimetres, and no percentage of anything."""
    found = edition("0 56 112", "T1: 30x30 ABSENT 5x5; NT1: PRESENT PRESENT PRESENT")
    point = found.answer.timepoints[1]
    assert (point.nadir, point.change_from_nadir_percent, point.target) == (0.0, None, "PD")


def test_e14_the_short_axis_of_today_taken_for_that_of_baseline(edition) -> None:
    """A node's size at baseline stays what it was at baseline."""
    points = edition("0 56 84", "T1 node: 30x30 24x24 18x18").answer.timepoints
    baseline, *sums = edition.sizes(30, 24, 18)
    assert [(t.baseline, t.sum) for t in points] == [(baseline, each) for each in sums]
    assert points[1].target == "PR"


def test_e15_a_non_target_can_never_progress(edition) -> None:
    """The reader's unequivocal progression of a non-target wins over the targets' response."""
    found = edition("0 56", "T1: 30x30 10x10; NT1: PRESENT PROGRESSED")
    assert (found.target, found.non_target) == ("PR", "PD")
    assert found.overall == edition.overall("PD")


def test_e16_a_fall_from_the_nadir_taken_for_a_rise(edition) -> None:
    """A fall by half and more is a change below zero, and no PD."""
    found = edition("0 56 112", "T1: 100x100 50x50 20x20")
    assert found.target == "PR PR"
    assert all(point.change_from_nadir_percent < 0 for point in found.answer.timepoints)


def test_e17_the_baseline_reported_as_sd(edition) -> None:
    """The baseline is no time point and has no response; alone, it has no best one."""
    alone = edition("0", "T1: 30x30")
    assert (alone.answer.timepoints, alone.best) == ((), "NE")
    assert len(edition("0 56", "T1: 30x30 30x30").answer.timepoints) == 1


def test_e18_a_node_known_by_the_words_of_its_place(edition) -> None:
    """A node is what the reader calls `nodal`, whatever its organ is called."""
    called = edition("0 56", "T1 #lymph-node: 30x20 9x8")
    assert (called.sums, called.target) == ([72.0 if edition.name in PRODUCTS else 9.0], "PR")
    nodal = edition("0 56", "T1 node #liver: 30x20 9x8")
    assert nodal.target == ("CR" if edition.name in WITH_NODES else "PR")


def read_of(day: date, sides: dict[str, float]) -> Read:
    """A read that describes each square as a target in the liver, and measures it."""
    return Read(
        on=day,
        lesions={label: Lesion(role=Role.TARGET, organ="liver") for label in sides},
        findings={
            label: Finding(state=State.MEASURED, longest_mm=mm, short_axis_mm=mm)
            for label, mm in sides.items()
        },
    )


def test_e19_lesions_matched_by_likeness_of_name(edition) -> None:
    """Labels that look alike, of one organ, are different lesions; each is followed by its own."""
    baseline = read_of(date(2024, 1, 1), {"liver": 30, "Liver": 40, "liver 1": 50})
    later = date(2024, 2, 26)
    seen = replace(read_of(later, {"liver 1": 25, "Liver": 30, "liver": 20}), lesions={})
    followed = recist.Timeline(criteria=edition.name, reads=(baseline, seen))
    assert recist.assess(followed).timepoints[0].sum == sum(edition.sizes(20, 25, 30))
    one_less = replace(read_of(later, {"liver 1": 25, "liver": 20}), lesions={})
    lost = recist.Timeline(criteria=edition.name, reads=(baseline, one_less))
    assert recist.assess(lost).timepoints[0].target == "NE"


def test_e20_centimetres_taken_for_millimetres(edition) -> None:
    """The unit is in the name of every length; what can hardly be millimetres is told."""
    lengths = {field.name for field in fields(Finding) if "float" in str(field.type)}
    assert lengths
    assert all(name.endswith("_mm") for name in lengths)
    assert Finding(state=State.MEASURED, longest_mm=1000).longest_mm == 1000
    with pytest.raises(Refused, match="are these millimetres"):
        Finding(state=State.MEASURED, longest_mm=1000.001)
    (point,) = edition("0 56", "T1: 30x30 20x20").answer.timepoints
    assert point.unit == ("mm2" if edition.name in PRODUCTS else "mm")
    told = edition("0", "T1: 3x3").remarks  # a lesion of 30 mm in centimetres
    assert told == ([] if edition.name == "who-1979" else [("NOT_MEASURABLE", 0, "T1")])
