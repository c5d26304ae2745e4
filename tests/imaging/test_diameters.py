"""Diameters of masks and polygons against brute force and shapes whose diameters are known."""

import itertools

import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes, gaussian_filter, label
from scipy.spatial.transform import Rotation

from imaging.shapes import bounds, diameters, rows
from imaging.shapes.conventions import Convention
from imaging.shapes.outline import area, of_ring
from imaging.shapes.pieces import of_pixels
from imaging.shapes.region import Region

SPACINGS = [(0.7, 0.7), (0.5, 0.9), (1.25, 0.8)]


def region(plane) -> Region:
    """One plane as a region, the way a mask of a whole series becomes one."""
    return Region.of(np.asarray(plane, bool)[None])


def blob(seed: int, *, convex: bool) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:24, :24]
    if convex:
        a, b, angle = rng.uniform(3, 10), rng.uniform(2, 8), rng.uniform(0, np.pi)
        u = (x - 12) * np.cos(angle) + (y - 12) * np.sin(angle)
        v = (y - 12) * np.cos(angle) - (x - 12) * np.sin(angle)
        return (u / a) ** 2 + (v / b) ** 2 <= 1
    noise = gaussian_filter(rng.normal(size=(24, 24)), 2.2)
    pieces, _ = label(noise > np.quantile(noise, 0.6), np.ones((3, 3)))
    return binary_fill_holes(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1)


def leaves(mask: np.ndarray, a, b) -> bool:
    """Whether some stretch between two (row, column) points has no pixel at the next corners."""
    a, b = np.asarray(a, float) + 2, np.asarray(b, float) + 2
    grid = np.pad(mask, 3)
    crossings = [0.0, 1.0]
    for first, last in zip(a, b, strict=True):
        low, high = sorted((first, last))
        lines = range(int(np.floor(low)) + 1, int(np.ceil(high)))
        crossings += [(line - first) / (last - first) for line in lines]
    crossings.sort()
    for before, after in itertools.pairwise(crossings):
        if after - before > 1e-9:
            row, column = a + (b - a) * (before + after) / 2 + 1
            rows = {int(np.floor(row + 1e-9)), int(np.ceil(row - 1e-9))}
            columns = {int(np.floor(column + 1e-9)), int(np.ceil(column - 1e-9))}
            if not any(grid[r, c] for r in rows for c in columns):
                return True
    return False


def brute_force(mask: np.ndarray, spacing, *, inside: bool) -> float:
    """Try every pair of pixels, from the farthest on."""
    pixels = np.argwhere(mask)
    first, second = np.triu_indices(len(pixels), k=1)
    apart = np.hypot(*((pixels[first] - pixels[second]) * spacing).T)
    for pair in np.argsort(-apart):
        if not inside or not leaves(mask, pixels[first[pair]], pixels[second[pair]]):
            return float(apart[pair])
    return 0.0


@pytest.mark.parametrize("seed", range(100))
def test_convex_masks_equal_brute_force(seed):
    mask, spacing = blob(seed, convex=True), SPACINGS[seed % 3]
    found = diameters.of_region(region(mask), spacing, Convention.PIXEL_CENTRES)
    assert found.longest.mm == pytest.approx(brute_force(mask, spacing, inside=False), abs=1e-9)
    assert found.longest_unconstrained_mm is None


@pytest.mark.parametrize("seed", range(100))
def test_irregular_masks_equal_brute_force_inside_and_out(seed):
    mask, spacing = blob(seed, convex=False), SPACINGS[seed % 3]
    found = diameters.of_region(region(mask), spacing, Convention.PIXEL_CENTRES)
    inside = brute_force(mask, spacing, inside=True)
    assert found.longest.mm == pytest.approx(inside, abs=1e-9)
    assert found.unconstrained_mm == pytest.approx(
        brute_force(mask, spacing, inside=False), abs=1e-9
    )


