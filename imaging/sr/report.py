"""What was read from a structured report: lengths that were drawn, and numbers passed over."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from imaging.flags import Flag
from imaging.sr.codes import Code, Length
from imaging.sr.drawing import Drawing, Image

Check = Literal["OK", "DIFFERS", "SWAPPED_SPACING", "UNCHECKED"]
Reason = Literal[
    "NO_VALUE",
    "NOT_A_NUMBER",
    "NO_UNIT",
    "NOT_A_LENGTH_UNIT",
    "NOT_A_LENGTH",
    "NOT_A_CALIPER",  # fitted to a region, or not in a plane
    "NOT_A_LINE",  # an area under the code of a length
    "OUT_OF_RANGE",
]


@dataclass(frozen=True)
class Measurement:
    """A length that a reader drew, in mm; `group` counts measurement groups from 1."""

    group: int | None
    tracking_identifier: str | None
    tracking_uid: str | None
    site: Code | None
    concept: Code
    length: Length
    value_mm: float
    drawing: Drawing | None
    image: Image | None
    check: Check
    flags: tuple[Flag, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the members as JSON has them; points are as the file has them."""
        return {
            "group": self.group,
            "tracking_identifier": self.tracking_identifier,
            "tracking_uid": self.tracking_uid,
            "site": self.site and self.site._asdict(),
            "concept": self.concept._asdict(),
            "value_mm": self.value_mm,
            "points": self.drawing and [list(point) for point in self.drawing.points],
            "image": self.image and asdict(self.image),
            "check": self.check,
            "flags": [asdict(flag) for flag in self.flags],
        }


@dataclass(frozen=True)
class Skipped:
    """A number that is no length in a unit of length; `value` is text where it is no number."""

    concept: Code | None
    value: float | str | None
    unit: str | None
    reason: Reason

    def as_json(self) -> dict[str, Any]:
        """Give the members as JSON has them."""
        concept = self.concept and self.concept._asdict()
        return {
            "concept": concept,
            "value": self.value,
            "unit": self.unit,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Report:
    """All numbers of a report, in its order."""

    measurements: tuple[Measurement, ...]
    skipped: tuple[Skipped, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the members as JSON has them."""
        return {
            "measurements": [found.as_json() for found in self.measurements],
            "skipped": [passed.as_json() for passed in self.skipped],
        }
