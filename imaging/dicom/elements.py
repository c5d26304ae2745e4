"""What a DICOM file says in its elements, and where its pixels lie, without reading them."""

import io
import logging
import os
import stat
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from pydicom import Dataset, config, dcmread
from pydicom.filereader import read_dataset

from imaging.dicom.codecs import DECODABLE
from imaging.dicom.nesting import BIG, LITTLE, UNDEFINED, CutShort, Unexpected
from imaging.dicom.recall import recalled
from imaging.dicom.walk import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    NATIVE,
    PIXEL_DATA,
    walk,
    walk_meta,
)
from imaging.flags import Refused

# What pydicom logs, and warns of when it validates, repeats what a file says.
logging.getLogger("pydicom").disabled = True
config.settings.reading_validation_mode = config.IGNORE

Source = str | os.PathLike[str] | bytes
"""A file by its path, or its content."""

TRANSFER_SYNTAX = 0x00020010
PIXEL_VRS = {b"OB", b"OW", b"UN"}

READS = (8 << 10, 256 << 10, 64 << 20)
"""Bytes read at first; a header that is longer costs another read, up to the longest there is."""
FILE_LIMIT = 1 << 30
META_LIMIT = 64 << 10
INFLATED_LIMIT, INFLATED_RATIO = 64 << 20, 200


def order(syntax: str) -> Literal["little", "big"]:
    """Byte order of numbers and pixels."""
    return "big" if syntax == BIG_ENDIAN else "little"


def shown(written: str) -> str:
    """Text of a file without what a terminal or a log takes for a command."""
    if written.isprintable():
        return written
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in written)


@recalled
def _numbers(value: bytes) -> tuple[float, ...] | None:
    written = value.strip(b" \0")
    return tuple(map(float, written.split(b"\\"))) if written else None


class Elements(NamedTuple):
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
        """What is written, fit to be shown."""
        return shown(self.values.get(tag, b"").decode("ascii", "replace").strip(" \0"))

    def numbers(self, tag: int) -> tuple[float, ...] | None:
        """Decimal strings as floats; None where absent or empty.

        Raises Refused UNREADABLE where they are no numbers.
        """
        if not (value := self.values.get(tag)):
            return None
        try:
            return _numbers(value)
        except ValueError:
            says = f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is {self.text(tag)[:64]!r}, no number."
            raise Refused("UNREADABLE", says) from None

    def unsigned(self, tag: int) -> int | None:
        """A whole number of 2 or 4 bytes; None where there is none."""
        value = self.values.get(tag, b"")
        return int.from_bytes(value, order(self.syntax)) if len(value) in {2, 4} else None


def read(source: Source, wanted: frozenset[int]) -> Elements:
    """The wanted top-level elements of a Part 10 file (PS3.10 7.1).

    Raises Refused: NOT_DICOM, TRUNCATED, TOO_LARGE, UNSUPPORTED_TRANSFER_SYNTAX, UNREADABLE.
    """
    try:
        if isinstance(source, bytes):
            return _parse(source, len(source), wanted)
        # Without O_NONBLOCK a pipe is waited for until somebody writes to it.
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK)
        try:
            return _read(descriptor, _size(descriptor), wanted)
        finally:
            os.close(descriptor)
    except CutShort:
        says = "The file ends inside an element; send it again whole."
        raise Refused("TRUNCATED", says) from None
    except OSError as problem:
        raise Refused("UNREADABLE", f"The file cannot be read: {problem.strerror}.") from None


def _size(descriptor: int) -> int:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise Refused("UNREADABLE", "This is no file but a folder, a pipe or a device.")
    if status.st_size > FILE_LIMIT:
        raise Refused("TOO_LARGE", f"The file is longer than {FILE_LIMIT} bytes.")
    return status.st_size


def _read(descriptor: int, size: int, wanted: frozenset[int]) -> Elements:
    """Read more and more of the file, up to all of it."""
    for count in READS:
        try:
            return _parse(os.pread(descriptor, count, 0), size, wanted)
        except CutShort:
            if count >= size:
                raise
    raise Refused("TOO_LARGE", f"The header is longer than {READS[-1]} bytes.")


def _parse(buffer: bytes, size: int, wanted: frozenset[int]) -> Elements:
    syntax, at = _meta(buffer)
    if syntax == DEFLATED:
        if len(buffer) < size:
            raise CutShort
        buffer, at = inflate(buffer[at:]), 0
        size = len(buffer)
    try:
        values, end = walk(buffer, at, syntax, wanted)
        offset, length = _pixels(buffer, end, syntax)
    except Unexpected:
        raise _damaged() from None
    if offset is not None and length != UNDEFINED and offset + length > size:
        missing = offset + length - size
        raise Refused("TRUNCATED", f"The pixel data lack {missing} bytes; send the file again.")
    return Elements(values, syntax, slice(at, end), offset, length)


