"""Local users log in, stay so for a while, change their own password, and log out."""

import time
from uuid import uuid4

import pytest

from service.identity.attempts import FAILURE_SECONDS
from service.settings import Settings

pytestmark = pytest.mark.requirement("R13")


@pytest.fixture
def entries(server, every):
    """What the trail says of a user and its login, oldest first."""

    def entries_(name: str) -> list[tuple[str, str]]:
        users = every(server.speaker(), "/v1/users")
        user_id = next(user["id"] for user in users if user["name"] == name)
        found = server.speaker().get("/v1/audit", params={"record_id": user_id}).json()["items"]
        return [(entry["action"], entry["record"]) for entry in reversed(found)]

    return entries_


def test_a_session_from_login_to_logout(server, new_user) -> None:
    user = new_user()
    given = ["grant", "add", user.name, "--role", "MONITOR", "--reason", "monitors"]
    with server.client("") as anybody:
        opened = user.log_in(anybody)
        assert opened.status_code == 201, opened.text
        session = opened.json()
        assert (session["name"], session["full_name"]) == (user.name, "Dr Ada Example")
        assert session["token"].startswith("rcst_")
    with server.client(session["token"]) as client:
        # Nothing was granted yet, so every route is closed.
        assert client.get("/v1/trials").status_code == 403
        granted = {"principal": user.name, "role": given[4], "reason": "monitors"}
        assert server.speaker().post("/v1/grants", json=granted).status_code == 201
        assert client.get("/v1/trials").status_code == 200
        assert client.delete("/v1/sessions/current").status_code == 204
        assert client.get("/v1/trials").status_code == 401
        assert client.delete("/v1/sessions/current").status_code == 401


def test_only_a_session_is_logged_out_of(server) -> None:
    assert server.speaker().delete("/v1/sessions/current").status_code == 404
    assert server.speaker().get("/v1/trials").status_code == 200


def test_every_failure_has_the_same_answer_and_no_less_time(server, new_user) -> None:
    user, plain = new_user(), new_user(totp=False)
    bodies = [
        {"name": "nobody at all", "password": user.password},
        {"name": user.name, "password": "not the password"},
        {"name": user.name, "password": user.password},
        {"name": user.name, "password": user.password, "code": "12345"},
        {"name": plain.name, "password": user.password},
        {"name": user.name, "password": ""},
    ]
    answers = []
    with server.client("") as client:
        for body in bodies:
            began = time.monotonic()
            answer = client.post("/v1/sessions", json=body)
            assert time.monotonic() - began >= FAILURE_SECONDS
            assert answer.status_code == 401
            answers.append({**answer.json(), "request_id": None})
        assert plain.log_in(client).status_code == 201
    assert answers == [answers[0]] * len(bodies)
    assert user.name not in str(answers)


def test_a_code_opens_one_session(server, new_user) -> None:
    user = new_user()
    with server.client("") as client:
        body = user.shown()
        assert client.post("/v1/sessions", json=body).status_code == 201
        assert client.post("/v1/sessions", json=body).status_code == 401


def test_it_locks_and_the_trail_says_so(server, new_user, recist, entries) -> None:
    user = new_user(totp=False)
    with server.client("") as client:
        for _ in range(Settings().lock_after_failures):
            assert user.log_in(client, password="wrong wrong wrong").status_code == 401
        assert user.log_in(client).status_code == 401
        failed = [("LOGIN_FAILED", "login")] * Settings().lock_after_failures
        made = [("CREATED", "principal"), ("CREATED", "login")]
        told = [*made, *failed, ("LOCKED", "login")]
        assert entries(user.name)[: len(told)] == told
        data = ["--data", str(server.folder)]
        assert recist("user", "unlock", user.name, "--reason", "asked", *data)[0] == 0
        assert user.log_in(client).status_code == 201


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "a"}, {"name": "a", "password": 1}, {"name": "a", "password": "b", "x": 1}],
)
def test_what_is_no_login(server, body) -> None:
    with server.client("") as client:
        assert client.post("/v1/sessions", json=body).status_code == 422
        assert client.post("/v1/sessions", content=b"name=a").status_code == 415
        assert client.get("/v1/sessions").status_code == 405


def test_nobody_without_a_password_logs_in(server) -> None:
    name = f"token alone {uuid4().hex}"
    server.speaker().post("/v1/tokens", json={"name": name, "role": "MONITOR"})
    with server.client("") as client:
        for password in ("", "None", "null"):
            answer = client.post("/v1/sessions", json={"name": name, "password": password})
            assert answer.status_code == 401


def test_a_password_is_changed_by_who_knows_it(server, new_user, entries) -> None:
    user = new_user(totp=False)
    granted = {"principal": user.name, "role": "MONITOR", "reason": "monitors"}
    server.speaker().post("/v1/grants", json=granted)
    with server.client("") as anybody:
        first, second = (user.log_in(anybody).json()["token"] for _ in range(2))
    change = {"password": user.password, "new_password": "a longer one, for once"}
    with server.client(first) as client, server.client(second) as other:

        def put(**members: str) -> int:
            body = change | members
            return client.put("/v1/users/current/password", json=body).status_code

        assert put(password="not the password") == 401
        assert put(new_password="short") == 422
        assert put(new_password=user.name) == 422
        assert other.get("/v1/trials").status_code == 200
        assert put() == 204
        assert client.get("/v1/trials").status_code == 200
        assert other.get("/v1/trials").status_code == 401
        assert user.log_in(other).status_code == 401
        user.password = change["new_password"]
        assert user.log_in(other).status_code == 201
    assert ("CHANGED", "login") in entries(user.name)


def test_who_is_disabled_is_out_at_once_and_for_good(server, new_user, recist) -> None:
    user, data = new_user(totp=False), ["--data", str(server.folder), "--reason", "left"]
    granted = {"principal": user.name, "role": "MONITOR", "reason": "monitors"}
    server.speaker().post("/v1/grants", json=granted)
    with server.client("") as client:
        token = user.log_in(client).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert client.get("/v1/trials", headers=bearer).status_code == 200
        assert recist("user", "disable", user.name, *data)[0] == 0
        assert client.get("/v1/trials", headers=bearer).status_code == 401
        assert user.log_in(client).status_code == 401
        assert recist("user", "enable", user.name, *data)[0] == 0
        assert client.get("/v1/trials", headers=bearer).status_code == 401
        assert user.log_in(client).status_code == 201
