"""Agreement over a trial: raw, beyond chance, in sums, and how each reader fared."""

from collections.abc import Callable
from typing import Any

import pytest

Reading = Callable[..., Any]
# What each reader measures at the second time point of each subject, after 50 mm at baseline.
MEASURED = {"S-001": (35, 61), "S-002": (50, 50), "S-003": (30, 34), "S-004": (61, 62)}


def agreement(case: Any, role: str = "TRIAL_MANAGER") -> Any:
    answer = case.speaker(role).get(f"/v1/trials/{case.trial.id}/agreement")
    assert answer.status_code == 200, answer.text
    return answer.json()


def fill(case: Any, sizes: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """Both readers read every subject; the first subject is that of the case."""
    cases = {"S-001": case}
    for code, (one, other) in sizes.items():
        if code not in cases:
            cases[code] = type(case)(case.trial, case.trial.subject(code))
        cases[code].sign_all("READER_1", 50, one)
        cases[code].sign_all("READER_2", 50, other)
    return cases


def test_agreement_of_two_readers(reading: Reading) -> None:
    cases = fill(reading(adjudicate_on=["OVERALL"]), MEASURED)
    case = cases["S-001"]
    alone = type(case)(case.trial, case.trial.subject("S-005"))
    alone.sign_all("READER_1", 50, 20)
    case.trial.subject("S-006")
    told = agreement(case)
    assert (told["subjects"], told["compared"]) == (6, 4)

    (overall,) = [each for each in told["words"] if each["variable"] == "OVERALL"]
    assert (overall["readers"], overall["timepoint"]) == (["READER_1", "READER_2"], 1)
    assert overall["agreement"] == {"count": 3, "of": 4, "percent": 75}
    # Rows PR SD PD: (PR, PD), (SD, SD), (PR, PR), (PD, PD): pe = (2*1 + 1*1 + 1*2) / 16
    assert overall["table"] == {
        "words": ["PR", "SD", "PD"],
        "counts": [[1, 0, 1], [0, 1, 0], [0, 0, 1]],
    }
    assert overall["kappa"] == pytest.approx((0.75 - 5 / 16) / (1 - 5 / 16))
    assert overall["interval"]["lower"] < overall["kappa"] < overall["interval"]["upper"]

    baseline, first = told["sums"]
    assert (baseline["timepoint"], first["timepoint"], first["unit"]) == (0, 1, "mm")
    assert baseline["sums"]["difference"]["mean"] == 0
    assert first["sums"]["difference"]["mean"] == pytest.approx((-26 + 0 - 4 - 1) / 4)
    percents = first["percents_of_baseline"]["difference"]
    assert percents["mean"] == pytest.approx(2 * (-26 + 0 - 4 - 1) / 4)
    assert baseline["percents_of_baseline"] is None


def test_rates_and_readers_follow_the_decisions(reading: Reading) -> None:
    cases = fill(reading(adjudicate_on=["OVERALL"]), MEASURED | {"S-004": (20, 62)})
    case = cases["S-001"]
    case.decide("READER_2", cause="NEW_LESION")
    told = agreement(case)
    assert told["adjudication"] == {
        "rate": {"count": 2, "of": 4, "percent": 50},
        "adjudicated": 1,
        "by_variable": [{"variable": "OVERALL", "share": {"count": 2, "of": 4, "percent": 50}}],
        "by_cause": [{"cause": "NEW_LESION", "share": {"count": 1, "of": 1, "percent": 100}}],
    }
    one, other = told["readers"]
    assert (one["reader"], one["endorsed"], other["endorsed"]) == ("READER_1", 0, 1)
    assert one["disagreement_index"] == {"count": 1, "of": 4, "percent": 25}
    assert one["adjudicator_agreement"] == {"count": 0, "of": 1, "percent": 0}

    read = case.get("TRIAL_MANAGER")["readers"][0]["reads"][1]["id"]
    case.correct("READER_1", read, 1, 60)
    stale = agreement(case)["adjudication"]
    assert (stale["rate"]["count"], stale["adjudicated"]) == (1, 0)


def test_an_adjudicators_own_read_is_against_both(reading: Reading) -> None:
    case = reading(adjudicate_on=["OVERALL"], charter={"adjudicator_reads": True})
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50, 61)
    case.sign_all("ADJUDICATOR", 50, 50)
    assert case.decide("ADJUDICATOR").status_code == 201
    told = agreement(case)
    assert [(each["adjudicated"], each["endorsed"]) for each in told["readers"]] == [(1, 0), (1, 0)]


def test_three_readers_make_three_pairs(reading: Reading) -> None:
    case = reading(readers=3)
    for role, mm in (("READER_1", 35), ("READER_2", 36), ("READER_3", 35)):
        case.sign_all(role, 50, mm)
    told = agreement(case)
    overall = {
        tuple(each["readers"]): each["agreement"]["count"]
        for each in told["words"]
        if each["variable"] == "OVERALL"
    }
    assert overall == {
        ("READER_1", "READER_2"): 0,
        ("READER_1", "READER_3"): 1,
        ("READER_2", "READER_3"): 0,
    }


def test_a_trial_without_comparable_readers_has_no_rates(reading: Reading) -> None:
    case = reading()
    case.sign_all("READER_1", 50)
    told = agreement(case)
    assert told == {
        "subjects": 1,
        "compared": 0,
        "words": [],
        "sums": [],
        "adjudication": None,
        "readers": [],
    }
    single = reading(readers=1)
    single.sign_all("READER_1", 50, 35)
    told = agreement(single)
    assert (told["compared"], told["words"], told["adjudication"]) == (1, [], None)


def test_who_reads_or_decides_is_told_nothing(reading: Reading) -> None:
    case = reading()
    path = f"/v1/trials/{case.trial.id}/agreement"
    for role in ("READER_1", "READER_2", "SITE_READER", "ADJUDICATOR", "WORKSTATION"):
        assert case.speaker(role).get(path).status_code == 403
    assert reading().speaker("TRIAL_MANAGER").get(path).status_code == 404