def _damaged() -> Refused:
    says = "The header is damaged, or written as no standard says: export the file once more."
    return Refused("UNREADABLE", says)


def _meta(buffer: bytes) -> tuple[str, int]:
    """Transfer syntax, and where the data set begins."""
    if buffer[128:132] != b"DICM":
        raise Refused("NOT_DICOM", "This is not a DICOM Part 10 file: no DICM at byte 128.")
    try:
        value, at = walk_meta(buffer, 132, TRANSFER_SYNTAX)
    except Unexpected:
        raise Refused("UNREADABLE", "The file meta information is damaged.") from None
    syntax = value.decode("ascii", "replace").strip(" \0")
    if not syntax or at > META_LIMIT:
        raise Refused("UNREADABLE", "The file meta information names no transfer syntax.")
    if syntax not in NATIVE and syntax not in DECODABLE:
        says = f"Transfer syntax {syntax[:64]!r} is none this service knows; send it uncompressed."
        raise Refused("UNSUPPORTED_TRANSFER_SYNTAX", says)
    return syntax, at


def _pixels(buffer: bytes, at: int, syntax: str) -> tuple[int | None, int]:
    """Offset and length of the value of Pixel Data, if that is the element at `at`."""
    head = buffer[at : at + 12]
    if not head:
        return None, 0
    if len(head) < 12:
        raise CutShort
    order_ = BIG if syntax == BIG_ENDIAN else LITTLE
    word, vr, _ = order_.flat(head)
    if order_.tag(word) != PIXEL_DATA:
        return None, 0
    if syntax != IMPLICIT and vr not in PIXEL_VRS:
        raise Unexpected
    skipped = 8 if syntax == IMPLICIT else 12
    return at + skipped, order_.length(head, skipped - 4)[0]


def content(source: Source, syntax: str) -> bytes:
    """The whole file, inflated where it was deflated: what `Elements.offset` counts in."""
    whole = source if isinstance(source, bytes) else Path(source).read_bytes()
    if syntax != DEFLATED:
        return whole
    try:
        return inflate(whole[_meta(whole)[1] :])
    except CutShort:
        raise Refused("TRUNCATED", "The file has become shorter; send it again.") from None


def header(source: Source, elements: Elements) -> bytes:
    """The data set before its pixels, which are not read."""
    if isinstance(source, bytes) or elements.syntax == DEFLATED:
        return content(source, elements.syntax)[elements.header]
    with open(source, "rb", buffering=0) as file:
        count = elements.header.stop - elements.header.start
        return os.pread(file.fileno(), count, elements.header.start)


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
    _survey(encoded, 0, syntax)
    start = io.BytesIO(encoded)
    little, implicit = syntax != BIG_ENDIAN, syntax == IMPLICIT
    with _unreadable(), warnings.catch_warnings(action="ignore"):
        return read_dataset(start, implicit, little, stop_when=_at_pixels), start.tell()


def document(source: Source) -> Dataset:
    """Read, by pydicom, a whole file with its file meta information and its pixel data, if any.

    Raises Refused: what `read` does, and whatever goes wrong in pydicom, UNREADABLE.
    """
    elements = read(source, frozenset())
    whole = content(source, EXPLICIT)
    encoded = content(whole, elements.syntax)
    _survey(encoded, elements.header.start, elements.syntax)
    with _unreadable(), warnings.catch_warnings(action="ignore"):
        return dcmread(io.BytesIO(whole))


def _survey(encoded: bytes, at: int, syntax: str) -> None:
    """Go through all that a parser is going to build."""
    try:
        walk(encoded, at, syntax, frozenset(), parsed=True)
    except (CutShort, Unexpected):
        raise _damaged() from None


@contextmanager
def _unreadable() -> Iterator[None]:
    """Make a refusal of what escapes from pydicom, which may be anything."""
    try:
        yield
    except Exception as problem:  # noqa: BLE001 -- see above
        says = f"The header is damaged ({type(problem).__name__}); send the file again."
        raise Refused("UNREADABLE", says) from None


def _at_pixels(tag: int, vr: str | None, length: int) -> bool:  # noqa: ARG001 -- pydicom's call
    return tag >= PIXEL_DATA
