"""The measurements in an imaging measurement report (DICOM SR, PS3.16 TID 1500), and the rest.

Items are told by their concept's code alone: writers differ in relationships and in where they put
things. Groups of TID 1501 have points under each number, those of TID 1410 one region.
"""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, DecimalException
from itertools import count

from imaging.dicom.elements import Source
from imaging.dicom.headers import Instance
from imaging.sr.check import check, crossed, doubts
from imaging.sr.codes import (
    GROUP,
    IMAGE_REGION,
    MILLIMETRES,
    NO_CALIPERS,
    SITE,
    TRACKING_IDENTIFIER,
    TRACKING_UID,
    Code,
    Length,
)
from imaging.sr.drawing import Drawing, Image, drawings, images
from imaging.sr.elements import CONCEPT, MEASURED_VALUE, UNITS
from imaging.sr.report import Measurement, Reason, Report, Skipped
from imaging.sr.tree import Content, code, report

NUMERIC_VALUE, FLOATING_POINT_VALUE = 0x0040A30A, 0x0040A161
TEXT_VALUE, UID = 0x0040A160, 0x0040A124
LONGEST_MM = 1000
"""Beyond this nothing is a lesion."""


@dataclass(frozen=True)
class _Group:
    """What a measurement group says of all its numbers."""

    number: int | None = None
    tracking_identifier: str | None = None
    tracking_uid: str | None = None
    site: Code | None = None
    region: Drawing | None = None
    image: Image | None = None


def read_report(source: Source, held: Mapping[str, Instance]) -> Report:
    """Read all numbers of a report, each length checked against its points on images `held`.

    Raises Refused: NOT_A_REPORT for any other object, TOO_LARGE, UNREADABLE, and what
    `elements.read` refuses. A single number that is damaged is skipped.
    """
    with warnings.catch_warnings(action="ignore"):  # about character sets
        found = [_number(item, group, held) for group, item in _numbers(report(source))]
    measured = [one for one in found if isinstance(one, Measurement)]
    skipped = [one for one in found if isinstance(one, Skipped)]
    return Report(tuple(_crossed(measured, held)), tuple(skipped))


def _numbers(root: Content) -> Iterator[tuple[_Group, Content]]:
    """All numbers, each with the innermost group that it stands in."""
    numbers = count(1)

    def below(item: Content, group: _Group) -> Iterator[tuple[_Group, Content]]:
        for child in item.children:
            if child.kind == "NUM":
                yield group, child
            yield from below(child, _group(child, next(numbers)) if child.key == GROUP else group)

    return below(root, _Group())


def _group(item: Content, number: int) -> _Group:
    regions = drawings(child for child in item.children if child.key == IMAGE_REGION)
    region = regions[0].as_region() if len(regions) == 1 else None
    image = region.image if region else next(iter(images(item.children)), None)
    identifier = _text(item, TRACKING_IDENTIFIER, TEXT_VALUE)
    uid = _text(item, TRACKING_UID, UID)
    return _Group(number, identifier, uid, _site(item), region, image)


def _text(item: Content, concept: tuple[str, str], tag: int) -> str | None:
    written = (child.encoded.text(tag) for child in item.children if child.key == concept)
    return next(filter(None, written), None)


def _site(item: Content) -> Code | None:
    sites = (code(child.encoded.first(CONCEPT)) for child in item.children if child.key == SITE)
    return next(filter(None, sites), None)


def _number(item: Content, group: _Group, held: Mapping[str, Instance]) -> Measurement | Skipped:
    below = list(item.below())
    own = next(iter(drawings(below)), None)
    written, unit = _amount(item)
    found = _length(item, written, unit, own)
    if isinstance(found, str):
        return Skipped(item.concept, _shown(written), unit.value if unit else None, found)
    concept, length, mm = found
    drawing = own or group.region
    image = drawing.image if drawing else next(iter(images(below)), group.image)
    return Measurement(
        group=group.number,
        tracking_identifier=group.tracking_identifier,
        tracking_uid=group.tracking_uid,
        site=_site(item) or group.site,
        concept=concept,
        length=length,
        value_mm=mm,
        drawing=drawing,
        image=image,
        check=check(mm, length, drawing, held),
        flags=tuple(doubts(image, held)),
    )


def _amount(item: Content) -> tuple[str, Code | None]:
    """The number as it was written, "" where there is none, and its unit."""
    measured = item.encoded.first(MEASURED_VALUE)
    written = measured.word(NUMERIC_VALUE)
    if not written:
        written = next(map(repr, measured.floats(FLOATING_POINT_VALUE, 8)), "")
    return written, code(measured.first(UNITS))


def _length(
    item: Content, written: str, unit: Code | None, own: Drawing | None
) -> tuple[Code, Length, float] | Reason:
    """What length it is, in mm, or the reason why it is none."""
    concept, length = item.concept, item.concept.length if item.concept else None
    if not written:
        return "NO_VALUE"
    if concept is None or length is None:
        return "NOT_A_CALIPER" if item.key in NO_CALIPERS else "NOT_A_LENGTH"
    if unit is None:
        return "NO_UNIT"
    if unit.key not in MILLIMETRES:
        return "NOT_A_LENGTH_UNIT"
    if (number := _finite(written)) is None:
        return "NOT_A_NUMBER"
    mm = number * MILLIMETRES[unit.key]
    if not 0 < mm <= LONGEST_MM:
        return "OUT_OF_RANGE"
    if length is Length.LENGTH and own and own.closed:
        return "NOT_A_LINE"
    return concept, length, float(mm)


def _finite(written: str) -> Decimal | None:
    try:
        number = Decimal(written)
    except DecimalException:
        return None
    return number if math.isfinite(float(number)) else None


def _shown(written: str) -> float | str | None:
    number = _finite(written)
    return (written or None) if number is None else float(number)


def _crossed(found: Sequence[Measurement], held: Mapping[str, Instance]) -> Iterator[Measurement]:
    """Short axes with what is doubtful about them beside the long axis of their group."""
    long_axes: dict[int | None, Measurement] = {}
    for measurement in found:
        if measurement.length is Length.LONG_AXIS and measurement.group is not None:
            long_axes.setdefault(measurement.group, measurement)
    for measurement in found:
        along = long_axes.get(measurement.group)
        if along and measurement.length in {Length.SHORT_AXIS, Length.PERPENDICULAR_AXIS}:
            flags = (*measurement.flags, *crossed(measurement, along, held))
            yield replace(measurement, flags=flags)
        else:
            yield measurement
