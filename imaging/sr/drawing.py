"""What a number of a report was drawn as: its points, on which image, and how far apart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from imaging.sr.codes import Length
from imaging.sr.elements import REFERENCED_SOP
from imaging.sr.tree import Content

DIMENSIONS = {"SCOORD": 2, "SCOORD3D": 3}
GRAPHIC_TYPE, GRAPHIC_DATA = 0x00700023, 0x00700022
INSTANCE, FRAME = 0x00081155, 0x00081160
NUMBERS_LIMIT = 100_000
CLOSED = frozenset({"CIRCLE", "ELLIPSE", "ELLIPSOID", "POLYGON"})

Point = tuple[float, ...]


@dataclass(frozen=True)
class Image:
    """The image that a report refers to; `frame` from 1, None where it names none."""

    sop_instance_uid: str
    frame: int | None


@dataclass(frozen=True)
class Drawing:
    """Spatial coordinates as the file has them (PS3.3 C.18.6 and C.18.9).

    `points` are (column, row), where (0, 0) is the outer corner of the first pixel, or, where they
    are `spatial`, (x, y, z) in patient mm.
    """

    graphic: str
    points: tuple[Point, ...]
    spatial: bool
    image: Image | None

    @property
    def closed(self) -> bool:
        """Whether it goes round something, instead of along it."""
        ends_meet = len(self.points) > 2 and self.points[0] == self.points[-1]
        return self.graphic in CLOSED or (self.graphic == "POLYLINE" and ends_meet)

    def as_region(self) -> "Drawing":
        """The same as a region, which a polyline goes round even where its ends do not meet."""
        outline = self.graphic == "POLYLINE" and len(self.points) > 2
        return replace(self, graphic="POLYGON") if outline else self

    def mm(self, length: Length, pitch: Point) -> float | None:
        """The length as drawn, `pitch` being mm for each unit of a point.

        None where the drawing does not define it: the longest diameter of a region is not what
        every program calls its diameter.
        """
        scaled = [[n * mm for n, mm in zip(point, pitch, strict=True)] for point in self.points]
        match self.graphic, len(scaled):
            case "POLYLINE" | "MULTIPOINT", 2:
                return math.dist(*scaled)
            case "POLYLINE", count if count > 2 and length is Length.LENGTH and not self.closed:
                return sum(math.dist(*ends) for ends in pairwise(scaled))
            case "CIRCLE", 2:
                return 2 * math.dist(*scaled)
            case "ELLIPSE", 4:
                return _axis(length, math.dist(*scaled[:2]), math.dist(*scaled[2:]))
        return None


def _axis(length: Length, *axes: float) -> float | None:
    if length is Length.LONG_AXIS:
        return max(axes)
    short = length in {Length.SHORT_AXIS, Length.PERPENDICULAR_AXIS}
    return min(axes) if short else None


def drawings(items: Iterable[Content]) -> list[Drawing]:
    """The coordinates among content items, those that are damaged left out."""
    return [found for item in items if item.kind in DIMENSIONS for found in _drawing(item)]


def images(items: Iterable[Content]) -> list[Image]:
    """The images that content items refer to."""
    return [found for item in items if item.kind == "IMAGE" for found in _image(item)]


def _drawing(item: Content) -> Sequence[Drawing]:
    size = DIMENSIONS[item.kind]
    numbers = item.encoded.floats(GRAPHIC_DATA, 4)
    whole = 0 < len(numbers) <= NUMBERS_LIMIT and len(numbers) % size == 0
    if not whole or not all(map(math.isfinite, numbers)):
        return []
    points = tuple(numbers[at : at + size] for at in range(0, len(numbers), size))
    image = next(iter(images(item.below())), None)
    return [Drawing(item.encoded.word(GRAPHIC_TYPE), points, size == 3, image)]


def _image(item: Content) -> Sequence[Image]:
    reference = item.encoded.first(REFERENCED_SOP)
    uid, frame = reference.word(INSTANCE), reference.word(FRAME).split("\\")[0].strip()
    numbered = frame.isascii() and frame.isdigit() and int(frame) > 0
    return [Image(uid, int(frame) if numbered else None)] if uid else []
