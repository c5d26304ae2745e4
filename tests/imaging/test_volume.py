"""Indices and patient millimetres: whether a Volume takes one to the other and back."""

from dataclasses import replace

import numpy as np
import pytest

from imaging.volume import Volume


@pytest.fixture
def volume() -> Volume:
    """Three slices of 4 rows and 5 columns, oblique, sheared and unevenly spaced."""
    angle = np.radians(30)
    row = np.array([1.0, 0.0, 0.0])
    column = np.array([0.0, np.cos(angle), -np.sin(angle)])
    table = np.array([0.0, 0.0, 1.0])
    return Volume(
        stored=np.arange(60, dtype=np.int16).reshape(3, 4, 5),
        slope=np.array([1.0, 2.0, 0.5]),
        intercept=np.array([-1000.0, 0.0, 10.0]),
        positions=np.array([10.0, -20.0, 30.0]) + np.array([0.0, 2.0, 7.0])[:, None] * table,
        row_direction=row,
        column_direction=column,
        spacing=(0.9, 0.6),
        step=None,
        sop_instance_uids=("1.1", "1.2", "1.3"),
        frames=(None, None, None),
        modality="CT",
        series_uid="1",
        study_uid="2",
        frame_of_reference_uid="3",
        thickness=2.0,
        flags=(),
    )


def test_the_first_pixel_of_each_slice_lies_at_its_position(volume: Volume) -> None:
    np.testing.assert_allclose(volume.patient(0, 0, [0, 1, 2]), volume.positions)


def test_the_first_spacing_is_between_rows_and_the_second_between_columns(volume: Volume) -> None:
    # PS3.3 10.7.1.3
    np.testing.assert_allclose(volume.patient(1, 0, 0) - volume.positions[0], [0.6, 0, 0])
    down = volume.patient(0, 1, 0) - volume.positions[0]
    np.testing.assert_allclose(down, 0.9 * volume.column_direction)


def test_the_normal_is_row_direction_cross_column_direction(volume: Volume) -> None:
    np.testing.assert_allclose(volume.normal, [0.0, 0.5, np.sqrt(0.75)], atol=1e-12)


def test_a_point_comes_back_from_where_it_was_put(volume: Volume) -> None:
    random = np.random.default_rng(1)
    indices = random.uniform([-3, -3, -1.5], [8, 8, 4.0], (200, 3))
    columns, rows, slices = indices.T
    points = volume.patient(columns, rows, slices)
    assert points.shape == (200, 3)
    np.testing.assert_allclose(volume.voxel(points), indices, atol=1e-9)


def test_a_fractional_slice_follows_the_shear_and_the_uneven_gap(volume: Volume) -> None:
    np.testing.assert_allclose(volume.patient(0, 0, 1.5), [10.0, -20.0, 34.5])
    np.testing.assert_allclose(volume.voxel([10.0, -20.0, 34.5]), [0, 0, 1.5], atol=1e-12)


def test_on_one_slice_a_point_off_its_plane_shows(volume: Volume) -> None:
    single = replace(volume, positions=volume.positions[:1], stored=volume.stored[:1])
    on_plane = single.patient(2.25, 3, 0)
    np.testing.assert_allclose(single.voxel(on_plane), [2.25, 3, 0], atol=1e-12)
    np.testing.assert_allclose(single.voxel(on_plane + 4 * single.normal), [2.25, 3, 2])
    np.testing.assert_allclose(single.patient(2.25, 3, 2), on_plane + 4 * single.normal)


def test_slices_at_one_place_give_finite_indices(volume: Volume) -> None:
    doubled = replace(volume, positions=volume.positions[[0, 1, 1]])
    index = doubled.voxel(doubled.patient([1.0, 1.0], 2, [1, 2]))
    np.testing.assert_allclose(index[:, :2], [[1, 2], [1, 2]], atol=1e-9)
    assert np.all(np.isfinite(index))


def test_each_slice_of_a_crop_is_rescaled_by_its_own_slope(volume: Volume) -> None:
    one = volume.values(1, slice(1, 3), slice(2, 4))
    np.testing.assert_array_equal(one, 2.0 * volume.stored[1, 1:3, 2:4])
    crop = volume.values(slice(0, 3), slice(0, 1), slice(0, 1))
    np.testing.assert_array_equal(crop[:, 0, 0], [-1000.0, 40.0, 30.0])
    assert volume.stored.dtype == np.int16, "the stored values stay as they were read"
