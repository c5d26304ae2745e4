"""What is doubtful about a stack of planes, before its pixels are looked at."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from imaging.dicom import image_type
from imaging.flags import Flag
from imaging.series.stacks import EVEN, SAME_POSITION, Stack, near

TILTED = np.tan(np.radians(1.0))
"""Sideways shift for each mm along the normal above which the planes are sheared."""
THICK = 5.0
"""Mm of slice thickness up to which a lesion of 10 mm is measurable (RECIST 1.1, section 3.1)."""
SQUARE = 1e-3
"""Share by which the two spacings of square pixels may differ: written digits."""


def flags(stack: Stack) -> tuple[Flag, ...]:
    """Every doubt by its name, in a constant order."""
    return tuple(
        chain(
            _spacing_flags(stack),
            _tilt_flags(stack),
            _overlap_flags(stack),
            _pixel_flags(stack),
            _value_flags(stack),
        )
    )


def _spacing_flags(stack: Stack) -> Iterator[Flag]:
    if len(stack.members) == 1:
        yield Flag("SINGLE_SLICE", "One slice: measured in its plane, without a volume.")
    if stack.doubled:
        says = f"Slices that lie where another one does: {stack.doubled}"
        yield Flag("DUPLICATE_POSITIONS", f"{says}; no volume can be trusted.")
    if stack.uneven:
        yield _uneven_flag(stack)


def _uneven_flag(stack: Stack) -> Flag:
    apart = stack.apart
    span = f"{apart.min():.4g} to {apart.max():.4g} mm"
    typical = np.sort(apart)[(len(apart) - 1) // 2]
    whole = np.maximum(np.round(apart / typical), 1.0)
    if near(apart, typical, whole):
        says = f"Slices missing: {int(np.sum(whole - 1))} (gaps of {span})"
        return Flag("SLICES_MISSING", f"{says}; no volume can be trusted.")
    return Flag("UNEVEN_SPACING", f"The slices are {span} apart; no volume can be trusted.")


def _tilt_flags(stack: Stack) -> Iterator[Flag]:
    along = np.diff(stack.positions, axis=0)[stack.gaps >= SAME_POSITION]
    sideways = along - stack.apart[:, None] * np.cross(*stack.directions)
    shear = float(np.max(np.linalg.norm(sideways, axis=1) / stack.apart, initial=0.0))
    if shear > TILTED:
        says = f"The planes are sheared by {np.degrees(np.arctan(shear)):.1f} degrees"
        yield Flag("GANTRY_TILT", f"{says}; the step between them is the perpendicular one.")


def _overlap_flags(stack: Stack) -> Iterator[Flag]:
    """Slices whose next begins before they end, along the table where the gantry is tilted."""
    if stack.step and stack.thickness:
        along = float(np.linalg.norm(np.diff(stack.positions, axis=0), axis=1).mean())
        if stack.thickness > along * (1 + EVEN):
            says = f"The slices are {stack.thickness:g} mm thick and {along:.4g} mm apart"
            yield Flag("OVERLAPPING_SLICES", f"{says}: volumes are reckoned by the distance.")


def _pixel_flags(stack: Stack) -> Iterator[Flag]:
    if stack.thickness and stack.thickness > THICK:
        says = f"The slices are {stack.thickness:g} mm thick: small lesions are not measurable."
        yield Flag("THICK_SLICES", says)
    between_rows, between_columns = stack.members[0].plane.spacing
    if abs(between_rows - between_columns) > SQUARE * between_rows:
        says = f"Rows are {between_rows:g} mm apart and columns {between_columns:g} mm"
        yield Flag("ANISOTROPIC_PIXELS", f"{says}: programs that take pixels for squares err.")
    yield from image_type.flags(image_type.doubts(stack.members[0].plane.image_type))
    if any(member.instance.lossy for member in stack.members):
        yield Flag("LOSSY_COMPRESSION", "The pixels were compressed with loss.")


def _value_flags(stack: Stack) -> Iterator[Flag]:
    first = stack.members[0]
    if first.encoding.photometric == "MONOCHROME1":
        says = "The image is meant to be shown inverted (MONOCHROME1); its values are as they are."
        yield Flag("INVERTED_GREYS", says)
    if first.instance.modality == "CT" and not all(member.hounsfield for member in stack.members):
        says = "The values are not said to be Hounsfield units (Rescale Slope, Intercept and Type)"
        yield Flag("NOT_HOUNSFIELD", f"{says}: do not rely on segmentation.")
    if any(member.padded is None for member in stack.members):
        says = "Pixel Padding Value (0028,0120) is a value that tissue has: it is not masked out."
        yield Flag("AMBIGUOUS_PADDING", says)
