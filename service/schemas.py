"""How schemas are put so that every generator of clients reads them the same way."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Schema = dict[str, Any]
REF = "#/components/schemas/"
NULL = {"type": "null"}

# Where two packages have the same word for two things, pydantic says both in full.
ONE_NAME_EACH = {"recist__vocabulary__Role": "LesionRole", "service__roles__Role": "Role"}


def for_generators(document: Schema) -> Schema:
    """A 3.1 document whose requests know no null and no defaults, and whose answers may grow.

    A member of a request that is null counts as left out, though its schema does not say nullable;
    defaults in a schema would be sent by clients, and some of them differ by criteria.
    """
    tidied: Schema = _everywhere(document, _tidy)
    schemas = tidied["components"]["schemas"]
    for long, short in ONE_NAME_EACH.items():
        if long in schemas:
            schemas[short] = schemas.pop(long)
    operations = [operation for path in tidied["paths"].values() for operation in path.values()]
    asked = _reached([operation.get("requestBody") for operation in operations], schemas)
    answered = _reached([operation["responses"] for operation in operations], schemas)
    _treat(schemas, asked, answered)
    tidied["components"]["schemas"] = {name: schemas[name] for name in sorted(asked | answered)}
    return tidied


def as_3_0(document: Schema) -> Schema:
    """The same document in OpenAPI 3.0.3, for generators that do not read 3.1 yet."""
    older: Schema = _everywhere(deepcopy(document), _older)
    older["openapi"] = "3.0.3"
    older["info"]["license"].pop("identifier", None)
    return older


def _everywhere(node: Any, change: Callable[[Schema], Schema]) -> Any:
    """The same document with every object in it changed, the innermost first."""
    if isinstance(node, dict):
        return change({name: _member(name, member, change) for name, member in node.items()})
    if isinstance(node, list):
        return [_everywhere(element, change) for element in node]
    return node


def _member(name: str, member: Any, change: Callable[[Schema], Schema]) -> Any:
    if name == "examples":
        return member
    if name == "properties":  # names of properties may be words of JSON Schema
        return {key: _everywhere(schema, change) for key, schema in member.items()}
    return _everywhere(member, change)


def _tidy(schema: Schema) -> Schema:
    """Say what pydantic and FastAPI say in words that every generator reads the same way."""
    if (named := str(schema.get("$ref", "")).removeprefix(REF)) in ONE_NAME_EACH:
        schema["$ref"] = REF + ONE_NAME_EACH[named]
    if schema.get("contentMediaType") == "application/octet-stream":
        del schema["contentMediaType"]
        schema["format"] = "binary"
    if points := schema.pop("prefixItems", None):
        schema["items"] = points[0]
    if (choices := schema.get("anyOf")) and {"type": "number"} in choices:
        # A Decimal may also be sent as text: a generated client would type it as that.
        _settle(schema, [choice for choice in choices if choice.get("type") != "string"])
    if "properties" not in schema and "enum" not in schema and "version" not in schema:
        schema.pop("title", None)  # pydantic's, made of the member's name
    return schema


def _settle(schema: Schema, choices: list[Schema]) -> None:
    """Write the choices that are left into the schema that offered them."""
    del schema["anyOf"]
    if len(choices) == 1:
        schema.update(choices[0])
    else:
        schema["anyOf"] = choices


def _treat(schemas: dict[str, Schema], asked: set[str], answered: set[str]) -> None:
    for name in asked:
        schemas[name] = _everywhere(schemas[name], _never_null)
    for name in answered:
        if schemas[name].get("additionalProperties") is False:
            del schemas[name]["additionalProperties"]


def _reached(roots: list[Any], schemas: dict[str, Schema]) -> set[str]:
    """The names of the schemas that these refer to, and those refer to in turn."""
    reached: set[str] = set()
    waiting = [name for root in roots for name in _references(root)]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _references(schemas[name])
    return reached


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(REF)
        node = list(node.values())
    if isinstance(node, list):
        for element in node:
            yield from _references(element)


def _never_null(schema: Schema) -> Schema:
    if isinstance(schema.get("anyOf"), list):
        _settle(schema, [choice for choice in schema["anyOf"] if choice != NULL])
    schema.pop("default", None)
    return schema


def _older(schema: Schema) -> Schema:
    choices = schema.get("anyOf")
    if isinstance(choices, list) and NULL in choices:
        _settle(schema, [choice for choice in choices if choice != NULL])
        schema["nullable"] = True
        if "$ref" in schema:
            schema["allOf"] = [{"$ref": schema.pop("$ref")}]
    elif "$ref" in schema and len(schema) > 1:
        schema["allOf"] = [{"$ref": schema.pop("$ref")}]
    if isinstance(schema.get("type"), list):
        (schema["type"],) = (name for name in schema["type"] if name != "null")
        schema["nullable"] = True
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    for bound, edge in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(edge), (int, float)) and not isinstance(schema[edge], bool):
            schema[bound], schema[edge] = schema[edge], True
    return schema
