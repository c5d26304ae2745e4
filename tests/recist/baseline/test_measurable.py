"""What each edition calls measurable: size, method, slices, nodes, bone, cysts, treatment."""

from datetime import date
from typing import Any

import pytest

import recist
from recist import CRITERIA, Lesion, Method, Read, Role, State, Timeline
from recist.vocabulary import Nature

MM = 0.001
R10, R11, ZHU, WHO = "recist-1.0", "recist-1.1", "zhu-2013", "who-1979"
IRECIST, MRECIST = "irecist", "mrecist-hcc"
OF_RECIST_1_0 = (R10, ZHU)
OF_RECIST_1_1 = (R11, IRECIST, MRECIST)
NODE, LYTIC = {"nodal": True}, {"nature": Nature.BONE_LYTIC}

NOTHING: list[str] = []
NOT_MEASURABLE = ["NOT_MEASURABLE"]
NOT_A_LESION = ["NOT_A_LESION"]
PREFER_NON_CYSTIC = ["PREFER_NON_CYSTIC"]


@pytest.mark.parametrize(
    ("criteria", "size", "mm", "more"),
    [
        *((name, "longest_mm", 10, {}) for name in (*OF_RECIST_1_1, *OF_RECIST_1_0)),
        (R11, "longest_mm", 10, {"method": Method.MR}),
        (R11, "longest_mm", 10, {"method": Method.CONVENTIONAL_CT}),
        (R11, "longest_mm", 10, {"method": Method.CALIPER}),
        (R11, "longest_mm", 20, {"method": Method.CHEST_XRAY}),
        (R11, "longest_mm", 10, {"slice_thickness_mm": 5}),
        (R11, "longest_mm", 10.002, {"slice_thickness_mm": 5.001}),
        (R11, "longest_mm", 14, {"slice_thickness_mm": 7}),
        (R11, "longest_mm", 14, {"slice_thickness_mm": 7, "method": Method.MR}),
        (R11, "longest_mm", 10, {"slice_thickness_mm": 7, "method": Method.CALIPER}),
        (R11, "longest_mm", 20, {"slice_thickness_mm": 12, "method": Method.CHEST_XRAY}),
        *((name, "short_axis_mm", 15, NODE) for name in OF_RECIST_1_1),
        (R11, "short_axis_mm", 15, NODE | {"slice_thickness_mm": 7.5}),
        (R11, "short_axis_mm", 16, NODE | {"slice_thickness_mm": 8}),
        (R11, "soft_tissue_mm", 10, LYTIC),
        (R11, "soft_tissue_mm", 12, LYTIC | {"slice_thickness_mm": 6}),
        (MRECIST, "viable_mm", 10, {}),
        (MRECIST, "viable_mm", 12, {"slice_thickness_mm": 6}),
        *((R10, "longest_mm", 20, {"method": method}) for method in (Method.MR, Method.CALIPER)),
        (R10, "longest_mm", 20, {"method": Method.CHEST_XRAY}),
        (R10, "longest_mm", 20, {"method": Method.CONVENTIONAL_CT, "slice_thickness_mm": 10}),
        (R10, "longest_mm", 22, {"method": Method.CONVENTIONAL_CT, "slice_thickness_mm": 11}),
        (R10, "longest_mm", 10, NODE),
        (ZHU, "longest_mm", 20, {"method": Method.MR}),
        (ZHU, "longest_mm", 10, NODE),
    ],
)
def test_the_limit_is_enough_and_a_thousandth_less_is_not(
    codes_of_one, criteria: str, size: str, mm: float, more: dict[str, Any]
) -> None:
    assert codes_of_one(criteria, **more, **{size: mm}) == NOTHING
    assert codes_of_one(criteria, **more, **{size: mm - MM}) == NOT_MEASURABLE


@pytest.mark.parametrize("method", sorted(set(Method) - {Method.PET}))
def test_who_has_no_smallest_size(codes_of_one, method: Method) -> None:
    assert codes_of_one(WHO, longest_mm=MM, slice_thickness_mm=20, method=method) == NOTHING


