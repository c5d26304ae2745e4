"""A second opinion on a contour: a random walker in a band around it.

Pixels well inside are lesion, those well outside are not; of each between, the chance is sought
that a walk from it, which shuns steps of intensity, ends inside (Grady, IEEE PAMI 28(11), 2006,
with his priors of intensity, CVPR 2005).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import spsolve
from skimage.measure import find_contours

from imaging.segmentation.fit import Crop, Fit
from imaging.shapes import diameters
from imaging.shapes.outline import filled_ring, of_ring

Array = NDArray[np.float64]

INWARD = 3.0  # mm of the band inside the contour
LEAST_CORE = 0.5  # of each radius that is lesion however small it is
STEEP = 0.35  # of the contrast, the step of intensity that a walk shuns
PRIOR = 0.05  # weight of a pixel's own intensity beside that of its four neighbours
LEAST_WEIGHT = 1e-4  # of the steepest step


def longest_mm(crop: Crop, fit: Fit) -> float:
    """Measure the longest diameter of the contour where half of all walks end inside."""
    pitch = np.array((crop.spacing[1], crop.spacing[0]))
    inner = np.maximum(fit.radii - INWARD, LEAST_CORE * fit.radii)
    rings = [
        fit.rays.centre + (fit.ring - fit.rays.centre) * (radii / fit.radii)[:, None]
        for radii in (inner, fit.radii**2 / inner)
    ]
    pixels = [(ring - crop.origin) / pitch for ring in rings]
    first = np.maximum(np.floor(pixels[1].min(axis=0)).astype(int) - 1, 0)
    last = np.ceil(pixels[1].max(axis=0)).astype(int) + 2
    image = crop.image[first[1] : last[1], first[0] : last[0]]
    core, within = (filled_ring(ring - first, image.shape) for ring in pixels)
    chance = _chances((image - fit.lesion) / fit.contrast, core, within & ~core)
    found: list[Array] = find_contours(np.pad(chance, 1), 0.5)  # type: ignore[no-untyped-call]
    if not found:
        return 0.0
    ring = max(found, key=len)[:-1, ::-1] * pitch
    return diameters.of_outlines([(0, [of_ring(ring)])]).longest.mm


def _chances(unlike: Array, core: NDArray[np.bool_], band: NDArray[np.bool_]) -> Array:
    """Solve for the chance of each pixel; `unlike` is 0 as the lesion and 1 as what is around."""
    chance = core.astype(float)
    free = np.flatnonzero(band)
    if len(free):
        steps = _steps(unlike)[free]
        alike = np.clip(1 - unlike.ravel()[free], 0, 1)
        total = diags_array(steps.sum(axis=1) + PRIOR)
        inward = steps @ chance.ravel() + PRIOR * alike
        chance[band] = spsolve((total - steps[:, free]).tocsc(), inward)
    return chance


def _steps(unlike: Array) -> csr_array:
    """Weigh the steps from each pixel to its four neighbours: (pixels, pixels)."""
    number = np.arange(unlike.size).reshape(unlike.shape)
    ends = [
        (number[:-1].ravel(), number[1:].ravel()),
        (number[:, :-1].ravel(), number[:, 1:].ravel()),
    ]
    start, end = (np.concatenate(some) for some in zip(*ends, strict=True))
    rise = unlike.ravel()[end] - unlike.ravel()[start]
    weight = np.exp(-((rise / STEEP) ** 2)) + LEAST_WEIGHT
    there = csr_array((weight, (start, end)), shape=(unlike.size, unlike.size))
    return (there + there.T).tocsr()
