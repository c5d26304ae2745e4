"""What a reader drew around a lesion, a box or an ellipse: it bounds what is segmented inside."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.flags import Flag, Refused
from imaging.measure import DISAGREES, OutsideVolume, found_within, measure_click
from imaging.measurement import Extent, Measurement, of_diameters
from imaging.shapes.diameters import Diameters
from imaging.shapes.farthest import Segment
from imaging.volume import Volume

CONVENTION = "READER_ELLIPSE"
SAME_SLICE = 0.5
"""Slices by which points may differ and still be on one."""
OFF_BOX = 1.0
"""Pixels by which a lesion may reach beyond the box that was drawn around it."""
OFF_CENTRE = 1.0
"""Pixels by which the middles of an ellipse's axes may differ."""
CORNERS = 64
"""Of the polygon that an ellipse is bounded by."""
OFF_SQUARE = 0.1
"""Cosine of the angle between an ellipse's axes; its ends may have been rounded to pixels."""


class NotDrawn(ValueError):
    """Points that make no box or no ellipse on one slice."""


def measure_box_at(volume: Volume, corners: ArrayLike) -> Measurement:
    """Segment the lesion inside a box and measure it.

    `corners` (2, 3), patient mm, are opposite; a box on one slice says nothing of other slices.
    Raises NotDrawn for a box without an area, OutsideVolume, Refused LEAK where the lesion found
    there reaches beyond the box, and whatever `segment.from_ring` does.
    """
    first, last = volume.voxel(corners)
    low, high = np.minimum(first, last), np.maximum(first, last)
    if min((high - low)[:2]) <= 0:
        raise NotDrawn("The box has no area on a slice: its corners share a row or a column.")
    found = _boxed(volume, low, high)
    if not _holds(found, low, high):
        says = "What stands out in the box reaches beyond it. Draw its line instead."
        raise Refused("LEAK", says)
    return found


def measure_ellipse_at(volume: Volume, ends: ArrayLike) -> Measurement:
    """Segment the lesion inside an ellipse and measure it.

    `ends` (4, 3), patient mm: both ends of one axis, then of the other (PS3.3 C.18.6.1.2, ELLIPSE).
    Where that fails or is far from the ellipse, its axes are the diameters, with LOW_TRUST.
    Raises NotDrawn and OutsideVolume.
    """
    points = volume.voxel(ends)
    slice_ = _slice(volume, points)
    along, across = sorted(map(_axis, _in_plane(volume, points)), key=lambda axis: -axis.mm)
    _check_axes(volume, along, across)
    ring = _ellipse(along, across) / (volume.spacing[1], volume.spacing[0])
    try:
        found = found_within(volume, ring, slice_).measurement
    except Refused as refusal:
        return _as_drawn(volume, slice_, along, across, refusal.says)
    if abs(found.longest_mm - along.mm) > DISAGREES * along.mm:
        says = f"The lesion was segmented as {found.longest_mm} mm long, far from the ellipse."
        return _as_drawn(volume, slice_, along, across, says)
    return found


def _as_drawn(
    volume: Volume, slice_: int, along: Segment, across: Segment, says: str
) -> Measurement:
    """Take the axes of an ellipse for the diameters of the lesion."""
    area = np.pi / 4 * along.mm * across.mm
    found = Diameters(slice_, along, across, along.mm)
    doubts = (Flag("LOW_TRUST", says),)
    drawn = of_diameters(volume, found, Extent(area, area), CONVENTION, doubts)
    return replace(drawn, volume_mm3=None)


def _ellipse(along: Segment, across: Segment) -> NDArray[np.float64]:
    """Corners (n, 2) on an ellipse, x and y in mm."""
    angle = np.arange(CORNERS) * 2 * np.pi / CORNERS
    half, other = (np.diff(axis.ends, axis=0) / 2 for axis in (along, across))
    middle = (along.ends.mean(axis=0) + across.ends.mean(axis=0)) / 2
    return np.asarray(middle + np.cos(angle)[:, None] * half + np.sin(angle)[:, None] * other)


def _boxed(volume: Volume, low: NDArray[np.float64], high: NDArray[np.float64]) -> Measurement:
    (left, top, _), (right, bottom, _) = low, high
    ring = [(left, top), (right, top), (right, bottom), (left, bottom)]
    middle = ((low + high) / 2).tolist()
    try:
        return found_within(volume, ring, middle[2]).measurement
    except Refused as refusal:
        if refusal.code == "NO_CONTRAST":  # the box may lie within the lesion
            return measure_click(volume, middle)
        raise


def _holds(found: Measurement, low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
    ends = np.array([*(found.longest_px or ()), *(found.short_axis_px or ())])
    inside = np.all((ends >= low[:2] - OFF_BOX) & (ends <= high[:2] + OFF_BOX))
    flat = high[2] - low[2] <= SAME_SLICE
    assert found.slice is not None, "what is segmented lies on a slice"
    return bool(inside) and (flat or low[2] - SAME_SLICE <= found.slice <= high[2] + SAME_SLICE)


def _slice(volume: Volume, points: NDArray[np.float64]) -> int:
    """Find the slice that all points lie on."""
    slices, rows, columns = volume.stored.shape
    if not np.all((points >= -0.5) & (points < np.array([columns, rows, slices]) - 0.5)):
        raise OutsideVolume("The ellipse leaves the images: draw it on them.")
    if np.ptp(points[:, 2]) > SAME_SLICE:
        raise NotDrawn("The ends of the ellipse's axes lie on different slices.")
    nearest = int(np.floor(points[:, 2].mean() + 0.5))
    return min(nearest, int(slices) - 1)


def _in_plane(volume: Volume, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axes (2, 2, 2): of each its ends, x and y mm from pixel (0, 0)."""
    return np.reshape(points[:, :2] * (volume.spacing[1], volume.spacing[0]), (2, 2, 2))


def _axis(ends: NDArray[np.float64]) -> Segment:
    return Segment(float(np.hypot(*(ends[1] - ends[0]))), ends)


def _check_axes(volume: Volume, along: Segment, across: Segment) -> None:
    if across.mm <= 0:
        raise NotDrawn("An axis of the ellipse has no length.")
    between = along.ends.mean(axis=0) - across.ends.mean(axis=0)
    cosine = np.diff(along.ends, axis=0)[0] @ np.diff(across.ends, axis=0)[0]
    crossed = np.hypot(*between) <= OFF_CENTRE * max(volume.spacing)
    if not crossed or abs(cosine) > OFF_SQUARE * along.mm * across.mm:
        raise NotDrawn("The axes of the ellipse do not cross at right angles in their middles.")
