"""The closed contour around a point that best parts a lesion from what surrounds it.

A lesion is seen as a radius for each direction, found by dynamic programming over samples along
rays: the cheapest closed path, where a contour costs what is unlike the lesion inside it and like
it outside, less the step at its edge. Lengths are in mm.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, grey_opening, map_coordinates

Array = NDArray[np.float64]

RAYS = 72
STEP = 0.5  # mm between samples on a ray
REACH = 60.0  # mm: how far from the seed anything is looked at
WINDOW = 6  # samples that the radius may change by from ray to ray
SPIKE = 8.0  # mm: what is narrower may be a vessel
RING = 6.0  # mm outside the contour that count as its surroundings

_EDGE = 6.0  # weight, mm, of a full step of intensity at the contour
_BEND = 0.02  # cost of a change of radius, by its square in samples
_BENDS = _BEND * np.arange(-WINDOW, WINDOW + 1) ** 2
_NEIGHBOURS = (np.arange(RAYS)[:, None] + np.arange(-4, 5)) % RAYS
_OVERLAP = 14  # rays at each end of a path that are gone over twice, so that it closes
_BARRED = 1e9
_LEAST_CLEAR = 0.5  # of the rays, for the rest to be bridged
_ANGLES = np.arange(RAYS) * 2 * np.pi / RAYS
DIRECTIONS = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_OFFSETS = DIRECTIONS.T[::-1, :, None] * np.arange(0, REACH, STEP)  # (y and x, rays, samples)


def cast(
    image: Array, origin: Array, spacing: tuple[float, float], centre: Array, reach: float = REACH
) -> Array:
    """Sample an image along rays from `centre` (x, y): (rays, samples), nan off the image.

    The first pixel of the image lies at `origin` (x, y). Rays end after `reach` mm.
    """
    samples = min(int(reach / STEP) + 1, _OFFSETS.shape[2])
    first = (centre - origin)[::-1]
    at = (_OFFSETS[..., :samples] + first[:, None, None]) / np.array(spacing)[:, None, None]
    return np.asarray(map_coordinates(image, at, order=1, mode="constant", cval=np.nan))


def fit(samples: Array, lesion: float, around: Array, low: Array, high: Array) -> Array:
    """Find radii, mm, by ray, given the lesion's intensity and that around it by ray.

    They stay between `low` and `high`, both in mm by ray.
    """
    first = max(int(float(low.min()) / STEP), 2)
    last = max(min(int(float(high.max()) / STEP) + 2, samples.shape[1]), first + 1)
    cost = _cost(samples, lesion, around)[:, first:last]
    radii = np.arange(first, last) * STEP
    cost[(radii < low[:, None]) | (radii > high[:, None])] = _BARRED
    return np.asarray((first + _shortest_loop(cost)) * STEP, float)


def surroundings(samples: Array, radii: Array, lesion: float) -> Array:
    """Estimate the intensity around a contour by ray: the median of a ring, smoothed by angle.

    A ray on which it differs from the lesion by less than half of what it does elsewhere, or to
    the other side, has the overall one: the ring lies within something like the lesion there.
    """
    medians = ring_medians(samples, radii)
    overall = float(np.median(medians))
    if overall == lesion:
        return medians
    part = (medians - lesion) / (overall - lesion)
    return np.where(part < 0.5, overall, medians)


def ring_medians(samples: Array, radii: Array) -> Array:
    """Return the median intensity of a ring outside the contour, by ray and its neighbours."""
    start = np.rint((radii + 1.0) / STEP).astype(int)
    at = start[:, None] + np.arange(0, int(RING / STEP), 2)
    ring = np.take_along_axis(samples, np.minimum(at, samples.shape[1] - 1), axis=1)
    wide = ring[_NEIGHBOURS].reshape(RAYS, -1)
    wide.sort(axis=1)  # nan last
    counts = np.isfinite(wide).sum(axis=1)
    medians = wide[np.arange(len(wide)), np.maximum(counts - 1, 0) // 2]
    seen = counts > 0
    return np.where(seen, medians, np.median(medians[seen]) if seen.any() else 0.0)


def core(samples: Array, radii: Array, part: float = 0.8) -> Array:
    """Return the intensities within a part of the radii."""
    inside = np.arange(samples.shape[1]) * STEP <= part * radii[:, None]
    return np.asarray(samples[inside & np.isfinite(samples)])


def bridged(radii: Array, clear: NDArray[np.bool_]) -> Array:
    """Lead the contour past rays on which nothing ends the lesion, by the others' low harmonics."""
    if clear.all() or clear.mean() < _LEAST_CLEAR:
        return radii
    waves = np.arange(1, 3) * _ANGLES[:, None]
    basis = np.hstack([np.ones((RAYS, 1)), np.cos(waves), np.sin(waves)])
    weight = np.where(clear, 1.0, 0.1)[:, None]
    found, *_ = np.linalg.lstsq(basis * weight, radii * weight[:, 0], rcond=None)
    return np.where(clear, radii, np.minimum(radii, np.maximum(basis @ found, STEP)))


