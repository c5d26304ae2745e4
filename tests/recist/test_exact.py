"""Exact lengths: what a client's binary noise must never decide."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recist.exact import percent_change, thousandths
from recist.vocabulary import Finding, State

DIGITS = st.integers(0, 999)
WHOLE = st.integers(0, 1000)


@given(WHOLE, st.text("0123456789", max_size=9))
def test_any_decimal_is_taken_to_the_nearest_thousandth_halves_up(whole, places) -> None:
    text = f"{whole}.{places or 0}"
    nearest = (Decimal(text) * 1000).quantize(Decimal(1), ROUND_HALF_UP)
    assert thousandths(float(text)) == int(nearest)


@given(WHOLE, DIGITS, st.sampled_from([-1, 1]))
def test_binary_noise_changes_nothing(whole, digits, direction) -> None:
    exact = whole + digits / 1000
    noisy = exact * (1 + direction * 4e-16) + direction * 1e-13
    assert thousandths(noisy) == thousandths(exact) == 1000 * whole + digits


@given(st.integers(0, 1_000_000))
def test_a_thousandth_goes_there_and_back(count) -> None:
    assert thousandths(count / 1000) == count


@pytest.mark.parametrize(
    ("mm", "count"),
    [
        (11.700000000000001, 11700),
        (11.7, 11700),
        (0.0005, 1),
        (0.0004999, 0),
        (1.0005, 1001),  # its double lies below the half: the decimal that it stands for counts
        (2.6745, 2675),
        (1000, 1_000_000),
        (1e-9, 0),
    ],
)
def test_length(mm: float, count: int) -> None:
    assert thousandths(mm) == count


def test_what_a_finding_keeps_is_the_exact_length() -> None:
    finding = Finding(state=State.MEASURED, longest_mm=0.1 + 0.2, short_axis_mm=0.1)
    assert (finding.longest_mm, finding.short_axis_mm) == (0.3, 0.1)
    parts = Finding(state=State.MEASURED, fragments_mm=(0.1 + 0.2, 11.700000000000001))
    assert parts.fragments_mm == (0.3, 11.7)


@pytest.mark.parametrize(
    ("now", "reference", "percent"),
    [
        (51, 78, -34.6),
        (60, 50, 20.0),
        (0, 50, -100.0),
        (50, 50, 0.0),
        (100_049, 100_000, 0.0),
        (100_050, 100_000, 0.1),  # halves go away from zero, up and down alike
        (99_950, 100_000, -0.1),
        (99_951, 100_000, 0.0),
        (1, 0, None),
        (0, 0, None),
    ],
)
def test_percentages_are_for_display(now: int, reference: int, percent: float | None) -> None:
    assert percent_change(now, reference) == percent


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_percentage_is_within_half_a_tenth_of_the_truth(now, reference) -> None:
    shown = percent_change(now, reference)
    assert shown is not None
    truth = Decimal(100 * (now - reference)) / reference
    assert abs(Decimal(str(shown)) - truth) <= Decimal("0.05")


def test_a_percentage_that_is_none_is_plain_zero() -> None:
    assert str(percent_change(99_999, 100_000)) == "0.0"
