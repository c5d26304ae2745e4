"""How far measurements by click or line are off on phantoms, and how many of them are trusted."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from imaging.flags import Refused
from imaging.measure import measure_click, measure_line
from imaging.measurement import Measurement
from tests.segmentation.phantoms import Lesion


@dataclass(frozen=True)
class Outcome:
    """What became of one click or line; `off` is the error of the longest diameter, mm."""

    says: str
    true: float
    off: float | None
    trusted: bool
    refused: str | None
    seconds: float

    @property
    def part(self) -> float:
        return self.off / self.true if self.off is not None else np.nan


@dataclass(frozen=True)
class Figures:
    """The figures that are promised, as shares unless in mm; of none, nan."""

    count: int
    median_mm: float
    median: float
    refused: float
    trusted: float
    trusted_off_10: float
    trusted_off_20: float
    off_20: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.count} lesions: median error {self.median_mm:.2f} mm, {self.median:.1%}; "
            f"refused {self.refused:.1%}; trusted {self.trusted:.1%}, of which "
            f"{self.trusted_off_10:.1%} over 10 % off and {self.trusted_off_20:.1%} over 20 %; "
            f"of all over 20 % off {self.off_20:.1%}; {1e3 * self.seconds:.0f} ms"
        )


def clicked(lesion: Lesion) -> Outcome:
    return _outcome(lesion, lambda: measure_click(lesion.volume, lesion.click))


def lined(lesion: Lesion) -> Outcome:
    return _outcome(lesion, lambda: measure_line(lesion.volume, *lesion.line))


def _outcome(lesion: Lesion, measure) -> Outcome:
    started, true = time.perf_counter(), lesion.truth.longest.mm
    try:
        found: Measurement = measure()
    except Refused as refusal:
        took = time.perf_counter() - started
        return Outcome(lesion.says, true, None, False, refusal.code, took)
    took = time.perf_counter() - started
    trusted = "LOW_TRUST" not in {flag.code for flag in found.flags}
    return Outcome(lesion.says, true, found.longest_mm - true, trusted, None, took)


def figures(outcomes: Iterable[Outcome]) -> Figures:
    every = list(outcomes)
    part = np.array([abs(one.part) for one in every])
    known = part[np.isfinite(part)]
    sure = np.array([abs(one.part) for one in every if one.trusted])
    return Figures(
        count=len(every),
        median_mm=_median([abs(one.off) for one in every if one.off is not None]),
        median=_median(known),
        refused=_share(~np.isfinite(part)),
        trusted=len(sure) / max(len(known), 1),
        trusted_off_10=_share(sure > 0.1),
        trusted_off_20=_share(sure > 0.2),
        off_20=_share(known > 0.2),
        seconds=_median([one.seconds for one in every]),
    )


def variation(lesions: Iterable[Lesion]) -> list[float]:
    """Of each lesion clicked in five places: the standard deviation over the mean."""
    found = []
    for lesion in lesions:
        lengths = []
        for click in (lesion.click, *lesion.others):
            try:
                lengths.append(measure_click(lesion.volume, click).longest_mm)
            except Refused:
                continue
        if len(lengths) > 1:
            found.append(float(np.std(lengths) / np.mean(lengths)))
    return found


def _median(numbers: Sequence[float] | np.ndarray) -> float:
    return float(np.median(numbers)) if len(numbers) else np.nan


def _share(flags: np.ndarray) -> float:
    return float(np.mean(flags)) if len(flags) else np.nan
