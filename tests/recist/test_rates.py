"""Response rates and the decision: the paper's own counts, and every edge of a denominator."""

from fractions import Fraction

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recist import CRITERIA, Refused, Response
from recist.rates import (
    COMPLETE,
    NEITHER_CR_NOR_PD,
    PARTIAL,
    STABLE,
    DecisionRule,
    Rate,
    counted,
    decide,
    lasting,
    response_rates,
    tail,
)

R = Response
PRIMARY = {R.CR: 4, R.PR: 18, R.SD: 8, R.PD: 2}
DISTANT = {R.CR: 1, R.PR: 15, R.SD: 14, R.PD: 2}
MIXED = {R.CR: 3, R.PR: 11, R.SD: 12, R.NON_CR_NON_PD: 2, R.PD: 9, R.NE: 2, R.MISSING: 1}
WIRE = {"NON-CR/NON-PD": "NON_CR_NON_PD"}


def at(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str | int, ...]]:
    return [fault.at for fault in refused.value.faults]


def test_the_published_rates_of_both_compartments() -> None:
    primary, distant = response_rates(PRIMARY), response_rates(DISTANT)
    assert (primary.objective_response, distant.objective_response) == (Rate(22, 32), Rate(16, 32))
    assert (primary.complete_response, distant.complete_response) == (Rate(4, 32), Rate(1, 32))
    assert (primary.objective_response.percent, distant.objective_response.percent) == (68.75, 50)
    assert distant.complete_response.percent == 3.125


def test_each_response_counts_where_it_belongs() -> None:
    rates = response_rates(MIXED, lasting_sd=7)
    assert rates.counts == MIXED
    assert rates.objective_response == Rate(14, 40)
    assert rates.complete_response == Rate(3, 40)
    assert rates.disease_control == Rate(26, 40)
    assert rates.disease_control_with_non_cr_non_pd == Rate(28, 40)
    assert rates.clinical_benefit == Rate(21, 40)
    assert rates.objective_response.fraction == Fraction(7, 20)


def test_clinical_benefit_is_unknown_without_the_durations() -> None:
    assert response_rates(MIXED).clinical_benefit is None
    assert response_rates(MIXED, lasting_sd=0).clinical_benefit == Rate(14, 40)
    assert response_rates(MIXED, lasting_sd=12).clinical_benefit == Rate(26, 40)


def test_subjects_may_be_listed_one_by_one() -> None:
    listed = [word for word, count in MIXED.items() for _ in range(count)]
    assert response_rates(listed) == response_rates(MIXED)
    assert response_rates(iter(["CR", "PD"])).objective_response == Rate(1, 2)
    assert response_rates({"CR": 1, "PD": 1}) == response_rates([R.CR, R.PD])


@pytest.mark.parametrize(
    ("complete", "partial", "stable", "neither", "others"),
    [
        (R.CR, R.PR, R.SD, R.NON_CR_NON_PD, (R.PD, R.NE, R.NED, R.MISSING)),
        (R.CR, R.PR, R.NC, R.NON_CR_NON_PD, (R.PD, R.NE)),
        (R.ICR, R.IPR, R.ISD, R.NON_ICR_NON_IUPD, (R.IUPD, R.ICPD, R.NE)),
    ],
    ids=["recist", "who-1979", "irecist"],
)
def test_the_words_of_every_edition(complete, partial, stable, neither, others) -> None:
    counts = {complete: 1, partial: 2, stable: 4, neither: 8} | dict.fromkeys(others, 16)
    rates, of = response_rates(counts), 15 + 16 * len(others)
    assert rates.complete_response == Rate(1, of)
    assert rates.objective_response == Rate(3, of)
    assert rates.disease_control == Rate(7, of)
    assert rates.disease_control_with_non_cr_non_pd == Rate(15, of)


