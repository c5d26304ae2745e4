"""Drafts over HTTP: kept whatever they contradict, changed by those alone who saw them."""

from hashlib import sha256
from typing import Any

import httpx
import pytest

UNFINISHED = {
    "on": "2024-01-01",
    "lesions": {"T1": {"role": "TARGET"}, "T2": {"role": "TARGET"}},
    "findings": {"T1": {"state": "MEASURED"}},
}


def test_a_draft_is_kept_as_it_was_sent_and_says_what_stands_against_signing(reading: Any) -> None:
    begun = reading.put(UNFINISHED)
    assert begun.status_code == 201
    told = begun.json()
    assert (told["reader"], told["timepoint"]) == ("READER_1", 0)
    assert {name: told[name] for name in UNFINISHED} == UNFINISHED
    assert told["warnings"][0]["pointer"] == "/findings/T1"
    assert "diameter" in told["warnings"][0]["detail"]

    found = reading.get(reading.at("draft"))
    assert (found.status_code, found.json()) == (200, told)
    assert found.headers["etag"] == begun.headers["etag"]


def test_the_warnings_are_what_signing_would_answer(
    reading: Any, baseline: Any, follow_up: Any
) -> None:
    assert reading.put(follow_up()).json()["warnings"][0]["pointer"] == "/findings/T1"
    reading.signed(baseline())
    for draft in (follow_up("2023-12-31"), follow_up(mm=-1), {"on": "2024-01-01"}):
        (tag,) = (reading.get(reading.at("draft")).headers.get("etag") or "none",)
        answer = reading.put(draft, **({} if tag == "none" else {"If_Match": tag}))
        refused = reading.sign(draft)
        if refused.status_code == 422:
            assert answer.json()["warnings"] == refused.json()["errors"]
        else:  # the same date as a signed read
            assert (refused.status_code, answer.json()["warnings"][0]["pointer"]) == (409, "/on")
    tag = reading.get(reading.at("draft")).headers["etag"]
    assert reading.put(follow_up(), If_Match=tag).json()["warnings"] == []


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"on": "yesterday"}, "/on"),
        ({"on": None}, "/on"),
        ({"findings": {"T1": {"state": "GONE"}}}, "/findings/T1/state"),
        ({"findings": {"T1": {"state": "MEASURED", "longest_mm": "5"}}}, "/findings/T1/longest_mm"),
        ({"replaces": "0" * 32}, "/replaces"),
        ({"warnings": []}, "/warnings"),
        ({"reader": "READER_2"}, "/reader"),
        ({"reader": "NOBODY"}, "/reader"),
    ],
)
def test_what_has_not_the_shape_of_a_draft_is_refused(
    reading: Any, baseline: Any, members: dict[str, Any], pointer: str
) -> None:
    refused = reading.put(baseline(**members))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert reading.get(reading.at("draft")).status_code == 404


@pytest.mark.parametrize("body", ['{"on":"2024-01-01","label":"\\ud800"}', "[]", "", "{" * 9999])
def test_what_is_no_json_of_a_draft_is_refused(reading: Any, body: str) -> None:
    client = reading.trial.client("READER_1")
    headers = {"Content-Type": "application/json"}
    assert client.put(reading.at("draft"), content=body, headers=headers).status_code == 422


def test_a_draft_sent_again_after_a_lost_answer_changes_nothing(
    reading: Any, baseline: Any
) -> None:
    first = reading.put(baseline(), If_None_Match="*")
    again = reading.put(baseline(), If_None_Match="*")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    changed = reading.put(baseline(mm=51), If_Match=first.headers["etag"])
    lost = reading.put(baseline(mm=51), If_Match=first.headers["etag"])
    assert (changed.status_code, lost.status_code) == (200, 200)
    assert lost.headers["etag"] == changed.headers["etag"] != first.headers["etag"]
    assert [event["action"] for event in reading.told("draft")] == ["CREATED", "CHANGED"]


def test_a_change_names_the_version_that_it_was_made_to(reading: Any, baseline: Any) -> None:
    tag = reading.put(baseline()).headers["etag"]
    other = baseline(mm=51)
    assert reading.put(other).status_code == 428
    assert reading.put(other, If_None_Match="*").status_code == 412
    assert reading.put(other, If_Match='"1-0"').status_code == 412
    assert reading.put(other, If_Match=f'"x", {tag}').status_code == 200
    assert reading.put(baseline(mm=52), If_Match=tag).status_code == 412
    assert reading.get(reading.at("draft")).json()["findings"]["T1"]["longest_mm"] == 51


def test_a_change_to_a_draft_that_has_gone_begins_none(reading: Any, baseline: Any) -> None:
    """A late save of what was signed meanwhile must not come back as the next read."""
    tag = reading.put(baseline()).headers["etag"]
    reading.signed(baseline())
    assert reading.put(baseline(mm=51), If_Match=tag).status_code == 412
    assert reading.get(reading.at("draft")).status_code == 404


def test_the_tag_of_one_draft_is_not_that_of_the_next(
    reading: Any, baseline: Any, follow_up: Any
) -> None:
    tag = reading.put(baseline()).headers["etag"]
    reading.signed(baseline())
    assert reading.put(follow_up()).headers["etag"] != tag
    assert reading.put(follow_up(mm=36), If_Match=tag).status_code == 412


