"""One file at a time: what is taken, what is refused by which name, and nothing else ever."""

import contextlib
import io
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from imaging import Refused, inspect, load
from imaging.dicom.elements import read
from imaging.dicom.headers import WANTED

EARLY_ENDS = {"NOT_DICOM", "TRUNCATED", "UNREADABLE", "NOT_AN_IMAGE"}
"""The last where it ends before the SOP Class UID."""
Encode = Callable[..., bytes]


def refusal(source: Any, *, act: Callable[[Any], object] = inspect) -> str:
    with pytest.raises(Refused) as refused:
        act(source)
    assert refused.value.says
    return refused.value.code


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("ExplVR_BigEndNoMeta", "NOT_DICOM"),
        ("ExplVR_LitEndNoMeta", "NOT_DICOM"),
        ("MR_small_bigendian", "IMAGE"),
        ("MR_small_padded", "IMAGE"),
        ("MR_truncated", "TRUNCATED"),
        ("UN_sequence", "NOT_AN_IMAGE"),
        ("badVR", "UNSUPPORTED_MODALITY"),
        ("emri_small_jpeg_2k_lossless_too_short", "TRUNCATED"),
        ("explicit_VR-UN", "IMAGE"),
        ("no_meta", "NOT_DICOM"),
        ("no_meta_group_length", "NOT_AN_IMAGE"),
        ("rtplan_truncated", "TRUNCATED"),
        ("rtstruct", "NOT_DICOM"),
    ],
)
def test_each_malformed_file_has_its_outcome(dicom: Path, name: str, outcome: str) -> None:
    path = dicom / "malformed" / f"{name}.dcm"
    for source in (path, path.read_bytes()):
        if outcome == "IMAGE":
            assert inspect(source).kind == "IMAGE"
            with warnings.catch_warnings(action="ignore"):
                expected = dcmread(path).pixel_array
            np.testing.assert_array_equal(load([source]).stored[0], expected)
        else:
            assert refusal(source) == outcome


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("small-ct-head-93/CTHead1.dcm", "IMAGE"),
        ("enhanced-multiframe/philips_enhanced_mr_8frames.dcm", "IMAGE"),
        ("liver-ct-seg-sr/seg_liver.dcm", "SEGMENTATION"),
        ("headneck-seg-sr/seg_11_lesions.dcm", "SEGMENTATION"),
        ("ibsi-lung-ct-rtstruct/rtstruct.dcm", "STRUCTURE_SET"),
        ("rtstruct-bad-references/non_existent_reference_rt.dcm", "STRUCTURE_SET"),
    ],
)
def test_images_and_masks_are_taken_with_their_identity(dicom: Path, path: str, kind: str) -> None:
    found, expected = inspect(dicom / path), dcmread(dicom / path, stop_before_pixels=True)
    assert found.kind == kind
    assert found.sop_instance_uid == expected.SOPInstanceUID
    assert found.series_uid == expected.SeriesInstanceUID
    assert found.study_uid == expected.StudyInstanceUID
    assert found.modality == expected.Modality
    assert found.number_of_frames == expected.get("NumberOfFrames", 1)
    assert len(found.planes) == (found.number_of_frames if kind == "IMAGE" else 0)


def test_nothing_of_the_patient_is_kept(slices: list[Dataset], encoded: Encode) -> None:
    image = encoded(slices[0], PatientID="S-00417", PatientName="Coded^Name", PatientAge="061Y")
    found = repr(inspect(image))
    assert not any(word in found for word in ("S-00417", "Coded", "061Y"))


def test_reports_and_other_modalities_are_refused_by_name(dicom: Path) -> None:
    assert refusal(dicom / "sr-tid1500-readers" / "not_tid1500_basic_text_sr.dcm") == "NOT_AN_IMAGE"
    assert refusal(dicom / "README.md") == "NOT_DICOM"
    assert refusal(b"") == "NOT_DICOM"
    assert refusal(dicom / "no such file") == "UNREADABLE"
    assert refusal(dicom) == "UNREADABLE"


