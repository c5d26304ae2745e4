"""A lesion's voxels, carried as the smallest box that holds them and where that box lies."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Region:
    """Voxels (slices, rows, columns), cropped; `offset` is the index of the first of them."""

    voxels: NDArray[np.bool_]
    offset: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    def of(cls, voxels: NDArray[np.bool_], offset: tuple[int, int, int] = (0, 0, 0)) -> Self:
        """Crop to what is set; a mask with nothing set becomes a region of no slices."""
        if not voxels.any():
            return cls(np.zeros((0, 0, 0), bool), offset)
        box = [np.flatnonzero(voxels.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
        first = [int(found[0]) for found in box]
        cut = tuple(slice(int(found[0]), int(found[-1]) + 1) for found in box)
        lowest = (offset[0] + first[0], offset[1] + first[1], offset[2] + first[2])
        return cls(voxels[cut], lowest)

    def __len__(self) -> int:
        """The number of voxels."""
        return int(np.count_nonzero(self.voxels))
