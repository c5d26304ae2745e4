"""Series become volumes: real ones as their READMEs say, and made ones at the boundaries."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLosslessSV1, RLELossless, generate_uid

from imaging import Refused, Volume, inspect, load, series_flags

TILT = ["GANTRY_TILT"]
Encode = Callable[..., bytes]


def codes(volume: Volume) -> list[str]:
    return [flag.code for flag in volume.flags]


@pytest.mark.parametrize(
    ("folder", "shape", "spacing", "step", "flags"),
    [
        ("crc-mr-two-timepoints/SCAN_001", (36, 288, 256), (1.5625, 1.5625), 7.0, ["THICK_SLICES"]),
        ("crc-mr-two-timepoints/SCAN_002", (45, 288, 256), (1.5625, 1.5625), 6.0, []),
        ("liver-ct-seg-sr", (3, 512, 512), (0.810547, 0.810547), 1.0, []),
        ("ibsi-lung-ct-rtstruct", (60, 201, 204), (0.977, 0.977), 3.0, []),
        ("small-ct-head-93", (93, 64, 64), (3.2, 3.2), 1.5, []),
        ("sarcoma-ct-mr-rtstruct/CT", (51, 158, 154), (0.976562, 0.976562), 3.27, []),
        ("sarcoma-ct-mr-rtstruct/MR_T1", (47, 138, 121), (0.976562, 0.976562), 3.27, []),
        ("rtstruct-bad-references", (2, 512, 512), (0.488281, 0.488281), 5.0, []),
        (
            "gantry-tilt/philips_tilt_-18.5",
            (12, 512, 512),
            (0.4824, 0.4824),
            2.371,
            ["GANTRY_TILT"],
        ),
        (
            "gantry-tilt/siemens_tilt_no_tag",
            (4, 512, 512),
            (0.41797, 0.41797),
            4.851,
            ["GANTRY_TILT"],
        ),
        ("mr-compressed-series/compressed_rle", (4, 256, 256), (1.0, 1.0), 1.0, []),
        ("mr-compressed-series/compressed_j2k", (4, 256, 256), (1.0, 1.0), 1.0, []),
        (
            "uneven-spacing/siemens_missing_slice",
            (4, 512, 512),
            (0.51171875, 0.51171875),
            None,
            ["SLICES_MISSING", "GANTRY_TILT"],
        ),
        (
            "uneven-spacing/duplicate_and_missing_positions",
            (11, 512, 512),
            (0.703125, 0.703125),
            None,
            ["DUPLICATE_POSITIONS", "UNEVEN_SPACING"],
        ),
    ],
)
def test_real_series_have_the_geometry_of_their_readme(
    dicom: Path,
    folder: str,
    shape: tuple[int, ...],
    spacing: tuple[float, float],
    step: float | None,
    flags: list[str],
) -> None:
    volume = load(dicom / folder)
    assert volume.stored.shape == shape
    assert volume.spacing == pytest.approx(spacing, abs=5e-5)
    assert volume.step == (step if step is None else pytest.approx(step, abs=5e-4))
    assert codes(volume) == flags
    rises = np.diff(volume.positions @ volume.normal)
    assert np.all(rises >= 0)
    assert len(set(volume.sop_instance_uids)) == shape[0]


def test_slices_lie_where_their_own_files_say(dicom: Path) -> None:
    volume = load(dicom / "crc-mr-two-timepoints" / "SCAN_001")
    for path in (dicom / "crc-mr-two-timepoints" / "SCAN_001").glob("*.dcm"):
        image = dcmread(path)
        index = volume.sop_instance_uids.index(image.SOPInstanceUID)
        np.testing.assert_array_equal(volume.stored[index], image.pixel_array)
        np.testing.assert_allclose(volume.positions[index], image.ImagePositionPatient)


def test_two_time_points_of_one_subject_are_two_studies(dicom: Path) -> None:
    first, second = (load(dicom / "crc-mr-two-timepoints" / f"SCAN_00{n}") for n in (1, 2))
    assert first.modality == second.modality == "MR"
    assert first.study_uid != second.study_uid
    assert first.frame_of_reference_uid != second.frame_of_reference_uid


def test_pairs_of_single_slices_have_a_plane_and_no_volume(dicom: Path) -> None:
    paths = sorted((dicom / "ct-two-timepoint-pairs").glob("*/*.dcm"))
    assert len(paths) == 10
    for path in paths:
        volume = load([path])
        assert volume.stored.shape == (1, 512, 512)
        assert codes(volume) == ["SINGLE_SLICE"]
        assert volume.step is None


def test_hounsfield_units_of_a_liver_are_those_of_the_report(dicom: Path) -> None:
    folder = dicom / "liver-ct-seg-sr"
    volume = load(folder)
    mask = dcmread(folder / "seg_liver.dcm")
    frames = {
        round(group.PlanePositionSequence[0].ImagePositionPatient[2]): frame
        for group, frame in zip(
            mask.PerFrameFunctionalGroupsSequence, mask.pixel_array, strict=True
        )
    }
    inside = np.stack([frames[round(level)] for level in volume.positions[:, 2]]).astype(bool)
    values = volume.values(slice(None), slice(None), slice(None))[inside]
    assert values.size == 107098
    assert (values.min(), values.max()) == (-778, 221)
    assert values.mean() == pytest.approx(37.3289, abs=1e-4)
    assert values.std(ddof=1) == pytest.approx(59.1691, abs=1e-4)


def test_ten_columns_and_ten_rows_of_a_scout_differ_in_length(dicom: Path) -> None:
    volume = load([dicom / "anisotropic-pixels" / "ge_ct_scout_lateral.dcm"])
    origin, right, down = volume.patient([0, 10, 0], [0, 0, 10], 0)
    assert np.linalg.norm(right - origin) == pytest.approx(5.96847)
    assert np.linalg.norm(down - origin) == pytest.approx(5.45455)
    assert "LOCALIZER" in codes(volume)


def test_scouts_of_one_series_are_two_stacks(dicom: Path) -> None:
    scouts = sorted((dicom / "anisotropic-pixels").glob("ge_*.dcm"))
    with pytest.raises(Refused) as refused:
        load(scouts)
    assert refused.value.code == "SEVERAL_SERIES"
    assert [flag.code for flag in series_flags(map(inspect, scouts))] == ["SEVERAL_STACKS"]


def test_several_series_are_refused_with_their_uids_unless_one_is_chosen(dicom: Path) -> None:
    with pytest.raises(Refused) as refused:
        load(dicom / "crc-mr-two-timepoints")
    assert refused.value.code == "SEVERAL_SERIES"
    uids = refused.value.members["series_uids"]
    assert isinstance(uids, list)
    sizes = {load(dicom / "crc-mr-two-timepoints", series_uid=uid).stored.shape for uid in uids}
    assert sizes == {(36, 288, 256), (45, 288, 256)}


def test_compressed_pixels_are_those_of_the_other_codec(dicom: Path) -> None:
    one, other = (load(dicom / "mr-compressed-series" / f"compressed_{c}") for c in ("rle", "j2k"))
    np.testing.assert_array_equal(one.stored, other.stored)
    assert one.stored.any()


def test_all_lossless_encodings_of_a_slice_have_the_same_pixels(dicom: Path) -> None:
    folder = dicom / "ct-transfer-syntaxes"
    expected = load([folder / "CTImage.dcm"])
    assert (expected.stored.min(), expected.stored.max()) == (-2000, 2402)
    for kind in ("Explicit_*", "Implicit*", "BigEndian*", "Deflated*", "LittleEndian*", "RLE*"):
        for path in folder.glob(f"CTImage.dcm_{kind}"):
            np.testing.assert_array_equal(load([path]).stored, expected.stored, path.name)


@pytest.mark.parametrize(
    ("name", "shape", "spacing", "step"),
    [
        ("enhanced_ct_2frames", (2, 512, 512), 0.388672, 10.0),
        ("legacy_converted_enhanced_ct_3frames", (3, 38, 24), 0.7, 2.5),
        ("philips_enhanced_mr_8frames", (8, 256, 256), 1.0, 1.2),
        ("siemens_enhanced_mr_8frames", (8, 256, 256), 0.9375, 0.9),
    ],
)
def test_enhanced_images_take_their_geometry_from_their_frames(
    dicom: Path, name: str, shape: tuple[int, ...], spacing: float, step: float
) -> None:
    path = dicom / "enhanced-multiframe" / f"{name}.dcm"
    volume = load([path])
    assert volume.stored.shape == shape
    assert volume.spacing == pytest.approx((spacing, spacing), abs=1e-6)
    assert volume.step == pytest.approx(step, abs=1e-4)
    pixels = dcmread(path).pixel_array
    for index, frame in enumerate(volume.frames):
        assert frame is not None
        np.testing.assert_array_equal(volume.stored[index], pixels[frame - 1])
    assert sorted(frame or 0 for frame in volume.frames) == list(range(1, shape[0] + 1))


def test_names_and_instance_numbers_do_not_decide_the_order(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = [encoded(image, InstanceNumber=9 - n) for n, image in enumerate(slices)]
    volume = load([files[3], files[0], files[4], files[2], files[1]])
    assert list(volume.positions[:, 2]) == [0.0, 2.5, 5.0, 7.5, 10.0]
    np.testing.assert_array_equal(volume.stored[3], slices[3].pixel_array)


def test_what_lies_beside_a_series_in_its_folder_is_passed_over(
    tmp_path: Path, slices: list[Dataset], encoded: Encode
) -> None:
    below = tmp_path / "study" / "series"
    below.mkdir(parents=True)
    for n, image in enumerate(slices):
        (below / f"{n}").write_bytes(encoded(image))
    (tmp_path / "study" / "notes.txt").write_text("not DICOM")
    report = encoded(slices[0], SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", PixelData=None)
    (tmp_path / "study" / "report.dcm").write_bytes(report)
    assert len(load(tmp_path / "study").stored) == 5


def test_a_damaged_slice_in_a_folder_is_named(
    tmp_path: Path, slices: list[Dataset], encoded: Encode
) -> None:
    (tmp_path / "damaged").mkdir()
    for n, image in enumerate(slices):
        (tmp_path / "damaged" / f"{n}.dcm").write_bytes(encoded(image))
    os.truncate(tmp_path / "damaged" / "3.dcm", 900)
    with pytest.raises(Refused, match=r"TRUNCATED: 3\.dcm: "):
        load(tmp_path / "damaged")


def test_an_empty_folder_is_no_series(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="NOT_A_SERIES"):
        load(tmp_path / "empty")


def test_the_same_instance_twice_counts_once(slices: list[Dataset], encoded: Encode) -> None:
    files = [encoded(image) for image in slices]
    volume = load([*files, files[2]])
    assert (len(volume.stored), volume.step, volume.flags) == (5, 2.5, ())


def test_another_instance_at_the_same_place_leaves_no_trusted_volume(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = [encoded(image) for image in slices]
    double = encoded(slices[2], SOPInstanceUID=generate_uid(entropy_srcs=["double"]))
    volume = load([*files, double])
    assert (len(volume.stored), volume.step, codes(volume)) == (6, None, ["DUPLICATE_POSITIONS"])


@pytest.mark.parametrize(
    ("levels", "step", "flags"),
    [
        ([0, 2.5, 5, 7.5, 10], 2.5, []),
        ([0, 2.5, 5, 7.5, 12.5], None, ["SLICES_MISSING"]),
        ([0, 2.5, 5, 7.5, 17.5], None, ["SLICES_MISSING"]),
        ([0, 2.5, 5, 7.5, 11.25], None, ["UNEVEN_SPACING"]),
        ([0, 2.5, 5, 7.5, 8.75], None, ["UNEVEN_SPACING"]),
        ([0, 2.54, 5.0, 7.46, 10], 2.5, []),  # rounding, within 2 %
        ([0, 2.6, 5.0, 7.4, 10], None, ["UNEVEN_SPACING"]),
        ([0, 0.015, 0.03, 0.045, 0.06], 0.015, []),
    ],
)
def test_the_step_comes_from_the_positions(
    slices: list[Dataset],
    encoded: Encode,
    levels: list[float],
    step: float | None,
    flags: list[str],
) -> None:
    files = [
        encoded(image, ImagePositionPatient=[0, 0, level], SliceThickness=1.25)
        for image, level in zip(slices, levels, strict=True)
    ]
    volume = load(files)
    assert volume.step == (step if step is None else pytest.approx(step))
    assert codes(volume) == flags
    assert tuple(series_flags(map(inspect, files))) == volume.flags, "known before pixels are read"


@pytest.mark.parametrize(
    ("sideways", "flags"), [(0.0, []), (0.04, []), (0.05, ["GANTRY_TILT"]), (-1.0, ["GANTRY_TILT"])]
)
def test_a_shear_of_over_a_degree_is_a_tilt(
    slices: list[Dataset], encoded: Encode, sideways: float, flags: list[str]
) -> None:
    files = [
        encoded(image, ImagePositionPatient=[0, n * sideways, n * 2.5])
        for n, image in enumerate(slices)
    ]
    volume = load(files)
    assert volume.step == pytest.approx(2.5), "the perpendicular distance"
    assert codes(volume) == flags


@pytest.mark.parametrize(("thickness", "flags"), [(5, []), (5.01, ["THICK_SLICES"]), (None, [])])
def test_slices_over_5_mm_are_thick(
    slices: list[Dataset], encoded: Encode, thickness: float | None, flags: list[str]
) -> None:
    volume = load([encoded(image, SliceThickness=thickness) for image in slices])
    assert codes(volume) == flags
    assert volume.thickness == thickness


def test_images_of_another_type_or_size_are_another_stack(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = [encoded(image) for image in slices]
    water = encoded(slices[0], ImageType=["ORIGINAL", "PRIMARY", "WATER"], SOPInstanceUID="1.2.3")
    with pytest.raises(Refused, match="SEVERAL_SERIES"):
        load([*files, water])


def test_rounded_direction_cosines_are_one_stack(slices: list[Dataset], encoded: Encode) -> None:
    files = [
        encoded(image, ImageOrientationPatient=[1, 0, n * 1e-4, 0, 1, 0])
        for n, image in enumerate(slices)
    ]
    assert len(load(files).stored) == 5


def test_a_missing_rescale_is_none_and_each_slice_has_its_own(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = [encoded(slices[0], RescaleSlope=None, RescaleIntercept=None)]
    files += [
        encoded(image, RescaleSlope=n, RescaleIntercept=-n) for n, image in enumerate(slices) if n
    ]
    volume = load(files)
    assert list(volume.slope) == [1, 1, 2, 3, 4]
    assert list(volume.intercept) == [0, -1, -2, -3, -4]


@pytest.mark.parametrize(
    ("representation", "stray", "expected"),
    [
        (0, 0xF123, 0x123),
        (0, 0x0FFF, 0xFFF),
        (1, 0x0FFF, -1),
        (1, 0xF7FF, 0x7FF),
        (1, 0x0800, -2048),
    ],
)
def test_bits_above_bits_stored_are_not_the_image(
    slices: list[Dataset],
    encoded: Encode,
    tmp_path: Path,
    representation: int,
    stray: int,
    expected: int,
) -> None:
    # PS3.5 8.1.1: 12 bits stored of 16; the others may hold anything.
    pixels = np.zeros((12, 10), "<u2")
    pixels[3, 4] = stray
    image = encoded(
        slices[0],
        BitsStored=12,
        HighBit=11,
        PixelRepresentation=representation,
        PixelData=pixels.tobytes(),
    )
    (tmp_path / "image.dcm").write_bytes(image)
    for source in (image, tmp_path / "image.dcm"):
        stored = load([source]).stored[0]
        assert stored[3, 4] == expected
        assert np.count_nonzero(stored) == 1


def test_signed_and_unsigned_slices_of_a_series_keep_their_values(
    slices: list[Dataset], encoded: Encode
) -> None:
    low, high = np.full((12, 10), -5, "<i2"), np.full((12, 10), 65000, "<u2")
    files = [
        encoded(slices[0], PixelData=low.tobytes()),
        encoded(slices[1], PixelData=high.tobytes(), PixelRepresentation=0),
    ]
    volume = load(files)
    assert [volume.stored[n, 0, 0] for n in (0, 1)] == [-5, 65000]


def test_our_own_compressed_slice_comes_back(slices: list[Dataset], encoded: Encode) -> None:
    expected = slices[2].pixel_array
    slices[2].compress(RLELossless)
    np.testing.assert_array_equal(load([encoded(slices[2])]).stored[0], expected)


def test_a_compressed_slice_without_a_decoder_is_refused_by_name(
    slices: list[Dataset], encoded: Encode
) -> None:
    slices[0].file_meta.TransferSyntaxUID = JPEGLosslessSV1
    slices[0].PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
    with pytest.raises(Refused) as refused:
        load([encoded(slices[0])])
    assert refused.value.code == "UNSUPPORTED_TRANSFER_SYNTAX"
    assert JPEGLosslessSV1 in refused.value.says


def test_lossy_compression_is_flagged(slices: list[Dataset], encoded: Encode) -> None:
    assert codes(load([encoded(slices[0], LossyImageCompression="01")])) == [
        "SINGLE_SLICE",
        "LOSSY_COMPRESSION",
    ]
