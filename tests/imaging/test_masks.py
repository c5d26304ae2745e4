"""SEG and RTSTRUCT that were made to be awkward."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from imaging.flags import Refused
from imaging.masks.delineation import even_step
from imaging.masks.reading import read_masks
from imaging.measure import measure_mask
from imaging.phantom import phantom
from imaging.series.loading import load

SEG = "1.2.840.10008.5.1.4.1.1.66.4"
LABELMAP = "1.2.840.10008.5.1.4.1.1.66.7"
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


def measured(path: Path, folder: Path | None):
    """What is measured of each segment or region, or its refusal, by number."""
    volume = load(folder) if folder else None
    return {
        mark.number: mark.found if isinstance(mark.found, Refused) else measure_mask(mark.found)
        for mark in read_masks(path).marked(volume)
    }


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
    # From the middle of the row of just half to where it falls to half between the last two rows;
    # at both ends the boundary runs straight to the middle between the outer columns.
    last = 0.5 / (1 - 99 / 200)
    assert found.area_mm2 == pytest.approx((6 * (2 + last) - 0.5 - last / 2) * 0.4, abs=1e-3)


def test_a_fractional_mask_offers_the_share_of_each_voxel(tmp_path):
    fractions = SQUARE * 150
    path = seg(tmp_path / "a", [fractions] * 2, [0.0, 2.0], kind="FRACTIONAL")
    found = read_masks(path).marked(None)[0].found
    assert found.coverage.shares.max() == pytest.approx(0.75)
    assert found.coverage.offset == (0, 2, 2)  # a pixel around, for where half lies
    assert np.array_equal(found.coverage.region.voxels, found.shape.voxels)
    binary = read_masks(seg(tmp_path / "b", [SQUARE], [0.0])).marked(None)[0].found
    assert binary.coverage is None


@pytest.mark.parametrize("full", [0, None])
def test_fractions_of_nothing_are_refused(tmp_path, full):
    path = seg(tmp_path / "a", [SQUARE * 200], [0.0], kind="FRACTIONAL")
    mask = pydicom.dcmread(path)
    mask.MaximumFractionalValue = full
    mask.save_as(path)
    with pytest.raises(Refused) as caught:
        read_masks(path).marked(None)
    assert caught.value.code == "UNREADABLE"


def test_overlapping_segments_on_one_plane_are_kept_apart(tmp_path):
    shifted = np.roll(SQUARE, 1, axis=0)
    path = seg(tmp_path / "a", [SQUARE, shifted], [0.0, 0.0], [1, 2], spacing=2.0)
    one, other = (mark.found.shape for mark in read_masks(path).marked(None))
    assert (len(one), len(other)) == (24, 24)
    assert other.offset[1] == one.offset[1] + 1


def test_frames_that_begin_elsewhere_on_one_plane_are_refused(tmp_path):
    path = seg(tmp_path / "a", [SQUARE] * 2, [0.0, 0.0])
    mask = pydicom.dcmread(path)
    place = mask.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0]
    place.ImagePositionPatient = [12, 20, 0]
    mask.save_as(path)
    with pytest.raises(Refused) as caught:
        read_masks(path).marked(None)
    assert caught.value.code == "NO_GEOMETRY"


def test_a_label_is_one_printable_line(tmp_path):
    path = seg(tmp_path / "a", [SQUARE], [0.0])
    mask = pydicom.dcmread(path)
    mask.SegmentSequence[0].SegmentLabel = "<b>node</b>\x1b[2J\n 1"
    mask.save_as(path)
    assert read_masks(path).marked(None)[0].label == "<b>node</b> [2J 1"


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
    found = read_masks(path).marked(volume)[0].found
    assert found.own  # the frames of reference differ


@pytest.mark.parametrize(("shift", "own"), [(0.0, False), (0.02, False), (0.5, True)])
def test_a_mask_in_the_space_of_the_images_lies_on_their_slices(tmp_path, shift, own):
    from dataclasses import replace

    path = seg(tmp_path / "a", [SQUARE] * 2, [2.5 + shift, 5.0 + shift])
    volume = phantom([], size=(3, 10, 12), spacing=(0.5, 0.8), origin=(10.0, 20.0, 0.0))
    volume = replace(volume, frame_of_reference_uid="1.2.3")
    found = read_masks(path).marked(volume)[0].found
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
    found = read_masks(rtstruct(tmp_path / "a", [square(10, 0), square(12, 3)])).marked(None)
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


def test_contours_that_enclose_nothing_are_left_out_and_flagged(tmp_path):
    stray = [[[40, 40, 0]], [[40, 40, 2], [41, 40, 2]]]
    found = measured(rtstruct(tmp_path / "a", [square(10, 0), *stray]), None)[7]
    assert found.longest_mm == pytest.approx(10 * np.sqrt(2), abs=1e-3)
    assert "CONTOURS_LEFT_OUT" in {flag.code for flag in found.flags}
    clean = measured(rtstruct(tmp_path / "b", [square(10, 0)]), None)[7]
    assert "CONTOURS_LEFT_OUT" not in {flag.code for flag in clean.flags}


def test_half_a_point_is_refused(tmp_path):
    ragged = np.ravel(square(10, 0)).tolist()[:-1]
    assert measured(rtstruct(tmp_path / "a", [ragged]), None)[7].code == "NOT_A_MASK"


def test_how_a_region_was_drawn_is_kept(tmp_path):
    path = rtstruct(tmp_path / "a", [square(10, 0)])
    structures = pydicom.dcmread(path)
    structures.StructureSetROISequence[0].ROIGenerationAlgorithm = "AUTOMATIC"
    structures.save_as(path)
    region, nothing = read_masks(path).marked(None)
    assert (region.origin.algorithm_type, nothing.origin.algorithm_type) == ("AUTOMATIC", "MANUAL")


def test_an_image_is_no_mask(dicom):
    with pytest.raises(Refused) as caught:
        read_masks(dicom / "liver-ct-seg-sr" / "ct" / "01.dcm")
    assert caught.value.code == "NOT_A_MASK"


def test_a_mask_without_positions_has_no_geometry(tmp_path):
    path = seg(tmp_path / "a", [SQUARE], [0.0])
    mask = pydicom.dcmread(path)
    del mask.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence
    mask.save_as(path)
    with pytest.raises(Refused) as caught:
        read_masks(path).marked(None)
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
            for mark in read_masks(bytes(hurt)).marked(None):
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
