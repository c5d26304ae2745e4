"""What is said of a measured lesion: members, places, and what is unusable or doubted."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from imaging import measure
from imaging.flags import Flag
from imaging.measurement import Measurement
from imaging.phantom import Ellipsoid, phantom

OBLIQUE = {
    "row_direction": (0.8, 0.6, 0.0),
    "column_direction": (0.0, 0.0, -1.0),
    "origin": (-50.0, 20.0, 300.0),
    "spacing": (0.7, 0.9),
}


@pytest.fixture(scope="module")
def volume():
    """A ball of 24 mm in an oblique block of pixels that are not square."""
    empty = phantom([], size=(15, 120, 120), background=-100.0, **OBLIQUE)
    centre = tuple(empty.patient(60, 60, 7).tolist())
    lesion = Ellipsoid(centre, (12.0, 12.0, 12.0), 40.0)
    return phantom([lesion], size=(15, 120, 120), background=-100.0, **OBLIQUE)


def test_the_members_are_those_of_the_contract_in_its_order(volume):
    assert list(measure.measure_click(volume, (60, 60, 7)).as_json()) == [
        "longest_mm",
        "short_axis_mm",
        "longest_unconstrained_mm",
        "area_mm2",
        "volume_mm3",
        "slice",
        "sop_instance_uid",
        "frame",
        "convention",
        "longest_px",
        "short_axis_px",
        "longest_patient_mm",
        "short_axis_patient_mm",
        "flags",
    ]


def test_a_readers_line_and_a_click_have_the_same_members(volume):
    clicked = measure.measure_click(volume, (60, 60, 7))
    drawn = measure.measure_line(volume, (5, 5), (12, 8), 2)
    assert list(clicked.as_json()) == list(drawn.as_json())


def test_json_has_numbers_lists_and_nulls_alone(volume):
    found = measure.measure_click(volume, (60, 60, 7)).as_json()
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again == found
    assert [len(again[member]) for member in ("longest_px", "longest_patient_mm")] == [2, 2]
    assert [len(point) for point in again["longest_px"] + again["longest_patient_mm"]] == [
        2,
        2,
        3,
        3,
    ]


def test_points_in_pixels_and_in_the_patient_are_the_same_points(volume):
    found = measure.measure_click(volume, (60, 60, 7))
    for pixels, patient, length in (
        (found.longest_px, found.longest_patient_mm, found.longest_mm),
        (found.short_axis_px, found.short_axis_patient_mm, found.short_axis_mm),
    ):
        placed = [volume.patient(column, row, found.slice) for column, row in pixels]
        assert np.allclose(placed, patient, atol=2e-3)
        assert np.linalg.norm(np.diff(patient, axis=0)) == pytest.approx(length, abs=3e-3)


def test_the_axes_are_perpendicular(volume):
    found = measure.measure_click(volume, (60, 60, 7))
    along, across = (
        np.diff(ends, axis=0)[0] for ends in (found.longest_patient_mm, found.short_axis_patient_mm)
    )
    assert abs(along @ across) < 1e-3 * found.longest_mm * found.short_axis_mm


def test_the_slice_and_its_image_are_named(volume):
    found = measure.measure_click(volume, (60, 60, 7))
    assert found.sop_instance_uid == volume.sop_instance_uids[found.slice]
    assert found.frame is None
    frames = replace(volume, frames=tuple(range(1, 16)))
    assert measure.measure_click(frames, (60, 60, 7)).frame == found.slice + 1


def test_patient_points_say_what_voxels_say(volume):
    click = measure.measure_click(volume, (60, 60, 7))
    assert measure.measure_click_at(volume, volume.patient(60, 60, 7)) == click
    line = measure.measure_line(volume, (46, 60), (74, 61), 7)
    ends = volume.patient([46, 74], [60, 61], [7, 7])
    assert measure.measure_line_at(volume, *ends).longest_mm == pytest.approx(line.longest_mm)


def test_flags_of_the_series_are_carried_along(volume):
    flagged = replace(volume, flags=(Flag("GANTRY_TILT", "Tilted."),))
    codes = [flag.code for flag in measure.measure_click(flagged, (60, 60, 7)).flags]
    assert codes[0] == "GANTRY_TILT"


def test_without_an_even_step_there_is_no_volume(volume):
    assert measure.measure_click(replace(volume, step=None), (60, 60, 7)).volume_mm3 is None


def test_a_lesion_of_few_slices_says_so():
    lesion = Ellipsoid((40.0, 40.0, 40.0), (4.0, 4.0, 9.0), 40.0)
    volume = phantom([lesion], size=(17, 100, 100), step=5.0, background=-850.0)
    codes = {flag.code for flag in measure.measure_click(volume, (50, 50, 8)).flags}
    assert "FEW_SLICES" in codes


def test_a_line_on_nothing_is_measured_itself(volume):
    found = measure.measure_line(volume, (5, 5), (35, 45), 2)
    assert found.convention == "READER_LINE"
    assert found.longest_mm == pytest.approx(np.hypot(30 * 0.9, 40 * 0.7), abs=1e-3)
    assert found.longest_px == [[5.0, 5.0], [35.0, 45.0]]
    assert (found.short_axis_mm, found.area_mm2, found.volume_mm3) == (None, None, None)
    assert "LOW_TRUST" in {flag.code for flag in found.flags}


@pytest.mark.parametrize(
    "line",
    [
        ((-0.5, -0.5), (0.4, -0.5)),
        ((0, 0), (119, 119)),
        ((119, 0), (119, 119)),
        ((9, 9), (9.01, 9)),
    ],
)
def test_lines_of_any_length_at_the_border_are_measured(volume, line):
    found = measure.measure_line(replace(volume, spacing=(9.0, 9.0)), *line, 7)
    assert found.longest_mm == pytest.approx(9 * np.hypot(*np.subtract(*line)), rel=0.2, abs=1e-3)


def test_a_line_far_longer_than_the_lesion_is_measured_itself(volume):
    found = measure.measure_line(volume, (35, 60), (85, 60), 7)
    assert found.convention == "READER_LINE"
    assert found.longest_mm == pytest.approx(45)


def test_a_lines_length_takes_both_pixel_spacings():
    flat = phantom([], size=(1, 40, 40), spacing=(0.5, 0.9), noise=0.0)
    assert measure.measure_line(flat, (10, 10), (20, 10), 0).longest_mm == pytest.approx(9.0)
    assert measure.measure_line(flat, (10, 10), (10, 20), 0).longest_mm == pytest.approx(5.0)


@pytest.mark.parametrize(
    "click", [(-1, 60, 7), (120, 60, 7), (60, 119.6, 7), (60, 60, 15), (60, 60, -1)]
)
def test_a_click_outside_is_unusable(volume, click):
    with pytest.raises(measure.OutsideVolume, match="120 columns"):
        measure.measure_click(volume, click)


@pytest.mark.parametrize("end", [(120, 5), (5, -0.6)])
def test_a_line_that_leaves_the_images_is_unusable(volume, end):
    with pytest.raises(measure.OutsideVolume):
        measure.measure_line(volume, (5, 5), end, 2)


def test_a_line_of_no_length_or_across_slices_is_unusable(volume):
    with pytest.raises(measure.NoLength):
        measure.measure_line(volume, (5, 5), (5, 5), 2)
    with pytest.raises(measure.NoLength, match="different slices"):
        measure.measure_line_at(volume, volume.patient(5, 5, 2), volume.patient(9, 5, 4))


def test_real_lines_are_measured_at_both_time_points(shared):
    from imaging.series.loading import load

    series = [
        shared / "data/dicom/crc-mr-two-timepoints" / scan for scan in ("SCAN_001", "SCAN_002")
    ]
    series += sorted((shared / "data/dicom/ct-two-timepoint-pairs").glob("A*/*.dcm"))
    for place in series:
        volume = load(place if place.is_dir() else [place])
        middle = len(volume.stored) // 2
        found = measure.measure_line(volume, (120, 120), (136, 132), middle)
        drawn = np.hypot(16 * volume.spacing[1], 12 * volume.spacing[0])
        assert found.longest_mm == pytest.approx(drawn, rel=0.2)
        assert found.slice is not None
        assert (found.volume_mm3 is None) or volume.step


def test_the_sarcoma_is_found_on_ct_and_mr(shared):
    """Drawn by readers 53.92 mm long; a click in its middle is to find the mass."""
    from imaging.series.loading import load

    for modality, click in (("CT", (76, 81, 23)), ("MR_T1", (57, 61, 20))):
        volume = load(shared / "data/dicom/sarcoma-ct-mr-rtstruct" / modality)
        found = measure.measure_click(volume, click)
        assert found.longest_mm == pytest.approx(53.9, rel=0.1)


def test_every_member_is_declared_once():
    names = [field.name for field in fields(Measurement)]
    assert len(names) == len(set(names)) == 14
