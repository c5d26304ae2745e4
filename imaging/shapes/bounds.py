"""How long a lesion on a plane can be at most, from its widths in a few directions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.outline import Points
from imaging.shapes.rows import MaskRows, Rows

Array = NDArray[np.float64]

_HALF_TURN = 16
_ANGLES = np.arange(2 * _HALF_TURN) * np.pi / _HALF_TURN
_ALL_ROUND = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_OPPOSITE = np.roll(np.arange(2 * _HALF_TURN), _HALF_TURN)
DIRECTIONS = _ALL_ROUND[:_HALF_TURN]
# A diameter between two of the directions is longer than the width in the nearer by up to this.
_SLACK = 1 / np.cos(np.pi / 2 / _HALF_TURN)
# What reaches farthest of a row is its last pixel or its first: weights of (last, first, number).
_COSINES = _ALL_ROUND[:, :1]
_OF_ROWS = np.column_stack([_COSINES.clip(min=0), _COSINES.clip(max=0), _ALL_ROUND[:, 1]])


class Widths(NamedTuple):
    """How far all rows, and all planes that hold pixels, reach in directions all round, mm.

    `most` bounds the distance between pixel centres on each plane.
    """

    rows: MaskRows
    of_rows: Array
    of_planes: Array
    most: Array

    def far(self, nth: int, tolerance: float) -> Rows:
        """Say which rows of the nth plane hold pixels that are farthest apart, or nearly so."""
        rows = self.rows.of_plane(nth)
        begin, end = self.rows.begins[nth : nth + 2].tolist()
        least = (self.most[nth] / _SLACK - tolerance) / _SLACK - self.of_planes[_OPPOSITE, nth]
        far = (self.of_rows[:, begin:end] >= least[:, None]).any(axis=0)
        return rows._replace(far=far.nonzero()[0])


def of_rows(rows: MaskRows, spacing: tuple[float, float]) -> Widths:
    """Measure how far rows and planes reach."""
    weights = _OF_ROWS * (spacing[1], spacing[1], spacing[0])
    reach = _along(weights, np.array([rows.last, rows.first, rows.number], np.float64))
    if not len(rows.planes):
        return Widths(rows, reach, reach, np.empty(0))
    farthest = np.maximum.reduceat(reach, rows.begins[:-1], axis=1)
    widths = farthest[:_HALF_TURN] + farthest[_HALF_TURN:]
    return Widths(rows, reach, farthest, widths.max(axis=0) * _SLACK)


def of_corners(corners: Points) -> float:
    """Bound the distance between points (n, 2)."""
    return float(np.ptp(corners @ DIRECTIONS.T, axis=0).max() * _SLACK)


def may_be_farthest(points: Points, tolerance: float) -> Points:
    """Leave out points (n, 2) that are no end of a longest distance, nor within a tolerance."""
    reach = _along(_ALL_ROUND, points.T)
    farthest = reach.max(axis=1)
    widest = (farthest[:_HALF_TURN] + farthest[_HALF_TURN:]).max()
    least = (widest - tolerance) / _SLACK - farthest[_OPPOSITE]
    return np.asarray(points[(reach >= least[:, None]).any(axis=0)])


def _along(weights: Array, points: Array) -> Array:
    """Multiply in one thread: for large masks several are started, and wait for each other."""
    return np.asarray(np.einsum("kc,cn->kn", weights, points))
