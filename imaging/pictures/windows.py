"""Which values of an image are shown as black, as white and as the greys between them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.pictures.view import NotPictured
from imaging.volume import Volume

WIDTHS = (1e-3, 1e9)
"""Widths that are shown; centres lie no farther from 0 than the larger."""
SHOWN = (1.0, 99.0)
"""Percentiles of a slice between which it is shown where its values have no unit."""


@dataclass(frozen=True)
class Window:
    """A centre and a width, in the unit of the rescaled values (Hounsfield units in CT)."""

    centre: float
    width: float

    def __post_init__(self) -> None:
        least, most = WIDTHS
        # A comparison with NaN is false.
        if not (abs(self.centre) <= most and least <= self.width <= most):
            says = f"is {self.centre:g}, {self.width:g}: give a centre and a width above 0"
            raise NotPictured("window", says)

    def black(self, *, inverted: bool = False) -> float:
        """The value next to the greys that is shown black."""
        return self.centre + self.width / 2 * (1 if inverted else -1)

    def greys(self, values: NDArray[np.floating], *, inverted: bool = False) -> NDArray[np.uint8]:
        """Greys of values, 0 to 255 (PS3.3 C.11.2.1.3.2, LINEAR_EXACT).

        Low values are black; where they are `inverted` (MONOCHROME1), white.
        """
        share = (values.astype(np.float64) - self.centre) / self.width
        share = 0.5 + (-share if inverted else share)
        return np.rint(255 * np.clip(share, 0.0, 1.0)).astype(np.uint8)


PRESETS: Mapping[str, Window] = {
    "abdomen": Window(50, 400),
    "bone": Window(400, 1800),
    "brain": Window(40, 80),
    "liver": Window(30, 150),
    "lung": Window(-600, 1500),
    "mediastinum": Window(50, 350),
}
"""What readers of CT commonly set, by region."""
USUAL = PRESETS["abdomen"]


def window_of(written: str) -> Window:
    """A preset by its name, or «centre,width»; raises NotPictured."""
    if written in PRESETS:
        return PRESETS[written]
    try:
        centre, width = map(float, written.split(","))
    except ValueError:
        says = f"is none of {', '.join(PRESETS)}, nor centre,width such as 50,400"
        raise NotPictured("window", says) from None
    return Window(centre, width)


def usual(volume: Volume, slice_: int) -> Window:
    """The window where none is asked for: of the abdomen in CT, else what the slice holds."""
    if volume.modality == "CT":
        return USUAL
    everything = slice(None)
    low, high = np.percentile(volume.values(slice_, everything, everything), SHOWN)
    width = max(float(high - low), WIDTHS[0])
    return Window((float(low) + float(high)) / 2, width)
