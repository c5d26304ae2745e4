"""What a compressed frame says of itself before it is decoded: its coding, size and precision."""

import struct
from typing import NamedTuple

from imaging.flags import Refused

JPEG_ENDS, PADDING = b"\xff\xd9", b"\0\xff"
JPEG_STARTS, JPEG2000_STARTS = b"\xff\xd8", b"\xff\x4f\xff\x51"
NO_FRAMES = {0xC4, 0xC8, 0xCC}
"""Markers among those of frames that are tables: DHT, JPG, DAC (ISO/IEC 10918-1, table B.1)."""
FRAMES = {*range(0xC0, 0xD0)} - NO_FRAMES | {0xF7}
"""SOF0 to SOF15, and SOF55 of JPEG-LS (ISO/IEC 14495-1, C.1.1)."""
SEGMENTS_LIMIT = 10_000
"""Marker segments before that of the frame."""

_frame = struct.Struct(">BHHB").unpack_from
_size = struct.Struct(">IIII16xHB").unpack_from


class Stated(NamedTuple):
    """What the header of a codestream states; `coding` is its SOF marker, or None."""

    rows: int
    columns: int
    components: int
    precision: int
    signed: bool
    coding: int | None


def of_jpeg(frame: bytes) -> Stated:
    """Read the frame header of JPEG (ISO/IEC 10918-1, B.2.2) or JPEG-LS.

    Raises Refused: UNREADABLE, and TRUNCATED where it has no end: libjpeg makes up what is missing,
    and CharLS may look for it for ever.
    """
    if frame.startswith(JPEG_STARTS) and not frame.rstrip(PADDING).endswith(JPEG_ENDS):
        raise Refused("TRUNCATED", "The JPEG data end before the image does; send the file again.")
    at = 2 if frame.startswith(JPEG_STARTS) else len(frame)
    for _ in range(SEGMENTS_LIMIT):
        while frame[at + 1 : at + 2] == b"\xff":  # fill bytes
            at += 1
        if at + 10 > len(frame) or frame[at] != 0xFF:
            break
        if (marker := frame[at + 1]) in FRAMES:
            precision, rows, columns, components = _frame(frame, at + 4)
            return Stated(rows, columns, components, precision, signed=False, coding=marker)
        at += 2 + int.from_bytes(frame[at + 2 : at + 4])
    raise Refused("UNREADABLE", "The pixel data hold no JPEG frame; send the file again.")


def of_jpeg2000(frame: bytes) -> Stated:
    """Read the SIZ marker segment (ISO/IEC 15444-1, A.5.1), which HTJ2K has too.

    Raises Refused UNREADABLE, also for a JP2 file around the codestream (PS3.5 8.2.4).
    """
    if not frame.startswith(JPEG2000_STARTS) or len(frame) < 43:
        raise Refused("UNREADABLE", "The pixel data hold no JPEG 2000 codestream; send them again.")
    right, bottom, left, top, components, depth = _size(frame, 8)
    precision, signed = (depth & 0x7F) + 1, bool(depth & 0x80)
    return Stated(bottom - top, right - left, components, precision, signed, coding=None)
