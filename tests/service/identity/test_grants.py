"""Grants hold from their first instant to their last, and say who gave them and why."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


@pytest.fixture
def somebody(server, trial) -> tuple[str, str]:
    """A principal with a workstation's role in the trial, which goes beside every other."""
    name = f"somebody {uuid4().hex}"
    body = {"name": name, "role": "WORKSTATION", "trial": trial.id}
    return name, server.speaker().post("/v1/tokens", json=body).json()["token"]


def ask(server, name, role, trial_id, /, **members):
    body = {"principal": name, "role": role, "trial": trial_id, "reason": "as agreed", **members}
    return server.speaker().post("/v1/grants", json=body)


@pytest.mark.parametrize(
    ("begins", "ends", "holds"),
    [
        (None, None, True),
        (-YEAR, None, True),
        (None, YEAR, True),
        (-YEAR, YEAR, True),
        (YEAR, None, False),
        (-2 * YEAR, -YEAR, False),
        (YEAR, 2 * YEAR, False),
    ],
)
def test_a_grant_outside_its_dates_is_none(server, trial, somebody, begins, ends, holds) -> None:
    name, token = somebody
    subject = trial.subject()
    when = {"begins_at": begins, "ends_at": ends}
    told = {key: (NOW + at).isoformat() for key, at in when.items() if at is not None}
    with server.client(token) as client:
        path = f"/v1/subjects/{subject}/timeline"
        assert client.get(path).status_code == 403
        answer = ask(server, name, "READER_1", trial.id, **told)
        assert answer.status_code == 201, answer.text
        assert client.get(path).status_code == (200 if holds else 403)


def test_it_ends_while_the_token_lasts(server, trial, somebody) -> None:
    name, token = somebody
    ends_at = datetime.now(UTC) + timedelta(seconds=2)
    ask(server, name, "READER_1", trial.id, ends_at=ends_at.isoformat())
    path = f"/v1/subjects/{trial.subject()}/timeline"
    with server.client(token) as client:
        assert client.get(path).status_code == 200
        time.sleep(max(0, (ends_at - datetime.now(UTC)).total_seconds() + 0.1))
        assert client.get(path).status_code == 403


@pytest.mark.requirement("R13")
def test_it_says_who_why_and_until_when(server, trial, somebody, every) -> None:
    name, _ = somebody
    ends_at = (NOW + YEAR).isoformat()
    made = ask(server, name, "READER_1", trial.id, ends_at=ends_at, reason="second read").json()
    assert (made["principal"], made["role"], made["trial"]) == (name, "READER_1", trial.id)
    assert (made["reason"], made["granted_by"]) == ("second read", "administrator")
    assert datetime.fromisoformat(made["ends_at"]) == NOW + YEAR
    assert made["revoked_at"] is made["revoked_by"] is None
    revoked = server.speaker().post(
        f"/v1/grants/{made['id']}/revocations", json={"reason": "left the trial"}
    )
    assert revoked.status_code == 201
    assert revoked.json()["revoked_by"] == "administrator"
    user = next(u for u in every(server.speaker(), "/v1/users") if u["name"] == name)
    assert [grant["role"] for grant in user["grants"]] == ["WORKSTATION", "READER_1"]
    found = server.speaker().get("/v1/audit", params={"record_id": made["id"]}).json()["items"]
    assert [(e["action"], e["reason"]) for e in found] == [
        ("REVOKED", "left the trial"),
        ("GRANTED", "second read"),
    ]


@pytest.mark.requirement("R2")
def test_it_is_revoked_at_once(server, trial, somebody) -> None:
    name, token = somebody
    made = ask(server, name, "READER_1", trial.id).json()
    path = f"/v1/grants/{made['id']}/revocations"
    with server.client(token) as client:
        timeline = f"/v1/subjects/{trial.subject()}/timeline"
        assert client.get(timeline).status_code == 200
        assert server.speaker().post(path, json={"reason": ""}).status_code == 422
        assert server.speaker().post(path, json={"reason": "over"}).status_code == 201
        assert client.get(timeline).status_code == 403
    assert server.speaker().post(path, json={"reason": "over"}).status_code == 409
    unknown = f"/v1/grants/{'0' * 32}/revocations"
    assert server.speaker().post(unknown, json={"reason": "over"}).status_code == 404


