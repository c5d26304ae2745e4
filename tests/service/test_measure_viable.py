"""`recist measure` asked for another convention and for what is viable, as scripts see it."""

import json
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from imaging.phantom import Ellipsoid, phantom, write
from service.commands.measure import measure
from service.commands.unusable import Unusable

app = typer.Typer()
app.command()(measure)

CENTRE = (40.0, 40.0, 20.0)
VIABLE = ["viable_mm", "viable_threshold", "viable_slice", "viable_px", "viable_patient_mm"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A lesion of 32 mm in the liver, in the arterial phase; its core of 14 mm is necrotic."""
    parts = [
        Ellipsoid(CENTRE, (16.0, 16.0, 16.0), 150.0),
        Ellipsoid(CENTRE, (7.0, 7.0, 7.0), 110.0),
    ]
    volume = phantom(parts, size=(17, 100, 100), background=70.0, noise=8.0, seed="viable")
    place = tmp_path_factory.mktemp("arterial")
    write(volume, place, patient_id="S-001", study_date=date(2024, 3, 1))
    return place


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answer(result) -> dict:
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def test_viable_adds_its_members_to_the_others(folder):
    plain = answer(run(folder, "--click", "50,40,8"))
    found = answer(run(folder, "--click", "50,40,8", "--viable"))
    assert list(found) == [*plain, *VIABLE]
    assert {name: found[name] for name in plain} == plain
    assert found["viable_mm"] == pytest.approx(32, abs=1)
    assert 70 < found["viable_threshold"] < 110


def test_a_threshold_parts_the_core_from_the_rim(folder):
    found = answer(run(folder, "--click", "50,40,8", "--viable", "--threshold", "130"))
    assert found["viable_mm"] == pytest.approx(2 * (16**2 - 7**2) ** 0.5, abs=1.5)
    assert found["viable_threshold"] == 130.0
    assert found["longest_mm"] == pytest.approx(32, abs=1)
    assert len(found["viable_px"]) == 2


def test_where_nothing_enhances_it_is_0(folder):
    found = answer(run(folder, "--click", "50,40,8", "--viable", "--threshold", "400"))
    assert [found[name] for name in VIABLE] == [0.0, 400.0, None, None, None]


def test_a_part_that_cannot_be_told_is_refused_beside_the_measurement(folder):
    found = answer(run(folder, "--line", "5,5,60,15,2", "--viable"))
    assert found["convention"] == "READER_LINE"
    assert found["viable_mm"] is None
    assert found["viable_refused"] == "NOT_SEGMENTED"
    assert found["viable_says"].endswith(".")


def test_a_mask_has_a_viable_part_on_its_images_alone(folder, tmp_path, dicom):
    seg = tmp_path / "lesion.dcm"
    answer(run(folder, "--click", "50,40,8", "--seg", seg))
    found = answer(run(folder, "--mask", seg, "--viable", "--threshold", "130"))
    assert found["viable_mm"] == pytest.approx(2 * (16**2 - 7**2) ** 0.5, abs=1.5)
    other = answer(run(folder, "--mask", dicom / "liver-ct-seg-sr" / "seg_liver.dcm", "--viable"))
    assert (other["viable_mm"], other["viable_refused"]) == (None, "NO_IMAGES")


@pytest.mark.parametrize("name", ["PIXEL_CENTRES", "MID_EDGE", "PIXEL_CORNERS", "SKIMAGE_FERET"])
def test_a_convention_is_named_in_the_answer(folder, name):
    found = answer(run(folder, "--click", "50,40,8", "--convention", name))
    assert found["convention"] == name
    assert found["longest_mm"] == pytest.approx(32, abs=1.5)


def test_conventions_differ_by_parts_of_a_pixel(folder):
    centres, middle, corners = (
        answer(run(folder, "--click", "50,40,8", "--convention", name))["longest_mm"]
        for name in ("PIXEL_CENTRES", "MID_EDGE", "PIXEL_CORNERS")
    )
    assert 0.3 < middle - centres <= 0.8
    assert 0.1 < corners - middle < 0.4


def test_a_convention_that_is_none_is_unusable(folder):
    result = run(folder, "--click", "50,40,8", "--convention", "INCHES")
    assert result.exit_code == 2
    assert not result.stdout


@pytest.mark.parametrize("options", [["--threshold", "90"], ["--viable", "--threshold", "nan"]])
def test_a_threshold_for_nothing_or_of_no_number_is_unusable(folder, options):
    result = run(folder, "--click", "50,40,8", *options)
    assert isinstance(result.exception, Unusable)
    assert not result.stdout


@pytest.fixture(scope="session")
def dicom(shared):
    return shared / "data" / "dicom"
