"""The boundary of one piece of a lesion on one plane, and what lies inside it, in millimetres."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 2): x along a row, y along a column, mm from the first pixel
Edges = NDArray[np.float64]  # (n, 2, 2): pieces of the boundary, from point to point, in any order

FINEST_CELL = 0.25  # mm; a polygon is tested for what lies inside on a raster of such cells,
CELLS = 256  # or of coarser ones, so that its longer side has no more than this many


@dataclass(frozen=True, eq=False)
class Outline:
    """One piece of a lesion on one plane.

    `corners` are where a longest diameter can end, `edges` the boundary that chords are cut from.
    `inside` (rows, columns) says which cells belong to the lesion: the centre of the first lies
    at `origin`, their pitch is `cell`, both (x, y) in mm. `fraction` of the pitch, half of it at
    each end, is to be added between corners: those of a mask are pixel centres.
    """

    corners: Points
    edges: Edges
    inside: NDArray[np.bool_]
    origin: tuple[float, float]
    cell: tuple[float, float]
    fraction: float = 0.0

    def pitch(self, direction: Points) -> NDArray[np.float64]:
        """Mm from cell to cell along unit vectors (..., 2)."""
        return np.asarray(1 / np.hypot(*np.moveaxis(direction / self.cell, -1, 0)))


def of_mask(
    piece: NDArray[np.bool_],
    first: tuple[int, int],
    spacing: tuple[float, float],
    fraction: float,
    chord_fraction: float,
) -> Outline:
    """Outline connected pixels (rows, columns), the first of which is (row, column) `first`.

    `fraction` of the pixel pitch, half of it at each end, lies between the centres of the
    outermost pixels and the ends of a longest diameter, `chord_fraction` those of a chord.
    """
    across, along = spacing[1], spacing[0]
    origin = (first[1] * across, first[0] * along)
    scale = np.array([across, along])
    edges = _level_set(piece, 1 - chord_fraction / 2) * scale + origin
    corners = _border(piece) * scale + origin
    return Outline(corners, edges, piece, origin, (across, along), fraction)


def of_ring(ring: Points) -> Outline:
    """Outline a closed polygon (n, 2)."""
    edges = np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)
    low, extent = ring.min(axis=0), np.ptp(ring, axis=0)
    pitch = max(float(extent.max()) / CELLS, FINEST_CELL)
    columns, rows = (int(cells) + 1 for cells in np.ceil(extent / pitch))
    inside = filled_ring((ring - low) / pitch, (rows, columns))
    inside |= _drawn((edges - low) / pitch, inside.shape)  # where it is thinner than a cell, too
    return Outline(ring, edges, inside, (float(low[0]), float(low[1])), (pitch, pitch))


def stays_inside(outline: Outline, starts: Points, ends: Points) -> NDArray[np.bool_]:
    """Say which segments stay inside.

    A segment leaves where all four cells around it are outside: a digital edge of a convex shape
    runs up to half a cell outside the squares of its cells, and a slit of one cell is no border.
    """
    starts, ends = ((points - outline.origin) / outline.cell for points in (starts, ends))
    stays = np.ones(len(starts), bool)
    for some in (_few, _between_grid_lines):  # most that leave are found out by a few points
        left = np.flatnonzero(stays)
        parts = some(starts[left], ends[left])
        stays[left] = _covered(outline.inside, starts[left], ends[left], parts)
    return stays


def area(ring: Points) -> float:
    """Area of a closed polygon, in the square of its unit (the shoelace formula)."""
    x, y = (ring - ring[0]).T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def filled_ring(ring: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Say which cells of (rows, columns) have their centre inside a polygon, given in cells.

    By the even-odd rule; what lies off the cells is cut off.
    """
    edges = np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)
    rows, columns = shape
    above = edges[..., 1] > np.arange(rows)[:, None, None]
    row, edge = np.nonzero(above[..., 0] != above[..., 1])
    (x0, y0), (x1, y1) = edges[edge].transpose(1, 2, 0)
    cut = x0 + (row - y0) / (y1 - y0) * (x1 - x0)
    crossings = np.zeros((rows, columns + 1), np.intp)
    np.add.at(crossings, (row, np.clip(np.ceil(cut), 0, columns).astype(int)), 1)
    return np.asarray(crossings.cumsum(axis=1)[:, :-1] % 2 == 1)


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
    low, high = np.floor(at + 1e-9).astype(int), np.ceil(at - 1e-9).astype(int)
    grid = np.zeros((inside.shape[0] + 2, inside.shape[1] + 2), bool)
    grid[1:-1, 1:-1] = inside
    last = (inside.shape[1] + 1, inside.shape[0] + 1)
    (x0, y0), (x1, y1) = (np.moveaxis(np.clip(near + 1, 0, last), -1, 0) for near in (low, high))
    return np.asarray((grid[y0, x0] | grid[y0, x1] | grid[y1, x0] | grid[y1, x1]).all(axis=1))


