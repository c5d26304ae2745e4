"""Pictures: greys are the window's, lines lie where the patient has them, letters name sides."""

import io
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from imaging.flags import Refused
from imaging.measure import measure_click
from imaging.phantom import Ellipsoid, phantom
from imaging.pictures.ink import BLACK, WHITE, line, words
from imaging.pictures.picture import (
    LONGEST,
    SHORT_AXIS,
    Lines,
    _letters,
    blank,
    of_measurement,
    on_image,
    picture,
    png,
    side_by_side,
)
from imaging.pictures.view import SIDE_LIMIT, NotPictured, around, per_mm_of, whole
from imaging.pictures.windows import PRESETS, Window, window_of

X, Y, Z = np.eye(3)


def made(values=None, spacing=(1.0, 1.0), **geometry):
    """A volume without noise of the values given, (slices, rows, columns)."""
    values = np.zeros((1, 40, 60)) if values is None else np.atleast_3d(values)
    volume = phantom([], size=values.shape, spacing=spacing, step=2.0, noise=0.0, **geometry)
    volume.stored[:] = np.rint(values - volume.intercept[0])
    return volume


# Windows


@pytest.mark.parametrize(
    ("value", "grey"),
    [(-1000, 0), (-150, 0), (-149, 1), (50, 128), (249, 254), (250, 255), (3000, 255)],
)
def test_a_window_maps_its_width_to_the_greys(value, grey):
    assert Window(50, 400).greys(np.array([value]))[0] == grey


def test_a_picture_shows_each_pixel_by_the_window():
    values = np.full((1, 40, 60), -1000.0)
    values[0, 20, 30], values[0, 20, 31], values[0, 21, 30] = 50, 250, 0
    volume = made(values)
    shown = picture(volume, 0, whole(volume, 1.0), window=Window(50, 400))
    assert shown.shape == (40, 60, 3)
    assert shown[20:22, 30:32, 0].tolist() == [[128, 255], [96, 0]]
    assert np.all(shown[20:22, 30:32, 0:1] == shown[20:22, 30:32])


@pytest.mark.parametrize(
    ("value", "grey"), [(-1000, 255), (-150, 255), (49, 128), (50, 128), (250, 0), (3000, 0)]
)
def test_low_values_of_an_inverted_image_are_bright(value, grey):
    """PS3.3 C.7.6.3.1.2: MONOCHROME1 shows the lowest value white."""
    assert Window(50, 400).greys(np.array([value]), inverted=True)[0] == grey


def test_air_is_black_and_bone_white_in_an_inverted_series_as_in_any():
    values = np.full((1, 40, 60), -1000.0)
    values[0, 10:30, 20:40], values[0, 18:22, 28:32] = 60, 900
    plain = made(values)
    inverted = replace(made(-values), inverted=True)
    view = around(plain, (30, 20), 70.0, 1.0)  # with what lies beyond the slice
    shown = picture(plain, 0, view, window=Window(50, 400))
    assert (shown[22, 8, 0], shown[31, 32, 0]) == (0, 134)
    assert shown[35, 35, 0] == 255
    np.testing.assert_array_equal(picture(inverted, 0, view, window=Window(-50, 400)), shown)


def test_ct_is_shown_as_the_abdomen_and_mr_by_what_it_holds():
    volume = made(np.linspace(0, 1000, 2400).reshape(1, 40, 60))
    view = whole(volume, 1.0)
    usual = picture(volume, 0, view)
    assert np.array_equal(usual, picture(volume, 0, view, window=PRESETS["abdomen"]))
    object.__setattr__(volume, "modality", "MR")
    greys = picture(volume, 0, view)[..., 0]
    assert greys[5, 30] == pytest.approx(255 * (5 * 60 + 30 - 24) / (2400 - 48), abs=1)


def test_an_mr_slice_of_one_value_is_shown():
    volume = made()
    object.__setattr__(volume, "modality", "MR")
    assert picture(volume, 0, whole(volume, 1.0)).shape == (40, 60, 3)


