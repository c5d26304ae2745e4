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


@dataclass(frozen=True, eq=False)
class Coverage:
    """The share of each voxel (slices, rows, columns) that a lesion covers, 0 to 1, cropped.

    `offset` is the index of the first of them.
    """

    shares: NDArray[np.floating]
    offset: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    def of(
        cls, shares: NDArray[np.number], full: float = 1.0, offset: tuple[int, int, int] = (0, 0, 0)
    ) -> Self:
        """Crop to what is covered by half, and its neighbours; `full` is a voxel wholly inside."""
        region = Region.of(shares >= full / 2, offset)
        low = np.subtract(region.offset, offset)
        high = np.add(low, region.voxels.shape)
        margin = (0, 1, 1) if len(region) else (0, 0, 0)
        low = np.maximum(low - margin, 0)
        cut = tuple(slice(start, stop) for start, stop in zip(low, high + margin, strict=True))
        first = (low + offset).tolist()
        return cls(np.asarray(shares[cut] / np.float32(full)), (first[0], first[1], first[2]))

    @property
    def region(self) -> Region:
        """The voxels that are covered by half or more."""
        return Region.of(self.shares >= 0.5, self.offset)
