"""From a reader's click, line or ring to the contours of the lesion under it, and what is doubtful.

A contour is fitted on the slice that was pointed at, from several starts, recentred, and carried
from slice to slice until it shrinks to nothing, grows out of bounds or holds something else. Other
opinions on the first slice, by a random walker and by region growing, tell how far it can be
trusted.
"""

from dataclasses import dataclass, replace

import numpy as np

from imaging.flags import Refused
from imaging.segmentation import polar
from imaging.segmentation.agreement import doubts
from imaging.segmentation.fit import (
    BEYOND,
    Crop,
    Fit,
    Rays,
    around_centre,
    centroid,
    crop_of,
    fitted,
    recentred,
    refitted,
    sharpened,
)
from imaging.segmentation.polar import RAYS, REACH, Array
from imaging.shapes.contours import Contours
from imaging.shapes.farthest import Segment
from imaging.shapes.outline import area
from imaging.volume import Volume

SEED = 2.5  # mm around a click that are taken to be lesion
STARTS = (4.0, 9.0, 16.0, 26.0, 40.0)  # mm from a click at which its surroundings are looked for
LEAST_CONTRAST = 1.5  # of the noise
LEAST_PIXELS = 9
LEAST_CLEAR = 0.5  # of the contour: with less of a border there is none
MOST_AT_EDGE = 0.05  # of the contour
CORNERS_A_SIDE = 32
GROWTH = 1.5  # of the area, from a slice to the next


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Contours of a lesion by slice, and reasons to doubt them."""

    contours: Contours
    doubts: tuple[str, ...]


def from_click(volume: Volume, point: tuple[float, float], slice_: int) -> Segmentation:
    """Segment the lesion under a pixel (column, row).

    Raises Refused: NO_CONTRAST, LEAK, EDGE_OF_VOLUME, TOO_SMALL_TO_SEGMENT.
    """
    seed = _on_pixels(volume, np.array(point) * (volume.spacing[1], volume.spacing[0]))
    crop = crop_of(volume, slice_, seed)
    rays = crop.rays(seed)
    lesion = float(np.median(polar.core(rays.samples, np.full(RAYS, SEED), 1.0)))
    anywhere = np.full(RAYS, REACH)
    fits = [
        fitted(rays, lesion, np.full(RAYS, level), anywhere / 2, anywhere, rounds=2)
        for level in _levels_around(rays, crop.noise)
        if abs(level - lesion) > LEAST_CONTRAST * crop.noise
    ]
    return _completed(volume, slice_, _chosen(crop, fits))


def _levels_around(rays: Rays, noise: float) -> list[float]:
    """List intensities that the surroundings of a click may have, darker or brighter than it."""
    rings = [polar.ring_medians(rays.samples, np.full(RAYS, start)) for start in STARTS]
    levels: list[float] = []
    for level in np.sort(np.percentile(rings, (15, 85), axis=1), axis=None).tolist():
        if not levels or level > levels[-1] + noise:
            levels.append(level)
    return levels


def from_line(volume: Volume, line: Segment, slice_: int) -> Segmentation:
    """Segment the lesion along a reader's line.

    Raises what `from_click` does, and TOO_LARGE_TO_SEGMENT for a line beyond reach.
    """
    centre, half = _on_pixels(volume, line.ends.mean(axis=0)), line.mm / 2
    _refuse_unreachable(half)
    crop = crop_of(volume, slice_, centre)
    rays = crop.rays(centre)
    start = np.full(RAYS, 0.85 * half)
    lesion = float(np.median(polar.core(rays.samples, start, 0.7)))
    around = polar.surroundings(rays.samples, np.full(RAYS, half), lesion)
    slack = np.full(RAYS, 0.6 * half + 2.0)
    fit = fitted(rays, lesion, around, start, slack, rounds=3)
    return _completed(volume, slice_, _chosen(crop, [fit]))


def from_ring(volume: Volume, ring: Array, slice_: int) -> Segmentation:
    """Segment the lesion that a reader drew a closed line around, (n, 2), x and y in mm.

    On that slice it stays within the line. Raises what `from_line` does.
    """
    ring = _dense(ring)
    centre = _on_pixels(volume, centroid(ring))
    limit = around_centre(ring, centre)
    _refuse_unreachable(float(limit.max()))
    crop = crop_of(volume, slice_, centre)
    rays = crop.rays(centre)
    lesion = float(np.median(polar.core(rays.samples, limit, 0.5)))
    around = polar.surroundings(rays.samples, limit, lesion)
    half = (limit + BEYOND) / 2
    fit = fitted(rays, lesion, around, half, half, rounds=3, limit=ring)
    return _completed(volume, slice_, _chosen(crop, [fit]))


def _dense(ring: Array) -> Array:
    """Put more corners on the sides of a polygon: radii are found between corners by angle."""
    part = np.linspace(0, 1, CORNERS_A_SIDE, endpoint=False)[:, None]
    sides = ring[:, None] * (1 - part) + np.roll(ring, -1, axis=0)[:, None] * part
    return np.asarray(sides.reshape(-1, 2))


def _refuse_unreachable(radius: float) -> None:
    if radius > REACH:
        says = f"Only lesions of up to {2 * REACH:g} mm are segmented."
        raise Refused("TOO_LARGE_TO_SEGMENT", says)


def _on_pixels(volume: Volume, point: Array) -> Array:
    """Move a point (x, y) mm on the outer half of a pixel at the border to its centre."""
    _, rows, columns = volume.stored.shape
    last = np.multiply((columns - 1, rows - 1), (volume.spacing[1], volume.spacing[0]))
    return np.asarray(np.clip(point, 0, last))


def _chosen(crop: Crop, fits: list[Fit]) -> Fit:
    """Choose the fit with the clearest contour, recentre it, and refuse what is clearly wrong."""
    seen = [fit for fit in fits if abs(fit.contrast) > LEAST_CONTRAST * crop.noise]
    if not seen:
        says = "Nothing at this place stands out from its surroundings."
        raise Refused("NO_CONTRAST", says)
    best = recentred(crop, max(seen, key=lambda fit: fit.clarity(crop.noise)), times=2)
    _refuse_unbounded(best)
    if area(best.ring) < LEAST_PIXELS * crop.spacing[0] * crop.spacing[1]:
        says = f"The lesion covers fewer than {LEAST_PIXELS} pixels."
        raise Refused("TOO_SMALL_TO_SEGMENT", says)
    return best


def _refuse_unbounded(fit: Fit) -> None:
    if np.mean(fit.at_border()) > MOST_AT_EDGE:
        says = "The lesion reaches the edge of the images; what lies beyond cannot be measured."
        raise Refused("EDGE_OF_VOLUME", says)
    if np.mean(fit.radii > REACH - 3.0) > MOST_AT_EDGE:
        raise Refused("LEAK", f"No border was found within {REACH:g} mm.")
    clear = float(fit.clear().mean())
    if clear < LEAST_CLEAR:
        raise Refused("LEAK", f"No border is seen along {1 - clear:.0%} of the contour.")


def _completed(volume: Volume, slice_: int, first: Fit) -> Segmentation:
    fits = {slice_: first}
    for towards in (-1, 1):
        fits |= _carried(volume, slice_, replace(first, limit=None), towards)
    _refuse_cut_off(volume, fits)
    contours = Contours.of({number: [fit.ring] for number, fit in sorted(fits.items())})
    return Segmentation(contours, doubts(crop_of(volume, slice_, first.rays.centre), first))


def _carried(volume: Volume, slice_: int, fit: Fit, towards: int) -> dict[int, Fit]:
    """Follow the lesion from slice to slice until it grows out of bounds or shrinks to nothing."""
    found = {}
    number = slice_ + towards
    while 0 <= number < len(volume.stored):
        crop = crop_of(volume, number, fit.rays.centre, 1.5 * float(fit.radii.max()) + 12.0)
        following = sharpened(refitted(crop, fit))
        size, before = area(following.ring), area(fit.ring)
        small = size < LEAST_PIXELS * volume.spacing[0] * volume.spacing[1]
        if small or size > GROWTH * before or not following.holds_lesion():
            break
        found[number] = fit = following
        number += towards
    return found


def _refuse_cut_off(volume: Volume, fits: dict[int, Fit]) -> None:
    """Refuse a lesion that is still large where the images end."""
    sizes = {number: area(fit.ring) for number, fit in fits.items()}
    last = len(volume.stored) - 1
    largest = max(sizes.values())
    if last and max(sizes.get(0, 0.0), sizes.get(last, 0.0)) > 0.7 * largest:
        says = "The lesion reaches the first or last slice; what lies beyond cannot be measured."
        raise Refused("EDGE_OF_VOLUME", says)
