"""What stands between two series: known pairs, each limit from both sides, and hostile headers."""

from dataclasses import replace
from datetime import date
from math import cos, radians, sin

import pydicom
import pytest

from imaging import inspect
from imaging.phantom import phantom, write
from imaging.series.acquisition import Acquisition, acquisition
from imaging.series.comparability import against, compared, of_size

PLAIN = Acquisition(
    modality="CT",
    device="MAKER One",
    tesla=None,
    contrast=True,
    phase=None,
    delay_s=None,
    thickness=2.5,
    spacing=(0.8, 0.8),
    normal=(0.0, 0.0, 1.0),
    coverage=300.0,
    missing=0,
)


def codes(flags):
    return [flag.code for flag in flags]


def tilted(degrees):
    return (0.0, sin(radians(degrees)), cos(radians(degrees)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"modality": "MR", "thickness": 6.0, "contrast": False}, ["MODALITY_CHANGED"]),
        ({"thickness": 3.75}, ["SLICE_THICKNESS_CHANGED"]),
        ({"thickness": 3.7}, []),
        ({"thickness": 1.25}, ["SLICE_THICKNESS_CHANGED"]),
        ({"thickness": None}, []),
        ({"spacing": (1.2, 1.2)}, ["PIXEL_SPACING_CHANGED"]),
        ({"spacing": (1.1, 1.1)}, []),
        ({"spacing": (0.8, 1.2)}, ["PIXEL_SPACING_CHANGED"]),
        ({"contrast": False}, ["CONTRAST_CHANGED"]),
        ({"contrast": None}, []),
        ({"device": "OTHER Two"}, ["DEVICE_CHANGED"]),
        ({"device": "maker one"}, []),
        ({"device": ""}, []),
        ({"normal": tilted(5.1)}, ["PLANES_TURNED"]),
        ({"normal": tilted(4.9)}, []),
        ({"normal": (0.0, 0.0, -1.0)}, []),
        ({"normal": (1.0, 0.0, 0.0)}, ["PLANES_TURNED"]),
        ({"coverage": 239.0}, ["COVERAGE_SHORTER"]),
        ({"coverage": 241.0}, []),
        ({"coverage": 900.0}, []),
    ],
    ids=str,
)
def test_what_differs_is_told_by_name(change, expected):
    assert codes(compared(replace(PLAIN, **change), PLAIN)) == expected


def test_little_is_not_told_where_factors_are_large():
    thin = replace(PLAIN, thickness=0.6, coverage=8.0, spacing=(0.2, 0.2))
    other = replace(PLAIN, thickness=1.5, coverage=1.0, spacing=(0.4, 0.4))
    assert codes(compared(other, thin)) == []


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        ({"phase": "ARTERIAL"}, {"phase": "PORTAL_VENOUS"}, ["PHASE_CHANGED"]),
        ({"phase": "ARTERIAL"}, {"phase": "ARTERIAL"}, []),
        ({"phase": "ARTERIAL"}, {}, []),
        ({"delay_s": 35.0}, {"delay_s": 70.0}, ["PHASE_CHANGED"]),
        ({"delay_s": 60.0}, {"delay_s": 80.0}, []),
        ({"delay_s": 35.0}, {}, []),
        ({"phase": "ARTERIAL"}, {"contrast": False}, ["CONTRAST_CHANGED"]),
        ({"tesla": 3.0}, {"tesla": 1.5}, ["FIELD_STRENGTH_CHANGED"]),
        ({"tesla": 1.494}, {"tesla": 1.5}, []),
    ],
    ids=str,
)
def test_phases_and_fields(now, then, expected):
    assert codes(compared(replace(PLAIN, **now), replace(PLAIN, **then))) == expected


def test_numbers_are_in_the_sentences():
    seen = replace(PLAIN, thickness=5.0, normal=tilted(18.5), coverage=100.0)
    told = " ".join(flag.says for flag in compared(seen, PLAIN))
    for number in ("5 mm", "2.5 mm", "18.5 degrees", "100 mm", "300 mm"):
        assert number in told


@pytest.mark.parametrize(("mm", "doubtful"), [(4.9, True), (5.0, False), (30.0, False)])
def test_a_lesion_is_at_least_two_slices_long(mm, doubtful):
    assert codes(of_size(PLAIN, mm)) == ["THICK_FOR_LESION"] * doubtful
    assert codes(of_size(replace(PLAIN, thickness=None), mm)) == []


def test_missing_slices_are_told_with_any_size():
    (flag,) = of_size(replace(PLAIN, missing=3), 50.0)
    assert flag.code == "SLICES_MISSING"
    assert "3" in flag.says


def test_of_several_earlier_ones_each_doubt_is_told_once():
    first, last = replace(PLAIN, device="A B"), replace(PLAIN, thickness=5.0, device="A B")
    told = [(flag.code, which) for flag, which in against(PLAIN, [last, first])]
    assert told == [("SLICE_THICKNESS_CHANGED", 0), ("DEVICE_CHANGED", 0)]
    drifted = replace(PLAIN, thickness=4.5)
    between = replace(PLAIN, thickness=3.2)
    assert [which for _, which in against(drifted, [between, PLAIN])] == [1]


PAIRS = {
    "A046441": ["SLICE_THICKNESS_CHANGED", "DEVICE_CHANGED"],
    "A048383": [],
    "A056642": ["SLICE_THICKNESS_CHANGED", "CONTRAST_CHANGED"],
    "A058062": [],
    "A062055": [],
}


