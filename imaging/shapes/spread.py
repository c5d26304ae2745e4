"""How far values stray, by what a few strangers among them do not change."""

import numpy as np
from numpy.typing import NDArray

_NORMAL = 1.4826  # the standard deviation over the median deviation of a normal distribution


def spread(deviations: NDArray[np.floating]) -> float:
    """Standard deviation that the median of these deviations, at least one, stands for."""
    return _NORMAL * float(np.median(abs(deviations)))
