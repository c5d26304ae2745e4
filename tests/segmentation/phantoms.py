"""Lesions in liver, lung, fat or on MR, with what is attached to them; all that a seed decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial.transform import Rotation

from imaging.phantom import phantom
from imaging.shapes import diameters
from imaging.shapes.diameters import Diameters
from imaging.shapes.region import Region
from imaging.volume import Volume
from tests.segmentation import shapes
from tests.segmentation.outlines import Solid
from tests.segmentation.shapes import Array, Shape

PIXEL = 0.7
SUBSLICES = 3
BLUR = 0.6  # pixels, the standard deviation of a scanner's point spread in the plane
FINE = 0.25  # mm between the points from which the truth is measured
AS_DENSE = 0.4  # of what is attached: within 10 of the lesion
TEXTURE = 6.0  # the largest standard deviation of what is no noise
ROOM = 25.0  # mm around a lesion

Irregular = Literal["outline", "lobulated", "spiculated"]
Voxel = tuple[float, float, int]


@dataclass(frozen=True)
class Tissue:
    """Values of what surrounds a lesion, of itself, and of a vessel and a wall that touch it."""

    around: float
    lesion: tuple[float, float]
    vessel: float
    wall: float


TISSUES = {
    "liver": Tissue(110.0, (30.0, 80.0), 170.0, -100.0),
    "lung": Tissue(-850.0, (-50.0, 40.0), 30.0, 50.0),
    "node": Tissue(-100.0, (20.0, 60.0), 150.0, 70.0),
    "t2": Tissue(100.0, (180.0, 260.0), 30.0, 40.0),
    "contrast": Tissue(150.0, (60.0, 90.0), 260.0, 40.0),
}
"""Hounsfield units in the first three (the liver's lesions are 30 to 80 darker), then MR."""
CT, MR = ("liver", "lung", "node"), ("t2", "contrast")


@dataclass(frozen=True, eq=False)
class Lesion:
    """A phantom, what is true of it, and what a reader points at."""

    volume: Volume
    truth: Diameters
    click: Voxel
    others: tuple[Voxel, ...]
    line: tuple[tuple[float, float], tuple[float, float], int]
    says: str


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the voxels of a phantom lie, mm from the middle of its lesion."""

    x: Array
    y: Array
    z: Array
    step: float

    def distance(self, shape: Shape, z: float) -> Array:
        return np.asarray(shape(self.x[None, :], self.y[:, None], np.full((1, 1), z)))


def made(
    seed: int,
    solids: Sequence[Solid] = (),
    irregular: Irregular | None = None,
    tissues: Sequence[str] = CT,
) -> Lesion:
    """Make the phantom of a seed: 12 to 50 mm, noise of 10 to 20, two thirds of them attached."""
    rng = np.random.default_rng(
        [seed, ("", "outline", "lobulated", "spiculated").index(irregular or "")]
    )
    kind = str(rng.choice(tissues))
    diameter = float(rng.choice([12.0, 25.0, 50.0]) if irregular is None else rng.uniform(20, 50))
    shape, core = _shapes(diameter, irregular, solids, rng)
    grid = _grid(diameter, float(rng.choice([1.25, 2.5])), rng)
    tissue = TISSUES[kind]
    value = float(rng.uniform(*tissue.lesion))
    value = tissue.around - value if kind == "liver" else value
    attached = str(rng.choice(["vessel", "wall", "nothing"]))
    outside, density = _attached(attached, shape, diameter, tissue, rng)
    if rng.random() < AS_DENSE:
        density = value + rng.uniform(-10, 10)
    values = np.stack([_slice(grid, z, shape, value, outside, density, tissue) for z in grid.z])
    values = gaussian_filter(values, (0, BLUR, BLUR))
    if kind in MR:
        values *= _bias(grid, rng)
    values += _texture(values.shape, grid, rng)
    noise = float(rng.uniform(10, 20))
    grain = gaussian_filter(rng.normal(size=values.shape), (0, BLUR, BLUR))
    volume = _volume(values + noise * grain / grain.std(), grid)
    says = f"{kind} {diameter:.0f} mm {irregular or 'ellipsoid'}, {attached}, value {value:.0f}"
    return _pointed_at(volume, grid, core, rng, f"{seed}: {says}, noise {noise:.0f}")


def _shapes(
    diameter: float, irregular: str | None, solids: Sequence[Solid], rng: np.random.Generator
) -> tuple[Shape, Shape]:
    """What is seen, and what of it is to be measured: all but the spicules."""
    if irregular == "outline":
        solid = shapes.outlined(solids[int(rng.integers(len(solids)))], diameter, rng)
        return solid, solid
    if irregular == "lobulated":
        lobes = shapes.lobulated(diameter, rng)
        return lobes, lobes
    axes = diameter / 2 * np.array([1, rng.uniform(0.7, 1), rng.uniform(0.7, 1)])
    core = shapes.ellipsoid(axes, Rotation.random(rng=rng).as_matrix())
    if irregular is None:
        return core, core
    spikes = [
        shapes.spike(shapes.unit(rng), 0.3 * diameter, diameter * rng.uniform(0.55, 0.75), 1.5)
        for _ in range(int(rng.integers(10, 18)))
    ]
    return shapes.together([core, *spikes]), core


def _grid(diameter: float, step: float, rng: np.random.Generator) -> Grid:
    side = 2 * int((max(diameter / 2, 15.0) + ROOM) / PIXEL)
    slices = int((diameter + 16) / step) + 1
    off = rng.uniform(-0.5, 0.5, 3)
    x, y = ((np.arange(side) - side / 2 + shift) * PIXEL for shift in off[:2])
    return Grid(x, y, (np.arange(slices) - slices / 2 + off[2]) * step, step)


def _attached(
    attached: str, shape: Shape, diameter: float, tissue: Tissue, rng: np.random.Generator
) -> tuple[Shape | None, float]:
    direction = shapes.unit(rng)
    if attached == "vessel":
        return shapes.cylinder(direction, rng.uniform(1.5, 3.0)), tissue.vessel
    if attached == "nothing":
        return None, tissue.around
    direction *= (1, 1, 0.3)
    direction /= np.linalg.norm(direction)
    along = np.linspace(0, diameter, 400)
    inside = shape(*(along * part for part in direction)) < 0
    return shapes.beyond(direction, along[inside].max() * rng.uniform(0.75, 1.0)), tissue.wall


def _slice(
    grid: Grid, z: float, shape: Shape, value: float, other: Shape | None, density: float,
    tissue: Tissue,
) -> Array:  # fmt: skip
    total = np.zeros((len(grid.y), len(grid.x)))
    for part in (np.arange(SUBSLICES) + 0.5) / SUBSLICES - 0.5:
        values = np.full(total.shape, tissue.around)
        for solid, inner in ((other, density), (shape, value)):
            if solid:
                covered = np.clip(0.5 - grid.distance(solid, z + part * grid.step) / PIXEL, 0, 1)
                values += covered * (inner - values)
        total += values / SUBSLICES
    return total


def _bias(grid: Grid, rng: np.random.Generator) -> NDArray[np.float64]:
    """A receiver coil's fall in brightness, up to a sixth across the picture."""
    x, y, _ = shapes.unit(rng)
    slope = (x * grid.x[None, :] + y * grid.y[:, None]) / np.ptp(grid.x)
    return np.asarray(1 + slope / 3)


def _texture(shape: tuple[int, ...], grid: Grid, rng: np.random.Generator) -> Array:
    """Give what no tissue lacks: values that wander by a few units over a few millimetres."""
    width = rng.uniform(2, 5)
    wander = gaussian_filter(
        rng.normal(size=shape), (width / grid.step, width / PIXEL, width / PIXEL)
    )
    return np.asarray(rng.uniform(0, TEXTURE) * wander / wander.std())


def _volume(values: Array, grid: Grid) -> Volume:
    slices, rows, columns = values.shape
    flat = phantom(
        [], size=(slices, rows, columns), spacing=(PIXEL, PIXEL), step=grid.step, noise=0.0
    )
    return replace(flat, stored=np.rint(values - flat.intercept[:, None, None]).astype(np.int16))


def _pointed_at(
    volume: Volume, grid: Grid, core: Shape, rng: np.random.Generator, says: str
) -> Lesion:
    fine = Grid(*(_refined(mm) for mm in (grid.x, grid.y)), grid.z, grid.step)
    mask = np.stack([fine.distance(core, z) < 0 for z in grid.z])
    truth = diameters.of_region(Region.of(mask), (FINE, FINE))
    low, high = np.flatnonzero(mask.any(axis=(1, 2)))[[0, -1]]
    near = np.clip(truth.plane + rng.integers(-1, 2, 5), low, high) if high - low > 6 else None
    planes = near if near is not None else np.full(5, truth.plane)
    clicks = [_click(mask[plane], int(plane), rng) for plane in planes]
    ends = truth.longest.ends / PIXEL + rng.normal(size=(2, 2)) * 0.02 * truth.longest.mm / PIXEL
    start, end = ((float(x), float(y)) for x, y in ends)
    return Lesion(volume, truth, clicks[0], tuple(clicks[1:]), (start, end, truth.plane), says)


def _refined(mm: Array) -> Array:
    return np.asarray(mm[0] + np.arange(int((mm[-1] - mm[0]) / FINE)) * FINE)


def _click(mask: NDArray[np.bool_], plane: int, rng: np.random.Generator) -> Voxel:
    """A point at least half as deep as the deepest."""
    depth = distance_transform_edt(mask)
    rows, columns = np.nonzero(depth >= 0.5 * depth.max())
    chosen = int(rng.integers(len(rows)))
    return columns[chosen] * FINE / PIXEL, rows[chosen] * FINE / PIXEL, plane
