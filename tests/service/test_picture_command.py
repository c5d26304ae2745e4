"""`recist picture` as scripts see it: a file, or one sentence that says why there is none."""

from datetime import date

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from imaging.phantom import Ellipsoid, phantom, write
from imaging.pictures.picture import LONGEST
from service.commands.picture import picture
from service.commands.unusable import Unusable

app = typer.Typer()
app.command()(picture)

LESION = Ellipsoid((40.0, 40.0, 20.0), (12.0, 9.0, 10.0), 40.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("series")
    volume = phantom([LESION], size=(17, 100, 110), background=-850.0, seed="picture")
    write(volume, place, patient_id="S-001", study_date=date(2024, 3, 1))
    return place


@pytest.fixture
def run(folder, tmp_path):
    def command(*options, series=folder):
        file = tmp_path / "made.png"
        arguments = [str(series), *options, "-o", str(file)]
        return CliRunner().invoke(app, arguments), file

    return command


def pixels(file):
    with Image.open(file) as image:
        return np.array(image)


def yellow(file) -> int:
    return int(np.all(pixels(file) == LONGEST, axis=2).sum())


def test_a_slice_is_drawn_whole(run):
    result, file = run("--slice", "8", "--zoom", "2")
    assert (result.exit_code, result.stdout) == (0, "")
    assert pixels(file).shape == (200, 220, 3)
    assert yellow(file) == 0


@pytest.mark.parametrize(
    "options", [["--click", "50,50,8"], ["--line", "35,50,65,50,8"]], ids=lambda o: o[0]
)
def test_a_lesion_is_drawn_with_its_diameters(run, options):
    result, file = run(*options, "--window", "lung", "--side-mm", "50", "--zoom", "4")
    assert result.exit_code == 0, result.output
    assert pixels(file).shape == (250, 250, 3)
    assert yellow(file) > 100


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "exactly one"),
        (["--slice", "1", "--click", "1,2,3"], "exactly one"),
        (["--slice", "17"], "0 to 16"),
        (["--slice", "-1"], "0 to 16"),
        (["--click", "1,2"], "--click"),
        (["--click", "500,2,3"], "outside the volume"),
        (["--click", "100,90,8"], "stands out"),
        (["--slice", "1", "--zoom", "1000"], "--zoom"),
        (["--slice", "1", "--zoom", "nan"], "--zoom"),
        (["--slice", "1", "--window", "50,0"], "--window"),
        (["--slice", "1", "--side-mm", "-3"], "--side-mm"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_one_sentence_and_no_file(run, options, says):
    result, file = run(*options)
    assert isinstance(result.exception, Unusable)
    assert says in str(result.exception)
    assert "\n" not in str(result.exception)
    assert not file.exists()


def test_a_folder_without_images_is_unusable(run, tmp_path):
    assert isinstance(run("--slice", "0", series=tmp_path / "none")[0].exception, Unusable)
    assert isinstance(run("--slice", "0", series=tmp_path)[0].exception, Unusable)
