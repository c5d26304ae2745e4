"""Which decoder reads the frames of which transfer syntax (PS3.5 section 10 and annex A.4).

All are of imagecodecs (BSD), which brings libjpeg-turbo (IJG, BSD), CharLS (BSD) and OpenJPEG
(BSD). OpenJPEG reads HTJ2K too, not as fast as the OpenJPH beside it, whose errors imagecodecs
drops: a damaged frame would come back as any noise. They are written in C and C++, and hold no lock
while they work: many frames are decoded at once. Untrusted frames belong in a process with limits
(`imaging.limits`): CharLS 2.4.3 does not always come to an end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from imaging.dicom.codestream import Stated, of_jpeg, of_jpeg2000
from imaging.flags import Refused

Pixels = NDArray[np.integer]
T = TypeVar("T")

BASELINE, EXTENDED, LOSSLESS, JPEG_LS = 0xC0, 0xC1, 0xC3, 0xF7
PRECISION_LIMIT = 16
"""Bits of a pixel that the decoders were found to read as they were written."""


@dataclass(frozen=True)
class Codec:
    """How the frames of a transfer syntax are read."""

    decode: Callable[[bytes], Pixels]
    stated: Callable[[bytes], Stated]
    codings: frozenset[int | None] = field(default=frozenset({None}))
    """The kinds of frame that the transfer syntax allows."""


_jpeg2000 = Codec(partial(imagecodecs.jpeg2k_decode, numthreads=1), of_jpeg2000)
_lossless = Codec(imagecodecs.jpeg8_decode, of_jpeg, frozenset({LOSSLESS}))
_jpeg_ls = Codec(imagecodecs.jpegls_decode, of_jpeg, frozenset({JPEG_LS}))

RLE = "1.2.840.10008.1.2.5"
CODECS: Mapping[str, Codec] = {
    "1.2.840.10008.1.2.4.50": Codec(imagecodecs.jpeg8_decode, of_jpeg, frozenset({BASELINE})),
    "1.2.840.10008.1.2.4.51": Codec(
        imagecodecs.jpeg8_decode, of_jpeg, frozenset({BASELINE, EXTENDED})
    ),
    "1.2.840.10008.1.2.4.57": _lossless,  # any predictor
    "1.2.840.10008.1.2.4.70": _lossless,  # the first predictor
    "1.2.840.10008.1.2.4.80": _jpeg_ls,
    "1.2.840.10008.1.2.4.81": _jpeg_ls,  # near-lossless
    "1.2.840.10008.1.2.4.90": _jpeg2000,  # lossless
    "1.2.840.10008.1.2.4.91": _jpeg2000,
    "1.2.840.10008.1.2.4.201": _jpeg2000,  # lossless
    "1.2.840.10008.1.2.4.202": _jpeg2000,  # lossless, resolutions first
    "1.2.840.10008.1.2.4.203": _jpeg2000,
}
"""By UID; RLE, whose frames say nothing of themselves, is read by `of_rle`."""
DECODABLE = frozenset({*CODECS, RLE})


def of_codestream(frame: bytes, syntax: str, like: Stated) -> tuple[Pixels, Stated]:
    """Decode a frame (rows, columns), and say what it states of itself.

    It may have fewer bits than `like`, and no sign where `like` has one: JPEG knows none, and
    JPEG 2000 is often written without. Raises Refused: UNREADABLE, CODESTREAM_DIFFERS.
    """
    codec = CODECS[syntax]
    stated = codec.stated(frame)
    if (wrong := _difference(stated, like, codec.codings)) is not None:
        says = f"The compressed image has {wrong}; export the file once more, uncompressed."
        raise Refused("CODESTREAM_DIFFERS", says)
    pixels = _decoded(codec.decode, frame)
    if pixels.shape != (like.rows, like.columns):
        says = f"The compressed image decodes to {' × '.join(map(str, pixels.shape))} pixels,"
        raise Refused("CODESTREAM_DIFFERS", f"{says} the header asks for {_size(like)}.")
    return pixels, stated


def of_rle(frame: bytes, dtype: np.dtype[np.integer], rows: int, columns: int) -> Pixels:
    """Decode a frame (rows, columns) of one sample a pixel (PS3.5 annex G).

    Raises Refused: UNREADABLE, CODESTREAM_DIFFERS, TRUNCATED.
    """
    segments, size = int.from_bytes(frame[:4], "little"), dtype.itemsize
    if segments != size:
        says = f"The RLE header names {segments} segments, where pixels of {size} bytes have {size}"
        raise Refused("CODESTREAM_DIFFERS", f"{says}; export the file once more, uncompressed.")
    pixels = bytearray(rows * columns * size)
    # No segment may be longer than its share: if all of them fill the frame, each fills its own.
    decode = partial(imagecodecs.dicomrle_decode, dtype=dtype.str, out=pixels)
    if len(_decoded(decode, frame)) != len(pixels):
        raise Refused("TRUNCATED", "The RLE data end before the image does; send the file again.")
    return np.frombuffer(pixels, dtype).reshape(rows, columns)


def _difference(stated: Stated, like: Stated, codings: frozenset[int | None]) -> str | None:
    """What of a frame is not as the header has it, or cannot be read for sure."""
    if stated.coding not in codings:
        return f"the coding SOF{(stated.coding or 0) - 0xC0}, which is not its transfer syntax"
    if stated.components != 1:
        return f"{stated.components} components, where 1 is expected"
    if (stated.rows, stated.columns) != (like.rows, like.columns):
        return f"{_size(stated)} pixels, where the header asks for {_size(like)}"
    if stated.precision > min(like.precision, PRECISION_LIMIT):
        return f"pixels of {stated.precision} bits, which is more than the header allows"
    if stated.signed and not like.signed:
        return "signed pixels, where the header says unsigned"
    return None


def _size(stated: Stated) -> str:
    return f"{stated.rows} × {stated.columns}"


def _decoded(decode: Callable[[bytes], T], frame: bytes) -> T:
    try:
        return decode(frame)
    except MemoryError:
        raise
    except Exception as problem:  # noqa: BLE001 -- each decoder has errors of its own
        says = f"The pixels cannot be decoded ({type(problem).__name__}); send them uncompressed."
        raise Refused("UNREADABLE", says) from None