@pytest.mark.parametrize(
    "members",
    [
        {"reason": " "},
        {"reason": None},
        {"begins_at": "2024-01-01T00:00:00"},
        {"begins_at": "yesterday"},
        {"begins_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"},
        {"role": "NOBODY"},
        {"role": "ADMINISTRATOR"},
    ],
)
def test_what_cannot_be(server, trial, somebody, members) -> None:
    answer = ask(server, somebody[0], "READER_1", trial.id, **members)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


def test_of_whom_and_where_is_known(server, trial, somebody) -> None:
    assert ask(server, "nobody at all", "READER_1", trial.id).status_code == 404
    assert ask(server, somebody[0], "READER_1", "0" * 32).status_code == 404


@pytest.mark.requirement("R10")
def test_a_reader_stays_blinded_whatever_the_way(server, trial, somebody, recist) -> None:
    name, _ = somebody
    future = (NOW + YEAR).isoformat()
    assert ask(server, name, "READER_1", trial.id, begins_at=future).status_code == 201
    for role in ("READER_2", "ADJUDICATOR", "TRIAL_MANAGER", "MONITOR", "AUDITOR", "ADMINISTRATOR"):
        where = None if role == "ADMINISTRATOR" else trial.id
        assert ask(server, name, role, where).status_code == 409, role
    assert ask(server, name, "MONITOR", None).status_code == 409
    data = ["--trial", trial.id, "--reason", "x", "--data", str(server.folder)]
    assert recist("grant", "add", name, "--role", "READER_2", *data)[0] == 2


def test_the_same_grant_twice(server, trial, somebody) -> None:
    name, _ = somebody
    assert ask(server, name, "READER_1", trial.id).status_code == 201
    assert ask(server, name, "READER_1", trial.id).status_code == 409
    assert ask(server, name, "READER_1", None).status_code == 201


def test_once_it_has_ended_another_may_be_given(server, trial, somebody) -> None:
    name, _ = somebody
    past = {"begins_at": (NOW - 2 * YEAR).isoformat(), "ends_at": (NOW - YEAR).isoformat()}
    assert ask(server, name, "READER_1", trial.id, **past).status_code == 201
    assert ask(server, name, "MONITOR", trial.id).status_code == 201


def test_a_manager_sees_the_grants_of_its_trials(trial, new_trial, every) -> None:
    other = new_trial()
    manager = trial.client("TRIAL_MANAGER")
    where = {grant["trial"] for grant in every(manager, "/v1/grants")}
    assert trial.id in where
    assert other.id not in where
    assert where <= {trial.id, None}
    assert trial.client("READER_1").get("/v1/grants").status_code == 403
    assert manager.post("/v1/grants", json={}).status_code == 403


def test_the_command_line_does_the_same(server, trial, somebody, recist) -> None:
    name, token = somebody
    data = ["--data", str(server.folder)]
    role = ["--role", "READER_1", "--trial", trial.id, "--reason", "first read"]
    dates = ["--from", "2020-01-01", "--until", "2999-12-31T12:00:00Z"]
    status, printed, errors = recist("grant", "add", name, *role, *dates, *data)
    assert (status, errors) == (0, "")
    grant_id = printed.strip()
    with server.client(token) as client:
        path = f"/v1/subjects/{trial.subject()}/timeline"
        assert client.get(path).status_code == 200
        lines = recist("grant", "list", *data)[1].splitlines()
        (mine,) = (line.split("\t") for line in lines if line.startswith(grant_id))
        said = [name, "READER_1", trial.id, "2020-01-01..2999-12-31", "first read"]
        assert mine[1:] == said
        assert recist("grant", "revoke", grant_id, "--reason", "over", *data)[0] == 0
        assert client.get(path).status_code == 403
    for wrong in (["--until", "2019-01-01"], ["--until", "soon"], ["--trial", "nowhere"]):
        told = [*role, "--from", "2020-01-01", *wrong, *data]
        status, printed, errors = recist("grant", "add", name, *told)
        assert (status, printed, len(errors.splitlines())) == (2, "", 1), wrong
