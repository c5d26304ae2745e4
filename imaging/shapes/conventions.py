"""Where the boundary of a mask is taken to lie: our own way, and those of other programs."""

from collections.abc import Callable
from enum import StrEnum
from math import hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.boundary import border, corners, mid_edges
from imaging.shapes.outline import Points

SUB_PIXEL = "SUB_PIXEL"
"""The boundary lies where half of a pixel is covered, between pixels: no choice, but found."""


class Convention(StrEnum):
    """How a boundary is placed on a mask that says of each pixel only whether it is inside."""

    OWN = "PIXEL_CENTRES_PLUS_30_PERCENT"
    """Between pixel centres, and 30 % of the pitch longer: unbiased on phantoms."""
    PIXEL_CENTRES = "PIXEL_CENTRES"
    """As ITK, OHIF and cornerstone3D measure."""
    MID_EDGE = "MID_EDGE"
    """Half way between the centres of pixels inside and outside: as pyradiomics measures."""
    PIXEL_CORNERS = "PIXEL_CORNERS"
    """At the corners of pixels, as where each of them is drawn as a square."""
    SKIMAGE_FERET = "SKIMAGE_FERET"
    """MID_EDGE of the convex hull's pixels: scikit-image's feret_diameter_max."""


class Placement(NamedTuple):
    """What a convention does to pixels.

    Ends of a longest diameter lie on `corners` of (rows, columns), which are at `offsets` (x, y),
    in pixels, from pixel centres, and the diameter is `fraction` of the pitch longer. Chords end
    where the share of a pixel that is inside is `level`, were it linear between pixels; None: on
    the sides of square pixels. `hull`: the pixels of the convex hull take the mask's place.
    """

    corners: Callable[[NDArray[np.bool_]], Points]
    offsets: tuple[tuple[float, float], ...]
    fraction: float
    level: float | None
    hull: bool = False

    @property
    def beyond(self) -> float:
        """Pixels, at most, by which corners are farther apart than pixel centres."""
        return 2 * hypot(*self.offsets[0]) + 2 * self.hull


_CENTRE = ((0.0, 0.0),)
_SIDES = ((-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5))
_CORNERS = ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5))

# Both figures of our own were chosen on phantoms, between pixel centres (0 and 1) and mid-edge (1
# and 0.5). The longest diameter is the largest of many, which the noise of the raster lengthens; a
# chord has one direction to try.
PLACEMENTS = {
    Convention.OWN: Placement(border, _CENTRE, 0.3, 0.65),
    Convention.PIXEL_CENTRES: Placement(border, _CENTRE, 0.0, 1.0),
    Convention.MID_EDGE: Placement(mid_edges, _SIDES, 0.0, 0.5),
    Convention.PIXEL_CORNERS: Placement(corners, _CORNERS, 0.0, None),
    Convention.SKIMAGE_FERET: Placement(mid_edges, _SIDES, 0.0, 0.5, hull=True),
}