def opened(radii: Array) -> Array:
    """Radii without what is narrower than a large vessel where it leaves the lesion."""
    rays = SPIKE / (float(np.median(radii)) * 2 * np.pi / RAYS)
    size = 2 * int(np.clip(rays / 2, 1, 6)) + 1
    return np.asarray(grey_opening(radii, size=size, mode="wrap"))


def half_coverage(samples: Array, lesion: float, around: Array, radii: Array) -> Array:
    """Move each radius to where the intensity is half way, if that is within 1.5 mm."""
    middle = ((lesion + around) / 2)[:, None]
    beyond = np.nan_to_num((samples - middle) * np.sign(lesion - around)[:, None])
    first, second = beyond[:, :-1], beyond[:, 1:]
    crossing = (first > 0) & (second <= 0)
    part = first / np.where(crossing, first - second, 1.0)
    at = (np.arange(first.shape[1]) + part) * STEP
    off = np.where(crossing, abs(at - radii[:, None]), np.inf)
    nearest = off.argmin(axis=1)[:, None]
    found = np.take_along_axis(off, nearest, axis=1)[:, 0] < 1.5
    moved = np.where(found, np.take_along_axis(at, nearest, axis=1)[:, 0], radii)
    return np.asarray(gaussian_filter1d(moved, 0.8, mode="wrap"))


def _cost(samples: Array, lesion: float, around: Array) -> Array:
    """Cost of a contour at each sample: what is unlike inside, like outside, less the edge."""
    contrast = around[:, None] - lesion
    contrast = np.where(abs(contrast) < 1e-6, 1e-6, contrast)
    unlike = np.clip((np.nan_to_num(samples, nan=1e9) - lesion) / contrast, -1, 2)
    strange = np.minimum(abs(unlike), 1)  # 0 as the lesion, 1 as its surroundings or beyond
    inside = np.cumsum(strange**2, axis=1)
    ring = int(RING / STEP)
    similar = np.cumsum((1 - strange) ** 2, axis=1)
    outside = np.concatenate([similar[:, ring:], np.repeat(similar[:, -1:], ring, axis=1)], axis=1)
    width = 2
    padded = np.pad(unlike, ((0, 0), (width, width)), mode="edge")
    edge = np.clip(padded[:, 2 * width :] - padded[:, : -2 * width], -1, 1)
    return np.asarray((inside + outside - similar) * STEP - _EDGE * edge)


def _shortest_loop(cost: Array) -> NDArray[np.intp]:
    """Find the cheapest closed path, a sample a ray: go round and on, and keep the middle."""
    count, samples = cost.shape
    rows = np.concatenate([cost[-_OVERLAP:], cost, cost[:_OVERLAP]])
    totals = np.full((len(rows), samples + 2 * WINDOW), np.inf)
    inner = slice(WINDOW, WINDOW + samples)
    totals[0, inner] = rows[0]
    windows = np.lib.stride_tricks.sliding_window_view(totals, samples, axis=1)
    steps = np.empty((2 * WINDOW + 1, samples))
    for ray in range(1, len(rows)):
        np.add(windows[ray - 1], _BENDS[:, None], out=steps)
        np.add(rows[ray], np.minimum.reduce(steps, axis=0), out=totals[ray, inner])
    path = np.empty(len(rows), np.intp)
    path[-1] = totals[-1, inner].argmin()
    for ray in range(len(rows) - 1, 0, -1):
        reached = windows[ray - 1, :, path[ray]] + _BENDS
        path[ray - 1] = path[ray] + reached.argmin() - WINDOW
    return path[_OVERLAP : _OVERLAP + count]
