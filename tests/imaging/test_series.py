"""Series become volumes: made ones, at the boundaries of each rule."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless, generate_uid

from imaging import Refused, Volume, inspect, load, series_flags

Encode = Callable[..., bytes]
UNREAD = "1.2.840.10008.1.2.4.55"
"""JPEG Full Progression, retired; no decoder reads it."""


def codes(volume: Volume) -> list[str]:
    return [flag.code for flag in volume.flags]


def of_slices(volume: Volume) -> list[str]:
    """The flags of what the fixture `slices` was made into, besides that its pixels are oblong."""
    found = codes(volume)
    found.remove("ANISOTROPIC_PIXELS")
    return found


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
    assert (len(volume.stored), volume.step, of_slices(volume)) == (5, 2.5, [])


def test_another_instance_at_the_same_place_leaves_no_trusted_volume(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = [encoded(image) for image in slices]
    double = encoded(slices[2], SOPInstanceUID=generate_uid(entropy_srcs=["double"]))
    volume = load([*files, double])
    assert (len(volume.stored), volume.step) == (6, None)
    assert of_slices(volume) == ["DUPLICATE_POSITIONS"]


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
        ([0, 0.015, 0.03, 0.045, 0.06], 0.015, ["OVERLAPPING_SLICES"]),
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
    assert of_slices(volume) == flags
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
    assert of_slices(volume) == flags


@pytest.mark.parametrize(("thickness", "flags"), [(5, []), (5.01, ["THICK_SLICES"]), (None, [])])
def test_slices_over_5_mm_are_thick(
    slices: list[Dataset], encoded: Encode, thickness: float | None, flags: list[str]
) -> None:
    files = [
        encoded(image, SliceThickness=thickness, ImagePositionPatient=[0, 0, 6.0 * n])
        for n, image in enumerate(slices)
    ]
    volume = load(files)
    assert of_slices(volume) == flags
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
    slices[0].file_meta.TransferSyntaxUID = UNREAD
    slices[0].PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
    with pytest.raises(Refused) as refused:
        load([encoded(slices[0])])
    assert refused.value.code == "UNSUPPORTED_TRANSFER_SYNTAX"
    assert UNREAD in refused.value.says


def test_lossy_compression_is_flagged(slices: list[Dataset], encoded: Encode) -> None:
    assert of_slices(load([encoded(slices[0], LossyImageCompression="01")])) == [
        "SINGLE_SLICE",
        "LOSSY_COMPRESSION",
    ]
