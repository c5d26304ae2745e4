"""What one DICOM file is, and where its image planes lie in the patient, without its pixels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydicom.config import IGNORE
from pydicom.uid import UID

from imaging.elements import Elements, Source, read
from imaging.flags import Refused
from imaging.frames import frames
from imaging.pixels import PIXEL_ELEMENTS, Encoding, encoding
from imaging.planes import PLANE_ELEMENTS, Plane, plane

Kind = Literal["IMAGE", "SEGMENTATION", "STRUCTURE_SET"]

IMAGE_TYPE, SOP_CLASS, SOP_INSTANCE, MODALITY = 0x00080008, 0x00080016, 0x00080018, 0x00080060
STUDY, SERIES, FRAME_OF_REFERENCE = 0x0020000D, 0x0020000E, 0x00200052
FRAMES, LOSSY = 0x00280008, 0x00282110
FRAMES_LIMIT = 1 << 16
WANTED = frozenset(
    {IMAGE_TYPE, SOP_CLASS, SOP_INSTANCE, MODALITY, STUDY, SERIES, FRAME_OF_REFERENCE}
    | {FRAMES, LOSSY, *PLANE_ELEMENTS, *PIXEL_ELEMENTS}
)

SINGLE_FRAME = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"})
"""CT and MR Image Storage (PS3.4 B.5)."""
MULTI_FRAME = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT
        "1.2.840.10008.5.1.4.1.1.2.2",  # Legacy Converted Enhanced CT
        "1.2.840.10008.5.1.4.1.1.4.1",  # Enhanced MR
        "1.2.840.10008.5.1.4.1.1.4.4",  # Legacy Converted Enhanced MR
    }
)
KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(SINGLE_FRAME | MULTI_FRAME, "IMAGE"),
    "1.2.840.10008.5.1.4.1.1.66.4": "SEGMENTATION",
    "1.2.840.10008.5.1.4.1.1.66.7": "SEGMENTATION",  # Label Map
    "1.2.840.10008.5.1.4.1.1.481.3": "STRUCTURE_SET",
}


@dataclass(frozen=True)
class Instance:
    """One file: its identity and, for an image, its planes. Nothing about the patient."""

    kind: Kind
    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str
    study_uid: str
    frame_of_reference_uid: str
    modality: str
    transfer_syntax: str
    image_type: tuple[str, ...]
    lossy: bool
    number_of_frames: int
    planes: tuple[Plane, ...]
    """Empty for masks."""
    encoding: Encoding | None = field(repr=False)
    """How the pixels are stored; None for masks, which their own reader decodes."""
    source: Source = field(repr=False)


def inspect(source: Source) -> Instance:
    """Identity and geometry of a CT or MR image, a SEG or an RTSTRUCT.

    Raises Refused: NOT_DICOM, TRUNCATED, TOO_LARGE, UNREADABLE, UNSUPPORTED_TRANSFER_SYNTAX,
    UNSUPPORTED_MODALITY, NOT_AN_IMAGE, NO_IDENTITY, NO_GEOMETRY, NOT_GREYSCALE, WRONG_LENGTH,
    MULTI_FRAME.
    """
    elements = read(source, WANTED)
    kind = _kind(elements)
    count = _number_of_frames(elements)
    image = kind == "IMAGE"
    stored = encoding(elements, source, count) if image else None
    return Instance(
        kind=kind,
        sop_class_uid=elements.text(SOP_CLASS),
        sop_instance_uid=_uid(elements, SOP_INSTANCE),
        series_uid=_uid(elements, SERIES),
        study_uid=_uid(elements, STUDY),
        frame_of_reference_uid=_word(elements, FRAME_OF_REFERENCE),
        modality=_word(elements, MODALITY),
        transfer_syntax=elements.syntax,
        image_type=tuple(word.strip() for word in elements.text(IMAGE_TYPE).split("\\")),
        lossy=elements.text(LOSSY) == "01",
        number_of_frames=count,
        encoding=stored,
        planes=_planes(elements, source, count) if image else (),
        source=source,
    )


def _kind(elements: Elements) -> Kind:
    sop_class = elements.text(SOP_CLASS)
    if kind := KINDS.get(sop_class):
        return kind
    name = f"The SOP Class (0008,0016) is {UID(sop_class[:64], IGNORE).name!r}"
    if elements.offset is None:
        raise Refused("NOT_AN_IMAGE", f"{name}, neither an image nor a mask.")
    says = f"{name}; what can be measured are CT and MR images, with SEG and RTSTRUCT as masks."
    raise Refused("UNSUPPORTED_MODALITY", says)


def _uid(elements: Elements, tag: int) -> str:
    if uid := _word(elements, tag):
        return uid
    at = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    raise Refused("NO_IDENTITY", f"The unique identifier {at} is missing or no identifier.")


def _word(elements: Elements, tag: int) -> str:
    """An identifier, or nothing: digits and dots, and the letters some anonymisers put in."""
    found = elements.text(tag)
    return found if re.fullmatch(r"[0-9A-Za-z._-]{1,64}", found) else ""


def _number_of_frames(elements: Elements) -> int:
    (count, *_) = elements.numbers(FRAMES) or (1.0,)
    if not count.is_integer() or not 1 <= count <= FRAMES_LIMIT:
        raise Refused("UNREADABLE", f"Number of Frames (0028,0008) is {count}.")
    return int(count)


def _planes(elements: Elements, source: Source, count: int) -> tuple[Plane, ...]:
    if elements.text(SOP_CLASS) in MULTI_FRAME:
        return frames(elements, source, count)
    if count > 1:
        says = f"{count} frames in a single-frame class; send an enhanced multi-frame image."
        raise Refused("MULTI_FRAME", says)
    return (plane(None, elements.numbers),)
