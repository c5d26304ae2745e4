"""The boundary of one piece of a lesion on one plane, and what lies inside it, in millimetres."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from math import hypot

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.rows import Rows

Points = NDArray[np.float64]  # (n, 2): x along a row, y along a column, mm from the first pixel
Edges = NDArray[np.float64]  # (n, 2, 2): pieces of the boundary, from point to point, in any order

FINEST_CELL = 0.25  # mm; a polygon is tested for what lies inside on a raster of such cells,
CELLS = 256  # or of coarser ones, so that its longer side has no more than this many


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

    @property
    def rows(self) -> Rows | None:
        """The rows of `inside` where they tell all of it: unbroken, and each touching the next."""
        return None

    def pitch(self, x: float, y: float) -> float:
        """Mm from cell to cell along a unit vector."""
        return 1 / hypot(x / self.cell[0], y / self.cell[1])


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
