"""Exact intervals and the chances of a rule, against tail sums in exact fractions."""

import subprocess
import sys
from fractions import Fraction
from math import comb

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recist import Refused
from recist.rates import DecisionRule, Rate, response_rates
from service.statistics import exact_interval, operating_characteristics

NAN = float("nan")
NEAR = Fraction(1, 10**12)
RATES = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
EXACT = settings(max_examples=60, deadline=None, database=None, derandomize=True)


def at_least(x: int, n: int, p: Fraction) -> Fraction:
    """P(X >= x), added up without a rounding."""
    a, d = p.numerator, p.denominator
    return Fraction(sum(comb(n, k) * a**k * (d - a) ** (n - k) for k in range(x, n + 1)), d**n)


@pytest.mark.parametrize(
    ("count", "of", "limits"),
    [
        (22, 32, (0.499922, 0.838815)),
        (16, 32, (0.318875, 0.681125)),
        (0, 32, (0, 0.108881)),
        (32, 32, (0.891119, 1)),
    ],
)
def test_the_published_intervals(count, of, limits) -> None:
    found = exact_interval(Rate(count, of))
    assert (round(found.lower, 6), round(found.upper, 6)) == limits
    assert found.confidence == 0.95


def test_a_limit_just_below_one_half_does_not_exceed_it() -> None:
    primary = response_rates({"CR": 4, "PR": 18, "SD": 8, "PD": 2})
    lower = exact_interval(primary.objective_response).lower
    assert f"{100 * lower:.1f} %" == "50.0 %"
    assert lower < 0.5


@EXACT
@given(RATES, st.sampled_from([Fraction(1, 2), Fraction(9, 10), Fraction(95, 100)]))
def test_each_limit_leaves_half_of_the_rest_beyond_it(rate, confidence) -> None:
    (x, n), beyond = rate, (1 - confidence) / 2
    found = exact_interval(Rate(x, n), float(confidence))
    lower, upper = Fraction(found.lower), Fraction(found.upper)
    if x == 0:
        assert lower == 0
    else:
        assert at_least(x, n, lower - NEAR) < beyond < at_least(x, n, lower + NEAR)
    if x == n:
        assert upper == 1
    else:
        at_most = [1 - at_least(x + 1, n, upper + side) for side in (NEAR, -NEAR)]
        assert at_most[0] < beyond < at_most[1]


@EXACT
@given(RATES)
def test_responders_and_the_others_mirror_each_other(rate) -> None:
    x, n = rate
    found, mirrored = exact_interval(Rate(x, n)), exact_interval(Rate(n - x, n))
    assert found.lower == pytest.approx(1 - mirrored.upper, abs=1e-14)
    assert found.lower <= x / n <= found.upper


def test_the_published_operating_characteristics() -> None:
    found = {
        (k, p): operating_characteristics(DecisionRule(k, of=32), p)
        for k, p in ((20, 0.7), (20, 0.5), (13, 0.5))
    }
    assert round(found[20, 0.7].success, 6) == 0.771681
    assert round(found[20, 0.7].success_if_at_least, 6) == 0.867428
    assert round(found[20, 0.5].success, 6) == 0.055092
    assert round(found[13, 0.5].success, 6) == 0.811457
    assert round(found[13, 0.5].success_if_at_least, 6) == 0.892336
    assert (found[13, 0.5].rule.more_than, found[13, 0.5].response_rate) == (13, 0.5)


@EXACT
@given(
    st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))),
    st.integers(0, 20),
)
def test_chances_are_binomial_tails(rule, twentieths) -> None:
    (k, n), p = rule, twentieths / 20
    found = operating_characteristics(DecisionRule(k, n), p)
    strict, loose = (float(at_least(x, n, Fraction(p))) for x in (k + 1, k))
    assert found.success == pytest.approx(strict, rel=1e-12)
    assert found.success_if_at_least == pytest.approx(loose, rel=1e-12)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.95, NAN])
def test_an_interval_of_no_confidence(confidence) -> None:
    with pytest.raises(Refused) as refused:
        exact_interval(Rate(1, 2), confidence)
    assert [fault.at for fault in refused.value.faults] == [("confidence",)]


@pytest.mark.parametrize("response_rate", [-0.1, 1.1, 70, NAN, float("inf")])
def test_a_response_rate_that_is_none(response_rate) -> None:
    with pytest.raises(Refused) as refused:
        operating_characteristics(DecisionRule(20, 32), response_rate)
    assert [fault.at for fault in refused.value.faults] == [("response_rate",)]


def test_the_library_is_loaded_when_a_rate_asks_for_it() -> None:
    asks = "import sys, service.statistics; sys.exit('scipy.special' in sys.modules)"
    subprocess.run([sys.executable, "-c", asks], check=True)


def test_the_worked_cases_of_intervals_and_chances(shared) -> None:
    document = yaml.safe_load((shared / "vectors" / "criteria.yaml").read_text())
    cases = {v["id"]: v for v in document["vectors"] if v["kind"] == "stats"}
    asked = set()
    for name, case in cases.items():
        if limits := case["expect"].get("orr_ci95_clopper_pearson"):
            of, responders = case["input"]["n"], case["expect"]["responders"]
            found = exact_interval(Rate(responders, of))
            assert [round(found.lower, 6), round(found.upper, 6)] == limits
            asked.add(name)
    assert asked == {"ZHU-010", "ZHU-011"}

    of, expected = cases["ZHU-016"]["input"]["n"], cases["ZHU-016"]["expect"]
    for name, chance in expected.items():
        _, comparison, rate = name.split("_")
        found = operating_characteristics(
            DecisionRule(int(comparison[2:]), of), int(rate.removeprefix("p")) / 100
        )
        by_rule = {"gt": found.success, "ge": found.success_if_at_least}
        assert round(by_rule[comparison[:2]], 6) == chance, name
