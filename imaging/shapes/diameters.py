"""How long is a lesion in its plane, and how wide across that: the two lines that readers draw.

The longest diameter is the longest segment inside the lesion on the plane where it is longest;
the short axis is the longest chord inside the lesion, on the same plane, perpendicular to it
(RECIST 1.1, Eisenhauer et al., Eur J Cancer 2009;45:228-247). A hole that the lesion surrounds,
such as a necrosis or a cavity, is inside it, as readers draw it. Lengths are in mm.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from heapq import heappop, heappush
from itertools import count, islice
from math import hypot
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from imaging.shapes import bounds
from imaging.shapes.chord import EQUAL, longest_chords
from imaging.shapes.conventions import PLACEMENTS, Convention
from imaging.shapes.farthest import Segment, extended, farthest, paired
from imaging.shapes.lines import stays_inside
from imaging.shapes.outline import Outline
from imaging.shapes.pieces import HALF, of_pixels, of_shares
from imaging.shapes.region import Coverage, Region
from imaging.shapes.rows import of_mask

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


class Line(NamedTuple):
    """A line inside a piece on a plane."""

    plane: int
    piece: Outline
    segment: Segment


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
    pieces = partial(of_pixels, spacing=spacing, convention=convention, holes=holes)
    placement = PLACEMENTS[convention]
    past = placement.beyond, placement.fraction
    return _of_planes(region.voxels, region.voxels, region.offset, spacing, past, pieces)


def of_coverage(
    coverage: Coverage, spacing: tuple[float, float], *, holes: bool = False
) -> Diameters:
    """Measure between the points where half of a pixel is covered, linear from pixel to pixel.

    The rest is as in `of_region`.
    """
    pieces = partial(of_shares, spacing=spacing, holes=holes)
    inside = coverage.shares >= HALF
    return _of_planes(coverage.shares, inside, coverage.offset, spacing, (2.0, 0.0), pieces)


def _of_planes(
    planes: NDArray[Any],
    inside: NDArray[np.bool_],
    offset: tuple[int, int, int],
    spacing: tuple[float, float],
    past: tuple[float, float],
    pieces: Callable[..., Iterable[Outline]],
) -> Diameters:
    """Measure planes whose diameters go `past` pixel centres.

    That is up to so many pixels, in all, to corners of the outline, and past those.
    """
    beyond, more = (pixels * max(spacing) for pixels in past)
    widths = bounds.of_rows(of_mask(inside), spacing)
    numbers = widths.rows.planes.tolist()
    return _measure(
        Plane(
            offset[0] + numbers[nth],
            float(widths.most[nth]) + beyond + more,
            pieces(planes[numbers[nth]], offset[1:], rows=widths.far(nth, beyond + EQUAL)),
        )
        for nth in np.argsort(-widths.most, kind="stable").tolist()
    )


def of_outlines(planes: Iterable[tuple[int, Sequence[Outline]]]) -> Diameters:
    """Measure a lesion from the outlines of its pieces on each plane, given by its number.

    Raises ValueError where there is none.
    """
    bounded = [
        Plane(number, max(bounds.of_corners(piece.corners) for piece in pieces), pieces)
        for number, pieces in planes
        if pieces
    ]
    return _measure(iter(sorted(bounded, key=lambda plane: -plane.bound)))


def _measure(planes: Iterator[Plane]) -> Diameters:
    """Take the longest lines inside; of equal ones that with the larger short axis."""
    longest, unconstrained = _longest(planes)
    if not longest:
        raise ValueError("an empty mask has no diameter")
    return reduce(
        _preferred,
        (
            Diameters(line.plane, line.segment, across, unconstrained)
            for line, across in zip(longest, _short_axes(longest), strict=True)
        ),
    )


def _longest(planes: Iterator[Plane]) -> tuple[list[Line], float]:
    """Look at what may hold the longest line first, until nothing left may hold a longer one.

    That is a plane, by its bound, or a piece on it, by its widest two points. Planes come by their
    bounds, the largest first. Returns the longest lines, and how far points of a piece are apart.
    """
    queue: list[tuple[float, int, Plane | Candidate]] = []
    turns = count()
    longest: list[Line] = []
    floor = unconstrained = 0.0

    def line_up(bound: float, found: Plane | Candidate) -> None:
        heappush(queue, (-bound, next(turns), found))

    for plane in islice(planes, 1):
        line_up(plane.bound, plane)
    while queue and -queue[0][0] >= floor - EQUAL:
        _, _, found = heappop(queue)
        if isinstance(found, Plane):
            for candidate in _candidates(found):
                line_up(candidate.widest[0].mm, candidate)
            for plane in islice(planes, 1):
                line_up(plane.bound, plane)
            continue
        unconstrained = max(unconstrained, found.widest[0].mm)
        for segment in _inside(found.piece, found.widest, floor):
            longest.append(Line(found.plane, found.piece, segment))
            floor = max(floor, segment.mm)
    return [line for line in longest if line.segment.mm >= floor - EQUAL], unconstrained


def _candidates(plane: Plane) -> Iterator[Candidate]:
    for piece in plane.pieces:
        yield Candidate(plane.number, piece, extended(piece, *farthest(piece)))


def _preferred(best: Diameters, other: Diameters) -> Diameters:
    """Of two as long, prefer that with the larger short axis, then the lower plane."""
    wider = other.short_axis.mm - best.short_axis.mm
    return other if wider > EQUAL or (wider > -EQUAL and other.plane < best.plane) else best


def _short_axes(lines: list[Line]) -> Iterator[Segment]:
    """Find the longest chord inside perpendicular to each line, on its plane."""
    chords = longest_chords([(line.piece, _across(line.segment)) for line in lines])
    for (_, _, longest), ends in zip(lines, chords, strict=True):
        length = hypot(*(ends[1] - ends[0]))
        if length > longest.mm:  # by a part of a pixel, in lesions of a few
            middle = ends.mean(axis=0)
            yield Segment(longest.mm, middle + (ends - middle) * longest.mm / length)
        else:
            yield Segment(length, ends)


def _across(segment: Segment) -> tuple[float, float]:
    """Give the unit vector perpendicular to a line, one along columns for a point."""
    x, y = (segment.ends[1] - segment.ends[0]).tolist()
    return (-y / segment.mm, x / segment.mm) if segment.mm else (0.0, 1.0)


def _inside(piece: Outline, widest: list[Segment], floor: float) -> list[Segment]:
    """Keep the widest that stay inside; where none does, find the longest over `floor` that do."""
    ends = np.array([segment.ends for segment in widest])
    inside = stays_inside(piece, ends[:, 0], ends[:, 1])
    if inside.any():
        return [segment for segment, stays in zip(widest, inside, strict=True) if stays]
    return _longest_inside(piece, max(floor, _shortest_sure(piece))) or _longest_inside(
        piece, floor
    )


def _shortest_sure(piece: Outline) -> float:
    """Length that the longest segment inside is unlikely to fall short of, from a few chords."""
    directions = [(piece, (x, y)) for x, y in bounds.DIRECTIONS.tolist()]
    chords = np.stack(longest_chords(directions))
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
