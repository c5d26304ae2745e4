"""The worked cases about baselines, and the one about a PET that turns positive."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import recist
from recist import CRITERIA, Finding, Lesion, Method, Read, Role, State, Timeline
from recist.vocabulary import Nature, Pet

NAMES = {name.replace("-", "_").replace(".", "_"): name for name in CRITERIA}
METHODS = {"CT": Method.CT, "CT_SPIRAL": Method.CT, "CXR": Method.CHEST_XRAY}
NATURES = {
    "lytic": Nature.BONE_LYTIC,
    "simple": Nature.SIMPLE_CYST,
    "metastasis": Nature.CYSTIC_METASTASIS,
}
TOLD = {
    "measurable": None,
    "non_measurable": ("NOT_MEASURABLE", "L1"),
    "normal": ("NOT_A_LESION", "L1"),
    "prefer_non_cystic": ("PREFER_NON_CYSTIC", "L1"),
    "more_than_2_per_organ": ("TOO_MANY_TARGETS_PER_ORGAN", None),
    "more_than_5_total": ("TOO_MANY_TARGETS", None),
    "baseline_older_than_4_weeks": ("BASELINE_TOO_OLD", None),
    "baseline_older_than_2_weeks": ("BASELINE_TOO_OLD", None),
}


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[dict[str, Any]]:
    text = (shared / "vectors" / "criteria.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)["vectors"]
    return found


def one_lesion(given: dict[str, Any]) -> dict[str, Any]:
    """A case about one lesion, in the members that the contract has for it."""
    nature = given.get("bone") or given.get("cyst")
    sizes = {"longest_mm": given.get("longest"), "short_axis_mm": given.get("short")}
    return {
        "nodal": given["nodal"],
        "method": METHODS[given["modality"]],
        "slice_thickness_mm": given.get("slice_mm"),
        "nature": NATURES[nature] if nature else Nature.SOLID,
        "soft_tissue_mm": given.get("soft_tissue_component"),
    } | {name: mm for name, mm in sizes.items() if mm is not None}


def test_all_agree(cases, codes, lesion) -> None:
    def told(criteria: str, given: dict[str, Any]) -> list[tuple[str, str | None]]:
        if "targets" in given:
            return codes(criteria, *(lesion(organ=organ) for organ in given["targets"]))
        if "baseline_scan_day" in given:
            age = given["baseline_scan_day"] - given["treatment_start_day"]
            return codes(criteria, lesion(), on=age)
        return codes(criteria, lesion(**one_lesion(given)))

    ours = [case for case in cases if case["kind"] == "baseline"]
    wrong = {}
    for case in ours:
        expect = case["expect"]
        words = [expect[name] for name in ("class", "warn", "error") if name in expect]
        assert words or expect == {"valid": True}
        want = [TOLD[word] for word in words if TOLD[word]]
        got = told(NAMES[case["criteria"]], case["input"])
        if got != want:
            wrong[case["id"]] = (case["why"], want, got)
    assert ours
    assert wrong == {}


def test_a_pet_that_turns_positive_shows_a_new_lesion(cases, lesion) -> None:
    (case,) = (case for case in cases if case["kind"] == "pet_new_lesion")
    first = date(2024, 1, 1)
    before, after = (Pet(case["input"][name].upper()) for name in ("baseline_pet", "followup_pet"))
    target, finding = lesion()
    found = {"T1": finding, "N1": Finding(state=State.PRESENT, method=Method.PET)}
    reads = (
        Read(on=first, lesions={"T1": target}, findings={"T1": finding}, pet=before),
        Read(
            on=first + timedelta(days=56),
            lesions={"N1": Lesion(role=Role.NEW)},
            findings=found,
            pet=after,
        ),
    )
    course = Timeline(criteria=NAMES[case["criteria"]], reads=reads)
    (point,) = recist.assess(course).timepoints
    assert {"new": point.new_lesion, "overall": point.overall} == case["expect"]
