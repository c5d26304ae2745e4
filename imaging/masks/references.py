"""Which images a mask was drawn on, by its own references."""

from collections.abc import Iterable, Iterator, Mapping

from pydicom import Dataset

Paths = tuple[tuple[str, ...], ...]
Images = Mapping[str, frozenset[int]]
"""Frames, from 1, by SOP Instance UID; no frame stands for the whole instance."""

SOURCE_IMAGES = ("DerivationImageSequence", "SourceImageSequence")
SERIES: Paths = (
    ("ReferencedSeriesSequence",),
    (
        "ReferencedFrameOfReferenceSequence",
        "RTReferencedStudySequence",
        "RTReferencedSeriesSequence",
    ),
)
DRAWN_ON: Paths = (
    ("SharedFunctionalGroupsSequence", *SOURCE_IMAGES),
    ("PerFrameFunctionalGroupsSequence", *SOURCE_IMAGES),
    ("ROIContourSequence", "ContourSequence", "ContourImageSequence"),
)
"""Of each frame or contour by itself."""
LISTED: Paths = (
    (*SERIES[0], "ReferencedInstanceSequence"),
    (*SERIES[1], "ContourImageSequence"),
)
"""Of the mask as a whole: often all images of the series."""


def items(place: Dataset, first: str, *further: str) -> Iterator[Dataset]:
    """The items at the end of a path of sequences."""
    for item in place.get(first) or []:
        if further:
            yield from items(item, *further)
        else:
            yield item


def series_of(mask: Dataset) -> frozenset[str]:
    """The Series Instance UIDs that a SEG or RTSTRUCT names (PS3.3 C.12.2, C.8.8.5)."""
    found = (item for path in SERIES for item in items(mask, *path))
    return frozenset(str(item.get("SeriesInstanceUID", "")) for item in found)


def images_of(mask: Dataset) -> Images:
    """The images that its frames or contours name; where they name none, those of its lists."""
    return _images(mask, DRAWN_ON) or _images(mask, LISTED)


def first_image(references: Iterable[Dataset]) -> str:
    """The SOP Instance UID that the first of them has; "" where there is none."""
    return str(next(iter(references), Dataset()).get("ReferencedSOPInstanceUID", ""))


def _images(mask: Dataset, paths: Paths) -> Images:
    found: dict[str, frozenset[int]] = {}
    for path in paths:
        for item in items(mask, *path):
            uid, frames = str(item.get("ReferencedSOPInstanceUID", "")), _frames(item)
            known = found.get(uid, frames)
            found[uid] = known | frames if known and frames else frozenset()
    found.pop("", None)
    return found


def _frames(item: Dataset) -> frozenset[int]:
    """Referenced Frame Number (0008,1160), which may be several."""
    written = item.get("ReferencedFrameNumber")
    if written is None or written == "":
        return frozenset()
    return frozenset(map(int, written if hasattr(written, "__iter__") else [written]))
