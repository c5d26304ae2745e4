"""The stored values of one image, decoded from its file."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import JPEGExtended12Bit

from imaging.elements import Elements, Source, content
from imaging.flags import Refused
from imaging.walk import BIG_ENDIAN, DEFLATED, NATIVE, UNDEFINED

SAMPLES, PHOTOMETRIC, ROWS, COLUMNS = 0x00280002, 0x00280004, 0x00280010, 0x00280011
BITS_ALLOCATED, BITS_STORED, REPRESENTATION = 0x00280100, 0x00280101, 0x00280103
PIXEL_ELEMENTS = {SAMPLES, PHOTOMETRIC, ROWS, COLUMNS, BITS_ALLOCATED, BITS_STORED, REPRESENTATION}

SIZE_LIMIT = 512 << 20
"""Bytes that one image may decode to."""
PADDING_LIMIT = 1024
"""Bytes of padding after the last pixel; more means that the dimensions are wrong."""

ITEM, SEQUENCE_ENDS = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"

Stored = NDArray[np.integer]


@dataclass(frozen=True)
class Encoding:
    """How the pixels of one image are stored (PS3.3 C.7.6.3), and where."""

    syntax: str
    photometric: str
    samples: int
    rows: int
    columns: int
    frames: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    offset: int
    """Of the first byte of the value of Pixel Data, in the inflated file."""

    @property
    def dtype(self) -> np.dtype[np.integer]:
        order_ = ">" if self.syntax == BIG_ENDIAN else "<"
        return np.dtype(f"{order_}{'i' if self.signed else 'u'}{self.bits_allocated // 8}")

    @property
    def frame_bytes(self) -> int:
        return self.rows * self.columns * self.bits_allocated // 8


def encoding(elements: Elements, source: Source, frames: int) -> Encoding:
    """How the pixels are stored, once it is certain that all of them are there.

    Raises Refused: NOT_GREYSCALE, UNREADABLE, TOO_LARGE, TRUNCATED, WRONG_LENGTH,
    UNSUPPORTED_TRANSFER_SYNTAX.
    """
    if elements.offset is None:
        says = "The file ends before its pixel data (7FE0,0010); send it again whole."
        raise Refused("TRUNCATED", says)
    number = {tag: elements.unsigned(tag) or 0 for tag in PIXEL_ELEMENTS}
    found = Encoding(
        syntax=elements.syntax,
        photometric=elements.text(PHOTOMETRIC),
        samples=number[SAMPLES],
        rows=number[ROWS],
        columns=number[COLUMNS],
        frames=frames,
        bits_allocated=number[BITS_ALLOCATED],
        bits_stored=number[BITS_STORED],
        signed=number[REPRESENTATION] == 1,
        offset=elements.offset,
    )
    _check_grey(found)
    _check_shape(found)
    if found.syntax in NATIVE:
        _check_length(found, elements.length)
    elif elements.length != UNDEFINED:
        raise Refused("WRONG_LENGTH", "The transfer syntax is compressed, the pixel data are not.")
    else:
        _check_decodable(found.syntax)
        fragments_end(content(source, found.syntax), found.offset)
    return found


def _check_grey(found: Encoding) -> None:
    if found.photometric not in {"MONOCHROME1", "MONOCHROME2"} or found.samples != 1:
        says = f"The image is {found.photometric!r} with {found.samples} samples a pixel"
        raise Refused("NOT_GREYSCALE", f"{says}; only MONOCHROME1 and MONOCHROME2 are measured.")


def _check_shape(found: Encoding) -> None:
    if not found.rows or not found.columns:
        raise Refused("UNREADABLE", f"The image has {found.rows} rows of {found.columns} pixels.")
    allocated, stored = found.bits_allocated, found.bits_stored
    if allocated not in {8, 16, 32} or not 1 <= stored <= allocated:
        raise Refused("UNREADABLE", f"Pixels of {stored} in {allocated} bits are no CT or MR.")
    if found.frame_bytes * found.frames > SIZE_LIMIT:
        raise Refused("TOO_LARGE", f"The image is larger than {SIZE_LIMIT} bytes.")


def _check_length(found: Encoding, length: int) -> None:
    expected = found.frame_bytes * found.frames
    says = f"The pixel data have {length} bytes, the dimensions ask for {expected}"
    if length == UNDEFINED or length > expected + PADDING_LIMIT:
        raise Refused("WRONG_LENGTH", f"{says}; the header does not belong to these pixels.")
    if length < expected:
        raise Refused("TRUNCATED", f"{says}; send the file again.")


def _check_decodable(syntax: str) -> None:
    """Pillow's decoder reads no JPEG of 12 bits, though it is listed for it."""
    try:
        decodable = syntax != JPEGExtended12Bit and get_decoder(syntax).is_available
    except NotImplementedError:
        decodable = False
    if not decodable:
        says = f"No decoder for transfer syntax {syntax} is installed; send it uncompressed."
        raise Refused("UNSUPPORTED_TRANSFER_SYNTAX", says)