@pytest.mark.parametrize("criteria", CRITERIA.values(), ids=CRITERIA)
def test_an_editions_own_word_counts_as_the_common_one(criteria) -> None:
    for common, own in criteria.words.items():
        for group in (COMPLETE, PARTIAL, STABLE, NEITHER_CR_NOR_PD):
            assert (own in group) == (common in group), own


@pytest.mark.parametrize("enrolled", [40, 41, 50])
def test_everyone_enrolled_is_in_the_denominator(enrolled: int) -> None:
    rates = response_rates(MIXED, enrolled=enrolled)
    assert rates.objective_response == Rate(14, enrolled)
    assert rates.counts == MIXED | {R.MISSING: 1 + enrolled - 40}


def test_missing_appears_only_where_someone_is() -> None:
    assert counted([R.PR], enrolled=1) == {R.PR: 1}
    assert counted([R.PR], enrolled=3) == {R.PR: 1, R.MISSING: 2}
    assert response_rates([], enrolled=5).objective_response == Rate(0, 5)


@pytest.mark.parametrize(
    ("best", "more", "where"),
    [
        ([], {}, ("best",)),
        ({}, {"enrolled": 0}, ("best",)),
        ({R.CR: 0}, {}, ("best",)),
        ([R.CR, R.PD], {"enrolled": 1}, ("enrolled",)),
        ([R.CR], {"enrolled": -1}, ("enrolled",)),
        ([R.CR], {"enrolled": 2.5}, ("enrolled",)),
        ([R.CR], {"enrolled": float("nan")}, ("enrolled",)),
        ([R.CR, "CRR"], {}, ("best", 1)),
        ([None], {}, ("best", 0)),
        ("CR", {}, ("best", 0)),
        ({"SUCCESS": 3}, {}, ("best", "SUCCESS")),
        ({R.CR: -1, R.PD: 4}, {}, ("best", "CR")),
        ({R.CR: 1, R.PD: float("nan")}, {}, ("best", "PD")),
        ({R.CR: 1.0}, {}, ("best", "CR")),
        ([R.SD], {"lasting_sd": 2}, ("lasting_sd",)),
        ([R.SD], {"lasting_sd": -1}, ("lasting_sd",)),
        ([R.SD], {"lasting_sd": 0.5}, ("lasting_sd",)),
        ([R.PR], {"lasting_sd": 1}, ("lasting_sd",)),
    ],
)
def test_counts_that_cannot_be(best, more, where) -> None:
    with pytest.raises(Refused) as refused:
        response_rates(best, **more)
    assert at(refused) == [where]


def test_an_unknown_word_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused, match="CR, PR, SD, NON_CR_NON_PD, PD"):
        response_rates(["complete"])


def test_an_sd_benefits_from_twenty_four_weeks_on() -> None:
    assert lasting([167, 168, 169, 0, 400]) == 3
    assert lasting([160, 161], at_least=161) == 1
    assert lasting([]) == 0


@pytest.mark.parametrize("days", [-1, 168.5, float("inf"), None])
def test_a_duration_that_is_none(days) -> None:
    with pytest.raises(Refused) as refused:
        lasting([0, days, 200, days])
    assert at(refused) == [("days", 1), ("days", 3)]


@pytest.mark.parametrize(
    ("count", "of", "where"),
    [
        (1, 0, "of"),
        (0, 0, "of"),
        (0, -1, "of"),
        (3, 2, "count"),
        (-1, 2, "count"),
        (1.0, 2, "count"),
    ],
)
def test_a_rate_that_cannot_be(count, of, where) -> None:
    with pytest.raises(Refused) as refused:
        Rate(count, of)
    assert at(refused) == [(where,)]


def test_a_rate_may_be_nothing_or_all() -> None:
    assert (Rate(0, 1).fraction, Rate(1, 1).percent) == (0, 100)


