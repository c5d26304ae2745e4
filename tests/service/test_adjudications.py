"""Two blinded readers, where they differ, and the decision that is accepted."""

from collections.abc import Callable
from typing import Any

import pytest

MakeTrial = Callable[..., Any]
DAYS = ("2024-01-01", "2024-02-26", "2024-04-22")


@pytest.fixture
def trial(new_trial: MakeTrial) -> Any:
    return new_trial()


def read(trial: Any, subject: str, role: str, sizes: list[float], organ: str = "liver") -> None:
    for n, (on, mm) in enumerate(zip(DAYS, sizes, strict=False)):
        body: dict[str, Any] = {
            "on": on,
            "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}},
        }
        if n == 0:
            body["lesions"] = {"T1": {"role": "TARGET", "organ": organ}}
        answer = trial.client(role).post(f"/v1/subjects/{subject}/reads", json=body)
        assert answer.status_code == 201, answer.text


def get(trial: Any, subject: str, what: str, role: str = "ADJUDICATOR") -> Any:
    answer = trial.client(role).get(f"/v1/subjects/{subject}/{what}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def decide(trial: Any, subject: str, **members: object) -> Any:
    body = {"accepts": "READER_2", "cause": "MEASUREMENT", "comment": "wrong slice", **members}
    return trial.client("ADJUDICATOR").post(f"/v1/subjects/{subject}/adjudications", json=body)


@pytest.mark.requirement("R9")
def test_nothing_is_compared_until_both_have_signed_as_many(trial: Any) -> None:
    subject = trial.subject()
    read(trial, subject, "READER_1", [50, 30])
    assert get(trial, subject, "discrepancies")["items"] == []
    read(trial, subject, "READER_2", [50])
    assert get(trial, subject, "discrepancies")["items"] == []
    assert get(trial, subject, "timeline")["accepted"] is None
    assert decide(trial, subject).status_code == 409


def test_without_an_adjudicated_difference_reader_1_is_accepted(trial: Any) -> None:
    subject = trial.subject()
    read(trial, subject, "READER_1", [50, 30, 30])
    read(trial, subject, "READER_2", [60, 36, 40], organ="lung")
    found = get(trial, subject, "discrepancies")["items"]
    assert [(d["variable"], d["timepoint"], d["adjudicated"]) for d in found] == [
        ("TARGETS", 0, False)
    ]
    assert found[0]["values"] == [
        {"reader": "READER_1", "value": "liver"},
        {"reader": "READER_2", "value": "lung"},
    ]
    assert get(trial, subject, "timeline")["accepted"]["reader"] == "READER_1"
    assert decide(trial, subject).status_code == 409


@pytest.mark.requirement("R9")
def test_a_difference_in_best_response_waits_for_the_adjudicator(trial: Any) -> None:
    subject = trial.subject()
    read(trial, subject, "READER_1", [50, 35, 35])
    read(trial, subject, "READER_2", [50, 35.1, 35.1])
    found = get(trial, subject, "discrepancies")["items"]
    (best,) = [d for d in found if d["variable"] == "BEST_OVERALL"]
    assert best["adjudicated"] is True
    assert [v["value"] for v in best["values"]] == ["PR", "SD"]
    assert get(trial, subject, "timeline")["accepted"] is None

    decided = decide(trial, subject)
    assert decided.status_code == 201
    assert decided.json()["accepts"] == "READER_2"
    accepted = get(trial, subject, "timeline", "TRIAL_MANAGER")["accepted"]
    assert (accepted["reader"], accepted["assessment"]["best_overall"]) == ("READER_2", "SD")
    assert decide(trial, subject).json()["id"] == decided.json()["id"]
    assert decide(trial, subject, accepts="READER_1").status_code == 409
    (kept,) = get(trial, subject, "adjudications")["items"]
    assert kept["in_force"] is True


@pytest.mark.requirement("R9")
def test_a_decision_holds_for_the_reads_that_it_saw(trial: Any) -> None:
    subject = trial.subject()
    read(trial, subject, "READER_1", [50, 35])
    read(trial, subject, "READER_2", [50, 61])
    assert decide(trial, subject).status_code == 201
    reads = get(trial, subject, "timeline")["readers"][1]["reads"]
    correction = {"on": DAYS[1], "findings": {"T1": {"state": "MEASURED", "longest_mm": 62}}}
    correction |= {"replaces": reads[1]["id"], "reason": "wrong series"}
    answer = trial.client("READER_2").post(f"/v1/subjects/{subject}/reads", json=correction)
    assert answer.status_code == 201
    assert get(trial, subject, "timeline")["accepted"] is None
    assert get(trial, subject, "adjudications")["items"][0]["in_force"] is False
    assert decide(trial, subject, accepts="READER_1").status_code == 201
    assert get(trial, subject, "timeline")["accepted"]["reader"] == "READER_1"


def test_what_is_adjudicated_is_the_trials_choice(new_trial: MakeTrial) -> None:
    trial = new_trial(adjudicate_on=["OVERALL", "TARGETS"])
    subject = trial.subject()
    read(trial, subject, "READER_1", [50, 30])
    read(trial, subject, "READER_2", [50, 30], organ="lung")
    assert [d["variable"] for d in get(trial, subject, "discrepancies")["items"]] == ["TARGETS"]
    assert get(trial, subject, "timeline")["accepted"] is None


def test_compartments_are_compared_apart(new_trial: MakeTrial) -> None:
    """150 to 130 and to 70 are both a PR of the whole: only the distant lesions differ."""
    trial = new_trial(compartments=["primary", "distant"], adjudicate_on=["OVERALL"])
    subject = trial.subject()
    for role, distant in (("READER_1", 20), ("READER_2", 80)):
        baseline = {
            "on": DAYS[0],
            "lesions": {
                "P": {"role": "TARGET", "compartment": "primary"},
                "M": {"role": "TARGET", "compartment": "distant"},
            },
            "findings": {x: {"state": "MEASURED", "longest_mm": 100} for x in ("P", "M")},
        }
        sizes = {"P": 50, "M": distant}
        findings = {x: {"state": "MEASURED", "longest_mm": mm} for x, mm in sizes.items()}
        for body in (baseline, {"on": DAYS[1], "findings": findings}):
            answer = trial.client(role).post(f"/v1/subjects/{subject}/reads", json=body)
            assert answer.status_code == 201, answer.text
    (found,) = get(trial, subject, "discrepancies")["items"]
    assert (found["variable"], found["compartment"], found["timepoint"]) == (
        "OVERALL",
        "distant",
        1,
    )
    assert found["adjudicated"] is True


def test_a_single_reader_needs_no_adjudicator(new_trial: MakeTrial) -> None:
    trial = new_trial(readers=1)
    subject = trial.subject()
    read(trial, subject, "READER_1", [50, 30])
    assert get(trial, subject, "timeline")["accepted"]["reader"] == "READER_1"
    assert decide(trial, subject, accepts="READER_2").status_code == 422


def test_the_site_reads_beside_them_and_decides_nothing(trial: Any) -> None:
    subject = trial.subject()
    read(trial, subject, "SITE_READER", [50, 30])
    read(trial, subject, "READER_1", [50, 50])
    read(trial, subject, "READER_2", [50, 50])
    assert get(trial, subject, "discrepancies")["items"] == []
    assert get(trial, subject, "timeline")["accepted"]["reader"] == "READER_1"
    assert decide(trial, subject, accepts="SITE_READER").status_code == 422


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("role", ["READER_1", "READER_2", "SITE_READER", "WORKSTATION"])
def test_readers_see_neither_differences_nor_decisions(trial: Any, role: str) -> None:
    subject = trial.subject()
    client = trial.client(role)
    assert client.get(f"/v1/subjects/{subject}/discrepancies").status_code == 403
    assert client.get(f"/v1/subjects/{subject}/adjudications").status_code == 403
    body = {"accepts": "READER_1", "cause": "OTHER"}
    assert client.post(f"/v1/subjects/{subject}/adjudications", json=body).status_code == 403


def test_an_unknown_cause_is_refused_by_name(trial: Any) -> None:
    refused = decide(trial, trial.subject(), cause="MOOD")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/cause"
