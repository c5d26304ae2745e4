"""The boundary of one piece of a lesion on one plane, and what lies inside it, in millimetres."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 2): x along a row, y along a column, mm from the first pixel
Edges = NDArray[np.float64]  # (n, 2, 2): pieces of the boundary, from point to point, in any order

FINEST_CELL = 0.25  # mm; a polygon is tested for what lies inside on a raster of such cells,
CELLS = 256  # or of coarser ones, so that its longer side has no more than this many
MANY = 16  # segments


@dataclass(frozen=True, eq=False)
class Outline(ABC):
    """One piece of a lesion on one plane.

    It lies on a raster of cells: the centre of the first lies at `origin`, their pitch is `cell`,
    both (x, y) in mm. `fraction` of the pitch, half of it at each end, is to be added between
    corners.
    """

    origin: tuple[float, float]
    cell: tuple[float, float]
    fraction: float = 0.0

    @property
    @abstractmethod
    def inside(self) -> NDArray[np.bool_]:
        """Which cells (rows, columns) belong to the lesion."""

    @property
    @abstractmethod
    def corners(self) -> Points:
        """Where a longest diameter can end."""

    @property
    @abstractmethod
    def edges(self) -> Edges:
        """The boundary that chords are cut from."""

    @property
    def extremes(self) -> Points:
        """Some of the corners, all that the convex hull has among them."""
        return self.corners

    def pitch(self, direction: Points) -> NDArray[np.float64]:
        """Mm from cell to cell along unit vectors (..., 2)."""
        x, y = direction[..., 0] / self.cell[0], direction[..., 1] / self.cell[1]
        return np.asarray(1 / np.hypot(x, y))


@dataclass(frozen=True, eq=False)
class Ring(Outline):
    """A closed polygon."""

    ring: Points = field(kw_only=True)

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        low, extent = self.ring.min(axis=0), np.ptp(self.ring, axis=0)
        columns, rows = (int(cells) + 1 for cells in np.ceil(extent / self.cell))
        inside = filled_ring((self.ring - low) / self.cell, (rows, columns))
        # where it is thinner than a cell, too
        return inside | _drawn((self.edges - low) / self.cell, inside.shape)

    @property
    def corners(self) -> Points:
        return self.ring

    @cached_property
    def edges(self) -> Edges:
        return _closed(self.ring)


def of_ring(ring: Points) -> Ring:
    """Outline a closed polygon (n, 2)."""
    low, extent = ring.min(axis=0), np.ptp(ring, axis=0)
    pitch = max(float(extent.max()) / CELLS, FINEST_CELL)
    return Ring((float(low[0]), float(low[1])), (pitch, pitch), ring=ring)


def stays_inside(outline: Outline, starts: Points, ends: Points) -> NDArray[np.bool_]:
    """Say which segments stay inside.

    A segment leaves where all four cells around it are outside: a digital edge of a convex shape
    runs up to half a cell outside the squares of its cells, and a slit of one cell is no border.
    """
    origin, cell = np.array(outline.origin), np.array(outline.cell)
    starts, ends = (starts - origin) / cell, (ends - origin) / cell
    stays = np.ones(len(starts), bool)
    # most of many that leave are found out by a few points
    for some in (_few, _between_grid_lines) if len(starts) > MANY else (_between_grid_lines,):
        left = np.flatnonzero(stays)
        parts = some(starts[left], ends[left])
        stays[left] = _covered(outline.inside, starts[left], ends[left], parts)
    return stays


def area(ring: Points) -> float:
    """Area of a closed polygon, in the square of its unit (the shoelace formula)."""
    return enclosed(_closed(ring - ring[0]))


def enclosed(edges: Edges) -> float:
    """Area within pieces of a boundary that all have what is inside to the same hand."""
    (x0, y0), (x1, y1) = edges.transpose(1, 2, 0)
    return abs(float(x0 @ y1 - x1 @ y0)) / 2


def filled_ring(ring: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Say which cells of (rows, columns) have their centre inside a polygon, given in cells.

    By the even-odd rule; what lies off the cells is cut off.
    """
    edges = _closed(ring)
    rows, columns = shape
    above = edges[..., 1] > np.arange(rows)[:, None, None]
    row, edge = np.nonzero(above[..., 0] != above[..., 1])
    (x0, y0), (x1, y1) = edges[edge].transpose(1, 2, 0)
    cut = x0 + (row - y0) / (y1 - y0) * (x1 - x0)
    crossings = np.zeros((rows, columns + 1), np.intp)
    np.add.at(crossings, (row, np.clip(np.ceil(cut), 0, columns).astype(int)), 1)
    return np.asarray(crossings.cumsum(axis=1)[:, :-1] % 2 == 1)


def _closed(ring: Points) -> Edges:
    return np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)


def _drawn(edges: Edges, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Say which cells (rows, columns) the boundary passes."""
    longest = float(np.hypot(*(edges[:, 1] - edges[:, 0]).T).max())
    part = np.linspace(0, 1, int(2 * longest) + 2)[:, None, None]
    columns, rows = np.rint(edges[:, 0] * (1 - part) + edges[:, 1] * part).astype(int).T
    drawn = np.zeros(shape, bool)
    drawn[rows, columns] = True
    return drawn


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
