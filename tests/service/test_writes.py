"""A write happens once for each key; a change names the version that it is made to."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from starlette.requests import Request

from service.problems import PreconditionFailed, PreconditionRequired
from service.writes import NamedVersion, etag


def named(*headers: str) -> NamedVersion:
    raw = [(b"if-match", header.encode()) for header in headers]
    return NamedVersion(Request({"type": "http", "headers": raw}))


def new_token(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "role": "AUDITOR", **more}


def test_the_same_request_again_is_answered_as_the_first_time(server) -> None:
    name, key = uuid4().hex, {"Idempotency-Key": uuid4().hex}
    with server.client() as client:
        first = client.post("/v1/tokens", json=new_token(name), headers=key)
        again = client.post("/v1/tokens", json=new_token(name), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    # The token itself is shown once, and not kept for a repetition.
    assert again.json() == first.json() | {"token": None}
    assert first.json()["token"].startswith(f"rcst_{first.json()['id']}_")


def test_without_a_key_each_request_has_its_effect(server) -> None:
    name = uuid4().hex
    with server.client() as client:
        made = [client.post("/v1/tokens", json=new_token(name)).json() for _ in range(2)]
    assert made[0]["id"] != made[1]["id"]


@pytest.mark.parametrize("other", [{"trial": None}, {"role": "MONITOR"}])
def test_a_key_belongs_to_one_body(server, other: dict[str, Any]) -> None:
    name, key = uuid4().hex, {"Idempotency-Key": uuid4().hex}
    with server.client() as client:
        assert client.post("/v1/tokens", json=new_token(name), headers=key).status_code == 201
        refused = client.post("/v1/tokens", json=new_token(name) | other, headers=key)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/key-reused")


def test_many_at_once_with_one_key_have_one_effect(server) -> None:
    body, key = new_token(uuid4().hex), {"Idempotency-Key": uuid4().hex}

    def post(_: int) -> Any:
        with server.client() as client:
            return client.post("/v1/tokens", json=body, headers=key)

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(post, range(30)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len([answer for answer in answers if answer.json()["token"]]) == 1


def test_a_refused_request_leaves_its_key_free(server) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    with server.client() as client:
        refused = client.post("/v1/tokens", json=new_token("x", trial="0" * 32), headers=key)
        taken = client.post("/v1/tokens", json=new_token(uuid4().hex), headers=key)
    assert (refused.status_code, taken.status_code) == (404, 201)


def test_a_key_is_visible_ascii(server) -> None:
    with server.client() as client:
        for key in ("", "a b", "x" * 256, "schlüssel"):
            headers = {"Idempotency-Key": key.encode("latin-1")}
            refused = client.post("/v1/tokens", json=new_token(uuid4().hex), headers=headers)
            assert refused.status_code == 422, key


def test_a_reader_is_kept_from_what_would_unblind_it(server) -> None:
    name = uuid4().hex
    with server.client() as client:
        first = client.post("/v1/tokens", json={"name": name, "role": "READER_1"})
        second = client.post("/v1/tokens", json={"name": name, "role": "READER_2"})
    assert (first.status_code, second.status_code) == (201, 409)


@pytest.mark.parametrize("sent", ['"3"', "*", '"2", "3"', ' "3" '])
def test_a_change_to_the_version_that_is_there_is_made(sent: str) -> None:
    named(sent).check(3)


@pytest.mark.parametrize("sent", ['"2"', 'W/"3"', "3", '"33"', '"2", "4"', ""])
def test_a_change_to_another_version_is_refused(sent: str) -> None:
    with pytest.raises(PreconditionFailed) as refused:
        named(sent).check(3)
    assert etag(3) in refused.value.detail


def test_a_change_to_no_version_is_refused() -> None:
    with pytest.raises(PreconditionRequired):
        named()
