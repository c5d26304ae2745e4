"""From a click, a line or a mask on a volume to the measurement of a lesion."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from imaging import diameters, segment
from imaging.contours import Contours
from imaging.delineation import Delineation
from imaging.diameters import Segment
from imaging.flags import Flag, Refused
from imaging.measurement import Extent, Measurement, of_diameters, of_line
from imaging.region import Region
from imaging.segment import Segmentation
from imaging.volume import Volume

DISAGREES = 0.20  # of a reader's line: a segmentation that differs by more is not what was meant


class OutsideVolume(ValueError):
    """A click or a line that lies off the images."""


class NoLength(ValueError):
    """A line whose ends are one point, or on different slices."""


def measure_click(volume: Volume, click: Sequence[float]) -> Measurement:
    """Segment the lesion under a voxel (column, row, slice) and measure it.

    Raises OutsideVolume, and Refused where the measurement would be clearly wrong: NO_CONTRAST,
    LEAK, EDGE_OF_VOLUME, TOO_SMALL_TO_SEGMENT.
    """
    column, row, slice_ = _inside(volume, click)
    try:
        return _segmented(volume, segment.from_click(volume, (column, row), slice_))
    except Refused as refusal:
        raise Refused(refusal.code, f"{refusal.says} Draw the lesion's line instead.") from None


def measure_click_at(volume: Volume, xyz: ArrayLike) -> Measurement:
    """Do what `measure_click` does, from a point in patient mm."""
    return measure_click(volume, volume.voxel(xyz).tolist())


def measure_line(
    volume: Volume, start: Sequence[float], end: Sequence[float], slice_: float
) -> Measurement:
    """Segment the lesion under a reader's line between two (column, row), and measure it.

    Where that fails or is far from the line, the line itself is the measurement, with LOW_TRUST.
    Raises OutsideVolume and NoLength.
    """
    first, last = (_inside(volume, (*point, slice_)) for point in (start, end))
    ends = np.array([first[:2], last[:2]]) * (volume.spacing[1], volume.spacing[0])
    line = Segment(float(np.hypot(*(ends[1] - ends[0]))), ends)
    if line.mm == 0:
        raise NoLength("The line has no length: its ends are the same point.")
    try:
        found = _segmented(volume, segment.from_line(volume, line, first[2]))
    except Refused as refusal:
        return of_line(volume, line, first[2], _low_trust(refusal.says))
    if abs(found.longest_mm - line.mm) > DISAGREES * line.mm:
        says = f"The lesion was segmented as {found.longest_mm} mm long, far from the line."
        return of_line(volume, line, first[2], _low_trust(says))
    return found


def measure_line_at(volume: Volume, start: ArrayLike, end: ArrayLike) -> Measurement:
    """Do what `measure_line` does, from two points in patient mm."""
    (column, row, slice_), (last_column, last_row, last_slice) = (
        volume.voxel(point).tolist() for point in (start, end)
    )
    if abs(last_slice - slice_) > 0.5:
        raise NoLength(
            f"The line's ends lie on different slices, {slice_:.1f} and {last_slice:.1f}."
        )
    return measure_line(volume, (column, row), (last_column, last_row), (slice_ + last_slice) / 2)


def measure_mask(delineation: Delineation) -> Measurement:
    """Measure a segment or region of a mask file."""
    volume, shape = delineation.geometry, delineation.shape
    if isinstance(shape, Region):
        found = _of_region(volume, shape)
    else:
        found = _of_contours(volume, shape, "CONTOUR")
    if delineation.own:
        found = replace(found, slice=None, frame=None)
    return found if delineation.pixels else replace(found, longest_px=None, short_axis_px=None)


def _segmented(volume: Volume, found: Segmentation) -> Measurement:
    doubts = (_low_trust(" ".join(found.doubts)),) if found.doubts else ()
    return _of_contours(volume, found.contours, "SUB_PIXEL", doubts)


def _of_region(volume: Volume, region: Region) -> Measurement:
    found = diameters.of_region(region, volume.spacing)
    pixel = volume.spacing[0] * volume.spacing[1]
    on_plane = np.count_nonzero(region.voxels[found.plane - region.offset[0]])
    extent = Extent(on_plane * pixel, len(region) * pixel)
    return of_diameters(volume, found, extent, diameters.CONVENTION)


def _of_contours(
    volume: Volume, contours: Contours, convention: str, doubts: tuple[Flag, ...] = ()
) -> Measurement:
    found = diameters.of_outlines(contours.outlines.items())
    extent = Extent(contours.areas[found.plane], sum(contours.areas.values()))
    return of_diameters(volume, found, extent, convention, doubts)


def _low_trust(says: str) -> Flag:
    return Flag("LOW_TRUST", says)


def _inside(volume: Volume, point: Sequence[float]) -> tuple[float, float, int]:
    """Take the nearest slice. Raises OutsideVolume for a point off the images."""
    slices, rows, columns = volume.stored.shape
    column, row, slice_ = point
    within = (
        -0.5 <= number < count - 0.5
        for number, count in zip(point, (columns, rows, slices), strict=True)
    )
    if all(within):
        return column, row, min(int(np.floor(slice_ + 0.5)), slices - 1)
    raise OutsideVolume(
        f"({column:g}, {row:g}, {slice_:g}) is outside the volume of "
        f"{columns} columns, {rows} rows and {slices} slices."
    )
