"""Reads are signed in order: the baseline first, each after the one before, by the same hand."""

from typing import Any

import pytest

pytestmark = pytest.mark.requirement("R9")


def test_the_first_read_is_the_baseline(reading: Any, baseline: Any, follow_up: Any) -> None:
    refused = reading.sign(follow_up())
    assert refused.json()["errors"][0]["pointer"] == "/findings/T1"
    new = baseline(lesions={"T1": {"role": "NEW"}})
    assert reading.sign(new).json()["errors"][0]["pointer"] == "/lesions/T1/role"
    assert reading.sign(baseline()).json()["timepoint"] == 0


def test_a_date_that_does_not_come_after_the_one_before_is_refused(
    reading: Any, baseline: Any, follow_up: Any
) -> None:
    reading.signed(baseline())
    reading.signed(follow_up("2024-02-26"))
    for on in ("2023-12-31", "2024-01-15"):
        refused = reading.sign(follow_up(on))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/on")
    assert reading.sign(follow_up("2024-02-27")).json()["timepoint"] == 2


def test_a_correction_keeps_its_place_in_the_order(
    reading: Any, baseline: Any, follow_up: Any
) -> None:
    first = reading.signed(baseline())
    second = reading.signed(follow_up("2024-02-26"))
    moved = baseline("2024-03-01", replaces=first, reason="x")
    assert reading.sign(moved).status_code == 422
    moved = follow_up("2024-01-01", replaces=second, reason="x")
    assert reading.sign(moved).json()["errors"][0]["pointer"] == "/on"
    moved = follow_up("2024-01-02", replaces=second, reason="another date on the film")
    assert reading.sign(moved).json()["timepoint"] == 1
