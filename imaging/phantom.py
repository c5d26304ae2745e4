"""Simulated CT series of ellipsoids whose diameters are exactly known.

For tests, benchmarks and the demonstration: a plane cuts an ellipsoid in an ellipse, so the
longest diameter and the short axis on every slice follow from the numbers that made it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import DSfloat
from scipy.spatial.transform import Rotation

from imaging.volume import Vector, Volume

Triple = tuple[float, float, float]

INTERCEPT = -1024.0
"""Rescale Intercept written, so that stored values of tissue are positive."""
SAMPLES = 4
"""Points along each side of a voxel on an edge, whose share inside is its coverage."""


@dataclass(frozen=True)
class Ellipsoid:
    """A lesion, or a body: what lies within it has one value."""

    centre: Triple
    """Patient coordinates, mm."""
    semi_axes: Triple
    """Half the diameters along its own axes, mm."""
    value: float
    """Hounsfield units."""
    turned: Triple = (0.0, 0.0, 0.0)
    """Degrees by which its own axes are turned about x, then y, then z."""

    @property
    def whitening(self) -> Vector:
        """Matrix (3, 3) that makes it the unit ball, once its centre is the origin."""
        rotation = Rotation.from_euler("xyz", self.turned, degrees=True).as_matrix()
        return np.asarray(rotation.T / np.array(self.semi_axes)[:, None])


class Truth(NamedTuple):
    """What a perfect reader would measure on the slice where the lesion is longest."""

    longest_mm: float
    short_axis_mm: float
    slice: int


def truth(ellipsoid: Ellipsoid, volume: Volume) -> Truth:
    """Exact diameters on the planes of the volume; ValueError where none of them cuts it."""
    sections = [_section(ellipsoid, volume, n) for n in range(len(volume.positions))]
    found = max((section for section in sections if section), default=None)
    if found is None:
        raise ValueError("No plane of the volume cuts the ellipsoid.")
    return found


def phantom(
    ellipsoids: Sequence[Ellipsoid],
    *,
    size: tuple[int, int, int] = (32, 256, 256),
    spacing: tuple[float, float] = (0.8, 0.8),
    step: float = 2.5,
    origin: Triple = (0.0, 0.0, 0.0),
    row_direction: Triple = (1.0, 0.0, 0.0),
    column_direction: Triple = (0.0, 1.0, 0.0),
    background: float = -1000.0,
    noise: float = 10.0,
    seed: str = "phantom",
) -> Volume:
    """A CT volume of (slices, rows, columns) with ellipsoids painted over the background in turn.

    `spacing` is that of DICOM (between rows, between columns); slices are as thick as the step.
    Voxels on an edge have the mean of what they cover. `seed` decides the Gaussian noise (standard
    deviation `noise`, Hounsfield units) and all UIDs.
    """
    row, column = np.array(row_direction), np.array(column_direction)
    levels = np.arange(size[0])[:, None] * step * np.cross(row, column)
    volume = Volume(
        stored=np.empty(size, np.int16),
        slope=np.ones(size[0]),
        intercept=np.full(size[0], INTERCEPT),
        positions=np.array(origin) + levels,
        row_direction=row,
        column_direction=column,
        spacing=spacing,
        step=step if size[0] > 1 else None,
        sop_instance_uids=tuple(_uid(seed, f"image {n}") for n in range(size[0])),
        frames=(None,) * size[0],
        modality="CT",
        series_uid=_uid(seed, "series"),
        study_uid=_uid(seed, "study"),
        frame_of_reference_uid=_uid(seed, "frame of reference"),
        thickness=step,
        flags=(),
    )
    random = np.random.default_rng(list(seed.encode()))
    for index, target in enumerate(volume.stored):
        values = np.full(target.shape, background)
        for ellipsoid in ellipsoids:
            _paint(values, ellipsoid, volume, index)
        values += random.normal(-INTERCEPT, noise, target.shape)
        target[:] = np.rint(values).clip(-(1 << 15), (1 << 15) - 1)
    return volume


def write(volume: Volume, folder: Path, *, patient_id: str, study_date: date) -> None:
    """Write the volume as CT Image Storage, a file a slice, under names that tell no order.

    Part 10, Explicit VR Little Endian. `patient_id` is the code of the subject; no name is
    written. UIDs are those of the volume. The folder is made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(len(volume.positions)):
        image = _image(volume, index)
        image.PatientID = patient_id
        image.StudyDate = image.SeriesDate = image.ContentDate = study_date.strftime("%Y%m%d")
        name = f"{volume.sop_instance_uids[index]}.dcm"
        image.save_as(folder / name, enforce_file_format=True)


def _uid(seed: str, part: str) -> str:
    return str(generate_uid(entropy_srcs=[seed, part]))