def test_a_draft_is_taken_away_by_who_saw_it(reading: Any, baseline: Any) -> None:
    client, path = reading.trial.client("READER_1"), reading.at("draft")
    assert client.delete(path).status_code == 404
    tag = reading.put(baseline()).headers["etag"]
    assert client.delete(path).status_code == 428
    assert client.delete(path, headers={"If-Match": '"1-0"'}).status_code == 412
    gone = client.delete(path, headers={"If-Match": tag})
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(path).status_code == 404
    assert [event["action"] for event in reading.told("draft")] == ["CREATED", "DELETED"]


def test_signing_takes_the_draft_away_and_the_trail_tells_of_it(
    reading: Any, baseline: Any, follow_up: Any
) -> None:
    reading.put(baseline(mm=49))
    first = reading.signed(baseline())
    assert reading.get(reading.at("draft")).status_code == 404
    reading.put(follow_up())
    reading.signed(baseline(mm=51, replaces=first, reason="wrong slice"))
    kept = reading.get(reading.at("draft"))
    assert (kept.status_code, kept.json()["timepoint"]) == (200, 1)
    reading.sign(baseline())  # as the first time, for whoever missed that answer
    assert reading.get(reading.at("draft")).status_code == 200
    signed, corrected = reading.told("read")
    assert len(signed["new"]["draft"]) == 64
    assert "draft" not in corrected["new"]


def test_the_trail_has_the_digest_of_a_draft_and_nothing_that_it_says(
    reading: Any, baseline: Any
) -> None:
    reading.put(baseline(mm=47.5))
    (event,) = reading.told("draft")
    content = (
        '{"findings":{"T1":{"longest_mm":47.5,"state":"MEASURED"}},'
        '"lesions":{"T1":{"organ":"liver","role":"TARGET"}},"on":"2024-01-01"}'
    )
    assert event["new"] == {"timepoint": 0, "sha256": sha256(content.encode()).hexdigest()}
    assert event["reader"] == "READER_1"
    assert "47.5" not in str(event)


def test_a_workstation_drafts_for_a_named_reader_and_signs_nothing(
    reading: Any, baseline: Any
) -> None:
    assert reading.put(baseline(), "WORKSTATION").json()["errors"][0]["pointer"] == "/reader"
    refused = reading.put(baseline(reader="TRIAL_MANAGER"), "WORKSTATION")
    assert refused.json()["errors"][0]["pointer"] == "/reader"
    begun = reading.put(baseline(reader="READER_2"), "WORKSTATION")
    assert (begun.status_code, begun.json()["reader"]) == (201, "READER_2")
    assert reading.sign(baseline(), "WORKSTATION").status_code == 403

    assert reading.get(reading.at("draft")).status_code == 404
    assert reading.get(reading.at("draft?reader=READER_2"), "WORKSTATION").status_code == 403
    own = reading.get(reading.at("draft"), "READER_2")
    assert (own.json(), own.headers["etag"]) == (begun.json(), begun.headers["etag"])
    changed = reading.put(baseline(mm=51), "READER_2", If_Match=own.headers["etag"])
    assert changed.status_code == 200
    assert reading.sign(baseline(mm=51), "READER_2").status_code == 201
    assert reading.get(reading.at("draft"), "READER_2").status_code == 404


@pytest.mark.parametrize("role", ["TRIAL_MANAGER", "ADJUDICATOR"])
def test_nobody_else_sees_a_draft(reading: Any, baseline: Any, role: str) -> None:
    reading.put(baseline())
    for path in ("draft", "draft?reader=READER_1"):
        assert reading.get(reading.at(path), role).status_code == 403
    assert reading.get(reading.at("draft?reader=READER_1"), "READER_2").status_code == 422


def test_an_adjudicator_who_reads_anew_has_a_draft_of_its_own(begin: Any, baseline: Any) -> None:
    reading = begin(charter={"adjudicator_reads": True})
    assert reading.put(baseline(), "ADJUDICATOR").json()["reader"] == "ADJUDICATOR"
    assert reading.get(reading.at("draft")).status_code == 404


def _beside(reading: Any, role: str) -> httpx.Client:
    """Another principal of the same role."""
    body = {"name": f"second {reading.trial.id}", "role": role, "trial": reading.trial.id}
    token = reading.trial.server.speaker().post("/v1/tokens", json=body).json()["token"]
    return reading.trial.server.speaker(token)


def test_another_principal_of_the_same_role_neither_sees_nor_changes_it(
    reading: Any, baseline: Any
) -> None:
    reading.put(baseline())
    other, path = _beside(reading, "READER_1"), reading.at("draft")
    assert other.get(path).status_code == 404
    assert other.put(path, json=baseline(mm=51)).status_code == 409
    assert other.delete(path, headers={"If-Match": "*"}).status_code == 404
    assert reading.get(path).json()["findings"]["T1"]["longest_mm"] == 50


def test_who_reads_and_holds_a_workstation_too_names_nobody_else(
    reading: Any, baseline: Any
) -> None:
    trial = reading.trial.client("TRIAL_MANAGER").get(f"/v1/trials/{reading.trial.id}").json()
    body = {"name": f"READER_1 of {trial['name']}", "role": "WORKSTATION", "trial": trial["id"]}
    both = reading.trial.server.speaker().post("/v1/tokens", json=body).json()["token"]
    reading.put(baseline(), "READER_2")
    client = reading.trial.server.speaker(both)
    assert client.get(reading.at("draft?reader=READER_2")).status_code == 422
    sent = baseline(mm=51, reader="READER_2")
    assert client.put(reading.at("draft"), json=sent).status_code == 422
