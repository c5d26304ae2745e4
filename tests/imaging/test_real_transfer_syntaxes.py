"""Compressed pixels: real files, by the values that they are known to have."""

from hashlib import md5
from pathlib import Path

import numpy as np
import pytest

from imaging import Refused, load
from imaging.dicom.codecs import RLE

JPEG = "1.2.840.10008.1.2.4."
BASELINE, EXTENDED, LOSSLESS, SV1 = JPEG + "50", JPEG + "51", JPEG + "57", JPEG + "70"
JPEG_LS, NEAR, JPEG_2000, LOSSY_2000 = JPEG + "80", JPEG + "81", JPEG + "90", JPEG + "91"

REAL = {
    BASELINE: ("JPEGProcess1T", 8, 30, 168),
    EXTENDED: ("JPEGProcess2_4", 16, 498, 2708),
    LOSSLESS: ("JPEGProcess14T", 16, -2000, 2402),
    SV1: ("JPEGProcess14SV1", 16, -2000, 2402),
    JPEG_LS: ("JPEGLSLossless", 16, -2000, 2402),
    NEAR: ("JPEGLSLossy", 16, -2000, 2402),
    JPEG_2000: ("JPEG2000LosslessOnly", 16, -2000, 2402),
    LOSSY_2000: ("JPEG2000T", 16, -2000, 2402),
    RLE: ("RLELossless", 16, -2000, 2402),
}
SAME = {LOSSLESS, SV1, JPEG_LS, JPEG_2000, RLE}
OFF = {BASELINE: 0, EXTENDED: 1, NEAR: 1, LOSSY_2000: 3}
"""By how much the extremes of a lossy file depend on who decodes it, or on what it lost."""


def real(dicom: Path, word: str) -> Path:
    (found,) = (dicom / "ct-transfer-syntaxes").glob(f"*_{word}*")
    return found


@pytest.mark.parametrize("syntax", REAL)
def test_a_real_slice_has_its_known_values(dicom: Path, syntax: str) -> None:
    word, bits, low, high = REAL[syntax]
    stored = load([real(dicom, word)]).stored
    assert stored.dtype.itemsize * 8 == bits
    assert abs(int(stored.min()) - low) <= OFF.get(syntax, 0)
    assert abs(int(stored.max()) - high) <= OFF.get(syntax, 0)
    same = md5(stored.astype("<i4").tobytes(), usedforsecurity=False).hexdigest()
    assert same.startswith("e700ed22") == (syntax in SAME)


@pytest.mark.parametrize("syntax", [NEAR, LOSSY_2000])
def test_a_lossy_slice_is_near_the_lossless_one(dicom: Path, syntax: str) -> None:
    lossless = load([real(dicom, REAL[JPEG_2000][0])]).stored
    lossy = load([real(dicom, REAL[syntax][0])]).stored
    assert 0 < abs(lossy.astype(int) - lossless).max() <= {NEAR: 1, LOSSY_2000: 8}[syntax]


@pytest.mark.parametrize("word", ["JPEGProcess6_8", "JPEGProcess10_12"])
def test_a_retired_syntax_is_refused_by_name(dicom: Path, word: str) -> None:
    with pytest.raises(Refused) as refused:
        load([real(dicom, word)])
    assert refused.value.code == "UNSUPPORTED_TRANSFER_SYNTAX"
    assert "uncompressed" in refused.value.says


def test_a_series_is_the_same_in_rle_and_in_jpeg_2000(dicom: Path) -> None:
    folder = dicom / "mr-compressed-series"
    one, other = load(folder / "compressed_rle"), load(folder / "compressed_j2k")
    assert one.stored.shape == (4, 256, 256)
    assert one.step == pytest.approx(1.0)
    np.testing.assert_array_equal(one.stored, other.stored)


def test_a_codestream_that_is_cut_is_refused(dicom: Path) -> None:
    with pytest.raises(Refused) as refused:
        load([dicom / "malformed" / "emri_small_jpeg_2k_lossless_too_short.dcm"])
    assert refused.value.code == "TRUNCATED"
