"""What is drawn of stored images, as PNG: the work of a process of its own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imaging import Refused, Volume, load
from imaging.measurement import Pair
from imaging.pictures.picture import Lines, blank, on_image, picture, png, side_by_side
from imaging.pictures.view import NotPictured, framed, square
from imaging.pictures.windows import Window
from imaging.series.stacks import Stack

LARGER = 2.5
"""Of the longest line, which the side of a picture is where it is not asked for."""
LEAST_SIDE_MM = 40.0
MOST_PIXELS = 1 << 25
"""Of all pictures side by side."""


@dataclass(frozen=True)
class Panel:
    """One measured lesion on the file of its image; no path where that is not stored."""

    path: Path | None
    frame: int | None = None
    longest: Pair | None = None
    short_axis: Pair | None = None
    """Both in patient mm, [x, y, z]."""
    caption: str = ""

    @property
    def longest_mm(self) -> float:
        """The longer of its lines."""
        lines = [line for line in (self.longest, self.short_axis) if line]
        return max((math.dist(*line) for line in lines), default=0.0)


def pictured(panel: Panel, window: Window | None, zoom: float, side_mm: float | None) -> bytes:
    """Draw the whole slice, or a square of it around the lesion.

    Raises imaging's Refused, and NotPictured.
    """
    volume, lines = _opened(panel)
    view = framed(volume, lines.middle, zoom, side_mm)
    return png(picture(volume, lines.slice, view, window=window, drawn=lines))


def beside_each_other(
    panels: Sequence[Panel], window: Window | None, side_px: int, side_mm: float | None
) -> bytes:
    """Draw squares around one lesion, all at one scale; a blank one says why it is blank.

    Raises NotPictured.
    """
    if len(panels) * side_px**2 > MOST_PIXELS:
        says = f"is too large for {len(panels)} pictures of {side_px} pixels a side"
        raise NotPictured("side_px", says)
    usual = max(LEAST_SIDE_MM, LARGER * max(panel.longest_mm for panel in panels))
    side = usual if side_mm is None else side_mm
    squares = []
    for panel in panels:
        try:
            volume, lines = _opened(panel)
        except Refused as refusal:
            squares.append(blank(side_px, f"{panel.caption}  {refusal.code}"))
            continue
        view = square(volume, lines.middle, side, side_px)
        squares.append(
            picture(volume, lines.slice, view, window=window, drawn=lines, caption=panel.caption)
        )
    return png(side_by_side(squares))


def _opened(panel: Panel) -> tuple[Volume, Lines]:
    """The image, alone of its series, and the lines on it."""
    if panel.path is None:
        raise Refused("NO_IMAGE", "The image that this was measured on is not stored here.")
    if not panel.longest and not panel.short_axis:
        raise Refused("NO_LINES", "Nothing says where on its image this was measured.")
    volume = load([panel.path], among=partial(_with_frame, panel.frame))
    return volume, on_image(volume, panel.frame, panel.longest, panel.short_axis)


def _with_frame(frame: int | None, found: dict[str, Stack]) -> dict[str, Stack]:
    """Choose, of the stacks that one image may hold, the one that a frame is in."""
    return {
        name: stack
        for name, stack in found.items()
        if frame in {member.plane.frame for member in stack.members}
    } or found
