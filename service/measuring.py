"""What is asked of the pixels of a series, and the answer: the work of a process of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import recist
from imaging import Refused, Volume, load
from imaging.drawn import NotDrawn, measure_box_at, measure_ellipse_at
from imaging.masks.reading import Mask, read_masks
from imaging.measure import (
    NoLength,
    OutsideVolume,
    measure_click_at,
    measure_line_at,
    measure_mask,
)
from imaging.measurement import Measurement
from imaging.series.loading import LISTED
from imaging.series.stacks import Stack

Points = list[list[float]]


class Misplaced(Exception):
    """Something that was asked for is not there; `at` is the path to it in what was asked."""

    def __init__(self, at: tuple[str, ...], says: str) -> None:
        super().__init__(at, says)
        self.at = at
        self.says = says


POINTS = {"line": 2, "box": 2, "ellipse": 4}
ASKED = ("click", *POINTS, "mask")


@dataclass(frozen=True, kw_only=True)
class MaskedLesion:
    """One segment or region, by its number, of a stored SEG or RTSTRUCT series."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    series_id: str
    number: int


@dataclass(frozen=True, kw_only=True)
class NewMeasurement:
    """Exactly one of click, line, box, ellipse and mask; points are [x, y, z] in patient mm.

    `click`: in the lesion. `line`: its ends. `box`: opposite corners of a box around the lesion.
    `ellipse`: the ends of one axis, then of the other; the lesion in it is segmented, and where
    that fails the axes are taken for the diameters, flagged LOW_TRUST.

    `stack`, from 1, chooses where a series has several stacks of slices; a mask that names its
    images has chosen already.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    click: list[float] | None = None
    line: Points | None = None
    box: Points | None = None
    ellipse: Points | None = None
    mask: MaskedLesion | None = None
    stack: int | None = None

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise recist.Refused(*faults)

    @property
    def asked(self) -> str:
        """The member that is given."""
        return next(name for name in ASKED if getattr(self, name) is not None)

    def _faults(self) -> Iterator[recist.Fault]:
        given = [name for name in ASKED if getattr(self, name) is not None]
        if len(given) != 1:
            yield recist.Fault((), f"must have exactly one of {', '.join(ASKED)}")
        if self.click is not None and len(self.click) != 3:
            yield recist.Fault(("click",), "must be [x, y, z]")
        for name, count in POINTS.items():
            points: Points | None = getattr(self, name)
            if points is not None and [len(point) for point in points] != [3] * count:
                yield recist.Fault((name,), f"must be {count} points [x, y, z]")
        if self.stack is not None and self.stack < 1:
            yield recist.Fault(("stack",), "must be 1 or more")


@dataclass(frozen=True)
class Sources:
    """Where the files of a series lie, and those of the mask that is asked for."""

    images: Sequence[Path]
    """Empty where the series is no image itself."""
    masks: Sequence[Path] = ()


AT: Mapping[str, Callable[..., Measurement]] = {
    "click": measure_click_at,
    "line": lambda volume, ends: measure_line_at(volume, *ends),
    "box": measure_box_at,
    "ellipse": measure_ellipse_at,
}


def measured(sources: Sources, asked: NewMeasurement) -> dict[str, Any]:
    """Measure what is asked for, in the members that `recist measure` prints.

    Raises imaging's Refused, and Misplaced for points and numbers that are not there.
    """
    try:
        if asked.mask is not None:
            return _of_mask(sources, asked.mask.number, asked.stack)
        return _at_points(sources, asked)
    except Refused as refusal:
        if refusal.code != "SEVERAL_SERIES":
            raise
        says = f"{refusal.says} What follows its colon is its `stack`."
        raise Refused(refusal.code, says, refusal.members) from None


def _at_points(sources: Sources, asked: NewMeasurement) -> dict[str, Any]:
    volume = _volume(sources, asked.stack)
    if volume is None:
        raise Refused("NOT_A_SERIES", "This series is a mask: point at the series it was drawn on.")
    try:
        return AT[asked.asked](volume, getattr(asked, asked.asked)).as_json()
    except (OutsideVolume, NoLength, NotDrawn) as reason:
        raise Misplaced((asked.asked,), str(reason)) from None


def _of_mask(sources: Sources, number: int, stack: int | None) -> dict[str, Any]:
    mask = _numbered(sources.masks, number)
    mark = next(
        mark for mark in mask.marked(_volume(sources, stack, mask)) if mark.number == number
    )
    if isinstance(mark.found, Refused):
        raise mark.found
    return {mark.kind: mark.number, "label": mark.label} | measure_mask(mark.found).as_json()


def _numbered(files: Sequence[Path], number: int) -> Mask:
    """The mask that has the one lesion of this number."""
    masks = [(mask, known) for mask in map(read_masks, files) for known in mask.numbers]
    numbered = [mask for mask, known in masks if known == number]
    if not numbered:
        others = ", ".join(str(known) for _, known in masks) or "none"
        raise Misplaced(("mask", "number"), f"is not in the mask, which has {others}")
    if len(numbered) > 1:
        says = f"{len(numbered)} lesions of this mask series have the number {number}."
        raise Refused("SEVERAL_SEGMENTS", says)
    return numbered[0]


def _volume(sources: Sources, stack: int | None, mask: Mask | None = None) -> Volume | None:
    """The stack that is asked for, or that the mask was drawn on; None where there is no image."""
    if stack is not None:
        return load(sources.images, among=partial(_stack, stack))
    if not sources.images:
        return None
    if mask is not None:
        return mask.volume_in(sources.images)
    return load(sources.images)


def _stack(number: int, found: dict[str, Stack]) -> dict[str, Stack]:
    """The stack of a number, from 1, among those of one series."""
    if number <= len(found):
        return dict([list(found.items())[number - 1]])
    there = [f"{n} ({stack.describe()})" for n, stack in enumerate(found.values(), 1)]
    more = ", …" if len(there) > LISTED else ""
    known = f"{', '.join(there[:LISTED])}{more}" if there else "no images"
    raise Misplaced(("stack",), f"is {number}, where the series has {known}")
