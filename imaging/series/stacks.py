"""How the planes of a series lie: which belong together, in which order, how far apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from imaging.dicom.headers import Instance
from imaging.dicom.image_type import doubts
from imaging.dicom.pixels import Encoding
from imaging.dicom.planes import HOUNSFIELD, Plane
from imaging.dicom.traits import TRAITS, Column, divided, written
from imaging.dicom.walk import BIG_ENDIAN
from imaging.padding import Padded, padded
from imaging.volume import Vector

SAME_DIRECTION = 1e-3
"""How far direction cosines of one stack may differ: rounding, never another plane."""
SAME_SPACING = 1e-4
"""Share by which pixel spacings of one stack may differ: written digits."""
SAME_POSITION = 0.01
"""Mm along the normal within which two planes are at one place."""
EVEN = 0.02
"""Share of the step by which a gap may differ from it, positions being rounded."""
STRAIGHT = np.cos(np.radians(10.0))
"""Cosine of the angle up to which planes are called by the axis of the patient that they cut."""
LIES = ("sagittal", "coronal", "axial")


class Member(NamedTuple):
    """One plane of a stack, and the image it is of."""

    instance: Instance
    encoding: Encoding
    plane: Plane

    @property
    def hounsfield(self) -> bool:
        """Whether the rescaled values are Hounsfield units."""
        return self.instance.modality == "CT" and self.plane.unit == HOUNSFIELD

    @property
    def padded(self) -> Padded | None:
        """What of the stored values is padding; None where what is said of it cannot be."""
        slope, intercept = self.plane.slope, self.plane.intercept
        return padded(self.instance.padding, slope, intercept, hounsfield=self.hounsfield)


@dataclass(frozen=True, eq=False)
class Stack:
    """Parallel planes of one series and size, in rising position along their normal."""

    members: tuple[Member, ...]
    differs: tuple[str, ...] = ()
    """How it differs from the others at its places, such as `echo time 4.6`."""

    @cached_property
    def directions(self) -> tuple[Vector, Vector]:
        """Unit vectors along a row and down a column."""
        return _directions(self.members[0].plane)

    @cached_property
    def positions(self) -> Vector:
        """Centre of the first pixel of each plane, mm, (planes, 3)."""
        return np.array([member.plane.position for member in self.members], dtype=np.float64)

    @cached_property
    def gaps(self) -> Vector:
        """Perpendicular mm from each plane to the next, (planes - 1,)."""
        return np.diff(self.positions @ np.cross(*self.directions))

    @property
    def apart(self) -> Vector:
        """The gaps between planes that are not at one place."""
        return self.gaps[self.gaps >= SAME_POSITION]

    @property
    def doubled(self) -> int:
        """How many planes lie where another one does."""
        return len(self.gaps) - len(self.apart)

    @property
    def uneven(self) -> bool:
        apart = self.apart
        return len(apart) > 0 and not near(apart, apart.mean(), np.ones_like(apart))

    @property
    def step(self) -> float | None:
        """Perpendicular mm between planes; None unless it is the same all through."""
        even = len(self.gaps) and not self.doubled and not self.uneven
        return float(self.gaps.mean()) if even else None

    @property
    def thickness(self) -> float | None:
        """Slice Thickness, mm: the largest, where it varies."""
        return max(member.plane.thickness or 0.0 for member in self.members) or None

    @property
    def series_uid(self) -> str:
        return self.members[0].instance.series_uid

    def describe(self) -> str:
        """What tells it from the other stacks, in a few words."""
        _, encoding, plane = self.members[0]
        count = "1 slice" if len(self.members) == 1 else f"{len(self.members)} slices"
        size = f"{count} of {encoding.columns} x {encoding.rows}"
        return ", ".join([self._lie, size, *sorted(doubts(plane.image_type)), *self.differs])

    @property
    def _lie(self) -> str:
        across = np.abs(np.cross(*self.directions))
        return LIES[int(across.argmax())] if across.max() > STRAIGHT else "oblique"


def near(gaps: Vector, step: float, whole: Vector) -> bool:
    """Whether the gaps are those whole numbers of steps."""
    allowed = max(EVEN * step, SAME_POSITION)
    return bool(np.all(np.abs(gaps - whole * step) <= allowed * whole))


def stacks(instances: Iterable[Instance]) -> list[Stack]:
    """The stacks of parallel planes, in an order that the files' order does not decide.

    An instance that comes twice counts once, as it came first. Planes belong together by series,
    frame of reference, size, spacing, orientation, photometric interpretation, and whether they
    are localizers and the like. Where planes then lie at one place, the stack is divided by the
    first of Image Type, echo, b-value, … that makes fewer do so (`traits.TRAITS`).
    """
    unique: dict[str, Instance] = {}
    for instance in instances:
        unique.setdefault(instance.sop_instance_uid, instance)
    groups: dict[tuple[object, ...], list[list[Member]]] = {}
    for _, instance in sorted(unique.items()):
        for plane in instance.planes:
            assert instance.encoding, "what has planes is an image"
            member = Member(instance, instance.encoding, plane)
            _join(groups.setdefault(_key(member), []), member)
    found = [_ordered(members) for alike in groups.values() for members in alike]
    return sorted(chain.from_iterable(found), key=lambda stack: stack.series_uid)


def _key(member: Member) -> tuple[object, ...]:
    instance, encoding, plane = member
    identity = (instance.series_uid, instance.frame_of_reference_uid, doubts(plane.image_type))
    return (*identity, encoding.rows, encoding.columns, encoding.photometric)


def _join(alike: list[list[Member]], member: Member) -> None:
    for members in alike:
        if _parallel(members[0].plane, member.plane):
            members.append(member)
            return
    alike.append([member])


def _parallel(one: Plane, other: Plane) -> bool:
    """Whether the planes lie in one direction, and their pixels at one distance."""
    if one.orientation == other.orientation and one.spacing == other.spacing:
        return True
    cosines = zip(one.orientation, other.orientation, strict=True)
    spacings = zip(one.spacing, other.spacing, strict=True)
    turned = any(abs(a - b) > SAME_DIRECTION for a, b in cosines)
    return not turned and all(abs(a - b) <= SAME_SPACING * b for a, b in spacings)


def _ordered(members: Sequence[Member]) -> list[Stack]:
    normal = np.cross(*_directions(members[0].plane))
    places = np.array([member.plane.position for member in members]) @ normal
    order = np.argsort(places, kind="stable")
    rising = [members[index] for index in order]
    parts = divided(places[order], _differences(rising), apart=SAME_POSITION)
    return [Stack(tuple(rising[n] for n in part.indices), part.differs) for part in parts]


def _differences(members: Sequence[Member]) -> Iterator[Column]:
    """What planes at one place may differ by, in the order in which it is tried."""
    yield "image type", [member.plane.image_type for member in members]
    orders = [">" if member.encoding.syntax == BIG_ENDIAN else "<" for member in members]
    for n, trait in enumerate(TRAITS):
        values = (member.plane.traits[n] for member in members)
        pairs = zip(values, orders, strict=True)
        yield trait.name, [written(trait, value, order) for value, order in pairs]


def _directions(plane: Plane) -> tuple[Vector, Vector]:
    """Unit vectors along a row and down a column, made perpendicular past their rounding."""
    row = np.array(plane.orientation[:3], dtype=np.float64)
    row /= np.linalg.norm(row)
    column = np.array(plane.orientation[3:], dtype=np.float64)
    column -= (column @ row) * row
    return row, column / np.linalg.norm(column)
