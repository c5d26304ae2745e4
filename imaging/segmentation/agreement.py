"""Why a contour may be wrong: what it shows itself, and other ways to segment that disagree."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_opening, label

from imaging.segmentation import walker
from imaging.segmentation.fit import SURE_CONTRAST, Crop, Fit
from imaging.shapes import diameters
from imaging.shapes.outline import filled_ring, of_ring
from imaging.shapes.region import Region

LEAST_CLEAR = 0.8  # of the contour
WALKER_DISAGREES = 0.05  # of the longest diameter, or half a pixel at either end
GROWTH_DISAGREES = 0.10  # of the longest diameter
OPENING = 1.5  # mm, the radius of the disc that strips off thin neighbours
MARGIN = 5.0  # mm beyond the contour in which the lesion is grown


def doubts(crop: Crop, fit: Fit) -> tuple[str, ...]:
    """Say, in whole sentences, why the contour on its first slice is not to be trusted."""
    return tuple(_doubts(crop, fit))


def _doubts(crop: Crop, fit: Fit) -> Iterator[str]:
    clear = float(fit.clear().mean())
    if clear < LEAST_CLEAR:
        yield f"No border is seen along {1 - clear:.0%} of the contour."
    if abs(fit.contrast) < SURE_CONTRAST * crop.noise:
        yield f"The lesion stands out by {abs(fit.contrast) / crop.noise:.1f} times the noise."
    if fit.spiked:
        yield "Something narrow, such as a vessel, leaves the lesion."
    contour = diameters.of_outlines([(0, [of_ring(fit.ring)])]).longest.mm
    walked = walker.longest_mm(crop, fit)
    if abs(walked - contour) > max(WALKER_DISAGREES * contour, *crop.spacing):
        yield f"Its contour is {contour:.1f} mm long, by a random walker {walked:.1f} mm."
    grown = _grown(crop, fit)
    other = diameters.of_region(grown, crop.spacing).longest.mm if len(grown) else 0.0
    if abs(other - contour) > GROWTH_DISAGREES * contour:
        yield f"Its contour is {contour:.1f} mm long, grown by intensity it is {other:.1f} mm."


def _grown(crop: Crop, fit: Fit) -> Region:
    """Grow the lesion from the middle of the contour over what is nearer to it than to the rest."""
    middle = fit.lesion + 0.5 * fit.contrast
    alike = (crop.image - middle) * np.sign(fit.contrast) < 0
    wider = fit.rays.centre + (fit.ring - fit.rays.centre) * (1 + MARGIN / fit.radii[:, None])
    alike &= filled_ring((wider - crop.origin) / (crop.spacing[1], crop.spacing[0]), alike.shape)
    opened = binary_opening(alike, _disc(crop.spacing))
    column, row = np.rint((fit.rays.centre - crop.origin) / (crop.spacing[1], crop.spacing[0]))
    numbers, _ = label(opened)
    number = numbers[int(row), int(column)]
    return Region.of((numbers == number)[None] if number else np.zeros((1, 1, 1), bool))


def _disc(spacing: tuple[float, float]) -> NDArray[np.bool_]:
    rows, columns = (int(OPENING / pitch) for pitch in spacing)
    y, x = np.mgrid[-rows : rows + 1, -columns : columns + 1]
    return np.asarray(np.hypot(y * spacing[0], x * spacing[1]) <= OPENING)
