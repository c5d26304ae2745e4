"""Closed polygons on the planes of a lesion, holes among them, as outlines with areas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from imaging.shapes.outline import Outline, Points, area, of_ring


@dataclass(frozen=True, eq=False)
class Contours:
    """The outlines of a lesion's pieces on each plane, by its number, and their area, mm²."""

    outlines: Mapping[int, tuple[Outline, ...]]
    areas: Mapping[int, float]
    rings: Mapping[int, Sequence[Points]]
    """All polygons as they were drawn, holes among them."""

    @classmethod
    def of(cls, rings: Mapping[int, Sequence[Points]]) -> Self:
        """Take polygons (n, 2), x and y in mm, by plane; a polygon inside another is a hole.

        By the even-odd rule, so an island in a hole is filled again (PS3.3 C.8.8.6.3).
        """
        outlines, areas = {}, {}
        for plane, all_rings in rings.items():
            depths = [sum(_within(ring, other) for other in all_rings) for ring in all_rings]
            signed = [
                area(ring) * (-1) ** depth for ring, depth in zip(all_rings, depths, strict=True)
            ]
            areas[plane] = sum(signed)
            outlines[plane] = tuple(
                of_ring(ring) for ring, depth in zip(all_rings, depths, strict=True) if not depth
            )
        return cls(outlines, areas, rings)


def _within(ring: Points, other: Points) -> bool:
    """Say whether most corners of a ring lie inside another, larger one (even-odd rule)."""
    if ring is other or area(ring) >= area(other):
        return False
    (x0, y0), (x1, y1) = other.T, np.roll(other, -1, axis=0).T
    x, y = ring[:, :1], ring[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        left = x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    inside = np.count_nonzero(((y0 > y) != (y1 > y)) & left, axis=1) % 2
    return float(inside.mean()) > 0.5  # a hole may touch its outline in some corners
