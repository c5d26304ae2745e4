"""The elements of a structured report, with its sequences, as the bytes that the file has.

A report may have a hundred thousand elements, and pydicom takes seconds to build them. What is
split here was surveyed before: its depth, items and lengths are within limits and add up.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from imaging.dicom import nesting
from imaging.dicom.elements import Source, content, read
from imaging.dicom.nesting import (
    BIG,
    LITTLE,
    SHORT,
    UNDEFINED,
    CutShort,
    Survey,
    Unexpected,
    lettered,
)
from imaging.dicom.text import decoded, encodings, line
from imaging.dicom.walk import BIG_ENDIAN, IMPLICIT, walk
from imaging.flags import Refused

CHARACTER_SET, SOP_CLASS = 0x00080005, 0x00080016
CONTENT, CONCEPT_NAME, CONCEPT = 0x0040A730, 0x0040A043, 0x0040A168
MEASURED_VALUE, UNITS, REFERENCED_SOP = 0x0040A300, 0x004008EA, 0x00081199
SEQUENCES = frozenset({CONTENT, CONCEPT_NAME, CONCEPT, MEASURED_VALUE, UNITS, REFERENCED_SOP})

_ITEM, _ITEM_ENDS, _SEQUENCE_ENDS = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


@dataclass(frozen=True, eq=False)
class Encoded:
    """One data set or sequence item: values by tag, and the items of the sequences of a report."""

    values: dict[int, bytes]
    items: dict[int, list["Encoded"]]
    encodings: Sequence[str]
    """Of its text, as Python names them."""
    byte_order: str
    """As `struct` has it."""

    def word(self, tag: int, limit: int = 64) -> str:
        """A value of the default character set."""
        return line(self.values.get(tag, b"").decode("ascii", "replace").strip(" \0"), limit)

    def text(self, tag: int) -> str:
        """A value of its own character set."""
        return decoded(self.values.get(tag, b""), self.encodings)

    def floats(self, tag: int, size: int) -> tuple[float, ...]:
        """Binary numbers of 4 or 8 bytes; none where they are cut."""
        written = self.values.get(tag, b"")
        if len(written) % size:
            return ()
        letter = "f" if size == 4 else "d"
        return struct.unpack(f"{self.byte_order}{len(written) // size}{letter}", written)

    def first(self, tag: int) -> "Encoded":
        """The first item of a sequence; an empty one where there is none."""
        found = self.items.get(tag)
        return found[0] if found else Encoded({}, {}, self.encodings, self.byte_order)


def split(source: Source) -> Encoded:
    """Split a file that holds a structured report.

    Raises Refused: what `elements.read` does, UNREADABLE for one that is damaged.
    """
    elements = read(source, frozenset())
    whole = content(source, elements.syntax)[elements.header]
    try:
        walk(whole, 0, elements.syntax, frozenset(), parsed=True)
        return _Split(whole, elements.syntax).root()
    except (CutShort, Unexpected, struct.error):
        says = "The report is damaged, or written as no standard says: export it once more."
        raise Refused("UNREADABLE", says) from None


class _Split:
    """Goes through a data set by tags and lengths (PS3.5 section 7)."""

    def __init__(self, buffer: bytes, syntax: str) -> None:
        self._buffer = buffer
        self._explicit = syntax != IMPLICIT
        self._order = BIG if syntax == BIG_ENDIAN else LITTLE
        self._byte_order = ">" if syntax == BIG_ENDIAN else "<"

    def root(self) -> Encoded:
        return self._data_set(0, len(self._buffer), self._explicit, encodings(b""))[0]

    def _data_set(
        self, at: int, end: int, explicit: bool, names: Sequence[str]
    ) -> tuple[Encoded, int]:
        """What stands from `at` to `end`, or to the end of its item, and where that is."""
        values: dict[int, bytes] = {}
        items: dict[int, list[Encoded]] = {}
        while end - at >= 8:
            group, element, vr, length = self._order.head(self._buffer, at)
            tag, start = group << 16 | element, at + 8
            if tag == _ITEM_ENDS:
                at = start
                break
            if not explicit or vr not in SHORT:
                survey = Survey(self._buffer, self._order, parsed=True)
                vr, start, length = survey.head(at, explicit, vr)
                if tag in SEQUENCES and vr in nesting.SEQUENCES:
                    items[tag], at = self._items(start, length, end, explicit, names)
                    continue
                if length == UNDEFINED:
                    at = survey.past(tag, vr, start, length, explicit)
                    continue
            at = start + length
            values[tag] = self._buffer[start:at]
            if tag == CHARACTER_SET:
                names = encodings(values[tag])
        return Encoded(values, items, names, self._byte_order), at

    def _items(
        self, at: int, length: int, end: int, explicit: bool, names: Sequence[str]
    ) -> tuple[list[Encoded], int]:
        """The items of the sequence at `at`, and where it ends."""
        found: list[Encoded] = []
        end = end if length == UNDEFINED else at + length
        while end - at >= 8:
            group, element, _, _ = self._order.head(self._buffer, at)
            (length,) = self._order.length(self._buffer, at + 4)
            at += 8
            if group << 16 | element == _SEQUENCE_ENDS:
                break
            if group << 16 | element != _ITEM:
                raise Unexpected
            stop = end if length == UNDEFINED else at + length
            as_around = explicit and lettered(self._buffer, at)
            item, at = self._data_set(at, stop, as_around, names)
            found.append(item)
        return found, at
