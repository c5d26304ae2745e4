"""Compressed pixels: each transfer syntax by frames that are encoded here."""

import struct
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.pixels.encoders import RLELosslessEncoder

from imaging import Refused, load
from imaging.dicom.codecs import CODECS, DECODABLE, RLE
from imaging.dicom.pixels import Encoding, Stored, decode_into

Encode = Callable[..., bytes]
Pixels = NDArray[Any]
JPEG = "1.2.840.10008.1.2.4."
BASELINE, EXTENDED, LOSSLESS, SV1 = JPEG + "50", JPEG + "51", JPEG + "57", JPEG + "70"
JPEG_LS, NEAR, JPEG_2000, LOSSY_2000 = JPEG + "80", JPEG + "81", JPEG + "90", JPEG + "91"
HTJ2K, HTJ2K_RPCL, LOSSY_HTJ2K = JPEG + "201", JPEG + "202", JPEG + "203"
DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
NOISE = np.random.default_rng(12).normal(0, 0.02, (100, 100))


def smooth(bits: int, *, signed: bool = False, shape: tuple[int, int] = (37, 50)) -> Pixels:
    """Something like an image that uses all values that so many bits have."""
    rows, columns = np.indices(shape)
    wave = np.sin(rows / 9) * np.cos(columns / 7) + NOISE[: shape[0], : shape[1]]
    scaled = (wave - wave.min()) / np.ptp(wave) * ((1 << bits) - 1)
    offset = 1 << (bits - 1) if signed else 0
    kind = f"{'i' if signed else 'u'}{1 if bits <= 8 else 2}"
    return (np.rint(scaled) - offset).astype(kind)


def rle(image: Pixels) -> bytes:
    return RLELosslessEncoder.encode(
        image.astype(image.dtype.newbyteorder("<")),
        encoding_plugin="pydicom",
        rows=image.shape[0],
        columns=image.shape[1],
        samples_per_pixel=1,
        bits_allocated=image.dtype.itemsize * 8,
        bits_stored=image.dtype.itemsize * 8,
        pixel_representation=int(image.dtype.kind == "i"),
        photometric_interpretation="MONOCHROME2",
        number_of_frames=1,
    )


def unsigned(image: Pixels, bits: int) -> Pixels:
    """Two's complement in so many bits, which is how JPEG takes signed pixels."""
    return (image.astype(np.int64) & ((1 << bits) - 1)).astype(f"u{image.dtype.itemsize}")


def jpeg_lossless(image: Pixels, bits: int, predictor: int = 1) -> bytes:
    pixels = unsigned(image, bits)
    return imagecodecs.jpeg8_encode(
        pixels, lossless=True, predictor=predictor, bitspersample=max(bits, 8)
    )


def jpeg_2000(image: Pixels, _bits: int) -> bytes:
    return imagecodecs.jpeg2k_encode(image, level=0, reversible=True, codecformat="j2k")


def jpeg_ls(image: Pixels, bits: int) -> bytes:
    return imagecodecs.jpegls_encode(unsigned(image, bits))


def htj2k(image: Pixels, _bits: int) -> bytes:
    return imagecodecs.htj2k_encode(image, reversible=True)


LOSSLESS_ENCODERS: dict[str, Callable[[Pixels, int], bytes]] = {
    RLE: lambda image, _: rle(image),
    LOSSLESS: lambda image, bits: jpeg_lossless(image, bits, predictor=6),
    SV1: jpeg_lossless,
    **dict.fromkeys((JPEG_LS, NEAR), jpeg_ls),
    **dict.fromkeys((JPEG_2000, LOSSY_2000), jpeg_2000),
    **dict.fromkeys((HTJ2K, HTJ2K_RPCL, LOSSY_HTJ2K), htj2k),
}
LOSSY_ENCODERS: dict[str, Callable[[Pixels], bytes]] = {
    EXTENDED: lambda image: imagecodecs.jpeg8_encode(image, 98, bitspersample=12),
    NEAR: lambda image: imagecodecs.jpegls_encode(image, level=2),
    LOSSY_2000: lambda image: imagecodecs.jpeg2k_encode(image, level=90, codecformat="j2k"),
    LOSSY_HTJ2K: lambda image: imagecodecs.htj2k_encode(image, level=1e-4, reversible=False),
}