@pytest.mark.parametrize("criteria", [name for name in CRITERIA if name != WHO])
def test_ultrasound_does_not_measure(codes_of_one, criteria: str) -> None:
    assert codes_of_one(criteria, method=Method.ULTRASOUND) == NOT_MEASURABLE


@pytest.mark.parametrize("criteria", CRITERIA)
def test_a_pet_does_not_measure(codes_of_one, criteria: str) -> None:
    assert codes_of_one(criteria, method=Method.PET) == NOT_MEASURABLE


def test_unknown_slices_are_not_held_against_a_lesion(codes_of_one) -> None:
    assert codes_of_one(R11, longest_mm=10, slice_thickness_mm=None) == NOTHING
    assert codes_of_one(R11, longest_mm=10, slice_thickness_mm=MM) == NOTHING
    assert codes_of_one(R11, longest_mm=1000, slice_thickness_mm=1000) == NOT_MEASURABLE


def test_a_viable_part_decides_only_where_it_is_what_counts(codes_of_one) -> None:
    assert codes_of_one(R11, viable_mm=0) == NOTHING
    assert codes_of_one(MRECIST, viable_mm=0) == NOT_MEASURABLE


def test_of_two_diameters_the_longest_must_be_long_enough(codes_of_one) -> None:
    sizes = {"longest_mm": 12, "short_axis_mm": 8, "slice_thickness_mm": 5}
    assert codes_of_one(ZHU, **sizes) == NOTHING


def test_the_largest_part_of_a_split_lesion_counts(codes_of_one) -> None:
    assert codes_of_one(R11, fragments_mm=(4, 10)) == NOTHING
    assert codes_of_one(R11, fragments_mm=(9, 9)) == NOT_MEASURABLE


class TestNature:
    """Bone, cysts and diffuse disease (RECIST 1.1, 3.1.2 and 3.1.3; RECIST 1.0, 2.1)."""

    @pytest.mark.parametrize("criteria", CRITERIA)
    @pytest.mark.parametrize("role", [Role.TARGET, Role.NON_TARGET])
    def test_a_simple_cyst_is_no_lesion(self, codes_of_one, criteria: str, role: Role) -> None:
        assert codes_of_one(criteria, role, nature=Nature.SIMPLE_CYST) == NOT_A_LESION

    @pytest.mark.parametrize("criteria", CRITERIA)
    @pytest.mark.parametrize("nature", [Nature.BONE_BLASTIC, Nature.DIFFUSE])
    def test_blastic_and_diffuse_disease_is_never_measurable(
        self, codes_of_one, criteria: str, nature: Nature
    ) -> None:
        assert codes_of_one(criteria, nature=nature, soft_tissue_mm=50) == NOT_MEASURABLE

    @pytest.mark.parametrize("criteria", OF_RECIST_1_1)
    def test_a_lytic_lesion_counts_by_its_soft_part(self, codes_of_one, criteria: str) -> None:
        assert codes_of_one(criteria, soft_tissue_mm=12, longest_mm=12, **LYTIC) == NOTHING
        assert codes_of_one(criteria, **LYTIC) == NOT_MEASURABLE

    @pytest.mark.parametrize("method", [Method.CHEST_XRAY, Method.CALIPER])
    def test_only_slices_show_a_soft_part(self, codes_of_one, method: Method) -> None:
        assert codes_of_one(R11, soft_tissue_mm=50, method=method, **LYTIC) == NOT_MEASURABLE

    @pytest.mark.parametrize("criteria", [*OF_RECIST_1_0, WHO])
    def test_older_criteria_measure_no_bone(self, codes_of_one, criteria: str) -> None:
        assert codes_of_one(criteria, soft_tissue_mm=50, **LYTIC) == NOT_MEASURABLE

    @pytest.mark.parametrize(
        ("criteria", "said"),
        [
            *((name, PREFER_NON_CYSTIC) for name in OF_RECIST_1_1),
            *((name, NOT_MEASURABLE) for name in OF_RECIST_1_0),
            (WHO, NOTHING),
        ],
    )
    def test_a_cystic_metastasis(self, codes_of_one, criteria: str, said: list[str]) -> None:
        assert codes_of_one(criteria, nature=Nature.CYSTIC_METASTASIS) == said

    def test_a_cystic_metastasis_must_be_large_enough_too(self, codes_of_one) -> None:
        small = {"nature": Nature.CYSTIC_METASTASIS, "longest_mm": 9}
        assert codes_of_one(R11, **small) == NOT_MEASURABLE + PREFER_NON_CYSTIC

    @pytest.mark.parametrize("criteria", CRITERIA)
    @pytest.mark.parametrize("nature", sorted(set(Nature) - {Nature.SIMPLE_CYST}))
    def test_a_non_target_need_not_be_measurable(
        self, codes_of_one, criteria: str, nature: Nature
    ) -> None:
        tiny = {"longest_mm": 2, "method": Method.PET, "previously_treated": True}
        assert codes_of_one(criteria, Role.NON_TARGET, nature=nature, **tiny) == NOTHING


