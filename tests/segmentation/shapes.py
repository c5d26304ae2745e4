"""Shapes of lesions, each as the signed distance to its surface: below zero inside, mm."""

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from tests.segmentation.outlines import Solid

Array = NDArray[np.float64]
Shape = Callable[[Array, Array, Array], Array]
"""Signed distance, mm, at x, y and z, mm from the middle, which broadcast against each other."""


def ellipsoid(semi_axes: Sequence[float], rotation: Array) -> Shape:
    """To first order: exact on the surface, where it matters."""
    white = rotation.T / np.asarray(semi_axes)[:, None]
    quadratic = white.T @ white

    def distance(x: Array, y: Array, z: Array) -> Array:
        fx, fy, fz = (row[0] * x + row[1] * y + row[2] * z for row in quadratic)
        level = np.sqrt(fx * x + fy * y + fz * z)
        steep = np.sqrt(fx**2 + fy**2 + fz**2)
        return level * (level - 1) / np.maximum(steep, 1e-9)

    return distance


def ball(centre: Sequence[float], radius: float) -> Shape:
    a, b, c = centre
    return lambda x, y, z: np.sqrt((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) - radius


def together(shapes: Sequence[Shape]) -> Shape:
    return lambda x, y, z: reduce(np.minimum, (shape(x, y, z) for shape in shapes))


def spike(direction: Array, first: float, last: float, radius: float) -> Shape:
    """A cone from `first` to `last` mm from the middle, `radius` wide where it starts."""
    a, b, c = direction

    def distance(x: Array, y: Array, z: Array) -> Array:
        along = a * x + b * y + c * z
        across = np.sqrt(np.maximum(x**2 + y**2 + z**2 - along**2, 0))
        side = across - radius * (last - along) / (last - first)
        return np.maximum(side, abs(along - last / 2) - last / 2)

    return distance


def cylinder(direction: Array, radius: float) -> Shape:
    """A vessel that begins in the middle."""
    a, b, c = direction

    def distance(x: Array, y: Array, z: Array) -> Array:
        along = a * x + b * y + c * z
        across = np.sqrt(np.maximum(x**2 + y**2 + z**2 - along**2, 0))
        return np.maximum(across - radius, -along)

    return distance


def beyond(direction: Array, level: float) -> Shape:
    """All that lies farther along a direction: a wall."""
    a, b, c = direction
    return lambda x, y, z: level - (a * x + b * y + c * z)


def lobulated(diameter: float, rng: np.random.Generator) -> Shape:
    """Three to five balls that overlap."""
    radius = 0.28 * diameter
    balls = [ball((0, 0, 0), radius)]
    for _ in range(int(rng.integers(2, 5))):
        away = unit(rng) * rng.uniform(0.6, 1.1) * radius * (1, 1, 0.7)
        balls.append(ball(away, radius * rng.uniform(0.6, 0.95)))
    return together(balls)


def outlined(solid: Solid, diameter: float, rng: np.random.Generator) -> Shape:
    """A delineated lesion, brought to a diameter and turned in its plane."""
    turn = Rotation.from_euler("z", rng.uniform(0, 360), degrees=True).as_matrix()
    scale = diameter / solid.longest

    def distance(x: Array, y: Array, z: Array) -> Array:
        u, v, w = (row[0] * x + row[1] * y + row[2] * z for row in turn)
        middle = (np.array(solid.distance.shape) - 1) / 2
        at = [mm / (scale * solid.pitch) + half for mm, half in zip((w, v, u), middle, strict=True)]
        off = sum(
            np.maximum(abs(a - half) - half, 0) ** 2 for a, half in zip(at, middle, strict=True)
        )
        near = map_coordinates(solid.distance, np.broadcast_arrays(*at), order=1, mode="nearest")
        return (near + np.sqrt(off) * solid.pitch) * scale

    return distance


def unit(rng: np.random.Generator) -> Array:
    direction = rng.normal(size=3)
    return np.asarray(direction / np.linalg.norm(direction))
