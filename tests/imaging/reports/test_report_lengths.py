"""Which numbers of a report are lengths, in which unit, and why others are passed over."""

import pydicom
import pytest

from imaging.sr.reading import read_report

LENGTH = ("410668003", "SCT", "Length")


@pytest.mark.parametrize(
    ("unit", "written", "mm"),
    [("mm", "12.5", 12.5), ("cm", "1.23", 12.3), ("um", "12345", 12.345), ("mm", " 9 ", 9.0)],
)
def test_units_of_length_become_millimetres(ohif, unit, written, mm):
    assert ohif.only(ohif.group(ohif.number(LENGTH, written, (unit, "UCUM", "")))).value_mm == mm


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (("1", "UCUM", "no units"), "NOT_A_LENGTH_UNIT"),
        (("px", "UCUM", "pixels"), "NOT_A_LENGTH_UNIT"),
        (("[arb'U]{mm}", "UCUM", "mm"), "NOT_A_LENGTH_UNIT"),
        (("mm2", "UCUM", "mm"), "NOT_A_LENGTH_UNIT"),
        (("mm", "99PRIVATE", "mm"), "NOT_A_LENGTH_UNIT"),
        (None, "NO_UNIT"),
    ],
)
def test_a_number_without_a_unit_of_length_is_no_length(ohif, unit, expected):
    assert ohif.reason(ohif.group(ohif.number(LENGTH, "12.5", unit))) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, "NO_VALUE"),
        ("", "NO_VALUE"),
        ("twelve", "NOT_A_NUMBER"),
        ("NaN", "NOT_A_NUMBER"),
        ("1e99999999", "NOT_A_NUMBER"),
        ("1e-99999999", "OUT_OF_RANGE"),
        ("Infinity", "NOT_A_NUMBER"),
        ("1\\2", "NOT_A_NUMBER"),
        ("-5", "OUT_OF_RANGE"),
        ("0", "OUT_OF_RANGE"),
        ("1000.001", "OUT_OF_RANGE"),
    ],
)
def test_values_that_no_lesion_has_are_passed_over(ohif, written, expected):
    made = ohif.number(LENGTH, "5")
    element = made.MeasuredValueSequence[0]
    raw = (written or "").encode()
    raw += b" " * (len(raw) % 2)
    element[0x0040A30A] = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(0x0040A30A), "DS", len(raw), raw, 0, False, True
    )
    if written is None:
        del made.MeasuredValueSequence
    assert ohif.reason(ohif.group(made)) == expected


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        (("131187009", "SCT", "Major Axis"), "NOT_A_CALIPER"),
        (("G-A194", "SRT", "Minor Axis"), "NOT_A_CALIPER"),
        (("L0JK", "IBSI", "Maximum 3D Diameter"), "NOT_A_CALIPER"),
        (("103339001", "99PRIVATE", "Long Axis"), "NOT_A_LENGTH"),
        (("G-A185", "DCM", "Long Axis"), "NOT_A_LENGTH"),
        (("1", "99PRIVATE", "Long Axis"), "NOT_A_LENGTH"),
        (None, "NOT_A_LENGTH"),
    ],
)
def test_concepts_are_told_by_code_and_never_by_meaning(ohif, concept, expected):
    assert ohif.reason(ohif.group(ohif.number(concept, "12.5"))) == expected


@pytest.mark.parametrize("graphic", ["ELLIPSE", "CIRCLE"])
def test_an_area_under_the_code_and_unit_of_a_length_is_no_length(ohif, uids, graphic):
    shape = ohif.drawn([(10, 10), (20, 10)] * (2 if graphic == "ELLIPSE" else 1), uids[0], graphic)
    assert (
        ohif.reason(ohif.group(ohif.number(("G-D7FE", "SRT", "AREA"), "480", below=[shape])))
        == "NOT_A_LINE"
    )


def test_what_a_writer_calls_a_relationship_does_not_matter(ohif, images, uids):
    made = ohif.bidirectional(uids)
    made.ContentSequence.append(ohif.site("T-62000", "SRT", "Liver"))
    for child in made.ContentSequence:
        child.RelationshipType = "HAS PROPERTIES"
    found = read_report(ohif.report(made), images).measurements
    assert [m.site.meaning for m in found] == ["Liver"] * 2
    assert [m.check for m in found] == ["OK"] * 2


def test_a_number_without_a_group_is_read(ohif, images, uids):
    line = ohif.drawn([(10, 10), (50, 10)], uids[0])
    found = ohif.only(ohif.number(LENGTH, "20", below=[line]), images=images)
    assert (found.group, found.tracking_identifier, found.check) == (None, None, "OK")


@pytest.mark.parametrize(
    ("charset", "words"),
    [("ISO_IR 192", "Leber, Segment Ⅳ"), (["", "ISO 2022 IR 87"], "肝臓"), ("ISO_IR 100", "Füße")],
)
def test_words_are_read_in_their_character_set(ohif, charset, words):
    made = ohif.group(ohif.number(LENGTH, "5"), ohif.site("1", "99X", words), label=words)
    found = ohif.only(made, charset=charset)
    assert (found.site.meaning, found.tracking_identifier) == (words, words)