def test_retired_codecs_are_an_unsupported_syntax(dicom: Path) -> None:
    for syntax in ("4.53", "4.55"):
        (path,) = (dicom / "ct-transfer-syntaxes").glob(f"*1.2.840.10008.1.2.{syntax}.dcm")
        assert refusal(path) == "UNSUPPORTED_TRANSFER_SYNTAX"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ImagePositionPatient": None}, "NO_GEOMETRY"),
        ({"ImagePositionPatient": [0, 0]}, "NO_GEOMETRY"),
        ({"ImagePositionPatient": [0, 0, 1e6]}, "NO_GEOMETRY"),
        ({"ImageOrientationPatient": None}, "NO_GEOMETRY"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "NO_GEOMETRY"),
        ({"ImageOrientationPatient": [0, 0, 0, 0, 1, 0]}, "NO_GEOMETRY"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 1.02, 0]}, "NO_GEOMETRY"),
        ({"PixelSpacing": None}, "NO_GEOMETRY"),
        ({"PixelSpacing": [0, 0.7]}, "NO_GEOMETRY"),
        ({"PixelSpacing": [0.7, -0.7]}, "NO_GEOMETRY"),
        ({"PixelSpacing": [0.7, 101]}, "NO_GEOMETRY"),
        ({"SOPInstanceUID": ""}, "NO_IDENTITY"),
        ({"SeriesInstanceUID": None}, "NO_IDENTITY"),
        ({"StudyInstanceUID": None}, "NO_IDENTITY"),
        ({"SeriesInstanceUID": "../../series"}, "NO_IDENTITY"),
        ({"SeriesInstanceUID": "1" * 65}, "NO_IDENTITY"),
        ({"PhotometricInterpretation": "RGB"}, "NOT_GREYSCALE"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "NOT_GREYSCALE"),
        ({"SamplesPerPixel": 3}, "NOT_GREYSCALE"),
        ({"RescaleSlope": 0}, "UNREADABLE"),
        ({"RescaleIntercept": 1e12}, "UNREADABLE"),
        ({"BitsAllocated": 1}, "UNREADABLE"),
        ({"BitsStored": 17}, "UNREADABLE"),
        ({"BitsStored": 12}, "UNREADABLE"),  # the high bit is still the 16th
        ({"Rows": 0}, "UNREADABLE"),
        ({"Rows": 13}, "TRUNCATED"),
        ({"Rows": 65535, "Columns": 65535}, "TOO_LARGE"),
        ({"PixelData": bytes(238)}, "TRUNCATED"),
        ({"PixelData": bytes(240 + 1026)}, "WRONG_LENGTH"),
        ({"PixelData": None}, "TRUNCATED"),
        ({"NumberOfFrames": 2, "PixelData": bytes(480)}, "MULTI_FRAME"),
        ({"NumberOfFrames": 0}, "UNREADABLE"),
        ({"NumberOfFrames": 1 << 30}, "UNREADABLE"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.128"}, "UNSUPPORTED_MODALITY"),  # PET
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "SCREEN_SAVE"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2.1"}, "NO_GEOMETRY"),
        ({"SOPClassUID": "1.2.3"}, "UNSUPPORTED_MODALITY"),
    ],
)
def test_what_is_no_measurable_image_is_refused_by_name(
    slices: list[Dataset], encoded: Encode, changes: dict[str, Any], code: str
) -> None:
    assert refusal(encoded(slices[0], **changes)) == code


@pytest.mark.parametrize(
    ("keyword", "written", "code"),
    [
        ("ImagePositionPatient", b"nan\\0\\0 ", "NO_GEOMETRY"),
        ("ImagePositionPatient", b"1e999\\0\\0 ", "NO_GEOMETRY"),
        ("ImageOrientationPatient", b"1\\0\\0\\nan\\1\\0 ", "NO_GEOMETRY"),
        ("ImageOrientationPatient", b"nan\\0\\0\\0\\1\\0 ", "NO_GEOMETRY"),
        ("PixelSpacing", b"nan\\0.7 ", "NO_GEOMETRY"),
        ("PixelSpacing", b"0.7 ", "NO_GEOMETRY"),
        ("PixelSpacing", b"0,7\\0,7 ", "UNREADABLE"),
        ("RescaleSlope", b"nan ", "UNREADABLE"),
        ("RescaleSlope", b"one ", "UNREADABLE"),
        ("SliceThickness", b"thin", "UNREADABLE"),
    ],
)
def test_numbers_that_are_none_are_refused(
    slices: list[Dataset], encoded: Encode, keyword: str, written: bytes, code: str
) -> None:
    marker = b"7" * len(written)
    tag = slices[0].data_element(keyword).tag
    slices[0][tag]._value = marker.decode()
    slices[0][tag].VR = "SH"
    whole = encoded(slices[0])
    assert whole.count(b"SH" + len(written).to_bytes(2, "little") + marker) == 1
    assert refusal(whole.replace(marker, written)) == code


def test_one_byte_of_padding_is_valid(slices: list[Dataset], encoded: Encode) -> None:
    pixels = bytes(range(99)) + b"\0"
    image = encoded(
        slices[0], Rows=9, Columns=11, BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=pixels
    )
    assert load([image]).stored.max() == 98