@pytest.mark.parametrize(("patient", "expected"), PAIRS.items(), ids=PAIRS)
def test_real_pairs_differ_as_is_known_of_them(shared, patient, expected):
    """The README of the pairs has slice thickness, maker and contrast of each."""
    folder = shared / "data/dicom/ct-two-timepoint-pairs" / patient
    before, after = (acquisition([inspect(file)]) for file in sorted(folder.glob("*.dcm")))
    assert codes(compared(after, before)) == expected


def test_real_series_have_the_extent_that_is_known_of_them(shared):
    folder = shared / "data/dicom/uneven-spacing/siemens_missing_slice"
    found = acquisition([inspect(file) for file in sorted(folder.rglob("*")) if file.is_file()])
    assert found.missing == 1
    assert found.thickness == pytest.approx(0.75, abs=0.001)  # between slices: no tag says it
    folder = shared / "data/dicom/gantry-tilt/philips_tilt_-18.5"
    found = acquisition([inspect(file) for file in sorted(folder.rglob("*")) if file.is_file()])
    assert codes(compared(found, replace(found, normal=(0.0, 0.0, 1.0)))) == ["PLANES_TURNED"]
    assert "18.5 degrees" in next(compared(found, replace(found, normal=(0.0, 0.0, 1.0)))).says


@pytest.fixture
def header(tmp_path):
    """Make an instance of a phantom whose header has these members, and read its acquisition."""
    write(phantom([], size=(2, 8, 8)), tmp_path, patient_id="S", study_date=date(2024, 1, 1))
    files = sorted(tmp_path.iterdir())

    def read(**members):
        for file in files:
            image = pydicom.dcmread(file)
            for name, value in members.items():
                setattr(image, name, value)
            image.save_as(file, enforce_file_format=True)
        return acquisition([inspect(file) for file in files])

    return read


@pytest.mark.parametrize(
    ("members", "contrast", "phase"),
    [
        ({}, None, None),
        ({"ContrastBolusAgent": "NON IONIC"}, True, None),
        ({"ContrastBolusAgent": "BARIUM", "ContrastBolusRoute": "Oral"}, None, None),
        ({"ContrastBolusAgent": "BOTH", "ContrastBolusRoute": "Oral & IV"}, True, None),
        ({"SeriesDescription": "ABD ARTERIAL 2.5"}, True, "ARTERIAL"),
        ({"SeriesDescription": "late arterial"}, True, "ARTERIAL"),
        ({"SeriesDescription": "PORTAL_VENOUS"}, True, "PORTAL_VENOUS"),
        ({"ProtocolName": "Liver delayed"}, True, "DELAYED"),
        ({"SeriesDescription": "arterial and portal"}, None, None),
        ({"StudyDescription": "CT ABD W IV CONT"}, True, None),
        ({"StudyDescription": "CT ABD WO IV CONT"}, False, None),
        ({"StudyDescription": "CT ABD W WO IV CONT"}, None, None),
        ({"StudyDescription": "CT without contrast"}, False, None),
        ({"ProtocolName": "Chest HCT 5mm  -C"}, False, None),
        ({"SeriesDescription": "article of a particular part"}, None, None),
    ],
    ids=str,
)
def test_contrast_and_phase_are_read_from_what_headers_say(header, members, contrast, phase):
    found = header(**members)
    assert (found.contrast, found.phase) == (contrast, phase)


@pytest.mark.parametrize(
    ("start", "at", "seconds"),
    [
        ("101500", "101610.25", 70.25),
        ("101500", "101400", None),
        ("101500", "141500", None),
        ("1015", "101610", None),
        ("nonsense", "101610", None),
        ("10:15:00", "101610", None),
        ("235950", "000020", None),
        ("", "101610", None),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR TM")
def test_the_delay_is_from_the_injection_to_the_image(header, start, at, seconds):
    found = header(ContrastBolusStartTime=start, AcquisitionTime=at)
    assert found.delay_s == seconds


def test_a_name_of_a_device_is_letters_and_digits_of_it_alone(header):
    found = header(Manufacturer="<script>alert('x')</script>\r\n", ManufacturerModelName="M" * 60)
    assert found.device == "scriptalertx/script " + "M" * 40
    (flag,) = compared(found, replace(found, device="Other"))
    assert "<" not in flag.says
    assert "\n" not in flag.says


def test_a_mask_has_no_acquisition(shared):
    mask = inspect(shared / "data/dicom/liver-ct-seg-sr/seg_liver.dcm")
    assert acquisition([mask]) is None


@pytest.mark.parametrize(
    ("members", "on"),
    [
        ({"AcquisitionDate": "20240105", "StudyDate": "20240101"}, date(2024, 1, 5)),
        ({"StudyDate": "20240101"}, date(2024, 1, 1)),
        ({"AcquisitionDate": "", "StudyDate": "20240101"}, date(2024, 1, 1)),
        ({"AcquisitionDate": "20241305", "StudyDate": "20240101"}, date(2024, 1, 1)),
        ({"StudyDate": "2024.01.01"}, None),
        ({"StudyDate": ""}, None),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR DA")
def test_the_day_is_that_of_the_acquisition_or_else_of_the_study(header, members, on):
    assert header(**members).scanned_on == on