def test_the_irregular_masks_do_try_the_constraint():
    unequal = 0
    for seed in range(100):
        mask = blob(seed, convex=False)
        found = diameters.of_region(region(mask), (1, 1), Convention.PIXEL_CENTRES)
        unequal += found.longest_unconstrained_mm is not None
    assert unequal >= 10


@pytest.mark.parametrize("seed", range(20))
def test_the_short_axis_is_perpendicular_inside_and_never_longer(seed):
    mask = blob(seed, convex=False)
    found = diameters.of_region(region(mask), (0.7, 0.9))
    along, across = (np.diff(line.ends, axis=0)[0] for line in (found.longest, found.short_axis))
    assert abs(along @ across) < 1e-9 * max(1, np.hypot(*along) * np.hypot(*across))
    assert found.short_axis.mm <= found.longest.mm
    row_column = [(y / 0.7, x / 0.9) for x, y in found.short_axis.ends]
    first = np.argwhere(np.asarray(mask))
    assert not leaves(mask, *row_column), first


def test_a_plus_has_a_chord_as_long_as_its_arm():
    plus = np.zeros((21, 31), bool)
    plus[9:12], plus[:, 14:17] = True, True
    found = diameters.of_region(region(plus), (1, 1), Convention.PIXEL_CENTRES)
    assert found.longest.mm == pytest.approx(np.hypot(30, 2))
    assert 19.5 < found.short_axis.mm <= 20.2


def test_the_short_axis_is_a_chord_and_not_the_width():
    """A Z is 20 wide across its long diagonal, but no line inside it is."""
    z = np.zeros((40, 60), bool)
    z[0:6, 0:30], z[34:40, 30:60], z[:, 27:33] = True, True, True
    found = diameters.of_region(region(z), (1, 1))
    assert found.short_axis.mm < 36


def test_a_crescent_is_measured_inside_and_says_what_leaving_gives():
    y, x = np.mgrid[-60:61, -60:61]
    ring = (np.hypot(x, y) < 50) & (np.hypot(x, y) > 40) & (x < 20)
    found = diameters.of_region(region(ring), (1, 1))
    assert found.longest_unconstrained_mm == pytest.approx(99.5, abs=1)
    chord = 2 * np.sqrt(50**2 - 40**2)  # the longest that passes the hole
    assert found.longest.mm == pytest.approx(chord, abs=3)


def test_a_slit_of_one_pixel_is_not_a_border():
    bar = np.ones((9, 41), bool)
    bar[:, 20] = False
    whole = diameters.of_region(Region.of(np.ones((1, 9, 41), bool)), (1, 1))
    bar[4, 20] = True
    split = diameters.of_region(region(bar), (1, 1))
    assert split.longest.mm == pytest.approx(whole.longest.mm)


def test_a_slit_of_one_pixel_does_not_end_a_chord_but_one_of_three_does():
    bar = np.ones((61, 21), bool)
    whole = diameters.of_region(region(bar), (1, 1)).short_axis.mm
    bar[1:, 10] = False  # joined along the first row alone
    assert diameters.of_region(region(bar), (1, 1)).short_axis.mm == pytest.approx(whole)
    bar[1:, 9:12] = False
    assert diameters.of_region(region(bar), (1, 1)).short_axis.mm < 0.85 * whole


@pytest.mark.parametrize("degrees", np.arange(0, 180, 5.625).tolist())
def test_the_bound_of_a_plane_holds_between_its_directions(degrees):
    angle = np.radians(degrees)
    ends = np.array([[0.0, 0.0], [100 * np.cos(angle), 100 * np.sin(angle)]])
    assert 100 <= bounds.of_corners(ends) + 1e-9 <= 100.5
    mask = np.zeros((1, 201, 201), bool)
    for x, y in np.rint(ends).astype(int):
        mask[0, 100 + y, 100 + x] = True
    first, last = np.argwhere(mask[0]) * (0.5, 0.9)
    apart = np.hypot(*(last - first))
    widths = bounds.of_rows(rows.of_mask(mask), (0.5, 0.9))
    assert apart <= widths.most[0] + 1e-9 <= 1.01 * apart