def encoding(syntax: str, image: Pixels, bits: int, **changes: Any) -> Encoding:
    stated = Encoding(
        syntax=syntax,
        photometric="MONOCHROME2",
        samples=1,
        rows=image.shape[0],
        columns=image.shape[1],
        frames=1,
        bits_allocated=image.dtype.itemsize * 8,
        bits_stored=bits,
        signed=image.dtype.kind == "i",
        offset=0,
    )
    return replace(stated, **changes)


def items(*fragments: bytes, table: bytes = b"") -> bytes:
    """Encapsulated pixel data, with a Basic Offset Table and fragments of an even length."""
    padded = [table, *(each + b"\0" * (len(each) % 2) for each in fragments)]
    heads = (b"\xfe\xff\x00\xe0" + struct.pack("<I", len(each)) for each in padded)
    return b"".join(head + each for head, each in zip(heads, padded, strict=True)) + DELIMITER


def decoded(whole: bytes, found: Encoding, numbers: Iterable[int] | None = None) -> Stored:
    chosen = list(range(found.frames) if numbers is None else numbers)
    stored = np.zeros((len(chosen), found.rows, found.columns), found.dtype)
    decode_into(list(stored), whole, found, chosen)
    return stored


def refusal(whole: bytes, found: Encoding) -> str:
    with pytest.raises(Refused) as refused:
        decoded(whole, found)
    assert refused.value.says.endswith(".")
    return refused.value.code


@pytest.mark.parametrize("syntax", LOSSLESS_ENCODERS)
@pytest.mark.parametrize(("bits", "signed"), [(8, False), (12, False), (16, False), (16, True)])
def test_what_was_compressed_without_loss_comes_back(syntax: str, bits: int, signed: bool) -> None:
    image = smooth(bits, signed=signed)
    whole = items(LOSSLESS_ENCODERS[syntax](image, bits))
    np.testing.assert_array_equal(decoded(whole, encoding(syntax, image, bits))[0], image)


@pytest.mark.parametrize("syntax", [RLE, LOSSLESS, SV1, JPEG_LS, JPEG_2000, HTJ2K])
def test_signed_pixels_of_twelve_bits_keep_their_sign(syntax: str) -> None:
    """JPEG knows no sign: it is at the top of Bits Stored (PS3.5 8.1.1)."""
    image = smooth(12, signed=True)
    whole = items(LOSSLESS_ENCODERS[syntax](image, 12))
    np.testing.assert_array_equal(decoded(whole, encoding(syntax, image, 12))[0], image)


@pytest.mark.parametrize("syntax", [JPEG_2000, HTJ2K])
def test_signed_pixels_in_a_codestream_without_sign_keep_theirs(syntax: str) -> None:
    image = smooth(16, signed=True)
    whole = items(LOSSLESS_ENCODERS[syntax](image.view(np.uint16), 16))
    np.testing.assert_array_equal(decoded(whole, encoding(syntax, image, 16))[0], image)


def test_what_is_above_bits_stored_is_not_the_images() -> None:
    """As in native pixels: RLE keeps the bits as they were."""
    image = smooth(12)
    whole = items(rle(image | np.uint16(0x8000)))
    np.testing.assert_array_equal(decoded(whole, encoding(RLE, image, 12))[0], image)


@pytest.mark.parametrize("syntax", [SV1, JPEG_LS, JPEG_2000, HTJ2K])
def test_numbers_far_beyond_bits_stored_are_refused(syntax: str) -> None:
    image = smooth(12)
    whole = items(LOSSLESS_ENCODERS[syntax](image | np.uint16(0x2000), 16))
    assert refusal(whole, encoding(syntax, image, 12)) == "CODESTREAM_DIFFERS"


