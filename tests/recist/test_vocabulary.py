"""A finding that is looked at briefly is what it would be if it were looked at thoroughly."""

from datetime import date
from itertools import product
from math import inf, nan
from typing import Any

import pytest

from recist import Evidence, Finding, Lesion, Read, Refused, Role, State

LENGTHS = [
    *(None, 1, 1.0, 5, 10.5, 11.7, 41.123, 0.1 + 0.2 + 1, 999.999, 1000, 1000.0),
    *(11.700000000000001, 41.1234, 1.0000000000000002, 999.9999999, 1000.0004, 1000.0000000000001),
    *(0.9999999999999999, 0.5, 0.0004, 0, -0.0, -1, -11.7, 1001, nan, inf, -inf),
]
RARE: list[dict[str, Any]] = [
    *({"slice_thickness_mm": mm} for mm in (1.25, 5, 1.25000001, 0.625, 0, -1, 1001, nan)),
    *({"viable_mm": mm} for mm in (0, 5.5, 41.1234, 2000)),
    *({"fragments_mm": parts} for parts in ((), (20.0, 11.7), (20.00001,), (-1.0,))),
    {"fragments_short_mm": (5.0,)},
    {"fragments_mm": (20.0,), "fragments_short_mm": (5.00001,)},
    {"merged_into": "T2"},
]


def said(members: dict[str, Any]) -> str:
    try:
        return repr(Finding(**members))
    except Refused as refused:
        return repr(refused.faults)


def said_of_what_was_given(members: dict[str, Any]) -> str:
    """The same of one that holds what a document gave, and has the rest from its class."""
    finding = object.__new__(Finding)
    finding.__dict__.update(members)
    try:
        finding.__post_init__()
    except Refused as refused:
        return repr(refused.faults)
    return repr(finding)


@pytest.mark.parametrize("state", State)
def test_no_brief_look_hides_anything(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = [
        {"state": state, "longest_mm": longest, "short_axis_mm": short}
        for longest, short in product(LENGTHS, LENGTHS)
    ]
    findings = plain + [known | rare for known, rare in product(plain[::7], RARE)]
    briefly = [said(members) for members in findings]
    sparse = [{k: v for k, v in members.items() if v is not None} for members in findings]
    assert briefly == [said_of_what_was_given(members) for members in sparse]
    monkeypatch.setattr(Finding, "_is_plain", lambda _: False)
    assert briefly == [said(members) for members in findings]


@pytest.mark.parametrize(
    "members",
    [{"longest_mm": 40.301, "short_axis_mm": 20.101}, {"longest_mm": 7.001}, {"short_axis_mm": 7}],
)
def test_nearly_all_findings_are_looked_at_briefly(members: dict[str, Any]) -> None:
    for rest in ({}, {"slice_thickness_mm": 1.25}, {"comment": "as before"}):
        assert Finding(state=State.MEASURED, **members, **rest)._is_plain()
    assert Finding(state=State.ABSENT)._is_plain()


def test_a_label_of_64_characters_is_one() -> None:
    lesions = {"x" * 64: Lesion(role=Role.NON_TARGET)}
    assert Read(on=date(2024, 1, 1), lesions=lesions).lesions == lesions


def test_a_soft_part_of_no_length_is_none() -> None:
    with pytest.raises(Refused, match="not above zero"):
        Lesion(role=Role.TARGET, soft_tissue_mm=0)


def test_an_end_point_has_three_coordinates() -> None:
    with pytest.raises(Refused, match="two end points"):
        Evidence(longest=((1.0, 2.0, 3.0), (1.0, 2.0)))
