"""Which straight lines stay inside a piece of a lesion."""

from math import ceil, floor
from operator import itemgetter
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.outline import Outline, Points
from imaging.shapes.rows import Numbers, Rows

MANY = 16  # segments
_ON = 1e-9  # cells from a row or column that count as on it


def stays_inside(outline: Outline, starts: Points, ends: Points) -> NDArray[np.bool_]:
    """Say which segments stay inside.

    A segment leaves where all four cells around it are outside: a digital edge of a convex shape
    runs up to half a cell outside the squares of its cells, and a slit of one cell is no border.
    """
    if outline.rows and len(starts) <= MANY:
        return _stay_in_rows(outline, outline.rows, starts, ends)
    starts, ends = ((points - outline.origin) / outline.cell for points in (starts, ends))
    stays = np.ones(len(starts), bool)
    # most of many that leave are found out by a few points
    for some in (_few, _between_grid_lines) if len(starts) > MANY else (_between_grid_lines,):
        left = np.flatnonzero(stays)
        parts = some(starts[left], ends[left])
        stays[left] = _covered(outline.inside, starts[left], ends[left], parts)
    return stays


def _stay_in_rows(outline: Outline, rows: Rows, starts: Points, ends: Points) -> NDArray[np.bool_]:
    edges = _RowEdges.of(rows)
    (left, top), (width, height) = outline.origin, outline.cell
    segments = (
        sorted((((x - left) / width, (y - top) / height) for x, y in segment), key=itemgetter(1))
        for segment in zip(starts.tolist(), ends.tolist(), strict=True)
    )
    return np.array([edges.hold(start, end) for start, end in segments])


class _RowEdges(NamedTuple):
    """The lowest and highest column inside, of each row, and of what lies between two rows.

    Between two lies what is inside either; the first is above all rows, the last below them. Rows
    are those that each have one run, which touches that of the next; `top` is the first.
    """

    top: int
    rows: tuple[Numbers, Numbers]
    between: tuple[Numbers, Numbers]

    @classmethod
    def of(cls, rows: Rows) -> Self:
        first = np.concatenate([rows.first[:1], rows.first, rows.first[-1:]])
        last = np.concatenate([rows.last[:1], rows.last, rows.last[-1:]])
        between = np.minimum(first[1:], first[:-1]), np.maximum(last[1:], last[:-1])
        return cls(int(rows.number[0]), (rows.first, rows.last), between)

    def hold(self, start: tuple[float, float], end: tuple[float, float]) -> bool:
        """Say whether a segment, which does not go up, has a cell inside beside it all the way."""
        (x0, y0), (x1, y1) = start, end
        above, below = floor(y0 + _ON), ceil(y1 - _ON)
        edges, first = (self.rows, above) if above == below else (self.between, above + 1)
        here = slice(first - self.top, max(first, below) - self.top + 1)
        if y1 - y0 < _ON:
            x = np.array([x0, x1])
        else:
            rows = np.arange(above, below + 1) - y0
            rows[0], rows[-1] = 0, y1 - y0
            x = x0 + rows * ((x1 - x0) / (y1 - y0))
        left, right = (x[:-1], x[1:]) if x0 <= x1 else (x[1:], x[:-1])
        upright = abs(x1 - x0) < _ON and abs(x0 - round(x0)) < _ON  # it has no cell to its sides
        beside = (0 if upright else 1) + _ON
        return bool(
            (edges[0][here] <= left + beside).all() and (edges[1][here] >= right - beside).all()
        )


def _covered(
    inside: NDArray[np.bool_], starts: Points, ends: Points, parts: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Say of which segments all points, given as parts (segments, points), have a cell inside."""
    at = starts[:, None] + parts[..., None] * (ends - starts)[:, None]
    grid = np.zeros((inside.shape[0] + 2, inside.shape[1] + 2), bool)
    grid[1:-1, 1:-1] = inside
    near = np.stack([np.floor(at + 1e-9), np.ceil(at - 1e-9)]) + 1
    last = (inside.shape[1] + 1, inside.shape[0] + 1)
    near = np.minimum(np.maximum(near, 0), last).astype(int)
    x, y = near[..., 0], near[:, None, ..., 1]
    return np.asarray(grid[y, x].any(axis=(0, 1)).all(axis=1))


def _few(starts: Points, _: Points) -> NDArray[np.float64]:
    """Give eight parts of each segment, none likely to lie just on a row or column."""
    return np.broadcast_to((np.arange(8) + 0.4142) / 8, (len(starts), 8))


def _between_grid_lines(starts: Points, ends: Points) -> NDArray[np.float64]:
    """Give parts of each segment, one between any two of its crossings of rows and columns.

    Where it crosses two at once, nothing lies between: the middle of the segment's longest stretch
    stands for that.
    """
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    first = np.floor(low)
    lines = first[..., None] + np.arange(1, int((high - first).max(initial=0)) + 2)
    span = np.where(high > low, ends - starts, 1.0)[..., None]
    parts = np.where(lines < high[..., None], (lines - starts[..., None]) / span, 0.0)
    ordered = np.zeros((len(starts), 2 + 2 * lines.shape[2]))
    ordered[:, 1], ordered[:, 2:] = 1.0, parts.reshape(len(starts), 2 * lines.shape[2])
    ordered.sort(axis=1)
    before, after = ordered[:, :-1], ordered[:, 1:]
    middle, length = (after + before) / 2, after - before
    longest = middle[np.arange(len(middle)), length.argmax(axis=1)]
    return np.where(length > 1e-9, middle, longest[:, None])
