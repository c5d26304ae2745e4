"""SEG and RTSTRUCT that other programs wrote: their known values."""

from pathlib import Path

import pytest

from imaging.flags import Refused
from imaging.masks.reading import read_masks
from imaging.measure import measure_mask
from imaging.series.loading import load


def measured(path: Path, folder: Path | None):
    """What is measured of each segment or region, or its refusal, by number."""
    volume = load(folder) if folder else None
    return {
        mark.number: mark.found if isinstance(mark.found, Refused) else measure_mask(mark.found)
        for mark in read_masks(path).marked(volume)
    }


def test_the_liver_has_the_volume_of_its_report(dicom):
    folder = dicom / "liver-ct-seg-sr"
    found = measured(folder / "seg_liver.dcm", folder / "ct")[1]
    assert found.volume_mm3 == pytest.approx(70361.9, abs=0.1)  # step 1.0, not thickness 1.25
    assert found.longest_mm == pytest.approx(239.20 + 0.3 * 0.810547, abs=0.01)
    assert (found.slice, found.longest_patient_mm[0][2]) == (0, -128.69)
    assert found.sop_instance_uid.endswith(".1")
    assert not {flag.code for flag in found.flags} & {"OWN_GEOMETRY", "SLICES_MISSING"}


def test_the_liver_without_its_images_is_measured_in_its_own_geometry(dicom):
    folder = dicom / "liver-ct-seg-sr"
    with_images = measured(folder / "seg_liver.dcm", folder / "ct")[1]
    alone = measured(folder / "seg_liver.dcm", None)[1]
    assert alone.slice is None
    assert alone.frame is None
    assert alone.sop_instance_uid == with_images.sop_instance_uid
    assert alone.longest_mm == with_images.longest_mm
    assert alone.volume_mm3 == pytest.approx(with_images.volume_mm3, rel=1e-5)
    assert alone.longest_patient_mm == with_images.longest_patient_mm
    assert "OWN_GEOMETRY" in {flag.code for flag in alone.flags}


def test_overlapping_segments_keep_their_voxels(dicom):
    folder = dicom / "liver-ct-seg-sr"
    found = measured(folder / "seg_partial_overlaps.dcm", folder / "ct")
    ml = {number: mask.volume_mm3 / 1000 for number, mask in found.items()}
    known = {1: 6.3084, 2: 7.8103, 3: 7.0580, 4: 4.3972, 5: 3.0964}
    assert ml == pytest.approx(known, abs=1e-4)


HEAD_AND_NECK = {  # ml, and mm between voxel centres
    1: (39.5837, 41.01), 2: (2.6358, 19.20), 3: (10.6598, 31.29), 4: (98.6677, 65.90),
    5: (4.92172, 19.79), 6: (8.74714, 25.85), 7: (21.5063, 35.43), 8: (22.1594, 43.46),
    9: (5.1783, 21.73), 10: (1.003, 10.73), 11: (1.44619, 12.24),
}  # fmt: skip


def test_a_tumour_and_ten_nodes_have_the_volumes_of_their_report(dicom):
    found = measured(dicom / "headneck-seg-sr" / "seg_11_lesions.dcm", None)
    assert list(found) == list(HEAD_AND_NECK)
    for number, (ml, centres) in HEAD_AND_NECK.items():
        assert found[number].volume_mm3 == pytest.approx(1000 * ml, rel=2e-4)
        assert found[number].longest_mm == pytest.approx(centres + 0.3 * 3.394, abs=0.006)
        assert found[number].short_axis_mm <= found[number].longest_mm


def test_the_lung_tumour_is_measured_on_its_polygons(dicom):
    folder = dicom / "ibsi-lung-ct-rtstruct"
    found = measured(folder / "rtstruct.dcm", folder / "ct")[1]
    assert found.volume_mm3 == pytest.approx(358_660, abs=10)
    assert found.longest_mm == pytest.approx(103.85, abs=0.005)  # in plane, not the 125 of 3-D
    assert found.longest_patient_mm[0][2] == pytest.approx(-31.4)
    assert found.short_axis_mm <= 97.15
    assert (found.convention, found.slice) == ("CONTOUR", 23)
    alone = measured(folder / "rtstruct.dcm", None)[1]
    assert (alone.slice, alone.longest_px) == (None, None)
    assert alone.volume_mm3 == pytest.approx(found.volume_mm3, rel=1e-5)


@pytest.mark.parametrize(("modality", "ml"), [("CT", 80.08), ("MR_T1", 80.09)])
def test_the_sarcoma_is_as_long_on_ct_as_on_mr(dicom, modality, ml):
    folder = dicom / "sarcoma-ct-mr-rtstruct"
    found = measured(folder / f"rtstruct_{modality}.dcm", folder / modality)[1]
    assert found.longest_mm == pytest.approx(53.92, abs=0.005)
    assert found.volume_mm3 / 1000 == pytest.approx(ml, abs=0.01)
    assert found.slice is not None


@pytest.mark.parametrize("name", ["invalid_reference_rt.dcm", "non_existent_reference_rt.dcm"])
def test_references_to_images_that_are_not_there_do_no_harm(dicom, name):
    folder = dicom / "rtstruct-bad-references"
    found = measured(folder / name, folder)
    longest = {number: region.longest_mm for number, region in found.items()}
    assert longest == pytest.approx({1: 36.40, 2: 30.90, 3: 34.34, 4: 43.53}, abs=0.005)
    assert {region.slice for region in found.values()} == {None}
    assert all(region.sop_instance_uid for region in found.values())


def test_a_hole_counts_for_the_area_alone(dicom):
    folder = dicom / "rtstruct-bad-references"
    found = measured(folder / "rt.dcm", folder)[1]
    assert found.longest_mm == pytest.approx(33.94, abs=0.005)
    assert found.area_mm2 < 24 * 24
    assert found.slice == 0
