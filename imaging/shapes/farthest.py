"""Which two points of an outline are farthest apart, and the line between them."""

from itertools import combinations
from math import dist, hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from imaging.shapes.bounds import may_be_farthest
from imaging.shapes.chord import EQUAL
from imaging.shapes.outline import Outline, Points

_FEW = 12  # corners; of more, those that can be an end are found first
_HULL_FROM = 500  # corners; below, all pairs are faster than a hull


class Segment(NamedTuple):
    """A straight line on a plane: its length, and its ends (2, 2), x and y mm from pixel (0, 0)."""

    mm: float
    ends: Points


def farthest(piece: Outline) -> tuple[Points, Points]:
    """Return the pairs of corners that are farthest apart; all of them where several tie."""
    corners = piece.extremes
    if len(corners) == 1:
        return corners, corners
    if len(corners) <= _FEW:
        return _farthest_of_few(corners)
    corners = may_be_farthest(corners, EQUAL)
    if len(corners) > _HULL_FROM:
        corners = _hull(corners)
    x, y = np.ascontiguousarray(corners.T)
    apart = (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
    least = max(float(apart.max()) ** 0.5 - EQUAL, 0.0) ** 2
    first, second = np.divmod(np.flatnonzero(apart >= least), len(corners))
    once = first < second
    return corners[first[once]], corners[second[once]]


def _farthest_of_few(corners: Points) -> tuple[Points, Points]:
    pairs = list(combinations(corners.tolist(), 2))
    apart = [dist(*pair) for pair in pairs]
    least = max(apart) - EQUAL
    widest = np.array([pair for pair, mm in zip(pairs, apart, strict=True) if mm >= least])
    return widest[:, 0], widest[:, 1]


def paired(pairs: NDArray[np.intp], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which two of `count` points each of pdist's pairs is of."""
    past = np.arange(count - 1, 0, -1).cumsum()
    first = past.searchsorted(pairs, side="right")
    return first, count + pairs - past[first]


def extended(piece: Outline, starts: Points, ends: Points) -> list[Segment]:
    """Lengthen segments between corners to the boundary; a lone pixel is its longer side."""
    pairs = zip(starts.tolist(), ends.tolist(), strict=True)
    return [_extended(piece, start, end) for start, end in pairs]


def _extended(piece: Outline, start: list[float], end: list[float]) -> Segment:
    (x0, y0), (x1, y1) = start, end
    apart = hypot(x1 - x0, y1 - y0)
    lone = (0.0, 1.0) if piece.cell[1] > piece.cell[0] else (1.0, 0.0)
    along = ((x1 - x0) / apart, (y1 - y0) / apart) if apart else lone
    more = piece.fraction * piece.pitch(*along)
    x, y = along[0] * more / 2, along[1] * more / 2
    return Segment(apart + more, np.array([[x0 - x, y0 - y], [x1 + x, y1 + y]]))


def _hull(corners: Points) -> Points:
    try:
        return np.asarray(corners[ConvexHull(corners).vertices])
    except QhullError:  # all on one line
        return corners[[np.lexsort(corners.T)[0], np.lexsort(corners.T)[-1]]]
