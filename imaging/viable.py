"""How long the part of a lesion is that takes up contrast: what mRECIST measures of it.

The longest diameter of the part that enhances in the arterial phase, on one plane, and not through
necrosis (Lencioni and Llovet, Semin Liver Dis 2010;30:52-60): what does not enhance is outside
here, also where the part surrounds it, and islands are not bridged.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label

from imaging.flags import Refused
from imaging.measurement import Pair, ends_in_patient, ends_in_pixels, rounded
from imaging.shapes import diameters, partial_volume
from imaging.shapes.diameters import Diameters
from imaging.shapes.region import Region
from imaging.shapes.spread import spread
from imaging.volume import Volume

SMOOTHED = 1.0
"""Mm, the standard deviation of the filter before a voxel is judged."""
ABOVE = 2.0
"""Standard deviations above the mean of its surroundings from which tissue enhances."""
SURROUNDINGS = (2, 12)
"""Pixels from the lesion between which its surroundings are looked at."""
LEAST_PIXELS = 9
"""Of an island that enhances; smaller ones are noise."""
LEAST_SURROUNDINGS = 100
MOST_VARIED = 3.0
"""Times the noise that the surroundings may vary by, to be of one tissue."""
MOST_UNCLEAR = 0.25
"""Share of the lesion that may lie within a standard deviation of the threshold."""

_ON_PLANE = np.array([np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))], bool)


@dataclass(frozen=True)
class Viable:
    """The longest diameter that enhances, mm, 0 where nothing does; its slice and ends.

    What is at least `threshold`, in the unit of the volume's values, enhances.
    """

    mm: float
    threshold: float
    slice: int | None = None
    px: Pair | None = None
    patient_mm: Pair | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the members as JSON has them, in their order."""
        return {
            "viable_mm": self.mm,
            "viable_threshold": self.threshold,
            "viable_slice": self.slice,
            "viable_px": self.px,
            "viable_patient_mm": self.patient_mm,
        }


def viable(volume: Volume, lesion: Region, threshold: float | None = None) -> Viable:
    """Measure the part of a lesion that enhances, on a volume of the arterial phase.

    Without a threshold, what is brighter than the tissue around the lesion, by twice its standard
    deviation, enhances. Raises Refused where that decides nothing: NO_REFERENCE where the
    surroundings are of no one tissue, ENHANCEMENT_UNCLEAR where the lesion is as bright as the
    threshold.
    """
    box = partial_volume.around(volume, lesion, SURROUNDINGS[1])
    level = _smoothed(volume, box.values, _core(box.inside))
    if threshold is None:
        threshold, spread = _above_surroundings(volume, box)
        near = abs(level[box.inside] - threshold) < spread
        if near.mean() > MOST_UNCLEAR:
            says = f"{near.mean():.0%} of the lesion is about as bright as the least that enhances"
            raise Refused("ENHANCEMENT_UNCLEAR", f"{says}, {threshold:.0f}. Give a threshold.")
    part = Region.of(_islands(box.inside & (level >= threshold)), box.offset)
    if not len(part):
        return Viable(0.0, rounded(threshold))
    found = _measured(volume, part)
    return Viable(
        rounded(found.longest.mm),
        rounded(threshold),
        found.plane,
        ends_in_pixels(volume, found.longest),
        ends_in_patient(volume, found.plane, found.longest),
    )


def _measured(volume: Volume, part: Region) -> Diameters:
    shares = partial_volume.of_region(volume, part)
    if shares is None:
        return diameters.of_region(part, volume.spacing, holes=True)
    return diameters.of_coverage(shares, volume.spacing, holes=True)


def _above_surroundings(volume: Volume, box: partial_volume.Box) -> tuple[float, float]:
    """Find the threshold from the tissue around, and how far smoothed values stray from theirs."""
    nearest, farthest = SURROUNDINGS
    ring = partial_volume.dilated(box.inside, farthest) & ~partial_volume.dilated(
        box.inside, nearest
    )
    values = box.values[ring]
    if values.size < LEAST_SURROUNDINGS:
        raise Refused("NO_REFERENCE", "The images show too little around it. Give a threshold.")
    middle = float(np.median(values))
    varies = spread(values - middle)
    if varies > MOST_VARIED * _noise(box.values, ring):
        says = "What is around the lesion is not of one tissue, to compare it with."
        raise Refused("NO_REFERENCE", f"{says} Give a threshold.")
    level = _smoothed(volume, box.values, ring)[ring]
    return middle + ABOVE * varies, spread(level - middle)


def _noise(values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> float:
    """Estimate the standard deviation of the noise from neighbours in a row."""
    both = chosen[..., 1:] & chosen[..., :-1]
    return spread(np.diff(values, axis=2)[both]) / float(np.sqrt(2))


def _smoothed(
    volume: Volume, values: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Average the chosen voxels nearby, on each plane; -inf where there is none."""
    sigma = (0.0, SMOOTHED / volume.spacing[0], SMOOTHED / volume.spacing[1])
    weight = gaussian_filter(chosen.astype(np.float64), sigma, mode="constant")
    total = gaussian_filter(np.where(chosen, values, 0.0), sigma, mode="constant")
    level = np.full(values.shape, -np.inf)
    np.divide(total, weight, where=weight > 1e-6, out=level)
    return level


def _core(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out the voxels on the border, which hold what is beyond it, on planes with others."""
    core = partial_volume.eroded(inside, 1)
    return np.where(core.any(axis=(1, 2), keepdims=True), core, inside)


def _islands(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out pieces on a plane that are too small to be anything."""
    numbers, _ = label(part, _ON_PLANE)
    large = np.bincount(numbers.ravel()) >= LEAST_PIXELS
    large[0] = False
    return np.asarray(large[numbers])
