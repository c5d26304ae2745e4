"""Clicks and lines on phantoms whose diameters are known, and on what cannot be segmented."""

from contextlib import suppress
from dataclasses import dataclass, field, fields, replace

import numpy as np
import pytest

from imaging.drawn import measure_box_at, measure_ellipse_at
from imaging.flags import Refused
from imaging.measure import measure_click, measure_line
from imaging.phantom import Ellipsoid, phantom, truth
from imaging.segmentation import walker
from imaging.segmentation.agreement import doubts
from imaging.segmentation.fit import crop_of, fitted, recentred
from imaging.segmentation.segment import from_ring
from imaging.volume import Volume

BODY = {"liver": 110.0, "lung": -850.0, "fat": -100.0}
LESION = {"liver": 50.0, "lung": 30.0, "fat": 40.0}


def made(kind="liver", axes=(12.0, 10.0, 11.0), turned=(20.0, 10.0, 35.0), others=(), **changes):
    """A lesion in the middle of a block of tissue; its volume, itself and the voxel it is at."""
    spacing = changes.pop("spacing", (0.7, 0.7))
    step = changes.pop("step", 2.5)
    size = changes.pop("size", (int(2 * max(axes) / step) + 9, 140, 140))
    centre = (size[2] // 2 * spacing[1], size[1] // 2 * spacing[0], size[0] // 2 * step)
    lesion = Ellipsoid(centre, axes, LESION[kind], turned)
    attached = [
        Ellipsoid(tuple(np.add(centre, offset)), semi, value, turned)
        for offset, semi, value, turned in others
    ]
    volume = phantom(
        [*attached, lesion],
        size=size,
        spacing=spacing,
        step=step,
        background=BODY[kind],
        **({"noise": 15.0, "seed": kind} | changes),
    )
    return volume, lesion, (size[2] // 2, size[1] // 2, size[0] // 2)


@pytest.mark.parametrize("kind", ["liver", "lung", "fat"])
@pytest.mark.parametrize("axes", [(6.0, 5.0, 6.0), (12.0, 9.0, 11.0), (25.0, 19.0, 22.0)])
def test_a_click_finds_both_diameters(kind, axes):
    volume, lesion, voxel = made(kind, axes)
    longest, short, _ = truth(lesion, volume)
    found = measure_click(volume, voxel)
    assert found.longest_mm == pytest.approx(longest, rel=0.06, abs=0.5)
    assert found.short_axis_mm == pytest.approx(short, rel=0.08, abs=0.5)
    assert found.convention == "SUB_PIXEL"
    assert found.volume_mm3 == pytest.approx(4 / 3 * np.pi * np.prod(axes), rel=0.12)


def test_clicks_are_as_accurate_as_promised():
    errors = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        axes = rng.uniform(6, 20) * np.array([1, rng.uniform(0.7, 1), rng.uniform(0.7, 1)])
        kind = ["liver", "lung", "fat"][seed % 3]
        turned = tuple(rng.uniform(0, 180, 3))
        volume, lesion, voxel = made(kind, tuple(axes), turned, seed=f"click {seed}")
        longest = truth(lesion, volume).longest_mm
        errors.append((measure_click(volume, voxel).longest_mm - longest) / longest)
    assert np.median(np.abs(errors)) <= 0.035
    assert np.mean(np.abs(errors) > 0.2) <= 0.08


def test_a_line_finds_the_lesion_under_it():
    volume, lesion, (column, row, slice_) = made("liver", (14.0, 10.0, 12.0), (0.0, 0.0, 0.0))
    longest = truth(lesion, volume).longest_mm
    found = measure_line(volume, (column - 19, row + 1), (column + 20, row), slice_)
    assert found.longest_mm == pytest.approx(longest, rel=0.03)
    assert found.convention == "SUB_PIXEL"


def test_the_same_lesion_clicked_elsewhere_has_the_same_diameters():
    volume, _, (column, row, slice_) = made("lung", (16.0, 13.0, 14.0))
    found = [
        measure_click(volume, (column + dx, row + dy, slice_)).longest_mm
        for dx, dy in [(0, 0), (7, 3), (-8, 2), (3, -8), (-5, -5)]
    ]
    assert np.ptp(found) <= 0.02 * np.median(found)


@pytest.mark.parametrize("spacing", [(0.7, 1.1), (1.5625, 1.5625), (0.5, 0.5)])
def test_pixels_of_any_size_and_shape(spacing):
    volume, lesion, voxel = made("fat", spacing=spacing)
    longest, short, _ = truth(lesion, volume)
    found = measure_click(volume, voxel)
    assert found.longest_mm == pytest.approx(longest, rel=0.05)
    assert found.short_axis_mm == pytest.approx(short, rel=0.08)


def test_a_lesion_is_found_without_noise_and_bright_on_dark_or_dark_on_bright():
    for kind in ("liver", "lung"):
        volume, lesion, voxel = made(kind, noise=0.0)
        longest = truth(lesion, volume).longest_mm
        assert measure_click(volume, voxel).longest_mm == pytest.approx(longest, rel=0.03)


def test_a_single_slice_is_measured_in_its_plane():
    volume, _, (column, row, slice_) = made("lung")
    one = replace(
        volume,
        stored=volume.stored[slice_ : slice_ + 1],
        slope=volume.slope[:1],
        intercept=volume.intercept[:1],
        positions=volume.positions[slice_ : slice_ + 1],
        sop_instance_uids=volume.sop_instance_uids[slice_ : slice_ + 1],
        frames=(None,),
        step=None,
    )
    found = measure_click(one, (column, row, 0))
    assert found.volume_mm3 is None
    assert found.longest_mm == pytest.approx(
        measure_click(volume, (column, row, slice_)).longest_mm, rel=0.05
    )


def test_the_slice_where_it_is_longest_is_measured_wherever_it_was_clicked():
    volume, lesion, (column, row, slice_) = made("lung", (15.0, 15.0, 15.0), (0.0, 0.0, 0.0))
    found = measure_click(volume, (column, row, slice_ + 3))
    assert found.slice == truth(lesion, volume).slice
    assert found.longest_mm == pytest.approx(30, rel=0.03)


def test_a_vessel_as_dense_is_cut_off_or_doubted():
    vessel = ((18.0, 0.0, 0.0), (18.0, 2.0, 2.0), 30.0, (0.0, 0.0, 0.0))
    volume, _, voxel = made("lung", (8.0, 8.0, 8.0), others=[vessel])
    found = measure_click(volume, voxel)
    assert found.longest_mm == pytest.approx(16, rel=0.1) or doubted(found)


def test_a_wall_as_dense_is_doubted_or_refused():
    wall = ((0.0, 32.0, 0.0), (60.0, 22.0, 60.0), 30.0, (0.0, 0.0, 0.0))
    volume, _, voxel = made("lung", (12.0, 12.0, 12.0), others=[wall])
    with suppress(Refused):
        found = measure_click(volume, voxel)
        assert found.longest_mm == pytest.approx(24, rel=0.1) or doubted(found)


def test_a_lesion_ends_where_the_next_slice_no_longer_looks_like_it():
    volume = phantom([], size=(11, 100, 100), background=-100.0, seed="disc")
    y, x = np.mgrid[:100, :100]
    volume.stored[4:7, np.hypot(y - 50, x - 50) < 15] += 140
    found = measure_click(volume, (50, 50, 5))
    assert found.volume_mm3 == pytest.approx(np.pi * (15 * 0.8) ** 2 * 3 * 2.5, rel=0.05)


def test_the_neighbour_above_is_not_taken_for_the_lesion():
    above = ((0.0, 0.0, 27.0), (22.0, 22.0, 22.0), 30.0, (0.0, 0.0, 0.0))
    volume, _, voxel = made("lung", (8.0, 8.0, 8.0), size=(33, 140, 140), others=[above])
    found = measure_click(volume, voxel)
    assert found.longest_mm == pytest.approx(16, rel=0.1)


NEIGHBOUR = ((21.0, 0.0, 0.0), (10.0, 10.0, 10.0), 30.0, (0.0, 0.0, 0.0))


def circle(volume, voxel, radius):
    """Patient points at both ends of both axes of a circle."""
    column, row, slice_ = voxel
    away = radius / 0.7
    ends = [(column - away, row), (column + away, row), (column, row - away), (column, row + away)]
    return [volume.patient(x, y, slice_) for x, y in ends]


def corners(volume, voxel, half):
    away = np.array((half / 0.7, half / 0.7, 0))
    return [volume.patient(*(np.array(voxel) + sign * away)) for sign in (-1, 1)]


def test_a_box_and_an_ellipse_hold_off_a_neighbour_as_dense():
    volume, _, voxel = made("lung", (12.0, 12.0, 12.0), (0.0, 0.0, 0.0), [NEIGHBOUR])
    for found in (
        measure_ellipse_at(volume, circle(volume, voxel, 12.5)),
        measure_box_at(volume, corners(volume, voxel, 12.5)),
    ):
        assert found.convention == "SUB_PIXEL"
        assert found.longest_mm == pytest.approx(24, rel=0.06)


def test_what_is_drawn_bounds_the_contour_on_its_slice():
    volume, _, voxel = made("fat", (14.0, 14.0, 14.0), (0.0, 0.0, 0.0))
    square = np.array(voxel[:2]) * 0.7 + 10.0 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    with pytest.raises(Refused, match="LEAK") as caught:
        from_ring(volume, square, voxel[2])
    assert "No border" in caught.value.says
    with pytest.raises(Refused, match=r"LEAK.*line"):
        measure_box_at(volume, corners(volume, voxel, 10.0))


def test_a_lesion_close_to_the_edge_of_the_image_is_measured():
    lesion = Ellipsoid((14.5, 40.0, 10.0), (12.0, 12.0, 12.0), 40.0)
    volume = phantom([lesion], size=(20, 100, 100), step=1.25, background=-100.0)
    assert measure_click(volume, (18, 50, 8)).longest_mm == pytest.approx(24, rel=0.04)


def test_a_faint_contour_counts_for_less():
    _, fit = first_fit(*made("fat", (11.0, 9.0, 11.0), (0.0, 0.0, 0.0))[::2])
    assert fit.clarity(abs(fit.contrast) / 3) == fit.clarity(0.0) > 0.9
    assert fit.clarity(abs(fit.contrast) / 1.5) == pytest.approx(fit.clarity(0.0) / 2)


def test_a_contour_that_a_random_walker_does_not_find_is_doubted():
    crop, fit = first_fit(*made("fat", (11.0, 9.0, 11.0), (0.0, 0.0, 0.0))[::2])
    assert doubts(crop, fit) == ()
    assert "random walker" in doubts(crop, replace(fit, radii=fit.radii * 0.9))[0]


def test_an_ellipse_around_nothing_is_taken_as_drawn():
    volume = phantom([], size=(5, 90, 90), spacing=(0.7, 0.7), background=40.0, noise=15.0)
    found = measure_ellipse_at(volume, circle(volume, (45, 45, 2), 10.0))
    assert (found.convention, found.longest_mm) == ("READER_ELLIPSE", 20.0)
    assert doubted(found)


def test_a_ring_beyond_reach_is_refused():
    volume, _, (*_, slice_) = made("fat")
    ring = np.array([(0, 0), (130, 0), (130, 130), (0, 130)]) * 1.0
    with pytest.raises(Refused, match="TOO_LARGE_TO_SEGMENT"):
        from_ring(volume, ring, slice_)


def first_fit(volume, voxel):
    """The contour on the slice of a click at the middle of a lesion, as a circle to begin with."""
    centre = np.array(voxel[:2]) * (volume.spacing[1], volume.spacing[0])
    crop = crop_of(volume, voxel[2], centre)
    rays = crop.rays(centre)
    radii = np.full(72, 10.0)
    return crop, recentred(crop, fitted(rays, 40.0, np.full(72, -100.0), radii, radii))


def test_a_random_walker_agrees_on_a_plain_lesion():
    volume, lesion, voxel = made("fat", (11.0, 9.0, 11.0), (0.0, 0.0, 0.0))
    walked = walker.longest_mm(*first_fit(volume, voxel))
    assert walked == pytest.approx(truth(lesion, volume).longest_mm, rel=0.03)


def test_a_random_walker_finds_a_border_that_the_contour_misses():
    volume, lesion, voxel = made("fat", (11.0, 9.0, 11.0), (0.0, 0.0, 0.0))
    crop, fit = first_fit(volume, voxel)
    longest = truth(lesion, volume).longest_mm
    for wrong in (0.85, 1.15):
        walked = walker.longest_mm(crop, replace(fit, radii=fit.radii * wrong))
        assert walked == pytest.approx(longest, rel=0.05)


def doubted(found) -> bool:
    return "LOW_TRUST" in {flag.code for flag in found.flags}


def refusal(volume, voxel) -> str:
    with pytest.raises(Refused) as caught:
        measure_click(volume, voxel)
    assert "line" in caught.value.says
    return caught.value.code


@pytest.mark.parametrize("noise", [0.0, 15.0])
def test_nothing_to_see_is_no_contrast(noise):
    volume = phantom([], size=(5, 90, 90), background=40.0, noise=noise)
    assert refusal(volume, (45, 45, 2)) == "NO_CONTRAST"


def test_a_lesion_without_end_is_a_leak_or_the_edge():
    body = Ellipsoid((64.0, 64.0, 8.0), (62.0, 62.0, 400.0), 40.0)
    volume = phantom([body], size=(7, 160, 160))
    assert refusal(volume, (80, 80, 3)) in {"LEAK", "EDGE_OF_VOLUME", "NO_CONTRAST"}


def test_a_lesion_cut_by_the_edge_of_the_image_is_refused():
    lesion = Ellipsoid((3.0, 40.0, 10.0), (12.0, 12.0, 12.0), 40.0)
    volume = phantom([lesion], size=(9, 100, 100))
    assert refusal(volume, (5, 50, 4)) == "EDGE_OF_VOLUME"


def test_a_lesion_cut_by_the_last_slice_is_refused():
    lesion = Ellipsoid((40.0, 40.0, 20.0), (12.0, 12.0, 12.0), 40.0)
    volume = phantom([lesion], size=(9, 100, 100))
    assert refusal(volume, (50, 50, 8)) == "EDGE_OF_VOLUME"


def test_a_speck_is_too_small():
    speck = Ellipsoid((40.0, 40.0, 10.0), (0.9, 0.9, 2.0), 400.0)
    volume = phantom([speck], size=(9, 100, 100), noise=0.0)
    assert refusal(volume, (50, 50, 4)) in {"TOO_SMALL_TO_SEGMENT", "NO_CONTRAST"}


@pytest.mark.parametrize("voxel", [(0, 0, 0), (139, 139, 0), (-0.4, 139.4, 5), (70, -0.5, 3)])
def test_clicks_in_corners_are_answered_or_refused(voxel):
    volume, _, _ = made("lung")
    with suppress(Refused):
        assert measure_click(volume, voxel).longest_mm > 0


@dataclass(frozen=True, eq=False)
class Watched(Volume):
    """A volume that notes the shapes of what is read of it."""

    read: list[tuple[int, ...]] = field(default_factory=list)

    def values(self, slices, rows, columns):
        crop = super().values(slices, rows, columns)
        self.read.append(crop.shape)
        return crop


def test_no_more_than_the_reach_of_single_slices_is_looked_at():
    volume, _, voxel = made("lung", size=(20, 300, 320))
    watched = Watched(**{name.name: getattr(volume, name.name) for name in fields(volume)})
    measure_click(watched, voxel)
    assert watched.read
    assert all(len(shape) == 2 and max(shape) <= 2 * 62 / 0.7 + 3 for shape in watched.read)
