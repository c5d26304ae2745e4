"""Diameters by the conventions of other programs: equal to those programs, and to brute force.

The longest is compared with all pairs of points of a boundary that was found another way, and the
short axis with all lines across the boundary that chords are cut from.
"""

import itertools

import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes, gaussian_filter, label
from scipy.spatial.distance import pdist
from skimage.measure import find_contours, regionprops

from imaging.shapes import diameters
from imaging.shapes.conventions import Convention
from imaging.shapes.outline import enclosed
from imaging.shapes.pieces import of_pixels, of_shares
from imaging.shapes.region import Coverage, Region

SPACINGS = [(0.7, 0.7), (0.5, 0.9), (1.25, 0.8)]
MASKS = range(200)


def piece(seed: int, size: int = 22) -> np.ndarray:
    """An irregular connected piece without holes."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(size, size)), 2.0)
    pieces, _ = label(noise > np.quantile(noise, 0.65), np.ones((3, 3)))
    return binary_fill_holes(pieces == np.bincount(pieces.ravel())[1:].argmax() + 1)


def measured(mask: np.ndarray, spacing, convention: Convention) -> diameters.Diameters:
    return diameters.of_region(Region.of(mask[None]), spacing, convention)


def boundary(mask: np.ndarray, convention: Convention) -> np.ndarray:
    """All points, (row, column), that a convention lets a diameter end at."""
    pixels = np.argwhere(mask).astype(float)
    if convention is Convention.PIXEL_CENTRES:
        return pixels
    if convention is Convention.PIXEL_CORNERS:
        return np.concatenate([pixels + at for at in itertools.product((-0.5, 0.5), repeat=2)])
    return np.concatenate(find_contours(np.pad(mask, 1).astype(float), 0.5)) - 1


@pytest.mark.parametrize(
    "convention", [Convention.PIXEL_CENTRES, Convention.MID_EDGE, Convention.PIXEL_CORNERS]
)
@pytest.mark.parametrize("seeds", [MASKS[start::4] for start in range(4)])
def test_all_pairs_of_the_boundary(convention, seeds):
    for seed in seeds:
        mask, spacing = piece(seed), SPACINGS[seed % 3]
        farthest = pdist(boundary(mask, convention) * spacing).max()
        found = measured(mask, spacing, convention)
        assert found.unconstrained_mm == pytest.approx(farthest, abs=1e-9), seed
        assert found.longest.mm <= found.unconstrained_mm + 1e-9


def test_ours_is_that_between_centres_and_a_part_of_the_pitch_more():
    for seed in MASKS:
        mask, spacing = piece(seed), SPACINGS[seed % 3]
        centres, ours = (
            measured(mask, spacing, convention)
            for convention in (Convention.PIXEL_CENTRES, Convention.OWN)
        )
        more = ours.longest.mm - centres.longest.mm
        assert 0.3 * min(spacing) - 1e-9 <= more <= 0.3 * max(spacing) + 1e-9


def longest_chord(edges: np.ndarray, direction: np.ndarray, slit: float) -> float:
    """Between any two levels of points, what every line cuts, at either end of that stretch."""
    (x, y), (u, v) = np.moveaxis(edges, -1, 0), direction
    along, across = x * u + y * v, x * v - y * u
    levels = np.unique(across)
    low, high = across.min(axis=1), across.max(axis=1)
    longest = 0.0
    for below, above in itertools.pairwise(levels):
        cut = (low <= below) & (high >= above)
        (first, last), (start, end) = across[cut].T, along[cut].T
        at = [start + (level - first) / (last - first) * (end - start) for level in (below, above)]
        order = np.argsort(at[0] + at[1])
        for cuts in at:
            runs = cuts[order].reshape(-1, 2).tolist()
            joined = [runs[0]]
            for run in runs[1:]:
                if run[0] - joined[-1][1] <= slit:
                    joined[-1] = [joined[-1][0], run[1]]
                else:
                    joined.append(run)
            longest = max(longest, *(last - first for first, last in joined))
    return longest


def nearest(outlines, ends):
    """The piece that a diameter is of."""
    return min(outlines, key=lambda outline: np.hypot(*(outline.corners - ends[0]).T).min())


@pytest.mark.parametrize("convention", [*Convention, None])
def test_all_chords_across_the_boundary(convention):
    for seed in MASKS:
        spacing = SPACINGS[seed % 3]
        plane = piece(seed)
        if convention is None:
            plane = gaussian_filter(plane.astype(float), 0.7)
            found = diameters.of_coverage(Coverage.of(plane[None]), spacing)
            outlines = list(of_shares(plane, (0, 0), spacing))
        else:
            found = measured(plane, spacing, convention)
            outlines = list(of_pixels(plane, (0, 0), spacing, convention))
        x, y = np.diff(found.longest.ends, axis=0)[0] / found.longest.mm
        across = np.array([-y, x])
        slit = 2 / np.hypot(across[0] / spacing[1], across[1] / spacing[0])
        longest = longest_chord(nearest(outlines, found.longest.ends).edges, across, slit)
        assert found.short_axis.mm == pytest.approx(min(longest, found.longest.mm), abs=1e-9), seed


def test_centres_are_itks_feret_diameter():
    itk = pytest.importorskip("SimpleITK")
    shape = itk.LabelShapeStatisticsImageFilter()
    shape.ComputeFeretDiameterOn()
    for seed in MASKS:
        mask, spacing = piece(seed), SPACINGS[seed % 3]
        image = itk.GetImageFromArray(mask.astype(np.uint8))
        image.SetSpacing(spacing[::-1])
        shape.Execute(image)
        found = measured(mask, spacing, Convention.PIXEL_CENTRES)
        assert found.unconstrained_mm == pytest.approx(shape.GetFeretDiameter(1), abs=1e-9)


def test_skimage_feret_is_scikit_images_feret_diameter():
    for seed in MASKS:
        mask = piece(seed)
        theirs = regionprops(mask.astype(np.uint8))[0].feret_diameter_max
        found = measured(mask, (1.0, 1.0), Convention.SKIMAGE_FERET)
        assert found.longest.mm == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("convention", Convention)
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 1), (2, 2)])
def test_masks_of_few_pixels_have_diameters(convention, shape):
    found = measured(np.ones(shape, bool), (0.5, 0.9), convention)
    assert found.longest.mm >= found.short_axis.mm >= 0
    assert found.longest.mm >= max(0.5 * (shape[0] - 1), 0.9 * (shape[1] - 1))


def test_one_pixel_between_its_corners_is_its_diagonal():
    found = measured(np.ones((1, 1), bool), (0.5, 0.9), Convention.PIXEL_CORNERS)
    assert found.longest.mm == pytest.approx(np.hypot(0.5, 0.9))
    assert measured(np.ones((1, 1), bool), (0.5, 0.9), Convention.MID_EDGE).longest.mm == 0.9


def test_whole_and_empty_shares_are_measured_half_way_between_pixels():
    for seed in range(40):
        mask, spacing = piece(seed), SPACINGS[seed % 3]
        shares = diameters.of_coverage(Coverage.of(mask[None]), spacing)
        mid_edge = measured(mask, spacing, Convention.MID_EDGE)
        assert shares.longest.mm == pytest.approx(mid_edge.longest.mm, abs=1e-9)
        assert shares.short_axis.mm == pytest.approx(mid_edge.short_axis.mm, abs=1e-9)


def test_the_border_moves_with_the_share_of_its_pixels():
    for share, length in ((1.0, 10.0), (0.75, 9 + 2 / 3), (0.5, 9.0), (0.49, 7 + 2 * 0.5 / 0.51)):
        plane = np.zeros((7, 14))
        plane[2:5, 2:12] = 1
        plane[:, 2] *= share
        plane[:, 11] *= share
        outline = next(of_shares(plane, (0, 0), (1.0, 1.0)))
        extent = np.ptp(outline.corners[:, 0])
        assert extent == pytest.approx(length)


def test_shares_of_several_pieces_and_holes():
    plane = np.zeros((12, 30))
    plane[1:10, 1:10], plane[3:6, 15:28] = 1, 0.8
    plane[4:6, 4:6] = 0.1
    outlines = list(of_shares(plane, (0, 0), (1.0, 1.0)))
    assert [outline.inside.sum() for outline in outlines] == [81, 39]
    holed, _ = of_shares(plane, (0, 0), (1.0, 1.0), holes=True)
    assert holed.inside.sum() == 77
    assert enclosed(outlines[0].edges) - enclosed(holed.edges) == pytest.approx(
        4 * (0.5 + 0.5 / 0.9) - 4 * 0.125, abs=1.5
    )


def test_coverage_is_cropped_to_what_counts_and_its_neighbours():
    shares = np.zeros((6, 20, 20), np.uint8)
    shares[2:4, 5:9, 0:4] = 200
    shares[3, 5:9, 4] = 90
    shares[5, 12, 12] = 90
    coverage = Coverage.of(shares, 200, (10, 0, 0))
    assert coverage.offset == (12, 4, 0)
    assert coverage.shares.shape == (2, 6, 5)
    assert float(coverage.shares.max()) == 1.0
    assert (coverage.region.offset, len(coverage.region)) == ((12, 5, 0), 32)
    assert not len(Coverage.of(np.zeros((3, 3, 3))).region)
