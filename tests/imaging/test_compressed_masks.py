"""Segmentations whose pixels are compressed: the same masks, or a refusal by name."""

from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder
from pydicom.uid import UID, JPEG2000Lossless, JPEGLSLossless, RLELossless

from imaging.flags import Refused
from imaging.masks.reading import read_masks
from imaging.measure import measure_mask

Frame = NDArray[np.uint8]
FULL = 200


def rle(frame: Frame) -> bytes:
    return RLELosslessEncoder.encode(
        frame,
        encoding_plugin="pydicom",
        rows=frame.shape[0],
        columns=frame.shape[1],
        samples_per_pixel=1,
        bits_allocated=8,
        bits_stored=8,
        pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
        number_of_frames=1,
    )


def jpeg_2000(frame: Frame) -> bytes:
    return imagecodecs.jpeg2k_encode(frame, level=0, reversible=True, codecformat="j2k")


def one_bit(frame: Frame) -> bytes:
    return imagecodecs.jpeg2k_encode(
        frame, level=0, reversible=True, codecformat="j2k", bitspersample=1
    )


SYNTAXES = {
    RLELossless: rle,
    JPEG2000Lossless: jpeg_2000,
    JPEGLSLossless: imagecodecs.jpegls_encode,
}


@pytest.fixture
def binary(dicom: Path) -> Dataset:
    """Five lesions that a reader drew, some on the same planes."""
    return pydicom.dcmread(dicom / "liver-ct-seg-sr" / "seg_partial_overlaps.dcm")


@pytest.fixture
def fractional(binary: Dataset) -> Dataset:
    """The same lesions, with rows that are half inside."""
    pixels = binary.pixel_array.astype(np.uint8) * FULL
    pixels[:, ::3] //= 2
    binary.SegmentationType, binary.SegmentationFractionalType = "FRACTIONAL", "OCCUPANCY"
    binary.MaximumFractionalValue = FULL
    binary.BitsAllocated, binary.BitsStored, binary.HighBit = 8, 8, 7
    binary.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
    return binary


def compressed(
    mask: Dataset, path: Path, syntax: UID, encode: Callable[[Frame], bytes] | None = None
) -> Path:
    encode = encode or SYNTAXES[syntax]
    mask.PixelData = encapsulate([encode(frame) for frame in mask.pixel_array])
    mask["PixelData"].VR, mask["PixelData"].is_undefined_length = "OB", True
    mask.file_meta.TransferSyntaxUID = syntax
    mask.save_as(path, enforce_file_format=True)
    return path


def drawn(path: Path) -> list[tuple[int, str, object]]:
    """Each segment with all that is measured of it."""
    marked = read_masks(path).marked(None)
    return [(mark.number, mark.label, measure_mask(mark.found)) for mark in marked]


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.keyword)
def test_compressed_segments_are_those_that_were_not(tmp_path, fractional, syntax) -> None:
    fractional.save_as(tmp_path / "native", enforce_file_format=True)
    expected = drawn(tmp_path / "native")
    assert len(expected) == 5
    assert drawn(compressed(fractional, tmp_path / "compressed", syntax)) == expected


def test_a_binary_segmentation_is_compressed_bit_by_bit(tmp_path, binary, dicom) -> None:
    expected = drawn(dicom / "liver-ct-seg-sr" / "seg_partial_overlaps.dcm")
    assert drawn(compressed(binary, tmp_path / "a", JPEG2000Lossless, one_bit)) == expected


def test_no_decoder_of_pydicom_is_asked(tmp_path, fractional, monkeypatch) -> None:
    path = compressed(fractional, tmp_path / "a", RLELossless)

    def asked(self: Dataset) -> None:
        raise AssertionError("the pixels were left to pydicom")

    monkeypatch.setattr(Dataset, "pixel_array", property(asked))
    assert len(read_masks(path).marked(None)) == 5


def refused(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        read_masks(path).marked(None)
    return caught.value.code


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.keyword)
def test_a_frame_that_is_cut_is_refused(tmp_path, fractional, syntax) -> None:
    def cut(frame: Frame) -> bytes:
        whole = SYNTAXES[syntax](frame)
        return whole[: 64 + (len(whole) - 64) // 2]

    path = compressed(fractional, tmp_path / "a", syntax, cut)
    assert refused(path) in {"UNREADABLE", "TRUNCATED", "CODESTREAM_DIFFERS"}


def test_a_file_that_is_cut_is_refused(tmp_path, fractional) -> None:
    path = compressed(fractional, tmp_path / "a", RLELossless)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 9 // 10])
    assert refused(path) in {"UNREADABLE", "TRUNCATED"}


def test_frames_that_are_not_all_there_are_refused(tmp_path, fractional) -> None:
    path = compressed(fractional, tmp_path / "a", RLELossless)
    mask = pydicom.dcmread(path)
    mask.PerFrameFunctionalGroupsSequence.pop()
    mask.save_as(path)
    assert refused(path) == "WRONG_LENGTH"


def test_a_frame_of_another_size_is_refused(tmp_path, fractional) -> None:
    path = compressed(fractional, tmp_path / "a", JPEG2000Lossless, lambda f: jpeg_2000(f[1:]))
    assert refused(path) == "CODESTREAM_DIFFERS"


def test_pixels_of_a_number_of_bits_that_no_mask_has_are_refused(tmp_path, fractional) -> None:
    path = compressed(fractional, tmp_path / "a", RLELossless)
    mask = pydicom.dcmread(path)
    mask.BitsAllocated = 32
    mask.save_as(path)
    assert refused(path) == "UNREADABLE"
