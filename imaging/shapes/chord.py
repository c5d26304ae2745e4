"""The longest chord in a given direction that stays inside an outline."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.outline import Outline, Points
from imaging.shapes.rows import Numbers

EQUAL = 1e-9  # mm; lengths that differ by less are tied
_MOST_CUTS = 1 << 20  # of edges by lines; of more, every other line is tried, or every third …
_MOST_TOGETHER = 1 << 11  # edges of several outlines

Array = NDArray[np.float64]
Direction = tuple[float, float]


class _Turned(NamedTuple):
    """Edges (n, 2), from point to point, of outlines turned so that their chords run along.

    They lie side by side across, each `apart` from the one before.
    """

    along: Array
    across: Array
    apart: float


class _Chords(NamedTuple):
    """The longest chord (2, n) on either line of the n stretches from each level to the next."""

    lengths: Array
    starts: Array


def longest_chords(outlines: Sequence[tuple[Outline, Direction]]) -> list[Points]:
    """Return the ends (2, 2) of the longest chord of each outline along its unit vector.

    Between two corners that follow each other across the direction, the length of a chord changes
    linearly, so lines through corners are enough, each as the limit from either side. A slit of
    one cell does not end a chord.
    """
    if len(outlines) > 1 and sum(len(outline.edges) for outline, _ in outlines) > _MOST_TOGETHER:
        return [longest_chords([one])[0] for one in outlines]
    turned = _turned(outlines)
    slits = [2 * outline.pitch(*direction) for outline, direction in outlines]
    chords = _longest(turned, slits)
    return [
        np.array([[at * x - line * y, at * y + line * x] for at in (start, start + length)])
        for (length, start, line), (_, (x, y)) in zip(chords, outlines, strict=True)
    ]


def _turned(outlines: Sequence[tuple[Outline, Direction]]) -> _Turned:
    edges = [outline.edges for outline, _ in outlines]
    counts = [len(of_one) for of_one in edges]
    columns, rows = np.concatenate(edges).transpose(2, 0, 1)
    x, y = np.repeat([direction for _, direction in outlines], counts, axis=0).T[..., None]
    across = rows * x - columns * y
    apart = 4 * float(abs(across).max()) + 1 if len(outlines) > 1 else 0.0
    if apart:
        across += apart * np.repeat(np.arange(len(counts)), counts)[:, None]
    return _Turned(columns * x + rows * y, across, apart)


def _longest(turned: _Turned, slits: list[float]) -> Iterator[tuple[float, float, float]]:
    """Give length, start and line of the longest chord of each outline."""
    levels, places = _ranked(turned.across)
    moved = [turned.apart * number for number in range(len(slits))]
    begins = [0, *levels.searchsorted([by - turned.apart / 2 for by in moved[1:]]).tolist()]
    bounds = [*begins, len(levels)]
    chords = _chords(turned, levels, places, np.repeat(slits, np.diff(bounds)))
    for begin, end, by in zip(begins, bounds[1:], moved, strict=True):
        if end == begin + 1:
            yield 0.0, float(turned.along[places == begin][0]), float(levels[begin]) - by
            continue
        stretches = slice(begin, end - 1)
        length, start, line = _nearest_middle(
            levels[begin:end], chords.lengths[:, stretches], chords.starts[:, stretches]
        )
        yield length, start, line - by


def _nearest_middle(levels: Array, lengths: Array, starts: Array) -> tuple[float, float, float]:
    """Take the longest; of equal ones that on the line nearest to the middle."""
    side, stretch = (lengths > lengths.max() - EQUAL).nonzero()
    lines = levels[side + stretch]
    best = abs(lines - (levels[0] + levels[-1]) / 2).argmin()
    at = side[best], stretch[best]
    return float(lengths[at]), float(starts[at]), float(lines[best])


def _ranked(across: Array) -> tuple[Array, Numbers]:
    """Sort the different values, and say which of them each is."""
    flat = across.ravel()
    order = flat.argsort()
    rising = flat[order]
    new = np.ones(len(flat), bool)
    new[1:] = rising[1:] != rising[:-1]
    places = np.empty(len(flat), np.intp)
    places[order] = new.cumsum() - 1
    return rising[new], places.reshape(across.shape)


def _chords(turned: _Turned, levels: Array, places: Numbers, slits: Array) -> _Chords:
    edge, below = _cuts(places)
    across, ends = turned.across[:, 0], turned.along
    rise = turned.across[:, 1] - across
    slope = (ends[:, 1] - ends[:, 0]) / np.where(rise == 0, 1.0, rise)
    across, start, slope, hand = np.array([across, ends[:, 0], slope, np.sign(rise)])[:, edge]
    cuts = start + (levels[np.array([below, below + 1])] - across) * slope
    # two of each stretch in most outlines, one to each hand
    count, on = len(levels), np.concatenate([below, below + len(levels)])
    sums, differences = (
        np.bincount(on, weights.ravel(), 2 * count).astype(np.float64).reshape(2, count)
        for weights in (cuts, cuts * hand)
    )
    lengths = abs(differences)
    chords = _Chords(lengths, (sums - lengths) / 2)
    several = (np.bincount(below, minlength=count) > 2)[below].nonzero()[0]
    if len(several):
        _put_longest_runs(chords, cuts[:, several], below[several], slits)
    return chords


def _cuts(places: Numbers) -> tuple[Numbers, Numbers]:
    """List which edges lie between which levels and the next, all the way.

    `places` (n, 2) are the levels, by number, from which to which an edge goes.
    """
    first = np.minimum(places[:, 0], places[:, 1])
    last = np.maximum(places[:, 0], places[:, 1])
    every = 1 + int((last - first).sum()) // _MOST_CUTS
    if every > 1:
        first, last = -(-first // every), -(-last // every)
    count = last - first
    edge = np.repeat(np.arange(len(count)), count)
    below = np.arange(len(edge)) - np.repeat(count.cumsum() - count - first, count)
    return edge, below * every


def _put_longest_runs(chords: _Chords, cuts: Array, below: Numbers, slits: Array) -> None:
    """Find the longest run inside of stretches with several, which may join across a slit.

    `cuts` (2, n) are those of either line of the stretches that they are `below`.
    """
    order = np.lexsort((cuts[0] + cuts[1], below))
    starts, ends = cuts[:, order].reshape(-1, 2).T
    on = below[order][::2]
    side = np.repeat([0, 1], len(on))
    on = np.tile(on, 2)
    opens = np.ones(len(starts), bool)
    opens[1:] = (on[1:] != on[:-1]) | (side[1:] != side[:-1])
    opens[1:] |= starts[1:] - ends[:-1] > slits[on[1:]]
    first = opens.nonzero()[0]
    lengths = ends[np.append(first[1:], len(starts)) - 1] - starts[first]
    rising = lengths.argsort()  # the last to be put stays
    first = first[rising]
    chords.lengths[side[first], on[first]] = lengths[rising]
    chords.starts[side[first], on[first]] = starts[first]
