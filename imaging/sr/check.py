"""Whether a length of a report is that of its own points, on images that are at hand."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence

from imaging.dicom import image_type
from imaging.dicom.headers import Instance, inspect
from imaging.dicom.planes import Plane
from imaging.flags import Flag, Refused
from imaging.series.loading import files
from imaging.sr.codes import Length
from imaging.sr.drawing import Drawing, Image, Point
from imaging.sr.report import Check, Measurement

Held = Mapping[str, Instance]
"""The images at hand by SOP Instance UID."""

TOLERANCE_MM, TOLERANCE = 0.1, 0.002
"""A writer's rounding, mm and as a share of the length, whichever is more."""
OFF_SQUARE = math.sin(math.radians(5.0))
"""Cosine of the angle between two axes that are still perpendicular: viewers let them be edited."""


def held(folder: str | os.PathLike[str]) -> Held:
    """The images in a folder and those below it; what cannot be measured on is passed over."""
    found = {}
    for file in files(folder):
        try:
            instance = inspect(file)
        except Refused:
            continue
        if instance.planes:
            found[instance.sop_instance_uid] = instance
    return found


def check(mm: float, length: Length, drawing: Drawing | None, images: Held) -> Check:
    """Compare a length with its drawing, and with that under spacings that are swapped.

    Some programs divide distances along a row by the spacing between rows; on pixels that are no
    squares their points are wrong, and their lengths right.
    """
    pitch = drawing and _pitch(drawing, images)
    if not drawing or not pitch or (drawn := drawing.mm(length, pitch)) is None:
        return "UNCHECKED"
    if _same(mm, drawn):
        return "OK"
    swapped = drawing.mm(length, pitch[::-1])
    fits = not drawing.spatial and swapped is not None and _same(mm, swapped)
    return "SWAPPED_SPACING" if fits else "DIFFERS"


def doubts(image: Image | None, images: Held) -> Iterator[Flag]:
    """What is doubtful about measuring on an image that is at hand."""
    types = {plane.image_type for plane in _planes(image, images)}
    return image_type.flags(frozenset().union(*map(image_type.doubts, types)))


def crossed(across: Measurement, along: Measurement, images: Held) -> Iterator[Flag]:
    """What is doubtful about a short axis beside the long axis of its group."""
    if across.value_mm > along.value_mm:
        says = f"The short axis is longer than the long axis, {along.value_mm} mm."
        yield Flag("SHORT_AXIS_LONGER", says)
    short, long = across.drawing, along.drawing
    if not short or not long:
        return
    if short.image != long.image:
        yield Flag("OTHER_IMAGE", "The short axis was drawn on another image than the long axis.")
    elif (cosine := _cosine(short, long, images)) is not None and cosine > OFF_SQUARE:
        angle = math.degrees(math.acos(min(cosine, 1.0)))
        yield Flag("NOT_PERPENDICULAR", f"The axes meet at {angle:.0f} degrees.")


def _same(mm: float, drawn: float) -> bool:
    return abs(mm - drawn) <= max(TOLERANCE_MM, TOLERANCE * mm)


def _planes(image: Image | None, images: Held) -> Sequence[Plane]:
    """The frames that an image reference means: all of them where it names none."""
    instance = images.get(image.sop_instance_uid) if image else None
    if image is None or instance is None:
        return ()
    return (
        instance.planes if image.frame is None else instance.planes[image.frame - 1 : image.frame]
    )


def _pitch(drawing: Drawing, images: Held) -> Point | None:
    """Mm for each unit of a drawing's points; None without its image."""
    if drawing.spatial:
        return 1.0, 1.0, 1.0
    spacings = {plane.spacing for plane in _planes(drawing.image, images)}
    return spacings.pop()[::-1] if len(spacings) == 1 else None


def _cosine(one: Drawing, other: Drawing, images: Held) -> float | None:
    """The cosine of the angle between two lines of two points; None where it is unknown."""
    pitch = _pitch(one, images)
    if not pitch or not len(one.points) == len(other.points) == 2 or one.spatial != other.spatial:
        return None
    first, second = (
        [(b - a) * mm for a, b, mm in zip(*drawn.points, pitch, strict=True)]
        for drawn in (one, other)
    )
    lengths = math.hypot(*first) * math.hypot(*second)
    return (
        abs(sum(a * b for a, b in zip(first, second, strict=True))) / lengths if lengths else None
    )
