"""The content tree of a structured report, read within limits (PS3.3 C.17.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from pydicom.config import IGNORE
from pydicom.uid import UID

from imaging.dicom.elements import Source
from imaging.flags import Refused
from imaging.sr.codes import REPORTS, Code
from imaging.sr.elements import CONCEPT_NAME, CONTENT, SOP_CLASS, Encoded, split

VALUE_TYPE = 0x0040A040
CODE_VALUES = (0x00080100, 0x00080119, 0x00080120)
"""Code Value, Long Code Value, URN Code Value."""
SCHEME, MEANING = 0x00080102, 0x00080104
DEPTH_LIMIT = 24
"""Levels of content below the root; a report of TID 1500 has seven."""


@dataclass(frozen=True, eq=False)
class Content:
    """One content item, and those below it."""

    encoded: Encoded
    children: tuple[Self, ...]

    @cached_property
    def kind(self) -> str:
        """Value Type (0040,A040)."""
        return self.encoded.word(VALUE_TYPE)

    @cached_property
    def concept(self) -> Code | None:
        return code(self.encoded.first(CONCEPT_NAME))

    @property
    def key(self) -> tuple[str, str] | None:
        """What the concept is compared by."""
        return self.concept.key if self.concept else None

    def below(self) -> Iterator[Self]:
        """All items below, in their order."""
        for child in self.children:
            yield child
            yield from child.below()


def code(item: Encoded) -> Code | None:
    """The code that an item of a code sequence holds (PS3.3 8.8); None for an empty one."""
    found = next(filter(None, map(item.word, CODE_VALUES)), "")
    meaning = item.text(MEANING)
    return Code(found, item.word(SCHEME), meaning) if found or meaning else None


def report(source: Source) -> Content:
    """The root of an imaging measurement report (PS3.16 TID 1500), told by its title's code.

    Raises Refused: NOT_A_REPORT for any other object, TOO_LARGE for one nested too deep,
    UNREADABLE, and what `elements.read` refuses.
    """
    found = split(source)
    title = code(found.first(CONCEPT_NAME))
    if title is None or title.key not in REPORTS:
        raise Refused("NOT_A_REPORT", _other(found.word(SOP_CLASS), title))
    return _item(found, DEPTH_LIMIT)


def _other(sop_class: str, title: Code | None) -> str:
    entitled = f" entitled {title.meaning!r}" if title else ""
    return (
        f"This is {UID(sop_class, IGNORE).name!r}{entitled}; a DICOM SR with the title "
        "Imaging, or Oncology, Measurement Report (TID 1500) is needed."
    )


def _item(found: Encoded, levels: int) -> Content:
    below = found.items.get(CONTENT, [])
    if below and not levels:
        raise Refused("TOO_LARGE", f"The content is nested over {DEPTH_LIMIT} levels deep.")
    return Content(found, tuple(_item(child, levels - 1) for child in below))
