"""From a click, a line or a mask on a volume to the measurement of a lesion."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from imaging import measured
from imaging.flags import Flag, Refused
from imaging.masks.delineation import Delineation
from imaging.measurement import Measurement, of_line
from imaging.segmentation import segment
from imaging.segmentation.segment import Segmentation
from imaging.shapes.contours import Contours
from imaging.shapes.conventions import SUB_PIXEL, Convention
from imaging.shapes.farthest import Segment
from imaging.shapes.region import Region
from imaging.shapes.voxels import within
from imaging.viable import Viable, viable
from imaging.volume import Volume

DISAGREES = 0.20  # of a reader's line: a segmentation that differs by more is not what was meant


class OutsideVolume(ValueError):
    """A click or a line that lies off the images."""


class NoLength(ValueError):
    """A line whose ends are one point, or on different slices."""


class Found(NamedTuple):
    """A measurement, and what was measured: None where that is a reader's line alone."""

    measurement: Measurement
    shape: Region | Contours | None


def measure_click(volume: Volume, click: Sequence[float]) -> Measurement:
    """Segment the lesion under a voxel (column, row, slice) and measure it.

    Raises OutsideVolume, and Refused where the measurement would be clearly wrong: NO_CONTRAST,
    LEAK, EDGE_OF_VOLUME, TOO_SMALL_TO_SEGMENT.
    """
    return found_by_click(volume, click).measurement


def measure_click_at(volume: Volume, xyz: ArrayLike) -> Measurement:
    """Do what `measure_click` does, from a point in patient mm."""
    return measure_click(volume, volume.voxel(xyz).tolist())


def found_by_click(
    volume: Volume, click: Sequence[float], convention: Convention | None = None
) -> Found:
    """Do what `measure_click` does, by the convention of another program if need be."""
    column, row, slice_ = _inside(volume, click)
    try:
        return _segmented(volume, segment.from_click(volume, (column, row), slice_), convention)
    except Refused as refusal:
        raise Refused(refusal.code, f"{refusal.says} Draw the lesion's line instead.") from None


def measure_line(
    volume: Volume, start: Sequence[float], end: Sequence[float], slice_: float
) -> Measurement:
    """Segment the lesion under a reader's line between two (column, row), and measure it.

    Where that fails or is far from the line, the line itself is the measurement, with LOW_TRUST.
    Raises OutsideVolume and NoLength.
    """
    return found_by_line(volume, start, end, slice_).measurement


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


def found_by_line(
    volume: Volume,
    start: Sequence[float],
    end: Sequence[float],
    slice_: float,
    convention: Convention | None = None,
) -> Found:
    """Do what `measure_line` does, by the convention of another program if need be."""
    first, last = (_inside(volume, (*point, slice_)) for point in (start, end))
    ends = np.array([first[:2], last[:2]]) * (volume.spacing[1], volume.spacing[0])
    line = Segment(float(np.hypot(*(ends[1] - ends[0]))), ends)
    if line.mm == 0:
        raise NoLength("The line has no length: its ends are the same point.")
    try:
        found = _segmented(volume, segment.from_line(volume, line, first[2]), convention)
    except Refused as refusal:
        return Found(of_line(volume, line, first[2], _low_trust(refusal.says)), None)
    long = found.measurement.longest_mm
    if abs(long - line.mm) > DISAGREES * line.mm:
        says = f"The lesion was segmented as {long} mm long, far from the line."
        return Found(of_line(volume, line, first[2], _low_trust(says)), None)
    return found


def found_within(volume: Volume, ring: ArrayLike, slice_: float) -> Found:
    """Segment and measure what a reader drew a closed line around, (n, 2), column and row.

    Raises OutsideVolume, and Refused as `segment.from_ring` does.
    """
    corners = np.asarray(ring, float)
    *_, nearest = _inside(volume, (*corners.mean(axis=0).tolist(), slice_))
    corners = corners * (volume.spacing[1], volume.spacing[0])
    try:
        return _segmented(volume, segment.from_ring(volume, corners, nearest), None)
    except Refused as refusal:
        raise Refused(refusal.code, f"{refusal.says} Draw the lesion's line instead.") from None


def measure_mask(delineation: Delineation, convention: Convention | None = None) -> Measurement:
    """Measure a segment or region of a mask file, by a convention of pixels if need be.

    Raises Refused NO_IMAGES for a convention of pixels where contours lie on none.
    """
    found = _of_delineation(delineation, convention)
    if delineation.own:
        found = replace(found, slice=None, frame=None)
    return found if delineation.pixels else replace(found, longest_px=None, short_axis_px=None)


def _of_delineation(delineation: Delineation, convention: Convention | None) -> Measurement:
    volume, shape = delineation.geometry, delineation.shape
    if convention is not None:
        return measured.of_pixels(volume, region_of(delineation), convention)
    if isinstance(shape, Contours):
        return measured.of_contours(volume, shape, "CONTOUR")
    if delineation.coverage is not None:
        return measured.of_coverage(volume, delineation.coverage)
    return measured.of_mask(volume, shape, images=not delineation.own)


def region_of(delineation: Delineation) -> Region:
    """Give the voxels of a segment or region.

    Raises Refused: NO_IMAGES for contours without the images they were drawn on, EMPTY_SEGMENT
    for contours that hold no voxel's centre.
    """
    if isinstance(delineation.shape, Region):
        return delineation.shape
    if not delineation.pixels:
        raise Refused("NO_IMAGES", "Contours have voxels on the images they were drawn on alone.")
    return _voxels(delineation.geometry, delineation.shape)


def _voxels(volume: Volume, contours: Contours) -> Region:
    region = within(contours, volume)
    if not len(region):
        raise Refused("EMPTY_SEGMENT", "The contours hold the centre of no voxel.")
    return region


def viable_part(
    volume: Volume, shape: Region | Contours | None, threshold: float | None = None
) -> Viable:
    """Measure what enhances of a lesion that was found on a volume of the arterial phase.

    Raises Refused: NOT_SEGMENTED for a reader's line alone, EMPTY_SEGMENT, and what `viable` does.
    """
    if shape is None:
        says = "Only the reader's line is known, not the lesion. Click, or give a mask."
        raise Refused("NOT_SEGMENTED", says)
    region = shape if isinstance(shape, Region) else _voxels(volume, shape)
    return viable(volume, region, threshold)


def _segmented(volume: Volume, found: Segmentation, convention: Convention | None) -> Found:
    doubts = (_low_trust(" ".join(found.doubts)),) if found.doubts else ()
    if convention is None:
        measurement = measured.of_contours(volume, found.contours, SUB_PIXEL, doubts)
    else:
        measurement = measured.of_pixels(volume, _voxels(volume, found.contours), convention)
        measurement = replace(measurement, flags=(*measurement.flags, *doubts))
    return Found(measurement, found.contours)


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
