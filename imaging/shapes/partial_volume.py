"""What share of each voxel at the border of a mask the lesion covers, told from intensities.

A voxel on the border has the mean of what it covers, so the step from the intensity inside to
that outside, each taken nearby and on the same plane, gives the share: half way is half covered.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, gaussian_filter, uniform_filter

from imaging.shapes.region import Coverage, Region
from imaging.shapes.spread import spread
from imaging.volume import Volume

NEAR = 11
"""Pixels, the side of the square in which intensities inside and outside are taken."""
AROUND = 5
"""Pixels from the mask that count as its surroundings."""
LEAST_STEP = 5.0
"""Times the noise that a step in intensity is at least, to be one."""
SMOOTHING = 8.0
"""Pixels by which values are smoothed on their plane, were the noise as large as the step."""
MOST_BLUR = 1.0
"""Pixels, of that smoothing."""
LEAST_CLEAR = 0.8
"""Share of the border at which there must be a step."""
MOST_MOVED = 0.3
"""Share of the border's voxels that may lie on its other side; of more, the mask is of another
border than the one that the intensities have."""

_CROSS = np.array([[[0, 1, 0], [1, 1, 1], [0, 1, 0]]], bool)

Array = NDArray[np.float64]


class Box(NamedTuple):
    """Which voxels (slices, rows, columns) of a box are inside a mask, and the values of all.

    `offset` is the index of the first in the volume.
    """

    inside: NDArray[np.bool_]
    values: Array
    offset: tuple[int, int, int]


def of_region(volume: Volume, region: Region) -> Coverage | None:
    """Give the shares; the mask's own border may move by a voxel.

    None where the intensities do not tell: without a step, or where the step is elsewhere.
    """
    inside, values, offset = around(volume, region, AROUND + 1)
    core, beyond = eroded(inside, 1), ~dilated(inside, 1)
    lesion, noise = _nearby(values, _deep(inside, core))
    outer, _ = _nearby(values, beyond & dilated(inside, AROUND) & ~dilated(inside, 2))
    band = ~core & ~beyond
    step = lesion - outer
    clear = band & (abs(step) > LEAST_STEP * noise) & (step != 0)
    if clear.any():
        blur = min(SMOOTHING * noise / float(np.median(abs(step[clear]))), MOST_BLUR)
        values = gaussian_filter(values, (0, blur, blur), mode="nearest")
    part = np.divide(values - outer, step, where=clear, out=inside.astype(np.float64))
    shares = np.where(clear, part.clip(0, 1), inside)
    moved = (shares >= 0.5) != inside
    if clear.sum() < LEAST_CLEAR * band.sum() or moved.sum() > MOST_MOVED * band.sum():
        return None
    return Coverage.of(shares, offset=offset)


def around(volume: Volume, region: Region, margin: int) -> Box:
    """Widen a region by a margin of pixels on its planes, as far as the images go."""
    margins = (0, margin, margin)
    last = np.add(region.offset, region.voxels.shape)
    low = np.maximum(np.subtract(region.offset, margins), 0)
    high = np.minimum(last + margins, volume.stored.shape)
    inside = np.zeros(high - low, bool)
    slices, rows, columns = map(slice, (region.offset - low).tolist(), (last - low).tolist())
    inside[slices, rows, columns] = region.voxels
    slices, rows, columns = map(slice, low.tolist(), high.tolist())
    first = (int(low[0]), int(low[1]), int(low[2]))
    return Box(inside, volume.values(slices, rows, columns), first)


def _deep(inside: NDArray[np.bool_], core: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Take what is two voxels from the border, on planes that have it, else what is one."""
    deep = eroded(inside, 2)
    return np.where(deep.any(axis=(1, 2), keepdims=True), deep, core)


def _nearby(values: Array, chosen: NDArray[np.bool_]) -> tuple[Array, float]:
    """Mean of the chosen voxels nearby, nan where there is none, and their noise about it."""
    size = (1, NEAR, NEAR)
    count = uniform_filter(chosen.astype(np.float64), size, mode="constant")
    total = uniform_filter(np.where(chosen, values, 0.0), size, mode="constant")
    mean = np.divide(total, count, where=count > 1e-6, out=np.full(values.shape, np.nan))
    off = (values - mean)[chosen]
    return mean, spread(off) if off.size else 0.0


def eroded(inside: NDArray[np.bool_], voxels: int) -> NDArray[np.bool_]:
    """Take so many voxels off the border on each plane, along rows and columns."""
    return np.asarray(binary_erosion(inside, _CROSS, iterations=voxels))


def dilated(inside: NDArray[np.bool_], voxels: int) -> NDArray[np.bool_]:
    """Add so many voxels to the border on each plane, along rows and columns."""
    return np.asarray(binary_dilation(inside, _CROSS, iterations=voxels))
