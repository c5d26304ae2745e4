"""Signing reads over HTTP: what is kept, what is refused, and what nobody else sees."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import httpx
import pytest

MakeTrial = Callable[..., Any]


def baseline(on: str = "2024-01-01", mm: float = 50, **members: object) -> dict[str, Any]:
    return {
        "on": on,
        "lesions": {"T1": {"role": "TARGET", "organ": "liver", **members}},
        "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}},
    }


def follow_up(on: str, mm: float) -> dict[str, Any]:
    return {"on": on, "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}}}


@pytest.fixture
def trial(new_trial: MakeTrial) -> Any:
    return new_trial()


def sign(trial: Any, subject: str, read: dict[str, Any], role: str = "READER_1") -> httpx.Response:
    return trial.client(role).post(f"/v1/subjects/{subject}/reads", json=read)


def timeline(trial: Any, subject: str, role: str) -> dict[str, Any]:
    answer = trial.client(role).get(f"/v1/subjects/{subject}/timeline")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_signature_is_answered_with_the_whole_timeline_assessed(trial: Any) -> None:
    subject = trial.subject(reference_on="2024-01-03")
    first = sign(trial, subject, baseline())

    assert first.status_code == 201
    assert first.json()["assessment"]["timepoints"] == []
    second = sign(trial, subject, follow_up("2024-02-28", 35)).json()

    assert second["reader"] == "READER_1"
    assert [read["id"] for read in second["reads"]] == [first.json()["id"], second["id"]]
    (timepoint,) = second["assessment"]["timepoints"]
    assert (timepoint["sum"], timepoint["target"], timepoint["day"]) == (35.0, "PR", 56)
    assert second["reads"][1]["findings"] == {"T1": {"state": "MEASURED", "longest_mm": 35.0}}
    assert {"signed_at", "replaces", "sha256"} <= second["reads"][1].keys()


@pytest.mark.requirement("R7")
def test_the_digest_is_of_the_read_as_it_was_normalised(trial: Any) -> None:
    """Binary noise, explicit defaults and the order of members make no other read."""
    subject = trial.subject()
    noisy = {
        "findings": {"T1": {"longest_mm": 11.700000000000001, "state": "MEASURED", "method": "CT"}},
        "lesions": {
            "T1": {"organ": "liver", "role": "TARGET", "nodal": False, "compartment": None}
        },
        "on": "2024-01-01",
    }
    signed = sign(trial, subject, noisy).json()
    content = (
        '{"findings":{"T1":{"longest_mm":11.7,"state":"MEASURED"}},'
        '"lesions":{"T1":{"organ":"liver","role":"TARGET"}},"on":"2024-01-01"}'
    )
    assert signed["sha256"] == sha256(content.encode()).hexdigest()
    again = sign(trial, subject, baseline(mm=11.7))
    assert (again.status_code, again.json()["id"]) == (201, signed["id"])


def test_the_same_read_posted_many_times_at_once_is_stored_once(trial: Any) -> None:
    path = f"/v1/subjects/{(subject := trial.subject())}/reads"
    client = trial.client("READER_1")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(path, json=baseline()), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(timeline(trial, subject, "READER_1")["readers"][0]["reads"]) == 1


@pytest.mark.requirement("R8")
def test_another_read_of_the_same_date_is_a_conflict_that_says_how_to_correct(trial: Any) -> None:
    subject = trial.subject()
    first = sign(trial, subject, baseline()).json()["id"]
    refused = sign(trial, subject, baseline(mm=51))
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert first in refused.json()["detail"]


@pytest.mark.parametrize(
    ("read", "pointer"),
    [
        (follow_up("2023-12-31", 30), "/on"),
        ({"on": "2024-03-01", "findings": {"T9": {"state": "ABSENT"}}}, "/findings/T9"),
        ({"on": "2024-03-01", "findings": {"T1": {"state": "MEASURED"}}}, "/findings/T1"),
        (follow_up("2024-03-01", -1), "/findings/T1/longest_mm"),
        (follow_up("2024-03-01", 0), "/findings/T1/longest_mm"),
        (follow_up("2024-03-01", 5000), "/findings/T1/longest_mm"),
        ({"on": "2024-03-01", "lesions": {"T2": {"role": "TARGET"}}}, "/lesions/T2/role"),
        ({"on": "2024-03-01", "findngs": {}}, "/findngs"),
        ({"findings": {}}, "/on"),
    ],
)
def test_a_refused_read_names_the_member_and_stores_nothing(
    trial: Any, read: dict[str, Any], pointer: str
) -> None:
    subject = trial.subject()
    sign(trial, subject, baseline())
    refused = sign(trial, subject, read)
    assert refused.status_code == 422
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]
    assert len(timeline(trial, subject, "READER_1")["readers"][0]["reads"]) == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "-Infinity", '"35"', "true"])
def test_what_is_no_number_is_no_length(trial: Any, number: str) -> None:
    subject = trial.subject()
    body = (
        '{"on":"2024-01-01","lesions":{"T1":{"role":"TARGET"}},'
        '"findings":{"T1":{"state":"MEASURED","longest_mm":%s}}}'
    )
    answer = trial.client("READER_1").post(
        f"/v1/subjects/{subject}/reads",
        content=body % number,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/findings/T1/longest_mm"


def test_products_need_the_second_diameter(new_trial: MakeTrial) -> None:
    trial = new_trial(criteria="zhu-2013")
    refused = sign(trial, trial.subject(), baseline())
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/findings/T1/short_axis_mm"


def test_a_compartment_that_the_trial_does_not_have_is_refused(new_trial: MakeTrial) -> None:
    trial = new_trial(compartments=["primary", "distant"])
    refused = sign(trial, trial.subject(), baseline(compartment="primry"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/lesions/T1/compartment"
    assert sign(trial, trial.subject("S-2"), baseline(compartment="primary")).status_code == 201


@pytest.mark.requirement("R3", "R8")
def test_a_correction_replaces_and_keeps_what_was_signed(trial: Any) -> None:
    subject = trial.subject()
    old = sign(trial, subject, baseline()).json()["id"]
    sign(trial, subject, follow_up("2024-02-26", 35))
    correction = baseline(mm=40) | {"replaces": old, "reason": "measured on the wrong slice"}
    corrected = sign(trial, subject, correction)

    assert corrected.status_code == 201
    told = corrected.json()
    assert (told["timepoint"], told["reads"][0]["replaces"]) == (0, old)
    assert told["assessment"]["timepoints"][0]["baseline"] == 40.0
    assert told["superseded"][0]["id"] == old
    assert told["superseded"][0]["findings"]["T1"]["longest_mm"] == 50.0
    assert sign(trial, subject, correction).json()["id"] == told["id"]
    twice = sign(trial, subject, baseline(mm=41) | {"replaces": old, "reason": "again"})
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/already-replaced")


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"replaces": "0" * 32, "reason": "x"}, "/replaces"),
        ({"replaces": "OLD"}, "/reason"),
        ({"replaces": "OLD", "reason": " "}, "/reason"),
        ({"reason": "no read named"}, "/reason"),
    ],
)
def test_a_correction_names_a_read_of_ones_own_and_a_reason(
    trial: Any, members: dict[str, str], pointer: str
) -> None:
    subject = trial.subject()
    old = sign(trial, subject, baseline()).json()["id"]
    given = {name: value.replace("OLD", old) for name, value in members.items()}
    refused = sign(trial, subject, baseline(mm=40) | given)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_a_correction_that_later_reads_contradict_is_refused(trial: Any) -> None:
    subject = trial.subject()
    old = sign(trial, subject, baseline()).json()["id"]
    sign(trial, subject, follow_up("2024-02-26", 35))
    other = {"on": "2024-01-01", "lesions": {"A": {"role": "TARGET"}}}
    other |= {"findings": {"A": {"state": "MEASURED", "longest_mm": 20}}}
    refused = sign(trial, subject, other | {"replaces": old, "reason": "other target"})
    assert refused.status_code == 422
    assert "2024-02-26" in refused.json()["detail"]


def test_one_reader_cannot_replace_the_read_of_another(trial: Any) -> None:
    subject = trial.subject()
    theirs = sign(trial, subject, baseline(), "READER_2").json()["id"]
    sign(trial, subject, baseline())
    refused = sign(trial, subject, baseline(mm=40) | {"replaces": theirs, "reason": "x"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/replaces"


@pytest.mark.requirement("R10")
def test_a_reader_sees_its_own_reads_alone(trial: Any) -> None:
    """Byte for byte the same, whether the other reader has signed or not."""
    subject = trial.subject()
    sign(trial, subject, baseline())
    client = trial.client("READER_1")
    before = client.get(f"/v1/subjects/{subject}/timeline")
    for on, mm in (("2024-01-01", 60), ("2024-02-26", 80)):
        reader_2 = baseline(on, mm) if mm == 60 else follow_up(on, mm)
        assert sign(trial, subject, reader_2, "READER_2").status_code == 201
    after = client.get(f"/v1/subjects/{subject}/timeline")
    assert before.content == after.content
    assert before.json()["accepted"] is None
    assert [reader["reader"] for reader in before.json()["readers"]] == ["READER_1"]
    assert "etag" not in after.headers


def test_another_principal_of_the_same_role_sees_and_continues_nothing(
    trial: Any, server: Any
) -> None:
    subject = trial.subject()
    sign(trial, subject, baseline())
    body = {"name": f"second {trial.id}", "role": "READER_1", "trial": trial.id}
    token = server.speaker().post("/v1/tokens", json=body).json()["token"]
    other = server.speaker(token)
    assert other.get(f"/v1/subjects/{subject}/timeline").json()["readers"] == []
    answer = other.post(f"/v1/subjects/{subject}/reads", json=follow_up("2024-02-26", 35))
    assert answer.status_code == 409


def test_who_may_sign_and_who_may_look(trial: Any, new_trial: MakeTrial, server: Any) -> None:
    subject = trial.subject()
    stranger = new_trial()
    path = f"/v1/subjects/{subject}"
    for role in ("ADJUDICATOR", "TRIAL_MANAGER", "WORKSTATION"):
        assert sign(trial, subject, baseline(), role).status_code == 403
    assert server.speaker().get(f"{path}/timeline").status_code == 403
    assert server.speaker("").get(f"{path}/timeline").status_code == 401
    assert stranger.client("READER_1").post(f"{path}/reads", json=baseline()).status_code == 404
    assert stranger.client("READER_1").get(f"{path}/timeline").status_code == 404
    assert trial.client("WORKSTATION").get(f"{path}/timeline").status_code == 403
    assert timeline(trial, subject, "TRIAL_MANAGER") == {"readers": [], "accepted": None}


def test_an_idempotency_key_repeats_the_answer(trial: Any) -> None:
    subject = trial.subject()
    client = trial.client("READER_1")
    send = {"json": baseline(), "headers": {"Idempotency-Key": "k1"}}
    first = client.post(f"/v1/subjects/{subject}/reads", **send)
    sign(trial, subject, follow_up("2024-02-26", 35))
    again = client.post(f"/v1/subjects/{subject}/reads", **send)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    send["json"] = baseline(mm=51)
    assert client.post(f"/v1/subjects/{subject}/reads", **send).status_code == 422