@pytest.mark.parametrize("signed", [False, True])
def test_what_a_lossy_frame_rings_past_bits_stored_is_cut_off(signed: bool) -> None:
    """It would come back from the other end if only the bits were counted."""
    image = smooth(12, signed=signed).astype(np.int16 if signed else np.uint16)
    beyond = image + np.sign(image - image.mean()).astype(image.dtype) * np.array(40, image.dtype)
    beyond = np.where(beyond > 40_000, 0, beyond) if not signed else beyond
    found = decoded(items(jpeg_2000(beyond, 16)), encoding(JPEG_2000, image, 12))[0]
    low = -2048 if signed else 0
    np.testing.assert_array_equal(found, beyond.clip(low, low + 4095))
    assert beyond.max() > low + 4095


@pytest.mark.parametrize("syntax", LOSSY_ENCODERS)
def test_what_was_compressed_with_loss_comes_near(syntax: str) -> None:
    image = smooth(12, shape=(64, 96))
    whole = items(LOSSY_ENCODERS[syntax](image))
    off = abs(decoded(whole, encoding(syntax, image, 12))[0].astype(int) - image)
    assert 0 < off.max() <= (2 if syntax == NEAR else 41)  # one part in a hundred of 4096


def test_baseline_jpeg_comes_near() -> None:
    image = smooth(8, shape=(64, 96))
    whole = items(imagecodecs.jpeg8_encode(image, 98))
    off = abs(decoded(whole, encoding(BASELINE, image, 8))[0].astype(int) - image)
    assert off.max() <= 3


def test_every_decodable_syntax_is_tried_here() -> None:
    assert {BASELINE, EXTENDED, *LOSSLESS_ENCODERS} == DECODABLE == {*CODECS, RLE}


# Fragments and frames (PS3.5 A.4).

FRAMES = [smooth(12) for _ in range(3)]
CODED = [imagecodecs.jpegls_encode(frame) for frame in FRAMES]
THREE = encoding(JPEG_LS, FRAMES[0], 12, frames=3)
HALVES = [half for coded in CODED for half in (coded[:100], coded[100:])]


def offsets(*fragments: bytes, every: int) -> bytes:
    """Where every so manieth fragment begins."""
    ends = np.cumsum([8 + len(each) + len(each) % 2 for each in fragments])
    return struct.pack(f"<{len(ends) // every}I", *[0, *ends.tolist()][: len(ends) : every])


@pytest.mark.parametrize(
    "whole",
    [
        items(*CODED),
        encapsulate(CODED, has_bot=True) + DELIMITER,
        encapsulate_extended(CODED)[0] + DELIMITER,
        items(*HALVES, table=offsets(*HALVES, every=2)),
        items(*HALVES),  # each frame starts as a codestream does
    ],
    ids=["plain", "basic-table", "extended-table", "halves-by-table", "halves-by-start"],
)
def test_frames_are_told_apart(whole: bytes) -> None:
    np.testing.assert_array_equal(decoded(whole, THREE), FRAMES)
    np.testing.assert_array_equal(decoded(whole, THREE, [2, 0]), [FRAMES[2], FRAMES[0]])


def test_one_frame_may_be_in_many_fragments() -> None:
    whole = items(*(CODED[0][at : at + 50] for at in range(0, len(CODED[0]), 50)))
    np.testing.assert_array_equal(decoded(whole, replace(THREE, frames=1))[0], FRAMES[0])


@pytest.mark.parametrize(
    ("whole", "code"),
    [
        (items(*CODED[:2]), "WRONG_LENGTH"),
        (items(), "WRONG_LENGTH"),
        (items(*HALVES, table=struct.pack("<3I", 0, 8, 16)), "WRONG_LENGTH"),
        (items(*HALVES, table=struct.pack("<2I", 0, 0)), "WRONG_LENGTH"),
        (items(*CODED)[:-8], "TRUNCATED"),
        (items(*CODED)[:-20], "TRUNCATED"),
        (DELIMITER, "UNREADABLE"),
        (items(*CODED)[:-8] + b"\xfe\xff\x00\xe0\xff\xff\xff\xff", "UNREADABLE"),
        (items(*CODED)[:-8] + b"\x10\x00\x10\x00\0\0\0\0", "UNREADABLE"),
        (b"\xfe\xff\x00\xe0\0\0\0\0" * 140_000 + DELIMITER, "TOO_LARGE"),
    ],
)
def test_fragments_that_make_no_frames_are_refused(whole: bytes, code: str) -> None:
    assert refusal(whole, THREE) == code


