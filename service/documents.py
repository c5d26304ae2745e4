"""From the bytes of a JSON document to a value of a declared shape, or what is wrong and where."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from math import isfinite
from typing import Any, Generic, NoReturn, TypeVar

from msgspec.json import Encoder
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from recist.refusal import Fault, Refused
from service.members import members_of, names_at
from service.problems import Unprocessable, pointer

T = TypeVar("T")

MOST_ERRORS = 50
NOWHERE = object()

as_json = Encoder().encode
"""An answer, made of dataclasses, as a JSON document."""

# By pydantic's name of the error. What is not here is told in pydantic's own words.
WORDS = {
    "missing": "is missing",
    "unexpected_keyword_argument": "is not a member that is known here",
    "extra_forbidden": "is not a member that is known here",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "date_type": "must be a date, YYYY-MM-DD",
    "dataclass_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
}
STRANGERS = frozenset({"unexpected_keyword_argument", "extra_forbidden"})

# Pydantic takes digits for seconds since 1970 where it expects a date. Dates are named so here.
DIGITS_FOR_A_DATE = re.compile(r'"(?:on|\w+_on)"\s*:\s*"[-+]?\d+(?:\.\d*)?"')
DIGITS = re.compile(r"[-+]?\d+(\.\d*)?")
FREE_MEMBERS = frozenset({"attributes"})


class Unsound(ValueError):
    """JSON that parsers disagree about: a member named twice, a number that is none."""


class JsonShape(Generic[T]):
    """A declared shape, as the one that JSON documents are read as."""

    def __init__(self, shape: type[T]) -> None:
        self.shape = shape
        self._members = members_of(shape)

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self.shape)

    def read(self, body: bytes) -> T:
        """Read a document of this shape: quickly, or, if that sees no value in it, carefully.

        A member that is null counts as left out. Raises Unprocessable, with a pointer to each
        fault.
        """
        value = self._members.value(body) if self._members else None
        return read_json(self._adapter, body, self.shape) if value is None else value


def read_json(adapter: TypeAdapter[T], body: bytes, shape: Any = None) -> T:
    """Read one JSON document of the adapter's shape carefully, to tell every fault.

    Where the shape is told, so are the members that it knows.
    """
    document, body = _sent(body)
    try:
        return adapter.validate_json(body, strict=True)
    except ValidationError as refused:
        raise unprocessable(_all_faults(refused, document, shape, lambda _: True)) from None


def read_unsettled(adapter: TypeAdapter[Any], body: bytes, shape: Any = None) -> Any:
    """Read one JSON document of the adapter's shape, whose values may still contradict themselves.

    Answers the document as JSON has it, without the members that are null.
    """
    document, body = _sent(body)
    try:
        adapter.validate_json(body, strict=True)
    except ValidationError as refused:
        if faults := list(_all_faults(refused, document, shape, _is_of_shape)):
            raise unprocessable(faults) from None
    return document


def _sent(body: bytes) -> tuple[Any, bytes]:
    """A document, and its bytes without the members that are null."""
    try:
        document = _parse(body)
        return document, json.dumps(document).encode() if b"null" in body else body
    except RecursionError:
        raise _malformed("nested too deeply") from None


def _is_of_shape(error: ErrorDetails) -> bool:
    """Whether an error is one of shape, and none that a value tells of itself."""
    return not isinstance(error.get("ctx", {}).get("error"), Refused)


def unprocessable(faults: Iterable[Fault]) -> Unprocessable:
    """Say what a value said of itself as a problem, its paths as pointers into the body."""
    found = list(faults)
    errors = [
        {"pointer": pointer(*fault.at), "detail": fault.says} for fault in found[:MOST_ERRORS]
    ]
    first = f"{errors[0]['pointer'] or 'The body'}: {errors[0]['detail']}"
    if len(found) > 1:
        first = f"{len(found)} faults. {first}"
    return Unprocessable(first, errors=errors)


def _parse(body: bytes) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError as broken:
        raise _malformed(f"not UTF-8 at byte {broken.start}") from None
    if not text.strip():
        raise _malformed("empty, where a JSON document is expected")
    try:
        document = json.loads(
            text,
            object_pairs_hook=_given if "null" in text else _members,
            parse_float=_number,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as broken:
        where = f"line {broken.lineno}, column {broken.colno}"
        raise _malformed(f"not JSON: {broken.msg[0].lower()}{broken.msg[1:]} at {where}") from None
    except Unsound:
        raise unprocessable(_unsound_places(text)) from None
    except ValueError:
        raise _malformed("a number has too many digits") from None
    if "\\u0000" in text and (faults := list(_nul_places(document))):
        raise unprocessable(faults)
    if DIGITS_FOR_A_DATE.search(text) and (faults := list(_digit_places(document))):
        raise unprocessable(faults)
    return document


def _malformed(why: str) -> Unprocessable:
    return unprocessable([Fault((), why)])


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unsound
    return members


def _given(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in _members(pairs).items() if value is not None}


def _number(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise Unsound
    return number


def _no_number(_: str) -> NoReturn:
    raise Unsound


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written, members named twice included."""


