"""What a DICOM file says in its elements, and where its pixels lie, without reading them."""

import io
import os
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_dataset
from pydicom.uid import (
    JPEG2000TransferSyntaxes,
    JPEGLSTransferSyntaxes,
    JPEGTransferSyntaxes,
    RLETransferSyntaxes,
)

from imaging.flags import Refused
from imaging.walk import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    NATIVE,
    UNDEFINED,
    CutShort,
    Unexpected,
    walk,
)

Source = str | os.PathLike[str] | bytes
"""A file by its path, or its content."""

TRANSFER_SYNTAX = 0x00020010
PIXEL_DATA = 0x7FE00010
ENCAPSULATED = frozenset(
    [
        *JPEGTransferSyntaxes,
        *JPEGLSTransferSyntaxes,
        *JPEG2000TransferSyntaxes,
        *RLETransferSyntaxes,
    ]
)
"""Syntaxes whose pixels pydicom knows; whether a decoder is present is asked of each image."""

READS = (8 << 10, 256 << 10)
"""Bytes read at first; a header that is longer costs another read, the last of everything."""
FILE_LIMIT = 1 << 30
META_LIMIT = 64 << 10
INFLATED_LIMIT, INFLATED_RATIO = 64 << 20, 200
ITEMS_LIMIT = 50_000
PYDICOM_LIMIT = 4 << 20
"""Bytes of a header that pydicom is given: a megabyte of empty elements takes it 0.4 s."""


def order(syntax: str) -> Literal["little", "big"]:
    """Byte order of numbers and pixels."""
    return "big" if syntax == BIG_ENDIAN else "little"


@dataclass(frozen=True)
class Elements:
    """The wanted elements of one file, and where its pixels start."""

    values: dict[int, bytes]
    syntax: str
    header: slice
    """Where the data set before the pixels lies in `content`."""
    offset: int | None
    """Of the first byte of Pixel Data in `content`; None where there is none."""
    length: int
    """Of Pixel Data; UNDEFINED where it is encapsulated."""

    def text(self, tag: int) -> str:
        return self.values.get(tag, b"").decode("ascii", "replace").strip(" \0")

    def numbers(self, tag: int) -> tuple[float, ...] | None:
        """Decimal strings as floats; None where absent or empty.

        Raises Refused UNREADABLE where they are no numbers.
        """
        if not (written := self.values.get(tag, b"").strip(b" \0")):
            return None
        try:
            return tuple(map(float, written.split(b"\\")))
        except ValueError:
            says = f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is {self.text(tag)[:64]!r}, no number."
            raise Refused("UNREADABLE", says) from None

    def unsigned(self, tag: int) -> int | None:
        value = self.values.get(tag, b"")
        return int.from_bytes(value, order(self.syntax)) if len(value) in {2, 4} else None


def read(source: Source, wanted: frozenset[int]) -> Elements:
    """The wanted top-level elements of a Part 10 file (PS3.10 7.1).

    Raises Refused: NOT_DICOM, TRUNCATED, TOO_LARGE, UNSUPPORTED_TRANSFER_SYNTAX, UNREADABLE.
    """
    try:
        for start, size in _starts(source):
            try:
                return _parse(start, size, wanted)
            except CutShort:
                continue
    except OSError as problem:
        raise Refused("UNREADABLE", f"The file cannot be read: {problem.strerror}.") from None
    raise Refused("TRUNCATED", "The file ends inside an element; send it again whole.")


