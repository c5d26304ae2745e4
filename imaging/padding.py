"""Which stored values stand for no image (PS3.3 C.7.5.1.1.2), and what is taken to be there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

AIR = -1000.0
"""Hounsfield units around what a scanner reconstructs."""
TISSUE = (-900.0, 3072.0)
"""Hounsfield units that a padding value may not have: from inflated lung to the densest bone."""


class Padded(NamedTuple):
    """The stored values, from and to, that stand for no image, and the value to put there."""

    low: int
    high: int
    value: float


NONE = Padded(1, 0, 0.0)


@dataclass(frozen=True, eq=False)
class Padding:
    """What is padding in each slice of a volume; all arrays (slices,)."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    """Below `low` where the slice has no padding."""
    value: NDArray[np.float64]

    @classmethod
    def of(cls, slices: Sequence[Padded]) -> Self | None:
        """None where no slice has any."""
        if all(padded == NONE for padded in slices):
            return None
        low, high, value = zip(*slices, strict=True)
        return cls(np.array(low, np.int64), np.array(high, np.int64), np.array(value, np.float64))

    def fill(
        self, values: NDArray[np.float64], stored: NDArray[np.integer], slices: int | slice
    ) -> None:
        """Put, in place, what is taken to be there over the rescaled values of padded pixels."""
        low, high, value = (
            np.asarray(of_slice[slices])[..., None, None]
            for of_slice in (self.low, self.high, self.value)
        )
        np.copyto(values, value, where=(stored >= low) & (stored <= high))


def padded(
    stored: tuple[int, int] | None, slope: float, intercept: float, *, hounsfield: bool
) -> Padded | None:
    """What is padding in a slice, around which there is air in CT and no signal in MR.

    None where it cannot be: a padding value that tissue has too is tissue, not a hole in it.
    """
    if stored is None:
        return NONE
    low, high = stored
    if not hounsfield:
        return Padded(low, high, intercept)
    reach = sorted((low * slope + intercept, high * slope + intercept))
    if reach[0] < TISSUE[1] and reach[1] > TISSUE[0]:
        return None
    return Padded(low, high, AIR)
