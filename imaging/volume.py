"""Voxels as they were stored, and where each of them is in the patient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.flags import Flag
from imaging.padding import Padding

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Volume:
    """Parallel slices in rising position along `normal`, with their geometry in patient mm.

    Patient coordinates are those of DICOM: x to the left, y to the back, z to the head
    (PS3.3 C.7.6.2.1.1). Indices are zero-based, and (0, 0) is the centre of the first pixel.
    """

    stored: NDArray[np.integer]
    """Stored values, (slices, rows, columns), before the modality LUT."""
    slope: Vector
    """Rescale Slope of each slice, (slices,)."""
    intercept: Vector
    """Rescale Intercept of each slice, (slices,)."""
    positions: Vector
    """Centre of the first pixel of each slice, mm, (slices, 3)."""
    row_direction: Vector
    """Unit vector along a row: where the column index rises."""
    column_direction: Vector
    """Unit vector down a column: where the row index rises."""
    spacing: tuple[float, float]
    """Pixel Spacing (0028,0030): mm between rows, mm between columns."""
    step: float | None
    """Perpendicular mm between planes; None where no even step exists, and so no trusted volume."""
    sop_instance_uids: tuple[str, ...]
    frames: tuple[int | None, ...]
    """Frame number of each slice, from 1, in a multi-frame instance; else None."""
    modality: str
    series_uid: str
    study_uid: str
    frame_of_reference_uid: str
    thickness: float | None
    """Slice Thickness (0018,0050), mm: what a slice averages over, never the step."""
    flags: tuple[Flag, ...]
    padding: Padding | None = None
    inverted: bool = False
    """Whether low values are to be shown bright (MONOCHROME1, PS3.3 C.7.6.3.1.2)."""

    @property
    def normal(self) -> Vector:
        """Unit vector along which the slices rise: row direction × column direction."""
        return np.cross(self.row_direction, self.column_direction)

    def patient(self, column: ArrayLike, row: ArrayLike, slice_: ArrayLike) -> Vector:
        """Patient coordinates, mm, of indices of any matching shape; adds a last axis of 3.

        A fractional slice lies on the line between the first pixels of its neighbours, which is
        what keeps tilted and unevenly spaced series right.
        """
        between_rows, between_columns = self.spacing
        columns = np.asarray(column, dtype=np.float64)[..., None]
        rows = np.asarray(row, dtype=np.float64)[..., None]
        across = columns * between_columns * self.row_direction
        down = rows * between_rows * self.column_direction
        return self._origin(np.asarray(slice_, dtype=np.float64)) + across + down

    def voxel(self, xyz: ArrayLike) -> Vector:
        """(column, row, slice) of patient points (..., 3), as floats; outside is extrapolated."""
        points = np.asarray(xyz, dtype=np.float64)
        slices = self._slice_at(points @ self.normal)
        offset = points - self._origin(slices)
        between_rows, between_columns = self.spacing
        columns = offset @ self.row_direction / between_columns
        rows = offset @ self.column_direction / between_rows
        return np.stack([columns, rows, slices], axis=-1)

    def values(self, slices: int | slice, rows: slice, columns: slice) -> NDArray[np.float64]:
        """Rescaled values (Hounsfield units in CT) of a crop: 2-D for one slice, else 3-D.

        PS3.3 C.7.6.16.2.9 and C.11.1: stored value × slope + intercept, and where the image is
        padded, what `padding` has for it.
        """
        slope, intercept = self.slope[slices], self.intercept[slices]
        stored = self.stored[slices, rows, columns]
        crop = stored.astype(np.float64)
        crop *= np.asarray(slope)[..., None, None]
        crop += np.asarray(intercept)[..., None, None]
        if self.padding is not None:
            self.padding.fill(crop, stored, slices)
        return crop

    def _origin(self, slices: Vector) -> Vector:
        if len(self.positions) == 1:
            return np.asarray(self.positions[0] + slices[..., None] * self._lone_step * self.normal)
        below = np.clip(np.floor(slices).astype(np.intp), 0, len(self.positions) - 2)
        along = self.positions[below + 1] - self.positions[below]
        return np.asarray(self.positions[below] + (slices - below)[..., None] * along)

    def _slice_at(self, level: Vector) -> Vector:
        levels = self.positions @ self.normal
        if len(levels) == 1:
            return np.asarray((level - levels[0]) / self._lone_step)
        below = np.clip(np.searchsorted(levels, level, side="right") - 1, 0, len(levels) - 2)
        gap = levels[below + 1] - levels[below]
        return np.asarray(below + (level - levels[below]) / np.where(gap > 0, gap, 1.0))

    @property
    def _lone_step(self) -> float:
        """Mm that count as one slice off a single slice, so that a point off its plane shows."""
        return self.thickness or 1.0
