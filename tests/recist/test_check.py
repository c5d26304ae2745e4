"""What is refused, and by which path: nothing that contradicts itself is judged."""

from datetime import date
from math import inf, nan

import pytest

import recist
from recist import Evidence, Finding, Lesion, Protocol, Read, Refused, Role, State, Timeline
from recist.protocol import Measure, PdReference

M = State.MEASURED


@pytest.fixture
def faults(timeline):
    """The paths and sentences of what is refused; empty where nothing is."""

    def found(criteria: str, *args: object, **more: object) -> dict[tuple[str | int, ...], str]:
        try:
            recist.assess(timeline(criteria, *args, **more))
        except Refused as refused:
            return {fault.at: fault.says for fault in refused.faults}
        return {}

    return found


def places(make) -> list[tuple[str | int, ...]]:
    with pytest.raises(Refused) as refused:
        make()
    assert all(fault.says for fault in refused.value.faults)
    return [fault.at for fault in refused.value.faults]


class TestLengths:
    """Positive, finite, at most 1000 mm."""

    NAMES = ("longest_mm", "short_axis_mm", "viable_mm", "slice_thickness_mm")

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("mm", [-1, -0.0001, 0.0004, nan, inf, -inf, 1000.001, 5000])
    def test_no_length(self, name: str, mm: float) -> None:
        sizes = {"longest_mm": 1000, name: mm}
        assert places(lambda: Finding(state=M, **sizes)) == [(name,)]

    @pytest.mark.parametrize("name", ["longest_mm", "short_axis_mm", "slice_thickness_mm"])
    def test_zero_is_none_either(self, name: str) -> None:
        assert places(lambda: Finding(state=M, **{"longest_mm": 9, name: 0})) == [(name,)]

    def test_but_nothing_may_be_viable(self) -> None:
        assert Finding(state=M, longest_mm=9, viable_mm=0).viable_mm == 0

    @pytest.mark.parametrize("mm", [0.0005, 0.001, 1000])
    def test_the_smallest_and_the_largest(self, mm: float) -> None:
        assert Finding(state=M, longest_mm=mm).longest_mm == max(mm, 0.001)

    def test_a_length_of_zero_is_told_what_to_say(self) -> None:
        with pytest.raises(Refused, match="ABSENT"):
            Finding(state=M, longest_mm=0)

    def test_five_metres_are_asked_whether_they_are_millimetres(self) -> None:
        with pytest.raises(Refused, match=r"5000.* mm is over 1000 mm: are these millimetres\?"):
            Finding(state=M, longest_mm=5000)

    @pytest.mark.parametrize("state", [State.PRESENT, State.ABSENT, State.NOT_EVALUABLE])
    def test_slices_have_a_thickness_whatever_was_found(self, state: State) -> None:
        assert places(lambda: Finding(state=state, slice_thickness_mm=nan)) == [
            ("slice_thickness_mm",)
        ]

    @pytest.mark.parametrize("mm", [-1, nan, 5000])
    def test_of_soft_tissue_too(self, mm: float) -> None:
        assert places(lambda: Lesion(role=Role.TARGET, soft_tissue_mm=mm)) == [("soft_tissue_mm",)]

    @pytest.mark.parametrize("name", ["short_axis_mm", "viable_mm"])
    def test_nothing_is_longer_than_the_longest(self, name: str) -> None:
        assert places(lambda: Finding(state=M, longest_mm=10, **{name: 10.001})) == [(name,)]
        assert Finding(state=M, longest_mm=10, **{name: 10})
        assert Finding(state=M, longest_mm=10, **{name: 10.0004})

    def test_several_faults_are_all_told(self) -> None:
        made = places(lambda: Finding(state=M, longest_mm=-1, short_axis_mm=nan, viable_mm=5000))
        assert made == [("longest_mm",), ("short_axis_mm",), ("viable_mm",)]


class TestStatesAndLengths:
    """A length goes with MEASURED, PROGRESSED, INCREASED and EQUIVOCAL, and with no other."""

    @pytest.mark.parametrize("state", State)
    def test_each_state(self, state: State) -> None:
        if state in {M, State.PROGRESSED, State.INCREASED, State.EQUIVOCAL}:
            assert Finding(state=state, longest_mm=20).longest_mm == 20
        else:
            assert places(lambda: Finding(state=state, longest_mm=20)) == [("state",)]
            assert places(lambda: Finding(state=state, short_axis_mm=20)) == [("state",)]
            assert places(lambda: Finding(state=state, viable_mm=0)) == [("state",)]

    def test_measured_without_a_length(self) -> None:
        assert places(lambda: Finding(state=M)) == [()]
        assert places(lambda: Finding(state=M, viable_mm=5)) == [()]


