"""Which voxels of a volume lie within contours that were drawn on its slices."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.contours import Contours
from imaging.shapes.outline import Points, filled_ring
from imaging.shapes.region import Region
from imaging.volume import Volume


def within(contours: Contours, volume: Volume) -> Region:
    """The voxels whose centre is inside, by the even-odd rule; off the images there are none."""
    planes = sorted(contours.rings)
    voxels = np.zeros((planes[-1] - planes[0] + 1, *volume.stored.shape[1:]), bool)
    for plane in planes:
        _fill(voxels[plane - planes[0]], contours.rings[plane], volume.spacing)
    return Region.of(voxels, (planes[0], 0, 0))


def _fill(pixels: NDArray[np.bool_], rings: Sequence[Points], spacing: tuple[float, float]) -> None:
    """Put rings, x and y in mm from the first pixel, over the pixels (rows, columns) of a slice."""
    for ring in rings:
        cells = ring / (spacing[1], spacing[0])
        column, row = (max(int(low), 0) for low in np.floor(cells.min(axis=0)))
        last_column, last_row = (max(int(high), 0) for high in np.ceil(cells.max(axis=0)))
        box = pixels[row : last_row + 1, column : last_column + 1]
        box ^= filled_ring(cells - (column, row), box.shape)
