"""Readers who agree among themselves: what they see, when, and what it takes."""

from collections.abc import Callable
from typing import Any

import pytest

Reading = Callable[..., Any]
THREE = ("READER_1", "READER_2", "READER_3")
SAME_WORDS = {"discrepancies": [], "endorsements": [], "accepted": None}


@pytest.fixture
def case(reading: Reading) -> Any:
    """Three readers of whom one sees a response that the others do not."""
    found = reading(readers=3, charter={"reconciliation": "CONSENSUS"})
    for role, second in zip(THREE, (35, 36, 37), strict=True):
        found.sign_all(role, 50, second, second)
    return found


@pytest.mark.requirement("R11")
def test_readers_who_differ_see_each_other_and_what_they_differ_in(case: Any) -> None:
    assert case.seen("READER_3") == list(THREE)
    told = case.get("READER_3", "consensus")
    (best,) = [d for d in told["discrepancies"] if d["variable"] == "BEST_OVERALL"]
    assert [value["reader"] for value in best["values"]] == list(THREE)
    assert [value["value"] for value in best["values"]] == ["PR", "SD", "SD"]


def test_it_is_accepted_once_all_endorse_the_same(case: Any) -> None:
    for role, accepts in zip(THREE, ("READER_1", "READER_1", "READER_2"), strict=True):
        made = case.endorse(role, accepts)
        assert made.status_code == 201, made.text
        assert (made.json()["reader"], made.json()["in_force"]) == (role, False)
    assert case.get("TRIAL_MANAGER")["accepted"] is None
    changed = case.endorse("READER_3", "READER_1")
    assert changed.json()["in_force"] is True
    told = case.get("READER_1", "consensus")
    assert told["accepted"] == "READER_1"
    assert [(e["reader"], e["accepts"], e["in_force"]) for e in told["endorsements"]] == [
        ("READER_1", "READER_1", True),
        ("READER_2", "READER_1", True),
        ("READER_3", "READER_2", False),
        ("READER_3", "READER_1", True),
    ]
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_1"
    assert case.get("READER_2")["accepted"]["reader"] == "READER_1"


def test_the_same_endorsement_again_is_the_first(case: Any) -> None:
    first = case.endorse("READER_1", "READER_1").json()["id"]
    assert case.endorse("READER_1", "READER_1").json()["id"] == first
    assert len(case.get("TRIAL_MANAGER", "adjudications")["items"]) == 1


def test_what_all_have_endorsed_is_not_changed(case: Any) -> None:
    for role in THREE:
        case.endorse(role, "READER_2")
    assert case.endorse("READER_1", "READER_1").status_code == 409
    assert case.endorse("READER_1", "READER_2").status_code == 201
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_2"


def test_a_correction_makes_every_endorsement_stale(case: Any) -> None:
    for role in THREE:
        case.endorse(role, "READER_2")
    read = case.get("READER_3")["readers"][2]["reads"][1]["id"]
    case.correct("READER_3", read, 1, 38)
    told = case.get("TRIAL_MANAGER", "consensus")
    assert told["accepted"] is None
    assert {each["stale"] for each in told["endorsements"]} == {True}
    for role in THREE:
        case.endorse(role, "READER_1")
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_1"


def test_nobody_sees_or_endorses_anything_before_all_have_signed(reading: Reading) -> None:
    case = reading(readers=3, charter={"reconciliation": "CONSENSUS"})
    case.sign_all("READER_1", 50, 35)
    before = case.get("READER_1")
    case.sign_all("READER_2", 50, 61)
    case.sign_all("READER_3", 50)
    assert case.get("READER_1") == before
    assert case.get("READER_1", "consensus") == SAME_WORDS
    assert case.endorse("READER_1", "READER_1").status_code == 409


def test_readers_who_do_not_differ_stay_blinded(reading: Reading) -> None:
    case = reading(charter={"reconciliation": "CONSENSUS"})
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50, 34)
    assert case.seen("READER_1") == ["READER_1"]
    assert case.get("READER_1", "consensus") == SAME_WORDS
    assert case.endorse("READER_1", "READER_1").status_code == 409
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_1"


def test_who_has_not_read_the_subject_has_no_say(case: Any) -> None:
    body = {"name": f"other {case.trial.id}", "role": "READER_1", "trial": case.trial.id}
    issued = case.trial.server.speaker().post("/v1/tokens", json=body)
    case.trial.tokens["OTHER"] = issued.json()["token"]
    assert case.seen("OTHER") == []
    assert case.get("OTHER", "consensus") == SAME_WORDS
    assert case.endorse("OTHER", "READER_1").status_code == 409
    for role in ("SITE_READER", "ADJUDICATOR", "TRIAL_MANAGER"):
        assert case.endorse(role, "READER_1").status_code == 403
    assert case.endorse("READER_1", "READER_4").status_code == 422
    assert case.endorse("READER_1", "ADJUDICATOR").status_code == 422


def test_there_is_no_adjudicator_beside_a_consensus(case: Any) -> None:
    assert case.decide("READER_1").status_code == 409


def test_readers_of_an_adjudicated_trial_endorse_nothing_and_learn_nothing(
    reading: Reading,
) -> None:
    case = reading()
    case.sign_all("READER_1", 50, 35)
    before = case.endorse("READER_1", "READER_1")
    assert (before.status_code, case.get("READER_1", "consensus")) == (409, SAME_WORDS)
    case.sign_all("READER_2", 50, 61)
    after = case.endorse("READER_1", "READER_1")
    assert after.json()["detail"] == before.json()["detail"]
    assert case.get("READER_1", "consensus") == SAME_WORDS
