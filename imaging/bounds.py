"""How long a lesion on a plane can be at most, from its widths in a few directions."""

import numpy as np
from numpy.typing import NDArray

from imaging.outline import Points

_ANGLES = np.arange(16) * np.pi / 16
DIRECTIONS = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_SLACK = 1 / np.cos(np.pi / 32)  # a diameter between two of the directions is longer by up to this


def of_mask(voxels: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.float64]:
    """Bound the distance between pixel centres on each plane, mm; -inf where a plane is empty.

    Of each row only the first and the last pixel count: the hull has its corners there.
    """
    filled = voxels.any(axis=2)
    first = voxels.argmax(axis=2) * spacing[1]
    last = (voxels.shape[2] - 1 - voxels[..., ::-1].argmax(axis=2)) * spacing[1]
    x, y = DIRECTIONS[:, 0, None, None], DIRECTIONS[:, 1, None, None]
    down = y * np.arange(voxels.shape[1]) * spacing[0]
    low = np.where(filled, np.minimum(x * first, x * last) + down, np.inf)
    high = np.where(filled, np.maximum(x * first, x * last) + down, -np.inf)
    widths = high.max(axis=2, initial=-np.inf) - low.min(axis=2, initial=np.inf)
    return np.asarray(widths.max(axis=0) * _SLACK)


def of_corners(corners: Points) -> float:
    """Bound the distance between points (n, 2)."""
    return float(np.ptp(corners @ DIRECTIONS.T, axis=0).max() * _SLACK)
