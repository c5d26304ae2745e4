"""Where the elements of a data set lie: a flat walk over its tags and lengths (PS3.5 section 7).

What it cannot read is refused: nothing is given to a parser that was not measured here before.
"""

from imaging.dicom.nesting import (
    BIG,
    LITTLE,
    SHORT,
    UNDEFINED,
    CutShort,
    Survey,
    Unexpected,
    lettered,
)
from imaging.dicom.runs import runs_of
from imaging.flags import Refused

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})

ELEMENTS_LIMIT = 100_000
"""Elements of a data set, besides those in its sequences."""
PIXEL_DATA = 0x7FE00010
_DELIMITERS, _META = 0xFFFE, 2
_NONE: frozenset[bytes] = frozenset()


def walk(
    buffer: bytes, at: int, syntax: str, wanted: frozenset[int], *, parsed: bool = False
) -> tuple[dict[int, bytes], int]:
    """Values of the wanted top-level elements before Pixel Data, and where that stands.

    Without Pixel Data it is the end. Sequences are surveyed; what is odd within one of known
    length is let pass unless all, with what stands behind the pixels, is going to be `parsed`.

    Raises Unexpected, CutShort, and Refused TOO_LARGE for more elements or deeper nesting than an
    image has.
    """
    order = BIG if syntax == BIG_ENDIAN else LITTLE
    explicit, head, last = syntax != IMPLICIT, order.flat, len(buffer) - 8
    if at <= last and lettered(buffer, at) != explicit:
        raise Unexpected
    runs = runs_of(order, wanted) if explicit else None
    short = SHORT if explicit else _NONE
    survey, left = Survey(buffer, order, parsed=parsed), ELEMENTS_LIMIT
    values: dict[int, bytes] = {}
    met = 0
    while at <= last and left > 0:
        if runs and (run := runs.at(buffer, at)):
            values.update(zip(run.tags, run.values(buffer, at), strict=True))
            met += len(run.tags)
            left -= len(run.heads)
            at += run.length
        else:
            word, vr, _ = head(buffer, at)
            if vr in short:  # it would be in a run, if it did not reach past the end
                raise CutShort
            if (tag := order.tag(word)) == PIXEL_DATA and not parsed:
                break
            start, at = _past(survey, at, tag, vr, explicit)
            if tag in wanted:
                values[tag] = buffer[start:at]
                met += 1
            left -= 1
        if len(values) != met:  # one of them came twice
            raise Unexpected
    else:
        if left <= 0:
            raise Refused("TOO_LARGE", f"The file has over {ELEMENTS_LIMIT} elements.")
        if at != len(buffer):
            raise CutShort
    return values, at


def _past(survey: Survey, at: int, tag: int, vr: bytes, explicit: bool) -> tuple[int, int]:
    """Start and end of the value of an element that is in no run."""
    if tag >> 16 == _DELIMITERS:
        raise Unexpected
    long_vr, start, length = survey.head(at, explicit, vr)
    return start, survey.past(tag, long_vr, start, length, explicit)


def walk_meta(buffer: bytes, at: int, wanted: int) -> tuple[bytes, int]:
    """Value of one element of the file meta information, and where the data set begins.

    Raises Unexpected, CutShort.
    """
    survey, value = Survey(buffer, LITTLE, parsed=False), b""
    while len(buffer) - at >= 8:
        group, element, vr, length = LITTLE.head(buffer, at)
        if group != _META:
            return value, at
        start = at + 8
        if vr not in SHORT:
            vr, start, length = survey.head(at, True, vr)
            if vr is None or length == UNDEFINED:
                raise Unexpected
        at = start + length
        if group << 16 | element == wanted:
            if value:
                raise Unexpected
            value = buffer[start:at]
    if at != len(buffer):
        raise CutShort
    return value, at
