"""`recist measure` as scripts see it: one line of JSON, exit statuses, and the contract's words."""

import json
import shutil
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from imaging.phantom import Ellipsoid, phantom, truth, write
from service.commands.measure import measure
from service.commands.unusable import Unusable

app = typer.Typer()
app.command()(measure)

LESION = Ellipsoid((40.0, 40.0, 20.0), (12.0, 9.0, 10.0), 40.0)


@pytest.fixture(scope="module")
def volume():
    return phantom([LESION], size=(17, 100, 110), background=-850.0, seed="command")


@pytest.fixture(scope="module")
def folder(volume, tmp_path_factory):
    place = tmp_path_factory.mktemp("series")
    write(volume, place, patient_id="S-001", study_date=date(2024, 3, 1))
    return place


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answers(result) -> list[dict]:
    assert not result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_click_prints_one_compact_line(folder, volume):
    result = run(folder, "--click", "50,50,8")
    assert result.exit_code == 0
    (answer,) = answers(result)
    assert answer["longest_mm"] == pytest.approx(truth(LESION, volume).longest_mm, rel=0.03)
    assert answer["slice"] == 8
    assert ": " not in result.stdout.split('"flags"')[0]


def test_a_line_prints_the_same_members(folder):
    (clicked,) = answers(run(folder, "--click", "50,50,8"))
    (drawn,) = answers(run(folder, "--line", "35,50,65,50,8"))
    assert list(clicked) == list(drawn)
    assert drawn["longest_mm"] == pytest.approx(clicked["longest_mm"], rel=0.02)


def test_a_refusal_is_json_and_status_3(folder):
    result = run(folder, "--click", "100,90,8")
    assert result.exit_code == 3
    (answer,) = answers(result)
    assert answer["refused"] == "NO_CONTRAST"
    assert answer["says"]


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--click", "1,2,3", "--line", "1,2,3,4,5"],
        ["--click", "1,2"],
        ["--click", "1,2,3,4"],
        ["--click", "a,b,c"],
        ["--click", "1,2,nan"],
        ["--click", "1,2,inf"],
        ["--click", ""],
        ["--line", "1,2,3,4"],
        ["--line", "5,5,5,5,2"],
        ["--line", "5,5,500,5,2"],
        ["--click", "-1,5,2"],
        ["--click", "5,5,17"],
        ["--mask", "no/such/file"],
    ],
    ids=lambda options: " ".join(options) or "nothing",
)
def test_unusable_input_is_one_sentence_and_nothing_on_standard_output(folder, options):
    result = run(folder, *options)
    assert isinstance(result.exception, Unusable)
    assert result.stdout == ""
    assert str(result.exception)
    assert "\n" not in str(result.exception)


def test_a_folder_that_is_not_there_is_unusable(tmp_path):
    result = run(tmp_path / "nowhere", "--click", "1,2,3")
    assert isinstance(result.exception, Unusable)
    assert "nowhere" in str(result.exception)


def test_a_folder_without_a_series_is_unusable(tmp_path):
    (tmp_path / "note.txt").write_text("not DICOM")
    assert isinstance(run(tmp_path, "--click", "1,2,3").exception, Unusable)


def test_a_mask_that_is_no_dicom_is_unusable(folder, tmp_path):
    (tmp_path / "mask").write_bytes(b"no mask")
    assert isinstance(run(folder, "--mask", tmp_path / "mask").exception, Unusable)


@pytest.fixture
def two_series(folder, tmp_path):
    other = phantom([LESION], size=(17, 100, 110), background=-100.0, seed="other")
    write(other, tmp_path / "both" / "other", patient_id="S-001", study_date=date(2024, 3, 1))
    shutil.copytree(folder, tmp_path / "both" / "first")
    return tmp_path / "both", other


def test_several_series_are_refused_with_their_uids_unless_one_is_chosen(two_series, volume):
    both, other = two_series
    result = run(both, "--click", "50,50,8")
    assert result.exit_code == 3
    (answer,) = answers(result)
    assert answer["refused"] == "SEVERAL_SERIES"
    for uid in (volume.series_uid, other.series_uid):
        assert uid in json.dumps(answer)
    chosen = run(both, "--click", "50,50,8", "--series-uid", other.series_uid)
    assert answers(chosen)[0]["sop_instance_uid"] in other.sop_instance_uids


@pytest.fixture(scope="session")
def dicom(shared):
    return shared / "data" / "dicom"


def test_each_segment_is_a_line_in_the_order_of_the_file(dicom):
    place = dicom / "liver-ct-seg-sr"
    result = run(place / "ct", "--mask", place / "seg_partial_overlaps.dcm")
    assert result.exit_code == 0
    found = answers(result)
    assert [(answer["segment"], answer["label"]) for answer in found] == [
        (1, "GREEN"),
        (2, "ORANGE"),
        (3, "PURPLE"),
        (4, "LIGHT_BLUE"),
        (5, "DARK_BLUE"),
    ]
    assert all(answer["slice"] is not None for answer in found)


def test_a_mask_chooses_among_several_series(dicom, tmp_path):
    place = dicom / "sarcoma-ct-mr-rtstruct"
    result = run(place, "--mask", place / "rtstruct_MR_T1.dcm")
    assert result.exit_code == 0
    (answer,) = answers(result)
    assert (answer["roi"], answer["label"]) == (1, "GTV_Mass_MR_T1")
    assert answer["slice"] is not None


def test_a_mask_of_other_images_is_measured_in_its_own_geometry(dicom, folder):
    result = run(folder, "--mask", dicom / "headneck-seg-sr" / "seg_11_lesions.dcm")
    assert result.exit_code == 0
    found = answers(result)
    assert [answer["segment"] for answer in found] == list(range(1, 12))
    assert {answer["slice"] for answer in found} == {None}
    assert found[0]["volume_mm3"] == pytest.approx(39583.7, rel=1e-4)


def test_an_image_is_no_mask(dicom, folder):
    image = dicom / "liver-ct-seg-sr" / "ct" / "01.dcm"
    assert isinstance(run(folder, "--mask", image).exception, Unusable)


def test_a_mask_of_which_nothing_can_be_measured_is_status_3(dicom, folder, tmp_path):
    import pydicom

    structures = pydicom.dcmread(dicom / "rtstruct-bad-references" / "rt.dcm")
    structures.ROIContourSequence[0].ContourSequence = []
    structures.save_as(tmp_path / "empty.dcm")
    result = run(folder, "--mask", tmp_path / "empty.dcm")
    assert result.exit_code == 3
    (answer,) = answers(result)
    assert (answer["roi"], answer["label"], answer["refused"]) == (1, "ROI-1", "EMPTY_SEGMENT")
