"""Which part of a slice a picture shows, and where each point of it lies in the picture."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.volume import Vector, Volume

SIDE_LIMIT = 2048
"""Pixels along a side of a picture."""
SIDES_MM = (0.1, 10_000.0)
"""Mm along a side of what a picture shows: from less than a pixel to more than a scanner holds."""
FINER = 8
"""Samples along a side that one pixel of a reduced picture is the mean of, at most."""


class NotPictured(ValueError):
    """A picture that cannot be made as it was asked for; `at` names what was asked."""

    def __init__(self, at: str, says: str) -> None:
        super().__init__(at, says)
        self.at = at
        self.says = says

    def __str__(self) -> str:
        return f"{self.at} {self.says}"


@dataclass(frozen=True)
class View:
    """A rectangle of a slice at a scale, with square millimetres however the pixels lie."""

    corner: tuple[float, float]
    """Column and row of the outer corner of the picture: (-0.5, -0.5) is that of the slice."""
    scale: tuple[float, float]
    """Pixels of the picture for each column, and for each row."""
    size: tuple[int, int]
    """Width and height, pixels."""
    per_mm: float
    """Pixels of the picture for each mm."""

    def places(self, points: ArrayLike) -> Vector:
        """Places (…, 2) in the picture, x and y, of (column, row) points.

        (0, 0) is the centre of the first pixel, of the slice as of the picture.
        """
        return np.asarray((np.asarray(points) - self.corner) * self.scale - 0.5)

    def sampled(self, volume: Volume, slice_: int, outside: float) -> NDArray[np.float32]:
        """Values (height, width) of a slice: linear between its pixels, `outside` around it.

        Where the picture is coarser than the slice, each of its pixels is a mean.
        """
        everything = slice(None)
        values = volume.values(slice_, everything, everything).astype(np.float32)
        (width, height), (across, down) = self.size, self.scale
        rows, there_rows = _sampled(values, self.corner[1], down, height)
        columns, there_columns = _sampled(rows.T, self.corner[0], across, width)
        inside = there_rows[:, None] & there_columns
        return np.where(inside, columns.T, np.float32(outside))


def whole(volume: Volume, zoom: float) -> View:
    """A whole slice, `zoom` pixels for each of its own (for each along its finer side)."""
    per_mm = per_mm_of(volume, zoom)
    _, rows, columns = volume.stored.shape
    scale = _scale(volume, per_mm)
    size = _size((columns * scale[0], rows * scale[1]), "zoom")
    return View((-0.5, -0.5), scale, size, per_mm)


def around(volume: Volume, centre: ArrayLike, side_mm: float, per_mm: float) -> View:
    """A square of a slice around (column, row)."""
    _check_side(side_mm)
    scale = _scale(volume, per_mm)
    size = _size((side_mm * per_mm, side_mm * per_mm), "zoom")
    column, row = np.asarray(centre, dtype=np.float64) - np.array(size) / scale / 2
    return View((float(column), float(row)), scale, size, per_mm)


def framed(volume: Volume, centre: ArrayLike, zoom: float, side_mm: float | None) -> View:
    """A whole slice, or where a side is asked for a square of it around (column, row)."""
    if side_mm is None:
        return whole(volume, zoom)
    return around(volume, centre, side_mm, per_mm_of(volume, zoom))


def square(volume: Volume, centre: ArrayLike, side_mm: float, side_px: int) -> View:
    """Do what `around` does, in a picture of so many pixels a side."""
    _check_side(side_mm)
    return around(volume, centre, side_mm, side_px / side_mm)


def per_mm_of(volume: Volume, zoom: float) -> float:
    """Pixels of the picture for each mm, at `zoom` for each of the slice's finer pitch."""
    return zoom / min(volume.spacing)


def _check_side(mm: float) -> None:
    least, most = SIDES_MM
    if not least <= mm <= most:
        raise NotPictured("side_mm", f"is {mm:g} mm: give {least:g} to {most:g}")


def _scale(volume: Volume, per_mm: float) -> tuple[float, float]:
    if not per_mm > 0:
        raise NotPictured("zoom", "is no number above 0")
    between_rows, between_columns = volume.spacing
    return between_columns * per_mm, between_rows * per_mm


def _size(pixels: tuple[float, float], at: str) -> tuple[int, int]:
    if not all(0.5 <= count < SIDE_LIMIT + 0.5 for count in pixels):
        width, height = pixels
        says = f"makes {width:.4g} × {height:.4g} pixels: 1 to {SIDE_LIMIT} are drawn along a side"
        raise NotPictured(at, says)
    return round(pixels[0]), round(pixels[1])


def _sampled(
    values: NDArray[np.float32], start: float, scale: float, count: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Values (count, …) along the first axis, and which of them lie on the slice."""
    finer = min(FINER, math.ceil(1 / scale))
    last = len(values) - 1
    total = np.zeros((count, *values.shape[1:]), np.float32)
    for step in range(finer):
        at = start + (np.arange(count) + (step + 0.5) / finer) / scale
        below = np.clip(np.floor(at), 0, last).astype(np.intp)
        share = np.clip(at - below, 0.0, 1.0).astype(np.float32)[:, None]
        above = np.minimum(below + 1, last)
        total += values[below] * (1 - share) + values[above] * share
    middle = start + (np.arange(count) + 0.5) / scale
    total /= finer
    return total, (middle >= -0.5) & (middle <= last + 0.5)
