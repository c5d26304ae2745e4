"""Measurement reports of OHIF, dcmqi and highdicom: their known values."""

import io

import highdicom as hd
import numpy as np
import pydicom
import pytest
from highdicom.sr import (
    CodedConcept,
    Comprehensive3DSR,
    CoordinatesForMeasurement,
    FindingSite,
    GraphicTypeValues,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    SourceImageForRegion,
    TrackingIdentifier,
)
from pydicom.sr.codedict import codes
from pydicom.uid import (
    generate_uid,
)

from imaging.flags import Refused
from imaging.sr.check import held
from imaging.sr.reading import read_report

LENGTH = ("410668003", "SCT", "Length")


def test_axes_and_lengths_are_read_past_an_arrow_and_ellipses(dicom):
    found = read_report(dicom / "sr-tid1500-readers/dcmjs_length_bidirectional_ellipse.dcm", {})
    values = [(m.group, m.concept.meaning, m.value_mm, m.check) for m in found.measurements]
    assert values == [
        (3, "Long Axis", 93.9, "UNCHECKED"),
        (3, "Short Axis", 47.0, "UNCHECKED"),
        (4, "Length", 39.366492911614, "UNCHECKED"),
        (5, "Length", 133.992062006165, "UNCHECKED"),
    ]
    passed = [(p.concept.meaning, p.value, p.unit, p.reason) for p in found.skipped]
    assert passed == [
        ("Center", None, None, "NO_VALUE"),
        ("AREA", 4806.42320110457, "mm2", "NOT_A_LENGTH_UNIT"),
        ("AREA", 3905.35929103307, "mm2", "NOT_A_LENGTH_UNIT"),
    ]
    long = found.measurements[0]
    assert long.tracking_identifier == "cornerstoneTools@^4.0.0:Bidirectional"
    assert long.tracking_uid.startswith("2.25.727123647032892")
    assert long.image.sop_instance_uid.endswith(".20100510032220.11")
    assert long.drawing.points == ((71.5, 329.0), (139.5, 397.0))


def test_a_diameter_is_checked_against_the_circle_of_its_group(dicom):
    place = dicom / "sr-tid1500-readers"
    nodule, aorta = read_report(place / "highdicom_multiple_groups.dcm", held(place)).measurements
    assert (nodule.group, nodule.value_mm, nodule.site.meaning) == (2, 10.0, "Lung")
    assert nodule.check == "DIFFERS"  # made up: the circle is 13.2 mm wide
    assert (aorta.value_mm, aorta.site, aorta.check) == (20.0, None, "UNCHECKED")


def test_an_area_in_square_centimetres_is_no_length(dicom):
    found = read_report(dicom / "sr-tid1500-readers/highdicom_planar_circle.dcm", {})
    assert not found.measurements
    (area,) = found.skipped
    assert (area.value, area.unit, area.reason) == (1.7, "cm2", "NOT_A_LENGTH")


@pytest.mark.parametrize("name", ["sr_tid1500_dcmqi.dcm", "sr_tid1500_rsna2018.dcm"])
def test_the_volume_of_a_segment_is_passed_over_in_both_units(dicom, name):
    found = read_report(dicom / "liver-ct-seg-sr" / name, {})
    assert not found.measurements
    volumes = {p.value: p.unit for p in found.skipped if p.concept.value == "G-D705"}
    assert volumes == {70361.9: "mm3", 70.3619: "cm3"}


def test_eleven_volumes_and_no_length(dicom):
    found = read_report(dicom / "headneck-seg-sr" / "sr_tid1500_11_groups.dcm", {})
    assert not found.measurements
    volumes = [p.value for p in found.skipped if p.concept.value == "G-D705"]
    assert len(volumes) == 11
    assert {39.5837, 98.6677, 1.003, 1.44619} <= set(volumes)


@pytest.mark.parametrize(
    "name",
    [
        "sr-tid1500-readers/not_tid1500_basic_text_sr.dcm",
        "sr-tid1500-readers/not_tid1500_comprehensive_sr.dcm",
        "sr-tid1500-readers/highdicom_ct_image.dcm",
        "liver-ct-seg-sr/seg_liver.dcm",
    ],
)
def test_what_is_no_measurement_report_is_refused(dicom, name):
    with pytest.raises(Refused) as caught:
        read_report(dicom / name, {})
    assert caught.value.code == "NOT_A_REPORT"
    assert "TID 1500" in caught.value.says


@pytest.mark.parametrize(
    ("name", "end", "mm"),
    [
        ("ge_ct_scout_lateral.dcm", (10.5, 0.5), 5.96847),
        ("ge_ct_scout_frontal.dcm", (0.5, 10.5), 5.45455),
    ],
)
def test_a_line_on_a_localizer_is_right_and_doubted(ohif, dicom, name, end, mm):
    place = dicom / "anisotropic-pixels"
    uid = str(pydicom.dcmread(place / name, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
    line = ohif.drawn([(0.5, 0.5), end], uid)
    found = ohif.only(ohif.group(ohif.number(LENGTH, str(mm), below=[line])), images=held(place))
    assert found.check == "OK"
    assert [flag.code for flag in found.flags] == ["LOCALIZER"]


@pytest.mark.parametrize(("frame", "check"), [(3, "OK"), (None, "OK"), (8, "OK"), (9, "UNCHECKED")])
def test_a_line_on_a_frame(ohif, dicom, frame, check):
    place = dicom / "anisotropic-pixels"
    uid = str(pydicom.dcmread(place / "hyperfine_mr.dcm").SOPInstanceUID)
    line = ohif.drawn([(10, 10), (40, 50)], uid, frame=frame)
    written = f"{np.hypot(30 * 1.59, 40 * 1.61):.4f}"
    found = ohif.only(ohif.group(ohif.number(LENGTH, written, below=[line])), images=held(place))
    assert (found.check, found.image.frame) == (check, frame)


def test_a_report_of_highdicom_is_right(ohif, folder, images):
    (path, *_) = sorted(folder.iterdir())
    image_ = pydicom.dcmread(path)
    uid = str(image_.SOPInstanceUID)
    source = SourceImageForRegion(image_.SOPClassUID, uid)
    nums = []
    for concept, end in [(codes.SCT.LongAxis, (70, 20)), (codes.SCT.ShortAxis, (20, 40))]:
        line = CoordinatesForMeasurement(
            GraphicTypeValues.POLYLINE, np.array([(20, 20), end], float), source
        )
        mm = float(ohif.length((20, 20), end))
        nums.append(Measurement(concept, mm, codes.UCUM.Millimeter, referenced_coordinates=[line]))
    tracking = hd.UID()
    evaluated = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=tracking, identifier="T01"),
        finding_sites=[FindingSite(CodedConcept("10200004", "SCT", "Liver"))],
        measurements=nums,
    )
    observer = ObserverContext(codes.DCM.Person, PersonObserverIdentifyingAttributes("Reader^1"))
    contents = MeasurementReport(
        ObservationContext(observer_person_context=observer),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=[evaluated],
    )
    made = Comprehensive3DSR(
        [image_], contents, generate_uid(), 1, generate_uid(), 1, "a maker"
    )  # fmt: skip
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    long, short = read_report(file.getvalue(), images).measurements
    assert (long.check, short.check, short.flags) == ("OK", "OK", ())
    assert (long.value_mm, short.value_mm) == (25.0, 16.0)
    assert (long.tracking_identifier, long.tracking_uid) == ("T01", tracking)
    assert long.site == ("10200004", "SCT", "Liver")
