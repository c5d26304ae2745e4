"""Where the elements of a data set lie: a flat walk over its tags and lengths (PS3.5 section 7).

Little endian alone. What surprises it is left to pydicom, which reads everything but is slow and
no safe boundary.
"""

import struct

from imaging.flags import Refused

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})

UNDEFINED = 0xFFFFFFFF
ELEMENTS_LIMIT, DEPTH_LIMIT = 100_000, 32

_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_SHORT = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_DELIMITERS, _ITEM, _SEQUENCE_ENDS = 0xFFFE, 0xFFFEE000, 0xFFFEE0DD
_head = struct.Struct("<HH2sH").unpack_from
_length = struct.Struct("<I").unpack_from


class Unexpected(Exception):
    """The walk met what only a full reader may judge."""


class CutShort(Exception):
    """An element reaches past the end of the bytes given."""


def walk(
    buffer: bytes, at: int, syntax: str, *, until: int, wanted: frozenset[int]
) -> tuple[dict[int, bytes], int]:
    """Values of the wanted top-level elements, and where the first tag >= `until` stands.

    Raises Unexpected, CutShort, and Refused for more elements or deeper nesting than an image has.
    """
    if syntax == BIG_ENDIAN:
        raise Unexpected
    explicit, end = syntax != IMPLICIT, len(buffer)
    values: dict[int, bytes] = {}
    last, left = -1, ELEMENTS_LIMIT
    while end - at >= 8 and left:
        group, element, vr, length = _head(buffer, at)
        tag = group << 16 | element
        if tag >= until:
            return values, at
        if tag <= last:
            raise Unexpected
        last, start = tag, at + 8
        left -= 1
        if not explicit or vr not in _SHORT:
            start, length = _long(buffer, at, explicit, vr)
        if length == UNDEFINED:
            at, left = _past_sequence(buffer, start, explicit, left)
        else:
            at = start + length
            if tag in wanted:
                values[tag] = buffer[start:at]
    if not left:
        raise Refused("TOO_LARGE", f"The file has over {ELEMENTS_LIMIT} elements.")
    if at != end:
        raise CutShort
    return values, at


def _past_sequence(buffer: bytes, at: int, explicit: bool, left: int) -> tuple[int, int]:
    """Where a sequence of undefined length ends that begins at `at`, and how many elements left."""
    depth = 1
    while depth and left:
        if len(buffer) - at < 8:
            raise CutShort
        group, element, vr, length = _head(buffer, at)
        tag, start = group << 16 | element, at + 8
        left -= 1
        if group == _DELIMITERS or not explicit or vr not in _SHORT:
            start, length = _long(buffer, at, explicit and group != _DELIMITERS, vr)
        at = start
        if tag == _SEQUENCE_ENDS:
            depth -= 1
        elif length != UNDEFINED:
            at += length
        elif tag != _ITEM:
            depth += 1
            if depth > DEPTH_LIMIT:
                raise Refused("TOO_LARGE", f"Sequences are nested over {DEPTH_LIMIT} deep.")
    return at, left


def _long(buffer: bytes, at: int, explicit: bool, vr: bytes) -> tuple[int, int]:
    """Where the value of an element with a length of 32 bits starts, and the length (7.1.2, 7.1.3).

    Without a length it has to be a sequence.
    """
    if not explicit:
        return at + 8, _length(buffer, at + 4)[0]
    if vr not in _LONG:
        raise Unexpected
    if len(buffer) - at < 12:
        raise CutShort
    length = _length(buffer, at + 8)[0]
    if length == UNDEFINED and vr != b"SQ":
        raise Unexpected
    return at + 12, length
