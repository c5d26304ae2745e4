"""Runs of elements that stand alike in file after file, walked once and then passed in one step.

The files of a series have mostly the same tags, VRs and lengths, one after the other. A run is kept
by these alone, never by values, and passed where every one of them is found again: so it leads
where a walk from element to element would.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from imaging.dicom.nesting import SHORT, ByteOrder

LONGEST, KEPT = 64, 256
"""Elements of a run; runs that are kept of one kind of walk, before it starts to learn anew."""


class Run(NamedTuple):
    """Elements of explicit VR whose lengths have 16 bits (PS3.5 7.1.2)."""

    found: Callable[..., tuple[Any, ...]]
    """The heads that stand where those of the run would, in a buffer from an offset on."""
    heads: tuple[bytes, ...]
    length: int
    """Of all its elements, in bytes."""
    tags: tuple[int, ...]
    values: Callable[..., tuple[Any, ...]]
    """Those of the wanted elements, whose tags these are, likewise."""


class Runs:
    """The runs that were met, each by its first head."""

    def __init__(self, order: ByteOrder, wanted: frozenset[int]) -> None:
        self._order = order
        self._wanted = wanted
        self._kept: dict[bytes, Run] = {}

    def at(self, buffer: bytes, at: int) -> Run | None:
        """The run that begins there.

        None where another kind of element does, or one that reaches past the end of the buffer.
        """
        first = buffer[at : at + 8]
        run = self._kept.get(first)
        if run is None or at + run.length > len(buffer):
            heads = tuple(self._heads(buffer, at))
            if run is not None or not heads:  # the end of the buffer is not that of a run
                return self._run(heads) if heads else None
        elif (found := run.found(buffer, at)) == run.heads:
            return run
        else:
            heads = _alike(run.heads, found)
        if len(self._kept) >= KEPT:
            self._kept.clear()
        run = self._kept[first] = self._run(heads)
        return run

    def _heads(self, buffer: bytes, at: int) -> Iterator[bytes]:
        for _ in range(LONGEST):
            head = buffer[at : at + 8]
            if head[4:6] not in SHORT or len(head) < 8:
                return
            at += 8 + self._order.flat(head)[2]
            if at > len(buffer):
                return
            yield head

    def _run(self, heads: tuple[bytes, ...]) -> Run:
        found, values, tags, length = ["="], ["="], [], 0
        for word, _, size in map(self._order.flat, heads):
            wanted = (tag := self._order.tag(word)) in self._wanted
            if wanted:
                tags.append(tag)
            found.append(f"8s{size}x")
            values.append(f"8x{size}{'s' if wanted else 'x'}")
            length += 8 + size
        return Run(_unpacked(found), heads, length, tuple(tags), _unpacked(values))


def _unpacked(layout: Sequence[str]) -> Callable[..., tuple[Any, ...]]:
    return struct.Struct("".join(layout)).unpack_from


def _alike(heads: Sequence[bytes], found: Sequence[bytes]) -> tuple[bytes, ...]:
    """What both begin with: a run ends where the next file departs from it."""
    count = next(n for n, pair in enumerate(zip(heads, found, strict=True)) if len({*pair}) > 1)
    return tuple(heads[:count])


@lru_cache(maxsize=16)
def runs_of(order: ByteOrder, wanted: frozenset[int]) -> Runs:
    """Those that are kept for walks of this kind."""
    return Runs(order, wanted)