class TestFragments:
    """The parts of a split lesion, instead of one diameter."""

    @pytest.mark.parametrize(
        ("sizes", "at"),
        [
            ({"fragments_mm": (9, -1, 0)}, [("fragments_mm", 1), ("fragments_mm", 2)]),
            ({"fragments_mm": (9,), "fragments_short_mm": (nan,)}, [("fragments_short_mm", 0)]),
            ({"fragments_mm": ()}, [("fragments_mm",)]),
            ({"fragments_mm": (9, 8), "longest_mm": 9}, [("fragments_mm",)]),
            ({"fragments_mm": (9, 8), "short_axis_mm": 9}, [("fragments_mm",)]),
            ({"fragments_mm": (9, 8), "fragments_short_mm": (5,)}, [("fragments_short_mm",)]),
            ({"fragments_mm": (9, 8), "fragments_short_mm": (9, 9)}, [("fragments_short_mm", 1)]),
            ({"fragments_short_mm": (5,)}, [("fragments_mm",)]),
        ],
    )
    def test_mismatch(self, sizes, at) -> None:
        assert places(lambda: Finding(state=M, **sizes)) == at

    def test_they_are_measured(self) -> None:
        assert places(lambda: Finding(state=State.INCREASED, fragments_mm=(9, 8))) == [("state",)]

    def test_products_need_their_short_axes(self, faults) -> None:
        assert list(faults("zhu-2013", "0 60", "T1: 30x20 20+10")) == [
            ("reads", 1, "findings", "T1", "fragments_short_mm")
        ]
        assert faults("zhu-2013", "0 60", "T1: 30x20 20x9+10x8") == {}

    def test_so_do_nodes(self, faults) -> None:
        assert list(faults("recist-1.1", "0 60", "T1 node: 20 20+10")) == [
            ("reads", 1, "findings", "T1", "fragments_short_mm")
        ]
        assert faults("recist-1.1", "0 60", "T1: 20 20+10") == {}


class TestMerged:
    """A lesion that merged into another has no length, and the other has one."""

    @pytest.mark.parametrize(
        "sizes",
        [
            {"longest_mm": 9},
            {"short_axis_mm": 9},
            {"viable_mm": 9},
            {"fragments_mm": (9, 8)},
            {"fragments_short_mm": (9, 8)},
        ],
    )
    def test_no_length(self, sizes) -> None:
        assert places(lambda: Finding(state=M, merged_into="T2", **sizes)) == [("merged_into",)]

    def test_it_is_measured(self) -> None:
        assert places(lambda: Finding(state=State.PRESENT, merged_into="T2")) == [
            ("state",),
            ("state",),
        ]

    @pytest.mark.parametrize(
        "findings",
        [
            "T1: 30 >T1; T2: 20 20",
            "T1: 30 >T9; T2: 20 20",
            "T1: 30 >T2; T2: 20 ABSENT",
            "T1: 30 >T2; T2: 20 .",
            "T1: 30 >NT1; NT1: PRESENT 40",
            "T1: 30 >T2; T2: 20 >T3; T3: 10 60",
        ],
    )
    def test_into_what_cannot_hold_it(self, faults, findings: str) -> None:
        assert list(faults("recist-1.1", "0 56", findings)) == [
            ("reads", 1, "findings", "T1", "merged_into")
        ]

    def test_into_itself(self, faults) -> None:
        assert "into itself" in str(faults("recist-1.1", "0 56", "T1: 30 >T1"))

    def test_in_a_circle(self, faults) -> None:
        assert list(faults("recist-1.1", "0 56", "T1: 30 >T2; T2: 20 >T1")) == [
            ("reads", 1, "findings", "T1", "merged_into"),
            ("reads", 1, "findings", "T2", "merged_into"),
        ]

    def test_at_baseline(self, faults) -> None:
        at = ("reads", 0, "findings", "T1", "merged_into")
        assert at in faults("recist-1.1", "0", "T1: >T2; T2: 20")

    def test_a_new_lesion_may_merge_into_another(self, faults) -> None:
        assert faults("recist-1.1", "0 56", "T1: 30 30; N1: . >N2; N2: . 20") == {}

    def test_a_non_target_may_merge_into_a_target(self, faults) -> None:
        assert faults("recist-1.1", "0 56", "T1: 30 40; NT1: PRESENT >T1") == {}
        assert "no such lesion: T2" in str(faults("recist-1.1", "0 56", "NT1: PRESENT >T2"))


