"""Lesions on a volume, written as a DICOM Segmentation (PS3.3 A.51, BINARY).

Plain pydicom and no library of higher level: those read all source images as pydicom data sets and
copy what they find, where one header and the volume hold all that the standard demands.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SegmentationStorage, generate_uid
from pydicom.valuerep import DSfloat

from imaging.dicom.elements import Source
from imaging.dicom.source_header import SourceHeader, source_header
from imaging.flags import Refused
from imaging.masks.delineation import NAME_LIMIT, Origin
from imaging.shapes.region import Region
from imaging.volume import Volume


class Software(NamedTuple):
    """What wrote the file."""

    name: str
    version: str


@dataclass(frozen=True, eq=False)
class Lesion:
    """Voxels of a volume, and what is said of them."""

    label: str
    region: Region
    origin: Origin | None = None
    """None where the software that writes the file has segmented it, from a reader's click."""
    tracking_uid: str = field(default_factory=generate_uid)
    """The same wherever this lesion is segmented."""


class _Frame(NamedTuple):
    segment: int
    slice: int
    pixels: NDArray[np.bool_]


def segmentation(
    volume: Volume, lesions: Sequence[Lesion], sample: Source, software: Software
) -> bytes:
    """Write lesions as segments 1, 2, …, on the images of the volume; a Part 10 file.

    `sample` is any file of its series; what the standard demands about patient and study is copied
    from it, and nothing else. Raises Refused: EMPTY_SEGMENT where nothing is to be written, and
    what `elements.read` refuses of `sample`.
    """
    frames = [frame for n, found in enumerate(lesions, 1) for frame in _frames(n, found, volume)]
    if {frame.segment for frame in frames} != set(range(1, len(lesions) + 1)) or not lesions:
        raise Refused("EMPTY_SEGMENT", "There is no voxel to write: nothing was segmented.")
    header = source_header(sample)
    mask = Dataset()
    for part in (
        header.patient_and_study,
        _identity(software),
        _series(volume, frames, header),
        _pixels(volume, frames),
        _functional_groups(volume, frames, header),
    ):
        mask.update(part)
    mask.SegmentSequence = [_segment(n, found, software) for n, found in enumerate(lesions, 1)]
    mask.SegmentsOverlap = "NO" if len(lesions) == 1 else "UNDEFINED"
    return _encoded(mask)


def _frames(segment: int, lesion: Lesion, volume: Volume) -> Iterator[_Frame]:
    """The slices with a voxel of the lesion, in full size."""
    first, row, column = lesion.region.offset
    for at, voxels in enumerate(lesion.region.voxels):
        if voxels.any():
            pixels = np.zeros(volume.stored.shape[1:], bool)
            pixels[row : row + voxels.shape[0], column : column + voxels.shape[1]] = voxels
            yield _Frame(segment, first + at, pixels)


def _identity(software: Software) -> Dataset:
    """SOP Common, Enhanced General Equipment and Segmentation Image modules."""
    now = datetime.now(UTC).astimezone()
    found = Dataset()
    found.SpecificCharacterSet = "ISO_IR 192"
    found.SOPClassUID, found.SOPInstanceUID = SegmentationStorage, generate_uid()
    found.SeriesInstanceUID = generate_uid()
    found.Modality, found.SeriesNumber, found.InstanceNumber = "SEG", 1, 1
    found.Manufacturer = found.ManufacturerModelName = software.name
    found.DeviceSerialNumber, found.SoftwareVersions = "0", software.version
    found.ContentDate = found.SeriesDate = now.strftime("%Y%m%d")
    found.ContentTime = found.SeriesTime = now.strftime("%H%M%S")
    found.ContentLabel, found.ContentDescription, found.ContentCreatorName = "LESIONS", None, None
    found.ImageType = ["DERIVED", "PRIMARY"]
    found.SegmentationType = "BINARY"
    return found


def _series(volume: Volume, frames: Sequence[_Frame], header: SourceHeader) -> Dataset:
    """Frame of Reference and Common Instance Reference modules."""
    found = Dataset()
    found.StudyInstanceUID = volume.study_uid
    found.FrameOfReferenceUID = volume.frame_of_reference_uid or generate_uid()
    found.PositionReferenceIndicator = None
    uids = dict.fromkeys(volume.sop_instance_uids[frame.slice] for frame in frames)
    images = [_reference(header.sop_class_uid, uid) for uid in uids]
    series = _items(SeriesInstanceUID=volume.series_uid, ReferencedInstanceSequence=images)
    found.ReferencedSeriesSequence = series
    return found


def _pixels(volume: Volume, frames: Sequence[_Frame]) -> Dataset:
    """Image Pixel and Multi-frame modules; bits of frames follow one another without a gap."""
    found = Dataset()
    found.Rows, found.Columns = volume.stored.shape[1:]
    found.NumberOfFrames, found.SamplesPerPixel = len(frames), 1
    found.PhotometricInterpretation, found.PixelRepresentation = "MONOCHROME2", 0
    found.BitsAllocated, found.BitsStored, found.HighBit = 1, 1, 0
    packed = np.packbits(np.stack([frame.pixels for frame in frames]), bitorder="little").tobytes()
    found.PixelData = packed + b"\0" * (len(packed) % 2)
    return found


