"""Leave to correct a signed read, where the trial's charter asks for it."""

from typing import Any

import pytest

pytestmark = pytest.mark.requirement("R8")

REOPENED = {"corrections": "REOPENED"}
REASON = "the report names another segment"


@pytest.fixture
def locked(begin: Any) -> Any:
    return begin(charter=REOPENED)


def test_a_signed_read_is_locked_until_it_is_reopened(locked: Any, baseline: Any) -> None:
    read = locked.signed(baseline())
    correction = baseline(mm=40, replaces=read, reason="wrong slice")
    refused = locked.sign(correction)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-reopened")
    made = locked.reopen(read, REASON)
    assert (made.status_code, made.json()["read_id"]) == (201, read)
    assert locked.sign(correction).status_code == 201


def test_a_reopening_is_used_up_by_one_correction(locked: Any, baseline: Any) -> None:
    read = locked.signed(baseline())
    locked.reopen(read, REASON)
    correction = baseline(mm=40, replaces=read, reason="wrong slice")
    second = locked.signed(correction)
    assert locked.sign(correction).json()["id"] == second
    third = locked.sign(baseline(mm=41, replaces=second, reason="again"))
    assert third.json()["type"] == "/problems/not-reopened"
    fork = locked.sign(baseline(mm=41, replaces=read, reason="again"))
    assert fork.json()["type"] == "/problems/already-replaced"


def test_a_reopening_is_for_one_read_of_one_reader(
    locked: Any, baseline: Any, follow_up: Any
) -> None:
    first, second = locked.signed(baseline()), locked.signed(follow_up())
    theirs = locked.signed(baseline(), "READER_2")
    locked.reopen(first, REASON)
    for role, read in (("READER_1", follow_up(mm=36)), ("READER_2", baseline(mm=40))):
        replaces = second if role == "READER_1" else theirs
        refused = locked.sign(read | {"replaces": replaces, "reason": "x"}, role)
        assert refused.json()["type"] == "/problems/not-reopened"


def test_without_such_a_charter_nothing_is_reopened(reading: Any, baseline: Any) -> None:
    read = reading.signed(baseline())
    assert reading.reopen(read, REASON).status_code == 409
    assert reading.sign(baseline(mm=40, replaces=read, reason="wrong slice")).status_code == 201


def test_the_same_reopening_again_is_answered_as_the_first_time(locked: Any, baseline: Any) -> None:
    read = locked.signed(baseline())
    first = locked.reopen(read, REASON)
    assert locked.reopen(read, REASON).content == first.content
    assert locked.reopen(read, "another").status_code == 409
    locked.signed(baseline(mm=40, replaces=read, reason="wrong slice"))
    late = locked.reopen(read, "another")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/already-replaced")


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("reason", ["", " ", "a\nb", "x" * 2001])
def test_a_reopening_needs_a_reason_that_people_can_read(
    locked: Any, baseline: Any, reason: str
) -> None:
    refused = locked.reopen(locked.signed(baseline()), reason)
    assert refused.json()["errors"][0]["pointer"] == "/reason"


def test_reopening_is_a_right_of_its_own(locked: Any, baseline: Any, new_trial: Any) -> None:
    read = locked.signed(baseline())
    for role in ("READER_1", "READER_2", "ADJUDICATOR", "WORKSTATION"):
        assert locked.reopen(read, REASON, role).status_code == 403
    stranger = new_trial().client("TRIAL_MANAGER")
    body = {"reason": REASON}
    theirs = stranger.post(f"/v1/reads/{read}/reopenings", json=body)
    absent = stranger.post(f"/v1/reads/{'0' * 32}/reopenings", json=body)
    assert (theirs.status_code, absent.status_code) == (404, 404)
    assert theirs.json()["detail"] == absent.json()["detail"]


def test_who_oversees_sees_the_old_signature_with_why_it_was_reopened(
    locked: Any, baseline: Any
) -> None:
    read = locked.signed(baseline())
    locked.reopen(read, REASON)
    second = locked.signed(baseline(mm=40, replaces=read, reason="wrong slice"))
    old = locked.get(f"/v1/reads/{read}", "TRIAL_MANAGER").json()
    assert old["replaced_by"] == second
    assert [reopening["reason"] for reopening in old["reopenings"]] == [REASON]
    assert old["findings"]["T1"]["longest_mm"] == 50


def test_the_reader_learns_that_it_may_correct_and_not_why(locked: Any, baseline: Any) -> None:
    read = locked.signed(baseline())
    assert locked.get(f"/v1/reads/{read}").json()["reopened"] is False
    locked.reopen(read, REASON)
    answer = locked.get(f"/v1/reads/{read}")
    assert (answer.json()["reopened"], answer.json()["reopenings"]) == (True, [])
    assert REASON not in answer.text
    (item,) = locked.get("/v1/worklist").json()["items"]
    assert item["reopened"] == [read]
    locked.signed(baseline(mm=40, replaces=read, reason="wrong slice"))
    assert locked.get(f"/v1/reads/{read}").json()["reopened"] is False
    assert locked.get("/v1/worklist").json()["items"][0]["reopened"] == []


def test_the_trail_says_who_reopened_what_and_why(locked: Any, baseline: Any) -> None:
    read = locked.signed(baseline())
    made = locked.reopen(read, REASON).json()
    (event,) = locked.told("reopening")
    assert (event["action"], event["record_id"]) == ("REOPENED", made["id"])
    assert (event["reason"], event["new"]["read_id"]) == (REASON, read)
    assert event["name"].startswith("TRIAL_MANAGER")