@pytest.mark.parametrize(
    ("responders", "more_than", "success", "if_at_least"),
    [
        (19, 20, False, False),
        (20, 20, False, True),
        (21, 20, True, True),
        (22, 20, True, True),
        (12, 13, False, False),
        (13, 13, False, True),
        (14, 13, True, True),
    ],
)
def test_more_than_is_strict(responders, more_than, success, if_at_least) -> None:
    decision = decide(DecisionRule(more_than, of=32), Rate(responders, 32))
    assert (decision.success, decision.success_if_at_least) == (success, if_at_least)
    assert (decision.responders, decision.rule.more_than) == (responders, more_than)


@pytest.mark.parametrize("of", [31, 33])
def test_a_rule_decides_only_the_number_that_it_was_made_for(of: int) -> None:
    with pytest.raises(Refused, match=f"for 32 subjects, and the rate is of {of}") as refused:
        decide(DecisionRule(20, of=32), Rate(22, of))
    assert at(refused) == [("rate", "of")]


@pytest.mark.parametrize(
    ("more_than", "of"),
    [(32, 32), (40, 32), (-1, 32), (0, 0), (0.5, 32), (20, float("nan")), (20, 32.0)],
)
def test_a_rule_that_no_trial_can_meet_or_miss(more_than, of) -> None:
    with pytest.raises(Refused) as refused:
        DecisionRule(more_than, of)
    assert at(refused) == [("more_than",)]
    assert DecisionRule(31, 32).more_than == 31
    assert DecisionRule(0, 1).of == 1


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95, float("nan"), float("inf")])
def test_a_confidence_that_is_none(confidence) -> None:
    with pytest.raises(Refused) as refused:
        tail(confidence)
    assert at(refused) == [("confidence",)]


def test_both_tails_share_what_confidence_leaves() -> None:
    assert tail(0.5) == 0.25
    assert tail(0.95) == pytest.approx(0.025)


@given(st.lists(st.sampled_from(R), min_size=1), st.integers(0, 20))
def test_rates_nest_and_order_does_not_matter(best, more) -> None:
    enrolled = len(best) + more
    rates = response_rates(best, enrolled=enrolled)
    assert rates == response_rates(reversed(best), enrolled=enrolled)
    steps = (
        rates.complete_response,
        rates.objective_response,
        rates.disease_control,
        rates.disease_control_with_non_cr_non_pd,
    )
    assert [rate.count for rate in steps] == sorted(rate.count for rate in steps)
    assert {rate.of for rate in steps} == {sum(rates.counts.values())} == {enrolled}


def test_the_worked_cases_of_rates_and_decisions(shared) -> None:
    document = yaml.safe_load((shared / "vectors" / "criteria.yaml").read_text())
    known = {
        "responders": lambda rates: rates.objective_response.count,
        "orr_pct": lambda rates: rates.objective_response.percent,
        "cr_rate_pct": lambda rates: rates.complete_response.percent,
        "dcr_pct": lambda rates: rates.disease_control.percent,
        "dcr_with_nn_pct": lambda rates: rates.disease_control_with_non_cr_non_pd.percent,
        "cbr_pct": lambda rates: rates.clinical_benefit.percent,
    }
    asked = set()
    for case in (v for v in document["vectors"] if v["kind"] == "stats"):
        said, expected = dict(case["input"]), case["expect"]
        n, rule, sd = said.pop("n"), said.pop("rule", None), said.pop("sd_24wk", None)
        responders = said.pop("responders", None)
        if said:
            best = {WIRE.get(word, word): count for word, count in said.items()}
            rates = response_rates(best, enrolled=n, lasting_sd=sd)
            responders = rates.objective_response.count
            for name in expected.keys() & known.keys():
                assert known[name](rates) == expected[name], (case["id"], name)
                asked.add(case["id"])
        if rule:
            more_than = int(rule.removeprefix("responders > "))
            decision = decide(DecisionRule(more_than, of=n), Rate(responders, n))
            assert decision.success == (expected["decision"] == "success"), case["id"]
            asked.add(case["id"])
    assert asked == {f"ZHU-0{n}" for n in range(10, 16)} | {"STAT-03"}