@pytest.mark.parametrize(
    ("shape", "longest", "short"),
    [((1, 1), 0, 0), ((1, 5), 3.6, 0), ((5, 1), 2.0, 0), ((2, 2), np.hypot(0.9, 0.5), None)],
)
def test_masks_too_small_for_a_hull(shape, longest, short):
    found = diameters.of_region(region(np.ones(shape)), (0.5, 0.9), Convention.PIXEL_CENTRES)
    assert found.longest.mm == pytest.approx(longest)
    assert short is None or found.short_axis.mm == pytest.approx(short, abs=1e-9)


def test_one_pixel_has_two_diameters_above_zero():
    found = diameters.of_region(region(np.ones((1, 1))), (0.5, 0.9))
    assert found.longest.mm >= found.short_axis.mm > 0


def test_a_diagonal_line_of_many_pixels_is_measured():
    found = diameters.of_region(region(np.eye(600)), (1, 1), Convention.PIXEL_CENTRES)
    assert found.longest.mm == pytest.approx(599 * np.sqrt(2))


def test_an_empty_mask_has_no_diameter():
    with pytest.raises(ValueError, match="empty"):
        diameters.of_region(Region.of(np.zeros((3, 4, 5), bool)), (1, 1))


def test_the_plane_is_the_one_where_it_is_longest_and_the_offset_is_kept():
    voxels = np.zeros((5, 30, 40), bool)
    voxels[1, 10:14, 10:20] = True
    voxels[3, 10:14, 10:25] = True
    found = diameters.of_region(Region.of(voxels, (7, 100, 200)), (1, 1), Convention.PIXEL_CENTRES)
    assert found.plane == 10
    assert found.longest.ends[:, 0].min() == 210
    assert found.longest.ends[:, 1].min() == 110


def test_of_equal_diameters_the_larger_short_axis_wins_then_the_lower_plane():
    voxels = np.zeros((4, 20, 40), bool)
    voxels[0, 5, :31] = True
    voxels[1, 5:8, :31] = True
    voxels[1, 5, 0] = voxels[1, 7, 0] = voxels[1, 5, 30] = voxels[1, 7, 30] = False
    voxels[3] = voxels[1]
    assert diameters.of_region(Region.of(voxels), (1, 1), Convention.PIXEL_CENTRES).plane == 1


def test_two_pieces_on_a_plane_are_not_bridged():
    mask = np.zeros((10, 60), bool)
    mask[2:8, 0:10] = mask[2:8, 40:60] = True
    found = diameters.of_region(region(mask), (1, 1), Convention.PIXEL_CENTRES)
    assert found.longest.mm == pytest.approx(np.hypot(19, 5))
    assert found.longest_unconstrained_mm is None


@pytest.mark.parametrize(
    ("pixels", "sizes"),
    [
        (["###..", ".....", "..###"], [3, 3]),
        (["##...", "..##.", "....#"], [5]),
        (["##...", "...##"], [2, 2]),
        (["#...", "####"], [5]),
        (["#.#", "###"], [5]),
        (["####", "#..#", "####"], [12]),
        (["####", "#..#", "#.##"], [9]),
        ([".....", ".##..", "....."], [2]),
        (["....."], []),
    ],
)
def test_pieces_are_connected_through_sides_and_corners(pixels, sizes):
    plane = np.array([[pixel == "#" for pixel in row] for row in pixels])
    found = list(of_pixels(plane, (3, 4), (1.0, 1.0), Convention.PIXEL_CENTRES))
    assert [piece.inside.sum() for piece in found] == sizes
    centres = {(4.0 + x, 3.0 + y) for y, x in np.argwhere(plane)}
    assert {tuple(corner) for piece in found for corner in piece.corners} <= centres
    extremes = [{tuple(end) for end in piece.extremes} for piece in found]
    assert all(
        len(ends) == len(piece.extremes) for ends, piece in zip(extremes, found, strict=True)
    )
    assert set().union(*extremes) <= centres