@pytest.mark.parametrize(
    "written",
    ["50,0", "50,-1", "nan,400", "50,nan", "inf,1", "1,inf", "50", "50,400,1", "", "spleen"],
)
def test_what_is_no_window_is_refused(written):
    with pytest.raises(NotPictured) as refused:
        window_of(written)
    assert refused.value.at == "window"


def test_a_window_is_asked_for_by_name_or_by_numbers():
    assert window_of("lung") == Window(-600, 1500)
    assert window_of("-600, 1500.5") == Window(-600, 1500.5)


# Views


@pytest.mark.parametrize("zoom", [0.5, 1.0, 1.7, 3.0, 8.0])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.6, 1.0), (1.0, 0.6)])
def test_millimetres_are_as_long_across_as_down(zoom, spacing):
    volume = made(spacing=spacing)
    view = whole(volume, zoom)
    across, down = view.places([[5.0, 5.0], [15.0, 5.0]]), view.places([[5.0, 5.0], [5.0, 15.0]])
    lengths = [float(np.ptp(ends, axis=0).max()) for ends in (down, across)]
    assert lengths == pytest.approx([10 * mm * zoom / min(spacing) for mm in spacing])
    assert view.size == (round(60 * view.scale[0]), round(40 * view.scale[1]))


def test_a_linear_slice_is_shown_linearly_at_any_zoom():
    """The value at a place is that of the slice there: no half pixel is lost."""
    column, row = np.arange(60.0), np.arange(40.0)[:, None]
    volume = made((3 * column + 5 * row)[None])
    for zoom in (1.0, 2.0, 3.7, 11.0):
        view = around(volume, (30.25, 19.5), 8.0, zoom)
        places = view.places([[28.0, 18.0], [32.0, 21.0]])
        shown = view.sampled(volume, 0, 0.0)
        y, x = np.mgrid[: view.size[1], : view.size[0]]
        back = np.stack([x, y], axis=-1) - places[0]
        expected = 3 * (28 + back[..., 0] / zoom) + 5 * (18 + back[..., 1] / zoom)
        assert shown == pytest.approx(expected, abs=1e-3)


def test_reduced_pixels_are_means():
    volume = made(np.arange(2400.0).reshape(1, 40, 60) % 60)
    shown = whole(volume, 0.5).sampled(volume, 0, 0.0)
    assert shown[10, :3].tolist() == [0.5, 2.5, 4.5]


def test_what_lies_off_the_slice_is_black():
    volume = made(np.full((1, 40, 60), 100.0))
    view = around(volume, (0.0, 0.0), 20.0, 4.0)
    shown = view.sampled(volume, 0, -1.0)
    assert shown[:37, :].max() == -1.0
    assert shown[39:, 39:].min() == 100.0


@pytest.mark.parametrize("zoom", [0.0, -1.0, math.nan, math.inf, 1000.0, 1e-9, 1e308])
def test_a_zoom_that_makes_no_picture_is_refused_before_it_is_made(zoom):
    with pytest.raises(NotPictured) as refused:
        whole(made(), zoom)
    assert refused.value.at == "zoom"


def test_a_zoom_of_a_thousand_shows_a_part_of_a_pixel():
    volume = made(np.full((1, 40, 60), 50.0))
    view = around(volume, (30, 20), 0.5, per_mm_of(volume, 1000.0))
    drawn = Lines(0, [[10.0, 20.0], [50.0, 20.0]], None)
    shown = picture(volume, 0, view, drawn=drawn)
    assert shown.shape == (500, 500, 3)
    assert tuple(shown[250, 100]) == LONGEST
    assert tuple(shown[60, 100]) == (128, 128, 128)


@pytest.mark.parametrize("side", [0.0, -5.0, math.nan, math.inf, 1e-12, 1e12])
def test_a_side_that_is_none_is_refused(side):
    with pytest.raises(NotPictured) as refused:
        around(made(), (30, 20), side, 1.0)
    assert refused.value.at == "side_mm"


