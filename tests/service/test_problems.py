"""Every error is a problem of RFC 9457, declared once."""

import json

import httpx
import pytest

from service.problems import (
    MEDIA_TYPE,
    AlreadySigned,
    Conflict,
    NotFound,
    Problem,
    Unprocessable,
    kinds,
    of_status,
    problems,
    response,
)

KINDS = list(kinds())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_has_what_a_caller_needs(kind: type[Problem]) -> None:
    body = json.loads(response(kind("Why."), instance="/v1", request_id="r").body)
    assert body == {
        "type": f"/problems/{kind.slug()}",
        "title": kind.title(),
        "status": int(kind.status),
        "detail": "Why.",
        "instance": "/v1",
        "request_id": "r",
    }
    assert kind.__doc__
    assert 400 <= kind.status < 600


def test_no_two_kinds_share_a_type() -> None:
    assert len({kind.slug() for kind in KINDS}) == len(KINDS)


def test_members_of_its_own_are_told() -> None:
    errors = [{"pointer": "/on", "detail": "is missing"}]
    answer = response(Unprocessable("Why.", errors=errors), instance="/", request_id="r")
    assert json.loads(answer.body)["errors"] == errors
    assert answer.media_type == MEDIA_TYPE


def test_what_was_sent_can_be_repeated_whatever_it_is() -> None:
    assert json.loads(response(NotFound("\ud800 «ü»"), instance="/", request_id="r").body)


def test_kinds_of_one_status_are_documented_together() -> None:
    documented = problems(Conflict, AlreadySigned, NotFound)
    assert sorted(documented) == [404, 409]
    examples = documented[409]["content"][MEDIA_TYPE]["examples"]
    assert list(examples) == ["conflict", "already-signed"]
    assert AlreadySigned.title() in documented[409]["description"]


@pytest.mark.parametrize(
    ("status", "slug"),
    [
        (404, "not-found"),
        (405, "method-not-allowed"),
        (409, "conflict"),
        (422, "unprocessable"),
        (418, "bad-request"),
        (501, "unexpected"),
    ],
)
def test_a_refusal_of_the_framework_becomes_the_general_kind(status: int, slug: str) -> None:
    assert of_status(status).slug() == slug


def test_a_type_leads_to_its_explanation(server) -> None:
    with server.client("") as client:
        page = client.get("/docs").text
        for kind in KINDS:
            led = client.get(f"/problems/{kind.slug()}")
            assert led.headers["location"] == f"/docs#{kind.slug()}"
            assert f'id="{kind.slug()}"' in page


def test_a_problem_comes_over_http_as_it_was_declared(server) -> None:
    with server.client() as client:
        answer: httpx.Response = client.get("/v1/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE)
    body = answer.json()
    assert (body["type"], body["instance"]) == ("/problems/not-found", "/v1/nowhere")
    assert body["request_id"] == answer.headers["x-request-id"]
