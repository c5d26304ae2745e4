"""One contour on one slice: what was looked at, what it parts, and how clearly."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from imaging.segmentation import polar
from imaging.segmentation.polar import DIRECTIONS, RAYS, REACH, STEP, Array
from imaging.shapes.spread import spread
from imaging.volume import Volume

BEYOND = 1.0  # mm: how far a lesion may reach beyond what was drawn around it
SURE_CONTRAST = 3.0  # of the noise
SMOOTHING = 0.7  # mm, the standard deviation of the filter before rays are cast


@dataclass(frozen=True, eq=False)
class Rays:
    """Intensities along rays from `centre` (x, y) mm: (rays, samples), nan off the image."""

    centre: Array
    samples: Array


@dataclass(frozen=True, eq=False)
class Crop:
    """What is looked at of one slice, smoothed; its first pixel lies at `origin` (x, y) mm."""

    image: Array
    origin: Array
    spacing: tuple[float, float]
    raw: Array

    @cached_property
    def noise(self) -> float:
        """Its standard deviation, from neighbours before smoothing, robust to edges."""
        steps = np.diff(self.raw, axis=1)
        return spread(steps) / np.sqrt(2) if steps.size else 0.0

    def rays(self, centre: Array, reach: float = REACH) -> Rays:
        """Cast rays of `reach` mm from a point (x, y), mm."""
        return Rays(centre, polar.cast(self.image, self.origin, self.spacing, centre, reach))


@dataclass(frozen=True, eq=False)
class Fit:
    """Radii, mm, around the centre of `rays`, and the intensities they part."""

    rays: Rays
    radii: Array
    lesion: float
    around: Array
    limit: Array | None = None
    """Corners, x and y in mm, of what a reader drew around it."""
    spiked: bool = False
    """Whether something narrow, such as a vessel, sticks out of it or was cut off."""

    @property
    def ring(self) -> Array:
        """The contour as a polygon, x and y in mm."""
        return np.asarray(self.rays.centre + DIRECTIONS * self.radii[:, None])

    @property
    def contrast(self) -> float:
        """How far what is around differs from the lesion."""
        return float(np.median(self.around)) - self.lesion

    def clear(self) -> NDArray[np.bool_]:
        """Say on which rays half the step in intensity or more is made within 2 mm."""
        at = np.rint(self.radii / STEP).astype(int)[:, None] + np.array([[-4, -3, 3, 4]])
        near = self.rays.samples[
            np.arange(RAYS)[:, None], np.clip(at, 0, self.rays.samples.shape[1] - 1)
        ]
        rise = near[:, 2:].mean(axis=1) - near[:, :2].mean(axis=1)
        return np.asarray(rise * np.sign(self.contrast) > 0.5 * abs(self.around - self.lesion))

    def holds_lesion(self) -> bool:
        """Say whether what is inside is nearer to the lesion than to its surroundings."""
        inside = np.median(polar.core(self.rays.samples, self.radii))
        return bool(abs(inside - self.lesion) < 0.5 * abs(self.contrast))

    def clarity(self, noise: float) -> float:
        """Rate the contour: the share of it that is clear, less what is strange inside.

        Grains of noise have clear contours, too, but faint ones.
        """
        inside = polar.core(self.rays.samples, self.radii, 0.85)
        strange = np.mean(abs(inside - self.lesion) > 0.5 * abs(self.contrast))
        faint = min(abs(self.contrast) / (SURE_CONTRAST * noise), 1.0) if noise else 1.0
        return float(self.clear().mean() - 2 * strange) * faint

    def at_border(self) -> NDArray[np.bool_]:
        """Say on which rays the image ends soon after the contour, and the lesion does not before.

        Within 3 mm: where a lesion is cut off, its contour is drawn in from its neighbours.
        """
        last = self.rays.samples.shape[1] - 1
        at = np.minimum(np.rint((self.radii + 3.0) / STEP).astype(int), last)
        return np.asarray(np.isnan(self.rays.samples[np.arange(RAYS), at]) & ~self.clear())


def crop_of(volume: Volume, slice_: int, centre: Array, reach: float = REACH) -> Crop:
    """Cut what is within `reach` mm of a point (x, y) mm out of a slice, and smooth it."""
    between_rows, between_columns = volume.spacing
    _, rows, columns = volume.stored.shape
    first, last = (
        np.clip(
            np.rint((centre + away) / (between_columns, between_rows)), 0, (columns - 1, rows - 1)
        )
        for away in (-reach - 2.0, reach + 2.0)
    )
    (x0, y0), (x1, y1) = first.astype(int), last.astype(int) + 1
    raw = volume.values(slice_, slice(y0, y1), slice(x0, x1))
    sigma = (SMOOTHING / between_rows, SMOOTHING / between_columns)
    origin = first * (between_columns, between_rows)
    return Crop(gaussian_filter(raw, sigma, mode="nearest"), origin, volume.spacing, raw)


def fitted(
    rays: Rays, lesion: float, around: Array, start: Array, slack: Array,
    rounds: int = 1, limit: Array | None = None,
) -> Fit:  # fmt: skip
    """Fit a contour within `slack` mm of radii to start with, given the intensities it parts.

    After each round but the last the intensities are estimated anew. It stays within `limit`.
    """
    low, high = start - slack, start + slack
    if limit is not None:
        high = np.minimum(high, around_centre(limit, rays.centre) + BEYOND)
    radii = polar.fit(rays.samples, lesion, around, low, high)
    for _ in range(rounds - 1):
        lesion = float(np.median(polar.core(rays.samples, radii)))
        around = polar.surroundings(rays.samples, radii, lesion)
        radii = polar.fit(rays.samples, lesion, around, low, high)
    return Fit(rays, radii, lesion, around, limit)


def recentred(crop: Crop, fit: Fit, times: int = 1) -> Fit:
    """Fit again from the middle of the contour, and place it to a part of a pixel."""
    for _ in range(times):
        fit = refitted(crop, fit)
    return sharpened(fit)


def refitted(crop: Crop, fit: Fit) -> Fit:
    """Fit from the middle of a contour, on its slice or on the next, to the same lesion."""
    centre = centroid(fit.ring)
    radii = around_centre(fit.ring, centre)
    slack = 0.2 * radii + 3.0
    rays = crop.rays(centre, float((radii + slack).max()) + polar.RING + 2.0)
    around = polar.surroundings(rays.samples, radii, fit.lesion)
    return fitted(rays, fit.lesion, around, radii, slack, limit=fit.limit)


def sharpened(fit: Fit) -> Fit:
    """Place a contour where the intensity is half way, and cut off what is narrow."""
    sharp = polar.half_coverage(fit.rays.samples, fit.lesion, fit.around, fit.radii)
    bridged = polar.bridged(sharp, replace(fit, radii=sharp).clear())
    opened = polar.opened(bridged)
    cut = np.where(bridged > 1.15 * opened + 1.0, opened, bridged)
    return replace(fit, radii=cut, spiked=bool((bridged > 1.1 * opened + 0.6).any()))


def centroid(ring: Array) -> Array:
    """Find the middle of the area of a closed polygon (n, 2)."""
    following = np.roll(ring, -1, axis=0)
    parts = ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]
    return np.asarray(((ring + following) * parts[:, None]).sum(axis=0) / (3 * parts.sum()))


def around_centre(ring: Array, centre: Array) -> Array:
    """Radii of a contour around another centre, by ray, between its corners."""
    x, y = (ring - centre).T
    angles, radii = np.arctan2(y, x) % (2 * np.pi), np.hypot(x, y)
    order = np.argsort(angles)
    wanted = np.arange(RAYS) * 2 * np.pi / RAYS
    return np.asarray(np.interp(wanted, angles[order], radii[order], period=2 * np.pi))