def _few(starts: Points, _: Points) -> NDArray[np.float64]:
    """Give eight parts of each segment, none likely to lie just on a row or column."""
    return np.broadcast_to((np.arange(8) + 0.4142) / 8, (len(starts), 8))


def _between_grid_lines(starts: Points, ends: Points) -> NDArray[np.float64]:
    """Give parts of each segment, one between any two of its crossings of rows and columns.

    Where it crosses two at once, nothing lies between: the middle of the segment's longest stretch
    stands for that.
    """
    crossings = [np.tile([0.0, 1.0], (len(starts), 1))]
    for side in (0, 1):
        first, last = starts[:, side, None], ends[:, side, None]
        low, high = np.minimum(first, last), np.maximum(first, last)
        lines = np.floor(low) + np.arange(1, int(np.ptp([low, high], axis=0).max(initial=0)) + 2)
        span = np.where(high > low, last - first, 1.0)
        crossings.append(np.where(lines < high, (lines - first) / span, 0.0))
    ordered = np.sort(np.concatenate(crossings, axis=1), axis=1)
    middle, length = (ordered[:, 1:] + ordered[:, :-1]) / 2, np.diff(ordered, axis=1)
    longest = np.take_along_axis(middle, length.argmax(axis=1)[:, None], axis=1)
    return np.where(length > 1e-9, middle, longest)


def _border(piece: NDArray[np.bool_]) -> Points:
    """List the pixels, (column, row), with one of their four neighbours outside."""
    grid = np.pad(piece, 1)
    core = grid[:-2, 1:-1] & grid[2:, 1:-1] & grid[1:-1, :-2] & grid[1:-1, 2:]
    rows, columns = np.nonzero(piece & ~core)
    return np.column_stack([columns, rows]).astype(float)


# Marching squares. A case is the sum of the corners inside: 1 top left, 2 top right, 4 bottom
# right, 8 bottom left; sides are 0 top, 1 right, 2 bottom, 3 left. Two opposite corners (5, 10)
# count as joined, as they do in the component, and so have two pieces of boundary.
_SIDES = [
    (0, 0), (3, 0), (0, 1), (3, 1), (1, 2), (0, 1), (0, 2), (3, 2),
    (2, 3), (0, 2), (0, 3), (1, 2), (3, 1), (0, 1), (3, 0), (0, 0),
]  # fmt: skip
_SECOND_SIDES = {5: (2, 3), 10: (1, 2)}
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])  # (column, row)
_ENDS = ((0, 1), (1, 2), (3, 2), (0, 3))  # the corners that each side joins


def _crossing(case: int, side: int, level: float) -> Points:
    """Where the boundary crosses a side of the cell: `1 - level` from the corner inside."""
    first, second = _ENDS[side]
    if not case >> first & 1:
        first, second = second, first
    return np.asarray(_CORNERS[first] + (1 - level) * (_CORNERS[second] - _CORNERS[first]))


@lru_cache(maxsize=8)
def _pieces(level: float) -> tuple[Edges, dict[int, Edges]]:
    """Pieces of boundary in each of the 16 cases, and the second ones of those that have two."""

    def piece(case: int, sides: tuple[int, int]) -> Edges:
        return np.stack([_crossing(case, side, level) for side in sides])

    firsts = np.stack([piece(case, sides) for case, sides in enumerate(_SIDES)])
    return firsts, {case: piece(case, sides) for case, sides in _SECOND_SIDES.items()}


def _level_set(piece: NDArray[np.bool_], level: float) -> Edges:
    """Place the boundary of pixels, in (column, row), where marching squares has it."""
    grid = np.zeros((piece.shape[0] + 2, piece.shape[1] + 2), np.uint8)
    grid[1:-1, 1:-1] = piece
    cases = grid[:-1, :-1] + 2 * grid[:-1, 1:] + 4 * grid[1:, 1:] + 8 * grid[1:, :-1]
    rows, columns = np.nonzero((cases > 0) & (cases < 15))
    found = cases[rows, columns]
    at = np.column_stack([columns, rows])[:, None] - 1.0
    firsts, seconds = _pieces(level)
    return np.concatenate(
        [at + firsts[found]] + [at[found == case] + piece for case, piece in seconds.items()]
    )
