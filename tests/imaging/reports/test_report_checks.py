"""Each length of a report against its own points, on images whose pixels are no squares."""

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from imaging.sr.reading import read_report

LONG = ("103339001", "SCT", "Long Axis")
SHORT = ("103340004", "SCT", "Short Axis")
LENGTH = ("410668003", "SCT", "Length")
ROWS_APART = 0.8
COLUMNS_APART = 0.5


SYNTAXES = [
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]


@pytest.mark.parametrize("title", ["126000", "126001"])
def test_an_ohif_report_with_its_images_is_right(ohif, images, uids, title):
    made = ohif.report(
        ohif.bidirectional(uids), ohif.bidirectional(uids[1:], (5, 5, 5, 45)), title=title
    )
    found = read_report(made, images).measurements
    assert [m.check for m in found] == ["OK"] * 4
    assert [m.group for m in found] == [1, 1, 2, 2]
    assert not any(m.flags for m in found)
    assert found[2].value_mm == pytest.approx(32.0, abs=1e-9)
    assert found[2].image.sop_instance_uid == uids[1]


def test_swapped_spacing_is_named(ohif, images, uids):
    start, end = (10.0, 10.0), (70.0, 30.0)
    swapped = np.hypot(60 * ROWS_APART, 20 * COLUMNS_APART)
    line = ohif.drawn([start, end], uids[0])
    found = ohif.only(
        ohif.group(ohif.number(LENGTH, f"{swapped:.6f}", below=[line])), images=images
    )
    assert found.check == "SWAPPED_SPACING"
    assert (
        ohif.only(ohif.group(ohif.number(LENGTH, f"{swapped:.6f}", below=[line]))).check
        == "UNCHECKED"
    )


@pytest.mark.parametrize(
    ("end", "off", "check"),
    [
        ((50, 10), 0.099, "OK"),
        ((50, 10), -0.099, "OK"),
        ((50, 10), 0.101, "DIFFERS"),
        ((50, 10), -0.101, "DIFFERS"),
        ((10, 90), 0.127, "OK"),
        ((10, 90), 0.129, "DIFFERS"),
    ],
)
def test_rounding_is_a_tenth_of_a_millimetre_or_two_per_mille(ohif, images, uids, end, off, check):
    line = ohif.drawn([(10, 10), end], uids[0])
    written = f"{ohif.length((10, 10), end) + off:.6f}"  # 20 mm along a row, 64 mm down a column
    found = ohif.only(ohif.group(ohif.number(LENGTH, written, below=[line])), images=images)
    assert found.check == check


def test_without_points_or_images_nothing_is_checked(ohif, images, uids):
    assert ohif.only(ohif.group(ohif.number(LENGTH, "20")), images=images).drawing is None
    assert ohif.only(ohif.group(ohif.number(LENGTH, "20")), images=images).check == "UNCHECKED"
    elsewhere = ohif.drawn([(10, 10), (50, 10)], "1.2.3.4")
    found = ohif.only(ohif.group(ohif.number(LENGTH, "20", below=[elsewhere])), images=images)
    assert (found.check, found.image.sop_instance_uid) == ("UNCHECKED", "1.2.3.4")
    bare = ohif.node(
        "INFERRED FROM", "SCOORD", GraphicType="POLYLINE", GraphicData=[1.0, 1.0, 5.0, 5.0]
    )
    assert (
        ohif.only(ohif.group(ohif.number(LENGTH, "20", below=[bare])), images=images).image is None
    )


