"""Why what was said of a subject changes, where the trial's charter asks for it."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.requirement("R2")

SAID: dict[str, Any] = {"group": "A", "attributes": {"age": 61}, "died_on": "2025-03-02"}
ASKED = {"reason_for_change": True}


def change(reading: Any, **members: Any) -> httpx.Response:
    client, path = reading.trial.client("TRIAL_MANAGER"), f"/v1/subjects/{reading.subject}"
    headers = {"If-Match": client.get(path).headers["etag"]}
    return client.patch(path, json=members, headers=headers)


@pytest.fixture
def careful(begin: Any) -> Any:
    reading = begin(charter=ASKED)
    assert change(reading, **SAID).status_code == 200  # a first entry needs no reason
    return reading


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"group": "B"}, "group"),
        ({"died_on": "2025-03-03"}, "died_on"),
        ({"attributes": {"age": 62}}, "attributes"),
        ({"attributes": {"stage": "III"}}, "attributes"),
        ({"attributes": {}}, "attributes"),
        ({"group": "B", "died_on": "2025-03-03"}, "group, died_on"),
    ],
)
def test_what_had_a_value_is_not_changed_without_a_reason(
    careful: Any, members: dict[str, Any], named: str
) -> None:
    refused = change(careful, **members)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["pointer"] == "/reason"
    assert f" {named} had a value" in error["detail"]
    assert change(careful, **members, reason="a slip of the pen").status_code == 200


@pytest.mark.parametrize(
    "members",
    [
        {},
        SAID,
        {"new_therapy_on": "2025-01-01"},
        {"attributes": {"age": 61, "stage": "III"}},
        {"group": "A", "last_known_alive_on": "2025-01-01"},
    ],
)
def test_what_is_added_or_stays_needs_none(careful: Any, members: dict[str, Any]) -> None:
    assert change(careful, **members).status_code == 200


def test_the_reason_stands_in_the_trail_and_not_in_the_subject(careful: Any) -> None:
    answer = change(careful, group="B", reason="a slip of the pen")
    assert "reason" not in answer.json()
    event = careful.told("subject")[-1]
    assert (event["reason"], event["new"]) == ("a slip of the pen", {"group": "B"})
    assert event["old"] == {"group": "A"}


def test_by_default_no_reason_is_asked_and_one_that_is_given_is_kept(reading: Any) -> None:
    assert change(reading, **SAID).status_code == 200
    assert change(reading, group="B").status_code == 200
    assert change(reading, group="C", reason="unblinded by the sponsor").status_code == 200
    assert [event["reason"] for event in reading.told("subject")] == [
        None,
        None,
        None,
        "unblinded by the sponsor",
    ]


@pytest.mark.parametrize("reason", ["", " ", "a\nb", "x" * 2001])
def test_a_reason_is_one_that_people_can_read(careful: Any, reason: str) -> None:
    refused = change(careful, group="B", reason=reason)
    assert refused.json()["errors"][0]["pointer"] == "/reason"


def test_a_new_subject_has_no_reason(reading: Any) -> None:
    path = f"/v1/trials/{reading.trial.id}/subjects"
    body = {"code": "S-2", "reason": "x"}
    refused = reading.trial.client("TRIAL_MANAGER").post(path, json=body)
    assert refused.json()["errors"][0]["pointer"] == "/reason"