def read_into(target: Stored, source: Source, found: Encoding, frame: int) -> None:
    """Read one native frame (from 0) into an array (rows, columns).

    Raises Refused: TRUNCATED, UNREADABLE where the file is no longer what it was.
    """
    offset = found.offset + frame * found.frame_bytes
    try:
        if isinstance(source, bytes) or found.syntax == DEFLATED or target.dtype != found.dtype:
            whole = content(source, found.syntax)
            pixels = np.frombuffer(whole, found.dtype, target.size, offset).reshape(target.shape)
            target[:] = _stored_bits(pixels.copy(), found)
            complete = True
        else:
            with open(source, "rb", buffering=0) as file:
                file.seek(offset)
                complete = file.readinto(target.data) == found.frame_bytes
            _stored_bits(target, found)
    except ValueError:
        complete = False
    except OSError as problem:
        raise Refused("UNREADABLE", f"The file cannot be read: {problem.strerror}.") from None
    if not complete:
        raise Refused("TRUNCATED", "The file has become shorter; send it again.")


def _stored_bits(pixels: Stored, found: Encoding) -> Stored:
    """Clear, in place, what is above Bits Stored: it is not the image's (PS3.5 8.1.1).

    Looked for first, since it is nearly never there and clearing takes longer than looking.
    """
    unused = found.bits_allocated - found.bits_stored
    if not unused:
        return pixels
    if found.signed:
        limit = 1 << (found.bits_stored - 1)
        if pixels.min() < -limit or pixels.max() >= limit:
            pixels <<= unused
            pixels >>= unused
    elif pixels.max() >> found.bits_stored:
        pixels &= (1 << found.bits_stored) - 1
    return pixels


def decoded(source: Source, found: Encoding) -> Stored:
    """All frames (frames, rows, columns) of an encapsulated image.

    Raises Refused, whatever goes wrong in a decoder: UNREADABLE, TRUNCATED.
    """
    whole = content(source, found.syntax)
    fragments = whole[found.offset : fragments_end(whole, found.offset)]
    options: dict[str, Any] = {
        "rows": found.rows,
        "columns": found.columns,
        "number_of_frames": found.frames,
        "samples_per_pixel": found.samples,
        "bits_allocated": found.bits_allocated,
        "bits_stored": found.bits_stored,
        "pixel_representation": int(found.signed),
        "photometric_interpretation": found.photometric,
        "pixel_keyword": "PixelData",
    }
    try:
        with warnings.catch_warnings(action="ignore"):
            pixels, _ = get_decoder(found.syntax).as_array(fragments, **options)
        return pixels.reshape(found.frames, found.rows, found.columns)
    except Exception as problem:  # noqa: BLE001 -- decoders let anything escape
        says = f"The pixels cannot be decoded ({type(problem).__name__}); send them uncompressed."
        raise Refused("UNREADABLE", says) from None


def fragments_end(whole: bytes, at: int) -> int:
    """Where the items of encapsulated pixel data (PS3.5 A.4) end; raises Refused TRUNCATED."""
    while at + 8 <= len(whole):
        tag, length = whole[at : at + 4], int.from_bytes(whole[at + 4 : at + 8], "little")
        at += 8
        if tag == SEQUENCE_ENDS:
            return at
        if tag != ITEM or length == UNDEFINED:
            raise Refused("UNREADABLE", "The fragments of the pixel data are damaged.")
        at += length
    raise Refused("TRUNCATED", "The compressed pixel data end early; send the file again.")
