"""What rows tell of a mask is what its pixels tell, and outlines together are as each alone."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from imaging.shapes import rows
from imaging.shapes.chord import longest_chords
from imaging.shapes.conventions import Convention
from imaging.shapes.lines import stays_inside
from imaging.shapes.pieces import PixelOutline, of_pixels

SPACING = (0.7, 0.9)
SEEDS = range(40)


def unbroken(seed: int) -> np.ndarray:
    """One piece: each row a run that touches the next, with both ends wandering."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 25))
    first, width = np.cumsum(rng.integers(-3, 4, count)), rng.integers(1, 12, count)
    for row in range(1, count):
        first[row] = np.clip(
            first[row], first[row - 1] - width[row], first[row - 1] + width[row - 1]
        )
    first -= first.min()
    columns = np.arange((first + width).max())
    return (columns >= first[:, None]) & (columns < (first + width)[:, None])


def noise(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = gaussian_filter(rng.normal(size=(4, *rng.integers(1, 15, 2))), (0, 1, 1))
    return values > np.quantile(values, rng.uniform(0.1, 0.95))


def outline(plane: np.ndarray, convention: Convention = Convention.OWN) -> PixelOutline:
    return next(of_pixels(plane, (0, 0), SPACING, convention))


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_begin_and_end_where_their_pixels_do(seed):
    mask = noise(seed)
    found = rows.of_mask(mask)
    assert found.planes.tolist() == np.flatnonzero(mask.any(axis=(1, 2))).tolist()
    for nth, plane in enumerate(found.planes):
        of_plane = found.of_plane(nth)
        assert of_plane.number.tolist() == np.flatnonzero(mask[plane].any(axis=1)).tolist()
        for number, first, last in zip(*of_plane[:3], strict=True):
            pixels = np.flatnonzero(mask[plane, number])
            assert (first, last) == (pixels[0], pixels[-1])


def test_an_empty_mask_has_no_rows():
    for shape in ((0, 0, 0), (3, 4, 5)):
        assert not len(rows.of_mask(np.zeros(shape, bool)).planes)


@pytest.mark.parametrize("convention", [Convention.OWN, Convention.MID_EDGE])
@pytest.mark.parametrize("seed", SEEDS)
def test_lines_stay_inside_rows_where_they_stay_inside_cells(seed, convention):
    """Few lines are tried by rows, many by cells."""
    piece = outline(unbroken(seed), convention)
    assert piece.rows is not None
    rng = np.random.default_rng(seed)
    starts, ends = (piece.corners[rng.integers(0, len(piece.corners), 200)] for _ in range(2))
    by_cells = stays_inside(piece, starts, ends)
    by_rows = [stays_inside(piece, starts[n : n + 1], ends[n : n + 1])[0] for n in range(200)]
    assert by_cells.tolist() == by_rows


def test_lines_do_leave_the_pieces_that_they_are_tried_on():
    left = 0
    for seed in SEEDS:
        corners = outline(unbroken(seed)).corners
        left += not stays_inside(outline(unbroken(seed)), corners[:1], corners[-1:])[0]
    assert left >= 5


def test_chords_of_several_outlines_are_those_of_each():
    turns = np.linspace(0, np.pi, len(SEEDS)).tolist()
    pieces = [
        (outline(unbroken(seed)), (float(np.cos(turn)), float(np.sin(turn))))
        for seed, turn in zip(SEEDS, turns, strict=True)
    ]
    together = longest_chords(pieces)
    for one, ends in zip(pieces, together, strict=True):
        (alone,) = longest_chords([one])
        assert np.hypot(*(alone[1] - alone[0])) == pytest.approx(np.hypot(*(ends[1] - ends[0])))
        assert np.diff(ends, axis=0)[0] @ (-one[1][1], one[1][0]) == pytest.approx(0, abs=1e-9)
