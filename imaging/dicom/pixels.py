"""The stored values of one image, decoded from its file."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import fragments
from imaging.dicom.codecs import RLE, of_codestream, of_rle
from imaging.dicom.codestream import Stated
from imaging.dicom.elements import Elements, Source, content
from imaging.dicom.nesting import UNDEFINED
from imaging.dicom.walk import BIG_ENDIAN, DEFLATED, NATIVE
from imaging.flags import Refused

SAMPLES, PHOTOMETRIC, ROWS, COLUMNS = 0x00280002, 0x00280004, 0x00280010, 0x00280011
BITS_ALLOCATED, BITS_STORED, REPRESENTATION = 0x00280100, 0x00280101, 0x00280103
HIGH_BIT = 0x00280102
PIXEL_ELEMENTS = (
    *(SAMPLES, PHOTOMETRIC, ROWS, COLUMNS),
    *(BITS_ALLOCATED, BITS_STORED, HIGH_BIT, REPRESENTATION),
)
LONGEST_VALUE = 64
"""Bytes of each of these that are looked at; the standard allows them 16 (PS3.5 6.2, CS)."""

SIZE_LIMIT = 512 << 20
"""Bytes that one image may decode to."""
PADDING_LIMIT = 1024
"""Bytes of padding after the last pixel; more means that the dimensions are wrong."""
OVERSHOOT = 1 / 16
"""Of the values that Bits Stored has, by which a lossy frame may go past them."""
DECODERS = min(os.cpu_count() or 1, 16)
"""Frames that are decoded at once; each decoder has memory of its own."""

Stored = NDArray[np.integer]
T = TypeVar("T")


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

    Raises Refused: NOT_GREYSCALE, UNREADABLE, TOO_LARGE, TRUNCATED, WRONG_LENGTH.
    """
    if elements.offset is None:
        says = "The file ends before its pixel data (7FE0,0010); send it again whole."
        raise Refused("TRUNCATED", says)
    written = [elements.values.get(tag, b"")[:LONGEST_VALUE] for tag in PIXEL_ELEMENTS]
    found = _described(tuple(written), elements.syntax, elements.offset, frames)
    if found.syntax in NATIVE:
        _check_length(found, elements.length)
    elif elements.length != UNDEFINED:
        raise Refused("WRONG_LENGTH", "The transfer syntax is compressed, the pixel data are not.")
    else:
        fragments.frames(content(source, found.syntax), found.offset, frames)
    return found


@lru_cache
def _described(written: tuple[bytes, ...], syntax: str, offset: int, frames: int) -> Encoding:
    """What PIXEL_ELEMENTS say, which is kept: images of a series say mostly the same."""
    said = Elements(dict(zip(PIXEL_ELEMENTS, written, strict=True)), syntax, slice(0), offset, 0)
    number = {tag: said.unsigned(tag) or 0 for tag in PIXEL_ELEMENTS}
    found = Encoding(
        syntax=syntax,
        photometric=said.text(PHOTOMETRIC),
        samples=number[SAMPLES],
        rows=number[ROWS],
        columns=number[COLUMNS],
        frames=frames,
        bits_allocated=number[BITS_ALLOCATED],
        bits_stored=number[BITS_STORED],
        signed=number[REPRESENTATION] == 1,
        offset=offset,
    )
    _check_grey(found)
    _check_shape(found)
    if said.unsigned(HIGH_BIT) not in {None, found.bits_stored - 1}:
        says = "High Bit (0028,0102) is not that of Bits Stored (0028,0101): export the file again."
        raise Refused("UNREADABLE", says)
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
            complete = _read_at(source, offset, target) == found.frame_bytes
            _stored_bits(target, found)
    except ValueError:
        complete = False
    except OSError as problem:
        raise Refused("UNREADABLE", f"The file cannot be read: {problem.strerror}.") from None
    if not complete:
        raise Refused("TRUNCATED", "The file has become shorter; send it again.")


def _read_at(path: str | os.PathLike[str], offset: int, target: Stored) -> int:
    """Read straight into an array; says how many bytes there were."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.readv(descriptor, [target.data])
    finally:
        os.close(descriptor)


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


def decode_into(
    targets: Sequence[Stored], source: Source, found: Encoding, numbers: Sequence[int]
) -> None:
    """Decode frames (from 0) of an encapsulated image, each into an array (rows, columns).

    Raises Refused: UNREADABLE, TRUNCATED, WRONG_LENGTH, TOO_LARGE, CODESTREAM_DIFFERS.
    """
    try:
        whole = content(source, found.syntax)
    except OSError as problem:
        raise Refused("UNREADABLE", f"The file cannot be read: {problem.strerror}.") from None
    frames = fragments.frames(whole, found.offset, found.frames)

    def decode(job: tuple[Stored, int]) -> None:
        target, number = job
        target[:] = _decoded(b"".join(whole[part] for part in frames[number]), found)

    on_all_cores(decode, list(zip(targets, numbers, strict=True)))


def on_all_cores(work: Callable[[T], None], jobs: Sequence[T]) -> None:
    """Decode in as many threads as there are cores; the first refusal is raised."""
    if len(jobs) == 1:
        work(jobs[0])
        return
    with ThreadPoolExecutor(DECODERS) as pool:
        for _ in pool.map(work, jobs):
            pass


def _decoded(frame: bytes, found: Encoding) -> Stored:
    """The stored values (rows, columns) of a frame."""
    if found.syntax == RLE:
        return _stored_bits(of_rle(frame, found.dtype, found.rows, found.columns), found)
    like = Stated(found.rows, found.columns, 1, found.bits_allocated, found.signed, None)
    pixels, stated = of_codestream(frame, found.syntax, like)
    if stated.signed or not found.signed:
        return _within_bits(pixels, found).astype(found.dtype)
    if stated.precision < found.bits_stored:
        says = f"Signed pixels of {found.bits_stored} bits are compressed as {stated.precision}"
        raise Refused("CODESTREAM_DIFFERS", f"{says}; export the file once more, uncompressed.")
    return _stored_bits(pixels.astype(found.dtype), found)


def _within_bits(pixels: Stored, found: Encoding) -> Stored:
    """Numbers, not bits: lossy coding rings past the values of the image, which is cut off."""
    count = 1 << found.bits_stored
    low = -count // 2 if found.signed else 0
    high, slack = low + count - 1, count * OVERSHOOT
    least, most = int(pixels.min()), int(pixels.max())
    if least < low - slack or most > high + slack:
        says = f"The pixels go from {least} to {most}, which is not in {found.bits_stored} bits"
        raise Refused("CODESTREAM_DIFFERS", f"{says}; export the file once more, uncompressed.")
    return pixels if low <= least and most <= high else pixels.clip(low, high)
