"""Trials over HTTP: what a protocol may choose, who manages what, and lists page by page."""

from typing import Any
from uuid import uuid4

import pytest

DEFAULTS = {
    "reconciliation": "ADJUDICATION",
    "corrections": "FREE",
    "reveal": "NEVER",
    "adjudicator_reads": False,
    "reauthenticate": False,
    "reason_for_change": False,
}
NEW = {"name": "Trial", "criteria": "recist-1.1"}


@pytest.fixture
def admin(server):
    return server.speaker()


def issued(admin, role: str, trial: str | None = None) -> str:
    body = {"name": uuid4().hex, "role": role, "trial": trial}
    return admin.post("/v1/tokens", json=body).json()["token"]


def pointers(answer) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {error["pointer"] for error in answer.json()["errors"]}


def test_a_trial_is_answered_whole_with_what_was_left_out(admin) -> None:
    answer = admin.post("/v1/trials", json=NEW)
    assert answer.status_code == 201
    trial = answer.json()
    assert trial == {
        **NEW,
        "id": trial["id"],
        "protocol": {},
        "readers": 2,
        "compartments": [],
        "adjudicate_on": ["BEST_OVERALL"],
        "charter": DEFAULTS,
    }
    assert admin.get(f"/v1/trials/{trial['id']}").json() == trial


def test_a_trial_keeps_what_its_protocol_sets_and_nothing_more(admin) -> None:
    body = {
        "name": "Größe, 试验",
        "criteria": "zhu-2013",
        "protocol": {"measure": "LONGEST_DIAMETER", "confirm": False, "sd_min_days": 0},
        "readers": 1,
        "compartments": ["primary", "distant"],
        "adjudicate_on": ["OVERALL", "NEW_LESION"],
        "charter": DEFAULTS | {"reconciliation": "CONSENSUS", "reauthenticate": True},
    }
    made = admin.post("/v1/trials", json=body).json()
    assert admin.get(f"/v1/trials/{made['id']}").json() == {"id": made["id"], **body}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"criteria": None}, "/criteria"),
        ({"criteria": "recist-9"}, "/criteria"),
        ({"protocol": {"measure": "PRODUCT"}}, "/protocol/measure"),
        ({"protocol": {"confirm": "yes"}}, "/protocol/confirm"),
        ({"protocol": {"sd_min_days": -1}}, "/protocol/sd_min_days"),
        ({"protocol": {"unknown": 1}}, "/protocol/unknown"),
        ({"readers": 0}, "/readers"),
        ({"readers": 10}, "/readers"),
        ({"readers": True}, "/readers"),
        ({"compartments": [""]}, "/compartments/0"),
        ({"compartments": ["a", "b", "a"]}, "/compartments/2"),
        ({"adjudicate_on": ["BEST"]}, "/adjudicate_on/0"),
        ({"adjudicate_on": ["OVERALL", "OVERALL"]}, "/adjudicate_on/1"),
        ({"charter": {"reveal": "ALWAYS"}}, "/charter/reveal"),
        ({"charter": {"corrections": "NEVER"}}, "/charter/corrections"),
        ({"charter": {"reauthenticate": "no"}}, "/charter/reauthenticate"),
        ({"charter": {"unknown": 1}}, "/charter/unknown"),
        ({"id": "x"}, "/id"),
    ],
)
def test_a_trial_that_cannot_be_is_refused_where_it_is_wrong(admin, change, pointer) -> None:
    assert pointers(admin.post("/v1/trials", json=NEW | change)) == {pointer}


def test_several_faults_are_told_at_once(admin) -> None:
    body = NEW | {"name": "", "criteria": "who", "readers": 10}
    assert pointers(admin.post("/v1/trials", json=body)) == {"/name", "/criteria", "/readers"}


def test_the_same_key_makes_one_trial(admin) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first, again = (admin.post("/v1/trials", json=NEW, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_a_manager_of_another_trial_manages_what_it_makes(server, new_trial) -> None:
    other = new_trial()
    manager = other.client("TRIAL_MANAGER")
    made = manager.post("/v1/trials", json=NEW).json()["id"]
    subject = manager.post(f"/v1/trials/{made}/subjects", json={"code": "1"})
    assert subject.status_code == 201, subject.text
    assert manager.get(f"/v1/trials/{new_trial().id}").status_code == 404


def test_a_manager_of_all_trials_gets_no_second_grant(server, admin) -> None:
    with server.client(issued(admin, "TRIAL_MANAGER")) as manager:
        made = manager.post("/v1/trials", json=NEW).json()["id"]
        body = {"name": "x", "role": "READER_1", "trial": made}
        assert manager.get(f"/v1/trials/{made}").status_code == 200
    assert admin.post("/v1/tokens", json=body | {"name": uuid4().hex}).status_code == 201


def test_each_sees_the_trials_it_was_granted_and_no_others(server, admin, new_trial) -> None:
    one, other = new_trial(), new_trial()
    for role in one.tokens:
        client = one.client(role)
        assert [trial["id"] for trial in listed(client)] == [one.id]
        assert client.get(f"/v1/trials/{one.id}").status_code == 200
        assert client.get(f"/v1/trials/{other.id}").status_code == 404
        absent = client.get(f"/v1/trials/{'0' * 32}").json()
        foreign = client.get(f"/v1/trials/{other.id}").json()
        assert absent["detail"] == foreign["detail"]
    with server.client(issued(admin, "AUDITOR")) as auditor:
        assert {one.id, other.id} <= {trial["id"] for trial in listed(auditor)}


def listed(client, path: str = "/v1/trials", limit: int = 200) -> list[dict[str, Any]]:
    """All pages of a list, one after the other."""
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        page = client.get(path, params={"limit": limit, **more}).json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        assert len(page["items"]) == limit
        more = {"cursor": page["next_cursor"]}


def test_pages_hold_every_trial_once_in_the_order_of_names(server, admin, new_trial) -> None:
    trial = new_trial()
    manager = trial.client("TRIAL_MANAGER")
    for name in ("b", "a", "a", "ä", "Z"):
        assert manager.post("/v1/trials", json=NEW | {"name": name}).status_code == 201
    whole = [each["id"] for each in listed(manager)]
    assert len(set(whole)) == 6
    for limit in (1, 2, 3, 6, 7):
        assert [each["id"] for each in listed(manager, limit=limit)] == whole
    names = [each["name"] for each in listed(manager)]
    assert names == sorted(names)


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "many"},
        {"cursor": "x"},
        {"cursor": ""},
        {"cursor": "ä"},
        {"cursor": "W10="},  # []
        {"cursor": "WyJhIl0="},  # ["a"]: of another list
        {"cursor": "WzEsMl0="},  # [1,2]
        {"cursor": "WyJcdTAwMDAiLCJhIl0="},  # a NUL
        {"cursor": "WyJcdWQ4MDAiLCJhIl0="},  # half of a surrogate pair
        {"cursor": "e30="},  # {}
        {"cursor": "W1tb" * 1000},
        {"cursor": "A" * 5000},
    ],
    ids=str,
)
def test_a_page_that_cannot_be_is_refused(admin, parameters) -> None:
    answer = admin.get("/v1/trials", params=parameters)
    assert answer.status_code == 422, answer.text
    assert [e["parameter"] for e in answer.json()["errors"]] == list(parameters)
