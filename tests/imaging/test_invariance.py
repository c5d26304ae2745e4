"""The same lesion on a copy of its volume that is turned, flipped, resampled or sliced anew.

Where the copy is the same voxels under other indices, measurements are equal and lie at the same
place in the patient; where it is other voxels, they are equal within a part of the coarser ones.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, label
from scipy.spatial.transform import Rotation

from imaging import measured
from imaging.measure import measure_click_at
from imaging.measurement import Measurement
from imaging.phantom import Ellipsoid, phantom, truth
from imaging.shapes.conventions import Convention
from imaging.shapes.region import Coverage, Region
from imaging.volume import Volume

SPACING, STEP = (0.7, 0.9), 1.3
SHAPE = (5, 26, 30)


def original() -> Volume:
    return phantom([], size=SHAPE, spacing=SPACING, step=STEP, noise=0.0, origin=(7.0, -3.0, 50.0))


def lesion(seed: int) -> np.ndarray:
    """An irregular piece, as the share of each voxel that it covers."""
    rng = np.random.default_rng(seed)
    noise = gaussian_filter(rng.normal(size=SHAPE), (1, 3, 3))
    pieces, _ = label(noise > np.quantile(noise, 0.7))
    piece = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    return np.round(gaussian_filter(piece.astype(float), 0.8), 2)


def flipped_rows(volume: Volume, voxels: np.ndarray) -> tuple[Volume, np.ndarray]:
    """The first row is the last; the normal turns round, and so does the order of slices."""
    down = (SHAPE[1] - 1) * SPACING[0] * volume.column_direction
    positions = (volume.positions + down)[::-1]
    return (
        replace(volume, positions=positions, column_direction=-volume.column_direction),
        voxels[::-1, ::-1],
    )


def flipped_columns(volume: Volume, voxels: np.ndarray) -> tuple[Volume, np.ndarray]:
    along = (SHAPE[2] - 1) * SPACING[1] * volume.row_direction
    positions = (volume.positions + along)[::-1]
    return (
        replace(volume, positions=positions, row_direction=-volume.row_direction),
        voxels[::-1, :, ::-1],
    )


def transposed(volume: Volume, voxels: np.ndarray) -> tuple[Volume, np.ndarray]:
    """Rows become columns."""
    turned = replace(
        volume,
        positions=volume.positions[::-1],
        row_direction=volume.column_direction,
        column_direction=volume.row_direction,
        spacing=SPACING[::-1],
        stored=np.zeros((SHAPE[0], SHAPE[2], SHAPE[1]), np.int16),
    )
    return turned, voxels[::-1].transpose(0, 2, 1)


def quarter_turned(volume: Volume, voxels: np.ndarray) -> tuple[Volume, np.ndarray]:
    turned, pixels = transposed(volume, voxels)
    positions = turned.positions + (SHAPE[2] - 1) * SPACING[1] * volume.row_direction
    return (
        replace(turned, positions=positions[::-1], column_direction=-turned.column_direction),
        pixels[::-1, ::-1],
    )


RELABELLED = [flipped_rows, flipped_columns, transposed, quarter_turned]


def of_region(volume: Volume, shares: np.ndarray, convention: Convention) -> Measurement:
    return measured.of_pixels(volume, Region.of(shares >= 0.5), convention)


def assert_equal(one: Measurement, other: Measurement) -> None:
    for name in ("longest_mm", "short_axis_mm", "area_mm2", "volume_mm3"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-9)


def assert_same(one: Measurement, other: Measurement) -> None:
    """Also at the same place: whole pixels may have several equal diameters, shares have not."""
    assert_equal(one, other)
    for name in ("longest_patient_mm", "short_axis_patient_mm"):
        ends = (sorted(getattr(found, name)) for found in (one, other))
        assert np.allclose(*ends, atol=2e-3), name


@pytest.mark.parametrize("copy", RELABELLED)
@pytest.mark.parametrize("convention", Convention)
@pytest.mark.parametrize("seed", range(6))
def test_the_same_voxels_under_other_indices(copy, convention, seed):
    volume, shares = original(), lesion(seed)
    found = of_region(volume, shares, convention)
    turned, other = copy(volume, shares)
    again = of_region(turned, other, convention)
    if convention is Convention.SKIMAGE_FERET:  # its hulls of pixels turn, but for a rounding
        assert again.longest_mm == pytest.approx(found.longest_mm, abs=max(SPACING))
        return
    assert_equal(found, again)


@pytest.mark.parametrize("copy", RELABELLED)
@pytest.mark.parametrize("seed", range(12))
def test_the_same_shares_under_other_indices(copy, seed):
    volume, shares = original(), lesion(seed)
    found = measured.of_coverage(volume, Coverage.of(shares))
    turned, other = copy(volume, shares)
    assert_same(found, measured.of_coverage(turned, Coverage.of(other)))


@pytest.mark.parametrize("copy", RELABELLED)
def test_the_same_intensities_under_other_indices(copy):
    shares = lesion(3)
    volume = replace(original(), stored=np.rint(1000 + 100 * shares).astype(np.int16))
    mask = shares >= 0.5
    found = measured.of_mask(volume, Region.of(mask), images=True)
    assert found.convention == "SUB_PIXEL"
    turned, stored = copy(volume, volume.stored)
    again = measured.of_mask(
        replace(turned, stored=stored), Region.of(copy(volume, mask)[1]), images=True
    )
    assert_same(found, again)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    turn=st.tuples(*[st.floats(-180, 180)] * 3),
    shift=st.tuples(*[st.floats(-500, 500)] * 3),
)
def test_any_orientation_in_the_patient(seed, turn, shift):
    """Lengths do not know of the orientation, and ends turn with it."""
    volume, shares = original(), lesion(seed)
    rotation = Rotation.from_euler("xyz", turn, degrees=True)
    turned = replace(
        volume,
        positions=rotation.apply(volume.positions) + shift,
        row_direction=rotation.apply(volume.row_direction),
        column_direction=rotation.apply(volume.column_direction),
    )
    found = of_region(volume, shares, Convention.OWN)
    again = of_region(turned, shares, Convention.OWN)
    for name in ("longest_mm", "short_axis_mm", "area_mm2", "volume_mm3", "longest_px", "slice"):
        assert getattr(again, name) == getattr(found, name)
    moved = rotation.apply(found.longest_patient_mm) + shift
    assert np.allclose(moved, again.longest_patient_mm, atol=3e-3)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), slices=st.integers(0, 3), rows=st.integers(0, 9))
def test_more_images_around_it_change_nothing(seed, slices, rows):
    volume, shares = original(), lesion(seed)
    found = of_region(volume, shares, Convention.OWN)
    wider = np.pad(shares, ((slices, 0), (rows, 2), (3, 1)))
    moved = phantom(
        [],
        size=wider.shape,
        spacing=SPACING,
        step=STEP,
        noise=0.0,
        origin=(7.0 - 3 * SPACING[1], -3.0 - rows * SPACING[0], 50.0 - slices * STEP),
    )
    assert_equal(found, of_region(moved, wider, Convention.OWN))
    again = measured.of_coverage(moved, Coverage.of(wider))
    assert_same(measured.of_coverage(volume, Coverage.of(shares)), again)


BALL = Ellipsoid((40.0, 40.0, 40.0), (15.0, 11.0, 13.0), 60.0, (20.0, 30.0, 40.0))
GRIDS = {
    "finer": {"spacing": (0.5, 0.5), "size": (33, 160, 160), "step": 2.5},
    "anisotropic": {"spacing": (0.6, 1.0), "size": (33, 134, 80), "step": 2.5},
    "thin slices": {"spacing": (0.8, 0.8), "size": (80, 100, 100), "step": 1.0},
    "shifted": {"origin": (0.33, -0.29, 0.9), "size": (33, 100, 100), "step": 2.5},
    "turned in the plane": {
        "row_direction": (0.8, 0.6, 0.0),
        "column_direction": (-0.6, 0.8, 0.0),
        "origin": (32.0, -16.0, 0.0),
        "size": (33, 100, 120),
        "step": 2.5,
    },
}


@pytest.mark.parametrize("grid", GRIDS)
def test_the_same_planes_on_another_grid(grid):
    """Axial slices all, so that the planes and so the true diameters are the same."""
    scan = {"background": -60.0, "noise": 0.0}
    first = phantom([BALL], size=(33, 100, 100), step=2.5, **scan)
    other = phantom([BALL], **GRIDS[grid], **scan)
    one, two = (measure_mask_of(volume) for volume in (first, other))
    pixel = max(*first.spacing, *other.spacing)
    assert two.longest_mm == pytest.approx(one.longest_mm, abs=0.5 * pixel)
    assert two.short_axis_mm == pytest.approx(one.short_axis_mm, abs=0.7 * pixel)
    assert two.volume_mm3 == pytest.approx(one.volume_mm3, rel=0.02)
    along = [np.diff(found.longest_patient_mm, axis=0)[0] for found in (one, two)]
    cosine = abs(along[0] @ along[1]) / np.prod([np.linalg.norm(line) for line in along])
    assert cosine > np.cos(np.radians(8))


@pytest.mark.parametrize("plane", ["sagittal", "coronal", "oblique"])
def test_other_planes_have_their_own_true_diameters(plane):
    rows, columns = {
        "sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
        "coronal": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
        "oblique": ((0.6, 0.0, 0.8), (0.0, 1.0, 0.0)),
    }[plane]
    middle = 40.0 - 35 * (np.array(rows) + columns) - 30 * np.cross(rows, columns)
    sliced = phantom(
        [BALL],
        size=(30, 88, 88),
        step=2.0,
        origin=tuple(middle.tolist()),
        row_direction=rows,
        column_direction=columns,
        background=-60.0,
        noise=0.0,
    )
    found, exact = measure_mask_of(sliced), truth(BALL, sliced)
    assert found.longest_mm == pytest.approx(exact.longest_mm, abs=0.5)
    assert found.short_axis_mm == pytest.approx(exact.short_axis_mm, abs=0.7)


def measure_mask_of(volume: Volume) -> Measurement:
    """By the voxels of which half is covered, and the intensities."""
    values = volume.values(slice(None), slice(None), slice(None))
    return measured.of_mask(volume, Region.of(values >= 0.0), images=True)


@pytest.mark.parametrize("copy", RELABELLED)
def test_a_click_on_the_same_voxels_under_other_indices(copy):
    """Rays start in other directions, so that the contour is the same within their steps."""
    ball = Ellipsoid((20.0, 18.0, 54.0), (8.0, 6.0, 7.0), 60.0, (0.0, 0.0, 25.0))
    volume = phantom(
        [ball], size=(17, 60, 60), spacing=SPACING, step=STEP, background=-60.0,
        origin=(-5.0, -3.0, 44.0),
    )  # fmt: skip
    found = measure_click_at(volume, ball.centre)
    turned = phantom(
        [ball], size=(17, 60, 60), spacing=SPACING, step=STEP, background=-60.0,
        **{
            flipped_rows: {"origin": (-5.0, 38.3, 64.8), "column_direction": (0.0, -1.0, 0.0)},
            flipped_columns: {"origin": (48.1, -3.0, 64.8), "row_direction": (-1.0, 0.0, 0.0)},
            transposed: {
                "origin": (-5.0, -3.0, 64.8),
                "row_direction": (0.0, 1.0, 0.0),
                "column_direction": (1.0, 0.0, 0.0),
            },
            quarter_turned: {
                "origin": (48.1, -3.0, 44.0),
                "row_direction": (0.0, 1.0, 0.0),
                "column_direction": (-1.0, 0.0, 0.0),
            },
        }[copy],
    )  # fmt: skip
    again = measure_click_at(turned, ball.centre)
    assert again.longest_mm == pytest.approx(found.longest_mm, abs=0.5)
