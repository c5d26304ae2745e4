"""The main job on PostgreSQL: the same routes, the same answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

DAYS = ("2024-01-01", "2024-02-26")


@pytest.fixture
def trial(server_on_postgresql: Any, new_trial: Callable[..., Any]) -> Any:
    return new_trial(on=server_on_postgresql)


def read(n: int, mm: float) -> dict[str, Any]:
    body: dict[str, Any] = {"on": DAYS[n]}
    body["findings"] = {"T1": {"state": "MEASURED", "longest_mm": mm}}
    return body if n else body | {"lesions": {"T1": {"role": "TARGET", "organ": "liver"}}}


def test_two_readers_differ_and_an_adjudicator_decides(trial: Any) -> None:
    subject = trial.subject()
    path = f"/v1/subjects/{subject}"
    for role, follow_up in (("READER_1", 50.0), ("READER_2", 61.0)):
        for n, mm in enumerate((50.0, follow_up)):
            answer = trial.client(role).post(f"{path}/reads", json=read(n, mm))
            assert answer.status_code == 201, answer.text
    adjudicator = trial.client("ADJUDICATOR")
    found = adjudicator.get(f"{path}/discrepancies").json()["items"]
    assert {"BEST_OVERALL", "OVERALL", "PROGRESSED_ON"} == {d["variable"] for d in found}
    decision = {"accepts": "READER_2", "cause": "MEASUREMENT"}
    assert adjudicator.post(f"{path}/adjudications", json=decision).status_code == 201
    accepted = adjudicator.get(f"{path}/timeline").json()["accepted"]
    assert (accepted["reader"], accepted["assessment"]["best_overall"]) == ("READER_2", "PD")


def test_the_same_read_posted_many_times_at_once_is_stored_once(trial: Any) -> None:
    path = f"/v1/subjects/{trial.subject()}/reads"
    client = trial.client("READER_1")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(path, json=read(0, 50)), range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert client.post(path, json=read(0, 51)).status_code == 409


def test_subjects_are_listed_and_changed(trial: Any) -> None:
    subject = trial.subject("S-001", group="A", attributes={"age": 61})
    manager = trial.client("TRIAL_MANAGER")
    seen = manager.get(f"/v1/subjects/{subject}")
    assert (seen.json()["group"], seen.json()["attributes"]) == ("A", {"age": 61})
    headers = {"If-Match": seen.headers["etag"]}
    change = {"json": {"died_on": "2024-05-01"}, "headers": headers}
    assert manager.patch(f"/v1/subjects/{subject}", **change).status_code == 200
    assert manager.patch(f"/v1/subjects/{subject}", **change).status_code == 412
    listed = manager.get(f"/v1/trials/{trial.id}/subjects").json()["items"]
    assert [item["code"] for item in listed] == ["S-001"]
