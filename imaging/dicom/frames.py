"""The planes of an enhanced multi-frame image, from its functional groups (PS3.3 C.7.6.16)."""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

from pydicom import Dataset

from imaging.dicom.elements import Elements, Source, data_set, header, shown
from imaging.dicom.planes import (
    INTERCEPT,
    ORIENTATION,
    POSITION,
    RESCALE_TYPE,
    SLOPE,
    SPACING,
    THICKNESS,
    Plane,
    plane,
)
from imaging.dicom.traits import TRAITS, Trait
from imaging.flags import Refused

SHARED, PER_FRAME = 0x52009229, 0x52009230
FRAME_TYPE, TECHNIQUE = 0x00089007, 0x00089207
FRAME_TYPES = (0x00189329, 0x00189226)
"""CT Image Frame Type, MR Image Frame Type."""
MACROS = {
    POSITION: 0x00209113,
    ORIENTATION: 0x00209116,
    SPACING: 0x00289110,
    THICKNESS: 0x00289110,
    SLOPE: 0x00289145,
    INTERCEPT: 0x00289145,
    RESCALE_TYPE: 0x00289145,
}
"""The sequence that holds each element."""
CONVERTED = (0x00209171, 0x00209170)
"""What a converter left as it was in the classic images: of each frame, and shared."""


def frames(elements: Elements, source: Source, count: int, image_type: str) -> tuple[Plane, ...]:
    """One plane for each frame, in the order of the frames; raises Refused."""
    found, _ = data_set(header(source, elements), elements.syntax)
    try:
        shared = _item(found, SHARED)
        groups = list(found[PER_FRAME].value) if PER_FRAME in found else []
        planes = tuple(_plane(n, group, shared, image_type) for n, group in enumerate(groups, 1))
    except Refused:
        raise
    except Exception as problem:  # noqa: BLE001 -- pydicom lets anything escape
        says = f"The functional groups are damaged ({type(problem).__name__}); send them again."
        raise Refused("UNREADABLE", says) from None
    if len(planes) != count:
        says = f"{count} frames, but {len(planes)} per-frame functional groups; send them again."
        raise Refused("NO_GEOMETRY", says)
    return planes


class _Groups:
    """The functional groups of one frame; its own come before the shared ones."""

    def __init__(self, group: Dataset, shared: Dataset) -> None:
        self._places = (group, shared)

    def numbers(self, tag: int, /) -> tuple[float, ...] | None:
        return next((tuple(map(float, found)) for found in self._at(MACROS[tag], tag)), None)

    def text(self, tag: int, /) -> str:
        return self.word(MACROS[tag], tag) if tag in MACROS else ""

    def word(self, *path: int) -> str:
        """What stands at the end of a path of sequences; empty where nothing does."""
        return next((shown("\\".join(map(str, found))) for found in self._at(*path)), "")

    def _at(self, *path: int) -> Iterator[Sequence[Any]]:
        *sequences, tag = path
        for place in self._places:
            element = reduce(_item, sequences, place).get(tag)
            if element is not None and element.value is not None and element.VM:
                yield element.value if element.VM > 1 else [element.value]


def _plane(frame: int, group: Dataset, shared: Dataset, image_type: str) -> Plane:
    groups = _Groups(group, shared)
    words = [groups.word(macro, tag) for macro in FRAME_TYPES for tag in (FRAME_TYPE, TECHNIQUE)]
    own = "\\".join(word for word in words if word) or image_type
    try:
        return plane(groups, own, tuple(_trait(groups, trait) for trait in TRAITS), frame)
    except Refused as refusal:
        raise Refused(refusal.code, f"Frame {frame}: {refusal.says}") from None


def _trait(groups: _Groups, trait: Trait) -> str:
    word = groups.word(*trait.in_frame) if trait.in_frame else ""
    if word or not trait.tag:
        return word
    return groups.word(CONVERTED[0], trait.tag) or groups.word(CONVERTED[1], trait.tag)


def _item(place: Dataset, sequence: int) -> Dataset:
    """The only item of a functional group macro, or an empty one."""
    found = place.get(sequence)
    return found.value[0] if found is not None and found.value else Dataset()