@pytest.mark.parametrize("spacing", [(0.7, 0.7), (0.5, 1.0)])
def test_a_brick_has_its_diagonal(spacing):
    found = diameters.of_region(region(np.ones((31, 51))), spacing, Convention.PIXEL_CENTRES)
    assert found.longest.mm == pytest.approx(np.hypot(30 * spacing[0], 50 * spacing[1]))


def ellipsoid(rng: np.random.Generator, slice_step: float):
    """A rotated ellipsoid on a grid, with the diameters of its section through the centre."""
    axes = rng.uniform(10, 50) / 2 * np.array([1, rng.uniform(0.6, 1), rng.uniform(0.6, 1)])
    turn = Rotation.random(rng=rng).as_matrix()
    form = turn @ np.diag(axes**-2.0) @ turn.T
    reach = axes.max() + 1
    z, y, x = np.meshgrid(
        np.arange(0, reach, slice_step),
        np.arange(-reach, reach, 0.7) + rng.uniform(-0.35, 0.35),
        np.arange(-reach, reach, 0.7) + rng.uniform(-0.35, 0.35),
        indexing="ij",
    )
    points = np.stack([x, y, z], axis=-1)
    inside = np.einsum("...i,ij,...j->...", points, form, points) <= 1
    section = np.linalg.eigvalsh(form[:2, :2])
    return inside, 2 / np.sqrt(section[0]), 2 / np.sqrt(section[1])


def test_ellipsoids_are_measured_as_accurately_as_promised():
    rng = np.random.default_rng(2024)
    errors = []
    for _ in range(80):
        voxels, longest, short = ellipsoid(rng, 1.0)
        found = diameters.of_region(Region.of(voxels), (0.7, 0.7))
        errors.append((found.longest.mm - longest, found.short_axis.mm - short))
    error = np.array(errors)
    assert abs(error[:, 0].mean()) <= 0.1
    assert abs(error[:, 0]).mean() <= 0.20
    assert abs(error[:, 0]).max() <= 0.60
    assert np.percentile(abs(error[:, 1]), 95) <= 0.85


def test_polygons_are_measured_between_their_vertices():
    turns = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    ring = np.column_stack([30 * np.cos(turns), 20 * np.sin(turns)])
    found = diameters.of_outlines([(4, [of_ring(ring)])])
    assert found.plane == 4
    assert found.longest.mm == pytest.approx(60, abs=1e-9)
    assert found.short_axis.mm == pytest.approx(40, abs=1e-2)
    assert area(ring) == pytest.approx(np.pi * 600, rel=1e-3)


def test_a_hole_is_inside_as_a_reader_draws_it():
    y, x = np.mgrid[-30:31, -30:31]
    ring = (np.hypot(x, y) < 30) & (np.hypot(x, y) > 20)
    found = diameters.of_region(region(ring), (1, 1))
    assert found.longest.mm == pytest.approx(60, abs=0.6)
    assert found.short_axis.mm == pytest.approx(60, abs=0.9)
    assert found.longest_unconstrained_mm is None


def test_a_polygon_of_a_line_is_measured_along_it():
    found = diameters.of_outlines([(0, [of_ring(np.array([[0.0, 0], [30, 40], [15, 20]]))])])
    assert found.longest.mm == pytest.approx(50)
    assert found.short_axis.mm == pytest.approx(0, abs=1e-6)


def test_a_large_organ_takes_no_minutes():
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:512, :512]
    angle = np.arctan2(y - 256, x - 256)
    edge = 200 + sum(rng.normal(0, 10) * np.cos(k * angle + k) for k in range(2, 7))
    star = np.hypot(y - 256, x - 256) < edge
    found = diameters.of_region(region(star), (0.8, 0.8))
    points = np.argwhere(star)
    extremes = points[[points[:, 0].argmin(), points[:, 0].argmax()]]
    assert found.unconstrained_mm >= max(
        float(np.hypot(*((a - b) * 0.8))) for a, b in itertools.combinations(extremes, 2)
    )
