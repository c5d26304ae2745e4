"""What one DICOM file is, and where its image planes lie in the patient, without its pixels."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydicom.config import IGNORE
from pydicom.uid import UID

from imaging.dicom import image_type
from imaging.dicom.elements import Elements, Source, order, read
from imaging.dicom.frames import frames
from imaging.dicom.pixels import PIXEL_ELEMENTS, Encoding, encoding
from imaging.dicom.planes import PLANE_ELEMENTS, Plane, plane
from imaging.dicom.traits import TRAIT_TAGS
from imaging.flags import Refused

Kind = Literal["IMAGE", "SEGMENTATION", "STRUCTURE_SET"]

IMAGE_TYPE, SOP_CLASS, SOP_INSTANCE, MODALITY = 0x00080008, 0x00080016, 0x00080018, 0x00080060
STUDY, SERIES, FRAME_OF_REFERENCE = 0x0020000D, 0x0020000E, 0x00200052
FRAMES, LOSSY, MODALITY_LUT = 0x00280008, 0x00282110, 0x00283000
PADDING, PADDING_LIMIT = 0x00280120, 0x00280121
FRAMES_LIMIT = 1 << 16
IDENTIFIER = re.compile(rb"[0-9A-Za-z._-]{1,64}")
WANTED = frozenset(
    {IMAGE_TYPE, SOP_CLASS, SOP_INSTANCE, MODALITY, STUDY, SERIES, FRAME_OF_REFERENCE}
    | {FRAMES, LOSSY, MODALITY_LUT, PADDING, PADDING_LIMIT}
    | {*PLANE_ELEMENTS, *PIXEL_ELEMENTS, *TRAIT_TAGS}
) - {0}

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
SCREENS = "1.2.840.10008.5.1.4.1.1.7"
"""Secondary Capture; those of several frames have this as their root."""
DOSE_REPORTS = frozenset(f"1.2.840.10008.5.1.4.1.1.88.{n}" for n in (67, 68, 73, 76))
"""X-Ray, Radiopharmaceutical, Patient and Enhanced X-Ray Radiation Dose SR."""


STORED = {"encoding", "source"}


class Instance(NamedTuple):
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
    encoding: Encoding | None
    """How the pixels are stored; None for masks, which their own reader decodes."""
    padding: tuple[int, int] | None
    """The stored values, from and to, that stand for no image (PS3.3 C.7.5.1.1.2)."""
    source: Source

    def __repr__(self) -> str:
        """What it is, without where it is stored: that may be the whole content of the file."""
        told = (f"{name}={value!r}" for name, value in self._asdict().items() if name not in STORED)
        return f"Instance({', '.join(told)})"


def inspect(source: Source) -> Instance:
    """Identity and geometry of a CT or MR image, a SEG or an RTSTRUCT.

    Raises Refused: NOT_DICOM, TRUNCATED, TOO_LARGE, UNREADABLE, UNSUPPORTED_TRANSFER_SYNTAX,
    UNSUPPORTED_MODALITY, NOT_AN_IMAGE, SCREEN_SAVE, DOSE_REPORT, NO_IDENTITY, NO_GEOMETRY,
    NOT_GREYSCALE, WRONG_LENGTH, MULTI_FRAME, MODALITY_LUT.
    """
    elements = read(source, WANTED)
    sop_class = elements.text(SOP_CLASS)
    kind = _kind(elements, sop_class)
    count = _number_of_frames(elements)
    written_type = elements.text(IMAGE_TYPE)
    stored: Encoding | None = None
    planes: tuple[Plane, ...] = ()
    if kind == "IMAGE":
        image_type.check(written_type)
        _check_modality_lut(elements)
        stored = encoding(elements, source, count)
        if sop_class in MULTI_FRAME:
            planes = frames(elements, source, count, written_type)
        else:
            planes = (_only_plane(elements, count, written_type),)
    return Instance(
        kind=kind,
        sop_class_uid=sop_class,
        sop_instance_uid=_uid(elements, SOP_INSTANCE),
        series_uid=_uid(elements, SERIES),
        study_uid=_uid(elements, STUDY),
        frame_of_reference_uid=_word(elements, FRAME_OF_REFERENCE),
        modality=_word(elements, MODALITY),
        transfer_syntax=elements.syntax,
        image_type=image_type.words(written_type),
        lossy=elements.values.get(LOSSY, b"").strip() == b"01",
        number_of_frames=count,
        encoding=stored,
        planes=planes,
        padding=_padding(elements, stored) if stored else None,
        source=source,
    )


def _kind(elements: Elements, sop_class: str) -> Kind:
    if kind := KINDS.get(sop_class):
        return kind
    name = f"The SOP Class (0008,0016) is {UID(sop_class[:64], IGNORE).name!r}"
    if sop_class in DOSE_REPORTS:
        raise Refused("DOSE_REPORT", f"{name}: leave it out.")
    if sop_class == SCREENS or sop_class.startswith(f"{SCREENS}."):
        raise Refused("SCREEN_SAVE", f"{name}, a picture of a screen: send what was on it.")
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
    found = elements.values.get(tag, b"").strip(b" \0")
    return found.decode("ascii") if IDENTIFIER.fullmatch(found) else ""


def _number_of_frames(elements: Elements) -> int:
    (count, *_) = elements.numbers(FRAMES) or (1.0,)
    if not count.is_integer() or not 1 <= count <= FRAMES_LIMIT:
        raise Refused("UNREADABLE", f"Number of Frames (0028,0008) is {count}.")
    return int(count)


def _only_plane(elements: Elements, count: int, written_type: str) -> Plane:
    if count > 1:
        says = f"{count} frames in a single-frame class; send an enhanced multi-frame image."
        raise Refused("MULTI_FRAME", says)
    return plane(elements, written_type, tuple(map(elements.values.get, TRAIT_TAGS)))


def _check_modality_lut(elements: Elements) -> None:
    if MODALITY_LUT in elements.values:
        says = "The pixels have their values from a table, Modality LUT Sequence (0028,3000)"
        raise Refused("MODALITY_LUT", f"{says}; send the images with Rescale Slope and Intercept.")


def _padding(elements: Elements, stored: Encoding) -> tuple[int, int] | None:
    """Pixel Padding Value and Range Limit, read as the pixels are whatever their VR says."""
    if PADDING not in elements.values:
        return None
    written = (elements.values.get(tag, b"") for tag in (PADDING, PADDING_LIMIT))
    ends = [
        int.from_bytes(value, order(elements.syntax), signed=stored.signed)
        for value in written
        if len(value) in {2, 4}
    ]
    return (min(ends), max(ends)) if ends else None
