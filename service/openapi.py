"""The API description: what FastAPI derives from the routes, made fit for generated clients."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from service.bodies import JsonBody
from service.problems import (
    BadRequest,
    Forbidden,
    KeyReused,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    RequestTimeout,
    Unauthenticated,
    Unavailable,
    Unexpected,
    Unprocessable,
    UnsupportedMediaType,
    problems,
)
from service.routers import GUARDED, OPEN
from service.schemas import REF, Schema, as_3_0, for_generators

REFUSALS_WITH_A_BODY = (BadRequest, RequestTimeout, PayloadTooLarge, UnsupportedMediaType)
MODE: Literal["validation"] = "validation"

PROBLEM: Schema = {
    "title": "Problem",
    "description": "RFC 9457 problem details. Some problems have members of their own besides.",
    "type": "object",
    "properties": {
        "type": {"type": "string", "description": "What kind: a path that explains it."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, where, and what to do."},
        "instance": {"type": "string"},
        "request_id": {"type": "string", "description": "Finds the request in the log."},
        "code": {"type": "string", "description": "The word for why a measurement is refused."},
        "errors": {"type": "array", "items": {"$ref": f"{REF}ProblemPlace"}},
    },
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
}
PROBLEM_PLACE: Schema = {
    "title": "ProblemPlace",
    "type": "object",
    "properties": {
        "pointer": {"type": "string", "description": "RFC 6901, into the body."},
        "parameter": {
            "type": "string",
            "description": "The parameter, where it is none of the body.",
        },
        "detail": {"type": "string"},
    },
    "required": ["detail"],
}
KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body again are answered as the first time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the version that is changed.",
    "schema": {"type": "string"},
}


class Descriptions:
    """The documents of one application, each made when it is first asked for."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    @cached_property
    def v3_1(self) -> Schema:
        return describe(self._app)

    @cached_property
    def v3_0(self) -> Schema:
        return as_3_0(self.v3_1)


def describe(app: FastAPI) -> Schema:
    """The OpenAPI 3.1 document of the whole service."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/"}],
        routes=app.routes,
        separate_input_output_schemas=False,
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    _describe_bodies(document)
    for router in (*GUARDED, *OPEN):
        for route in _routes(router):
            _complete(_operation(document, route), route, guarded=router in GUARDED)
    components["schemas"] |= {"Problem": PROBLEM, "ProblemPlace": PROBLEM_PLACE}
    return for_generators(document)


def _routes(router: Any) -> Iterator[APIRoute]:
    return (r for r in router.routes if isinstance(r, APIRoute) and r.include_in_schema)


def _operation(document: Schema, route: APIRoute) -> Schema:
    method = min(route.methods or ())  # there is one
    operation: Schema = document["paths"][route.path_format][method.lower()]
    return operation


def _describe_bodies(document: Schema) -> None:
    """Put what is sent and answered into the operations, with one schema for one shape."""
    routes = [route for router in (*GUARDED, *OPEN) for route in _routes(router)]
    shapes = [shape for route in routes for shape in (_sent(route), route.response_model) if shape]
    schemas, named = _schemas(shapes)
    document["components"].setdefault("schemas", {}).update(named)
    for route in routes:
        operation = _operation(document, route)
        if shape := _sent(route):
            content = {"application/json": {"schema": schemas[repr(shape)]}}
            operation["requestBody"] = {"required": True, "content": content}
        if route.response_model:
            answer = operation["responses"][str(route.status_code or 200)]
            answer["content"]["application/json"]["schema"] = schemas[repr(route.response_model)]


def _sent(route: APIRoute) -> type[Any] | None:
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return next((call.shape for call in calls if isinstance(call, JsonBody)), None)


def _schemas(shapes: Iterable[Any]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """A schema or a reference for each shape, by its repr, and the named schemas by name."""
    adapters = {repr(shape): TypeAdapter(shape) for shape in shapes}
    inputs = [(name, MODE, adapter) for name, adapter in adapters.items()]
    found, described = TypeAdapter.json_schemas(inputs, ref_template=REF + "{model}")
    return {name: schema for (name, _), schema in found.items()}, described.get("$defs", {})


def _complete(operation: Schema, route: APIRoute, *, guarded: bool) -> None:
    """Add what every operation of its kind answers and takes."""
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    for status, answer in problems(*_usual(operation, route, guarded=guarded)).items():
        answers.setdefault(str(status), answer)
    operation["responses"] = dict(sorted(answers.items()))
    parameters = operation.setdefault("parameters", [])
    methods = route.methods or set()
    if guarded:
        operation["security"] = [{"bearer": []}]
        parameters += [KEY] if "POST" in methods else []
        parameters += [IF_MATCH] if "PATCH" in methods else []
    if not parameters:
        del operation["parameters"]


def _usual(operation: Schema, route: APIRoute, *, guarded: bool) -> Iterator[type[Problem]]:
    yield from (MethodNotAllowed, Unexpected, Unavailable)
    if guarded:
        yield from (Unauthenticated, Forbidden)
    if "{" in route.path_format:
        yield NotFound
    if "requestBody" in operation:
        yield from (*REFUSALS_WITH_A_BODY, Unprocessable)
    if operation.get("parameters"):
        yield Unprocessable
    methods = route.methods or set()
    if guarded and "POST" in methods:
        yield from (Unprocessable, KeyReused)
    if "PATCH" in methods:
        yield from (PreconditionFailed, PreconditionRequired)