# Codestreams that are not what the header says.


@pytest.mark.parametrize("syntax", sorted(DECODABLE - {BASELINE, EXTENDED}))
def test_another_size_than_the_headers_is_refused(syntax: str) -> None:
    image = smooth(12)
    whole = items(LOSSLESS_ENCODERS[syntax](image, 12))
    for rows, columns in ((36, 50), (37, 51)):
        other = encoding(syntax, image, 12, rows=rows, columns=columns)
        expected = {"UNREADABLE", "TRUNCATED"} if syntax == RLE else {"CODESTREAM_DIFFERS"}
        assert refusal(whole, other) in expected


@pytest.mark.parametrize("encode", [jpeg_2000, htj2k])
def test_signed_where_the_header_says_unsigned_is_refused(encode: Any) -> None:
    image = smooth(16, signed=True)
    found = encoding(JPEG_2000, image, 16, signed=False)
    assert refusal(items(encode(image, 16)), found) == "CODESTREAM_DIFFERS"


def test_a_sign_that_the_codestream_has_no_bit_for_is_refused() -> None:
    image = smooth(12, signed=True)
    whole = items(jpeg_lossless(image, 12))
    assert refusal(whole, encoding(SV1, image, 16)) == "CODESTREAM_DIFFERS"


@pytest.mark.parametrize("syntax", [LOSSLESS, JPEG_LS, JPEG_2000, HTJ2K, RLE])
def test_more_bits_than_the_header_allocates_are_refused(syntax: str) -> None:
    image = smooth(16)
    whole = items(LOSSLESS_ENCODERS[syntax](image, 16))
    assert refusal(whole, encoding(syntax, image, 8, bits_allocated=8)) == "CODESTREAM_DIFFERS"


@pytest.mark.parametrize(
    ("syntax", "frame"),
    [
        (BASELINE, imagecodecs.jpeg8_encode(np.zeros((37, 50, 3), np.uint8), 90)),
        (JPEG_LS, imagecodecs.jpegls_encode(np.zeros((37, 50, 3), np.uint8))),
        (
            JPEG_2000,
            imagecodecs.jpeg2k_encode(np.zeros((37, 50, 3), np.uint8), codecformat="j2k"),
        ),
    ],
)
def test_colours_are_refused(syntax: str, frame: bytes) -> None:
    found = encoding(syntax, np.zeros((37, 50), np.uint8), 8)
    assert refusal(items(frame), found) == "CODESTREAM_DIFFERS"


@pytest.mark.parametrize(
    ("syntax", "frame"),
    [
        (BASELINE, jpeg_lossless(FRAMES[0], 12)),
        (LOSSLESS, imagecodecs.jpeg8_encode(FRAMES[0], 98, bitspersample=12)),
        (SV1, CODED[0]),
        (JPEG_LS, jpeg_lossless(FRAMES[0], 12)),
    ],
)
def test_the_coding_of_another_syntax_is_refused(syntax: str, frame: bytes) -> None:
    assert refusal(items(frame), encoding(syntax, FRAMES[0], 12)) == "CODESTREAM_DIFFERS"


@pytest.mark.parametrize("syntax", sorted(DECODABLE))
@pytest.mark.parametrize(
    "frame", [b"\0\0", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"\xff\x4f\xff\x51" + b"\xff" * 60]
)
def test_what_is_no_codestream_is_refused(syntax: str, frame: bytes) -> None:
    found = encoding(syntax, FRAMES[0], 12)
    assert refusal(items(frame), found) in {"UNREADABLE", "CODESTREAM_DIFFERS", "TRUNCATED"}