def test_every_truncation_is_refused(slices: list[Dataset], encoded: Encode) -> None:
    whole = encoded(slices[0])
    assert inspect(whole)
    for length in range(len(whole)):
        assert refusal(whole[:length]) in EARLY_ENDS


def test_a_header_longer_than_the_first_read_is_read_on(
    slices: list[Dataset], encoded: Encode, tmp_path: Path
) -> None:
    for length in (8_000, 8_192, 60_000, 300_000):
        slices[0].private_block(0x0009, "LONG", create=True).add_new(1, "UT", "x" * length)
        path = tmp_path / f"{length}.dcm"
        path.write_bytes(encoded(slices[0]))
        np.testing.assert_array_equal(load([path]).stored[0], slices[0].pixel_array)
        path.write_bytes(path.read_bytes()[:-1])
        assert refusal(path) == "TRUNCATED"


def _nested(depth: int) -> Dataset:
    outer = Dataset()
    outer.RequestedProcedureDescription = "innermost"
    for _ in range(depth):
        inner, outer = outer, Dataset()
        outer.ReferencedStudySequence = Sequence([inner])
    return outer


@pytest.mark.parametrize("undefined", [True, False])
@pytest.mark.parametrize("syntax", [None, ImplicitVRLittleEndian])
def test_elements_within_sequences_are_not_the_images(
    slices: list[Dataset], encoded: Encode, syntax: Any, undefined: bool
) -> None:
    item = _nested(3)
    item.Rows, item.PixelSpacing, item.PixelData = 77, [9, 9], bytes(8)
    item["PixelData"].VR = "OW"
    image = slices[0]
    image.IconImageSequence = Sequence([item, Dataset()])
    image["IconImageSequence"].is_undefined_length = undefined
    item.is_undefined_length_sequence_item = undefined
    if syntax:
        image = dcmread_again(encoded(image), syntax)
    found = inspect(encoded(image))
    assert found.planes[0].spacing == (0.8, 0.7)
    np.testing.assert_array_equal(load([encoded(image)]).stored[0], slices[0].pixel_array)


def dcmread_again(whole: bytes, syntax: str) -> Dataset:
    image = dcmread(io.BytesIO(whole))
    image.file_meta.TransferSyntaxUID = syntax
    image._read_implicit = image._read_little = None
    image.set_original_encoding(None, None)
    return image


def test_the_walk_reads_what_pydicom_reads(dicom: Path) -> None:
    unread = {"malformed", "ct-transfer-syntaxes"}
    paths = [path for path in sorted(dicom.rglob("*.dcm")) if path.parent.name not in unread]
    compared = 0
    for path in paths[::7]:
        image = dcmread(path, stop_before_pixels=True)
        found = read(path, WANTED)
        for tag in WANTED:
            element = image.get_item(tag)
            expected = element.value if element is not None else None
            assert found.values.get(tag, b"") == (expected or b""), f"{path.name} {tag:08x}"
            compared += bool(expected)
    assert compared > 500


def test_nesting_beyond_reason_is_refused(slices: list[Dataset], encoded: Encode) -> None:
    for depth, fate in ((30, "taken"), (33, "TOO_LARGE")):
        slices[0].ReferencedStudySequence = _undefined(_nested(depth)).ReferencedStudySequence
        slices[0]["ReferencedStudySequence"].is_undefined_length = True
        whole = encoded(slices[0])
        assert (inspect(whole) and "taken" if fate == "taken" else refusal(whole)) == fate


def _undefined(outer: Dataset) -> Dataset:
    inner = outer
    while "ReferencedStudySequence" in inner:
        inner["ReferencedStudySequence"].is_undefined_length = True
        inner = inner.ReferencedStudySequence[0]
        inner.is_undefined_length_sequence_item = True
    return outer


def _with(header: bytes, whole: bytes) -> bytes:
    """The file with elements put in before its first element of group 0008."""
    at = whole.index(b"\x08\x00\x08\x00CS")
    return whole[:at] + header + whole[at:]


ITEMS = b"\xfe\xff\x00\xe0\0\0\0\0" * 60_000 + b"\xfe\xff\xdd\xe0\0\0\0\0"
ELEMENTS = b"".join(b"\x07\0" + n.to_bytes(2, "little") + b"LO\0\0" for n in range(1 << 16))
SEQUENCE = b"\x08\x00\x01\x00SQ\0\0\xff\xff\xff\xff"
UNKNOWN = b"\x07\x00\x01\x00UN\0\0\xff\xff\xff\xff"
NESTING = b"\xfe\xff\x00\xe0\xff\xff\xff\xff\x08\x00\x01\x00\xff\xff\xff\xff" * 2000


