"""A slice as a picture, with the two diameters of a lesion, a scale and the sides of the patient.

Nothing that a file says in words is drawn: numbers, letters for sides, and what the caller gives.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.flags import Refused
from imaging.measurement import Measurement, Pair
from imaging.pictures.ink import FONT_PIXELS, WHITE, Picture, line, words
from imaging.pictures.view import View
from imaging.pictures.windows import Window, usual
from imaging.volume import Vector, Volume

LONGEST, SHORT_AXIS = (255, 221, 0), (0, 200, 255)
SIDES = (("L", "R"), ("P", "A"), ("H", "F"))
"""Letters of each patient axis, where it rises and where it falls (PS3.3 C.7.6.1.1.1)."""
OBLIQUE = math.sin(math.radians(15.0))
"""Share of an axis in a direction from which on its letter is told."""
MARGIN = 4
BAR_SHARE = 0.25
"""Of the width of a picture, which the bar of the scale has at most."""
ON_SLICE = 0.5
"""Slices that an end point may lie off the image it is drawn on."""


@dataclass(frozen=True)
class Lines:
    """The two lines of a lesion on one slice, each two [column, row]; None where there is none."""

    slice: int
    longest: Pair | None
    short_axis: Pair | None

    @property
    def middle(self) -> Vector:
        """Column and row between the ends of all lines."""
        ends = np.array([*(self.longest or ()), *(self.short_axis or ())])
        return np.asarray((ends.min(axis=0) + ends.max(axis=0)) / 2)


def of_measurement(found: Measurement) -> Lines:
    """The diameters of a measurement that lies on an image."""
    assert found.slice is not None, "what is measured on a volume has a slice"
    return Lines(found.slice, found.longest_px, found.short_axis_px)


def on_image(
    volume: Volume, frame: int | None, longest: Pair | None, short_axis: Pair | None
) -> Lines:
    """The diameters whose end points, [x, y, z] in patient mm, lie on an image of one instance.

    Raises Refused NOT_ON_IMAGE where the frame is not there or the points lie off it.
    """
    slice_ = _slice(volume, frame)
    lines = [_pixels(volume, slice_, ends) if ends else None for ends in (longest, short_axis)]
    return Lines(slice_, *lines)


def _slice(volume: Volume, frame: int | None) -> int:
    """The slice of a frame: any of the first names the only one."""
    if len(volume.frames) == 1 and frame in {None, 1, volume.frames[0]}:
        return 0
    if frame not in volume.frames:
        says = f"The image has no frame {frame}; frames are numbered from 1."
        raise Refused("NOT_ON_IMAGE", says)
    return volume.frames.index(frame)


def _pixels(volume: Volume, slice_: int, ends: Pair) -> Pair:
    _, rows, columns = volume.stored.shape
    voxels = volume.voxel(ends)
    low = np.array([-0.5, -0.5, slice_ - ON_SLICE])
    high = np.array([columns - 0.5, rows - 0.5, slice_ + ON_SLICE])
    if not np.all((voxels >= low) & (voxels <= high)):
        says = "An end point of the measurement does not lie on the image that it names."
        raise Refused("NOT_ON_IMAGE", says)
    pixels: Pair = voxels[:, :2].tolist()
    return pixels


def picture(
    volume: Volume,
    slice_: int,
    view: View,
    *,
    window: Window | None = None,
    drawn: Lines | None = None,
    caption: str = "",
) -> Picture:
    """Draw a slice (height, width, 3) at a window, with diameters on it and their lengths in mm."""
    shown = window or usual(volume, slice_)
    sampled = view.sampled(volume, slice_, shown.black(inverted=volume.inverted))
    greys = shown.greys(sampled, inverted=volume.inverted)
    made = np.repeat(greys[..., None], 3, axis=2)
    if drawn is not None:
        made = _with_diameters(made, volume, view, drawn)
    made = _with_sides(_with_scale(made, view), volume)
    return words(made, caption, (MARGIN, MARGIN), "la") if caption else made


def side_by_side(pictures: Sequence[Picture]) -> Picture:
    """Put pictures of one height beside each other, with a white line between them."""
    gap = np.full((len(pictures[0]), 1, 3), 255, np.uint8)
    parts = [part for made in pictures for part in (gap, made)]
    return np.concatenate(parts[1:], axis=1)


def blank(side: int, caption: str) -> Picture:
    """A black square that stands for a picture that there is not."""
    return words(np.zeros((side, side, 3), np.uint8), caption, (MARGIN, MARGIN), "la")


def png(made: Picture) -> bytes:
    """The picture as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(made).save(file, "PNG")
    return file.getvalue()


def _with_diameters(made: Picture, volume: Volume, view: View, drawn: Lines) -> Picture:
    pitch = np.array([volume.spacing[1], volume.spacing[0]])
    lines = [
        (np.array(ends), colour)
        for ends, colour in ((drawn.longest, LONGEST), (drawn.short_axis, SHORT_AXIS))
        if ends is not None
    ]
    for ends, colour in lines:
        line(made, view.places(ends), colour)
    for ends, _ in lines:
        length = float(np.hypot(*((ends[1] - ends[0]) * pitch)))
        made = _with_length(made, view.places(ends), f"{length:.1f} mm")
    return made


def _with_length(made: Picture, ends: Vector, text: str) -> Picture:
    """Write a length beyond the end of its line that lies farther to the right, or below."""
    first, last = sorted(ends.tolist())
    steep = abs(last[1] - first[1]) > last[0] - first[0]
    if steep:
        x, y = max(first, last, key=lambda end: end[1])
        return words(made, text, (x, y + MARGIN), "ma")
    return words(made, text, (last[0] + 2 * MARGIN, last[1]), "lm")


def _with_scale(made: Picture, view: View) -> Picture:
    """Draw a bar of a round length at the lower right."""
    height, width, _ = made.shape
    most = BAR_SHARE * width / view.per_mm
    power = 10.0 ** math.floor(math.log10(most))
    length = power * max(
        step for step in (1, 2, 5) if step * power <= most * (1 + 1e-9) or step == 1
    )
    right, y = width - 1.0 - 2 * MARGIN, height - 1.0 - MARGIN - FONT_PIXELS * 1.5
    left = right - length * view.per_mm
    line(made, [[left, y], [right, y]], WHITE)
    return words(made, f"{length:g} mm", ((left + right) / 2, y + MARGIN), "ma")


def _with_sides(made: Picture, volume: Volume) -> Picture:
    """Write which side of the patient each side of the picture is."""
    height, width, _ = made.shape
    across, down = volume.row_direction, volume.column_direction
    made = words(made, _letters(across), (width - 1 - MARGIN, height / 2), "rm")
    made = words(made, _letters(-across), (MARGIN, height / 2), "lm")
    made = words(made, _letters(down), (width / 2, height - 1 - MARGIN), "md")
    return words(made, _letters(-down), (width / 2, MARGIN), "ma")


def _letters(direction: NDArray[np.float64]) -> str:
    """The letters of a direction in the patient, the nearest axis first."""
    told = sorted(
        (-abs(share), rising if share > 0 else falling)
        for share, (rising, falling) in zip(direction.tolist(), SIDES, strict=True)
        if abs(share) >= OBLIQUE
    )
    return "".join(letter for _, letter in told)
