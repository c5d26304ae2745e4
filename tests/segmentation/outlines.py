"""The lesions that readers delineated in the real files beside the checkout, as solids."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from scipy.ndimage import distance_transform_edt, gaussian_filter, label, zoom

from imaging.shapes import diameters
from imaging.shapes.outline import filled_ring
from imaging.shapes.region import Region

PITCH = 1.0  # mm between the points at which a solid's distances are kept
SMOOTH = 1.0  # mm: what drawing by hand and the steps between slices have left
MARGIN = 6

RTSTRUCTS = ("ibsi-lung-ct-rtstruct/rtstruct.dcm", "sarcoma-ct-mr-rtstruct/rtstruct_CT.dcm")
SEG = "headneck-seg-sr/seg_11_lesions.dcm"


@dataclass(frozen=True, eq=False)
class Solid:
    """Signed distance (slices, rows, columns), mm, at points `pitch` mm apart in all directions."""

    distance: NDArray[np.float64]
    longest: float
    pitch: float = PITCH


def solids(dicom: Path) -> list[Solid]:
    """Those of the RTSTRUCTs, then those of the SEG; none where the folder is absent."""
    if not dicom.is_dir():
        return []
    drawn = [_of_rtstruct(dicom / name) for name in RTSTRUCTS]
    return [_solid(*mask) for mask in [*drawn, *_of_seg(dicom / SEG)]]


def _solid(mask: NDArray[np.bool_], spacing: tuple[float, float, float]) -> Solid:
    numbers, _ = label(mask)
    largest = 1 + int(np.argmax(np.bincount(numbers.ravel())[1:]))
    piece = np.pad(Region.of(numbers == largest).voxels, 1).astype(float)
    soft = zoom(piece, np.divide(spacing, PITCH), order=1)
    inside = gaussian_filter(np.pad(soft, MARGIN), SMOOTH / PITCH) > 0.5
    inside = np.pad(Region.of(inside).voxels, MARGIN)
    distance = distance_transform_edt(~inside) - distance_transform_edt(inside)
    distance -= 0.5 * np.sign(distance)
    longest = diameters.of_region(Region.of(inside), (PITCH, PITCH)).longest.mm
    return Solid(gaussian_filter(distance * PITCH, 0.7), longest)


def _of_rtstruct(path: Path) -> tuple[NDArray[np.bool_], tuple[float, float, float]]:
    contours = dcmread(path).ROIContourSequence[0].ContourSequence
    rings = [np.reshape(contour.ContourData, (-1, 3)).astype(float) for contour in contours]
    levels = np.unique([ring[0, 2].round(2) for ring in rings])
    step = float(np.median(np.diff(levels)))
    low, high = (np.concatenate(rings).min(axis=0), np.concatenate(rings).max(axis=0))
    columns, rows, slices = np.ceil((high - low) / (PITCH, PITCH, step)).astype(int) + 1
    mask = np.zeros((slices, rows, columns), bool)
    for ring in rings:
        flat = (ring[:, :2] - low[:2]) / PITCH
        mask[round((ring[0, 2] - low[2]) / step)] ^= filled_ring(flat, (rows, columns))
    return mask, (step, PITCH, PITCH)


def _of_seg(path: Path) -> list[tuple[NDArray[np.bool_], tuple[float, float, float]]]:
    content = dcmread(path)
    shared = content.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    step, spacing = float(shared.SpacingBetweenSlices), list(map(float, shared.PixelSpacing))
    frames = content.PerFrameFunctionalGroupsSequence
    number = [f.SegmentIdentificationSequence[0].ReferencedSegmentNumber for f in frames]
    level = [float(f.PlanePositionSequence[0].ImagePositionPatient[2]) for f in frames]
    pixels, found = content.pixel_array, []
    for segment in sorted(set(number)):
        mine = sorted((level[n], n) for n in range(len(frames)) if number[n] == segment)
        mask = pixels[[n for _, n in mine]].astype(bool)
        found.append((mask, (step, spacing[0], spacing[1])))
    return found
