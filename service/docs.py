"""The documentation page: the API description as one HTML page that loads nothing else."""

from collections.abc import Iterator
from html import escape
from typing import Any

from service.problems import kinds
from service.schemas import REF, Schema

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, th { font-family: ui-monospace, monospace; font-size: 0.9em; }
th { text-align: left; padding-right: 1rem; font-weight: normal; white-space: nowrap; }
td, th { vertical-align: top; } section { border-top: 1px solid #8886; margin-top: 1.5rem; }
:root { color-scheme: light dark; } small { opacity: 0.75; }
"""


def page(document: Schema) -> str:
    """Render an OpenAPI 3.1 document."""
    info = document["info"]
    return "".join(
        [
            '<!doctype html><html lang="en-GB"><meta charset="utf-8">',
            f"<title>{escape(info['title'])}</title>",
            '<meta name="viewport" content="width=device-width">',
            f"<style>{STYLE}</style><h1>{escape(info['title'])} {escape(info['version'])}</h1>",
            f"<p>{escape(info['description'])}</p>",
            '<p>For programs: <a href="/openapi.json">OpenAPI 3.1</a>, ',
            '<a href="/openapi-3.0.json">3.0</a>. What is under <code>/v1</code> needs a token: ',
            "<code>Authorization: Bearer rcst_…</code></p>",
            *_operations(document["paths"]),
            "<h2>Shapes</h2>",
            *(_shape(name, schema) for name, schema in document["components"]["schemas"].items()),
            "<h2>Problems</h2>",
            *_problems(),
        ]
    )


def _operations(paths: dict[str, dict[str, Schema]]) -> Iterator[str]:
    yield "<h2>Operations</h2>"
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield (
                f'<section id="{operation["operationId"]}">'
                f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
                f"{_prose(operation.get('description', ''))}"
                f"<table>{''.join(_rows(operation))}</table></section>"
            )


def _rows(operation: Schema) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        name = f"{parameter['in']}: {parameter['name']}"
        yield _row(name, escape(parameter.get("description", "")) or _type(parameter["schema"]))
    for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
        yield _row("body", f"{_type(body.get('schema', {}))} <small>{media_type}</small>")
    for status, answer in operation["responses"].items():
        bodies = [_type(body.get("schema", {})) for body in answer.get("content", {}).values()]
        yield _row(status, f"{' '.join(bodies)} <small>{escape(answer['description'])}</small>")


def _shape(name: str, schema: Schema) -> str:
    if "enum" in schema:
        members = _row("one of", " ".join(f"<code>{word}</code>" for word in schema["enum"]))
    else:
        members = "".join(_members(schema))
    prose = _prose(schema.get("description", ""))
    return f'<section id="{name}"><h3>{name}</h3>{prose}<table>{members}</table></section>'


def _members(schema: Schema) -> Iterator[str]:
    for member, described in schema.get("properties", {}).items():
        needed = "" if member in schema.get("required", ()) else " <small>optional</small>"
        yield _row(member, f"{_type(described)}{needed} {escape(described.get('description', ''))}")


def _problems() -> Iterator[str]:
    for kind in kinds():
        rest = _prose((kind.__doc__ or "").partition("\n")[2].strip())
        head = f"<h3>{int(kind.status)} {escape(kind.title())}</h3>"
        yield f'<section id="{kind.slug()}">{head}{rest}</section>'


def _type(schema: Any) -> str:
    """A type in one line; what has a name is linked."""
    if reference := schema.get("$ref"):
        name = reference.removeprefix(REF)
        return f'<a href="#{name}">{name}</a>'
    if choices := schema.get("anyOf"):
        return " or ".join(map(_type, choices))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if isinstance(values := schema.get("additionalProperties"), dict):
        return f"map to {_type(values)}"
    return escape(" ".join(filter(None, [schema.get("type", "any"), schema.get("format")])))


def _prose(text: str) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n") if paragraph)


def _row(name: str, cell: str) -> str:
    return f"<tr><th>{escape(str(name))}</th><td>{cell}</td></tr>"
