"""How fast the diameters of masks are, beside pyradiomics' and scikit-image's, which give less."""

import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter, label
from skimage.measure import regionprops

from imaging.shapes import diameters
from imaging.shapes.conventions import Convention
from imaging.shapes.region import Region

try:
    from radiomics import cShape
except ModuleNotFoundError:  # it installs with care alone
    cShape = None  # noqa: N816 -- its name

ROUNDS = 5
LASTING = 0.05  # seconds that a round takes at least
PIXEL = 0.7
SIZES = (10, 20, 30, 50, 100)
SLOW = 60.0  # mm, from which pyradiomics takes seconds
MASKS = 200


def ellipsoid(diameter: float) -> np.ndarray:
    """A tilted ellipsoid as a mask, slices 1 mm apart, off the middle of a voxel."""
    reach = diameter / 2
    z = np.arange(-reach - 0.3, reach + 1)[:, None, None]
    side = np.arange(-reach - PIXEL, reach + 2 * PIXEL, PIXEL)
    y, x = side[:, None] + 0.13, side + 0.29
    u, v = 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x
    return (u / reach) ** 2 + (v / (0.85 * reach)) ** 2 + (z / (0.8 * reach)) ** 2 <= 1


def milliseconds(work: Callable[[], object]) -> float:
    """Of one of as many calls as take a while."""
    started, calls = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < LASTING:
        work()
        calls += 1
    return 1e3 * passed / calls


def feret(mask: np.ndarray) -> float:
    """The longest of the slices by scikit-image, which gives no short axis and no ends."""
    planes = (plane.astype(np.uint8) for plane in mask if plane.any())
    return PIXEL * max(regionprops(plane)[0].feret_diameter_max for plane in planes)


def radiomics(mask: np.ndarray, spacing: tuple[float, float, float] = (1.0, PIXEL, PIXEL)) -> float:
    """Its Maximum2DDiameterSlice, by way of the C that it calls."""
    _, _, found = cShape.calculate_coefficients(np.pad(mask, 1).astype(np.int8), np.array(spacing))
    return float(found[0])


def agreement() -> str:
    """How far the longest between mid-edges is from pyradiomics' on a slice, at most."""
    most = 0.0
    for seed in range(MASKS):
        noise = gaussian_filter(np.random.default_rng(seed).normal(size=(22, 22)), 2.0)
        pieces, _ = label(noise > np.quantile(noise, 0.65), np.ones((3, 3)))
        mask = (pieces == np.bincount(pieces.ravel())[1:].argmax() + 1)[None]
        found = diameters.of_region(Region.of(mask), (0.7, 0.9), Convention.MID_EDGE)
        most = max(most, abs(found.unconstrained_mm - radiomics(mask, (1.0, 0.7, 0.9))))
    return f"MID_EDGE and pyradiomics on {MASKS} slices: {most:.1e} mm apart at most"


def timed(size: float) -> str:
    """Medians of interleaved rounds, and their ratios."""
    mask = ellipsoid(size)
    region = Region.of(mask)
    others = {"scikit-image feret": feret}
    if cShape is not None and size < SLOW:
        others["pyradiomics"] = radiomics
    own: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in others}
    for _ in range(ROUNDS):
        own.append(milliseconds(lambda: diameters.of_region(region, (PIXEL, PIXEL))))
        for name, other in others.items():
            theirs[name].append(milliseconds(lambda other=other: other(mask)))
    mine = statistics.median(own)
    beside = ", ".join(
        f"{name} {statistics.median(times):.1f} ms ({statistics.median(times) / mine:.0f} times)"
        for name, times in theirs.items()
    )
    spread = f"{mine:.2f} ms ({min(own):.2f} to {max(own):.2f})"
    return f"diameters of a mask, {size} mm: {spread}, {beside}"


def run() -> list[str]:
    """One line for each size, and one for the agreement with pyradiomics where it is installed."""
    lines = [timed(size) for size in SIZES]
    return lines if cShape is None else [*lines, agreement()]


def main() -> None:
    """Print what `run` found."""
    print("\n".join(run()))


if __name__ == "__main__":
    main()
