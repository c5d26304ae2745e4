"""How the images of a series were acquired: what decides whether two of them can be compared."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from imaging.dicom.elements import Elements, read
from imaging.dicom.headers import Instance
from imaging.series.stacks import Stack, stacks

STUDY_DATE, DATE = 0x00080020, 0x00080022
TIME, MANUFACTURER, STUDY_DESCRIPTION = 0x00080032, 0x00080070, 0x00081030
SERIES_DESCRIPTION, MODEL, PROTOCOL = 0x0008103E, 0x00081090, 0x00181030
AGENT, ROUTE, BOLUS_AT, TESLA = 0x00180010, 0x00181040, 0x00181042, 0x00180087
DESCRIPTIONS = (STUDY_DESCRIPTION, SERIES_DESCRIPTION, PROTOCOL)
DATES = (DATE, STUDY_DATE)
"""Of the acquisition; where that is not said, of the study."""
SAID = {TIME, MANUFACTURER, MODEL, AGENT, ROUTE, BOLUS_AT, TESLA}
WANTED = frozenset({*SAID, *DATES, *DESCRIPTIONS})

PHASES: Mapping[str, re.Pattern[str]] = {
    "ARTERIAL": re.compile(r"\barteri|\bart\b|\bhap\b"),
    "PORTAL_VENOUS": re.compile(r"\bportal|\bvenous|\bpvp?\b"),
    "DELAYED": re.compile(r"\bdelay|\bequilibrium|\blate\b(?! arter)"),
}
"""Words by which descriptions and protocols call a phase of the contrast agent."""
WITH = re.compile(r"\bwith\b.*\bcont|\bw\b.*\bcont|\bw/? ?c\b|(?<!\w)\+ ?c\b|\bcontrast.enhanced")
WITHOUT = re.compile(
    r"\bw/?o\b.*\bcont|\bwithout\b.*\bcont|\bnon.?contrast|\bpre.?contrast"
    r"|\bunenhanced|\bnativ|(?<!\w)- ?c\b"
)
LONGEST_DELAY = 3600.0
"""Seconds from the injection within which an acquisition belongs to it."""
CLOCK = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2}(?:\.[0-9]{1,6})?)")
"""A time of day (PS3.5 6.2, TM)."""
LONGEST_NAME = 40
LONGEST_DESCRIPTION = 64  # characters (PS3.5 6.2, LO); a longer one would cost the search time
STRANGE = re.compile(r"[^0-9A-Za-z ._/+-]")
MISSING = 1.5
"""Of the usual gap between slices, above which slices are missing in one."""


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """One series' acquisition: lengths in mm, and None for what its headers do not say."""

    modality: str
    device: str
    """Manufacturer and model, in letters and digits alone; empty where they are not said."""
    tesla: float | None
    contrast: bool | None
    """Whether the headers name a contrast agent in a vein, or say that there was none."""
    phase: str | None
    """One of PHASES, where the descriptions name just one."""
    delay_s: float | None
    """Seconds from the injection of the contrast agent to the acquisition."""
    thickness: float | None
    """Of a slice; where that is not said, from one to the next."""
    spacing: tuple[float, float]
    """Between rows, between columns."""
    normal: tuple[float, float, float]
    """Unit vector perpendicular to the slices, in patient coordinates."""
    coverage: float
    """Along the normal, from the outside of the first slice to that of the last."""
    missing: int
    """Slices that are not there between the first and the last."""
    scanned_on: date | None = None
    """The day of the scan, as far as the headers tell it; those stored earlier do not."""


def acquisition(instances: Iterable[Instance]) -> Acquisition | None:
    """The acquisition of a series, by its largest stack and one header; None where no image is.

    Raises Refused where a file can no longer be read.
    """
    found = max(stacks(instances), key=lambda stack: len(stack.members), default=None)
    if found is None:
        return None
    instance, _, plane = found.members[0]
    elements = read(instance.source, WANTED)
    described = _described(elements)
    x, y, z = np.cross(*found.directions).tolist()
    between_rows, between_columns = plane.spacing
    extent = _extent(found)
    return Acquisition(
        modality=instance.modality,
        device=_device(elements),
        tesla=_number(elements, TESLA),
        contrast=_contrast(elements, described),
        phase=_phase(described),
        delay_s=_delay(elements),
        thickness=extent.thickness,
        spacing=(between_rows, between_columns),
        normal=(x, y, z),
        coverage=extent.coverage,
        missing=extent.missing,
        scanned_on=_day(elements),
    )


class _Extent(NamedTuple):
    thickness: float | None
    coverage: float
    missing: int


def _extent(found: Stack) -> _Extent:
    gaps = found.gaps[found.gaps > 0]
    usual = float(np.median(gaps)) if len(gaps) else None
    thickness = found.thickness or usual
    coverage = float(gaps.sum()) + (thickness or 0.0)
    wide = gaps[gaps > MISSING * usual] / usual if usual else gaps
    return _Extent(thickness, coverage, int(np.sum(np.rint(wide) - 1)))


def _day(elements: Elements) -> date | None:
    """The first of DATES that is one (PS3.5 6.2, DA)."""
    for tag in DATES:
        with suppress(ValueError):
            return datetime.strptime(elements.text(tag), "%Y%m%d").date()  # noqa: DTZ007 - a day
    return None


def _device(elements: Elements) -> str:
    names = (STRANGE.sub("", elements.text(tag)) for tag in (MANUFACTURER, MODEL))
    return " ".join(name.strip()[:LONGEST_NAME] for name in names).strip()


def _number(elements: Elements, tag: int) -> float | None:
    """A decimal string; what is none says nothing here."""
    try:
        value = float(elements.text(tag))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _contrast(elements: Elements, described: str) -> bool | None:
    """An agent that is not named was often given: its absence from a header says nothing."""
    route = elements.text(ROUTE).upper()
    by_mouth = "ORAL" in route and "IV" not in route
    if (elements.text(AGENT) and not by_mouth) or _phase(described):
        return True
    told = bool(WITH.search(described)), bool(WITHOUT.search(described))
    return told[0] if told[0] != told[1] else None


def _phase(described: str) -> str | None:
    named = [phase for phase, pattern in PHASES.items() if pattern.search(described)]
    return named[0] if len(named) == 1 else None


def _described(elements: Elements) -> str:
    said = "; ".join(elements.text(tag)[:LONGEST_DESCRIPTION] for tag in DESCRIPTIONS)
    return said.lower().replace("_", " ")


def _delay(elements: Elements) -> float | None:
    start, at = _seconds(elements.text(BOLUS_AT)), _seconds(elements.text(TIME))
    if start is None or at is None or not 0 <= at - start <= LONGEST_DELAY:
        return None
    return at - start


def _seconds(written: str) -> float | None:
    """Seconds since midnight; None where the time is not given to the second."""
    if not (found := CLOCK.fullmatch(written)):
        return None
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600.0 + int(minutes) * 60 + float(seconds)
