"""What an adjudicator sees, whom it may accept, and its own read where the charter has one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

Reading = Callable[..., Any]
ANEW = {"charter": {"adjudicator_reads": True}}


@pytest.fixture
def case(reading: Reading) -> Any:
    """Two readers who differ, and an adjudicator who may read anew."""
    found = reading(**ANEW)
    found.sign_all("READER_1", 50, 35)
    found.sign_all("READER_2", 50, 61)
    return found


@pytest.mark.requirement("R9")
def test_an_adjudicator_sees_nothing_before_the_readers_can_be_compared(reading: Reading) -> None:
    case = reading()
    nothing = {"readers": [], "accepted": None}
    case.sign_all("READER_1", 50, 35)
    case.sign_all("SITE_READER", 50, 20)
    assert case.get("ADJUDICATOR") == nothing
    case.sign_all("READER_2", 50)
    assert case.get("ADJUDICATOR") == nothing
    picture = case.speaker("ADJUDICATOR").get(
        f"/v1/subjects/{case.subject}/timeline.png", params={"lesion": "T1", "reader": "READER_1"}
    )
    assert picture.status_code == 404
    case.sign("READER_2", 1, 61)
    assert case.seen("ADJUDICATOR") == ["READER_1", "READER_2"]
    assert case.seen("TRIAL_MANAGER") == ["READER_1", "READER_2", "SITE_READER"]


def test_without_leave_of_the_charter_an_adjudicator_signs_nothing(reading: Reading) -> None:
    case = reading()
    answer = case.post("ADJUDICATOR", "reads", on="2024-01-01")
    assert answer.status_code == 403
    assert case.decide("ADJUDICATOR").status_code == 422


@pytest.mark.requirement("R9")
def test_an_adjudicator_reads_anew_and_accepts_it(case: Any) -> None:
    case.sign("ADJUDICATOR", 0, 50)
    assert case.decide("ADJUDICATOR").status_code == 409
    case.sign("ADJUDICATOR", 1, 45)
    made = case.decide("ADJUDICATOR")
    assert (made.status_code, made.json()["accepts"]) == (201, "ADJUDICATOR")
    accepted = case.get("TRIAL_MANAGER")["accepted"]
    assert accepted["reader"] == "ADJUDICATOR"
    assert accepted["assessment"]["timepoints"][0]["sum"] == 45
    assert case.seen("ADJUDICATOR") == ["READER_1", "READER_2", "ADJUDICATOR"]
    assert case.seen("READER_1") == ["READER_1"]


def test_its_own_correction_makes_its_decision_stale(case: Any) -> None:
    _, own = case.sign_all("ADJUDICATOR", 50, 45)
    case.decide("ADJUDICATOR")
    corrected = case.correct("ADJUDICATOR", own, 1, 46)
    told = case.get("TRIAL_MANAGER")
    assert told["accepted"] is None
    assert (told["adjudication"]["stale"], told["adjudication"]["by"]) == (True, [corrected["id"]])
    assert case.decide("READER_1").status_code == 201
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_1"


def test_its_read_differs_from_nobodys_and_changes_no_other_decision(case: Any) -> None:
    case.decide("READER_1")
    found = case.get("TRIAL_MANAGER", "discrepancies")
    case.sign_all("ADJUDICATOR", 50, 20)
    assert case.get("TRIAL_MANAGER", "discrepancies") == found
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_1"
    assert case.decide("ADJUDICATOR").status_code == 409


def test_an_adjudicator_accepts_no_other_adjudicators_read(case: Any) -> None:
    case.sign_all("ADJUDICATOR", 50, 45)
    body = {"name": f"other {case.trial.id}", "role": "ADJUDICATOR", "trial": case.trial.id}
    issued = case.trial.server.speaker().post("/v1/tokens", json=body)
    case.trial.tokens["OTHER"] = issued.json()["token"]
    asked = {"accepts": "ADJUDICATOR", "cause": "OTHER"}
    assert case.post("OTHER", "adjudications", **asked).status_code == 409
    assert case.seen("OTHER") == ["READER_1", "READER_2"]


@pytest.mark.requirement("R9")
def test_a_reader_is_made_no_adjudicator(case: Any) -> None:
    for role in ("READER_1", "SITE_READER"):
        name = f"{role} of {case.trial.id}"
        body = {"name": name, "trial": case.trial.id}
        admin = case.trial.server.speaker()
        assert admin.post("/v1/tokens", json=body | {"role": role}).status_code == 201
        refused = admin.post("/v1/tokens", json=body | {"role": "ADJUDICATOR"})
        assert refused.status_code == 409


@pytest.mark.requirement("R9")
def test_who_has_read_a_subject_never_decides_about_it(case: Any) -> None:
    """Not even once the reader's grant is revoked, and its principal made an adjudicator."""
    admin = case.trial.server.speaker()
    name = f"READER_1 of {case.trial.id}"
    body = {"name": name, "trial": case.trial.id}
    issued = admin.post("/v1/tokens", json=body | {"role": "READER_1"}).json()
    case.trial.tokens["TURNED"] = issued["token"]
    turned = type(case)(case.trial, case.trial.subject("S-002"))
    turned.sign_all("TURNED", 50, 35)
    turned.sign_all("READER_2", 50, 61)
    for grant in pages(admin, "/v1/grants"):
        if grant["principal"] == name:
            path = f"/v1/grants/{grant['id']}/revocations"
            assert admin.post(path, json={"reason": "reads no more"}).status_code == 201
    assert admin.post("/v1/tokens", json=body | {"role": "ADJUDICATOR"}).status_code == 201
    asked = {"accepts": "READER_1", "cause": "OTHER"}
    assert turned.post("TURNED", "adjudications", **asked).status_code == 403
    assert turned.decide("READER_1").status_code == 201


def pages(client: Any, path: str) -> Iterator[Any]:
    """Every item of a list, page by page."""
    asked: dict[str, str] = {"limit": "200"}
    while asked:
        page = client.get(path, params=asked).json()
        yield from page["items"]
        asked = {"limit": "200", "cursor": page["next_cursor"]} if page["next_cursor"] else {}


def test_every_decision_is_entered_in_the_audit_trail(case: Any) -> None:
    made = case.decide("READER_2", comment="the lesion in segment 7").json()
    asked = {"record": "adjudication", "record_id": made["id"]}
    found = case.speaker("TRIAL_MANAGER").get("/v1/audit", params=asked).json()["items"]
    assert [(each["action"], each["reason"]) for each in found] == [
        ("ADJUDICATED", "the lesion in segment 7")
    ]
    assert (found[0]["new"]["accepts"], found[0]["new"]["cause"]) == ("READER_2", "MEASUREMENT")


@pytest.mark.parametrize("accepts", ["READER_1", "READER_3"])
def test_of_three_readers_one_is_accepted(reading: Reading, accepts: str) -> None:
    case = reading(readers=3)
    for role, second in (("READER_1", 35), ("READER_2", 61)):
        case.sign_all(role, 50, second)
    assert case.decide(accepts).status_code == 409
    case.sign_all("READER_3", 50, 36)
    assert case.decide("READER_4").status_code == 422
    assert case.decide(accepts).status_code == 201
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == accepts


def test_nine_readers_are_compared(reading: Reading) -> None:
    case = reading(readers=9)
    for n in range(1, 10):
        assert case.get("TRIAL_MANAGER")["accepted"] is None
        case.sign_all(f"READER_{n}", 50, 50 - n)
    assert case.get("TRIAL_MANAGER", "discrepancies")["items"] == []
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_1"
