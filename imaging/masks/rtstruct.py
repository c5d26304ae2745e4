"""The regions of interest of an RT Structure Set, as contours on the series they were drawn on.

PS3.3 A.19 and C.8.8.6: closed planar polygons in patient millimetres. They are measured as drawn,
corner to corner, never through a mask.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from imaging.dicom.text import line
from imaging.flags import Flag, Refused
from imaging.masks.delineation import NAME_LIMIT, Delineation, Marked, Origin, own_geometry
from imaging.masks.references import first_image
from imaging.shapes.contours import Contours
from imaging.shapes.outline import Points
from imaging.volume import Volume

POINTS_LIMIT = 20_000
_CLOSED = {"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"}
_SAME_PLANE = 0.1  # of a step: how far a contour may lie from the slice it is drawn on
_FLAT = 0.5  # mm that a contour may leave its plane by
_SAME_LEVEL = 0.05  # mm


class _Contour(NamedTuple):
    points: NDArray[np.float64]  # (n, 3), patient mm
    reference: str  # the image it names, or ""


def rois(structures: Dataset, volume: Volume | None) -> Iterator[Marked]:
    """Take each region in the order of the file, on `volume` if it holds the images it names."""
    drawn = {
        int(item.ReferencedROINumber): item.get("ContourSequence") or []
        for item in structures.get("ROIContourSequence") or []
    }
    for item in structures.get("StructureSetROISequence") or []:
        number, label = int(item.ROINumber), line(item.get("ROIName"), NAME_LIMIT)
        origin = Origin.of(item.get("ROIGenerationAlgorithm"))
        frame = str(item.get("ReferencedFrameOfReferenceUID", ""))
        try:
            contours, flags = _contours(number, drawn.get(number, []))
            found = _on_slices(contours, frame, volume) or _on_own_planes(contours)
            found = found.flagged(flags)
        except Refused as refusal:
            yield Marked("roi", number, label, refusal, origin)
        else:
            yield Marked("roi", number, label, found, origin)


def _contours(number: int, items: Sequence[Dataset]) -> tuple[list[_Contour], tuple[Flag, ...]]:
    """The contours that enclose something, and a flag where there are others."""
    if not items:
        raise Refused("EMPTY_SEGMENT", f"Region {number} has no contour.")
    contours = [
        _Contour(_points(number, item), first_image(item.get("ContourImageSequence") or []))
        for item in items
        if _encloses(item)
    ]
    if not contours:
        says = f"Region {number} is not of closed contours of 3 points or more."
        raise Refused("NOT_A_MASK", says)
    left = len(items) - len(contours)
    says = f"Contours that enclose nothing (open, or of one or two points) were left out: {left}."
    return contours, (Flag("CONTOURS_LEFT_OUT", says),) if left else ()


def _encloses(item: Dataset) -> bool:
    return item.get("ContourGeometricType") in _CLOSED and len(item.get("ContourData") or []) > 6


def _points(number: int, item: Dataset) -> NDArray[np.float64]:
    written = item.ContourData
    if len(written) > 3 * POINTS_LIMIT:
        raise Refused("TOO_LARGE", f"Region {number} has a contour of over {POINTS_LIMIT} points.")
    if len(written) % 3:
        raise Refused("NOT_A_MASK", f"Region {number} has a point without its three coordinates.")
    points = np.array(written, float).reshape(-1, 3)
    if not np.isfinite(points).all():
        raise Refused("NOT_A_MASK", f"Region {number} has a coordinate that is no number.")
    return points


def _on_slices(
    contours: Sequence[_Contour], frame_of_reference: str, volume: Volume | None
) -> Delineation | None:
    """Put contours on the slices they lie on; None unless all do.

    They may name their images, or share the frame of reference: copies get new names.
    """
    if volume is None:
        return None
    rings: dict[int, list[Points]] = defaultdict(list)
    for contour in contours:
        at = volume.voxel(contour.points)
        slice_ = int(np.rint(at[:, 2].mean()))
        if not 0 <= slice_ < len(volume.stored) or abs(at[:, 2] - slice_).max() > _SAME_PLANE:
            return None
        same_space = volume.frame_of_reference_uid == frame_of_reference
        if contour.reference != volume.sop_instance_uids[slice_] and not same_space:
            return None
        rings[slice_].append(at[:, :2] * (volume.spacing[1], volume.spacing[0]))
    return Delineation(volume, Contours.of(rings))


def _on_own_planes(contours: Sequence[_Contour]) -> Delineation:
    directions = _directions(contours)
    normal = np.cross(*directions)
    if max(np.ptp(contour.points @ normal) for contour in contours) > _FLAT:
        raise Refused("NOT_PLANAR", "The contours do not lie on parallel planes.")
    levels = np.array([float((contour.points @ normal).mean()) for contour in contours])
    order = np.argsort(levels, kind="stable")
    new = np.diff(levels[order], prepend=-np.inf) > _SAME_LEVEL
    rings: dict[int, list[Points]] = defaultdict(list)
    for plane, contour in zip(np.cumsum(new) - 1, order, strict=True):
        rings[int(plane)].append(contours[contour].points @ directions.T)
    first = order[new]
    positions = levels[first, None] * normal
    references = [contours[contour].reference for contour in first]
    geometry = own_geometry(positions, directions, (1.0, 1.0), (1, 1), references)
    return Delineation(geometry, Contours.of(rings), own=True, pixels=False)


def _directions(contours: Sequence[_Contour]) -> NDArray[np.float64]:
    """Choose axes of the contours' planes, as near to the patient's as the planes allow."""
    crosses = []
    for points, _ in contours:
        spokes = points - points.mean(axis=0)
        crosses.append(np.cross(spokes, np.roll(spokes, -1, axis=0)).sum(axis=0))
    widest = max(crosses, key=lambda cross: float(cross @ cross))
    length = float(np.linalg.norm(widest))
    normal = widest / length if length else np.array([0.0, 0.0, 1.0])
    normal = normal * np.sign(normal[abs(normal).argmax()])
    row = np.eye(3)[1 if abs(normal[0]) > 0.9 else 0]
    row = row - (row @ normal) * normal
    row /= np.linalg.norm(row)
    return np.stack([row, np.cross(normal, row)])
