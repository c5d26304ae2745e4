"""What an object derived from an image repeats of it: its class, and whose it is."""

from collections.abc import Mapping
from typing import NamedTuple

from pydicom.dataset import Dataset

from imaging.dicom.elements import Source, read
from imaging.dicom.text import decoded, encodings

SOP_CLASS, CHARACTER_SET = 0x00080016, 0x00080005
LOSSY = 0x00282110
REPEATED: Mapping[int, str] = {
    0x00080020: "DA",  # Study Date
    0x00080030: "TM",  # Study Time
    0x00080050: "SH",  # Accession Number
    0x00080090: "PN",  # Referring Physician's Name
    0x00100010: "PN",  # Patient's Name
    0x00100020: "LO",  # Patient ID
    0x00100030: "DA",  # Patient's Birth Date
    0x00100040: "CS",  # Patient's Sex
    0x00200010: "SH",  # Study ID
}
"""Elements of type 2 in the Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1)."""
LOSSY_WAYS: Mapping[int, str] = {0x00282112: "DS", 0x00282114: "CS"}
"""Ratio and method of a compression with loss (C.7.6.1.1.5)."""


class SourceHeader(NamedTuple):
    """`patient_and_study` has all elements of REPEATED, empty where the image has none."""

    sop_class_uid: str
    patient_and_study: Dataset


def source_header(image: Source) -> SourceHeader:
    """What the standard demands to be repeated of an image; raises what `elements.read` refuses."""
    wanted = {SOP_CLASS, CHARACTER_SET, LOSSY, *REPEATED, *LOSSY_WAYS}
    elements = read(image, frozenset(wanted))
    names = encodings(elements.values.get(CHARACTER_SET, b""))
    found = Dataset()
    for tag, vr in REPEATED.items():
        found.add_new(tag, vr, decoded(elements.values.get(tag, b""), names))
    lossy = elements.text(LOSSY) == "01"
    found.LossyImageCompression = "01" if lossy else "00"
    for tag, vr in LOSSY_WAYS.items() if lossy else ():
        if written := elements.text(tag):
            found.add_new(tag, vr, written.split("\\"))
    return SourceHeader(elements.text(SOP_CLASS), found)
