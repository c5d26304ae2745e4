"""What is said of one measured lesion, and how diameters in a plane become it."""

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from imaging.flags import Flag
from imaging.shapes.diameters import Diameters
from imaging.shapes.farthest import Segment
from imaging.volume import Volume

FEW_SLICES = Flag(
    "FEW_SLICES",
    "The longest diameter is under twice the step between slices; "
    "the plane of the lesion's own may lie between two of them.",
)

Pair = list[list[float]]


@dataclass(frozen=True)
class Measurement:
    """One measured lesion; lengths in mm, all figures to a thousandth.

    End points are [column, row], where (0, 0) is the centre of the first pixel, and [x, y, z] in
    patient mm. `slice`, `frame` and pixels are None where there is no image to give them in.
    """

    longest_mm: float
    short_axis_mm: float | None
    longest_unconstrained_mm: float | None
    area_mm2: float | None
    volume_mm3: float | None
    slice: int | None
    sop_instance_uid: str | None
    frame: int | None
    convention: str
    longest_px: Pair | None
    short_axis_px: Pair | None
    longest_patient_mm: Pair
    short_axis_patient_mm: Pair | None
    flags: tuple[Flag, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the members as JSON has them, in their order."""
        members = {field.name: getattr(self, field.name) for field in fields(self)}
        return members | {"flags": [asdict(flag) for flag in self.flags]}


@dataclass(frozen=True)
class Extent:
    """Area on the plane of the longest diameter, mm², and on all planes together."""

    area: float
    all_planes: float


def of_diameters(
    volume: Volume,
    found: Diameters,
    extent: Extent,
    convention: str,
    doubts: tuple[Flag, ...] = (),
) -> Measurement:
    """Place diameters on their slice of a volume; no volume in mm³ without an even step."""
    few = volume.step is not None and found.longest.mm < 2 * volume.step
    return Measurement(
        longest_mm=rounded(found.longest.mm),
        short_axis_mm=rounded(found.short_axis.mm),
        longest_unconstrained_mm=_maybe(found.longest_unconstrained_mm),
        area_mm2=rounded(extent.area),
        volume_mm3=_maybe(volume.step and extent.all_planes * volume.step),
        slice=found.plane,
        sop_instance_uid=volume.sop_instance_uids[found.plane] or None,
        frame=volume.frames[found.plane],
        convention=convention,
        longest_px=ends_in_pixels(volume, found.longest),
        short_axis_px=ends_in_pixels(volume, found.short_axis),
        longest_patient_mm=ends_in_patient(volume, found.plane, found.longest),
        short_axis_patient_mm=ends_in_patient(volume, found.plane, found.short_axis),
        flags=(*volume.flags, *((FEW_SLICES,) if few else ()), *doubts),
    )


def of_line(volume: Volume, line: Segment, slice_: int, doubt: Flag) -> Measurement:
    """Say a reader's own line, of which nothing but its length and place is known."""
    return Measurement(
        longest_mm=rounded(line.mm),
        short_axis_mm=None,
        longest_unconstrained_mm=None,
        area_mm2=None,
        volume_mm3=None,
        slice=slice_,
        sop_instance_uid=volume.sop_instance_uids[slice_] or None,
        frame=volume.frames[slice_],
        convention="READER_LINE",
        longest_px=ends_in_pixels(volume, line),
        short_axis_px=None,
        longest_patient_mm=ends_in_patient(volume, slice_, line),
        short_axis_patient_mm=None,
        flags=(*volume.flags, doubt),
    )


def ends_in_pixels(volume: Volume, line: Segment) -> Pair:
    """Give the ends as [column, row], (0, 0) being the centre of the first pixel."""
    return _points(line.ends / (volume.spacing[1], volume.spacing[0]))


def ends_in_patient(volume: Volume, slice_: int, line: Segment) -> Pair:
    """Give the ends as [x, y, z], patient mm."""
    columns, rows = (line.ends / (volume.spacing[1], volume.spacing[0])).T
    return _points(volume.patient(columns, rows, np.full(2, slice_)))


def _points(points: ArrayLike) -> Pair:
    return [[rounded(number) for number in point] for point in np.asarray(points)]


def _maybe(number: float | None) -> float | None:
    return None if number is None else rounded(number)


def rounded(number: float) -> float:
    """Round to a thousandth."""
    return round(float(number), 3) + 0.0  # never -0.0