@pytest.mark.parametrize(
    ("criteria", "treated", "progressed_since"),
    [
        (R11, NOT_MEASURABLE, NOTHING),
        (IRECIST, NOT_MEASURABLE, NOTHING),
        (R10, NOT_MEASURABLE, NOT_MEASURABLE),
        (ZHU, NOT_MEASURABLE, NOT_MEASURABLE),
        (WHO, NOTHING, NOTHING),
        (MRECIST, NOTHING, NOTHING),
    ],
)
def test_earlier_treatment(
    codes_of_one, criteria: str, treated: list[str], progressed_since: list[str]
) -> None:
    assert codes_of_one(criteria, previously_treated=True) == treated
    again = {"previously_treated": True, "progressed_since_treatment": True}
    assert codes_of_one(criteria, **again) == progressed_since
    assert codes_of_one(criteria, progressed_since_treatment=True) == NOTHING


class TestNodes:
    """Short axis: 15 mm for a target, from 10 mm a non-target, less is normal (RECIST 1.1)."""

    @pytest.mark.parametrize("criteria", OF_RECIST_1_1)
    def test_a_target_under_10_mm_is_no_lesion(self, codes_of_one, criteria: str) -> None:
        assert codes_of_one(criteria, short_axis_mm=10 - MM, **NODE) == NOT_A_LESION
        assert codes_of_one(criteria, short_axis_mm=10, **NODE) == NOT_MEASURABLE

    @pytest.mark.parametrize("criteria", [R11, IRECIST])
    def test_so_is_a_non_target(self, codes_of_one, criteria: str) -> None:
        found = [
            codes_of_one(criteria, Role.NON_TARGET, short_axis_mm=mm, **NODE)
            for mm in (10 - MM, 10)
        ]
        assert found == [NOT_A_LESION, NOTHING]

    @pytest.mark.parametrize("state", [State.PRESENT, State.ABSENT, State.NOT_EVALUABLE])
    def test_one_without_a_size_is_not_doubted(self, codes_of_one, state: State) -> None:
        assert codes_of_one(R11, Role.NON_TARGET, state=state, **NODE) == NOTHING

    def test_nor_is_a_non_target_without_a_finding(self) -> None:
        node = Lesion(role=Role.NON_TARGET, nodal=True)
        read = Read(on=date(2024, 1, 1), lesions={"NT1": node})
        assert recist.assess(Timeline(criteria=R11, reads=(read,))).remarks == ()

    @pytest.mark.parametrize(
        ("short", "said"),
        [((9, 15), NOTHING), ((14, 9), NOT_MEASURABLE), ((9, 9), NOT_A_LESION)],
    )
    def test_the_largest_part_of_a_split_one_counts(
        self, codes_of_one, short: tuple[float, float], said: list[str]
    ) -> None:
        parts = {"fragments_mm": (40, 40), "fragments_short_mm": short}
        assert codes_of_one(R11, **parts, **NODE) == said

    @pytest.mark.parametrize("criteria", [*OF_RECIST_1_0, WHO])
    def test_older_criteria_know_no_short_axis(self, codes_of_one, criteria: str) -> None:
        assert codes_of_one(criteria, short_axis_mm=7, **NODE) == NOTHING

    def test_a_slender_lesion_elsewhere_is_one(self, codes_of_one) -> None:
        assert codes_of_one(R11, short_axis_mm=7) == NOTHING
