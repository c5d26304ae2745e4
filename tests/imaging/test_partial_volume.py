"""When intensities tell where the border of a mask is, and when they do not."""

from dataclasses import replace

import numpy as np
import pytest

from imaging import measured
from imaging.flags import Refused
from imaging.masks.delineation import Delineation
from imaging.measure import found_by_click, found_by_line, measure_mask
from imaging.phantom import Ellipsoid, phantom
from imaging.shapes import partial_volume
from imaging.shapes.contours import Contours
from imaging.shapes.conventions import Convention
from imaging.shapes.region import Coverage, Region

BALL = Ellipsoid((35.0, 35.0, 20.0), (12.0, 9.0, 10.0), 60.0, (0.0, 0.0, 30.0))


def scanned(value=60.0, noise=8.0, **changes):
    scan = {"size": (17, 100, 100), "spacing": (0.7, 0.7), "background": -40.0} | changes
    return phantom([replace(BALL, value=value)], noise=noise, seed="border", **scan)


def mask() -> Region:
    clear = scanned(1000.0, 0.0, background=0.0)
    return Region.of(clear.values(slice(None), slice(None), slice(None)) >= 500.0)


def test_shares_are_those_of_the_phantom():
    clear = scanned(1000.0, 0.0, background=0.0)
    found = partial_volume.of_region(scanned(noise=0.0), mask())
    slices, rows, columns = (
        slice(first, first + count)
        for first, count in zip(found.offset, found.shares.shape, strict=True)
    )
    off = abs(found.shares - clear.values(slices, rows, columns) / 1000.0)
    steep = off[8 - found.offset[0]]  # elsewhere more than a voxel may be covered in part
    assert np.count_nonzero((found.shares[8 - found.offset[0]] > 0.1) & (steep < 0.1)) > 50
    assert steep.max() < 0.1


@pytest.mark.parametrize("value", [-35.0, -40.0])
def test_without_a_step_the_mask_is_measured_as_it_is(value):
    volume = scanned(value)
    assert partial_volume.of_region(volume, mask()) is None
    assert measured.of_mask(volume, mask(), images=True).convention == Convention.OWN


@pytest.mark.parametrize("wider", [0.8, 2.5])
def test_a_mask_of_another_border_is_measured_as_it_is(wider):
    """Drawn wider than what is bright, as with a halo that is meant too."""
    axes = tuple(axis + wider for axis in BALL.semi_axes)
    grown = phantom(
        [replace(BALL, semi_axes=axes, value=1000.0)],
        size=(17, 100, 100), spacing=(0.7, 0.7), background=0.0, noise=0.0,
    )  # fmt: skip
    region = Region.of(grown.values(slice(None), slice(None), slice(None)) >= 500.0)
    assert partial_volume.of_region(scanned(), region) is None
    found = measured.of_mask(scanned(), region, images=True)
    assert found.longest_mm == pytest.approx(2 * (12 + wider), abs=0.6)


def test_a_mask_at_the_edge_of_the_images_is_measured():
    volume = scanned(size=(17, 100, 52))
    values = volume.values(slice(None), slice(None), slice(None))
    region = Region.of(values >= 10.0)
    assert region.offset[2] + region.voxels.shape[2] == 52
    assert measured.of_mask(volume, region, images=True).longest_mm > 15


def test_a_few_voxels_are_measured():
    volume = scanned()
    for count in (1, 2, 3):
        voxels = np.ones((1, 1, count), bool)
        found = measured.of_mask(volume, Region(voxels, (8, 50, 50)), images=True)
        assert found.longest_mm > 0


def test_masks_are_measured_sub_pixel_where_there_are_images():
    volume = scanned()
    found = measure_mask(Delineation(volume, mask()))
    assert found.convention == "SUB_PIXEL"
    assert found.longest_mm == pytest.approx(24, abs=0.3)
    assert found.area_mm2 == pytest.approx(np.pi * 12 * 9, rel=0.02)
    assert found.volume_mm3 == pytest.approx(4 / 3 * np.pi * 12 * 9 * 10, rel=0.02)
    own = measure_mask(Delineation(volume, mask(), own=True))
    assert (own.convention, own.slice) == ("PIXEL_CENTRES_PLUS_30_PERCENT", None)


def test_a_fractional_mask_is_measured_by_its_fractions():
    volume = scanned(1000.0, 0.0, background=0.0)
    coverage = Coverage.of(volume.values(slice(None), slice(None), slice(None)), 1000.0)
    found = measure_mask(Delineation(volume, coverage.region, own=True, coverage=coverage))
    assert found.convention == "SUB_PIXEL"
    assert found.longest_mm == pytest.approx(24, abs=0.3)
    assert found.volume_mm3 == pytest.approx(4 / 3 * np.pi * 12 * 9 * 10, rel=0.02)


@pytest.mark.parametrize("convention", Convention)
def test_every_way_to_a_lesion_takes_a_convention(convention):
    volume = scanned()
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.column_stack([35 + 12 * np.cos(turns), 35 + 9 * np.sin(turns)])
    for found in (
        measure_mask(Delineation(volume, mask()), convention),
        measure_mask(Delineation(volume, Contours.of({8: [ring]})), convention),
        found_by_click(volume, (50, 50, 8), convention).measurement,
        found_by_line(volume, (36, 42), (64, 58), 8, convention).measurement,
    ):
        assert found.convention == convention
        assert found.longest_mm == pytest.approx(24, abs=1.8)


def test_contours_without_images_have_no_pixels_to_be_measured_by():
    ring = np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 20.0], [0.0, 20.0]])
    drawn = Delineation(scanned(), Contours.of({3: [ring]}), own=True, pixels=False)
    with pytest.raises(Refused, match="NO_IMAGES"):
        measure_mask(drawn, Convention.MID_EDGE)


def test_contours_between_pixels_have_none():
    ring = np.array([[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]])
    with pytest.raises(Refused, match="EMPTY_SEGMENT"):
        measure_mask(Delineation(scanned(), Contours.of({3: [ring]})), Convention.MID_EDGE)
