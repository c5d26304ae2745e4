"""What an image says of itself and of its values: flagged, refused or applied, each by name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian

from imaging import Refused, inspect, load

Encode = Callable[..., bytes]
ALL = slice(None)


def codes(files: list[bytes]) -> set[str]:
    return {flag.code for flag in load(files).flags}


def refused(file: bytes) -> Refused:
    with pytest.raises(Refused) as refusal:
        inspect(file)
    return refusal.value


@pytest.mark.parametrize(
    ("written", "flag"),
    [
        ("ORIGINAL\\PRIMARY\\LOCALIZER", "LOCALIZER"),
        ("ORIGINAL\\PRIMARY\\LOCALIZER\\CT_SOM5 TOP", "LOCALIZER"),
        ("ORIGINAL\\PRIMARY\\SCOUT", "LOCALIZER"),
        ("DERIVED\\SECONDARY\\MIP", "PROJECTION"),
        ("DERIVED\\SECONDARY\\REFORMATTED\\MIP", "PROJECTION"),
        ("DERIVED\\PRIMARY\\MINIP", "PROJECTION"),
        ("DERIVED\\PRIMARY\\AXIAL\\MAX_IP", "PROJECTION"),
        ("DERIVED\\PRIMARY\\PROJECTION IMAGE", "PROJECTION"),
        ("DERIVED\\PRIMARY\\VOLUME\\VOLUME_RENDER", "PROJECTION"),
        ("DERIVED\\SECONDARY\\VRT", "PROJECTION"),
        ("DERIVED\\SECONDARY\\MPR", "REFORMATTED"),
        ("DERIVED\\PRIMARY\\AXIAL\\CURVED_MPR", "REFORMATTED"),
        ("DERIVED\\SECONDARY\\REFORMATTED\\AVERAGE", "REFORMATTED"),
        ("DERIVED\\PRIMARY\\AXIAL", None),
        ("ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI", None),
        ("ORIGINAL\\PRIMARY\\M\\ND\\NORM", None),
        ("ORIGINAL\\PRIMARY\\GLOSSD\\MIPS", None),
        ("DERIVED\\SECONDARY\\ADC", None),
    ],
)
def test_projections_and_reformats_are_flagged_and_derived_is_no_doubt(
    slices: list[Dataset], encoded: Encode, written: str, flag: str | None
) -> None:
    found = codes([encoded(image, ImageType=written.split("\\")) for image in slices])
    assert found & {"LOCALIZER", "PROJECTION", "REFORMATTED"} >= ({flag} if flag else set())
    assert flag or found == {"ANISOTROPIC_PIXELS"}


@pytest.mark.requirement("P3")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ImageType": ["DERIVED", "SECONDARY", "DOSE_INFO"]}, "DOSE_REPORT"),
        ({"ImageType": ["DERIVED", "SECONDARY", "OTHER", "CT_SOM5 PROT"]}, "DOSE_REPORT"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "SCREEN_SAVE"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"}, "SCREEN_SAVE"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1"}, "UNSUPPORTED_MODALITY"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.67", "PixelData": None}, "DOSE_REPORT"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33", "PixelData": None}, "NOT_AN_IMAGE"),
    ],
)
def test_dose_reports_and_screens_are_no_images_and_no_harm_in_a_folder(
    slices: list[Dataset], encoded: Encode, tmp_path: Any, changes: dict[str, Any], code: str
) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    for n, image in enumerate(slices[1:]):
        (folder / str(n)).write_bytes(encoded(image))
    other = encoded(slices[0], **changes)
    assert refused(other).code == code
    (folder / "other").write_bytes(other)
    assert len(load(folder).stored) == 4


def test_the_spacing_of_a_detector_is_not_that_of_the_patient(
    slices: list[Dataset], encoded: Encode
) -> None:
    refusal = refused(encoded(slices[0], PixelSpacing=None, ImagerPixelSpacing=[0.7, 0.7]))
    assert refusal.code == "NO_GEOMETRY"
    assert "Imager Pixel Spacing (0018,1164)" in refusal.says
    assert "Imager" not in refused(encoded(slices[1], PixelSpacing=None)).says


@pytest.mark.parametrize("undefined", [True, False])
def test_a_table_of_values_is_refused(
    slices: list[Dataset], encoded: Encode, undefined: bool
) -> None:
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [2, 0, 16], [7, 9]
    table.ModalityLUTType = "HU"
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    slices[0].ModalityLUTSequence = Sequence([table])
    slices[0]["ModalityLUTSequence"].is_undefined_length = undefined
    assert refused(encoded(slices[0])).code == "MODALITY_LUT"


@pytest.mark.parametrize(
    ("changes", "flagged"),
    [
        ({}, False),
        ({"RescaleType": None}, False),
        ({"RescaleType": "US"}, True),
        ({"RescaleSlope": None, "RescaleIntercept": None}, True),
        ({"RescaleSlope": None, "RescaleIntercept": None, "Modality": "MR"}, False),
    ],
)
def test_ct_values_that_are_not_hounsfield_units_are_flagged(
    slices: list[Dataset], encoded: Encode, changes: dict[str, Any], flagged: bool
) -> None:
    assert ("NOT_HOUNSFIELD" in codes([encoded(slices[0], **changes)])) == flagged


def test_an_inverted_image_keeps_its_values_and_says_so(
    slices: list[Dataset], encoded: Encode
) -> None:
    plain = load([encoded(slices[0])])
    inverted = load([encoded(slices[0], PhotometricInterpretation="MONOCHROME1")])
    assert (plain.inverted, inverted.inverted) == (False, True)
    assert "INVERTED_GREYS" in {flag.code for flag in inverted.flags}
    np.testing.assert_array_equal(inverted.values(0, ALL, ALL), plain.values(0, ALL, ALL))


@pytest.mark.parametrize(
    ("thickness", "table", "flagged"),
    [(2.5, 2.5, False), (2.56, 2.5, True), (2.54, 2.5, False), (5.0, 2.5, True), (1.0, 2.5, False)],
)
def test_slices_that_are_thicker_than_their_distance_overlap(
    slices: list[Dataset], encoded: Encode, thickness: float, table: float, flagged: bool
) -> None:
    files = [
        encoded(image, SliceThickness=thickness, ImagePositionPatient=[0, 0, n * table])
        for n, image in enumerate(slices)
    ]
    assert ("OVERLAPPING_SLICES" in codes(files)) == flagged


@pytest.mark.parametrize(
    ("spacing", "flagged"), [([0.7, 0.7], False), ([0.7, 0.7005], False), ([0.7, 0.702], True)]
)
def test_oblong_pixels_are_flagged(
    slices: list[Dataset], encoded: Encode, spacing: list[float], flagged: bool
) -> None:
    assert ("ANISOTROPIC_PIXELS" in codes([encoded(slices[0], PixelSpacing=spacing)])) == flagged


def padded(
    slices: list[Dataset], encoded: Encode, vr: str, value: Any, end: Any = None, **changes: Any
) -> bytes:
    image = slices[0]
    image.add_new("PixelPaddingValue", vr, value)
    if end is not None:
        image.add_new("PixelPaddingRangeLimit", vr, end)
    pixels = np.array([-2000, -1999, 0, 100, 2000] * 24, "<i2")
    return encoded(image, PixelData=pixels.tobytes(), **changes)


@pytest.mark.parametrize(
    ("vr", "value", "end", "expected"),
    [
        ("SS", -2000, None, [-1000, -3023, -1024, -924, 976]),
        ("US", 63536, None, [-1000, -3023, -1024, -924, 976]),  # -2000 under the wrong VR
        ("SS", -2000, -1990, [-1000, -1000, -1024, -924, 976]),
        ("SS", -1990, -2000, [-1000, -1000, -1024, -924, 976]),
        ("SS", -1, None, [-3024, -3023, -1024, -924, 976]),
        ("SS", 5000, None, [-3024, -3023, -1024, -924, 976]),
    ],
)
def test_padding_is_air(
    slices: list[Dataset], encoded: Encode, vr: str, value: int, end: int | None, expected: Any
) -> None:
    volume = load([padded(slices, encoded, vr, value, end)])
    np.testing.assert_array_equal(volume.values(0, slice(0, 1), slice(0, 5)), [expected])
    crop = volume.values(slice(0, 1), slice(0, 1), slice(1, 3))
    np.testing.assert_array_equal(crop, [[expected[1:3]]])
    assert volume.stored[0, 0, 0] == -2000
    assert "AMBIGUOUS_PADDING" not in {flag.code for flag in volume.flags}


@pytest.mark.parametrize(("value", "end"), [(1024, None), (2000, None), (-2000, 2000)])
def test_padding_that_tissue_may_have_is_tissue(
    slices: list[Dataset], encoded: Encode, value: int, end: int | None
) -> None:
    volume = load([padded(slices, encoded, "SS", value, end)])
    assert "AMBIGUOUS_PADDING" in {flag.code for flag in volume.flags}
    assert list(volume.values(0, slice(0, 1), slice(0, 5))[0]) == [-3024, -3023, -1024, -924, 976]


def test_padding_of_unsigned_pixels_is_unsigned(slices: list[Dataset], encoded: Encode) -> None:
    volume = load([padded(slices, encoded, "US", 63536, PixelRepresentation=0)])
    assert volume.values(0, slice(0, 1), slice(0, 2)).tolist() == [[-1000, 63537 - 1024]]


def test_padding_in_mr_is_no_signal(slices: list[Dataset], encoded: Encode) -> None:
    changes = {"Modality": "MR", "RescaleSlope": 2, "RescaleIntercept": 3}
    volume = load([padded(slices, encoded, "SS", 2000, **changes)])
    assert list(volume.values(0, slice(0, 1), slice(0, 5))[0]) == [-3997, -3995, 3, 203, 3]


def test_a_slice_without_padding_keeps_all_values(slices: list[Dataset], encoded: Encode) -> None:
    pixels = np.full(120, -2000, "<i2").tobytes()
    files = [encoded(image, PixelData=pixels) for image in slices[1:]]
    files.append(padded(slices, encoded, "SS", -2000))
    volume = load(files)
    values = volume.values(ALL, slice(0, 1), slice(0, 1)).ravel()
    assert list(values) == [-1000, -3024, -3024, -3024, -3024]


def test_what_is_wanted_is_read_from_a_deflated_file_too(
    slices: list[Dataset], encoded: Encode
) -> None:
    slices[0].file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert inspect(padded(slices, encoded, "SS", -2000)).padding == (-2000, -2000)
