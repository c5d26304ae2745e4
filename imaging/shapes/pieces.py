"""The connected pieces of a mask on a plane, each with its outline."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label
from skimage.morphology import convex_hull_image

from imaging.shapes.boundary import level_set, level_set_of_whole, sides
from imaging.shapes.conventions import PLACEMENTS, Convention, Placement
from imaging.shapes.outline import Edges, Outline, Points
from imaging.shapes.rows import Rows
from imaging.shapes.rows import of_plane as rows_of_plane

HALF = 0.5
_JOINED = np.ones((3, 3), bool)  # pixels are connected through sides and corners


class _Piece(NamedTuple):
    """Connected pixels, and where the first row and column lie; `whole` if no hole is to be filled.

    `rows` are those of the pixels where they tell all of the piece.
    """

    pixels: NDArray[np.bool_]
    row: int
    column: int
    whole: bool
    rows: Rows | None = None

    def filled(self) -> NDArray[np.bool_]:
        return self.pixels if self.whole else _filled(self.pixels)


@dataclass(frozen=True, eq=False)
class PixelOutline(Outline):
    """Connected pixels (rows, columns), with their boundary where a convention places it."""

    piece: _Piece = field(kw_only=True)
    placement: Placement = field(kw_only=True)

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        whole = self.piece.filled()
        return _hull(whole) if self.placement.hull else whole

    @cached_property
    def corners(self) -> Points:
        return self._placed(self.placement.corners(self.inside))

    @cached_property
    def edges(self) -> Edges:
        level = self.placement.level
        if level is None:
            return self._placed(sides(self.inside))
        return self._placed(level_set_of_whole(self.inside, level))

    @cached_property
    def extremes(self) -> Points:
        rows = self.rows or rows_of_plane(self.inside if self.placement.hull else self.piece.pixels)
        ends, offsets = rows.ends(), self.placement.offsets
        if len(offsets) > 1:
            ends = np.concatenate([ends + offset for offset in offsets])
        return self._placed(ends)

    @property
    def rows(self) -> Rows | None:
        return None if self.placement.hull else self.piece.rows

    def _placed(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return points * self.cell + self.origin


@dataclass(frozen=True, eq=False)
class ShareOutline(Outline):
    """Connected pixels (rows, columns) with their boundary where half of one is covered."""

    shares: NDArray[np.float64] = field(kw_only=True)
    lone: Rows | None = field(kw_only=True)

    @property
    def rows(self) -> Rows | None:
        return self.lone

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        return self.shares >= HALF

    @cached_property
    def corners(self) -> Points:
        return self.edges[:, 0]

    @cached_property
    def edges(self) -> Edges:
        return level_set(self.shares, HALF) * self.cell + self.origin


def of_pixels(
    plane: NDArray[np.bool_],
    first: tuple[int, int],
    spacing: tuple[float, float],
    convention: Convention,
    *,
    holes: bool = False,
    rows: Rows | None = None,
) -> Iterator[PixelOutline]:
    """Outline the pieces of a plane (rows, columns), the first pixel of which is `first`.

    `spacing` is that of DICOM, mm. Pixels that a piece surrounds are of it, unless `holes`. Who
    knows the rows that hold pixels gives them.
    """
    placement = PLACEMENTS[convention]
    for piece in _connected(plane, rows, holes=holes):
        yield PixelOutline(
            ((first[1] + piece.column) * spacing[1], (first[0] + piece.row) * spacing[0]),
            (spacing[1], spacing[0]),
            placement.fraction,
            piece=piece,
            placement=placement,
        )


def of_shares(
    plane: NDArray[np.floating],
    first: tuple[int, int],
    spacing: tuple[float, float],
    *,
    holes: bool = False,
    rows: Rows | None = None,
) -> Iterator[ShareOutline]:
    """Do what `of_pixels` does with the shares, 0 to 1, of pixels that are covered."""
    shares = np.pad(np.asarray(plane, np.float64), 1)
    for piece in _connected(shares[1:-1, 1:-1] >= HALF, rows, holes=holes):
        row, column = (
            slice(start, start + count + 2)
            for start, count in zip(piece[1:3], piece.pixels.shape, strict=True)
        )
        around = shares[row, column]
        if not piece.rows:
            whole, other = np.pad(piece.filled(), 1), (around >= HALF) & ~np.pad(piece.pixels, 1)
            around = np.where(other | (whole & (around < HALF)), whole, around)
        yield ShareOutline(
            ((first[1] + piece.column - 1) * spacing[1], (first[0] + piece.row - 1) * spacing[0]),
            (spacing[1], spacing[0]),
            shares=around,
            lone=piece.rows and piece.rows.moved(1, 1),
        )


def _connected(plane: NDArray[np.bool_], rows: Rows | None, *, holes: bool) -> Iterator[_Piece]:
    if rows is None:
        if not plane.any():
            return
        rows = rows_of_plane(plane)
    if rows.lone:
        yield _Piece(plane, 0, 0, whole=True, rows=rows)
        return
    numbers, _ = label(plane, _JOINED)
    for number, (row, column) in enumerate(find_objects(numbers), start=1):
        yield _Piece(numbers[row, column] == number, row.start, column.start, whole=holes)


def _filled(piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill what no path through sides leads out of."""
    outside, count = label(~np.pad(piece, 1))
    return piece if count == 1 else np.asarray(outside != outside[0, 0])[1:-1, 1:-1]


def _hull(piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(convex_hull_image(piece), np.bool_)  # type: ignore[no-untyped-call]
