"""How many targets, how old a baseline, and how remarks stand in the answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

import recist
from recist import CRITERIA, Read, Role, Timeline
from recist.vocabulary import Nature

DAY_0 = date(2024, 1, 1)
R10, R11, ZHU, IRECIST = "recist-1.0", "recist-1.1", "zhu-2013", "irecist"
NOTHING: list[tuple[str, None]] = []
TOO_MANY = [("TOO_MANY_TARGETS", None)]
TOO_MANY_PER_ORGAN = [("TOO_MANY_TARGETS_PER_ORGAN", None)]
TOO_OLD = [("BASELINE_TOO_OLD", None)]


class TestNumbers:
    """How many targets, in all and per organ (RECIST 1.1, 4.2; RECIST 1.0, 3.1.2)."""

    @pytest.fixture
    def told(self, codes, lesion) -> Callable[..., list[tuple[str, str | None]]]:
        """What is told of targets in these organs."""

        def of(criteria: str, *organs: str | None, **more):
            return codes(criteria, *(lesion(organ=organ, **more) for organ in organs))

        return of

    @pytest.mark.parametrize(
        ("criteria", "in_all", "per_organ"),
        [(R11, 5, 2), (IRECIST, 5, 2), (R10, 10, 5), (ZHU, 10, 5)],
    )
    def test_the_limits(self, told, criteria: str, in_all: int, per_organ: int) -> None:
        apart = [f"organ {n}" for n in range(in_all + 1)]
        together = ["liver"] * (per_organ + 1)
        assert told(criteria, *apart[1:]) == NOTHING
        assert told(criteria, *apart) == TOO_MANY
        assert told(criteria, *together[1:]) == NOTHING
        assert told(criteria, *together) == TOO_MANY_PER_ORGAN

    def test_who_has_none(self, told) -> None:
        assert told("who-1979", *["liver"] * 50) == NOTHING

    def test_both_at_once_and_every_organ(self, remarks, lesion) -> None:
        lesions = [lesion(organ=organ) for organ in ["liver"] * 3 + ["lung"] * 3]
        assert [remark.says for remark in remarks(R11, *lesions)] == [
            "4.2: 6 targets, at most 5 are followed",
            "4.2: 3 targets in liver, at most 2 in one organ",
            "4.2: 3 targets in lung, at most 2 in one organ",
        ]

    def test_all_lymph_nodes_are_one_organ(self, codes, lesion) -> None:
        nodes = [lesion(organ=organ, nodal=True) for organ in ("axilla", "mediastinum", None)]
        muscles = [lesion(organ="axilla") for _ in range(2)]
        assert codes(R11, *nodes) == TOO_MANY_PER_ORGAN
        assert codes(R11, *nodes[:2], *muscles) == NOTHING

    def test_an_organ_is_the_same_in_any_case_and_spacing(self, told) -> None:
        assert (
            told(R11, "Adrenal gland", " adrenal  GLAND ", "adrenal\tgland") == TOO_MANY_PER_ORGAN
        )

    def test_codes_are_texts(self, told) -> None:
        assert told(R11, "10200004", "10200004", "39607008") == NOTHING
        assert told(R11, *["10200004"] * 3) == TOO_MANY_PER_ORGAN

    @pytest.mark.parametrize("organ", [None, "", " \n"])
    def test_an_organ_without_a_name_counts_in_all_only(self, told, organ: str | None) -> None:
        assert told(R11, *[organ] * 5) == NOTHING
        assert told(R11, *[organ] * 6) == TOO_MANY

    def test_compartments_share_the_limits(self, codes, lesion) -> None:
        apart = [lesion(compartment=name, organ="liver") for name in ("left", "right", "left")]
        assert codes(R11, *apart) == TOO_MANY_PER_ORGAN

    def test_non_targets_do_not_count(self, codes, lesion) -> None:
        others = [lesion(Role.NON_TARGET, organ="liver") for _ in range(9)]
        targets = [lesion(organ="liver") for _ in range(2)]
        assert codes(R11, *targets, *others) == NOTHING

    def test_any_text_is_an_organ(self, told) -> None:
        assert told(R11, *["{organ} %s\x00\u202e"] * 3) == TOO_MANY_PER_ORGAN


class TestAge:
    """How old a baseline may be on day 0 (RECIST 1.1, 3.2.1; Zhu 2013, "Baseline evaluation")."""

    @pytest.mark.parametrize(
        ("criteria", "most"), [(name, 14 if name == ZHU else 28) for name in CRITERIA]
    )
    def test_the_limit(self, codes, lesion, criteria: str, most: int) -> None:
        assert codes(criteria, lesion(), on=-most) == NOTHING
        assert codes(criteria, lesion(), on=-most - 1) == TOO_OLD

    def test_a_protocol_has_its_own(self, codes, lesion) -> None:
        assert codes(R11, lesion(), on=-35, baseline_max_age_days=35) == NOTHING
        assert codes(R11, lesion(), on=-1, baseline_max_age_days=0) == TOO_OLD

    def test_a_baseline_after_day_0_is_not_old(self, codes, lesion) -> None:
        assert codes(R11, lesion(), on=9, baseline_max_age_days=0) == NOTHING

    def test_a_lesion_may_have_been_scanned_earlier(self, remarks, lesion) -> None:
        scans = [DAY_0 - timedelta(days=days) for days in (0, 28, 29)]
        (remark,) = remarks(R11, *(lesion(scanned_on=scanned_on) for scanned_on in scans))
        assert (remark.code, remark.on, remark.lesion) == ("BASELINE_TOO_OLD", DAY_0, "L3")
        assert remark.says == "3.2.1: scanned 29 days before 2024-01-01, at most 28 allowed"

    def test_so_may_a_non_target(self, codes, lesion) -> None:
        old = lesion(Role.NON_TARGET, scanned_on=DAY_0 - timedelta(days=29))
        assert codes(R11, old) == [("BASELINE_TOO_OLD", "L1")]

    def test_the_age_of_the_last_scan_says_it_for_all(self, codes, lesion) -> None:
        older = lesion(scanned_on=DAY_0 - timedelta(days=40))
        assert codes(R11, older, lesion(), on=-30) == TOO_OLD

    def test_without_a_reference_the_baseline_is_day_0(self, lesion) -> None:
        described, finding = lesion(scanned_on=DAY_0 - timedelta(days=29))
        read = Read(on=DAY_0, lesions={"T1": described}, findings={"T1": finding})
        (remark,) = recist.assess(Timeline(criteria=R11, reads=(read,))).remarks
        assert (remark.code, remark.lesion) == ("BASELINE_TOO_OLD", "T1")

    def test_a_lesion_may_be_too_old_in_a_read_that_is_not(self, codes, lesion) -> None:
        older = lesion(scanned_on=DAY_0 - timedelta(days=29))
        assert codes(R11, lesion(), older, on=-28) == [("BASELINE_TOO_OLD", "L2")]

    def test_irecist_cites_the_work_that_it_builds_on(self, remarks, lesion) -> None:
        found = remarks(IRECIST, *(lesion() for _ in range(6)), on=-29)
        sections = [remark.says.partition(": ")[0] for remark in found]
        assert sections == ["RECIST 1.1, 4.2", "RECIST 1.1, 3.2.1"]

    def test_zhu_cites_its_own_section(self, remarks, lesion) -> None:
        (remark,) = remarks(ZHU, lesion(), on=-15)
        assert remark.says.startswith("Baseline evaluation: scanned 15 days")


@pytest.mark.parametrize("criteria", CRITERIA)
def test_an_empty_baseline_is_not_doubted(codes, criteria: str) -> None:
    assert codes(criteria) == NOTHING


def test_lesions_are_told_in_the_order_of_the_read(codes, lesion) -> None:
    lesions = [
        lesion(longest_mm=9, organ="liver"),
        lesion(organ="liver"),
        lesion(short_axis_mm=9, organ="neck", nodal=True),
        lesion(nature=Nature.CYSTIC_METASTASIS, organ="liver"),
    ]
    assert codes(R11, *lesions, on=-29) == [
        ("NOT_MEASURABLE", "L1"),
        ("NOT_A_LESION", "L3"),
        ("PREFER_NON_CYSTIC", "L4"),
        ("TOO_MANY_TARGETS_PER_ORGAN", None),
        ("BASELINE_TOO_OLD", None),
    ]


@pytest.mark.parametrize("criteria", CRITERIA)
def test_a_remark_changes_nothing_else(criteria: str, timeline: Callable[..., Timeline]) -> None:
    course = timeline(criteria, "0 56 84", "T1: 50x40 30x20 30x20; NT1: PRESENT PRESENT ABSENT")
    first = course.reads[0]
    blastic = replace(first.lesions["T1"], nature=Nature.BONE_BLASTIC)
    changed = replace(first, lesions={**first.lesions, "T1": blastic})
    plain = recist.assess(course)
    doubted = recist.assess(replace(course, reads=(changed, *course.reads[1:])))
    assert (plain.remarks, len(doubted.remarks)) == ((), 1)
    assert replace(doubted, remarks=()) == plain


def test_only_the_baseline_is_remarked(judge) -> None:
    found = judge(R11, "0 56", "T1: 50 2/PET; NT1 node: 12 4; N1: . 1/PET")
    assert found.remarks == []
