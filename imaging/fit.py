"""One contour on one slice: what was looked at, what it parts, and how clearly."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from imaging import polar
from imaging.polar import DIRECTIONS, RAYS, REACH, STEP, Array
from imaging.volume import Volume

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
    noise: float

    def rays(self, centre: Array) -> Rays:
        """Cast rays from a point (x, y), mm."""
        return Rays(centre, polar.cast(self.image, self.origin, self.spacing, centre))


@dataclass(frozen=True, eq=False)
class Fit:
    """Radii, mm, around the centre of `rays`, and the intensities they part."""

    rays: Rays
    radii: Array
    lesion: float
    around: Array
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
        at = np.rint(self.radii / STEP).astype(int)[:, None] + np.array([[-6, -5, -4, 4, 5, 6]])
        near = self.rays.samples[
            np.arange(RAYS)[:, None], np.clip(at, 0, self.rays.samples.shape[1] - 1)
        ]
        rise = near[:, 3:].mean(axis=1) - near[:, :3].mean(axis=1)
        return np.asarray(rise * np.sign(self.contrast) > 0.5 * abs(self.around - self.lesion))

    def clarity(self) -> float:
        """Rate the contour: the share of it that is clear, less what is strange inside."""
        inside = polar.core(self.rays.samples, self.radii, 0.85)
        strange = np.mean(abs(inside - self.lesion) > 0.5 * abs(self.contrast))
        return float(self.clear().mean() - 2 * strange)

    def at_border(self) -> NDArray[np.bool_]:
        """Say which rays leave the image within 1 mm of the contour."""
        at = np.minimum(
            np.rint((self.radii + 1) / STEP).astype(int), self.rays.samples.shape[1] - 1
        )
        return np.asarray(np.isnan(self.rays.samples[np.arange(RAYS), at]))


def crop_of(volume: Volume, slice_: int, centre: Array) -> Crop:
    """Cut what can be reached from a point (x, y) mm out of a slice, and smooth it."""
    between_rows, between_columns = volume.spacing
    _, rows, columns = volume.stored.shape
    first, last = (
        np.clip(
            np.rint((centre + reach) / (between_columns, between_rows)), 0, (columns - 1, rows - 1)
        )
        for reach in (-REACH - 2.0, REACH + 2.0)
    )
    (x0, y0), (x1, y1) = first.astype(int), last.astype(int) + 1
    raw = volume.values(slice_, slice(y0, y1), slice(x0, x1))
    sigma = (SMOOTHING / between_rows, SMOOTHING / between_columns)
    origin = first * (between_columns, between_rows)
    return Crop(gaussian_filter(raw, sigma, mode="nearest"), origin, volume.spacing, _noise(raw))


def fitted(
    rays: Rays, lesion: float, around: Array, start: Array, slack: Array, rounds: int = 1
) -> Fit:
    """Fit a contour within `slack` mm of radii to start with, given the intensities it parts.

    After each round but the last the intensities are estimated anew.
    """
    radii = polar.fit(rays.samples, lesion, around, start, slack)
    for _ in range(rounds - 1):
        lesion = float(np.median(polar.core(rays.samples, radii)))
        around = polar.surroundings(rays.samples, radii, lesion)
        radii = polar.fit(rays.samples, lesion, around, start, slack)
    return Fit(rays, radii, lesion, around)


def recentred(crop: Crop, fit: Fit, times: int = 1) -> Fit:
    """Fit again from the middle of the contour, and place it where the intensity is half way."""
    for _ in range(times):
        centre = _centroid(fit.ring)
        radii = _radii(fit.ring, centre)
        rays = crop.rays(centre)
        around = polar.surroundings(rays.samples, radii, fit.lesion)
        fit = fitted(rays, fit.lesion, around, radii, 0.3 * radii + 2.0)
    sharp = polar.half_coverage(fit.rays.samples, fit.lesion, fit.around, fit.radii)
    bridged = polar.bridged(sharp, replace(fit, radii=sharp).clear())
    opened = polar.opened(bridged)
    cut = np.where(bridged > 1.15 * opened + 1.0, opened, bridged)
    return replace(fit, radii=cut, spiked=bool((bridged > 1.1 * opened + 0.6).any()))


def _noise(image: Array) -> float:
    """Estimate the standard deviation of the noise from neighbours, robust to edges."""
    steps = np.diff(image, axis=1)
    return 1.4826 * float(np.median(abs(steps))) / np.sqrt(2) if steps.size else 0.0


def _centroid(ring: Array) -> Array:
    following = np.roll(ring, -1, axis=0)
    parts = ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]
    return np.asarray(((ring + following) * parts[:, None]).sum(axis=0) / (3 * parts.sum()))


def _radii(ring: Array, centre: Array) -> Array:
    """Radii of a contour around another centre, by ray, between its corners."""
    x, y = (ring - centre).T
    angles, radii = np.arctan2(y, x) % (2 * np.pi), np.hypot(x, y)
    order = np.argsort(angles)
    wanted = np.arange(RAYS) * 2 * np.pi / RAYS
    return np.asarray(np.interp(wanted, angles[order], radii[order], period=2 * np.pi))