class _NoNumber(str):
    """A literal that stands for a number and is none in JSON, or none that can be held."""

    __slots__ = ()


def _unsound_places(text: str) -> Iterator[Fault]:
    """Read again, slowly, for the places: this is the way of refused bodies alone."""
    document = json.loads(
        text,
        object_pairs_hook=_Pairs,
        parse_float=lambda digits: digits if isfinite(float(digits)) else _NoNumber(digits),
        parse_constant=_NoNumber,
    )
    for at, value in _walk(document, lambda pairs: pairs if isinstance(pairs, _Pairs) else None):
        if isinstance(value, _NoNumber):
            yield Fault(at, f"{value[:20]} is not a number that can be used")
        elif isinstance(value, _Pairs):
            names = [name for name, _ in value]
            twice = sorted({name for name in names if names.count(name) > 1})
            yield from (Fault((*at, name), "is there more than once") for name in twice)


def _nul_places(document: Any) -> Iterator[Fault]:
    for at, value in _walk(document, lambda x: list(x.items()) if isinstance(x, dict) else None):
        texts = [value] if isinstance(value, str) else value if isinstance(value, dict) else ()
        if any("\0" in text for text in texts):
            yield Fault(at, "has a NUL character, which no text may have")


def _digit_places(document: Any) -> Iterator[Fault]:
    """Where digits stand for a date, outside what a trial may name as it likes."""
    for at, value in _walk(document, lambda x: list(x.items()) if isinstance(x, dict) else None):
        is_date = bool(at) and f"_{at[-1]}".endswith("_on") and FREE_MEMBERS.isdisjoint(at)
        if is_date and isinstance(value, str) and DIGITS.fullmatch(value):
            yield Fault(at, "must be a date, YYYY-MM-DD")


Place = tuple[str | int, ...]


def _walk(
    document: Any, members: Callable[[Any], list[tuple[str, Any]] | None], at: Place = ()
) -> Iterator[tuple[Place, Any]]:
    """Every value of a document with its path, the whole first."""
    yield at, document
    steps: Iterable[tuple[str | int, Any]] = members(document) or ()
    if not steps and isinstance(document, list) and members(document) is None:
        steps = enumerate(document)
    for step, value in steps:
        yield from _walk(value, members, (*at, step))


def _all_faults(
    refused: ValidationError, document: Any, shape: Any, wanted: Callable[[ErrorDetails], bool]
) -> Iterator[Fault]:
    for error in filter(wanted, refused.errors(include_url=False)):
        yield from _faults(error, document, shape)


def _faults(error: ErrorDetails, document: Any, shape: Any) -> Iterator[Fault]:
    at = _place(error, document)
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, Refused):
        yield from (Fault((*at, *fault.at), fault.says) for fault in cause.faults)
    elif error["type"] in STRANGERS and (known := names_at(shape, at[:-1])):
        yield Fault(at, f"{_says(error)}; there are {', '.join(known)}")
    else:
        yield Fault(at, _says(error))


def _place(error: ErrorDetails, document: Any) -> Place:
    """The path of a fault in the document; pydantic's has the names of alternatives in it too."""
    at: list[str | int] = []
    for step in error["loc"]:
        inside = _inside(document, step)
        if inside is not NOWHERE:
            document = inside
            at.append(step)
        elif error["type"] == "missing" and step == error["loc"][-1]:
            at.append(step)
    return tuple(at)


def _inside(document: Any, step: str | int) -> Any:
    if isinstance(document, dict):
        return document.get(step, NOWHERE)
    if isinstance(document, list) and isinstance(step, int) and step < len(document):
        return document[step]
    return NOWHERE


def _says(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "enum":
        return f"must be one of {error['ctx']['expected'].replace(chr(39), '')}"
    if kind == "json_invalid":
        return f"not JSON: {error['ctx']['error']}"
    if kind.startswith("date_"):
        return "must be a date, YYYY-MM-DD"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    return WORDS.get(kind, error["msg"])
