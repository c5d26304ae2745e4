"""Real series: the values that the READMEs of the data give for their geometry and pixels."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from imaging import Refused, Volume, inspect, load, series_flags


def codes(volume: Volume) -> list[str]:
    return [flag.code for flag in volume.flags]


@pytest.mark.parametrize(
    ("folder", "shape", "spacing", "step", "flags"),
    [
        ("crc-mr-two-timepoints/SCAN_001", (36, 288, 256), (1.5625, 1.5625), 7.0, ["THICK_SLICES"]),
        ("crc-mr-two-timepoints/SCAN_002", (45, 288, 256), (1.5625, 1.5625), 6.0, []),
        (
            "liver-ct-seg-sr",
            (3, 512, 512),
            (0.810547, 0.810547),
            1.0,
            ["OVERLAPPING_SLICES"],
        ),
        ("ibsi-lung-ct-rtstruct", (60, 201, 204), (0.977, 0.977), 3.0, []),
        ("small-ct-head-93", (93, 64, 64), (3.2, 3.2), 1.5, ["NOT_HOUNSFIELD"]),
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


def test_an_anisotropic_enhanced_mr_is_taken_from_its_groups_and_flagged(dicom: Path) -> None:
    volume = load([dicom / "anisotropic-pixels" / "hyperfine_mr.dcm"])
    assert volume.stored.shape == (8, 138, 112)
    assert volume.spacing == (1.61, 1.59)
    assert volume.thickness == 5.0
    assert codes(volume) == ["ANISOTROPIC_PIXELS"]


def test_a_scout_says_what_it_is_and_that_its_pixels_are_oblong(dicom: Path) -> None:
    for name in ("lateral", "frontal"):
        volume = load([dicom / "anisotropic-pixels" / f"ge_ct_scout_{name}.dcm"])
        assert volume.spacing == (0.545455, 0.596847)
        assert {"LOCALIZER", "ANISOTROPIC_PIXELS", "SINGLE_SLICE"} <= set(codes(volume))


@pytest.mark.parametrize(
    ("folder", "thickness"),
    [
        ("crc-mr-two-timepoints/SCAN_001", 6.0),
        ("crc-mr-two-timepoints/SCAN_002", 5.0),
        ("liver-ct-seg-sr", 1.25),
        ("gantry-tilt/philips_tilt_-18.5", 2.5),
        ("gantry-tilt/siemens_tilt_no_tag", None),
        ("mr-compressed-series/compressed_rle", None),
        ("uneven-spacing/siemens_missing_slice", None),
        ("uneven-spacing/duplicate_and_missing_positions", 2.5),
    ],
)
def test_thickness_is_what_is_written_and_never_the_step(
    dicom: Path, folder: str, thickness: float | None
) -> None:
    volume = load(dicom / folder)
    assert volume.thickness == thickness
    if thickness is not None:
        assert volume.step != thickness


def test_a_tilt_without_its_tag_is_seen_from_the_positions(dicom: Path) -> None:
    for folder, table, degrees in (
        ("philips_tilt_-18.5", 2.5, 18.5),
        ("siemens_tilt_no_tag", 5.0, 14.0),
    ):
        volume = load(dicom / "gantry-tilt" / folder)
        moved = np.linalg.norm(np.diff(volume.positions, axis=0), axis=1)
        np.testing.assert_allclose(moved, table, atol=0.002)
        (flag,) = volume.flags
        assert f"{degrees:.1f} degrees" in flag.says


def test_one_slice_is_missing_from_a_tilted_series(dicom: Path) -> None:
    volume = load(dicom / "uneven-spacing" / "siemens_missing_slice")
    moved = np.linalg.norm(np.diff(volume.positions, axis=0), axis=1)
    np.testing.assert_allclose(sorted(moved), [0.778, 0.778, 1.556], atol=0.001)
    across = np.diff(volume.positions @ volume.normal)
    np.testing.assert_allclose(sorted(across), [0.75, 0.75, 1.499], atol=0.001)
    flag, _ = volume.flags
    assert flag.says.startswith("Slices missing: 1 ")


def test_two_instances_at_one_place_and_what_lacks_around_them(dicom: Path) -> None:
    folder = dicom / "uneven-spacing" / "duplicate_and_missing_positions"
    volume = load(folder)
    gaps = np.diff(volume.positions @ volume.normal)
    assert np.count_nonzero(gaps == 0) == 1
    assert (gaps[gaps > 0].min(), gaps.max()) == (7.5, 115.0)
    doubled = volume.positions[np.flatnonzero(gaps == 0)[0]]
    assert doubled[2] == -90.0
    twins = {inspect(folder / name).sop_instance_uid for name in ("CT26.dcm", "CT28.dcm")}
    at_one_place = np.isclose(volume.positions[:, 2], -90.0)
    assert {volume.sop_instance_uids[n] for n in np.flatnonzero(at_one_place)} == twins


@pytest.mark.parametrize(
    ("name", "millimetres", "thickness"),
    [
        ("A046441/19001111-045", 0.693, 2.5),
        ("A046441/19010101-23", 0.618, 5.0),
        ("A048383/19001231-30", 0.8125, 5.0),
        ("A048383/19010410-30", 0.703, 5.0),
        ("A056642/19001229-053", None, 2.5),
        ("A056642/19010107-111", None, 1.25),
        ("A058062/19001231-084", 0.836, 2.5),
        ("A058062/19010108-078", 0.902, 2.5),
        ("A062055/19001127-136", 0.7285, 2.5),
        ("A062055/19001228-131", 0.8789, 2.5),
    ],
)
def test_each_slice_of_a_pair_has_its_own_resolution(
    dicom: Path, name: str, millimetres: float | None, thickness: float
) -> None:
    volume = load([dicom / "ct-two-timepoint-pairs" / f"{name}.dcm"])
    assert volume.thickness == thickness
    if millimetres:
        assert volume.spacing == pytest.approx((millimetres, millimetres), abs=6e-4)


def test_padding_of_a_real_slice_is_air_and_tissue_stays_what_it_was(dicom: Path) -> None:
    # Pixel Padding Value -2000 with an intercept of -1024 would be -3024 Hounsfield units.
    everything = slice(None)
    padded = 0
    for path in sorted((dicom / "ct-two-timepoint-pairs").glob("*/*.dcm")):
        volume, image = load([path]), dcmread(path)
        values = volume.values(0, everything, everything)
        outside = volume.stored[0] == image.get("PixelPaddingValue")
        rescaled = volume.stored[0] * float(image.RescaleSlope) + float(image.RescaleIntercept)
        np.testing.assert_array_equal(values[~outside], rescaled[~outside])
        assert np.all(values[outside] == -1000.0)
        padded += np.count_nonzero(outside)
    assert padded > 100_000


def test_ct_and_mr_of_a_sarcoma_are_one_study_five_micrometres_apart(dicom: Path) -> None:
    ct, mr = (load(dicom / "sarcoma-ct-mr-rtstruct" / kind) for kind in ("CT", "MR_T1"))
    assert (ct.modality, mr.modality) == ("CT", "MR")
    nearest = np.abs(ct.positions[:, None, 2] - mr.positions[None, :, 2]).min(axis=0)
    assert nearest.max() == pytest.approx(0.005, abs=5e-4)


def test_slices_of_the_liver_lie_on_the_planes_of_its_report(dicom: Path) -> None:
    volume = load(dicom / "liver-ct-seg-sr" / "ct")
    np.testing.assert_allclose(volume.positions[:, 2], [-128.69, -127.69, -126.69])


def test_the_image_of_the_sr_examples_has_the_spacing_of_its_readme(dicom: Path) -> None:
    volume = load([dicom / "sr-tid1500-readers" / "highdicom_ct_image.dcm"])
    assert volume.stored.shape == (1, 128, 128)
    assert volume.spacing == pytest.approx((0.661468, 0.661468))


def test_a_map_of_blood_flow_is_not_taken_for_hounsfield_units(dicom: Path) -> None:
    volume = load([dicom / "enhanced-multiframe" / "enhanced_ct_2frames.dcm"])
    assert volume.thickness == volume.step == 10.0
    assert codes(volume) == ["THICK_SLICES", "NOT_HOUNSFIELD"]


def test_a_series_beside_its_masks_and_reports_is_the_only_one(dicom: Path) -> None:
    for folder, count in (("liver-ct-seg-sr", 3), ("ibsi-lung-ct-rtstruct", 60)):
        assert len(load(dicom / folder).stored) == count
    with pytest.raises(Refused, match="NOT_A_SERIES"):
        load(dicom / "headneck-seg-sr")


def test_a_wrong_length_within_a_sequence_does_no_harm(dicom: Path) -> None:
    volume = load([dicom / "malformed" / "bad_sequence.dcm"])
    expected = dcmread(dicom / "malformed" / "bad_sequence.dcm", stop_before_pixels=True)
    assert volume.stored.shape == (1, expected.Rows, expected.Columns)
    assert volume.spacing == pytest.approx(tuple(expected.PixelSpacing))
    assert 0 < volume.stored.min() < volume.stored.max() < 1 << expected.BitsStored
