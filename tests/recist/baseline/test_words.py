"""The sentences about measurable lesions, made from the numbers that decide."""

from dataclasses import replace
from typing import Any

import pytest

from recist import CRITERIA, Criteria, Method
from recist.vocabulary import Nature

R10, R11, ZHU, IRECIST = "recist-1.0", "recist-1.1", "zhu-2013", "irecist"
SOFT_PART = "3.1.3: a lytic or mixed bone lesion is measured by its soft part"


@pytest.mark.parametrize("criteria", CRITERIA.values(), ids=CRITERIA)
def test_every_sentence_has_its_section_and_is_said_once(criteria: Criteria) -> None:
    says = criteria.measurable.says
    sections = [sentence.partition(": ") for sentence in says]
    assert all(section and sentence for section, _, sentence in sections)
    assert len(says) == len(set(says))


@pytest.mark.parametrize("criteria", CRITERIA.values(), ids=CRITERIA)
def test_every_rule_is_said(criteria: Criteria) -> None:
    measurable = criteria.measurable
    rest = {measurable.lytic, measurable.cystic, measurable.treated} - {None}
    assert set(measurable.says) >= {*measurable.never.values(), *rest}


def test_recist_1_1() -> None:
    sizes = "10 mm or more by CT, MR, conventional CT, caliper; 20 mm or more by chest X-ray"
    assert CRITERIA[R11].measurable.says[:3] == (
        f"3.1.1: {sizes}",
        "3.1.1: no less than 2 times the thickness of the slices",
        "3.1.1: never by ultrasound or PET",
    )


def test_who() -> None:
    methods = "CT, MR, conventional CT, chest X-ray, caliper, ultrasound"
    assert CRITERIA["who-1979"].measurable.says[:2] == (
        f"Measurable disease: any size by {methods}",
        "Measurable disease: never by PET",
    )


@pytest.mark.parametrize(
    ("criteria", "work", "source"), [(IRECIST, "RECIST 1.1", R11), (ZHU, "RECIST 1.0", R10)]
)
def test_what_another_work_says_names_it(criteria: str, work: str, source: str) -> None:
    says = CRITERIA[source].measurable.says
    assert CRITERIA[criteria].measurable.says == tuple(f"{work}, {s}" for s in says)


def test_other_numbers_make_other_sentences() -> None:
    measurable = replace(CRITERIA[R11].measurable, smallest_mm={Method.CT: 12}, slices=3)
    assert measurable.says[:2] == (
        "3.1.1: 12 mm or more by CT",
        "3.1.1: no less than 3 times the thickness of the slices",
    )


@pytest.mark.parametrize(
    ("criteria", "more", "says"),
    [
        (
            R11,
            {"longest_mm": 13.9, "slice_thickness_mm": 7},
            "3.1.1: a longest diameter of 13.9 mm by CT is under 14 mm, 2 times the slices of 7 mm",
        ),
        (
            R11,
            {"longest_mm": 9, "slice_thickness_mm": 5},
            "3.1.1: a longest diameter of 9 mm by CT is under 10 mm",
        ),
        (
            R11,
            {"short_axis_mm": 14.999, "nodal": True},
            "3.1.1: a short axis of 14.999 mm by CT is under 15 mm",
        ),
        (
            R11,
            {"short_axis_mm": 9.9, "nodal": True},
            "3.1.1: a node with a short axis of 9.9 mm is normal: under 10 mm",
        ),
        (R11, {"method": Method.PET}, "3.1.1: PET does not measure a lesion"),
        (R11, {"nature": Nature.BONE_LYTIC}, f"{SOFT_PART}, and none was given"),
        (
            R11,
            {
                "nature": Nature.BONE_LYTIC,
                "soft_tissue_mm": 30,
                "method": Method.CHEST_XRAY,
            },
            f"{SOFT_PART}, which chest X-ray does not show",
        ),
        (
            R11,
            {"nature": Nature.BONE_LYTIC, "soft_tissue_mm": 9.5},
            "3.1.1: a soft part of 9.5 mm by CT is under 10 mm",
        ),
        (
            "mrecist-hcc",
            {"viable_mm": 0},
            "Target lesions: a viable part of 0 mm by CT is under 10 mm",
        ),
        (
            ZHU,
            {"longest_mm": 9.9},
            "RECIST 1.0, 2.1 and Appendix I: a longest diameter of 9.9 mm by CT is under 10 mm",
        ),
    ],
)
def test_a_remark_has_the_number_the_limit_and_the_section(
    remarks, lesion, criteria: str, more: dict[str, Any], says: str
) -> None:
    assert [remark.says for remark in remarks(criteria, lesion(**more))] == [says]


def test_each_cause_is_told_once(remarks, lesion) -> None:
    doubtful = lesion(previously_treated=True, longest_mm=9, method=Method.CHEST_XRAY)
    assert [remark.says for remark in remarks(R11, doubtful)] == [
        "3.1.1: a longest diameter of 9 mm by chest X-ray is under 20 mm",
        "3.1.3: a treated lesion is measurable only once it has progressed since",
    ]
