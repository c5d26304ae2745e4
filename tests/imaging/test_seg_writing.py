"""Segmentations that are written: read back voxel by voxel, by us and by others, and valid."""

import io
import shutil
import subprocess
from datetime import date

import highdicom as hd
import numpy as np
import pydicom
import pytest

from imaging.flags import Refused
from imaging.masks.delineation import Origin
from imaging.masks.reading import read_masks
from imaging.masks.seg_writing import Lesion, Software, segmentation
from imaging.measure import found_by_click, measure_mask
from imaging.phantom import Ellipsoid, phantom, write
from imaging.series.loading import load
from imaging.shapes import voxels
from imaging.shapes.contours import Contours
from imaging.shapes.region import Region

SOFTWARE = Software("recist", "1.2.3")
LESION = Ellipsoid((20.0, 60.0, 12.0), (9.0, 7.0, 8.0), 60.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("series")
    turned = ((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0))
    made = phantom(
        [LESION],
        size=(11, 90, 101),
        spacing=(0.8, 0.7),
        origin=(10.5, 20.25, -3.125),
        row_direction=turned[0],
        column_direction=turned[1],
        background=-100.0,
        seed="seg",
    )
    write(made, place, patient_id="S-001", study_date=date(2024, 3, 1))
    return place


@pytest.fixture(scope="module")
def volume(folder):
    return load(folder)


@pytest.fixture(scope="module")
def sample(folder):
    return min(folder.iterdir())


def blobs(volume, seed, count=2) -> list[Lesion]:
    """Random voxels, scattered over slices with empty ones between, which may overlap."""
    rng = np.random.default_rng(seed)
    found = []
    for n in range(count):
        voxels_ = np.zeros(volume.stored.shape, bool)
        voxels_[rng.integers(11, size=4), 7:40, 11:60] = rng.random((4, 33, 49)) < 0.3
        found.append(Lesion(f"lesion {n + 1}", Region.of(voxels_), Origin("AUTOMATIC", "a model")))
    return found


def whole(region: Region, volume) -> np.ndarray:
    found = np.zeros(volume.stored.shape, bool)
    places = zip(region.offset, region.voxels.shape, strict=True)
    found[tuple(slice(first, first + count) for first, count in places)] = region.voxels
    return found


def valid(encoded: bytes, path) -> None:
    """No error by dciodvfy, where it is installed."""
    if not shutil.which("dciodvfy"):
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    path.write_bytes(encoded)
    checked = subprocess.run(
        ["dciodvfy", "-new", path], capture_output=True, text=True, check=False
    )
    said = checked.stdout + checked.stderr
    assert "Segmentation" in said
    assert [line for line in said.splitlines() if line.startswith("Error")] == []


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_is_read_back_voxel_by_voxel(volume, sample, seed):
    lesions = blobs(volume, seed, count=1 + seed % 3)
    found = read_masks(segmentation(volume, lesions, sample, SOFTWARE)).marked(volume)
    assert [mark.number for mark in found] == list(range(1, len(lesions) + 1))
    for mark, lesion in zip(found, lesions, strict=True):
        assert not mark.found.own
        assert mark.found.shape.offset == lesion.region.offset
        assert np.array_equal(mark.found.shape.voxels, lesion.region.voxels)
        assert (mark.label, mark.origin) == (lesion.label, lesion.origin)
        assert mark.tracking_uid == lesion.tracking_uid


def test_highdicom_reads_the_same_voxels(volume, sample):
    lesions = blobs(volume, 9)
    read = hd.seg.segread(io.BytesIO(segmentation(volume, lesions, sample, SOFTWARE)))
    for number, lesion in enumerate(lesions, 1):
        slices = np.flatnonzero(lesion.region.voxels.any(axis=(1, 2))) + lesion.region.offset[0]
        pixels = read.get_pixels_by_source_instance(
            [volume.sop_instance_uids[n] for n in slices], segment_numbers=[number]
        )
        assert np.array_equal(pixels[..., 0] > 0, whole(lesion.region, volume)[slices])
        description = read.get_segment_description(number)
        assert description.tracking_id == lesion.label
        assert description.tracking_uid == lesion.tracking_uid
        assert description.algorithm_type.value == "AUTOMATIC"


def test_the_planes_lie_where_the_slices_do(volume, sample):
    (lesion,) = blobs(volume, 3, count=1)
    read = hd.seg.segread(io.BytesIO(segmentation(volume, [lesion], sample, SOFTWARE)))
    placed = read.get_volume(segment_numbers=[1])
    first = np.flatnonzero(lesion.region.voxels.any(axis=(1, 2)))[0] + lesion.region.offset[0]
    corners = {tuple(np.round(placed.map_indices_to_reference(np.array([[n, 0, 0]]))[0], 6))
               for n in (0, placed.spatial_shape[0] - 1)}  # fmt: skip
    assert tuple(np.round(volume.positions[first], 6)) in corners
    assert np.allclose(placed.pixel_spacing, volume.spacing)


def test_the_file_is_valid(volume, sample, tmp_path):
    valid(segmentation(volume, blobs(volume, 1), sample, SOFTWARE), tmp_path / "a")


@pytest.mark.parametrize("name", ["liver-ct-seg-sr/ct", "ibsi-lung-ct-rtstruct/ct"])
def test_a_mask_on_a_real_series_is_valid_and_the_same(dicom, tmp_path, name):
    series = load(dicom / name)
    mask = np.zeros(series.stored.shape, bool)
    mask[: len(mask) // 2 + 1, 40:60, 50:90] = True
    image = min((dicom / name).iterdir())
    encoded = segmentation(series, [Lesion("a box", Region.of(mask))], image, SOFTWARE)
    (mark,) = read_masks(encoded).marked(series)
    assert np.array_equal(whole(mark.found.shape, series), mask)
    valid(encoded, tmp_path / "a")


@pytest.mark.parametrize(
    "name", ["enhanced_ct_2frames.dcm", "legacy_converted_enhanced_ct_3frames.dcm"]
)
def test_a_mask_on_frames_names_them(dicom, tmp_path, name):
    image = dicom / "enhanced-multiframe" / name
    series = load([image])
    mask = np.zeros(series.stored.shape, bool)
    mask[1:, 5:20, 5:30] = True
    encoded = segmentation(series, [Lesion("a box", Region.of(mask))], image, SOFTWARE)
    read = pydicom.dcmread(io.BytesIO(encoded))
    named = [
        group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
        for group in read.PerFrameFunctionalGroupsSequence
    ]
    assert named == [series.frames[n] for n in range(1, len(series.stored))]
    (mark,) = read_masks(encoded).marked(series)
    assert np.array_equal(whole(mark.found.shape, series), mask)
    valid(encoded, tmp_path / "a")


def test_what_a_lesion_is_called_is_said_in_any_script(volume, sample, tmp_path):
    (lesion,) = blobs(volume, 2, count=1)
    named = Lesion("肝臓 ß <b>", lesion.region)
    encoded = segmentation(volume, [named], sample, SOFTWARE)
    (mark,) = read_masks(encoded).marked(volume)
    assert mark.label == "肝臓 ß <b>"
    valid(encoded, tmp_path / "a")


def test_our_own_segmentation_names_its_algorithm(volume, sample):
    (lesion,) = blobs(volume, 2, count=1)
    encoded = segmentation(volume, [Lesion("T1", lesion.region)], sample, SOFTWARE)
    (segment,) = pydicom.dcmread(io.BytesIO(encoded)).SegmentSequence
    assert (segment.SegmentAlgorithmType, segment.SegmentAlgorithmName) == (
        "SEMIAUTOMATIC",
        "recist",
    )
    (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("recist", "1.2.3")
    assert segment.TrackingUID.is_valid


def test_of_the_patient_only_what_is_demanded_is_repeated(volume, sample, encoded):
    image = pydicom.dcmread(sample)
    image.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    image.PatientName, image.PatientBirthDate = "Yamada^Tarou=山田^太郎", "19600102"
    image.PatientAddress, image.PatientAge, image.OperatorsName = "a street", "064Y", "somebody"
    image.StudyDescription, image.InstitutionName = "a study", "a hospital"
    (lesion,) = blobs(volume, 2, count=1)
    made = segmentation(volume, [lesion], encoded(image, StudyID="77"), SOFTWARE)
    read = pydicom.dcmread(io.BytesIO(made))
    assert str(read.PatientName) == "Yamada^Tarou=山田^太郎"
    assert (read.PatientID, read.PatientBirthDate, read.StudyID) == ("S-001", "19600102", "77")
    assert (read.StudyInstanceUID, read.StudyDate) == (volume.study_uid, "20240301")
    for keyword in ("PatientAddress", "PatientAge", "OperatorsName", "StudyDescription"):
        assert keyword not in read
    assert "InstitutionName" not in read
    assert read.FrameOfReferenceUID == volume.frame_of_reference_uid


def test_an_image_without_a_patient_makes_no_patient_up(volume, sample, encoded, tmp_path):
    image = pydicom.dcmread(sample)
    bare = encoded(image, PatientID=None, PatientName=None, StudyDate=None, PatientSex=None)
    made = segmentation(volume, blobs(volume, 4), bare, SOFTWARE)
    read = pydicom.dcmread(io.BytesIO(made))
    empty = (read.PatientID, str(read.PatientName), read.StudyDate, read.PatientSex)
    assert empty == ("", "", "", "")
    valid(made, tmp_path / "a")


def test_loss_in_the_images_is_told(volume, sample, encoded, tmp_path):
    image = pydicom.dcmread(sample)
    ways = {"LossyImageCompressionRatio": 9.5, "LossyImageCompressionMethod": "ISO_10918_1"}
    lossy = encoded(image, LossyImageCompression="01", **ways)
    made = segmentation(volume, blobs(volume, 4), lossy, SOFTWARE)
    read = pydicom.dcmread(io.BytesIO(made))
    assert (read.LossyImageCompression, read.LossyImageCompressionRatio) == ("01", 9.5)
    valid(made, tmp_path / "a")


@pytest.mark.parametrize("empty", [[], [Lesion("none", Region(np.zeros((0, 0, 0), bool)))]])
def test_nothing_is_not_written(volume, sample, empty):
    with pytest.raises(Refused) as caught:
        segmentation(volume, empty, sample, SOFTWARE)
    assert caught.value.code == "EMPTY_SEGMENT"


# Contours become voxels.


def test_pixels_whose_centre_is_inside_are(volume):
    across, down = volume.spacing[1], volume.spacing[0]
    square = np.array([[9.6, 4.6], [20.4, 4.6], [20.4, 12.4], [9.6, 12.4]]) * (across, down)
    hole = np.array([[11.5, 6.5], [14.5, 6.5], [14.5, 9.5], [11.5, 9.5]]) * (across, down)
    region = voxels.within(Contours.of({3: [square, hole], 5: [square]}), volume)
    expected = np.zeros(volume.stored.shape, bool)
    expected[3, 5:13, 10:21] = expected[5, 5:13, 10:21] = True
    expected[3, 7:10, 12:15] = False
    assert np.array_equal(whole(region, volume), expected)


def test_a_contour_off_the_images_is_cut_off(volume):
    ring = np.array([[-50.0, -50.0], [5.0, -50.0], [5.0, 5.0], [-50.0, 5.0]])
    region = voxels.within(Contours.of({0: [ring]}), volume)
    assert np.array_equal(whole(region, volume)[0, :8, :9].nonzero()[0].max(), 6)
    assert len(voxels.within(Contours.of({0: [ring - 60]}), volume)) == 0


def test_a_click_is_written_as_it_was_measured(volume, sample):
    found = found_by_click(volume, volume.voxel([20.0, 60.0, 12.0]).tolist())
    region = voxels.within(found.shape, volume)
    encoded = segmentation(volume, [Lesion("T1", region)], sample, SOFTWARE)
    (mark,) = read_masks(encoded).marked(volume)
    again = measure_mask(mark.found)
    assert again.longest_mm == pytest.approx(found.measurement.longest_mm, abs=1.0)
    assert again.volume_mm3 == pytest.approx(found.measurement.volume_mm3, rel=0.05)
    assert abs(again.slice - found.measurement.slice) <= 1
