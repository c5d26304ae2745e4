"""What a mask file delineates: a lesion's voxels or contours, in whose geometry."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.text import line
from imaging.flags import Flag, Refused
from imaging.shapes.contours import Contours
from imaging.shapes.region import Coverage, Region
from imaging.volume import Volume

NAME_LIMIT = 64
"""Characters of a label, of an algorithm's name and of an identifier (PS3.5 6.2: LO, UI)."""
OWN_GEOMETRY = Flag(
    "OWN_GEOMETRY",
    "The series lacks images this mask was drawn on; it is measured in its own geometry.",
)
UNEVEN = Flag(
    "UNEVEN_SPACING",
    "The planes of this mask are unevenly spaced; no volume can be trusted.",
)
SINGLE = Flag("SINGLE_SLICE", "The mask lies on one plane, and nothing says how thick it is.")


@dataclass(frozen=True, eq=False)
class Delineation:
    """A lesion on `geometry`: the series, or the mask's `own` where that does not hold its images.

    `pixels` says whether the geometry has pixels that an end point can be given in. `coverage` is
    what a fractional mask says of each voxel; its `shape` has those that are covered by half.
    """

    geometry: Volume
    shape: Region | Contours
    own: bool = False
    pixels: bool = True
    coverage: Coverage | None = None

    def flagged(self, flags: tuple[Flag, ...]) -> Self:
        """The same, with more that is doubtful about it."""
        geometry = replace(self.geometry, flags=(*self.geometry.flags, *flags))
        return replace(self, geometry=geometry) if flags else self


class Origin(NamedTuple):
    """How a lesion was segmented, as its file has it (PS3.3 C.8.20.4.3)."""

    algorithm_type: str = "MANUAL"
    """MANUAL, SEMIAUTOMATIC or AUTOMATIC."""
    algorithm_name: str = ""

    @classmethod
    def of(cls, algorithm_type: object, algorithm_name: object = None) -> Self:
        """As a file has it; MANUAL where it says nothing that the standard knows."""
        if algorithm_type not in {"SEMIAUTOMATIC", "AUTOMATIC"}:
            return cls()
        return cls(str(algorithm_type), line(algorithm_name, NAME_LIMIT))


MANUAL = Origin()


@dataclass(frozen=True, eq=False)
class Marked:
    """One segment or region of interest of a file, in its order; `found` may be a refusal."""

    kind: Literal["segment", "roi"]
    number: int
    label: str
    found: Delineation | Refused
    origin: Origin = MANUAL
    tracking_uid: str = ""
    """Its identity over time, where the file has one."""


def own_geometry(
    positions: NDArray[np.float64],
    directions: NDArray[np.float64],
    spacing: tuple[float, float],
    shape: tuple[int, int],
    sop_instance_uids: Sequence[str],
    stated_step: float | None = None,
) -> Volume:
    """Make the geometry of planes at `positions` (n, 3), in rising order, which hold no image.

    `directions` (2, 3) are those of rows and columns, `shape` is (rows, columns).
    """
    levels = positions @ np.cross(*directions)
    step = even_step(levels, stated_step)
    single = len(levels) == 1
    return Volume(
        stored=np.broadcast_to(np.uint8(0), (len(levels), *shape)),
        slope=np.ones(len(levels)),
        intercept=np.zeros(len(levels)),
        positions=positions,
        row_direction=directions[0],
        column_direction=directions[1],
        spacing=spacing,
        step=step,
        sop_instance_uids=tuple(sop_instance_uids),
        frames=(None,) * len(levels),
        modality="",
        series_uid="",
        study_uid="",
        frame_of_reference_uid="",
        thickness=None,
        flags=(OWN_GEOMETRY, *(() if step else (SINGLE if single else UNEVEN,))),
    )


def even_step(levels: NDArray[np.float64], stated: float | None = None) -> float | None:
    """Find the step, mm, that all planes keep; empty ones may be left out between them.

    The step that the file states is believed where the planes keep it.
    """
    gaps = np.diff(levels)
    smallest = float(gaps.min()) if len(gaps) else None
    for step in (stated, smallest):
        if step and step > 0 and np.allclose(gaps / step, np.rint(gaps / step), atol=0.02):
            return step if not len(gaps) else float(gaps.sum() / np.rint(gaps / step).sum())
    return None
