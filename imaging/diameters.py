"""How long is a lesion in its plane, and how wide across that: the two lines that readers draw.

The longest diameter is the longest segment inside the lesion on the plane where it is longest;
the short axis is the longest chord inside the lesion, on the same plane, perpendicular to it
(RECIST 1.1, Eisenhauer et al., Eur J Cancer 2009;45:228-247). A hole that the lesion surrounds,
such as a necrosis or a cavity, is inside it, as readers draw it. Lengths are in mm.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.ndimage import binary_fill_holes, find_objects, label
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from imaging import bounds
from imaging.chord import longest_chord
from imaging.outline import Outline, Points, of_mask, stays_inside
from imaging.region import Region

# Chosen on phantoms, between pixel centres (0) and mid-edge (1). The longest diameter is the
# largest of many, which the noise of the raster lengthens; a chord has one direction to try.
PITCH_FRACTION = 0.3
CHORD_FRACTION = 0.7
CONVENTION = "PIXEL_CENTRES_PLUS_30_PERCENT"  # of the pitch, along the diameter
LEAVES = 1.05  # an unconstrained diameter is worth saying where it is longer by this factor
EQUAL = 1e-9  # mm; diameters that differ by less are tied

_HULL_FROM = 500  # corners; below, all pairs are faster than a hull
_MOST_PAIRED = 2000  # corners; of more, every other one is tried, or every third …
_BATCH = 1024  # segments tested at a time


class Segment(NamedTuple):
    """A straight line on a plane: its length, and its ends (2, 2), x and y mm from pixel (0, 0)."""

    mm: float
    ends: Points


@dataclass(frozen=True, eq=False)
class Diameters:
    """The two diameters of a lesion, on the plane with the index `plane`.

    `unconstrained_mm` is the longest distance between two points of one piece of the lesion on
    one plane, whether or not the line between them stays inside.
    """

    plane: int
    longest: Segment
    short_axis: Segment
    unconstrained_mm: float

    @property
    def longest_unconstrained_mm(self) -> float | None:
        """The unconstrained diameter where leaving the lesion makes it over 5 % longer."""
        leaves = self.unconstrained_mm > LEAVES * self.longest.mm
        return self.unconstrained_mm if leaves else None


class Plane(NamedTuple):
    """A plane of a lesion: its number, a bound of its diameters, and its pieces on demand."""

    number: int
    bound: float
    pieces: Callable[[], Iterable[Outline]]


def of_region(
    region: Region,
    spacing: tuple[float, float],
    fraction: float = PITCH_FRACTION,
    chord_fraction: float = CHORD_FRACTION,
) -> Diameters:
    """Measure a mask whose pixels lie `spacing` (between rows, between columns) mm apart.

    `fraction` of the pixel pitch is added along the diameter, `chord_fraction` along the short
    axis: 0 measures between pixel centres. Pixels are connected through sides and corners.
    Raises ValueError for an empty mask.
    """
    most = bounds.of_mask(region.voxels, spacing) + fraction * max(spacing)
    return _measure(
        Plane(
            region.offset[0] + plane,
            bound,
            partial(_pieces, region, plane, spacing, fraction, chord_fraction),
        )
        for plane, bound in enumerate(most.tolist())
        if bound >= 0
    )


def of_outlines(planes: Iterable[tuple[int, Sequence[Outline]]]) -> Diameters:
    """Measure a lesion from the outlines of its pieces on each plane, given by its number.

    Raises ValueError where there is none.
    """
    return _measure(
        Plane(
            number, max(bounds.of_corners(piece.corners) for piece in pieces), partial(iter, pieces)
        )
        for number, pieces in planes
        if pieces
    )


def _measure(planes: Iterable[Plane]) -> Diameters:
    """Look at planes in falling order of their bound until none can hold a longer diameter."""
    best: Diameters | None = None
    unconstrained = 0.0
    for plane in sorted(planes, key=lambda plane: (-plane.bound, plane.number)):
        if best and plane.bound < best.longest.mm - EQUAL:
            break
        for piece in plane.pieces():
            widest = _extended(piece, *_farthest(piece))
            unconstrained = max(unconstrained, widest[0].mm)
            for longest in _inside(piece, widest, best.longest.mm if best else 0.0):
                best = _preferred(best, _with_short_axis(plane.number, piece, longest))
    if best is None:
        raise ValueError("an empty mask has no diameter")
    return Diameters(best.plane, best.longest, best.short_axis, unconstrained)


def _preferred(best: Diameters | None, other: Diameters) -> Diameters:
    """Prefer the longer; of equals the one with the larger short axis, then the lower plane."""
    if best is None or other.longest.mm > best.longest.mm + EQUAL:
        return other
    if other.longest.mm < best.longest.mm - EQUAL:
        return best
    wider = other.short_axis.mm - best.short_axis.mm
    return other if wider > EQUAL or (wider > -EQUAL and other.plane < best.plane) else best


def _with_short_axis(plane: int, piece: Outline, longest: Segment) -> Diameters:
    x, y = (longest.ends[1] - longest.ends[0]) / longest.mm if longest.mm else (1.0, 0.0)
    ends = longest_chord(piece, np.array([-y, x]))
    length = float(np.hypot(*(ends[1] - ends[0])))
    short = Segment(length, ends)
    if length > longest.mm:  # by a part of a pixel, in lesions of a few
        short = Segment(
            longest.mm, ends.mean(axis=0) + (ends - ends.mean(axis=0)) * longest.mm / length
        )
    return Diameters(plane, longest, short, longest.mm)


def _inside(piece: Outline, widest: list[Segment], floor: float) -> list[Segment]:
    """Keep the widest that stay inside; where none does, find the longest over `floor` that do."""
    if widest[0].mm < floor - EQUAL:
        return []
    starts, ends = (np.stack([segment.ends[end] for segment in widest]) for end in (0, 1))
    inside = stays_inside(piece, starts, ends)
    if inside.any():
        return [segment for segment, stays in zip(widest, inside, strict=True) if stays]
    return _longest_inside(piece, max(floor, _shortest_sure(piece))) or _longest_inside(
        piece, floor
    )


def _shortest_sure(piece: Outline) -> float:
    """Length that the longest segment inside is unlikely to fall short of, from a few chords."""
    chords = np.stack([longest_chord(piece, direction) for direction in bounds.DIRECTIONS])
    return float(np.hypot(*(chords[:, 1] - chords[:, 0]).T).max()) - 3 * max(piece.cell)


def _longest_inside(piece: Outline, floor: float) -> list[Segment]:
    """Try pairs of corners from the farthest on until some stay inside; none shorter than floor."""
    corners = piece.corners[:: 1 + len(piece.corners) // _MOST_PAIRED]
    first, second = np.triu_indices(len(corners), k=1)
    apart = pdist(corners)
    far = np.flatnonzero(apart + piece.fraction * max(piece.cell) >= floor - EQUAL)
    far = far[np.argsort(-apart[far], kind="stable")]
    for start in range(0, len(far), _BATCH):
        batch = far[start : start + _BATCH]
        stays = stays_inside(piece, corners[first[batch]], corners[second[batch]])
        if stays.any():
            kept = batch[stays]
            kept = kept[apart[kept] > apart[kept[0]] - EQUAL]
            return _extended(piece, corners[first[kept]], corners[second[kept]])
    return []


def _farthest(piece: Outline) -> tuple[Points, Points]:
    """Return the pairs of corners that are farthest apart; all of them where several tie."""
    corners = piece.corners
    if len(corners) > _HULL_FROM:
        corners = _hull(corners)
    if len(corners) == 1:
        return corners, corners
    apart = pdist(corners)
    pairs = np.flatnonzero(apart > apart.max() - EQUAL)
    first, second = np.triu_indices(len(corners), k=1)
    return corners[first[pairs]], corners[second[pairs]]


def _extended(piece: Outline, starts: Points, ends: Points) -> list[Segment]:
    """Lengthen segments between corners to the boundary; a lone pixel is its longer side."""
    apart = np.hypot(*(ends - starts).T)
    lone = [float(side == np.argmax(piece.cell)) for side in (0, 1)]
    direction = np.where(
        apart[:, None] > 0, (ends - starts) / np.maximum(apart, EQUAL)[:, None], lone
    )
    more = piece.fraction * piece.pitch(direction)
    half = direction * more[:, None] / 2
    return [
        Segment(float(mm), np.stack([start, end]))
        for mm, start, end in zip(apart + more, starts - half, ends + half, strict=True)
    ]


def _hull(corners: Points) -> Points:
    try:
        return np.asarray(corners[ConvexHull(corners).vertices])
    except QhullError:  # all on one line
        return corners[[np.lexsort(corners.T)[0], np.lexsort(corners.T)[-1]]]


def _pieces(
    region: Region, plane: int, spacing: tuple[float, float], fraction: float, chord_fraction: float
) -> Iterable[Outline]:
    _, first_row, first_column = region.offset
    numbers, _ = label(region.voxels[plane], np.ones((3, 3)))
    for number, (rows, columns) in enumerate(find_objects(numbers), start=1):
        piece = binary_fill_holes(numbers[rows, columns] == number)
        yield of_mask(
            piece,
            (first_row + rows.start, first_column + columns.start),
            spacing,
            fraction,
            chord_fraction,
        )
