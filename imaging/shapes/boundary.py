"""The boundary of pixels, in (column, row): its corners, and its pieces from point to point."""

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.outline import Edges, Points

# Marching squares. A case is the sum of the corners inside: 1 top left, 2 top right, 4 bottom
# right, 8 bottom left; sides are 0 top, 1 right, 2 bottom, 3 left. Two opposite corners (5, 10)
# count as joined, as they do in the component, and so have two pieces of boundary, the second of
# which is listed at the end. What is inside lies to the same hand along all pieces.
_SIDES = np.array([
    (0, 0), (3, 0), (0, 1), (3, 1), (1, 2), (1, 0), (0, 2), (3, 2),
    (2, 3), (2, 0), (0, 3), (2, 1), (1, 3), (1, 0), (0, 3), (0, 0),
    (3, 2), (2, 1),
])  # fmt: skip
_SECOND = {5: 16, 10: 17}
_CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])  # (column, row)
_ENDS = np.array([(0, 1), (1, 2), (3, 2), (0, 3)])  # the corners that each side joins
_FROM, _TO = (_CORNERS[_ENDS[_SIDES, end]] for end in (0, 1))  # by case, both ends of a piece


def border(piece: NDArray[np.bool_]) -> Points:
    """List the pixels with one of their four neighbours outside."""
    grid = np.pad(piece, 1)
    core = grid[:-2, 1:-1] & grid[2:, 1:-1] & grid[1:-1, :-2] & grid[1:-1, 2:]
    return _points(piece & ~core)


def mid_edges(piece: NDArray[np.bool_]) -> Points:
    """List the points half way between a pixel inside and a neighbour of its four outside."""
    grid = np.pad(piece, 1)
    along, down = grid[:, 1:] != grid[:, :-1], grid[1:] != grid[:-1]
    return np.concatenate([_points(along) - (0.5, 1.0), _points(down) - (1.0, 0.5)])


def corners(piece: NDArray[np.bool_]) -> Points:
    """List the corners of pixels at which some of the four pixels are inside and some are not."""
    grid = np.pad(piece, 1).astype(np.uint8)
    around = grid[:-1, :-1] + grid[:-1, 1:] + grid[1:, :-1] + grid[1:, 1:]
    return _points((around > 0) & (around < 4)) - 0.5


def sides(piece: NDArray[np.bool_]) -> Edges:
    """List the sides of pixels that part one inside from one outside, as squares have them."""
    grid = np.pad(piece, 1)
    along, down = grid[:, 1:] != grid[:, :-1], grid[1:] != grid[:-1]
    upright = (_points(along) - (0.5, 1.0))[:, None] + [[0, -0.5], [0, 0.5]]
    flat = (_points(down) - (1.0, 0.5))[:, None] + [[-0.5, 0], [0.5, 0]]
    return np.concatenate([upright, flat])


def row_ends(piece: NDArray[np.bool_]) -> Points:
    """List the first and last pixel of each row, among which are all corners of the hull."""
    rows = np.flatnonzero(piece.any(axis=1))
    first = piece[rows].argmax(axis=1)
    last = piece.shape[1] - 1 - piece[rows, ::-1].argmax(axis=1)
    wide = last > first
    ends = np.empty((len(rows) + int(wide.sum()), 2))
    ends[: len(rows), 0], ends[: len(rows), 1] = first, rows
    ends[len(rows) :, 0], ends[len(rows) :, 1] = last[wide], rows[wide]
    return ends


def level_set(shares: NDArray[np.floating] | NDArray[np.bool_], level: float) -> Edges:
    """Place the boundary of what is at least `level`, linear between pixels (marching squares).

    Beyond the shares given there is 0. The piece from [0] to [1] has what is inside to one hand,
    the same for all.
    """
    width = shares.shape[1] + 2
    grid = np.zeros((shares.shape[0] + 2, width))
    grid[1:-1, 1:-1] = shares
    flat = grid.ravel()
    inside = (flat >= level).view(np.uint8)
    cases = inside[: -width - 1] + 2 * inside[1:-width]
    cases += 4 * inside[width + 1 :] + 8 * inside[width:-1]
    at = np.flatnonzero((cases > 0) & (cases < 15))
    found = cases[at].astype(np.intp)
    for case, second in _SECOND.items():
        if len(again := at[found == case]):
            at, found = np.append(at, again), np.append(found, np.full(len(again), second))
    first, last = _FROM[found], _TO[found]
    here = flat[at[:, None] + first @ (1, width)]
    there = flat[at[:, None] + last @ (1, width)]
    part = (here - level) / (here - there)
    pixels = np.column_stack([at % width, at // width])[:, None] - 1
    return np.asarray(pixels + first + part[..., None] * (last - first))


def _points(chosen: NDArray[np.bool_]) -> Points:
    rows, columns = np.nonzero(chosen)
    return np.column_stack([columns, rows]).astype(float)