def _segment(number: int, lesion: Lesion, software: Software) -> Dataset:
    """One item of the Segment Sequence (C.8.20.4)."""
    found, origin = Dataset(), lesion.origin or Origin("SEMIAUTOMATIC", software.name)
    found.SegmentNumber, found.SegmentLabel = number, lesion.label[:NAME_LIMIT] or "Lesion"
    found.SegmentAlgorithmType = origin.algorithm_type
    if origin.algorithm_type != "MANUAL":
        found.SegmentAlgorithmName = origin.algorithm_name or "unknown"
    if lesion.origin is None:
        found.SegmentationAlgorithmIdentificationSequence = _algorithm(software)
    category = ("49755003", "SCT", "Morphologically Abnormal Structure")
    found.SegmentedPropertyCategoryCodeSequence = _code(*category)
    found.SegmentedPropertyTypeCodeSequence = _code("52988006", "SCT", "Lesion")
    found.TrackingID, found.TrackingUID = found.SegmentLabel, lesion.tracking_uid
    return found


def _algorithm(software: Software) -> list[Dataset]:
    """Algorithm Identification macro (10.16), of a family of CID 7162."""
    return _items(
        AlgorithmFamilyCodeSequence=_code("123103", "DCM", "Edge Detection"),
        AlgorithmName=software.name,
        AlgorithmVersion=software.version,
    )


def _functional_groups(volume: Volume, frames: Sequence[_Frame], header: SourceHeader) -> Dataset:
    """Shared and per-frame functional groups, and the dimensions that order them (C.7.6.17)."""
    found, organization = Dataset(), generate_uid()
    found.DimensionOrganizationSequence = _items(DimensionOrganizationUID=organization)
    found.DimensionIndexSequence = [
        _item(
            DimensionOrganizationUID=organization,
            DimensionIndexPointer=pointer,
            FunctionalGroupPointer=group,
        )
        for pointer, group in ((0x0062000B, 0x0062000A), (0x00200032, 0x00209113))
    ]
    found.SharedFunctionalGroupsSequence = [_shared(volume)]
    planes = sorted({frame.slice for frame in frames})
    found.PerFrameFunctionalGroupsSequence = [
        _per_frame(volume, frame, planes.index(frame.slice) + 1, header) for frame in frames
    ]
    return found


def _shared(volume: Volume) -> Dataset:
    cosines = [*volume.row_direction, *volume.column_direction]
    measures = _item(PixelSpacing=[_written(mm) for mm in volume.spacing])
    measures.SliceThickness = _written(volume.thickness or volume.step or 1.0)
    if volume.step:
        measures.SpacingBetweenSlices = _written(volume.step)
    orientation = _items(ImageOrientationPatient=[_written(cosine) for cosine in cosines])
    return _item(PixelMeasuresSequence=[measures], PlaneOrientationSequence=orientation)


def _per_frame(volume: Volume, frame: _Frame, position: int, header: SourceHeader) -> Dataset:
    uid, number = volume.sop_instance_uids[frame.slice], volume.frames[frame.slice]
    source = _reference(header.sop_class_uid, uid, number)
    purpose = ("121322", "DCM", "Source image for image processing operation")
    source.PurposeOfReferenceCodeSequence = _code(*purpose)
    source.SpatialLocationsPreserved = "YES"
    derivation = _item(
        SourceImageSequence=[source],
        DerivationCodeSequence=_code("113076", "DCM", "Segmentation"),
    )
    at = [_written(mm) for mm in volume.positions[frame.slice]]
    return _item(
        FrameContentSequence=_items(DimensionIndexValues=[frame.segment, position]),
        PlanePositionSequence=_items(ImagePositionPatient=at),
        SegmentIdentificationSequence=_items(ReferencedSegmentNumber=frame.segment),
        DerivationImageSequence=[derivation],
    )


def _reference(sop_class: str, uid: str, frame: int | None = None) -> Dataset:
    found = _item(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=uid)
    if frame is not None:
        found.ReferencedFrameNumber = frame
    return found


def _code(value: str, scheme: str, meaning: str) -> list[Dataset]:
    return _items(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _items(**members: object) -> list[Dataset]:
    return [_item(**members)]


def _item(**members: object) -> Dataset:
    found = Dataset()
    for keyword, value in members.items():
        setattr(found, keyword, value)
    return found


def _written(number: float) -> DSfloat:
    """A decimal string of at most 16 characters (PS3.5 6.2)."""
    return DSfloat(float(number), auto_format=True)


def _encoded(mask: Dataset) -> bytes:
    mask.file_meta = FileMetaDataset()
    mask.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = io.BytesIO()
    mask.save_as(file, enforce_file_format=True)
    return file.getvalue()
