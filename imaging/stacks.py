"""How the planes of a series lie: which belong together, in which order, how far apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from imaging.flags import Flag
from imaging.headers import Instance
from imaging.pixels import Encoding
from imaging.planes import Plane
from imaging.volume import Vector

SAME_DIRECTION = 1e-3
"""How far direction cosines of one stack may differ: rounding, never another plane."""
SAME_POSITION = 0.01
"""Mm along the normal within which two planes are at one place."""
EVEN = 0.02
"""Share of the step by which a gap may differ from it, positions being rounded."""
TILTED = np.tan(np.radians(1.0))
"""Sideways shift for each mm along the normal above which the planes are sheared."""
THICK = 5.0
"""Mm of slice thickness up to which a lesion of 10 mm is measurable (RECIST 1.1, section 3.1)."""
LOCALIZERS = {"LOCALIZER", "SCOUT"}


class Member(NamedTuple):
    """One plane of a stack, and the image it is of."""

    instance: Instance
    encoding: Encoding
    plane: Plane


@dataclass(frozen=True, eq=False)
class Stack:
    """Parallel planes of one series and size, in rising position along their normal."""

    members: tuple[Member, ...]

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
    def step(self) -> float | None:
        """Perpendicular mm between planes; None unless it is the same all through."""
        even = len(self.gaps) and not self._doubled and not self._uneven
        return float(self.gaps.mean()) if even else None

    @property
    def thickness(self) -> float | None:
        """Slice Thickness, mm: the largest, where it varies."""
        return max(member.plane.thickness or 0.0 for member in self.members) or None

    def flags(self) -> tuple[Flag, ...]:
        """What is doubtful about the stack, without looking at its pixels."""
        return tuple(chain(self._spacing_flags(), self._tilt_flags(), self._image_flags()))

    @property
    def _apart(self) -> Vector:
        """The gaps between planes that are not at one place."""
        return self.gaps[self.gaps >= SAME_POSITION]

    @property
    def _doubled(self) -> int:
        return len(self.gaps) - len(self._apart)

    @property
    def _uneven(self) -> bool:
        apart = self._apart
        return len(apart) > 0 and not _near(apart, apart.mean(), np.ones_like(apart))

    def _spacing_flags(self) -> Iterator[Flag]:
        if len(self.members) == 1:
            yield Flag("SINGLE_SLICE", "One slice: measured in its plane, without a volume.")
        if self._doubled:
            says = f"Slices that lie where another one does: {self._doubled}"
            yield Flag("DUPLICATE_POSITIONS", f"{says}; no volume can be trusted.")
        if self._uneven:
            yield self._uneven_flag()

    def _uneven_flag(self) -> Flag:
        span = f"{self._apart.min():.4g} to {self._apart.max():.4g} mm"
        typical = np.sort(self._apart)[(len(self._apart) - 1) // 2]
        whole = np.maximum(np.round(self._apart / typical), 1.0)
        if _near(self._apart, typical, whole):
            says = f"Slices missing: {int(np.sum(whole - 1))} (gaps of {span})"
            return Flag("SLICES_MISSING", f"{says}; no volume can be trusted.")
        return Flag("UNEVEN_SPACING", f"The slices are {span} apart; no volume can be trusted.")

    def _tilt_flags(self) -> Iterator[Flag]:
        along = np.diff(self.positions, axis=0)[self.gaps >= SAME_POSITION]
        sideways = along - self._apart[:, None] * np.cross(*self.directions)
        shear = float(np.max(np.linalg.norm(sideways, axis=1) / self._apart, initial=0.0))
        if shear > TILTED:
            says = f"The planes are sheared by {np.degrees(np.arctan(shear)):.1f} degrees"
            yield Flag("GANTRY_TILT", f"{says}; the step between them is the perpendicular one.")

    def _image_flags(self) -> Iterator[Flag]:
        if self.thickness and self.thickness > THICK:
            says = f"The slices are {self.thickness:g} mm thick: small lesions are not measurable."
            yield Flag("THICK_SLICES", says)
        if any(LOCALIZERS & set(member.instance.image_type) for member in self.members):
            yield Flag("LOCALIZER", "A localizer is a projection: distances on it are doubtful.")
        if any(member.instance.lossy for member in self.members):
            yield Flag("LOSSY_COMPRESSION", "The pixels were compressed with loss.")


def _near(gaps: Vector, step: float, whole: Vector) -> bool:
    """Whether the gaps are those whole numbers of steps."""
    allowed = max(EVEN * step, SAME_POSITION)
    return bool(np.all(np.abs(gaps - whole * step) <= allowed * whole))


def stacks(instances: Iterable[Instance]) -> list[Stack]:
    """The stacks of parallel planes; an instance that comes twice counts once, as it came first.

    Planes belong together by series, frame of reference, size, spacing, Image Type and orientation.
    """
    unique: dict[str, Instance] = {}
    for instance in instances:
        unique.setdefault(instance.sop_instance_uid, instance)
    groups: dict[tuple[object, ...], list[list[Member]]] = {}
    for instance in unique.values():
        for plane in instance.planes:
            assert instance.encoding, "what has planes is an image"
            member = Member(instance, instance.encoding, plane)
            _join(groups.setdefault(_key(member), []), member)
    return [_ordered(members) for alike in groups.values() for members in alike]


def _key(member: Member) -> tuple[object, ...]:
    instance, encoding, plane = member
    identity = (instance.series_uid, instance.frame_of_reference_uid, instance.image_type)
    return (*identity, encoding.rows, encoding.columns, plane.spacing)


def _join(alike: list[list[Member]], member: Member) -> None:
    for members in alike:
        if _parallel(members[0].plane, member.plane):
            members.append(member)
            return
    alike.append([member])


def _parallel(one: Plane, other: Plane) -> bool:
    pairs = zip(one.orientation, other.orientation, strict=True)
    return all(abs(a - b) <= SAME_DIRECTION for a, b in pairs)


def _ordered(members: Sequence[Member]) -> Stack:
    normal = np.cross(*_directions(members[0].plane))

    def place(member: Member) -> tuple[float, str]:
        return float(normal @ member.plane.position), member.instance.sop_instance_uid

    return Stack(tuple(sorted(members, key=place)))


def _directions(plane: Plane) -> tuple[Vector, Vector]:
    """Unit vectors along a row and down a column, made perpendicular past their rounding."""
    row = np.array(plane.orientation[:3], dtype=np.float64)
    row /= np.linalg.norm(row)
    column = np.array(plane.orientation[3:], dtype=np.float64)
    column -= (column @ row) * row
    return row, column / np.linalg.norm(column)
