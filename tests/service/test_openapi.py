"""The API description says what the service does, in words that generators of clients read."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from openapi_spec_validator import validate

from service.app import create_app
from service.bodies import JsonBody
from service.guarded import GuardedRoute
from service.problems import MEDIA_TYPE
from service.roles import OPEN_TO
from service.routers import GUARDED, OPEN
from service.schemas import as_3_0, for_generators
from service.settings import Settings

Node = dict[str, Any]


@pytest.fixture(scope="module")
def v3_1() -> Node:
    return create_app(Settings()).state.descriptions.v3_1


@pytest.fixture(scope="module")
def v3_0() -> Node:
    return create_app(Settings()).state.descriptions.v3_0


def operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def objects(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
        for name, member in node.items():
            if name != "examples":
                yield from objects(member)
    elif isinstance(node, list):
        for element in node:
            yield from objects(element)


def sent(document: Node) -> Iterator[Node]:
    """Every schema that a request can reach."""
    schemas = document["components"]["schemas"]
    waiting = [operation.get("requestBody", {}) for _, _, operation in operations(document)]
    seen: set[str] = set()
    while waiting:
        for found in objects(waiting.pop()):
            yield found
            name = str(found.get("$ref", "")).rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                waiting.append(schemas[name])


def test_both_versions_are_valid(v3_1: Node, v3_0: Node) -> None:
    validate(v3_1)
    validate(v3_0)
    assert (v3_1["openapi"], v3_0["openapi"]) == ("3.1.0", "3.0.3")


def test_operations_are_those_of_the_table_of_roles(v3_1: Node) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(v3_1)]
    assert len(set(ids)) == len(ids)
    for path, _, operation in operations(v3_1):
        assert (operation["operationId"] in OPEN_TO) == ("security" in operation), path
        # Who logs in has no token yet.
        assert "security" in operation or path == "/v1/sessions" or not path.startswith("/v1"), path


def test_every_operation_documents_its_problems(v3_1: Node) -> None:
    for path, method, operation in operations(v3_1):
        refusals = {s: a for s, a in operation["responses"].items() if s >= "400"}
        assert {"405", "500", "503"} <= refusals.keys(), path
        assert "security" not in operation or {"401", "403"} <= refusals.keys(), path
        assert "{" not in path or "404" in refusals, path
        assert method != "post" or "422" in refusals, path
        for answer in refusals.values():
            assert list(answer["content"]) == [MEDIA_TYPE]


def test_every_json_body_is_described(v3_1: Node) -> None:
    for router in (*GUARDED, *OPEN):
        for route in router.routes:
            bodies = [d for d in route.dependant.dependencies if isinstance(d.call, JsonBody)]
            if bodies:
                operation = v3_1["paths"][route.path][min(route.methods).lower()]
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                assert schema["$ref"].rpartition("/")[2] in v3_1["components"]["schemas"]


def test_every_post_takes_an_idempotency_key(v3_1: Node) -> None:
    for path, method, operation in operations(v3_1):
        names = [parameter["name"] for parameter in operation.get("parameters", ())]
        # A login that is sent again is another one: its code was taken.
        repeats = method == "post" and path != "/v1/sessions"
        assert ("Idempotency-Key" in names) == repeats, path
        changes = method == "patch" or (path.endswith("/draft") and method != "get")
        assert ("If-Match" in names) == changes, path
        assert not changes or {"412", "428"} <= operation["responses"].keys(), path


def test_requests_know_no_null_and_no_default(v3_1: Node, v3_0: Node) -> None:
    schemas = list(sent(v3_1))
    assert any("longest_mm" in schema for schema in schemas)
    for schema in schemas:
        assert schema.get("type") != "null", schema
        assert "default" not in schema, schema
    assert not any("nullable" in schema for schema in sent(v3_0))


def test_lengths_and_points_are_numbers(v3_1: Node) -> None:
    schemas = v3_1["components"]["schemas"]
    assert schemas["Finding"]["properties"]["longest_mm"] == {"type": "number"}
    points = schemas["Evidence"]["properties"]["longest"]
    assert points["items"]["items"] == {"type": "number"}


def test_what_generators_stumble_over_is_not_there(v3_1: Node, v3_0: Node) -> None:
    for document in (v3_1, v3_0):
        names = document["components"]["schemas"]
        assert not [name for name in names if not name.isalnum()]
        assert "HTTPValidationError" not in names
        for schema in objects(document):
            assert not {"oneOf", "prefixItems", "contentMediaType", "itemSchema"} & schema.keys()
            if "enum" in schema:
                assert schema.get("title") in names, schema
    assert not any(schema.get("type") == "null" for schema in objects(v3_0))
    assert not any("anyOf" in schema for schema in sent(v3_1))


def test_only_requests_are_closed_to_further_members(v3_1: Node) -> None:
    requests = {schema.get("title") for schema in sent(v3_1)}
    closed = [s for s in objects(v3_1) if s.get("additionalProperties") is False]
    assert closed
    assert {schema["title"] for schema in closed} <= requests


def test_files_are_binary_and_tuples_are_lists() -> None:
    """What pydantic writes for them, and what generators need instead."""
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    point = {"type": "array", "prefixItems": [{"type": "number"}] * 2, "minItems": 2, "maxItems": 2}
    exact = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "x"}, {"type": "null"}]}
    body = {"title": "Body", "type": "object", "properties": {"f": file, "p": point, "mm": exact}}
    content = {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Body"}}}
    operation = {"requestBody": {"content": content}, "responses": {}}
    document = {"paths": {"/x": {"post": operation}}, "components": {"schemas": {"Body": body}}}
    made = for_generators(document)["components"]["schemas"]["Body"]["properties"]
    assert made["f"] == {"type": "string", "format": "binary"}
    assert made["p"] == {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 2,
    }
    assert made["mm"] == {"type": "number"}


def test_a_shape_that_is_also_answered_may_grow() -> None:
    """A client that refuses members it does not know would break where an answer gains one."""

    def shape(name: str, *members: str) -> Node:
        properties = {member: {"$ref": f"#/components/schemas/{member}"} for member in members}
        closed = {"title": name, "type": "object", "additionalProperties": False}
        return closed | {"properties": properties}

    def content(name: str) -> Node:
        return {"content": {"x": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}

    schemas = {"Sent": shape("Sent", "Both"), "Both": shape("Both"), "Kept": shape("Kept", "Both")}
    operation = {"requestBody": content("Sent"), "responses": {"200": content("Kept")}}
    document = {
        "paths": {"/x": {"post": operation}},
        "components": {"schemas": schemas | {"Unused": shape("Unused")}},
    }
    made = for_generators(document)["components"]["schemas"]
    assert [name for name in made if "additionalProperties" in made[name]] == ["Sent"]
    assert "Unused" not in made


def test_3_0_has_other_words_for_the_same() -> None:
    properties = {
        "a": {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
        "b": {"type": ["string", "null"]},
        "c": {"const": "A"},
        "d": {"type": "number", "exclusiveMinimum": 0},
        "e": {"$ref": "#/x", "description": "An x."},
    }
    schemas = {"S": {"properties": properties}}
    document = {"info": {"license": {"name": "L"}}, "components": {"schemas": schemas}}
    assert as_3_0(document)["components"]["schemas"]["S"]["properties"] == {
        "a": {"allOf": [{"$ref": "#/x"}], "nullable": True},
        "b": {"type": "string", "nullable": True},
        "c": {"enum": ["A"]},
        "d": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        "e": {"allOf": [{"$ref": "#/x"}], "description": "An x."},
    }
    assert properties["c"] == {"const": "A"}


@pytest.mark.parametrize("version", ["3.1", "3.0"])
def test_command_and_service_give_the_same(version: str, server, v3_1: Node, v3_0: Node) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "service", "openapi", "--version", version],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    )
    path = {"3.1": "/openapi.json", "3.0": "/openapi-3.0.json"}[version]
    with server.client("") as client:
        served = client.get(path).json()
    assert json.loads(printed.stdout) == served == {"3.1": v3_1, "3.0": v3_0}[version]


def test_the_page_shows_every_operation_and_loads_nothing(server, v3_1: Node) -> None:
    with server.client("") as client:
        answer = client.get("/docs")
        assert client.get("/").headers["location"] == "/docs"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for _, _, operation in operations(v3_1):
        assert f'id="{operation["operationId"]}"' in answer.text
    for word in ("<script", "<link", "<img", "src=", "@import", "url(", "http://", "https://"):
        assert word not in answer.text, word


@pytest.mark.parametrize("kind", [APIRoute, GuardedRoute])
def test_a_route_that_nobody_opened_stops_the_start(
    kind: type[APIRoute], monkeypatch: pytest.MonkeyPatch
) -> None:
    stray = APIRouter(route_class=kind)
    stray.add_api_route("/v1/stray", lambda: None, operation_id="stray")
    monkeypatch.setattr("service.app.GUARDED", (*GUARDED, stray))
    with pytest.raises(LookupError, match="/v1/stray"):
        create_app(Settings())
