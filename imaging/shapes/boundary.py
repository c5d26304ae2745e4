"""The boundary of pixels, in (column, row): its corners, and its pieces from point to point."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.outline import Edges, Points
from imaging.shapes.rows import Numbers

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
_TWICE = np.array([_SECOND.get(case, 0) for case in range(16)], np.uint8)
_ALL = 15
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
    """List the sides of pixels that part one inside from one outside, as squares have them.

    The piece from [0] to [1] has what is inside to one hand, the same for all.
    """
    grid = np.pad(piece, 1)
    right, left = grid[:, 1:] & ~grid[:, :-1], grid[:, :-1] & ~grid[:, 1:]
    below, above = grid[1:] & ~grid[:-1], grid[:-1] & ~grid[1:]
    return np.concatenate([
        (_points(right) - (0.5, 1.0))[:, None] + [[0, 0.5], [0, -0.5]],
        (_points(left) - (0.5, 1.0))[:, None] + [[0, -0.5], [0, 0.5]],
        (_points(below) - (1.0, 0.5))[:, None] + [[-0.5, 0], [0.5, 0]],
        (_points(above) - (1.0, 0.5))[:, None] + [[0.5, 0], [-0.5, 0]],
    ])  # fmt: skip


def level_set(shares: NDArray[np.floating], level: float) -> Edges:
    """Place the boundary of what is at least `level`, linear between pixels (marching squares).

    Beyond the shares given there is 0. The piece from [0] to [1] has what is inside to one hand,
    the same for all.
    """
    width = shares.shape[1] + 2
    grid = np.zeros((shares.shape[0] + 2, width))
    grid[1:-1, 1:-1] = shares
    flat = grid.ravel()
    at, found = _crossed(flat >= level, width)
    first, last = _FROM[found], _TO[found]
    here = flat[at[:, None] + first @ (1, width)]
    there = flat[at[:, None] + last @ (1, width)]
    part = (here - level) / (here - there)
    pixels = np.column_stack([at % width, at // width])[:, None] - 1
    return np.asarray(pixels + first + part[..., None] * (last - first))


def level_set_of_whole(pixels: NDArray[np.bool_], level: float) -> Edges:
    """Do what `level_set` does with pixels that are inside as a whole, or not at all."""
    width = pixels.shape[1] + 2
    grid = np.zeros((pixels.shape[0] + 2, width), bool)
    grid[1:-1, 1:-1] = pixels
    at, found = _crossed(grid.ravel(), width)
    edges: Edges = _pieces_of_whole(level)[found]
    rows = at // width
    edges[..., 0] += (at - rows * width)[:, None]
    edges[..., 1] += rows[:, None]
    return edges


@cache
def _pieces_of_whole(level: float) -> Edges:
    """Give the pieces of boundary by case, one pixel up and to the left."""
    corners = np.array([[case >> corner & 1 for corner in range(4)] for case in range(16)])
    shares = np.concatenate([corners, corners[list(_SECOND)]])
    number = np.array([[0, 1], [3, 2]])  # of the corner at (row, column)
    here, there = (
        shares[np.arange(len(shares))[:, None], number[end[..., 1], end[..., 0]]]
        for end in (_FROM, _TO)
    )
    part = np.divide(here - level, here - there, where=here != there, out=np.zeros(here.shape))
    return np.asarray(_FROM - 1 + part[..., None] * (_TO - _FROM))


def _crossed(inside: NDArray[np.bool_], width: int) -> tuple[Numbers, NDArray[np.integer]]:
    """List the squares between four pixels that boundary runs through, and their cases.

    `inside` are rows of `width` pixels, one after the other.
    """
    flat = inside.view(np.uint8)
    cases = flat[: -width - 1] | flat[1:-width] << 1
    cases |= flat[width + 1 :] << 2 | flat[width:-1] << 3
    at = (cases - 1 < _ALL - 1).nonzero()[0]
    found = cases[at]
    if len(twice := _TWICE[found].nonzero()[0]):
        again = found[twice]
        at = np.concatenate([at, at[twice]])
        found = np.concatenate([found, _TWICE[again]])
    return at, found


def _points(chosen: NDArray[np.bool_]) -> Points:
    rows, columns = np.nonzero(chosen)
    return np.column_stack([columns, rows]).astype(float)
