"""The longest chord in a given direction that stays inside an outline."""

import numpy as np
from numpy.typing import NDArray

from imaging.outline import Outline, Points

_LINES = 256  # cut at a time
_MOST_LINES = 2000  # of more corners, every other one is tried, or every third …


def longest_chord(outline: Outline, direction: Points) -> Points:
    """Return the ends (2, 2) of the longest chord along the unit vector `direction`, (2,).

    The length of the chord changes linearly from corner to corner of the boundary, so lines
    through the corners are enough, each as the limit from either side. A slit of one cell does
    not end a chord.
    """
    along = outline.edges @ direction
    across = outline.edges @ np.array([-direction[1], direction[0]])
    pitch = float(outline.pitch(direction))
    slit = 2 * pitch
    lines = np.unique(across)
    lines = lines[:: 1 + len(lines) // _MOST_LINES]
    best = (0.0, float(along[0, 0]), float(across[0, 0]))
    for first in range(0, len(lines), _LINES):
        best = max(best, _longest(lines[first : first + _LINES], along, across, slit))
    length, start, line = best
    normal = np.array([-direction[1], direction[0]])
    return line * normal + np.outer([start, start + length], direction)


def _longest(
    lines: NDArray[np.float64],
    along: NDArray[np.float64],
    across: NDArray[np.float64],
    slit: float,
) -> tuple[float, float, float]:
    """Return (length, start, line) of the longest of the chords that these lines cut."""
    column = lines[:, None, None]
    best = (0.0, float(along[0, 0]), float(across[0, 0]))
    for above in (across > column, across >= column):
        line, edge = np.nonzero(above[..., 0] != above[..., 1])
        if not len(line):
            continue
        low, high = across[edge].T
        part = (lines[line] - low) / (high - low)
        cut = along[edge, 0] + part * (along[edge, 1] - along[edge, 0])
        best = max(best, _longest_run(line, cut, lines, slit))
    return best


def _longest_run(
    line: NDArray[np.intp], cut: NDArray[np.float64], lines: NDArray[np.float64], slit: float
) -> tuple[float, float, float]:
    """Pair the cuts of each line into runs inside, and join runs across a slit."""
    order = np.lexsort((cut, line))
    line, (starts, ends) = line[order][::2], cut[order].reshape(-1, 2).T
    opens = np.ones(len(line), bool)
    opens[1:] = (line[1:] != line[:-1]) | (starts[1:] - ends[:-1] > slit)
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(line)) - 1
    lengths = ends[last] - starts[first]
    best = int(lengths.argmax())
    return float(lengths[best]), float(starts[first[best]]), float(lines[line[first[best]]])
