"""Where a reader points by `--click` or `--line`, and the lesion that is found there."""

import math
from typing import NamedTuple

from imaging.measure import Found, NoLength, OutsideVolume, found_by_click, found_by_line
from imaging.shapes.conventions import Convention
from imaging.volume import Volume
from service.commands.unusable import Unusable

CLICK, LINE = "X,Y,Z", "X1,Y1,X2,Y2,Z"
CLICK_HELP = f"{CLICK}: column, row, slice, from 0."
LINE_HELP = f"{LINE}: a reader's line."


class Pointed(NamedTuple):
    """A click, or the two ends of a line: (column, row) on a slice, in pixels and slices from 0."""

    start: tuple[float, float]
    slice: float
    end: tuple[float, float] | None = None

    def found(self, volume: Volume, convention: Convention | None = None) -> Found:
        """Find the lesion there. Raises Refused, and Unusable for a place off the volume."""
        try:
            if self.end is None:
                return found_by_click(volume, (*self.start, self.slice), convention)
            return found_by_line(volume, self.start, self.end, self.slice, convention)
        except (OutsideVolume, NoLength) as reason:
            raise Unusable(str(reason)) from None


def pointed(click: str | None, line: str | None) -> Pointed | None:
    """Read what one of the options says; raises Unusable where that is no place."""
    if click is not None:
        column, row, slice_ = _numbers(click, "--click", CLICK)
        return Pointed((column, row), slice_)
    if line is not None:
        x1, y1, x2, y2, slice_ = _numbers(line, "--line", LINE)
        return Pointed((x1, y1), slice_, (x2, y2))
    return None


def _numbers(written: str, option: str, shape: str) -> list[float]:
    try:
        found = [float(part) for part in written.split(",")]
    except ValueError:
        found = []
    if len(found) != shape.count(",") + 1 or not all(map(math.isfinite, found)):
        raise Unusable(f"{option} {written!r}: give {shape}, in pixels and slices from 0")
    return found