def test_a_jpeg_2000_file_around_the_codestream_is_refused() -> None:
    """PS3.5 8.2.4 allows none; its colours and palettes would change the values."""
    frame = imagecodecs.jpeg2k_encode(FRAMES[0], level=0, reversible=True, codecformat="jp2")
    assert refusal(items(frame), encoding(JPEG_2000, FRAMES[0], 12)) == "UNREADABLE"


def test_rle_planes_of_wrong_lengths_are_refused() -> None:
    """Together as long as the frame, but not each as long as its own share."""
    pixels = [bytes(100), bytes(98), bytes(102)]

    def plane(values: bytes) -> bytes:
        return bytes([len(values) - 1]) + values + b"\0" * ((len(values) + 1) % 2)

    image = np.zeros((10, 10), np.uint16)
    for first, second in ((1, 2), (2, 1), (0, 1), (1, 0)):
        planes = [plane(pixels[first]), plane(pixels[second])]
        head = struct.pack("<16I", 2, 64, 64 + len(planes[0]), *[0] * 13)
        code = refusal(items(head + b"".join(planes)), encoding(RLE, image, 16))
        assert code in {"UNREADABLE", "TRUNCATED"}


@pytest.mark.parametrize("syntax", [*LOSSLESS_ENCODERS, BASELINE, EXTENDED])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_frame_that_is_cut_is_refused(syntax: str, share: float) -> None:
    """Nothing is made up for what is missing."""
    image = smooth(8)
    encode = LOSSLESS_ENCODERS.get(syntax, lambda image, _: imagecodecs.jpeg8_encode(image, 98))
    frame = encode(image, 8)
    whole = items(frame[: int(len(frame) * share)])
    assert refusal(whole, encoding(syntax, image, 8)) in {"TRUNCATED", "UNREADABLE"}


@pytest.mark.parametrize("syntax", LOSSLESS_ENCODERS)
def test_damage_is_refused_or_decoded_and_never_escapes(syntax: str) -> None:
    """CharLS may not come to an end on others than these; that is for the limits."""
    random = np.random.default_rng(5)
    frame, found = LOSSLESS_ENCODERS[syntax](FRAMES[0], 12), encoding(syntax, FRAMES[0], 12)
    for _ in range(60):
        damaged = np.frombuffer(frame, np.uint8).copy()
        damaged[random.integers(len(damaged))] ^= 1 << random.integers(8)
        with suppress(Refused):
            decoded(items(damaged.tobytes()), found)


def test_slices_of_several_syntaxes_make_one_volume(slices: list[Dataset], encoded: Encode) -> None:
    expected = np.stack([image.pixel_array for image in slices])
    files = []
    syntaxes = (SV1, JPEG_LS, JPEG_2000, HTJ2K, RLE)
    with warnings.catch_warnings(action="ignore"):
        for image, syntax in zip(slices, syntaxes, strict=True):
            bits, pixels = image.BitsStored, image.pixel_array
            image.file_meta.TransferSyntaxUID = syntax
            image.PixelData = encapsulate([LOSSLESS_ENCODERS[syntax](pixels, bits)])
            image["PixelData"].is_undefined_length = True
            files.append(encoded(image))
    np.testing.assert_array_equal(load(files).stored, expected)


def test_the_refusal_of_one_slice_is_that_of_the_series(
    slices: list[Dataset], tmp_path: Path, encoded: Encode
) -> None:
    with warnings.catch_warnings(action="ignore"):
        for number, image in enumerate(slices):
            frame = imagecodecs.jpegls_encode(image.pixel_array.view(np.uint16))
            image.file_meta.TransferSyntaxUID = JPEG_LS
            image.PixelData = encapsulate([frame[:61] if number == 3 else frame])
            image["PixelData"].is_undefined_length = True
            (tmp_path / f"{number}.dcm").write_bytes(encoded(image))
    with pytest.raises(Refused) as refused:
        load(sorted(tmp_path.glob("*.dcm")))
    assert refused.value.code == "TRUNCATED"
    assert refused.value.says.startswith("3.dcm: ")
