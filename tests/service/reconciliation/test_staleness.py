"""A decision holds for the reads that it saw: what is signed after it makes it stale."""

from collections.abc import Callable
from typing import Any

import pytest

Reading = Callable[..., Any]


def test_the_whole_flow_from_difference_to_stale_and_decided_again(reading: Reading) -> None:
    case = reading()
    case.sign_all("READER_1", 50, 35)
    _, second = case.sign_all("READER_2", 50, 61)
    assert "adjudication" not in case.get("TRIAL_MANAGER")
    made = case.decide("READER_2").json()
    assert (made["in_force"], made["stale"], made["stale_by"]) == (True, False, [])
    told = case.get("TRIAL_MANAGER")
    assert told["adjudication"] == {
        "id": made["id"],
        "in_force": True,
        "stale": False,
        "by": [],
    }

    corrected = case.correct("READER_2", second, 1, 62)
    told = case.get("TRIAL_MANAGER")
    assert told["accepted"] is None
    assert told["adjudication"] == {
        "id": made["id"],
        "in_force": False,
        "stale": True,
        "by": [corrected["id"]],
    }
    (kept,) = case.get("TRIAL_MANAGER", "adjudications")["items"]
    assert (kept["stale"], kept["stale_by"]) == (True, [corrected["id"]])
    assert kept["stale_since"] == corrected["signed_at"]

    again = case.decide("READER_1").json()
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_1"
    kept = case.get("TRIAL_MANAGER", "adjudications")["items"]
    assert [(each["id"], each["in_force"], each["stale"]) for each in kept] == [
        (made["id"], False, True),
        (again["id"], True, False),
    ]


def test_a_correction_that_settles_the_difference_needs_no_decision(reading: Reading) -> None:
    """The accepted timeline follows from the reads as they are, not from what was decided."""
    case = reading()
    case.sign_all("READER_1", 50, 35)
    _, second = case.sign_all("READER_2", 50, 61)
    case.decide("READER_2")
    case.correct("READER_2", second, 1, 34)
    told = case.get("TRIAL_MANAGER")
    assert told["accepted"]["reader"] == "READER_1"
    assert (told["adjudication"]["in_force"], told["adjudication"]["stale"]) == (False, True)


def test_decisions_are_listed_while_a_reader_is_ahead(reading: Reading) -> None:
    case = reading()
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50, 61)
    case.decide("READER_2")
    ahead = case.sign("READER_1", 2, 35)
    (kept,) = case.get("ADJUDICATOR", "adjudications")["items"]
    assert (kept["in_force"], kept["stale"], kept["stale_by"]) == (False, True, [ahead["id"]])


def test_what_the_site_signs_makes_nothing_stale(reading: Reading) -> None:
    case = reading()
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50, 61)
    case.decide("READER_2")
    case.sign_all("SITE_READER", 50, 20)
    told = case.get("TRIAL_MANAGER")
    assert told["accepted"]["reader"] == "READER_2"
    assert told["adjudication"]["stale"] is False


@pytest.mark.requirement("R5")
def test_a_timeline_can_be_seen_as_it_stood(reading: Reading) -> None:
    case = reading()
    case.sign_all("READER_1", 50, 35)
    first, second = case.sign_all("READER_2", 50, 61)
    before = case.get("TRIAL_MANAGER")
    decided = case.decide("READER_2").json()["decided_at"]
    after = case.get("TRIAL_MANAGER")
    corrected = case.correct("READER_2", second, 1, 34)

    assert case.get("TRIAL_MANAGER", as_of=decided) == after
    signed_at = before["readers"][1]["reads"][1]["signed_at"]
    assert case.get("TRIAL_MANAGER", as_of=signed_at) == before
    now = case.get("TRIAL_MANAGER", as_of=corrected["signed_at"])
    assert [read["id"] for read in now["readers"][1]["reads"]] == [first, corrected["id"]]
    path = f"/v1/subjects/{case.subject}/timeline"
    long_ago = {"as_of": "2000-01-01T00:00:00Z"}
    assert case.speaker("TRIAL_MANAGER").get(path, params=long_ago).status_code == 404


def test_how_it_stood_is_told_with_the_first_day_of_then(reading: Reading) -> None:
    case = reading()
    case.sign_all("READER_1", 50, 35)
    at = case.sign_all("READER_2", 50, 35) and case.get("TRIAL_MANAGER")["readers"][1]["reads"][1]
    manager = case.speaker("TRIAL_MANAGER")
    path = f"/v1/subjects/{case.subject}"
    tag = manager.get(path).headers["ETag"]
    day = {"reference_on": "2023-12-25"}
    assert manager.patch(path, json=day, headers={"If-Match": tag}).status_code == 200

    def days(**params: str) -> int:
        told = case.get("TRIAL_MANAGER", **params)
        return int(told["accepted"]["assessment"]["timepoints"][0]["day"])

    assert (days(as_of=at["signed_at"]), days()) == (56, 63)


def test_those_who_read_or_decide_ask_for_no_other_time(reading: Reading) -> None:
    case = reading()
    case.sign_all("READER_1", 50)
    for role in ("READER_1", "ADJUDICATOR", "SITE_READER"):
        path = f"/v1/subjects/{case.subject}/timeline"
        answer = case.speaker(role).get(path, params={"as_of": "2030-01-01T00:00:00Z"})
        assert answer.status_code == 403
    for unclear in ("yesterday", "2024-01-01T00:00:00"):
        manager = case.speaker("TRIAL_MANAGER")
        answer = manager.get(path, params={"as_of": unclear})
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "as_of")
