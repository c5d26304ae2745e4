"""How long is a lesion in its plane, and how wide across that: the two lines that readers draw.

The longest diameter is the longest segment inside the lesion on the plane where it is longest;
the short axis is the longest chord inside the lesion, on the same plane, perpendicular to it
(RECIST 1.1, Eisenhauer et al., Eur J Cancer 2009;45:228-247). A hole that the lesion surrounds,
such as a necrosis or a cavity, is inside it, as readers draw it. Lengths are in mm.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from imaging.shapes import bounds
from imaging.shapes.chord import EQUAL, longest_chord
from imaging.shapes.conventions import PLACEMENTS, Convention
from imaging.shapes.farthest import Segment, extended, farthest, paired
from imaging.shapes.outline import Outline, stays_inside
from imaging.shapes.pieces import HALF, of_pixels, of_shares
from imaging.shapes.region import Coverage, Region

LEAVES = 1.05  # an unconstrained diameter is worth saying where it is longer by this factor

_MOST_PAIRED = 2000  # corners; of more, every other one is tried, or every third …
_BATCH = 1024  # segments tested at a time


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
    """A plane of a lesion: its number, a bound of its diameters, and its pieces."""

    number: int
    bound: float
    pieces: Iterable[Outline]


class Candidate(NamedTuple):
    """A piece on a plane, and the lines between its points that are farthest apart."""

    plane: int
    piece: Outline
    widest: list[Segment]


def of_region(
    region: Region,
    spacing: tuple[float, float],
    convention: Convention = Convention.OWN,
    *,
    holes: bool = False,
) -> Diameters:
    """Measure a mask whose pixels lie `spacing` (between rows, between columns) mm apart.

    Pixels are connected through sides and corners; those that they surround are inside, unless
    `holes`. Raises ValueError for an empty mask.
    """
    placement = PLACEMENTS[convention]
    beyond = placement.fraction + 2 * np.hypot(*placement.offsets[0]) + 2 * placement.hull
    pieces = partial(of_pixels, spacing=spacing, convention=convention, holes=holes)
    return _of_planes(region.voxels, region.voxels, region.offset, spacing, beyond, pieces)


def of_coverage(
    coverage: Coverage, spacing: tuple[float, float], *, holes: bool = False
) -> Diameters:
    """Measure between the points where half of a pixel is covered, linear from pixel to pixel.

    The rest is as in `of_region`.
    """
    pieces = partial(of_shares, spacing=spacing, holes=holes)
    return _of_planes(
        coverage.shares, coverage.shares >= HALF, coverage.offset, spacing, 2.0, pieces
    )


def _of_planes(
    planes: NDArray[Any],
    inside: NDArray[np.bool_],
    offset: tuple[int, int, int],
    spacing: tuple[float, float],
    beyond: float,
    pieces: Callable[..., Iterable[Outline]],
) -> Diameters:
    """Measure planes whose outlines reach up to `beyond` pixels, in all, past pixel centres."""
    most = bounds.of_mask(inside, spacing) + beyond * max(spacing)
    return _measure(
        Plane(offset[0] + number, bound, pieces(planes[number], offset[1:]))
        for number, bound in enumerate(most.tolist())
        if bound >= 0
    )


def of_outlines(planes: Iterable[tuple[int, Sequence[Outline]]]) -> Diameters:
    """Measure a lesion from the outlines of its pieces on each plane, given by its number.

    Raises ValueError where there is none.
    """
    return _measure(
        Plane(number, max(bounds.of_corners(piece.corners) for piece in pieces), pieces)
        for number, pieces in planes
        if pieces
    )


def _measure(planes: Iterable[Plane]) -> Diameters:
    """Look at what may hold the longest diameter first, until nothing left may hold a longer one.

    That is a plane, by its bound, or a piece on it, by its widest two points.
    """
    queue: list[tuple[float, int, Plane | Candidate]] = [
        (-plane.bound, turn, plane) for turn, plane in enumerate(planes)
    ]
    heapify(queue)
    turns = count(len(queue))
    best: Diameters | None = None
    unconstrained = 0.0
    while queue and (best is None or -queue[0][0] >= best.longest.mm - EQUAL):
        _, _, found = heappop(queue)
        if isinstance(found, Plane):
            for candidate in _candidates(found):
                heappush(queue, (-candidate.widest[0].mm, next(turns), candidate))
            continue
        unconstrained = max(unconstrained, found.widest[0].mm)
        for longest in _inside(found.piece, found.widest, best.longest.mm if best else 0.0):
            best = _preferred(best, _with_short_axis(found.plane, found.piece, longest))
    if best is None:
        raise ValueError("an empty mask has no diameter")
    return Diameters(best.plane, best.longest, best.short_axis, unconstrained)


def _candidates(plane: Plane) -> Iterator[Candidate]:
    for piece in plane.pieces:
        yield Candidate(plane.number, piece, extended(piece, *farthest(piece)))


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
    apart = pdist(corners)
    far = np.flatnonzero(apart + piece.fraction * max(piece.cell) >= floor - EQUAL)
    far = far[np.argsort(-apart[far], kind="stable")]
    for start in range(0, len(far), _BATCH):
        batch = far[start : start + _BATCH]
        first, second = paired(batch, len(corners))
        stays = stays_inside(piece, corners[first], corners[second])
        if stays.any():
            stays &= apart[batch] > apart[batch[stays][0]] - EQUAL
            return extended(piece, corners[first[stays]], corners[second[stays]])
    return []
