"""The longest chord in a given direction that stays inside an outline."""

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.outline import Edges, Outline, Points

EQUAL = 1e-9  # mm; lengths that differ by less are tied
_MOST_CUTS = 1 << 20  # of edges by lines; of more, every other line is tried, or every third …


def longest_chord(outline: Outline, direction: Points) -> Points:
    """Return the ends (2, 2) of the longest chord along the unit vector `direction`, (2,).

    Between two corners that follow each other across the direction, the length of a chord changes
    linearly, so lines through corners are enough, each as the limit from either side. A slit of
    one cell does not end a chord.
    """
    x, y = direction.tolist()
    along = outline.edges[..., 0] * x + outline.edges[..., 1] * y
    across = outline.edges[..., 1] * x - outline.edges[..., 0] * y
    slit = 2 * float(outline.pitch(direction))
    length, start, line = _longest(along, across, slit)
    return line * np.array([-y, x]) + np.outer([start, start + length], direction)


def _longest(along: Edges, across: Edges, slit: float) -> tuple[float, float, float]:
    """Return (length, start, line) of the longest chord of edges (n, 2), from point to point."""
    levels, places = _ranked(across)
    edge, below = _cuts(places)
    if not len(edge):
        return 0.0, float(along[0, 0]), float(across[0, 0])
    first, last = across[edge].T
    start, end = along[edge].T
    lines = levels[[below, below + 1]]
    cuts = start + (lines - first) / (last - first) * (end - start)
    order = np.lexsort((cuts[0] + cuts[1], below))
    cuts, lines, below = cuts[:, order], lines[:, order], below[order]
    runs = _runs(cuts.reshape(-1, 2), lines[:, ::2].ravel(), np.tile(below[::2], 2), slit)
    return _longest_run(runs, (levels[0] + levels[-1]) / 2)


def _longest_run(runs: NDArray[np.float64], middle: float) -> tuple[float, float, float]:
    """Take the longest of runs (3, n); of equal ones that on the line nearest to the middle."""
    lengths, _, lines = runs
    longest = np.flatnonzero(lengths > lengths.max() - EQUAL)
    length, start, line = runs[:, longest[abs(lines[longest] - middle).argmin()]].tolist()
    return length, start, line


def _ranked(across: Edges) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Sort the different values, and say which of them each is."""
    flat = across.ravel()
    order = flat.argsort()
    rising = flat[order]
    new = np.ones(len(flat), bool)
    new[1:] = rising[1:] != rising[:-1]
    places = np.empty(len(flat), np.intp)
    places[order] = new.cumsum() - 1
    return rising[new], places.reshape(across.shape)


def _cuts(places: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """List which edges lie between which levels and the next, all the way.

    `places` (n, 2) are the levels, by number, from which to which an edge goes.
    """
    first, last = places.min(axis=1), places.max(axis=1)
    every = 1 + int((last - first).sum()) // _MOST_CUTS
    first, last = -(-first // every), -(-last // every)
    count = last - first
    edge = np.repeat(np.arange(len(count)), count)
    below = np.arange(len(edge)) - np.repeat(count.cumsum() - count - first, count)
    return edge, below * every


def _runs(
    stretches: NDArray[np.float64],
    lines: NDArray[np.float64],
    between: NDArray[np.intp],
    slit: float,
) -> NDArray[np.float64]:
    """Join stretches (n, 2) inside across a slit, where the next lies `between` the same levels.

    Returns lengths, starts and lines (3, m).
    """
    starts, ends = stretches.T
    opens = np.ones(len(starts), bool)
    opens[1:] = (between[1:] != between[:-1]) | (lines[1:] != lines[:-1])
    opens[1:] |= starts[1:] - ends[:-1] > slit
    first = np.flatnonzero(opens)
    lengths = ends[np.append(first[1:], len(starts)) - 1] - starts[first]
    return np.array([lengths, starts[first], lines[first]])
