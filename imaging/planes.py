"""Where one image plane lies in the patient, and what its stored values mean."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from imaging.flags import Refused

THICKNESS, POSITION, ORIENTATION, SPACING = 0x00180050, 0x00200032, 0x00200037, 0x00280030
INTERCEPT, SLOPE = 0x00281052, 0x00281053
PLANE_ELEMENTS = {THICKNESS, POSITION, ORIENTATION, SPACING, INTERCEPT, SLOPE}

REACH = 1e5
"""Mm from the origin beyond which no scanner puts a pixel."""
SPACINGS = (1e-3, 100.0)
"""Mm between pixel centres that are believed."""
SQUARE = 1e-2
"""How far direction cosines may be from unit length and from perpendicular: written digits."""
LARGEST_RESCALE = 1e9

Numbers = Callable[[int], tuple[float, ...] | None]
"""The decimal strings of an element by its tag; None where it is absent or empty."""


@dataclass(frozen=True)
class Plane:
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


def plane(frame: int | None, numbers: Numbers) -> Plane:
    """The plane that the elements describe.

    Raises Refused: NO_GEOMETRY where position, orientation or spacing is missing or cannot be
    true; UNREADABLE for a rescale that is no number.
    """
    thickness = (numbers(THICKNESS) or (0.0,))[0]
    return Plane(
        frame,
        _position(numbers(POSITION)),
        _orientation(numbers(ORIENTATION)),
        _spacing(numbers(SPACING)),
        thickness if 0 < thickness < REACH else None,
        _rescale(numbers(SLOPE), 1.0, "Slope (0028,1053)"),
        _rescale(numbers(INTERCEPT), 0.0, "Intercept (0028,1052)"),
    )


def _position(position: tuple[float, ...] | None) -> tuple[float, ...]:
    if position and len(position) == 3 and math.hypot(*position) <= REACH:
        return position
    raise _nowhere("Image Position (Patient) (0020,0032)", position)


def _orientation(cosines: tuple[float, ...] | None) -> tuple[float, ...]:
    if cosines and len(cosines) == 6:
        a, b, c, d, e, f = cosines
        off_unit = max(abs(math.hypot(a, b, c) - 1), abs(math.hypot(d, e, f) - 1))
        if off_unit <= SQUARE and abs(a * d + b * e + c * f) <= SQUARE:
            return cosines
    raise _nowhere("Image Orientation (Patient) (0020,0037)", cosines)


def _spacing(spacing: tuple[float, ...] | None) -> tuple[float, ...]:
    least, most = SPACINGS
    if spacing and len(spacing) == 2 and all(least <= mm <= most for mm in spacing):
        return spacing
    raise _nowhere("Pixel Spacing (0028,0030)", spacing)


def _nowhere(element: str, found: tuple[float, ...] | None) -> Refused:
    fault = "is missing" if found is None else f"is {list(found)}, which cannot be true"
    return Refused("NO_GEOMETRY", f"{element} {fault}: nothing can be measured in millimetres.")


def _rescale(found: tuple[float, ...] | None, missing: float, name: str) -> float:
    value = found[0] if found else missing
    if abs(value) <= LARGEST_RESCALE and (value or not missing):
        return value
    raise Refused("UNREADABLE", f"Rescale {name} is {value}: the pixels have no values.")
