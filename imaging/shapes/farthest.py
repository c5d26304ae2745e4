"""Which two points of an outline are farthest apart, and the line between them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from imaging.shapes.chord import EQUAL
from imaging.shapes.outline import Outline, Points

_HULL_FROM = 500  # corners; below, all pairs are faster than a hull


class Segment(NamedTuple):
    """A straight line on a plane: its length, and its ends (2, 2), x and y mm from pixel (0, 0)."""

    mm: float
    ends: Points


def farthest(piece: Outline) -> tuple[Points, Points]:
    """Return the pairs of corners that are farthest apart; all of them where several tie."""
    corners = piece.extremes
    if len(corners) > _HULL_FROM:
        corners = _hull(corners)
    if len(corners) == 1:
        return corners, corners
    x, y = np.ascontiguousarray(corners.T)
    apart = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    least = max(float(apart.max()) ** 0.5 - EQUAL, 0.0) ** 2
    first, second = np.divmod(np.flatnonzero(apart >= least), len(corners))
    once = first < second
    return corners[first[once]], corners[second[once]]


def paired(pairs: NDArray[np.intp], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which two of `count` points each of pdist's pairs is of."""
    past = np.arange(count - 1, 0, -1).cumsum()
    first = past.searchsorted(pairs, side="right")
    return first, count + pairs - past[first]


def extended(piece: Outline, starts: Points, ends: Points) -> list[Segment]:
    """Lengthen segments between corners to the boundary; a lone pixel is its longer side."""
    along = ends - starts
    apart = np.hypot(along[:, 0], along[:, 1])
    lone = [float(side == np.argmax(piece.cell)) for side in (0, 1)]
    direction = np.where(apart[:, None] > 0, along / np.maximum(apart, EQUAL)[:, None], lone)
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
