"""How far measured diameters are from the true ones, on 300 lesions whose shape is known exactly.

The figures of ours were chosen on the first set of seeds; the second set was never looked at while
they were.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imaging.phantom import phantom
from imaging.shapes import diameters, partial_volume
from imaging.shapes.conventions import Convention
from imaging.shapes.region import Coverage, Region

LESIONS = 300
TUNED, FRESH = 20_240, 77_003  # seeds
PIXEL, STEP = 0.7, 1.0  # mm
PLANES = 3  # around the longest; on others it is shorter
SAMPLES = 4  # along each side of a voxel on an edge
TURNS = np.arange(2880) * 2 * np.pi / 2880
LESION, AROUND = 60.0, -40.0  # Hounsfield units


class Ellipsoid:
    """At any angle; one in five is a sphere."""

    def __init__(self, rng: np.random.Generator, longest: float) -> None:
        axes = longest / 2 * np.array([1.0, *rng.uniform(0.6, 1, 2)])
        if rng.uniform() < 0.2:
            axes[:] = longest / 2
        turn = Rotation.random(rng=rng).as_matrix()
        self.white = turn.T / axes[:, None]
        section = np.linalg.eigvalsh((self.white.T @ self.white)[:2, :2])
        self.longest, self.short = 2 / np.sqrt(section)
        self.least, self.reach = axes.min(), axes.max()

    def beyond(self, points: np.ndarray) -> np.ndarray:
        """Above 0 outside, -1 at the centre."""
        return np.linalg.norm(points @ self.white.T, axis=-1) - 1


class Blob:
    """A lobulated outline, the same on all planes but for its size, and leaning to a side."""

    def __init__(self, rng: np.random.Generator, longest: float) -> None:
        waves = np.arange(2, 7)
        heights = rng.uniform(-0.12, 0.12, 5) / np.sqrt(waves)
        phases = rng.uniform(0, 2 * np.pi, 5)
        self.radii = 1 + np.cos(TURNS[:, None] * waves + phases) @ heights
        self.lean, self.half = rng.uniform(-0.4, 0.4, 2), rng.uniform(0.6, 1)
        ring = np.column_stack([np.cos(TURNS), np.sin(TURNS)])[::6] * self.radii[::6, None]
        longest_of_unit, short = self._truth(ring)
        self.size = longest / longest_of_unit
        self.longest, self.short = longest, short * self.size
        self.least = self.size * min(self.radii.min(), self.half) / 1.5
        self.reach = self.size * 1.4

    def radius(self, turns: np.ndarray) -> np.ndarray:
        return np.interp(turns, TURNS, self.radii, period=2 * np.pi)

    def beyond(self, points: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(points / self.size, -1, 0)
        x, y = x - self.lean[0] * z, y - self.lean[1] * z
        return np.hypot(np.hypot(x, y) / self.radius(np.arctan2(y, x)), z / self.half) - 1

    def _truth(self, ring: np.ndarray) -> tuple[float, float]:
        """The longest segment that stays inside, and the longest chord across it."""
        first, second = np.triu_indices(len(ring), 1)
        apart = np.hypot(*(ring[second] - ring[first]).T)
        parts = np.linspace(0.01, 0.99, 99)[:, None]
        for pair in np.argsort(-apart):
            on = ring[first[pair]] * (1 - parts) + ring[second[pair]] * parts
            if np.all(np.hypot(*on.T) <= self.radius(np.arctan2(on[:, 1], on[:, 0])) + 1e-3):
                break
        along = (ring[second[pair]] - ring[first[pair]]) / apart[pair]
        return float(apart[pair]), chord(ring, np.array([-along[1], along[0]]))


def chord(ring: np.ndarray, direction: np.ndarray) -> float:
    """The longest run inside of 500 lines."""
    along, across = ring @ direction, ring @ [direction[1], -direction[0]]
    lines = np.linspace(across.min(), across.max(), 502)[1:-1, None]
    following = np.roll(across, -1)
    part = (lines - across) / (following - across)
    cuts = np.where(
        (across > lines) != (following > lines),
        along + part * (np.roll(along, -1) - along),
        np.inf,
    )
    cuts.sort(axis=1)
    cuts = cuts[:, : int(np.isfinite(cuts).sum(axis=1).max())]
    return float(np.nanmax(np.where(np.isfinite(cuts[:, 1::2]), cuts[:, 1::2] - cuts[:, ::2], 0)))


def shares(lesion: Ellipsoid | Blob, rng: np.random.Generator) -> np.ndarray:
    """The share of each voxel that the lesion covers, (slices, rows, columns)."""
    side = np.arange(-lesion.reach - 2, lesion.reach + 2, PIXEL)
    x, y = (side + phase for phase in rng.uniform(0, PIXEL, 2))
    z = (np.arange(PLANES) - PLANES // 2 + rng.uniform(-0.5, 0.5)) * STEP
    points = np.stack(np.meshgrid(z, y, x, indexing="ij")[::-1], axis=-1)
    beyond = lesion.beyond(points)
    covered = (beyond <= 0).astype(float)
    edge = abs(beyond) < np.linalg.norm([PIXEL, PIXEL, STEP]) / 2 / lesion.least
    places = (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5
    offsets = np.stack(np.meshgrid(places * PIXEL, places * PIXEL, places * STEP), axis=-1)
    spread = points[edge][:, None] + offsets.reshape(-1, 3)
    covered[edge] = np.mean(lesion.beyond(spread) <= 0, axis=-1)
    return covered


@dataclass(frozen=True)
class Case:
    lesion: Ellipsoid | Blob
    shares: np.ndarray


class Errors(NamedTuple):
    """In mm, of all lesions."""

    longest: np.ndarray
    short: np.ndarray

    def __str__(self) -> str:
        return "; ".join(
            f"{name} mean {error.mean():+.3f}, mean absolute {abs(error).mean():.3f}, "
            f"95 % {np.percentile(abs(error), 95):.3f}, largest {abs(error).max():.3f}"
            for name, error in zip(self._fields, self, strict=True)
        )


@pytest.fixture(scope="module", params=[TUNED, FRESH], ids=["tuned", "fresh"])
def cases(request) -> list[Case]:
    rng = np.random.default_rng(request.param)
    kinds = [Ellipsoid, Ellipsoid, Blob]
    found = []
    for number in range(LESIONS):
        lesion = kinds[number % 3](rng, np.exp(rng.uniform(np.log(10), np.log(100))))
        found.append(Case(lesion, shares(lesion, rng)))
    return found


def errors(cases: list[Case], measured) -> Errors:
    found = [measured(case.shares) for case in cases]
    return Errors(
        np.array([d.longest.mm - c.lesion.longest for d, c in zip(found, cases, strict=True)]),
        np.array([d.short_axis.mm - c.lesion.short for d, c in zip(found, cases, strict=True)]),
    )


def test_a_binary_mask(cases):
    found = errors(
        cases, lambda shares: diameters.of_region(Region.of(shares >= 0.5), (PIXEL, PIXEL))
    )
    print("binary mask:", found)
    assert abs(found.longest.mean()) <= 0.1
    assert abs(found.longest).mean() <= 0.20
    assert abs(found.longest).max() <= 0.60
    assert np.percentile(abs(found.short), 95) <= 0.85


def test_a_fractional_mask(cases):
    found = errors(
        cases,
        lambda shares: diameters.of_coverage(
            Coverage.of(np.rint(shares * 255).astype(np.uint8), 255), (PIXEL, PIXEL)
        ),
    )
    print("fractional mask:", found)
    assert_sub_pixel(found)
    assert abs(found.longest).mean() <= 0.10
    assert np.percentile(abs(found.longest), 95) <= 0.20


@pytest.mark.parametrize(("noise", "count"), [(0.0, LESIONS), (10.0, 100)])
def test_a_binary_mask_and_intensities(cases, noise, count):
    rng = np.random.default_rng(5)

    def measured(shares):
        volume = scanned(shares, rng.normal(0, noise, shares.shape))
        coverage = partial_volume.of_region(volume, Region.of(shares >= 0.5))
        assert coverage is not None
        return diameters.of_coverage(coverage, (PIXEL, PIXEL))

    found = errors(cases[:count], measured)
    print(f"intensities, noise {noise}:", found)
    assert_sub_pixel(found)
    assert noise or abs(found.longest).mean() <= 0.10
    assert noise or np.percentile(abs(found.longest), 95) <= 0.20


def assert_sub_pixel(found: Errors) -> None:
    assert abs(found.longest.mean()) <= 0.1
    assert abs(found.longest).max() <= 0.50
    assert np.percentile(abs(found.short), 95) <= 0.30


def scanned(shares: np.ndarray, noise: np.ndarray):
    """A CT volume in which voxels have the mean of what they cover."""
    values = AROUND + shares * (LESION - AROUND) + noise
    made = phantom([], size=(len(shares), 2, 2), spacing=(PIXEL, PIXEL), step=STEP)
    stored = np.rint((values - made.intercept[:, None, None]) / made.slope[0]).astype(np.int16)
    return replace(made, stored=stored)


@pytest.mark.parametrize(
    ("convention", "low", "high"),
    [
        (Convention.PIXEL_CENTRES, -0.35, -0.1),
        (Convention.MID_EDGE, 0.3, 0.5),
        (Convention.PIXEL_CORNERS, 0.55, 0.8),
        (Convention.SKIMAGE_FERET, 0.6, 0.9),
    ],
)
def test_what_the_conventions_of_other_programs_cost(cases, convention, low, high):
    few = cases[:60]
    found = errors(
        few,
        lambda shares: diameters.of_region(Region.of(shares >= 0.5), (PIXEL, PIXEL), convention),
    )
    assert low <= found.longest.mean() <= high
