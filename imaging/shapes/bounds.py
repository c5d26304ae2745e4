"""How long a lesion on a plane can be at most, from its widths in a few directions."""

import numpy as np
from numpy.typing import NDArray

from imaging.shapes.outline import Points

_ANGLES = np.arange(16) * np.pi / 16
DIRECTIONS = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_SLACK = 1 / np.cos(np.pi / 32)  # a diameter between two of the directions is longer by up to this


def of_mask(voxels: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.float64]:
    """Bound the distance between pixel centres on each plane, mm; -inf where a plane is empty.

    Of each row only the first and the last pixel count: the hull has its corners there.
    """
    most = np.full(len(voxels), -np.inf)
    plane, row = np.nonzero(voxels.any(axis=2))
    if not len(plane):
        return most
    first = voxels.argmax(axis=2)[plane, row] * spacing[1]
    last = voxels.shape[2] - 1 - voxels[..., ::-1].argmax(axis=2)[plane, row]
    last = last * spacing[1]
    x, y = DIRECTIONS[:, :1], DIRECTIONS[:, 1:]
    across, down = x * ((last - first) / 2), x * ((last + first) / 2) + y * (row * spacing[0])
    across = abs(across)
    begins = np.flatnonzero(plane[1:] != plane[:-1]) + 1
    begins = np.concatenate([[0], begins])
    high = np.maximum.reduceat(down + across, begins, axis=1)
    low = np.minimum.reduceat(down - across, begins, axis=1)
    most[plane[begins]] = (high - low).max(axis=0) * _SLACK
    return most


def of_corners(corners: Points) -> float:
    """Bound the distance between points (n, 2)."""
    return float(np.ptp(corners @ DIRECTIONS.T, axis=0).max() * _SLACK)
