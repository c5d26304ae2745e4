"""The segments of a DICOM Segmentation, as voxels of the series they were drawn on.

PS3.3 A.51 and C.8.20. Frames of empty planes may be absent, and frames come in any order; the
number of the segment, like every functional group, may stand in the shared or the frame's groups.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from imaging.dicom.fragments import SEQUENCE_ENDS
from imaging.dicom.pixels import Encoding, decode_into
from imaging.dicom.text import line
from imaging.dicom.walk import NATIVE
from imaging.flags import Refused
from imaging.masks.delineation import NAME_LIMIT, Delineation, Marked, Origin, own_geometry
from imaging.masks.references import SOURCE_IMAGES, first_image, items
from imaging.shapes.region import Coverage, Region
from imaging.volume import Volume

VOXELS_LIMIT = 1 << 29
"""Of all frames of a mask together."""
PIXELS = {1: np.uint8, 8: np.uint8, 16: np.uint16}
"""What each Bits Allocated of a mask is decoded to."""
_SAME_PLACE = 0.1  # of a pixel or a step: how far a frame may lie from a slice it is drawn on
_SAME_LEVEL = 0.01  # mm


@dataclass(frozen=True, eq=False)
class _Frames:
    """Where each frame lies, and what it shows."""

    segments: NDArray[np.intp]
    positions: NDArray[np.float64]
    directions: NDArray[np.float64]
    spacing: tuple[float, float]
    stated_step: float | None
    references: tuple[str, ...]
    frame_of_reference: str


def segments(seg: Dataset, volume: Volume | None) -> Iterator[Marked]:
    """Take each segment in the order of the file, on `volume` if it holds images of the mask.

    Raises Refused where nothing can be placed: NO_GEOMETRY, TOO_LARGE, UNREADABLE, and for
    compressed frames what `pixels.decode_into` does.
    """
    frames = _frames(seg)
    masks = _masks(seg, len(frames.positions))
    slices = _slices(frames, masks.shape[1:], volume)
    geometry, planes = _own(frames, masks.shape[1:]) if slices is None else (volume, slices)
    assert geometry is not None
    labelmap = seg.get("SegmentationType") == "LABELMAP"
    for item in seg.get("SegmentSequence", []):
        number = int(item.SegmentNumber)
        chosen = np.arange(len(masks)) if labelmap else np.flatnonzero(frames.segments == number)
        stack = _Stack.of(masks, chosen, planes, number if labelmap else None)
        found = _delineation(seg, stack, geometry, own=slices is None)
        label = line(item.get("SegmentLabel"), NAME_LIMIT)
        origin = Origin.of(item.get("SegmentAlgorithmType"), item.get("SegmentAlgorithmName"))
        uid = line(item.get("TrackingUID"), NAME_LIMIT)
        empty = Refused("EMPTY_SEGMENT", f"Segment {number} has no voxel.")
        yield Marked("segment", number, label, found or empty, origin, uid)


class _Stack(NamedTuple):
    """The frames of one segment (planes, rows, columns), and the number of the first plane."""

    voxels: NDArray[np.integer]
    first: int

    @classmethod
    def of(
        cls,
        masks: NDArray[np.integer],
        chosen: NDArray[np.intp],
        planes: NDArray[np.intp],
        label: int | None,
    ) -> Self:
        """Put the chosen frames, of a label map the pixels of one label, on their planes."""
        if not len(chosen):
            return cls(masks[:0], 0)
        first, last = int(planes[chosen].min()), int(planes[chosen].max())
        voxels = np.zeros((last - first + 1, *masks.shape[1:]), masks.dtype)
        for frame in chosen:
            inside = masks[frame] if label is None else masks[frame] == label
            np.maximum(voxels[planes[frame] - first], inside, out=voxels[planes[frame] - first])
        return cls(voxels, first)


def _delineation(seg: Dataset, stack: _Stack, geometry: Volume, *, own: bool) -> Delineation | None:
    """The voxels of a segment, of a fractional one those covered by half; None where none is."""
    offset = (stack.first, 0, 0)
    if seg.get("SegmentationType") != "FRACTIONAL":
        region, coverage = Region.of(stack.voxels > 0, offset), None
    else:
        coverage = Coverage.of(stack.voxels, _full(seg), offset)
        region = coverage.region
    return Delineation(geometry, region, own, coverage=coverage) if len(region) else None


def _full(seg: Dataset) -> float:
    """What a voxel wholly inside has: Maximum Fractional Value (0062,000E)."""
    full = float(seg.get("MaximumFractionalValue") or 0)
    if full < 1:
        says = "Maximum Fractional Value (0062,000E) is missing or 0: nothing says what half is."
        raise Refused("UNREADABLE", says)
    return full


def _masks(seg: Dataset, count: int) -> NDArray[np.integer]:
    """The pixels of all frames, (frames, rows, columns); those of a binary mask are 0 and 1."""
    rows, columns = int(seg.get("Rows", 0)), int(seg.get("Columns", 0))
    if not 0 < rows * columns * count <= VOXELS_LIMIT:
        raise Refused("TOO_LARGE", f"{count} frames of {rows} × {columns} are no mask of a series.")
    if seg.file_meta.TransferSyntaxUID not in NATIVE:
        return _decoded(seg, (count, rows, columns))
    masks = seg.pixel_array
    return masks.reshape(count, rows, columns)


def _decoded(seg: Dataset, shape: tuple[int, int, int]) -> NDArray[np.integer]:
    """Read compressed frames by the decoders that images have, whose refusals these are too."""
    allocated = int(seg.BitsAllocated)
    if allocated not in PIXELS:
        raise Refused("UNREADABLE", f"Pixels of {allocated} bits are no mask.")
    count, rows, columns = shape
    masks = np.empty(shape, PIXELS[allocated])
    encoding = Encoding(
        syntax=str(seg.file_meta.TransferSyntaxUID),
        photometric=str(seg.PhotometricInterpretation),
        samples=1,
        rows=rows,
        columns=columns,
        frames=count,
        bits_allocated=8 * masks.itemsize,
        bits_stored=int(seg.BitsStored),
        signed=False,
        offset=0,
    )
    # pydicom leaves out the item that ends the fragments.
    whole = seg.PixelData + SEQUENCE_ENDS + bytes(4)
    decode_into(list(masks), whole, encoding, range(count))
    return masks


def _frames(seg: Dataset) -> _Frames:
    shared = (seg.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    frames = seg.get("PerFrameFunctionalGroupsSequence") or []

    def each(sequence: str, keyword: str) -> list[object]:
        return [_member(frame, shared, sequence, keyword) for frame in frames]

    positions = each("PlanePositionSequence", "ImagePositionPatient")
    orientations = each("PlaneOrientationSequence", "ImageOrientationPatient")
    spacings = each("PixelMeasuresSequence", "PixelSpacing")
    if not frames or not all([*positions, *orientations, *spacings]):
        raise Refused("NO_GEOMETRY", "Frames lack their position, orientation or pixel spacing.")
    directions = np.array(orientations, float).reshape(-1, 2, 3)
    spacing = np.array(spacings, float).reshape(-1, 2)
    if np.ptp(directions, axis=0).max() > 1e-3 or np.ptp(spacing, axis=0).max() > 1e-4:
        raise Refused("NO_GEOMETRY", "Frames differ in orientation or pixel spacing.")
    step = _member(frames[0], shared, "PixelMeasuresSequence", "SpacingBetweenSlices")
    numbers = each("SegmentIdentificationSequence", "ReferencedSegmentNumber")
    return _Frames(
        segments=np.array([int(str(number or 0)) for number in numbers]),
        positions=np.array(positions, float),
        directions=directions[0] / np.linalg.norm(directions[0], axis=1, keepdims=True),
        spacing=(float(spacing[0, 0]), float(spacing[0, 1])),
        stated_step=float(str(step)) if step else None,
        references=tuple(_reference(frame, shared) for frame in frames),
        frame_of_reference=str(seg.get("FrameOfReferenceUID", "")),
    )


def _member(frame: Dataset, shared: Dataset, sequence: str, keyword: str) -> object:
    for groups in (frame, shared):
        if items := groups.get(sequence):
            return items[0].get(keyword)
    return None


def _reference(frame: Dataset, shared: Dataset) -> str:
    """Name the image that a frame was drawn on; "" where it names none."""
    return first_image(item for groups in (frame, shared) for item in items(groups, *SOURCE_IMAGES))


def _slices(
    frames: _Frames, shape: Sequence[int], volume: Volume | None
) -> NDArray[np.intp] | None:
    """Find the slice of each frame; None unless all lie on slices of the volume, pixel on pixel."""
    if volume is None or tuple(shape) != volume.stored.shape[1:]:
        return None
    named = set(frames.references) & set(volume.sop_instance_uids)
    if not named and frames.frame_of_reference != volume.frame_of_reference_uid:
        return None
    directions = np.stack([volume.row_direction, volume.column_direction])
    if not np.allclose(frames.directions, directions, atol=1e-3):
        return None
    if not np.allclose(frames.spacing, volume.spacing, rtol=1e-3):
        return None
    at = volume.voxel(frames.positions)
    nearest = np.rint(at[:, 2])
    at[:, 2] -= nearest
    inside = (nearest >= 0) & (nearest < len(volume.stored))
    return nearest.astype(int) if inside.all() and abs(at).max() < _SAME_PLACE else None


def _own(frames: _Frames, shape: Sequence[int]) -> tuple[Volume, NDArray[np.intp]]:
    """Make the planes that the frames lie on, and say on which each does."""
    levels = frames.positions @ np.cross(*frames.directions)
    order = np.argsort(levels, kind="stable")
    new = np.diff(levels[order], prepend=-np.inf) > _SAME_LEVEL
    planes = np.empty(len(order), int)
    planes[order] = np.cumsum(new) - 1
    first = order[new]
    apart = abs((frames.positions - frames.positions[first][planes]) @ frames.directions.T)
    if apart.max() > _SAME_PLACE * min(frames.spacing):
        raise Refused("NO_GEOMETRY", "Frames on one plane begin at different places of it.")
    geometry = own_geometry(
        frames.positions[first],
        frames.directions,
        frames.spacing,
        (shape[0], shape[1]),
        [frames.references[frame] for frame in first],
        frames.stated_step,
    )
    return geometry, planes
