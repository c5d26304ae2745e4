"""`recist sr` and `recist measure --seg` as scripts see them: JSON, files, exit statuses."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import typer
from pydicom import dcmread
from typer.testing import CliRunner

from imaging.masks.reading import read_masks
from imaging.phantom import Ellipsoid, phantom, write
from imaging.series.loading import load
from service.commands.measure import measure
from service.commands.sr import sr
from service.commands.unusable import Unusable

reports, measures = typer.Typer(), typer.Typer()
reports.command()(sr)
measures.command()(measure)

LESION = Ellipsoid((40.0, 40.0, 20.0), (12.0, 9.0, 10.0), 40.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("series")
    volume = phantom([LESION], size=(17, 100, 110), background=-850.0, seed="sr command")
    write(volume, place, patient_id="S-001", study_date=date(2024, 3, 1))
    return place


@pytest.fixture
def readers(shared):
    return shared / "data" / "dicom" / "sr-tid1500-readers"


def run(app, *arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answer(result) -> dict:
    assert result.exit_code == 0, result.exception
    assert not result.stderr
    (line,) = result.stdout.splitlines()
    return json.loads(line)


def test_the_answer_has_the_members_that_were_promised(readers):
    found = answer(run(reports, readers / "dcmjs_length_bidirectional_ellipse.dcm"))
    assert list(found) == ["measurements", "skipped"]
    promised = "group tracking_identifier tracking_uid site concept value_mm points image check"
    for measurement in found["measurements"]:
        assert set(promised.split()) <= set(measurement)
    long = found["measurements"][0]
    assert long["concept"] == {"value": "G-A185", "scheme": "SRT", "meaning": "Long Axis"}
    assert (long["value_mm"], long["check"], long["site"]) == (93.9, "UNCHECKED", None)
    assert long["points"] == [[71.5, 329.0], [139.5, 397.0]]
    uid = "1.3.6.1.4.1.25403.52237031786.3872.20100510032220.11"
    assert long["image"] == {"sop_instance_uid": uid, "frame": None}
    for passed in found["skipped"]:
        assert list(passed) == ["concept", "value", "unit", "reason"]
    assert found["skipped"][0]["value"] is None


def test_with_the_images_measurements_are_checked(readers):
    file = readers / "highdicom_multiple_groups.dcm"
    alone, checked = (
        [found["check"] for found in answer(run(reports, file, *options))["measurements"]]
        for options in ([], ["--series", readers])
    )
    assert alone == ["UNCHECKED", "UNCHECKED"]
    assert checked == ["DIFFERS", "UNCHECKED"]


def test_nothing_that_can_be_read_is_still_an_answer(readers):
    found = answer(run(reports, readers / "highdicom_planar_circle.dcm"))
    assert found["measurements"] == []
    assert [passed["reason"] for passed in found["skipped"]] == ["NOT_A_LENGTH"]


@pytest.mark.parametrize(
    "name", ["not_tid1500_basic_text_sr.dcm", "highdicom_ct_image.dcm", "README.md", "nothing"]
)
def test_what_is_no_such_report_is_unusable(readers, name):
    result = run(reports, readers / name)
    assert isinstance(result.exception, Unusable)
    assert name in str(result.exception)
    assert not result.stdout


def test_a_folder_that_is_not_there_is_unusable(readers, tmp_path):
    file = readers / "highdicom_planar_circle.dcm"
    assert isinstance(run(reports, file, "--series", tmp_path / "none").exception, Unusable)


def test_the_program_answers_in_one_line(readers):
    command = [sys.executable, "-m", "service", "sr", readers / "not_tid1500_basic_text_sr.dcm"]
    checkout = Path(__file__).parent.parent.parent
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=checkout)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "TID 1500" in done.stderr


# recist measure --seg


@pytest.mark.parametrize("option", [["--click", "50,50,8"], ["--line", "35,50,65,50,8"]])
def test_what_was_measured_is_written(folder, tmp_path, option):
    file = tmp_path / "lesion.dcm"
    found = answer(run(measures, folder, *option, "--seg", file))
    assert found == answer(run(measures, folder, *option))
    again = answer(run(measures, folder, "--mask", file))
    assert (again["segment"], again["label"]) == (1, "Lesion")
    assert again["longest_mm"] == pytest.approx(found["longest_mm"], abs=1.0)
    assert again["volume_mm3"] == pytest.approx(found["volume_mm3"], rel=0.05)


def test_a_mask_is_written_again_as_it_is(folder, tmp_path):
    first, second = tmp_path / "first.dcm", tmp_path / "second.dcm"
    answer(run(measures, folder, "--click", "50,50,8", "--seg", first))
    answer(run(measures, folder, "--mask", first, "--seg", second))
    volume = load(folder)
    (one,), (other,) = (read_masks(file).marked(volume) for file in (first, second))
    assert np.array_equal(one.found.shape.voxels, other.found.shape.voxels)
    assert (one.tracking_uid, one.origin) == (other.tracking_uid, other.origin)


def test_contours_are_written_as_voxels(shared, tmp_path):
    place = shared / "data" / "dicom" / "sarcoma-ct-mr-rtstruct"
    file = tmp_path / "a.dcm"
    drawn = answer(run(measures, place / "CT", "--mask", place / "rtstruct_CT.dcm", "--seg", file))
    found = answer(run(measures, place / "CT", "--mask", file))
    assert found["label"] == drawn["label"]
    assert found["volume_mm3"] == pytest.approx(drawn["volume_mm3"], rel=0.01)
    assert found["longest_mm"] == pytest.approx(drawn["longest_mm"], abs=1.0)
    assert dcmread(file).PatientID == dcmread(min((place / "CT").iterdir())).PatientID


def test_a_line_that_was_measured_itself_is_not_written(folder, tmp_path):
    file = tmp_path / "a.dcm"
    found = answer(run(measures, folder, "--line", "5,5,60,90,8", "--seg", file))
    assert found["convention"] == "READER_LINE"
    assert "SEG_NOT_WRITTEN" in [flag["code"] for flag in found["flags"]]
    assert not file.exists()


def test_no_file_is_written_over(folder, tmp_path):
    file = tmp_path / "a.dcm"
    file.write_text("mine")
    result = run(measures, folder, "--click", "50,50,8", "--seg", file)
    assert isinstance(result.exception, FileExistsError)
    assert not result.stdout
    assert file.read_text() == "mine"


def test_a_mask_without_its_images_is_not_written(shared, folder, tmp_path):
    mask = shared / "data" / "dicom" / "liver-ct-seg-sr" / "seg_liver.dcm"
    result = run(measures, folder, "--mask", mask, "--seg", tmp_path / "a.dcm")
    assert isinstance(result.exception, Unusable)
    assert not (tmp_path / "a.dcm").exists()
