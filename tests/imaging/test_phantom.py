"""Phantoms: whether what they claim to be is what they are."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from imaging.phantom import Ellipsoid, phantom, truth, write
from imaging.series.loading import load


def test_a_plane_off_the_centre_cuts_the_circle_of_pythagoras() -> None:
    volume = phantom([], size=(3, 8, 8), step=5.0, origin=(0.0, 0.0, 3.0))
    found = truth(Ellipsoid((0.0, 0.0, 0.0), (5.0, 5.0, 5.0), 0.0), volume)
    assert found == pytest.approx((8.0, 8.0, 0))


def test_a_lesion_turned_in_the_plane_keeps_its_diameters() -> None:
    volume = phantom([], size=(5, 8, 8), step=2.5)
    lesion = Ellipsoid((3.0, 3.0, 5.0), (15.0, 6.0, 9.0), 0.0, turned=(0.0, 0.0, 37.0))
    assert truth(lesion, volume) == pytest.approx((30.0, 12.0, 2))


def test_a_lesion_turned_through_the_plane_is_shorter_on_it() -> None:
    # x² / 15² + z² / 6², turned by 30 degrees about y: where z = 0, x is 1 / sqrt(q11).
    volume = phantom([], size=(1, 8, 8))
    lesion = Ellipsoid((0.0, 0.0, 0.0), (15.0, 4.0, 6.0), 0.0, turned=(0.0, 30.0, 0.0))
    longest = 2 / np.sqrt(0.75 / 15**2 + 0.25 / 6**2)
    assert truth(lesion, volume) == pytest.approx((longest, 8.0, 0))


def test_no_truth_where_no_plane_cuts_the_lesion() -> None:
    volume = phantom([], size=(2, 8, 8), step=10.0)
    with pytest.raises(ValueError, match="No plane"):
        truth(Ellipsoid((0.0, 0.0, 5.0), (4.0, 4.0, 4.0), 0.0), volume)


@pytest.mark.parametrize("turned", [(0.0, 0.0, 0.0), (20.0, 35.0, 50.0)])
def test_coverage_at_the_edges_adds_up_to_the_volume_of_the_ellipsoid(
    turned: tuple[float, float, float],
) -> None:
    lesion = Ellipsoid((16.3, 14.9, 15.2), (9.0, 7.0, 8.0), 1000.0, turned)
    volume = phantom(
        [lesion], size=(13, 32, 36), spacing=(1.0, 0.9), background=0.0, noise=0.0, step=2.5
    )
    covered = volume.values(slice(None), slice(None), slice(None)).sum() / 1000.0
    assert covered * 1.0 * 0.9 * 2.5 == pytest.approx(4 / 3 * np.pi * 9 * 7 * 8, rel=0.01)


def test_a_voxel_on_an_edge_has_the_share_that_is_covered() -> None:
    # So large a ball that its side is flat here, at x = 8.25: three quarters of the ninth voxel.
    wall = Ellipsoid((-99991.75, 0.0, 0.0), (1e5, 1e5, 1e5), 100.0)
    volume = phantom([wall], size=(1, 1, 12), spacing=(1.0, 1.0), background=0.0, noise=0.0)
    values = volume.values(0, slice(0, 1), slice(6, 11))
    assert values.tolist() == [[100.0, 100.0, 75.0, 0.0, 0.0]]


def test_later_ellipsoids_lie_over_earlier_ones() -> None:
    body = Ellipsoid((8.0, 8.0, 0.0), (6.0, 6.0, 50.0), 40.0)
    lesion = Ellipsoid((8.0, 8.0, 0.0), (2.0, 2.0, 50.0), -20.0)
    volume = phantom([body, lesion], size=(1, 17, 17), spacing=(1.0, 1.0), noise=0.0)
    assert [volume.values(0, slice(8, 9), slice(n, n + 1)).item() for n in (0, 4, 8)] == [
        -1000.0,
        40.0,
        -20.0,
    ]


def test_the_seed_alone_decides_noise_and_identity() -> None:
    one, same, other = (phantom([], size=(2, 8, 8), seed=seed) for seed in ("a", "a", "b"))
    np.testing.assert_array_equal(one.stored, same.stored)
    assert one.sop_instance_uids == same.sop_instance_uids
    assert not np.array_equal(one.stored, other.stored)
    assert one.series_uid != other.series_uid
    assert len({*one.sop_instance_uids, one.series_uid, one.study_uid}) == 4
    assert float(phantom([], size=(4, 64, 64), noise=25.0).stored.std()) == pytest.approx(
        25, rel=0.03
    )


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    lesion = Ellipsoid((10.0, 5.0, -8.0), (6.0, 5.0, 4.0), 80.0)
    cosine, sine = np.cos(0.3), np.sin(0.3)
    made = phantom(
        [lesion],
        size=(7, 20, 24),
        spacing=(0.83, 0.77),
        step=1.7,
        origin=(-3.3, 1 / 3, -20.0),
        row_direction=(cosine, sine, 0.0),
        column_direction=(0.0, 0.0, -1.0),
    )
    write(made, tmp_path, patient_id="S-007", study_date=date(2024, 5, 6))
    read = load(tmp_path)
    np.testing.assert_array_equal(read.stored, made.stored)
    assert read.sop_instance_uids == made.sop_instance_uids
    np.testing.assert_allclose(read.positions, made.positions, atol=1e-8)
    np.testing.assert_allclose(read.normal, made.normal, atol=1e-12)
    assert read.step == pytest.approx(1.7)
    assert (read.spacing, read.thickness) == ((0.83, 0.77), 1.7)
    assert [flag.code for flag in read.flags] == ["ANISOTROPIC_PIXELS"]
    assert truth(lesion, read) == pytest.approx(truth(lesion, made))


def test_files_carry_the_code_of_the_subject_and_no_name(tmp_path: Path) -> None:
    write(phantom([], size=(3, 8, 8)), tmp_path, patient_id="S-007", study_date=date(2024, 5, 6))
    images = [dcmread(path) for path in sorted(tmp_path.iterdir())]
    assert {str(image.PatientID) for image in images} == {"S-007"}
    assert {str(image.PatientName) for image in images} == {""}
    assert {image.StudyDate for image in images} == {"20240506"}
    assert [image.InstanceNumber for image in images] != [1, 2, 3], "names tell no order"