@pytest.mark.parametrize(
    ("concept", "graphic", "points", "mm"),
    [
        (LENGTH, "POLYLINE", [(10, 10), (50, 10), (50, 20)], 28.0),
        (LENGTH, "MULTIPOINT", [(10, 10), (50, 10)], 20.0),
        (("81827009", "SCT", "Diameter"), "CIRCLE", [(50, 50), (50, 60)], 16.0),
        (LONG, "ELLIPSE", [(40, 50), (60, 50), (50, 30), (50, 70)], 32.0),
        (SHORT, "ELLIPSE", [(40, 50), (60, 50), (50, 30), (50, 70)], 10.0),
    ],
)
def test_each_kind_of_drawing_has_its_length(ohif, images, uids, concept, graphic, points, mm):
    for off, check in [(0, "OK"), (1, "DIFFERS")]:
        shape = ohif.drawn(points, uids[0], graphic)
        found = ohif.only(
            ohif.group(ohif.number(concept, str(mm + off), below=[shape])), images=images
        )
        assert found.check == check


@pytest.mark.parametrize(
    ("concept", "graphic", "points"),
    [
        (LONG, "POLYLINE", [(10, 10), (50, 10), (50, 20)]),
        (LONG, "POINT", [(10, 10)]),
        (("81827009", "SCT", "Diameter"), "ELLIPSE", [(40, 50), (60, 50), (50, 30), (50, 70)]),
        (LONG, "", [(10, 10), (50, 10)]),
    ],
)
def test_what_a_drawing_does_not_define_is_unchecked(ohif, images, uids, concept, graphic, points):
    shape = ohif.drawn(points, uids[0], graphic)
    found = ohif.only(ohif.group(ohif.number(concept, "20", below=[shape])), images=images)
    assert found.check == "UNCHECKED"


def test_points_in_space_need_no_image(ohif):
    points = [1.0, 2.0, 3.0, 4.0, 6.0, 15.0]
    for written, check in [("13", "OK"), ("14", "DIFFERS")]:
        line = ohif.node("INFERRED FROM", "SCOORD3D", GraphicType="POLYLINE", GraphicData=points)
        found = ohif.only(ohif.group(ohif.number(LENGTH, written, below=[line])))
        assert (found.check, found.image) == (check, None)
        assert found.drawing.points == ((1.0, 2.0, 3.0), (4.0, 6.0, 15.0))


@pytest.mark.parametrize("data", [[1.0, 2.0, 3.0], [np.inf, 1.0, 2.0, 3.0], [np.nan] * 4])
def test_coordinates_that_are_damaged_are_no_points(ohif, data):
    line = ohif.node("INFERRED FROM", "SCOORD", GraphicType="POLYLINE", GraphicData=data)
    found = ohif.only(ohif.group(ohif.number(LENGTH, "20", below=[line])))
    assert (found.drawing, found.check) == (None, "UNCHECKED")


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"on": 1}, "OTHER_IMAGE"),
        ({"short": (10, 20, 60, 60)}, "NOT_PERPENDICULAR"),
        ({"short_mm": 90.0}, "SHORT_AXIS_LONGER"),
    ],
)
def test_a_short_axis_that_does_not_belong_is_doubted(ohif, images, uids, changes, flag):
    if "on" in changes:
        changes = {"on": uids[changes["on"]]}
    long, short = read_report(ohif.report(ohif.bidirectional(uids, **changes)), images).measurements
    assert not long.flags
    assert flag in [found.code for found in short.flags]


@pytest.mark.parametrize(("degrees", "flagged"), [(4.8, False), (5.2, True)])
def test_five_degrees_off_are_edited_by_a_reader(ohif, images, uids, degrees, flagged):
    turn = np.radians(90 - degrees)
    across = 10 * np.array([np.cos(turn) / COLUMNS_APART, np.sin(turn) / ROWS_APART])
    made = ohif.bidirectional(uids, (10, 50, 90, 50), (40, 40, 40 + across[0], 40 + across[1]))
    _, short = read_report(ohif.report(made), images).measurements
    assert bool(short.flags) == flagged


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_native_transfer_syntax_is_read(ohif, images, uids, syntax):
    found = read_report(ohif.report(ohif.bidirectional(uids), syntax=syntax), images).measurements
    assert [m.check for m in found] == ["OK", "OK"]