def _whitened(
    ellipsoid: Ellipsoid, volume: Volume, index: int
) -> tuple[Vector, Vector, Vector, Vector]:
    """First pixel, and a mm along row, column and normal, where the ellipsoid is a unit ball."""
    white = ellipsoid.whitening
    first = white @ (volume.positions[index] - ellipsoid.centre)
    axes = (volume.row_direction, volume.column_direction, volume.normal)
    along, down, through = (white @ axis for axis in axes)
    return first, along, down, through


def _section(ellipsoid: Ellipsoid, volume: Volume, index: int) -> Truth | None:
    """Axes of the ellipse |first + u along + v down| = 1 that the plane cuts."""
    first, along, down, _ = _whitened(ellipsoid, volume, index)
    plane = np.stack([along, down], axis=1)
    quadratic = plane.T @ plane
    nearest = first - plane @ np.linalg.solve(quadratic, plane.T @ first)
    inside = 1.0 - nearest @ nearest
    if inside <= 0:
        return None
    short, longest = np.sort(2 * np.sqrt(inside / np.linalg.eigvalsh(quadratic)))
    return Truth(float(longest), float(short), index)


def _paint(values: NDArray[np.float64], ellipsoid: Ellipsoid, volume: Volume, index: int) -> None:
    """Put the ellipsoid over the values of one slice, by the share of each voxel it covers."""
    first, along, down, through = _whitened(ellipsoid, volume, index)
    between_rows, between_columns = volume.spacing
    rows, columns = (np.arange(count, dtype=np.float64) for count in values.shape)
    across = columns[:, None] * between_columns * along
    points = first + (rows[:, None] * between_rows * down)[:, None] + across
    distance = np.linalg.norm(points, axis=-1)
    extent = np.array([between_columns, between_rows, volume.thickness or 0.0])
    reach = np.linalg.norm(extent) / 2 / min(ellipsoid.semi_axes)
    coverage = (distance <= 1.0).astype(np.float64)
    edge = np.abs(distance - 1.0) < reach
    offsets = _offsets(extent) @ np.stack([along, down, through])
    samples = np.linalg.norm(points[edge][:, None] + offsets, axis=-1)
    coverage[edge] = np.mean(samples <= 1.0, axis=-1)
    values += coverage * (ellipsoid.value - values)


def _offsets(extent: Vector) -> Vector:
    """Points spread over a voxel of that extent round its centre, (SAMPLES ** 3, 3)."""
    places = (np.arange(SAMPLES) + 0.5) / SAMPLES - 0.5
    return np.stack(np.meshgrid(places, places, places), axis=-1).reshape(-1, 3) * extent


def _image(volume: Volume, index: int) -> Dataset:
    """A data set of CT Image Storage (PS3.3 A.3), with what is unknown left empty."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.update(_identity(volume, index))
    image.update(_geometry(volume, index))
    stored = volume.stored[index]
    image.Rows, image.Columns = stored.shape
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit, image.PixelRepresentation = 15, 1
    image.RescaleSlope, image.RescaleType = _written(volume.slope[index]), "HU"
    image.RescaleIntercept = _written(volume.intercept[index])
    image.PixelData = stored.astype("<i2").tobytes()
    return image


def _identity(volume: Volume, index: int) -> Dataset:
    identity = Dataset()
    for empty in ("PatientName", "PatientBirthDate", "PatientSex", "StudyTime", "StudyID"):
        setattr(identity, empty, "")
    for empty in ("AccessionNumber", "ReferringPhysicianName", "Manufacturer", "KVP"):
        setattr(identity, empty, None)
    identity.PatientIdentityRemoved, identity.DeidentificationMethod = "YES", "Simulated"
    identity.SOPClassUID = CTImageStorage
    identity.SOPInstanceUID = volume.sop_instance_uids[index]
    identity.StudyInstanceUID, identity.SeriesInstanceUID = volume.study_uid, volume.series_uid
    identity.Modality, identity.SeriesDescription = "CT", "Simulated phantom"
    identity.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
    identity.SeriesNumber, identity.InstanceNumber, identity.AcquisitionNumber = 1, index + 1, 1
    return identity


def _geometry(volume: Volume, index: int) -> Dataset:
    geometry = Dataset()
    geometry.FrameOfReferenceUID = volume.frame_of_reference_uid
    geometry.PositionReferenceIndicator = ""
    geometry.ImagePositionPatient = [_written(mm) for mm in volume.positions[index]]
    cosines = [*volume.row_direction, *volume.column_direction]
    geometry.ImageOrientationPatient = [_written(cosine) for cosine in cosines]
    geometry.PixelSpacing = [_written(mm) for mm in volume.spacing]
    geometry.SliceThickness = volume.thickness and _written(volume.thickness)
    return geometry


def _written(number: Any) -> DSfloat:
    """A decimal string of at most 16 characters (PS3.5 6.2)."""
    return DSfloat(float(number), auto_format=True)
