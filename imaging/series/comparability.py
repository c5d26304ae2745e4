"""Can sizes on two series be compared, and a size on one be trusted: doubts, each with its numbers.

RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009;45:228-247), section 3.2.2: the same method and
the same technique at baseline and after; section 3.1 and Appendix II: slices, contrast, coverage.
The paper gives no limits for most of it; those here are what a reader would notice.
"""

import math
from collections.abc import Iterator, Sequence

from imaging.flags import Flag
from imaging.series.acquisition import Acquisition

SLICES_ACROSS = 2
"""Slices that a lesion is long at least (RECIST 1.1, section 3.1.1 and Appendix II)."""
COARSER = 1.5
"""Factor between two thicknesses or two pixel spacings from which on they differ."""
THICKER_MM, WIDER_MM = 1.0, 0.3
"""Mm by which they differ at least, besides."""
ROUNDED = 1e-9
LATER_S = 20.0
"""Seconds after the injection by which two phases differ."""
TURNED = 5.0
"""Degrees between planes above which they cut a lesion otherwise."""
SHORTER = 0.8
"""Of the coverage before, below which a series may have left out what was seen."""
SHORTER_MM = 10.0
"""Mm by which it is shorter at least, besides."""


def of_size(seen: Acquisition, mm: float) -> Iterator[Flag]:
    """What is doubtful of a size, mm, on one series."""
    thickness = seen.thickness
    if thickness and mm < SLICES_ACROSS * thickness:
        says = f"A size of {mm:g} mm is under twice the slices' {thickness:g} mm"
        yield Flag("THICK_FOR_LESION", f"{says}: it may be off by much of a slice.")
    if seen.missing:
        says = f"Slices missing in the series: {seen.missing}; a lesion may lie in the gap."
        yield Flag("SLICES_MISSING", says)


def compared(seen: Acquisition, before: Acquisition) -> Iterator[Flag]:
    """What stands between the sizes on two series; of two modalities nothing else is compared."""
    if seen.modality != before.modality:
        says = f"Seen by {seen.modality}, by {before.modality} before."
        yield Flag("MODALITY_CHANGED", says)
        return
    yield from _slices(seen, before)
    yield from _contrast(seen, before)
    yield from _device(seen, before)
    yield from _planes(seen, before)


def against(seen: Acquisition, earlier: Sequence[Acquisition]) -> Iterator[tuple[Flag, int]]:
    """What stands between a series and several earlier ones: each doubt once.

    With each goes the index of the first of the earlier ones that raises it.
    """
    told: set[str] = set()
    for index, before in enumerate(earlier):
        for flag in compared(seen, before):
            if flag.code not in told:
                told.add(flag.code)
                yield flag, index


def _slices(seen: Acquisition, before: Acquisition) -> Iterator[Flag]:
    now, then = seen.thickness, before.thickness
    if now and then and _differ(now, then, THICKER_MM):
        says = f"The slices are {now:g} mm thick, before {then:g} mm."
        yield Flag("SLICE_THICKNESS_CHANGED", says)
    wide, was = max(seen.spacing), max(before.spacing)
    if _differ(wide, was, WIDER_MM):
        says = f"The pixels are {wide:.3g} mm wide, before {was:.3g} mm."
        yield Flag("PIXEL_SPACING_CHANGED", says)


def _differ(one: float, other: float, least: float) -> bool:
    low, high = sorted((one, other))
    return high >= COARSER * low - ROUNDED and high - low >= least - ROUNDED


def _contrast(seen: Acquisition, before: Acquisition) -> Iterator[Flag]:
    if None not in {seen.contrast, before.contrast} and seen.contrast != before.contrast:
        says = "with" if seen.contrast else "without"
        was = "with" if before.contrast else "without"
        yield Flag("CONTRAST_CHANGED", f"Seen {says} a contrast agent, {was} one before.")
    elif seen.phase and before.phase and seen.phase != before.phase:
        says = f"The phase of the contrast agent is {seen.phase}, before {before.phase}."
        yield Flag("PHASE_CHANGED", says)
    elif _apart(seen.delay_s, before.delay_s) > LATER_S:
        says = f"{seen.delay_s:.0f} s after the injection, before {before.delay_s:.0f} s."
        yield Flag("PHASE_CHANGED", f"Seen {says}")


def _apart(one: float | None, other: float | None) -> float:
    return 0.0 if one is None or other is None else abs(one - other)


def _device(seen: Acquisition, before: Acquisition) -> Iterator[Flag]:
    now, then = seen.device, before.device
    if now and then and now.casefold() != then.casefold():
        yield Flag("DEVICE_CHANGED", f"Scanned on {now}, before on {then}.")
    if _apart(seen.tesla, before.tesla) >= 0.5:
        says = f"Scanned at {seen.tesla:g} T, before at {before.tesla:g} T."
        yield Flag("FIELD_STRENGTH_CHANGED", says)


def _planes(seen: Acquisition, before: Acquisition) -> Iterator[Flag]:
    cosine = abs(sum(a * b for a, b in zip(seen.normal, before.normal, strict=True)))
    turned = math.degrees(math.acos(min(cosine, 1.0)))
    if turned > TURNED:
        says = f"The planes are turned by {turned:.1f} degrees against those before"
        yield Flag("PLANES_TURNED", f"{says}: they cut the lesion otherwise.")
    if seen.coverage < min(SHORTER * before.coverage, before.coverage - SHORTER_MM):
        says = f"The series covers {seen.coverage:.0f} mm, before {before.coverage:.0f} mm"
        yield Flag("COVERAGE_SHORTER", f"{says}: something may not have been looked at.")