def test_the_largest_picture_is_as_large_as_is_said():
    volume = made()
    assert around(volume, (30, 20), 100.0, SIDE_LIMIT / 100).size == (SIDE_LIMIT, SIDE_LIMIT)
    with pytest.raises(NotPictured, match="2049"):
        around(volume, (30, 20), 100.0, (SIDE_LIMIT + 1) / 100)


# Lines


@pytest.mark.parametrize("zoom", [1.0, 2.5, 6.0])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.7, 1.4)])
def test_ends_lie_where_patient_coordinates_say(zoom, spacing):
    """A short line is drawn at an end given in mm: its centroid is the place of that end."""
    volume = made(spacing=spacing, origin=(-12.0, 30.0, 8.0))
    end = volume.patient(21.3, 17.8, 0)
    tick = [end - 2.0 * volume.row_direction, end + 2.0 * volume.row_direction]
    lines = on_image(volume, None, [point.tolist() for point in tick], None)
    view = whole(volume, zoom)
    shown = np.zeros((*view.size[::-1], 3), np.uint8)
    line(shown, view.places(lines.longest), LONGEST, width=3.0)
    pitch = min(spacing)
    x = (21.3 + 0.5) * spacing[1] * zoom / pitch - 0.5
    y = (17.8 + 0.5) * spacing[0] * zoom / pitch - 0.5
    shares = shown[..., 0].astype(float)
    at = np.average(np.mgrid[: shown.shape[0], : shown.shape[1]], axis=(1, 2), weights=shares)
    assert at.tolist() == pytest.approx([y, x], abs=0.02)


def test_a_line_between_pixels_covers_both_by_half():
    shown = np.zeros((5, 20, 3), np.uint8)
    line(shown, [[2.0, 2.5], [17.0, 2.5]], WHITE, width=1.0)
    assert shown[2:4, 10, 0].tolist() == [128, 128]
    assert shown[[0, 4], 10, 0].tolist() == [0, 0]


def test_a_line_has_a_black_ground_and_may_be_a_point_or_lie_outside():
    shown = np.full((9, 9, 3), 200, np.uint8)
    line(shown, [[4.0, 4.0], [4.0, 4.0]], WHITE)
    assert tuple(shown[4, 4]) == WHITE
    assert shown[4, 6, 0] < 200
    before = shown.copy()
    line(shown, [[-50.0, -50.0], [-40.0, 900.0]], WHITE)
    assert np.array_equal(shown, before)
    assert shown.min() >= BLACK[0]


def test_both_diameters_are_drawn_with_their_lengths():
    lesion = Ellipsoid((30.0, 24.0, 8.0), (12.0, 7.0, 9.0), 60.0)
    volume = phantom([lesion], size=(9, 60, 75), step=2.0, background=-80.0, seed="drawn")
    found = measure_click(volume, (37, 30, 4))
    lines = of_measurement(found)
    view = around(volume, lines.middle, 60.0, 6.0)
    shown = picture(volume, lines.slice, view, drawn=lines)
    bare = picture(volume, lines.slice, view)
    for ends, colour in ((lines.longest, LONGEST), (lines.short_axis, SHORT_AXIS)):
        quarter = view.places(np.average(ends, axis=0, weights=(3, 1)))
        column, row = np.rint(quarter).astype(int)
        near = shown[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3).astype(int)
        assert np.abs(near - colour).sum(axis=1).min() <= 30
    changed = np.any(shown != bare, axis=2)
    assert changed.sum() > 800
    assert not changed[:, :20].any()


def test_points_off_the_image_are_refused():
    volume = made(np.zeros((3, 40, 60)))
    inside = volume.patient(5, 5, 1).tolist()
    for other in ((61, 5, 1), (5, -2, 1), (5, 5, 0)):
        ends = [inside, volume.patient(*other).tolist()]
        with pytest.raises(Refused, match="NOT_ON_IMAGE"):
            on_image(made(np.zeros((1, 40, 60)), origin=(0, 0, 2)), None, ends, None)
    with pytest.raises(Refused, match="no frame 7"):
        on_image(volume, 7, [inside, inside], None)


