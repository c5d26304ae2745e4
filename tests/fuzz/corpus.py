"""Whole DICOM files to damage: small ones made here, and small real ones where there are any."""

import io
import warnings
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from imaging.phantom import Ellipsoid, phantom, write

SMALL = 20_000
"""Bytes of a real file that are damaged fast enough."""
MOST_OF_A_FOLDER = 6


def corpus(folder: Path | None, smaller_than: int = SMALL) -> Mapping[str, bytes]:
    """Files by name, in a fixed order: those made here, then those in a folder, if any."""
    files = {name: content for make in (_images, _masks) for name, content in make()}
    if folder is not None:
        small = (
            path for path in sorted(folder.rglob("*.dcm")) if path.stat().st_size < smaller_than
        )
        for _, of_one_folder in groupby(small, key=attrgetter("parent")):
            for path in islice(of_one_folder, MOST_OF_A_FOLDER):
                content = path.read_bytes()
                if content[128:132] == b"DICM":  # else no more of it is looked at
                    files[path.relative_to(folder).as_posix()] = content
    return files


def _images() -> Iterator[tuple[str, bytes]]:
    image = _slice()
    yield "explicit", _written(image, ExplicitVRLittleEndian)
    yield "implicit", _written(image, ImplicitVRLittleEndian)
    yield "big endian", _written(image, ExplicitVRBigEndian)
    yield "deflated", _written(image, DeflatedExplicitVRLittleEndian)
    compressed = dcmread(io.BytesIO(_written(image, ExplicitVRLittleEndian)))
    compressed.compress(RLELossless, generate_instance_uid=False)
    yield "rle", _written(compressed, RLELossless)
    image.update(_functional_groups())
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(image, keyword)
    image.NumberOfFrames, image.PixelData = 3, image.PixelData * 3
    yield "enhanced", _written(image, ExplicitVRLittleEndian)
    yield "enhanced implicit", _written(image, ImplicitVRLittleEndian)


def _masks() -> Iterator[tuple[str, bytes]]:
    mask = _slice()
    mask.SOPClassUID, mask.Modality = "1.2.840.10008.5.1.4.1.1.66.4", "SEG"
    mask.update(_functional_groups())
    mask.SegmentationType, mask.NumberOfFrames = "BINARY", 3
    mask.SegmentSequence = [_of(SegmentNumber=1, SegmentLabel="node")]
    mask.BitsAllocated = mask.BitsStored = 1
    mask.HighBit = mask.PixelRepresentation = 0
    inside = np.zeros((3, mask.Rows, mask.Columns), np.uint8)
    inside[:, 2:6, 3:8] = 1
    mask.PixelData = np.packbits(inside, axis=None, bitorder="little").tobytes() + b"\0"
    yield "seg", _written(mask, ExplicitVRLittleEndian)
    yield "seg implicit", _written(mask, ImplicitVRLittleEndian)
    yield "rtstruct", _written(_structures(), ExplicitVRLittleEndian)
    yield "rtstruct implicit", _written(_structures(), ImplicitVRLittleEndian)


def _slice() -> Dataset:
    lesion = Ellipsoid((4.0, 4.0, 0.0), (3.0, 2.0, 4.0), 60.0)
    volume = phantom([lesion], size=(1, 12, 10), spacing=(0.8, 0.7), seed="fuzz")
    with TemporaryDirectory() as folder:
        write(volume, Path(folder), patient_id="S-001", study_date=date(2024, 3, 1))
        return dcmread(next(Path(folder).iterdir()))


def _functional_groups() -> Dataset:
    measures = _of(PixelSpacing=[0.8, 0.7], SliceThickness=2.5)
    shared = _of(
        PlaneOrientationSequence=[_of(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[measures],
        PixelValueTransformationSequence=[_of(RescaleSlope=1, RescaleIntercept=-1024)],
    )
    frames = [
        _of(
            PlanePositionSequence=[_of(ImagePositionPatient=[0, 0, 2.5 * n])],
            SegmentIdentificationSequence=[_of(ReferencedSegmentNumber=1)],
        )
        for n in range(3)
    ]
    return _of(SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=frames)


def _structures() -> Dataset:
    image = _slice()
    structures = Dataset()
    structures.file_meta = FileMetaDataset()
    structures.SOPClassUID, structures.Modality = "1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT"
    for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
        setattr(structures, keyword, image[keyword].value)
    region = partial(_of, ReferencedFrameOfReferenceUID=image.FrameOfReferenceUID)
    structures.StructureSetROISequence = [region(ROINumber=7, ROIName="node")]
    rings = [[0, 0, z, 9, 0, z, 9, 8, z, 0, 8, z] for z in (0.0, 2.5)]
    contours = [
        _of(
            ContourGeometricType="CLOSED_PLANAR",
            NumberOfContourPoints=4,
            ContourData=ring,
            ContourImageSequence=[_of(ReferencedSOPInstanceUID=image.SOPInstanceUID)],
        )
        for ring in rings
    ]
    structures.ROIContourSequence = [_of(ReferencedROINumber=7, ContourSequence=contours)]
    return structures


def _of(**members: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in members.items():
        setattr(dataset, keyword, value)
    return dataset


def _written(dataset: Dataset, syntax: str) -> bytes:
    """The Part 10 file, with sequences of undefined length in implicit ones alone."""
    copy = dcmread(
        io.BytesIO(_saved(dataset, dataset.file_meta.get("TransferSyntaxUID") or syntax))
    )
    copy.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        copy.PixelData = copy.pixel_array.astype(">i2").tobytes()
    if syntax == ImplicitVRLittleEndian:
        copy.walk(_undefined)
    return _saved(copy, syntax)


def _undefined(_: Dataset, element: Any) -> None:
    if element.VR == "SQ":
        element.is_undefined_length = True
        for item in element.value:
            item.is_undefined_length_sequence_item = True


def _saved(dataset: Dataset, syntax: str) -> bytes:
    file = io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.set_original_encoding(None, None)
    with warnings.catch_warnings(action="ignore"):
        dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()
