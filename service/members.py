"""What a JSON document gives, member by member, and the value that it makes if nothing is wrong."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum, EnumType
from types import GenericAlias, NoneType, UnionType
from typing import (
    Any,
    Generic,
    NotRequired,
    TypedDict,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from msgspec.json import Decoder

T = TypeVar("T")


class NotDerived(TypeError):
    """A part of a shape whose members this module does not know how to tell."""


@dataclass(slots=True)
class Tally:
    """How many members the objects of a document have, those that were kept of it."""

    nulls: bool
    """Whether some may be null, and so count as left out."""
    members: int = 0


Make = Callable[[Any, Tally], Any]
"""Makes a part of a value of what a document gives for it."""


class Members(Generic[T]):
    """The quick way from JSON documents to values of a shape that is made of dataclasses.

    A document is parsed once, to what it gives by the rules of the shape, and the value is made of
    that. It is no way to learn what is wrong with a document, or where.
    """

    def __init__(self, shape: type[T]) -> None:
        """Derive from the shape what documents give; raises NotDerived where that is not known."""
        given, self._make = _part(shape)
        self._given = Decoder(given)

    def value(self, document: bytes) -> T | None:
        """The value of a document, or None where something is wrong with it, or may be."""
        if b"\\" in document and b"\\u0000" in document:
            return None
        tally = Tally(nulls=b"null" in document)
        try:
            value = self._make(self._given.decode(document), tally)
        except (ValueError, RecursionError):  # of msgspec, or Refused by the value itself
            return None
        # Each member is written with a colon. One that the shape does not know was not kept, nor
        # was one of two of a name: so where no colon is left over, there was neither.
        return cast("T", value) if document.count(b":") == tally.members else None


def members_of(shape: type[T]) -> Members[T] | None:
    """The quick way to values of a shape, if there is one."""
    try:
        return Members(shape)
    except NotDerived:
        return None


def _part(hint: Any) -> tuple[Any, Make]:
    """What documents give for a part of a shape, as a type, and how that becomes the part."""
    if is_dataclass(hint):
        return _object(cast("type[Any]", hint))
    if isinstance(hint, type) and issubclass(hint, str | int | float | date):
        if hint is datetime:
            raise NotDerived(hint)
        return hint, _as_given
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType) and arguments[1:] == (NoneType,):
        return _part(arguments[0])  # null means left out, which a member may be and nothing else
    if origin is tuple and arguments[1:] == (...,):
        given, make = _part(arguments[0])
        return GenericAlias(tuple, (given, ...)), _each(make)
    if origin is dict and arguments[0] is str:
        given, make = _part(arguments[1])
        return GenericAlias(dict, (str, given)), _labelled(make)
    raise NotDerived(hint)


def _object(shape: type[Any]) -> tuple[Any, Make]:
    if hasattr(shape, "__slots__"):
        raise NotDerived(shape)
    hints = get_type_hints(shape, include_extras=True)
    members: dict[str, Any] = {}
    makes: dict[str, Make] = {}
    for field in fields(shape):
        given, makes[field.name] = _part(hints[field.name])
        required = field.default is MISSING and field.default_factory is MISSING
        members[field.name] = given if required else NotRequired[given | None]
    return TypedDict(shape.__name__, members), _made(shape, makes)  # type: ignore[operator]


def _made(shape: type[Any], makes: Mapping[str, Make]) -> Make:
    """Make a dataclass of its members: they become its dictionary, and the class has the defaults.

    The dataclass's own __init__ sets one attribute after the other, which takes many times as long.
    """
    nested = [(name, make) for name, make in makes.items() if make is not _as_given]
    fresh = [(f.name, f.default_factory) for f in fields(shape) if f.default_factory is not MISSING]
    settle = getattr(shape, "__post_init__", lambda _: None)
    blank, set_ = object.__new__, object.__setattr__
    of_one_word = _of_one_word(shape)

    def make(given: dict[str, Any], tally: Tally) -> Any:
        members = len(given)
        tally.members += members
        if members == 1 and (ready := of_one_word.get(*given.values())):
            return ready
        if tally.nulls:
            given = {name: member for name, member in given.items() if member is not None}
        for name, part in nested:
            if name in given:
                given[name] = part(given[name], tally)
        for name, new in fresh:
            if name not in given:
                given[name] = new()
        value = blank(shape)
        set_(value, "__dict__", given)
        settle(value)
        return value

    return make


def _of_one_word(shape: type[Any]) -> Mapping[Any, Any]:
    """The values of a shape that one word makes: they cannot change, so each need be made once."""
    without_default = [field.name for field in fields(shape) if field.default is MISSING]
    if len(without_default) != 1 or not shape.__dataclass_params__.frozen:
        return {}
    (name,) = without_default
    words = get_type_hints(shape)[name]
    found: dict[Any, Any] = {}
    for word in cast("type[Enum]", words) if isinstance(words, EnumType) else ():
        with suppress(ValueError):  # of one that needs more
            found[word] = shape(**{name: word})
    return found


def _each(make: Make) -> Make:
    if make is _as_given:
        return _as_given
    return lambda given, tally: tuple([make(element, tally) for element in given])


def _labelled(make: Make) -> Make:
    def made(given: dict[str, Any], tally: Tally) -> dict[str, Any]:
        tally.members += len(given)
        return {label: make(element, tally) for label, element in given.items()}

    return made


def _as_given(given: Any, _: Tally) -> Any:
    return given


def names_at(shape: Any, at: Sequence[str | int]) -> list[str]:
    """The members that a shape knows at a place in a document; none where it has none."""
    for step in at:
        shape = _inner(shape)
        if is_dataclass(shape):
            shape = get_type_hints(shape).get(str(step))
        elif get_origin(shape) in (tuple, dict):
            shape = get_args(shape)[-1 if get_origin(shape) is dict else 0]
    inner = _inner(shape)
    return [field.name for field in fields(inner)] if is_dataclass(inner) else []


def _inner(hint: Any) -> Any:
    """A hint without the None that stands for left out."""
    optional = get_origin(hint) in (Union, UnionType)
    return get_args(hint)[0] if optional else hint
