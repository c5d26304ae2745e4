"""Where one image plane lies in the patient, and what its stored values mean."""

import math
from functools import lru_cache
from typing import NamedTuple, Protocol

from imaging.dicom.traits import Value
from imaging.flags import Refused

THICKNESS, POSITION, ORIENTATION, SPACING = 0x00180050, 0x00200032, 0x00200037, 0x00280030
DETECTOR_SPACING = 0x00181164
INTERCEPT, SLOPE, RESCALE_TYPE = 0x00281052, 0x00281053, 0x00281054
PLANE_ELEMENTS = {
    *(THICKNESS, POSITION, ORIENTATION, SPACING, DETECTOR_SPACING),
    *(INTERCEPT, SLOPE, RESCALE_TYPE),
}

REACH = 1e5
"""Mm from the origin beyond which no scanner puts a pixel."""
SPACINGS = (1e-3, 100.0)
"""Mm between pixel centres that are believed."""
SQUARE = 1e-2
"""How far direction cosines may be from unit length and from perpendicular: written digits."""
LARGEST_RESCALE = 1e9

HOUNSFIELD = "HU"


class Written(Protocol):
    """The elements that describe one frame, by their tags."""

    def numbers(self, tag: int, /) -> tuple[float, ...] | None:
        """Decimal strings; None where absent or empty."""

    def text(self, tag: int, /) -> str:
        """Empty where absent."""


class Plane(NamedTuple):
    """Geometry of one frame, as written (PS3.3 C.7.6.2 and C.11.1)."""

    frame: int | None
    """From 1 in a multi-frame instance, else None."""
    position: tuple[float, ...]
    """x, y, z of the centre of the first pixel, mm."""
    orientation: tuple[float, ...]
    """Direction cosines along a row, then down a column."""
    spacing: tuple[float, ...]
    """Mm between rows, mm between columns."""
    thickness: float | None
    slope: float
    intercept: float
    unit: str
    """Rescale Type, `HU` where it is left out; empty where there is no rescale at all."""
    image_type: str
    """Image Type, or that of the frame."""
    traits: tuple[Value, ...]
    """What may tell it from another plane at its place, in the order of `traits.TRAITS`."""


def plane(
    written: Written, image_type: str, traits: tuple[Value, ...], frame: int | None = None
) -> Plane:
    """The plane that the elements describe.

    Raises Refused: NO_GEOMETRY where position, orientation or spacing is missing or cannot be
    true; UNREADABLE for a rescale that is no number.
    """
    numbers = written.numbers
    thickness = (numbers(THICKNESS) or (0.0,))[0]
    slope, intercept = numbers(SLOPE), numbers(INTERCEPT)
    rescaled = slope is not None or intercept is not None
    return Plane(
        frame,
        _position(numbers(POSITION)),
        _orientation(numbers(ORIENTATION)),
        _spacing(numbers(SPACING), written),
        thickness if 0 < thickness < REACH else None,
        _rescale(slope, 1.0, "Slope (0028,1053)"),
        _rescale(intercept, 0.0, "Intercept (0028,1052)"),
        (written.text(RESCALE_TYPE) or HOUNSFIELD) if rescaled else "",
        image_type,
        traits,
    )


def _position(position: tuple[float, ...] | None) -> tuple[float, ...]:
    if position and len(position) == 3 and math.hypot(*position) <= REACH:
        return position
    raise _nowhere("Image Position (Patient) (0020,0032)", position)


@lru_cache
def _orientation(cosines: tuple[float, ...] | None) -> tuple[float, ...]:
    if cosines and len(cosines) == 6:
        a, b, c, d, e, f = cosines
        off_unit = max(abs(math.hypot(a, b, c) - 1), abs(math.hypot(d, e, f) - 1))
        if off_unit <= SQUARE and abs(a * d + b * e + c * f) <= SQUARE:
            return cosines
    raise _nowhere("Image Orientation (Patient) (0020,0037)", cosines)


def _spacing(spacing: tuple[float, ...] | None, written: Written) -> tuple[float, ...]:
    least, most = SPACINGS
    if spacing and len(spacing) == 2:
        rows, columns = spacing
        if least <= rows <= most and least <= columns <= most:
            return spacing
    refusal = _nowhere("Pixel Spacing (0028,0030)", spacing)
    if spacing is None and written.text(DETECTOR_SPACING):
        says = "Imager Pixel Spacing (0018,1164) is that of the detector and not used instead."
        raise Refused(refusal.code, f"{refusal.says} {says}")
    raise refusal


def _nowhere(element: str, found: tuple[float, ...] | None) -> Refused:
    fault = "is missing" if found is None else f"is {list(found)}, which cannot be true"
    says = f"{element} {fault}: nothing can be measured in millimetres; send the original images."
    return Refused("NO_GEOMETRY", says)


def _rescale(found: tuple[float, ...] | None, missing: float, name: str) -> float:
    value = found[0] if found else missing
    if abs(value) <= LARGEST_RESCALE and (value or not missing):
        return value
    raise Refused("UNREADABLE", f"Rescale {name} is {value}: the pixels have no values.")
