"""What is asked of the pixels of a series, and the answer: the work of a process of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import recist
from imaging import Refused, Volume, load
from imaging.drawn import NotDrawn, measure_box_at, measure_ellipse_at
from imaging.masks.delineation import Marked
from imaging.masks.reading import read_masks
from imaging.measure import (
    NoLength,
    OutsideVolume,
    measure_click_at,
    measure_line_at,
    measure_mask,
)
from imaging.measurement import Measurement

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
    """Exactly one of these; points are [x, y, z] in patient millimetres.

    `click`: in the lesion. `line`: its ends. `box`: opposite corners of a box around the lesion.
    `ellipse`: the ends of one axis, then of the other; the lesion in it is segmented, and where
    that fails the axes are taken for the diameters, flagged LOW_TRUST.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    click: list[float] | None = None
    line: Points | None = None
    box: Points | None = None
    ellipse: Points | None = None
    mask: MaskedLesion | None = None

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


@dataclass(frozen=True)
class Sources:
    """Where the files of a series lie, and those of the mask that is asked for."""

    series_uid: str
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
    volume = load(sources.images, series_uid=sources.series_uid) if sources.images else None
    if asked.mask is not None:
        return _of_mask(sources.masks, asked.mask.number, volume)
    if volume is None:
        raise Refused("NOT_A_SERIES", "This series is a mask: point at the series it was drawn on.")
    try:
        return AT[asked.asked](volume, getattr(asked, asked.asked)).as_json()
    except (OutsideVolume, NoLength, NotDrawn) as reason:
        raise Misplaced((asked.asked,), str(reason)) from None


def _of_mask(files: Sequence[Path], number: int, volume: Volume | None) -> dict[str, Any]:
    mark = _marked(files, number, volume)
    if isinstance(mark.found, Refused):
        raise mark.found
    return {mark.kind: mark.number, "label": mark.label} | measure_mask(mark.found).as_json()


def _marked(files: Sequence[Path], number: int, volume: Volume | None) -> Marked:
    marks = [mark for file in files for mark in read_masks(file).marked(volume)]
    numbered = [mark for mark in marks if mark.number == number]
    if not numbered:
        known = ", ".join(str(mark.number) for mark in marks)
        raise Misplaced(("mask", "number"), f"is not in the mask, which has {known}")
    if len(numbered) > 1:
        says = f"{len(numbered)} lesions of this mask series have the number {number}."
        raise Refused("SEVERAL_SEGMENTS", says)
    return numbered[0]
