"""A trial's own variant of an edition, as its protocol words it: a name, a version, the changes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from recist.protocol import PdReference
from recist.refusal import Fault, Refused
from recist.vocabulary import LONGEST_ALLOWED_MM, STRICT, Method

NAME = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")
LONGEST_NAME = 64
LONGEST_TEXT = 200
MOST = 1000
"""The largest count, and the largest rise in per cent, that is taken for meant."""

Bounds = tuple[int, int]
MM: Bounds = (1, LONGEST_ALLOWED_MM)
MM_OR_NONE: Bounds = (0, LONGEST_ALLOWED_MM)


class Bounded:
    """Members that are whole numbers within bounds; Refused where one is not."""

    bounds: ClassVar[Mapping[str, Bounds]]

    def __post_init__(self) -> None:
        if faults := tuple(self._faults()):
            raise Refused(*faults)

    def _faults(self) -> Iterator[Fault]:
        for name, bounds in self.bounds.items():
            if (number := getattr(self, name)) is not None:
                yield from _outside((name,), number, bounds)


@dataclass(frozen=True, kw_only=True)
class ChangedTargets(Bounded):
    """How many targets at most."""

    __pydantic_config__: ClassVar = STRICT
    bounds: ClassVar = {"in_all": (1, MOST), "per_organ": (1, MOST)}
    in_all: int | None = None
    per_organ: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChangedPr(Bounded):
    """By how much the sum must fall below the baseline."""

    __pydantic_config__: ClassVar = STRICT
    bounds: ClassVar = {"percent": (1, 100)}
    percent: int


@dataclass(frozen=True, kw_only=True)
class ChangedPd(Bounded):
    """By how much the sum must rise, and above what."""

    __pydantic_config__: ClassVar = STRICT
    bounds: ClassVar = {"percent": (1, MOST), "and_mm": MM_OR_NONE}
    percent: int | None = None
    and_mm: int | None = None
    reference: PdReference | None = None


@dataclass(frozen=True, kw_only=True)
class ChangedNodes(Bounded):
    """The limits of a node's short axis, in millimetres."""

    __pydantic_config__: ClassVar = STRICT
    bounds: ClassVar = {"normal_below_mm": MM, "target_from_mm": MM}
    normal_below_mm: int | None = None
    target_from_mm: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChangedMeasurable(Bounded):
    """How large a target is at baseline: by method, 0 for any size, and in slices."""

    __pydantic_config__: ClassVar = STRICT
    bounds: ClassVar = {"slices": (0, MOST)}
    smallest_mm: dict[Method, int] = field(default_factory=dict)
    slices: int | None = None

    def _faults(self) -> Iterator[Fault]:
        yield from super()._faults()
        for method, mm in self.smallest_mm.items():
            yield from _outside(("smallest_mm", method.value), mm, MM_OR_NONE)


@dataclass(frozen=True, kw_only=True)
class Changes(Bounded):
    """What a protocol changes in an edition; what is left out stays as the paper has it."""

    __pydantic_config__: ClassVar = STRICT
    bounds: ClassVar = {"too_small_mm": MM}
    targets: ChangedTargets | None = None
    pr: ChangedPr | None = None
    pd: ChangedPd | None = None
    too_small_mm: int | None = None
    nodes: ChangedNodes | None = None
    measurable: ChangedMeasurable | None = None
    switches: dict[str, Any] = field(default_factory=dict)
    """Other defaults: a trial may still set these switches."""


@dataclass(frozen=True, kw_only=True)
class Variant(Bounded):
    """An edition as one protocol changes it. A version never changes: the next one does."""

    __pydantic_config__: ClassVar = STRICT
    bounds: ClassVar = {"version": (1, MOST)}
    name: str
    version: int
    based_on: str
    """An edition: a variant of a variant would hide what the paper says."""
    title: str
    cite: str
    """Where the protocol says so."""
    changes: Changes

    @property
    def called(self) -> str:
        """The name that a trial chooses, and by which the answers call these criteria."""
        return f"{self.name}.v{self.version}"

    def _faults(self) -> Iterator[Fault]:
        yield from super()._faults()
        if len(self.name) > LONGEST_NAME or not NAME.fullmatch(self.name):
            says = f"small letters and digits, parted by - or ., at most {LONGEST_NAME}: crc-2026"
            yield Fault(("name",), says)
        for name in ("title", "cite"):
            text = getattr(self, name)
            if not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
                yield Fault((name,), f"must have 1 to {LONGEST_TEXT} printable characters")


def _outside(at: tuple[str, ...], number: int, bounds: Bounds) -> Iterator[Fault]:
    least, most = bounds
    if type(number) is not int or not least <= number <= most:
        yield Fault(at, f"{number} is not a whole number from {least} to {most}")
