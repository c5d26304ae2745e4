"""SEG and RTSTRUCT: the known values of real ones, and small ones made to be awkward."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from imaging import masks
from imaging.delineation import even_step
from imaging.flags import Refused
from imaging.measure import measure_mask
from imaging.phantom import phantom
from imaging.series import load

SEG = "1.2.840.10008.5.1.4.1.1.66.4"
LABELMAP = "1.2.840.10008.5.1.4.1.1.66.7"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


def measured(path: Path, folder: Path | None):
    """What is measured of each segment or region, or its refusal, by number."""
    volume = load(folder) if folder else None
    return {
        mark.number: mark.found if isinstance(mark.found, Refused) else measure_mask(mark.found)
        for mark in masks.read(path).marked(volume)
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


# Small masks, made here.


def saved(mask: Dataset, path: Path) -> Path:
    mask.SOPInstanceUID, mask.SeriesInstanceUID = generate_uid(), generate_uid()
    mask.StudyInstanceUID, mask.FrameOfReferenceUID = generate_uid(), "1.2.3"
    mask.file_meta = FileMetaDataset()
    mask.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    mask.file_meta.MediaStorageSOPClassUID = mask.SOPClassUID
    mask.file_meta.MediaStorageSOPInstanceUID = mask.SOPInstanceUID
    mask.save_as(path, enforce_file_format=True)
    return path


def item(**members) -> Dataset:
    found = Dataset()
    for keyword, value in members.items():
        setattr(found, keyword, value)
    return found


def seg(path, frames, levels, numbers=None, kind="BINARY", spacing=None, labels=2) -> Path:
    """A SEG of frames at z levels; without `numbers` the shared group says that all are 1."""
    mask = Dataset()
    mask.SOPClassUID = LABELMAP if kind == "LABELMAP" else SEG
    mask.Modality, mask.SegmentationType = "SEG", kind
    pixels = np.array(frames, np.uint8)
    mask.NumberOfFrames, mask.Rows, mask.Columns = pixels.shape
    mask.SamplesPerPixel, mask.PhotometricInterpretation = 1, "MONOCHROME2"
    mask.PixelRepresentation = 0
    bits = 1 if kind == "BINARY" else 8
    mask.BitsAllocated, mask.BitsStored, mask.HighBit = bits, bits, bits - 1
    raw = np.packbits(pixels, bitorder="little") if bits == 1 else pixels.ravel()
    mask.PixelData = raw.tobytes() + b"\0" * (len(raw) % 2)
    if kind == "FRACTIONAL":
        mask.MaximumFractionalValue = 200
    mask.SegmentSequence = [
        item(SegmentNumber=number, SegmentLabel=f"lesion {number}")
        for number in range(1, labels + 1)
    ]
    measures = item(PixelSpacing=[0.5, 0.8])
    if spacing:
        measures.SpacingBetweenSlices = spacing
    shared = item(
        PixelMeasuresSequence=[measures],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    )
    if numbers is None:
        shared.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=1)]
    mask.SharedFunctionalGroupsSequence = [shared]
    mask.PerFrameFunctionalGroupsSequence = []
    for place, z in enumerate(levels):
        frame = item(PlanePositionSequence=[item(ImagePositionPatient=[10, 20, z])])
        if numbers is not None:
            frame.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=numbers[place])]
        mask.PerFrameFunctionalGroupsSequence.append(frame)
    return saved(mask, path)


SQUARE = np.pad(np.ones((4, 6), int), 3)  # 24 voxels in 10 × 12


def test_frames_in_any_order_with_absent_planes(tmp_path):
    path = seg(tmp_path / "a", [SQUARE] * 3, [12.0, 0.0, 3.0], [1, 1, 2], spacing=3.0)
    found = measured(path, None)
    assert found[1].volume_mm3 == pytest.approx(2 * 24 * 0.4 * 3)
    assert found[2].volume_mm3 == pytest.approx(24 * 0.4 * 3)
    assert found[2].longest_patient_mm[0][2] == 3.0


def test_a_step_that_is_not_stated_is_that_of_the_planes(tmp_path):
    path = seg(tmp_path / "a", [SQUARE] * 3, [4.0, 0.0, 2.0])
    assert measured(path, None)[1].volume_mm3 == pytest.approx(3 * 24 * 0.4 * 2)


def test_unevenly_spaced_planes_have_no_volume(tmp_path):
    found = measured(seg(tmp_path / "a", [SQUARE] * 3, [0.0, 2.0, 5.0]), None)[1]
    assert found.volume_mm3 is None
    assert "UNEVEN_SPACING" in {flag.code for flag in found.flags}


def test_a_single_plane_has_no_volume(tmp_path):
    found = measured(seg(tmp_path / "a", [SQUARE], [0.0]), None)[1]
    assert (found.volume_mm3, found.area_mm2) == (None, pytest.approx(24 * 0.4))
    assert "SINGLE_SLICE" in {flag.code for flag in found.flags}


def test_a_segment_numbered_in_the_shared_group(tmp_path):
    found = measured(seg(tmp_path / "a", [SQUARE] * 2, [0.0, 2.0]), None)
    assert found[1].longest_mm == pytest.approx(np.hypot(5 * 0.8, 3 * 0.5), abs=0.3)
    assert found[2].code == "EMPTY_SEGMENT"


def test_a_fractional_mask_is_measured_at_half(tmp_path):
    fractions = SQUARE * 200
    fractions[3] = fractions[3] // 2  # a row of just half
    fractions[6] = fractions[6] * 99 // 200  # a row of less
    found = measured(seg(tmp_path / "a", [fractions], [0.0], kind="FRACTIONAL"), None)[1]
    assert found.area_mm2 == pytest.approx(18 * 0.4)


def test_a_label_map_has_a_segment_for_each_value(tmp_path):
    both = SQUARE.copy()
    both[:5] *= 2
    found = measured(seg(tmp_path / "a", [both, both], [0.0, 1.5], kind="LABELMAP"), None)
    assert {number: mask.area_mm2 for number, mask in found.items()} == pytest.approx(
        {1: 4.8, 2: 4.8}
    )


def test_a_mask_of_other_images_is_measured_in_its_own_geometry(tmp_path):
    path = seg(tmp_path / "a", [SQUARE] * 2, [0.0, 2.5])
    volume = phantom([], size=(3, 10, 12), spacing=(0.5, 0.8), origin=(10.0, 20.0, 0.0))
    found = masks.read(path).marked(volume)[0].found
    assert found.own  # the frames of reference differ


@pytest.mark.parametrize(("shift", "own"), [(0.0, False), (0.02, False), (0.5, True)])
def test_a_mask_in_the_space_of_the_images_lies_on_their_slices(tmp_path, shift, own):
    from dataclasses import replace

    path = seg(tmp_path / "a", [SQUARE] * 2, [2.5 + shift, 5.0 + shift])
    volume = phantom([], size=(3, 10, 12), spacing=(0.5, 0.8), origin=(10.0, 20.0, 0.0))
    volume = replace(volume, frame_of_reference_uid="1.2.3")
    found = masks.read(path).marked(volume)[0].found
    assert found.own is own
    measured_ = measure_mask(found)
    assert measured_.slice == (None if own else 1)


def rtstruct(path, contours, kind="CLOSED_PLANAR", frame="1.2.3") -> Path:
    structures = Dataset()
    structures.SOPClassUID, structures.Modality = RTSTRUCT, "RTSTRUCT"
    structures.StructureSetROISequence = [
        item(ROINumber=7, ROIName="node", ReferencedFrameOfReferenceUID=frame),
        item(ROINumber=9, ROIName="nothing", ReferencedFrameOfReferenceUID=frame),
    ]
    drawn = [
        item(
            ContourGeometricType=kind,
            NumberOfContourPoints=len(points),
            ContourData=np.ravel(points).tolist(),
        )
        for points in contours
    ]
    structures.ROIContourSequence = [item(ReferencedROINumber=7, ContourSequence=drawn)]
    return saved(structures, path)


def square(side: float, z: float, corner: float = 5) -> np.ndarray:
    far = corner + side
    return np.array([[corner, corner, z], [far, corner, z], [far, far, z], [corner, far, z]])


def test_regions_are_named_by_number_and_label(tmp_path):
    found = masks.read(rtstruct(tmp_path / "a", [square(10, 0), square(12, 3)])).marked(None)
    assert [(mark.kind, mark.number, mark.label) for mark in found] == [
        ("roi", 7, "node"),
        ("roi", 9, "nothing"),
    ]
    assert found[1].found.code == "EMPTY_SEGMENT"
    measured_ = measure_mask(found[0].found)
    assert measured_.longest_mm == pytest.approx(12 * np.sqrt(2), abs=1e-3)
    assert measured_.volume_mm3 == pytest.approx((100 + 144) * 3)


def test_an_island_in_a_hole_is_filled_again(tmp_path):
    rings = [square(20, 0), square(10, 0, 10), square(4, 0, 13)]
    found = measured(rtstruct(tmp_path / "a", rings), None)[7]
    assert found.area_mm2 == pytest.approx(400 - 100 + 16)
    assert found.longest_mm == pytest.approx(20 * np.sqrt(2), abs=1e-3)


def test_contours_on_planes_of_any_orientation(tmp_path):
    turn = np.linalg.qr(np.array([[1.0, 2, 3], [4, 5, 7], [1, 0, 2]]))[0]
    rings = [square(10, z) @ turn.T for z in (0, 2, 4)]
    found = measured(rtstruct(tmp_path / "a", rings), None)[7]
    assert found.longest_mm == pytest.approx(10 * np.sqrt(2), abs=1e-3)
    assert found.volume_mm3 == pytest.approx(600, abs=0.1)


@pytest.mark.parametrize(
    ("contours", "kind", "code"),
    [
        ([[[0, 0, 0], [1, 1, 0]]], "CLOSED_PLANAR", "NOT_A_MASK"),
        ([square(10, 0)], "OPEN_PLANAR", "NOT_A_MASK"),
        ([[[0, 0, 0], [9, 0, 0], [9, 9, 4], [0, 9, 0]]], "CLOSED_PLANAR", "NOT_PLANAR"),
        ([square(10, 0), square(10, 3)[:, [2, 0, 1]]], "CLOSED_PLANAR", "NOT_PLANAR"),
    ],
)
def test_what_is_no_region_is_refused_by_name(tmp_path, contours, kind, code):
    found = measured(rtstruct(tmp_path / "a", contours, kind), None)
    assert found[7].code == code


def test_an_image_is_no_mask(dicom):
    with pytest.raises(Refused) as caught:
        masks.read(dicom / "liver-ct-seg-sr" / "ct" / "01.dcm")
    assert caught.value.code == "NOT_A_MASK"


def test_a_mask_without_positions_has_no_geometry(tmp_path):
    path = seg(tmp_path / "a", [SQUARE], [0.0])
    mask = pydicom.dcmread(path)
    del mask.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence
    mask.save_as(path)
    with pytest.raises(Refused) as caught:
        masks.read(path).marked(None)
    assert caught.value.code == "NO_GEOMETRY"


@pytest.mark.parametrize("kind", ["SEG", "RTSTRUCT"])
def test_damaged_masks_are_refused_and_nothing_else_escapes(tmp_path, kind):
    path = tmp_path / "a"
    made = seg(path, [SQUARE] * 2, [0.0, 2.0]) if kind == "SEG" else rtstruct(path, [square(9, 0)])
    whole = made.read_bytes()
    rng = np.random.default_rng(7)
    for trial in range(150):
        hurt = bytearray(whole[: rng.integers(150, len(whole))] if trial % 3 == 0 else whole)
        for place in rng.integers(132, len(hurt), size=1 + trial % 5):
            hurt[place] = rng.integers(256)
        try:
            for mark in masks.read(bytes(hurt)).marked(None):
                if not isinstance(mark.found, Refused):
                    measure_mask(mark.found)
        except Refused as refusal:
            assert refusal.code  # noqa: PT017 -- either way is right, another exception is not


@pytest.mark.parametrize(
    ("levels", "stated", "step"),
    [
        ([0, 2, 4], None, 2),
        ([0, 2, 6], None, 2),
        ([0, 4, 8], 2.0, 2),
        ([0, 4, 8], 3.0, 4),
        ([0, 2, 5], None, None),
        ([0], 2.5, 2.5),
        ([0], None, None),
    ],
)
def test_the_step_is_one_that_all_planes_keep(levels, stated, step):
    assert even_step(np.array(levels, float), stated) == step
