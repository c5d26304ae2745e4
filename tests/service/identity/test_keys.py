"""A workstation's key: for one trial, shown once, revoked at once, never able to sign."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

KEY = re.compile(r"rcst_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")
READ = {
    "on": "2024-01-01",
    "lesions": {"T1": {"role": "TARGET", "organ": "liver"}},
    "findings": {"T1": {"state": "MEASURED", "longest_mm": 60}},
}


@pytest.fixture
def new_key(server):
    """Ask for a key, as the administrator unless told otherwise."""

    def ask(trial: str, name: str | None = None, *, headers=None, **members):
        body = {"name": name or f"workstation {uuid4().hex}", "trial": trial, **members}
        return server.speaker().post("/v1/keys", json=body, headers=headers)

    return ask


def test_it_is_shown_once_and_only_its_digest_is_kept(server, trial, new_key, every) -> None:
    repeated = {"Idempotency-Key": uuid4().hex}
    name = f"workstation {uuid4().hex}"
    first, again = (new_key(trial.id, name, headers=repeated) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    made = first.json()
    assert again.json() == made | {"key": None}
    assert KEY.fullmatch(made["key"])[1] == made["id"]
    mine = next(key for key in every(server.speaker(), "/v1/keys") if key["id"] == made["id"])
    assert (mine["name"], mine["trial"], mine["revoked_at"]) == (name, trial.id, None)
    secret = made["key"].partition(made["id"])[2].encode()
    kept = b"".join(path.read_bytes() for path in server.folder.glob("*.sqlite*"))
    assert made["id"].encode() in kept
    assert secret not in kept


def test_it_opens_its_trial_and_no_other(server, trial, new_trial, new_key) -> None:
    other = new_trial()
    with server.client(new_key(trial.id).json()["key"]) as client:
        assert client.get(f"/v1/subjects/{trial.subject()}").status_code == 200
        assert client.get(f"/v1/subjects/{other.subject()}").status_code == 404
        assert [one["id"] for one in client.get("/v1/trials").json()["items"]] == [trial.id]


@pytest.mark.requirement("R7")
def test_it_never_signs_whatever_its_principal_may(server, trial, new_key) -> None:
    """The same principal reads in this trial, and the key is of the workstation alone."""
    subject, name = trial.subject(), f"reader {uuid4().hex}"
    asked = {"name": name, "role": "READER_1", "trial": trial.id}
    reader = server.speaker().post("/v1/tokens", json=asked).json()["token"]
    key = new_key(trial.id, name).json()["key"]
    with server.client(key) as client:
        assert client.post(f"/v1/subjects/{subject}/reads", json=READ).status_code == 403
        assert client.get(f"/v1/subjects/{subject}/timeline").status_code == 403
        change = {"password": "x" * 12, "new_password": "y" * 12}
        assert client.put("/v1/users/current/password", json=change).status_code == 403
    with server.client(reader) as client:
        assert client.get(f"/v1/subjects/{subject}/timeline").json()["readers"] == []


def test_it_is_good_for_a_year_at_most(trial, new_key) -> None:
    for days, status in ((0, 422), (1, 201), (365, 201), (366, 422)):
        answer = new_key(trial.id, days=days)
        assert answer.status_code == status
        if status == 201:
            ends = datetime.fromisoformat(answer.json()["expires_at"])
            left = ends - datetime.now(UTC) - timedelta(days=days)
            assert abs(left) < timedelta(minutes=1)


def test_what_cannot_be(trial, new_key) -> None:
    assert new_key("0" * 32).status_code == 404
    assert new_key(trial.id, " ").status_code == 422
    assert new_key(trial.id, role="READER_1").status_code == 422


@pytest.mark.requirement("R2")
def test_it_is_revoked_at_once_with_a_reason(server, trial, new_key, recist) -> None:
    made = new_key(trial.id).json()
    path = f"/v1/keys/{made['id']}/revocations"
    admin = server.speaker()
    with server.client(made["key"]) as client:
        assert client.get("/v1/trials").status_code == 200
        assert admin.post(path, json={"reason": "  "}).status_code == 422
        assert admin.post(path, json={}).status_code == 422
        answer = admin.post(path, json={"reason": "the laptop was stolen"})
        assert answer.status_code == 201
        assert answer.json()["revoked_at"]
        assert client.get("/v1/trials").status_code == 401
    assert admin.post(path, json={"reason": "again"}).status_code == 409
    assert admin.post(path.replace(made["id"], "0" * 32), json={"reason": "x"}).status_code == 404
    found = admin.get("/v1/audit", params={"record_id": made["id"]}).json()["items"]
    revoked = next(entry for entry in found if entry["action"] == "REVOKED")
    assert revoked["reason"] == "the laptop was stolen"
    assert found[-1]["action"] == "CREATED"


def test_a_token_is_no_key(server, trial) -> None:
    token_id = trial.tokens["READER_1"].split("_")[1]
    path = f"/v1/keys/{token_id}/revocations"
    assert server.speaker().post(path, json={"reason": "x"}).status_code == 404
    assert trial.client("READER_1").get("/v1/trials").status_code == 200


def test_the_command_line_does_the_same(server, trial, recist) -> None:
    data, name = ["--data", str(server.folder)], f"workstation {uuid4().hex}"
    status, printed, _ = recist("key", "add", name, "--trial", trial.id, "--days", "7", *data)
    assert status == 0
    key_id = KEY.fullmatch(printed.strip())[1]
    listed = recist("key", "list", *data)[1].splitlines()
    (mine,) = (line.split("\t") for line in listed if line.startswith(key_id))
    assert mine[1:3] == [name, trial.id]
    with server.client(printed.strip()) as client:
        assert client.get("/v1/trials").status_code == 200
        assert recist("key", "revoke", key_id, "--reason", "sold", *data)[0] == 0
        assert client.get("/v1/trials").status_code == 401
    assert "revoked" in recist("key", "list", *data)[1]
    assert recist("key", "revoke", key_id, "--reason", "sold", *data)[0] == 2