def _starts(source: Source) -> Iterator[tuple[bytes, int]]:
    """More and more of the file, up to all of it, each with the size of the file."""
    if isinstance(source, bytes):
        yield source, len(source)
        return
    with open(source, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if size > FILE_LIMIT:
            raise Refused("TOO_LARGE", f"The file is longer than {FILE_LIMIT} bytes.")
        start = file.read(READS[0])
        yield start, size
        for count in (*READS[1:], size):
            if len(start) < min(count, size):
                start += file.read(count - len(start))
                yield start, size


def _parse(buffer: bytes, size: int, wanted: frozenset[int]) -> Elements:
    syntax, at = _meta(buffer)
    if syntax == DEFLATED:
        if len(buffer) < size:
            raise CutShort
        buffer, at = inflate(buffer[at:]), 0
        size = len(buffer)
    try:
        values, end = walk(buffer, at, syntax, until=PIXEL_DATA, wanted=wanted)
    except Unexpected:
        if len(buffer) < min(size, at + PYDICOM_LIMIT):
            raise CutShort from None
        values, end = _raw(buffer[at:], syntax, wanted)
        end += at
    offset, length = _pixels(buffer, end, syntax)
    if offset is not None and length != UNDEFINED and offset + length > size:
        missing = offset + length - size
        raise Refused("TRUNCATED", f"The pixel data lack {missing} bytes; send the file again.")
    return Elements(values, syntax, slice(at, end), offset, length)


def _meta(buffer: bytes) -> tuple[str, int]:
    """Transfer syntax, and where the data set begins."""
    if buffer[128:132] != b"DICM":
        raise Refused("NOT_DICOM", "This is not a DICOM Part 10 file: no DICM at byte 128.")
    wanted = frozenset({TRANSFER_SYNTAX})
    try:
        values, at = walk(buffer, 132, EXPLICIT, until=0x00030000, wanted=wanted)
    except Unexpected:
        raise Refused("UNREADABLE", "The file meta information is damaged.") from None
    syntax = values.get(TRANSFER_SYNTAX, b"").decode("ascii", "replace").strip(" \0")
    if not syntax or at > META_LIMIT:
        raise Refused("UNREADABLE", "The file meta information names no transfer syntax.")
    if syntax not in NATIVE and syntax not in ENCAPSULATED:
        says = f"Transfer syntax {syntax[:64]!r} is none this service knows; send it uncompressed."
        raise Refused("UNSUPPORTED_TRANSFER_SYNTAX", says)
    return syntax, at


def _raw(encoded: bytes, syntax: str, wanted: frozenset[int]) -> tuple[dict[int, bytes], int]:
    """What `walk` returns, by way of pydicom."""
    found, end = data_set(encoded, syntax)
    elements = {tag: found.get_item(tag) for tag in wanted if tag in found}
    return {
        tag: element.value or b""
        for tag, element in elements.items()
        if isinstance(element, RawDataElement)
    }, end


def _pixels(buffer: bytes, at: int, syntax: str) -> tuple[int | None, int]:
    """Offset and length of the value of Pixel Data, if that is the element at `at`."""
    head = buffer[at : at + 12]
    if len(head) < 12 and len(head) > 0:
        raise CutShort
    group, element = (int.from_bytes(head[i : i + 2], order(syntax)) for i in (0, 2))
    if group << 16 | element != PIXEL_DATA:
        return None, 0
    skipped = 8 if syntax == IMPLICIT else 12
    return at + skipped, int.from_bytes(head[skipped - 4 : skipped], order(syntax))


def content(source: Source, syntax: str) -> bytes:
    """The whole file, inflated where it was deflated: what `Elements.offset` counts in."""
    whole = source if isinstance(source, bytes) else Path(source).read_bytes()
    if syntax != DEFLATED:
        return whole
    _, at = walk(whole, 132, EXPLICIT, until=0x00030000, wanted=frozenset())
    return inflate(whole[at:])


def inflate(deflated: bytes) -> bytes:
    """Raw deflate (PS3.5 A.5), stopped before a small file becomes a large one."""
    limit = min(INFLATED_LIMIT, INFLATED_RATIO * len(deflated))
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = engine.decompress(deflated, limit + 1)
    except zlib.error as problem:
        raise Refused("UNREADABLE", f"The deflated data set is damaged: {problem}.") from None
    if len(inflated) > limit:
        raise Refused("TOO_LARGE", f"The data set inflates to over {limit} bytes.")
    if not engine.eof:
        raise CutShort
    return inflated


def data_set(encoded: bytes, syntax: str) -> tuple[Dataset, int]:
    """Read, by pydicom, a data set up to its pixels; also where it stopped.

    Raises Refused, whatever goes wrong in pydicom: UNREADABLE, TOO_LARGE.
    """
    start = io.BytesIO(encoded[:PYDICOM_LIMIT])
    marker = b"\xff\xfe\xe0\x00" if syntax == BIG_ENDIAN else b"\xfe\xff\x00\xe0"
    if start.getvalue().count(marker) > ITEMS_LIMIT:
        raise Refused("TOO_LARGE", f"The header has over {ITEMS_LIMIT} sequence items.")
    try:
        with warnings.catch_warnings(action="ignore"):
            little, implicit = syntax != BIG_ENDIAN, syntax == IMPLICIT
            found = read_dataset(start, implicit, little, stop_when=_at_pixels)
    except Exception as problem:  # noqa: BLE001 -- pydicom lets anything escape from damaged files
        says = f"The header is damaged ({type(problem).__name__}); send the file again."
        raise Refused("UNREADABLE", says) from None
    if start.tell() == PYDICOM_LIMIT:
        raise Refused("TOO_LARGE", f"The header is longer than {PYDICOM_LIMIT} bytes.")
    return found, start.tell()


def _at_pixels(tag: int, vr: str | None, length: int) -> bool:  # noqa: ARG001 -- pydicom's call
    return tag >= PIXEL_DATA
