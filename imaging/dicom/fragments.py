"""Which bytes of encapsulated pixel data belong to which frame (PS3.5 A.4)."""

from collections.abc import Iterator, Sequence

from imaging.dicom.codestream import JPEG2000_STARTS, JPEG_STARTS
from imaging.dicom.nesting import UNDEFINED
from imaging.flags import Refused

FRAGMENTS_LIMIT = 1 << 17
STARTS = (JPEG_STARTS, JPEG2000_STARTS)
ITEM, SEQUENCE_ENDS = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


def fragments(whole: bytes, at: int) -> list[slice]:
    """Where the items lie, the first of which is the Basic Offset Table.

    Raises Refused: TRUNCATED, UNREADABLE, TOO_LARGE.
    """
    found: list[slice] = []
    while at + 8 <= len(whole):
        tag, length = whole[at : at + 4], int.from_bytes(whole[at + 4 : at + 8], "little")
        at += 8
        if tag == SEQUENCE_ENDS:
            if not found:
                break
            return found
        if tag != ITEM or length == UNDEFINED:
            break
        if len(found) > FRAGMENTS_LIMIT:
            raise Refused("TOO_LARGE", f"The pixel data have over {FRAGMENTS_LIMIT} fragments.")
        found.append(slice(at, at + length))
        at += length
    else:
        raise Refused("TRUNCATED", "The compressed pixel data end early; send the file again.")
    raise Refused("UNREADABLE", "The fragments of the pixel data are damaged.")


def frames(whole: bytes, at: int, count: int) -> list[list[slice]]:
    """The fragments of each of `count` frames.

    A fragment is a frame wherever there are as many: always so with RLE and where there is an
    Extended Offset Table (PS3.3 C.7.6.3.1.8), which is not needed therefore. Raises Refused:
    TRUNCATED, UNREADABLE, TOO_LARGE, and WRONG_LENGTH where the frames cannot be told apart.
    """
    table, *parts = fragments(whole, at)
    if len(parts) == count:
        return [[part] for part in parts]
    if count == 1 and parts:
        return [parts]
    if offsets := _offsets(whole[table]):
        starts = [n for n, part in enumerate(parts) if part.start - 8 - table.stop in offsets]
    else:
        starts = [n for n, part in enumerate(parts) if whole.startswith(STARTS, part.start)]
    if len(starts) != count or starts[0] != 0:
        says = f"The pixel data have {len(parts)} fragments, the header {count} frames"
        raise Refused("WRONG_LENGTH", f"{says}, and nothing tells which is where: send them again.")
    return list(_groups(parts, starts))


def _offsets(table: bytes) -> frozenset[int]:
    """Of the first fragment of each frame, from the first byte of the item after the table."""
    return frozenset(
        int.from_bytes(table[n : n + 4], "little") for n in range(0, len(table) - 3, 4)
    )


def _groups(parts: Sequence[slice], starts: Sequence[int]) -> Iterator[list[slice]]:
    for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        yield list(parts[start:end])