class TestDates:
    """Reads are in order; a scan lies between the read before and its own."""

    @pytest.mark.parametrize("day", [1, 2])
    def test_a_read_not_after_the_one_before(self, day: int) -> None:
        reads = (Read(on=date(2024, 1, 2)), Read(on=date(2024, 1, day)))
        made = Timeline(criteria="recist-1.1", reads=reads)
        assert places(lambda: recist.assess(made)) == [("reads", 1, "on")]

    @pytest.mark.parametrize("day", [57, 0])
    def test_a_scan_outside_its_read(self, faults, day: int) -> None:
        assert list(faults("recist-1.1", "0 56", f"T1: 30 30^{day}")) == [
            ("reads", 1, "findings", "T1", "scanned_on")
        ]

    @pytest.mark.parametrize("day", [56, 1])
    def test_a_scan_within_it(self, faults, day: int) -> None:
        assert faults("recist-1.1", "0 56", f"T1: 30 30^{day}") == {}

    def test_no_read(self) -> None:
        made = Timeline(criteria="recist-1.1", reads=())
        assert places(lambda: recist.assess(made)) == [("reads",)]


class TestLesions:
    """Each is described once, where it is first seen, by the role that it may have there."""

    @pytest.mark.parametrize(
        ("reads", "at"),
        [
            ([{}, {"findings": {"T1": "ABSENT"}}], (1, "findings", "T1")),
            (
                [{"lesions": {"N1": "NEW"}, "findings": {"N1": "PRESENT"}}],
                (0, "lesions", "N1", "role"),
            ),
            (
                [{}, {"lesions": {"X": "TARGET"}, "findings": {"X": "ABSENT"}}],
                (1, "lesions", "X", "role"),
            ),
            ([{}, {"lesions": {"X": "NON_TARGET"}}], (1, "lesions", "X", "role")),
            ([{}, {"lesions": {"X": "TARGET"}}], (1, "lesions", "X", "role")),
            ([{}, {"lesions": {"N1": "NEW"}}], (1, "findings", "N1")),
            ([{"lesions": {"T1": "TARGET"}}], (0, "findings", "T1")),
            (
                [
                    {},
                    {"lesions": {"N1": "NEW"}, "findings": {"N1": "PRESENT"}},
                    {"lesions": {"N1": "NEW"}, "findings": {"N1": "PRESENT"}},
                ],
                (2, "lesions", "N1"),
            ),
        ],
    )
    def test_out_of_place(self, reads, at) -> None:
        made = Timeline(
            criteria="recist-1.1",
            reads=tuple(
                Read(
                    on=date(2024, 1 + n, 1),
                    lesions={k: Lesion(role=Role(v)) for k, v in r.get("lesions", {}).items()},
                    findings={k: Finding(state=State(v)) for k, v in r.get("findings", {}).items()},
                )
                for n, r in enumerate(reads)
            ),
        )
        assert places(lambda: recist.assess(made)) == [("reads", *at)]

    @pytest.mark.parametrize("label", ["", "  ", "x" * 65])
    def test_without_a_label(self, label: str) -> None:
        lesions = {label: Lesion(role=Role.NON_TARGET)}
        assert places(lambda: Read(on=date(2024, 1, 1), lesions=lesions)) == [("lesions", label)]

    def test_without_a_name_of_the_compartment(self) -> None:
        assert places(lambda: Lesion(role=Role.TARGET, compartment=" ")) == [("compartment",)]

    @pytest.mark.parametrize("state", ["TOO_SMALL", "ABSENT", "NE"])
    def test_a_target_is_measured_at_baseline(self, faults, state: str) -> None:
        assert list(faults("recist-1.1", "0", f"T1: {state}")) == [
            ("reads", 0, "findings", "T1", "state")
        ]

    @pytest.mark.parametrize("state", ["PROGRESSED", "INCREASED", "REMOVED"])
    def test_a_baseline_compares_with_nothing(self, faults, state: str) -> None:
        assert list(faults("recist-1.1", "0", f"NT1: {state}")) == [
            ("reads", 0, "findings", "NT1", "state")
        ]

    @pytest.mark.parametrize(
        ("label", "cells"),
        [
            *(("T1", f"30 {s}") for s in ("PRESENT", "PROGRESSED", "INCREASED", "EQUIVOCAL")),
            ("NT1", "PRESENT EQUIVOCAL"),
            ("N1", ". PROGRESSED"),
        ],
    )
    def test_states_that_a_role_does_not_have(self, faults, label: str, cells: str) -> None:
        assert list(faults("recist-1.1", "0 56", f"{label}: {cells}")) == [
            ("reads", 1, "findings", label, "state")
        ]

    def test_are_told_with_those_that_it_has_in_the_order_of_the_alphabet(self, faults) -> None:
        found = faults("recist-1.1", "0 56", "T1: 30 PROGRESSED")
        (says,) = found.values()
        assert says.endswith(": ABSENT, MEASURED, NOT_EVALUABLE, REMOVED, TOO_SMALL")

    def test_a_non_target_needs_no_finding(self, faults) -> None:
        assert faults("recist-1.1", "0 56", "T1: 30^0 30; NT1: . .") == {}