# Words


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        (X, "L"),
        (-X, "R"),
        (Y, "P"),
        (-Y, "A"),
        (Z, "H"),
        (-Z, "F"),
        (np.array([0.8, 0.6, 0.0]), "LP"),
        (np.array([-0.6, 0.0, 0.8]), "HR"),
        (np.array([0.99, 0.14, 0.0]), "L"),
    ],
    ids=str,
)
def test_a_direction_has_the_letters_of_the_axes_it_is_near(direction, letters):
    assert _letters(direction) == letters


@pytest.mark.parametrize(
    ("across", "down", "sides"),
    [
        ((1, 0, 0), (0, 1, 0), "LRPA"),
        ((-1, 0, 0), (0, 1, 0), "RLPA"),
        ((0, 1, 0), (0, 0, -1), "PAFH"),
    ],
    ids=["axial", "flipped", "sagittal"],
)
def test_the_letters_stand_at_the_sides_of_the_patient(across, down, sides):
    """Right, left, bottom and top: the same as letters that are written there by hand."""
    directions = {"row_direction": across, "column_direction": down}
    volume = made(np.full((1, 40, 60), -1000.0), **directions)
    view = whole(volume, 4.0)
    shown = picture(volume, 0, view)
    width, height = view.size
    by_hand = np.zeros_like(shown)
    places = ((width - 5, height / 2), (4, height / 2), (width / 2, height - 5), (width / 2, 4))
    for letter, place, anchor in zip(sides, places, ("rm", "lm", "md", "ma"), strict=True):
        by_hand = words(by_hand, letter, place, anchor)
        x, y = map(round, place)
        part = np.s_[max(y - 15, 0) : y + 15, max(x - 15, 0) : x + 15]
        assert by_hand[part].any()
        assert np.array_equal(shown[part], by_hand[part])


def test_the_bar_is_as_long_as_it_says():
    volume = made(np.full((1, 200, 200), -1000.0), spacing=(0.5, 0.5))
    shown = picture(volume, 0, whole(volume, 3.0))
    rows = shown[-30:-20, 300:, 0].astype(float) / 255
    assert rows.sum(axis=1).max() == pytest.approx(20 * 6, abs=3)  # 20 mm at 6 pixels for each


def test_words_are_moved_into_the_picture():
    for place in ((-100.0, -100.0), (500.0, 500.0)):
        shown = words(np.zeros((40, 120, 3), np.uint8), "42.1 mm", place, "lm")
        assert (shown == 255).sum() > 100
        assert not (shown[[0, -1]] == 255).any()


def test_a_picture_of_a_pixel_is_drawn():
    volume = made(np.zeros((1, 1, 1)))
    assert picture(volume, 0, whole(volume, 1.0), caption="0").shape == (1, 1, 3)


# Files


def test_a_png_holds_the_picture_and_nothing_else():
    shown = picture(made(), 0, whole(made(), 2.0))
    file = png(shown)
    read = Image.open(io.BytesIO(file))
    assert (read.format, read.mode, read.info) == ("PNG", "RGB", {})
    assert np.array_equal(np.asarray(read), shown)
    assert [file.count(chunk) for chunk in (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME")] == [0] * 5


def test_pictures_stand_side_by_side_in_their_order():
    first, second = np.full((10, 10, 3), 50, np.uint8), np.full((10, 10, 3), 90, np.uint8)
    both = side_by_side([first, second])
    assert both.shape == (10, 21, 3)
    assert both[5, [0, 9, 10, 11, 20], 0].tolist() == [50, 50, 255, 90, 90]
    assert blank(64, "1  2024-02-26").shape == (64, 64, 3)
