"""What tests of reports share: images, and content items as OHIF writes them."""

import io
from datetime import date
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    generate_uid,
)

from imaging.phantom import phantom, write
from imaging.sr.check import held
from imaging.sr.reading import read_report

LONG, SHORT = ("103339001", "SCT", "Long Axis"), ("103340004", "SCT", "Short Axis")
LENGTH, MM = ("410668003", "SCT", "Length"), ("mm", "UCUM", "millimeter")
ROWS_APART, COLUMNS_APART = 0.8, 0.5


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Three slices whose pixels are no squares."""
    place = tmp_path_factory.mktemp("series")
    volume = phantom([], size=(3, 100, 100), spacing=(ROWS_APART, COLUMNS_APART), seed="sr")
    write(volume, place, patient_id="S-001", study_date=date(2024, 3, 1))
    return place


@pytest.fixture(scope="session")
def images(folder):
    return held(folder)


@pytest.fixture(scope="session")
def uids(images):
    return sorted(images)


def length(start, end):
    """Mm between two SCOORD points on the images made here."""
    return np.hypot((end[0] - start[0]) * COLUMNS_APART, (end[1] - start[1]) * ROWS_APART)


def item(**members) -> Dataset:
    found = Dataset()
    for keyword, value in members.items():
        setattr(found, keyword, value)
    return found


def coded(value, scheme, meaning) -> list[Dataset]:
    return [item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)]


def node(relationship, kind, concept=None, below=(), **members) -> Dataset:
    found = item(RelationshipType=relationship, ValueType=kind, **members)
    if concept:
        found.ConceptNameCodeSequence = coded(*concept)
    if below:
        found.ContentSequence = list(below)
    return found


def image(uid, frame=None) -> Dataset:
    reference = item(
        ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=uid
    )
    if frame:
        reference.ReferencedFrameNumber = frame
    return node("SELECTED FROM", "IMAGE", ReferencedSOPSequence=[reference])


def drawn(points, uid, graphic="POLYLINE", frame=None) -> Dataset:
    flat = [float(number) for point in points for number in point]
    below = [image(uid, frame)]
    return node("INFERRED FROM", "SCOORD", below=below, GraphicType=graphic, GraphicData=flat)


def number(concept, written, unit=MM, below=()) -> Dataset:
    found = node("CONTAINS", "NUM", concept, below)
    if written is not None:
        measured = Dataset()
        measured.add(pydicom.DataElement(0x0040A30A, "DS", written, validation_mode=0))
        if unit:
            measured.MeasurementUnitsCodeSequence = coded(*unit)
        found.MeasuredValueSequence = [measured]
    return found


def group(*below, label="Cornerstone3DTools@^0.1.0:Bidirectional", uid="1.2.3") -> Dataset:
    tracking = [
        node("HAS OBS CONTEXT", "TEXT", ("112039", "DCM", "Tracking Identifier"), TextValue=label),
        node("HAS OBS CONTEXT", "UIDREF", ("112040", "DCM", "Tracking Unique Identifier"), UID=uid),
    ]
    concept = ("125007", "DCM", "Measurement Group")
    return node("CONTAINS", "CONTAINER", concept, [*tracking, *below])


def site(value, scheme, meaning) -> Dataset:
    found = node("CONTAINS", "CODE", ("363698007", "SCT", "Finding Site"))
    found.ConceptCodeSequence = coded(value, scheme, meaning)
    return found


def report(*groups, title="126000", syntax=ExplicitVRLittleEndian, charset=None) -> bytes:
    concept = ("126010", "DCM", "Imaging Measurements")
    measurements = node("CONTAINS", "CONTAINER", concept, groups)
    root = node(None, "CONTAINER", (title, "DCM", "Imaging Measurement Report"), [measurements])
    del root.RelationshipType
    if charset:
        root.SpecificCharacterSet = charset
    root.SOPClassUID, root.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.22", generate_uid()
    return part10(root, syntax)


def part10(root: Dataset, syntax=ExplicitVRLittleEndian) -> bytes:
    root.file_meta = FileMetaDataset()
    root.file_meta.TransferSyntaxUID = syntax
    root.file_meta.MediaStorageSOPClassUID = root.SOPClassUID
    root.file_meta.MediaStorageSOPInstanceUID = root.SOPInstanceUID
    file = io.BytesIO()
    pydicom.dcmwrite(file, root, enforce_file_format=True)
    return file.getvalue()


def only(*groups, images=None, **options):
    """The only measurement of a report of those groups."""
    found = read_report(report(*groups, **options), images or {})
    assert not found.skipped
    (measurement,) = found.measurements
    return measurement


def reason(*groups):
    found = read_report(report(*groups), {})
    assert not found.measurements
    (passed,) = found.skipped
    return passed.reason


def bidirectional(uids, long=(10, 20, 50, 60), short=None, on=None, long_mm=None, short_mm=None):
    """A group with both axes as OHIF writes it; `short` crosses at right angles unless given."""
    start, end = np.array(long[:2]), np.array(long[2:])
    if short is None:
        middle, along = (start + end) / 2, (end - start) * (COLUMNS_APART, ROWS_APART)
        across = np.array([-along[1], along[0]]) * 0.25 / (COLUMNS_APART, ROWS_APART)
        short = (*(middle - across), *(middle + across))
    points = [(start, end), (np.array(short[:2]), np.array(short[2:]))]
    lengths = [long_mm or length(*points[0]), short_mm or length(*points[1])]
    nums = [
        number(concept, f"{mm:.10f}"[:16], below=[drawn(pair, uid)])
        for concept, mm, pair, uid in zip(
            (LONG, SHORT), lengths, points, (uids[0], on or uids[0]), strict=True
        )
    ]
    return group(*nums)


def raw_item(members: Dataset, *contents: bytes) -> bytes:
    """The bytes of a sequence item whose last element is a Content Sequence of those items."""
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, members)
    body = buffer.getvalue() + (raw_content(*contents) if contents else b"")
    return b"\xfe\xff\x00\xe0" + len(body).to_bytes(4, "little") + body


def raw_content(*items: bytes) -> bytes:
    body = b"".join(items)
    return b"\x40\x00\x30\xa7SQ\0\0" + len(body).to_bytes(4, "little") + body


def of_raw(*groups: bytes) -> bytes:
    """A report whose groups were encoded before."""
    whole = report()
    measurements = node("CONTAINS", "CONTAINER", ("126010", "DCM", "Imaging Measurements"))
    start = whole.index(b"\x40\x00\x30\xa7SQ")
    return whole[:start] + raw_content(raw_item(measurements, *groups))


def radiomics(count):
    method = node("HAS CONCEPT MOD", "CODE", ("370129005", "SCT", "Measurement Method"))
    method.ConceptCodeSequence = coded("M", "99M", "An extractor")
    derivation = node("HAS CONCEPT MOD", "CODE", ("121401", "DCM", "Derivation"))
    derivation.ConceptCodeSequence = coded("373098007", "SCT", "Mean")
    version = node("HAS OBS CONTEXT", "TEXT", ("111003", "DCM", "Version"), TextValue="3.1.0")
    below = [method, derivation, version]
    value = raw_item(number(("F1", "99RAD", "a feature"), "0.5", ("1", "UCUM", ""), below))
    widest = raw_item(number(("L0JK", "IBSI", "Maximum3DDiameter"), "31.5", below=below))
    members = node("CONTAINS", "CONTAINER", ("125007", "DCM", "Measurement Group"))
    return of_raw(raw_item(members, *[value] * (count - 1), widest))


def nested(levels: int, vr: bytes, *, undefined: bool) -> bytes:
    """A Content Sequence in an item of a Content Sequence in an item …"""

    def around(body: bytes, end: bytes) -> bytes:
        return (b"\xff" * 4 + body + end) if undefined else len(body).to_bytes(4, "little") + body

    found = b""
    for _ in range(levels):
        item = b"\xfe\xff\x00\xe0" + around(found, b"\xfe\xff\x0d\xe0\0\0\0\0")
        found = b"\x40\x00\x30\xa7" + vr + b"\0\0" + around(item, b"\xfe\xff\xdd\xe0\0\0\0\0")
    return found


@pytest.fixture
def ohif() -> SimpleNamespace:
    """The functions that make reports."""
    return SimpleNamespace(
        length=length,
        item=item,
        coded=coded,
        node=node,
        image=image,
        drawn=drawn,
        number=number,
        group=group,
        site=site,
        report=report,
        part10=part10,
        only=only,
        reason=reason,
        bidirectional=bidirectional,
        raw_item=raw_item,
        raw_content=raw_content,
        of_raw=of_raw,
        radiomics=radiomics,
        nested=nested,
    )
