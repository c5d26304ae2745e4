"""The connected pieces of a mask on a plane, each with its outline."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label
from skimage.morphology import convex_hull_image

from imaging.shapes.boundary import level_set, row_ends, sides
from imaging.shapes.conventions import PLACEMENTS, Convention, Placement
from imaging.shapes.outline import Edges, Outline, Points

HALF = 0.5
_JOINED = np.ones((3, 3), bool)  # pixels are connected through sides and corners


class _Piece(NamedTuple):
    """Connected pixels, cropped, and where the first lies; `whole` if no hole is to be filled."""

    pixels: NDArray[np.bool_]
    row: int
    column: int
    whole: bool

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
        return self._placed(sides(self.inside) if level is None else level_set(self.inside, level))

    @cached_property
    def extremes(self) -> Points:
        ends = row_ends(self.inside if self.placement.hull else self.piece.pixels)
        return self._placed(np.concatenate([ends + offset for offset in self.placement.offsets]))

    def _placed(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return points * self.cell + self.origin


@dataclass(frozen=True, eq=False)
class ShareOutline(Outline):
    """Connected pixels (rows, columns) with their boundary where half of one is covered."""

    shares: NDArray[np.float64] = field(kw_only=True)

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
) -> Iterator[PixelOutline]:
    """Outline the pieces of a plane (rows, columns), the first pixel of which is `first`.

    `spacing` is that of DICOM, mm. Pixels that a piece surrounds are of it, unless `holes`.
    """
    placement = PLACEMENTS[convention]
    for piece in _connected(plane, holes=holes):
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
) -> Iterator[ShareOutline]:
    """Do what `of_pixels` does with the shares, 0 to 1, of pixels that are covered."""
    shares = np.pad(np.asarray(plane, np.float64), 1)
    for piece in _connected(shares >= HALF, holes=holes):
        rows, columns = (
            slice(start - 1, start + count + 1)
            for start, count in zip(piece[1:3], piece.pixels.shape, strict=True)
        )
        whole, around = np.pad(piece.filled(), 1), shares[rows, columns]
        other = (around >= HALF) & ~np.pad(piece.pixels, 1)
        yield ShareOutline(
            ((first[1] + piece.column - 2) * spacing[1], (first[0] + piece.row - 2) * spacing[0]),
            (spacing[1], spacing[0]),
            shares=np.where(other | (whole & (around < HALF)), whole, around),
        )


def _connected(plane: NDArray[np.bool_], *, holes: bool) -> Iterator[_Piece]:
    if lone := _lone(plane):
        yield lone
        return
    numbers, _ = label(plane, _JOINED)
    for number, (rows, columns) in enumerate(find_objects(numbers), start=1):
        yield _Piece(numbers[rows, columns] == number, rows.start, columns.start, whole=holes)


def _lone(plane: NDArray[np.bool_]) -> _Piece | None:
    """Find a piece without holes by its rows: of each one run, which touches that of the next."""
    filled = np.flatnonzero(plane.any(axis=1))
    if not len(filled):
        return None
    top, bottom = int(filled[0]), int(filled[-1]) + 1
    rows = plane[top:bottom]
    if len(filled) != len(rows):
        return None
    first = rows.argmax(axis=1)
    last = plane.shape[1] - 1 - rows[:, ::-1].argmax(axis=1)
    if np.count_nonzero(rows) != int((last - first).sum()) + len(rows):
        return None
    if (first[1:] > last[:-1] + 1).any() or (last[1:] < first[:-1] - 1).any():
        return None
    left = int(first.min())
    return _Piece(rows[:, left : int(last.max()) + 1], top, left, whole=True)


def _filled(piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill what no path through sides leads out of."""
    outside, count = label(~np.pad(piece, 1))
    return piece if count == 1 else np.asarray(outside != outside[0, 0])[1:-1, 1:-1]


def _hull(piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(convex_hull_image(piece), np.bool_)  # type: ignore[no-untyped-call]