@pytest.mark.parametrize(
    ("header", "code"),
    [
        pytest.param(ELEMENTS + SEQUENCE + ITEMS, "TOO_LARGE", id="elements and items"),
        pytest.param(UNKNOWN + ITEMS, "TOO_LARGE", id="items in a sequence called unknown"),
        pytest.param(UNKNOWN + NESTING, "TOO_LARGE", id="nesting in a sequence called unknown"),
    ],
)
def test_a_header_made_to_exhaust_is_refused_in_time(
    slices: list[Dataset], encoded: Encode, header: bytes, code: str
) -> None:
    whole = _with(header, encoded(slices[0]))
    start = time.process_time()
    assert refusal(whole) == code
    assert time.process_time() - start < 2


def test_a_deflated_file_is_read(slices: list[Dataset], encoded: Encode) -> None:
    expected = slices[0].pixel_array
    slices[0].file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = encoded(slices[0])
    np.testing.assert_array_equal(load([whole]).stored[0], expected)
    assert refusal(whole[: len(whole) // 2 + 200]) in {"TRUNCATED", "UNREADABLE"}


def test_a_deflated_bomb_is_stopped_before_it_is_large(
    slices: list[Dataset], encoded: Encode
) -> None:
    slices[0].file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = encoded(slices[0])
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(1 << 20)
    bomb = b"".join(deflate.compress(zeros) for _ in range(40)) + deflate.flush()
    start = whole[: whole.index(DeflatedExplicitVRLittleEndian.encode()) + 22]
    length = int.from_bytes(start[140:144], "little")
    bomb = whole[: 144 + length] + bomb
    tracemalloc.start()
    try:
        assert refusal(bomb) == "TOO_LARGE"
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def _mutants(whole: bytes, count: int, seed: int) -> list[bytes]:
    random = np.random.default_rng(seed)
    mutants = []
    for n in range(count):
        mutant = bytearray(whole)
        for _ in range(random.integers(1, 8)):
            mutant[random.integers(132, len(mutant))] = random.integers(256)
        if n % 4 == 0:
            del mutant[random.integers(132, len(mutant)) :]
        mutants.append(bytes(mutant))
    return mutants


@pytest.mark.parametrize("kind", ["explicit", "implicit", "compressed", "nested", "deflated"])
def test_a_damaged_file_is_read_or_refused(
    slices: list[Dataset], encoded: Encode, kind: str
) -> None:
    image = slices[0]
    if kind == "implicit":
        image = dcmread_again(encoded(image), ImplicitVRLittleEndian)
    elif kind == "compressed":
        image.compress(RLELossless)
    elif kind == "nested":
        image.ReferencedStudySequence = _undefined(_nested(5)).ReferencedStudySequence
    elif kind == "deflated":
        image.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    fates = set()
    for mutant in _mutants(encoded(image), 150, seed=len(kind)):
        try:
            load([mutant])
            fates.add("read")
        except Refused as refused:
            fates.add(refused.code)
    assert len(fates) > 2, "the mutants reached several ends"


@pytest.mark.parametrize("name", ["philips_enhanced_mr_8frames", "siemens_enhanced_mr_8frames"])
def test_damaged_functional_groups_are_read_or_refused(dicom: Path, name: str) -> None:
    whole = (dicom / "enhanced-multiframe" / f"{name}.dcm").read_bytes()
    header, pixels = whole[: -(8 * 256 * 256 * 2)], whole[-(8 * 256 * 256 * 2) :]
    for mutant in _mutants(header, 40, seed=3):
        with contextlib.suppress(Refused):
            load([mutant + pixels])


def test_a_sequence_called_unknown_is_passed(slices: list[Dataset], encoded: Encode) -> None:
    unknown = (
        b"\x07\x00\x01\x00UN\0\0\xff\xff\xff\xff"
        b"\xfe\xff\x00\xe0\x0c\0\0\0\x08\x00\x50\x00\x04\0\0\0acc "
        b"\xfe\xff\xdd\xe0\0\0\0\0"
    )
    whole = _with(unknown, encoded(slices[0]))
    np.testing.assert_array_equal(load([whole]).stored[0], slices[0].pixel_array)


def test_a_refusal_repeats_no_more_of_a_file_than_it_must(
    slices: list[Dataset], encoded: Encode
) -> None:
    image = encoded(slices[0], SOPClassUID="1." + "secret" * 1000)
    with pytest.raises(Refused) as refused:
        inspect(image)
    assert len(refused.value.says) < 250
