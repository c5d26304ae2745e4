"""How deep and how large the sequences of a data set are, before any parser goes into them.

PS3.5 section 7.5. Sequences are entered without recursion, by tags and lengths alone.
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from imaging.flags import Refused

UNDEFINED = 0xFFFFFFFF
DEPTH_LIMIT = 32
SHALLOW = 512
"""Bytes in which no sequence is nested deeper: an item in an item takes 16."""
NESTED_LIMIT, ITEMS_LIMIT = 250_000, 50_000
"""Elements and items in all sequences of one file: pydicom takes 3 and 19 microseconds for each."""

LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
SEQUENCES, FRAGMENTED = frozenset({b"SQ", b"UN", None}), frozenset({b"OB", b"OW", b"UN"})
_ITEM, _ITEM_ENDS, _SEQUENCE_ENDS = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = 0x7FE00010


class Unexpected(Exception):
    """What is written is no DICOM, or what readers disagree about."""


class CutShort(Exception):
    """An element reaches past the end of the bytes given."""


class ByteOrder(NamedTuple):
    """How tags and lengths are read, and how an item begins."""

    head: Callable[..., tuple[Any, ...]]
    flat: Callable[..., tuple[Any, ...]]
    """As `head`, with the tag as one number."""
    tag: Callable[[int], int]
    """Group and element in their order from that number, and back."""
    length: Callable[..., tuple[Any, ...]]
    item: bytes


def _swapped(tag: int) -> int:
    return (tag & 0xFFFF) << 16 | tag >> 16


LITTLE = ByteOrder(
    struct.Struct("<HH2sH").unpack_from,
    struct.Struct("<I2sH").unpack_from,
    _swapped,
    struct.Struct("<I").unpack_from,
    b"\xfe\xff\x00\xe0",
)
BIG = ByteOrder(
    struct.Struct(">HH2sH").unpack_from,
    struct.Struct(">I2sH").unpack_from,
    int,
    struct.Struct(">I").unpack_from,
    b"\xff\xfe\xe0\x00",
)


def lettered(buffer: bytes, at: int) -> bool:
    """Whether the first element of a data set has a VR; else all of it is implicit (6.2.2)."""
    return all(0x41 <= letter <= 0x5A for letter in buffer[at + 4 : at + 6])


class _Level(NamedTuple):
    """A sequence or an item that the survey is in."""

    is_item: bool
    end: int
    """Of what is around it, where its own length is undefined."""
    defined: bool
    explicit: bool


class Survey:
    """What is left, of what one file may have, while its sequences are passed.

    What is odd within a sequence of known length is let pass unless it is going to be `parsed`.
    """

    def __init__(self, buffer: bytes, order: ByteOrder, *, parsed: bool) -> None:
        self._buffer = buffer
        self._order = order
        self._parsed = parsed
        self._elements = NESTED_LIMIT
        self._items = ITEMS_LIMIT

    def head(self, at: int, explicit: bool, vr: bytes) -> tuple[bytes | None, int, int]:
        """VR, start and length of an element whose length has 32 bits (PS3.5 7.1.2, 7.1.3).

        In explicit data what has no letters for a VR is taken for implicit, as pydicom takes it.
        """
        if not explicit or not b"AA" <= vr <= b"ZZ":
            return None, at + 8, self._order.length(self._buffer, at + 4)[0]
        if vr not in LONG:
            raise Unexpected
        if len(self._buffer) - at < 12:
            raise CutShort
        return vr, at + 12, self._order.length(self._buffer, at + 8)[0]

    def past(self, tag: int, vr: bytes | None, start: int, length: int, explicit: bool) -> int:
        """Where a value ends, once its sequences are known to be bearable.

        Raises CutShort, Unexpected, Refused TOO_LARGE.
        """
        if not self._has_items(vr, start, length):
            return start + length
        if length != UNDEFINED and start + length > len(self._buffer):
            raise CutShort
        if length <= SHALLOW and not self._parsed:
            self._count(length // 8)
            return start + length
        try:
            return self._past_items(tag, vr, start, length, explicit)
        except (CutShort, Unexpected):
            if self._parsed or length == UNDEFINED:
                raise
            return start + length

    def _has_items(self, vr: bytes | None, start: int, length: int) -> bool:
        """Whether a parser would look for items in the value."""
        if length == UNDEFINED or vr == b"SQ":
            return True
        return vr in SEQUENCES and self._buffer.startswith(self._order.item, start)

    def _past_items(
        self, tag: int, vr: bytes | None, start: int, length: int, explicit: bool
    ) -> int:
        levels = [_Level(True, len(self._buffer), False, explicit)]
        at = self._enter(levels, tag, vr, start, length)
        while len(levels) > 1:
            level = levels[-1]
            if at == level.end and level.defined:
                levels.pop()
            elif level.end - at < 8:
                raise self._overrun(level)
            else:
                at = self._element(levels, at) if level.is_item else self._item(levels, at)
        return at

    def _count(self, elements: int) -> None:
        self._elements -= elements
        if self._elements < 0:
            raise Refused("TOO_LARGE", f"The file has over {NESTED_LIMIT} elements in sequences.")

    def _item(self, levels: list[_Level], at: int) -> int:
        """Go into the item at `at`, or out of its sequence."""
        around, start = levels[-1], at + 8
        group, element, _, _ = self._order.head(self._buffer, at)
        (length,) = self._order.length(self._buffer, at + 4)
        tag = group << 16 | element
        if tag == _SEQUENCE_ENDS and not length:
            levels.pop()
            return start
        if tag != _ITEM:
            raise Unexpected
        self._items -= 1
        if self._items < 0:
            raise Refused("TOO_LARGE", f"The file has over {ITEMS_LIMIT} sequence items.")
        defined = length != UNDEFINED
        end = start + length if defined else around.end
        if end > around.end:
            raise self._overrun(around)
        levels.append(_Level(True, end, defined, around.explicit and lettered(self._buffer, start)))
        return start

    def _element(self, levels: list[_Level], at: int) -> int:
        """Go past the element at `at`, into it if it is a sequence, or out of its item."""
        around = levels[-1]
        group, element, vr, length = self._order.head(self._buffer, at)
        tag, start = group << 16 | element, at + 8
        if tag == _ITEM_ENDS and not around.defined:
            levels.pop()
            return start
        self._count(1)
        if group == _ITEM >> 16:
            raise Unexpected
        if not around.explicit or vr not in SHORT:
            vr, start, length = self.head(at, around.explicit, vr)
            if self._has_items(vr, start, length):
                return self._enter(levels, tag, vr, start, length)
        return int(start + length)

    def _enter(
        self, levels: list[_Level], tag: int, vr: bytes | None, start: int, length: int
    ) -> int:
        around, defined = levels[-1], length != UNDEFINED
        if vr not in SEQUENCES or (tag == _PIXELS and not defined):
            return self._past_fragments(vr, start)
        if len(levels) > 2 * DEPTH_LIMIT:
            raise Refused("TOO_LARGE", f"Sequences are nested over {DEPTH_LIMIT} deep.")
        end = start + length if defined else around.end
        if end > around.end:
            raise self._overrun(around)
        levels.append(_Level(False, end, defined, around.explicit))
        return start

    def _past_fragments(self, vr: bytes | None, at: int) -> int:
        """Where encapsulated pixels end (PS3.5 A.4): items of bytes, which nobody parses."""
        if vr not in FRAGMENTED:
            raise Unexpected
        while len(self._buffer) - at >= 8:
            group, element, _, _ = self._order.head(self._buffer, at)
            (length,) = self._order.length(self._buffer, at + 4)
            at += 8
            if group << 16 | element == _SEQUENCE_ENDS:
                return at
            if group << 16 | element != _ITEM or length == UNDEFINED:
                raise Unexpected
            at += length
        raise CutShort

    def _overrun(self, level: _Level) -> Exception:
        return CutShort() if level.end == len(self._buffer) else Unexpected()
