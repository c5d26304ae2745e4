"""How long a click takes, and whether it depends on how many slices a volume has."""

import statistics
import time
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from imaging.measure import measure_click
from imaging.phantom import Ellipsoid, phantom
from imaging.volume import Volume

ROUNDS = 5
SLICES, TIMES = 60, 5
SMOOTHED = 20  # slices under the Gaussian that a click is compared with, of 100
CLICK = (256, 256, SLICES / 2)
SIZES = (12.0, 25.0, 50.0)


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - started)


def lesion(diameter: float) -> Volume:
    """512 × 512 × 60, with a lesion in its middle, slices 1 mm apart."""
    centre = (256 * 0.7, 256 * 0.7, SLICES / 2)
    half = diameter / 2
    one = Ellipsoid(centre, (half, 0.8 * half, 0.9 * half), 50.0, (20.0, 10.0, 35.0))
    size = (SLICES, 512, 512)
    return phantom([one], size=size, spacing=(0.7, 0.7), step=1.0, background=110.0, noise=15.0)


def longer(volume: Volume) -> Volume:
    """The same slices again and again: 300 of them."""
    images = {
        name: np.concatenate([getattr(volume, name)] * TIMES)
        for name in ("stored", "slope", "intercept")
    }
    positions = volume.positions[0] + np.arange(TIMES * SLICES)[:, None] * volume.normal
    each = {
        field.name: getattr(volume, field.name) * TIMES
        for field in fields(volume)
        if field.name in {"sop_instance_uids", "frames"}
    }
    return replace(volume, positions=positions, **images, **each)


def run() -> list[str]:
    """One line for each size: medians of interleaved rounds, and their ratios."""
    lines = []
    for size in SIZES:
        short = lesion(size)
        long = longer(short)
        few, many, gauss = [], [], []
        for _ in range(ROUNDS):
            few.append(milliseconds(lambda v=short: measure_click(v, CLICK)))
            many.append(milliseconds(lambda v=long: measure_click(v, CLICK)))
            some = short.stored[:SMOOTHED].astype(float)
            gauss.append(100 / SMOOTHED * milliseconds(lambda s=some: gaussian_filter(s, 1.0)))
        on_60, on_300, one = (statistics.median(times) for times in (few, many, gauss))
        lines.append(
            f"a click on a lesion of {size:g} mm: {on_300:.0f} ms on 300 slices of 512 x 512 "
            f"({min(many):.0f} to {max(many):.0f}), {on_300 / on_60:.2f} times that on 60; "
            f"{on_300 / one:.2f} of a Gaussian over 100 slices ({one:.0f} ms)"
        )
    return lines


def main() -> None:
    """Print what `run` found."""
    print("\n".join(run()))


if __name__ == "__main__":
    main()