class TestDiametersNeeded:
    """Every criteria say which diameters they judge a lesion by."""

    @pytest.mark.parametrize(
        ("criteria", "findings", "missing"),
        [
            ("zhu-2013", "T1: 30", "short_axis_mm"),
            ("zhu-2013", "T1 node: 12", "longest_mm"),
            ("recist-1.1", "T1 node: 30x20; T2 node: 20", None),
            ("recist-1.1", "T1: 30", None),
            ("recist-1.1", "NT1: 30", None),
            ("zhu-2013", "NT1 node: 12", None),
        ],
    )
    def test_at_baseline(self, faults, criteria: str, findings: str, missing: str | None) -> None:
        expected = [("reads", 0, "findings", "T1", missing)] if missing else []
        assert list(faults(criteria, "0", findings)) == expected

    @pytest.mark.parametrize("label", ["NT1", "N1"])
    def test_nodes_that_are_no_targets_need_a_short_axis_where_it_decides(self, label: str) -> None:
        role = Role.NEW if label == "N1" else Role.NON_TARGET
        seen = Read(
            on=date(2024, 3, 1),
            lesions={label: Lesion(role=role, nodal=True)},
            findings={label: Finding(state=M, longest_mm=20)},
        )
        reads = (Read(on=date(2024, 1, 1)), seen) if label == "N1" else (seen,)
        made = Timeline(criteria="recist-1.1", reads=reads)
        at = ("reads", len(reads) - 1, "findings", label, "short_axis_mm")
        assert places(lambda: recist.assess(made)) == [at]
        assert recist.assess(Timeline(criteria="zhu-2013", reads=reads))

    def test_by_switch_products_are_not_asked_for(self, faults) -> None:
        assert faults("zhu-2013", "0 60", "T1: 30 20", measure=Measure.LONGEST_DIAMETER) == {}


class TestCriteriaAndProtocol:
    """Criteria by a name that exists, and switches that they have."""

    def test_unknown_criteria_are_told_which_there_are(self, faults) -> None:
        found = faults("recist-2.0", "0", "T1: 30")
        assert list(found) == [("criteria",)]
        assert "zhu-2013" in found["criteria",]

    @pytest.mark.parametrize(
        "switch", [{"measure": Measure.PRODUCT}, {"pd_reference": PdReference.NADIR}]
    )
    def test_switches_of_other_criteria(self, faults, switch) -> None:
        (name,) = switch
        assert list(faults("recist-1.1", "0", "T1: 30", **switch)) == [("protocol", name)]

    @pytest.mark.parametrize("criteria", ["recist-1.1", "zhu-2013"])
    def test_switches_that_neither_has(self, faults, criteria: str) -> None:
        found = faults(criteria, "0", "", icpd_max_days=56, pd_scope="SUM")
        assert list(found) == [("protocol", "icpd_max_days"), ("protocol", "pd_scope")]

    def test_are_told_in_the_order_of_the_alphabet(self, faults) -> None:
        given = {"pd_scope": "SUM", "measure": "PRODUCT", "pd_reference": "NADIR"}
        given |= {"icpd_reference": "LAST_IUPD", "icpd_max_days": 56}
        found = faults("recist-1.1", "0", "", **given)
        assert list(found) == [("protocol", name) for name in sorted(given)]

    @pytest.mark.parametrize(
        "name", ["confirm_min_days", "sd_min_days", "max_ne_between", "baseline_max_age_days"]
    )
    def test_no_number_below_zero(self, name: str) -> None:
        assert places(lambda: Protocol(**{name: -1})) == [(name,)]
        assert Protocol(**{name: 0}).given() == {name: 0}


class TestEvidence:
    """Where it was measured: two points in space, on a frame that is numbered from 1."""

    @pytest.mark.parametrize(
        "points", [((1, 2, 3),), ((1, 2, 3),) * 3, ((1, 2), (1, 2)), ((1, 2, 3), (1, 2, inf))]
    )
    def test_no_segment(self, points) -> None:
        assert places(lambda: Evidence(longest=points)) == [("longest",)]
        assert places(lambda: Evidence(short_axis=points)) == [("short_axis",)]

    def test_no_frame(self) -> None:
        assert places(lambda: Evidence(frame=0)) == [("frame",)]
        assert Evidence(frame=1, longest=((1, 2, 3), (4, 5, 6))).frame == 1


def test_all_faults_of_a_timeline_are_told_at_once(faults) -> None:
    cells = "T1: 30 PRESENT .; T2: ABSENT 20 >T9; N1 node: . 20^57 PRESENT"
    assert list(faults("recist-1.1", "0 56 84", cells)) == [
        ("reads", 0, "findings", "T2", "state"),
        ("reads", 1, "findings", "T1", "state"),
        ("reads", 1, "findings", "N1", "scanned_on"),
        ("reads", 2, "findings", "T2", "merged_into"),
    ]
