"""Measurements over HTTP: what `recist measure` prints, kept, or refused by name."""

import json
import math
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

import recist
from imaging import load
from imaging.phantom import Ellipsoid, phantom, truth, write
from service.__main__ import app as commands

LESION = Ellipsoid((40.0, 36.0, 12.0), (12.0, 9.0, 10.0), 40.0)


@pytest.fixture(scope="module")
def volume():
    return phantom([LESION], size=(9, 90, 100), step=3.0, background=-850.0, seed=uuid4().hex)


@pytest.fixture(scope="module")
def folder(volume, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("series")
    write(volume, place, patient_id="S-001", study_date=date(2024, 3, 1))
    return place


@pytest.fixture
def series(trial, subject, folder, send) -> str:
    return send(trial, subject, *sorted(folder.iterdir()))


@pytest.fixture(scope="module")
def shelf() -> dict[str, Any]:
    """What the tests of this file make once, when the first of them asks for it."""
    return {}


@pytest.fixture
def untouched(shelf, new_trial, folder, send) -> tuple[Any, str]:
    """A trial with a series that is never measured: for what is refused."""
    if "untouched" not in shelf:
        made = new_trial()
        shelf["untouched"] = (made, send(made, made.subject(), *sorted(folder.iterdir())))
    return shelf["untouched"]


def measure(trial, series: str, role: str = "READER_1", **body: Any) -> Any:
    return trial.client(role).post(f"/v1/series/{series}/measurements", json=body)


def kept(trial, series: str) -> list[sqlite3.Row]:
    connection = sqlite3.connect(trial.server.folder / "recist.sqlite")
    connection.row_factory = sqlite3.Row
    try:
        query = "SELECT * FROM measurements WHERE series_id = ?"
        return connection.execute(query, (series,)).fetchall()
    finally:
        connection.close()


def printed(*arguments: str | Path) -> list[dict[str, Any]]:
    """What the command prints of the same images."""
    result = CliRunner().invoke(commands, ["measure", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_click_answers_what_the_command_prints(trial, series, folder, volume) -> None:
    click = volume.patient(50, 45, 4).tolist()
    answer = measure(trial, series, click=click)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found["longest_mm"] == pytest.approx(truth(LESION, volume).longest_mm, rel=0.03)
    (line,) = printed(folder, "--click", "50,45,4")
    assert found == {"id": found["id"], "series_uid": volume.series_uid, **line}


def test_a_line_answers_what_the_command_prints(trial, series, folder, volume) -> None:
    ends = [volume.patient(column, 45, 4).tolist() for column in (36, 64)]
    found = measure(trial, series, line=ends).json()
    (line,) = printed(folder, "--line", "36,45,64,45,4")
    assert {name: found[name] for name in line} == line


@pytest.mark.requirement("R14")
def test_what_was_asked_and_answered_is_kept_and_never_changes(trial, series, volume) -> None:
    click = volume.patient(50, 45, 4).tolist()
    answer = measure(trial, series, click=click)
    (row,) = kept(trial, series)
    assert row["id"] == answer.json()["id"]
    assert json.loads(row["answer"]) == answer.json()
    assert json.loads(row["request"]) == {"click": click}
    assert row["engine"] == recist.__version__


def test_the_same_key_keeps_one(trial, series, volume) -> None:
    body = {"click": volume.patient(50, 45, 4).tolist()}
    client, path = trial.client("READER_1"), f"/v1/series/{series}/measurements"
    key = {"Idempotency-Key": uuid4().hex}
    first, again = (client.post(path, json=body, headers=key) for _ in range(2))
    assert first.content == again.content
    assert len(kept(trial, series)) == 1


def test_a_box_holds_its_lesion(trial, series, volume) -> None:
    corners = [volume.patient(*voxel).tolist() for voxel in ((33, 30, 4), (67, 60, 4))]
    found = measure(trial, series, box=corners).json()
    assert found["longest_mm"] == pytest.approx(truth(LESION, volume).longest_mm, rel=0.03)
    for deep in ((1, 7), (7, 1)):
        ends = [
            volume.patient(*xy, z).tolist()
            for xy, z in zip(((67, 60), (33, 30)), deep, strict=True)
        ]
        assert measure(trial, series, box=ends).json()["longest_mm"] == found["longest_mm"]


def test_a_lesion_that_reaches_beyond_its_box_is_refused(trial, series, volume) -> None:
    corners = [volume.patient(*voxel).tolist() for voxel in ((46, 30, 4), (54, 60, 4))]
    answer = measure(trial, series, box=corners)
    assert (answer.status_code, answer.json()["code"]) == (422, "LEAK")
    assert kept(trial, series) == []


def test_an_ellipse_is_measured_as_drawn(trial, series, volume) -> None:
    ends = [(50, 38, 4), (50, 52, 4), (30, 45, 4), (70, 45, 4)]
    found = measure(trial, series, ellipse=[volume.patient(*end).tolist() for end in ends]).json()
    assert (found["longest_mm"], found["short_axis_mm"]) == (32.0, 11.2)
    assert found["area_mm2"] == pytest.approx(math.pi / 4 * 32 * 11.2, abs=1e-3)
    assert (found["volume_mm3"], found["convention"]) == (None, "READER_ELLIPSE")
    assert (found["slice"], found["longest_px"]) == (4, [[30.0, 45.0], [70.0, 45.0]])
    assert found["sop_instance_uid"] == volume.sop_instance_uids[4]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"click": None}, ""),
        ({"click": [40, 36, 12], "line": [[40, 36, 12], [41, 36, 12]]}, ""),
        ({"click": [40, 36]}, "/click"),
        ({"click": [40, 36, 12, 1]}, "/click"),
        ({"click": [40, 36, "12"]}, "/click/2"),
        ({"click": [40, 36, 1e308]}, "/click"),
        ({"click": [-5, 36, 12]}, "/click"),
        ({"click": [40, 36, 60]}, "/click"),
        ({"line": [[40, 36, 12]]}, "/line"),
        ({"line": [[40, 36, 12], [40, 36]]}, "/line"),
        ({"line": [[40, 36, 12], [40, 36, 12]]}, "/line"),
        ({"line": [[40, 36, 12], [40, 36, 18]]}, "/line"),
        ({"line": [[40, 36, 12], [400, 36, 12]]}, "/line"),
        ({"box": [[40, 36, 12], [40, 46, 12]]}, "/box"),
        ({"box": [[400, 36, 12], [410, 46, 12]]}, "/box"),
        ({"ellipse": [[30, 36, 12], [50, 36, 12], [40, 30, 12]]}, "/ellipse"),
        ({"ellipse": [[30, 36, 12], [50, 36, 12], [40, 30, 12], [48, 42, 12]]}, "/ellipse"),
        ({"ellipse": [[30, 36, 12], [50, 36, 12], [40, 36, 12], [40, 42, 12]]}, "/ellipse"),
        ({"ellipse": [[30, 36, 12], [50, 36, 12], [40, 36, 12], [40, 36, 12]]}, "/ellipse"),
        ({"ellipse": [[30, 36, 12], [50, 36, 12], [40, 30, 15], [40, 42, 15]]}, "/ellipse"),
        ({"ellipse": [[-30, 36, 12], [110, 36, 12], [40, 30, 12], [40, 42, 12]]}, "/ellipse"),
        ({"mask": {"series_id": "0" * 32}}, "/mask/number"),
        ({"mask": {"series_id": "0" * 32, "number": 1}}, "/mask/series_id"),
        ({"mask": {"series_id": "0" * 32, "number": 1.5}}, "/mask/number"),
        ({"point": [1, 2, 3]}, "/point"),
    ],
    ids=str,
)
def test_what_cannot_be_measured_is_refused_where_it_is_wrong(untouched, body, pointer) -> None:
    trial, series = untouched
    answer = measure(trial, series, **body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert kept(trial, series) == []


def test_a_refusal_of_the_images_has_its_code(trial, series, volume) -> None:
    answer = measure(trial, series, click=volume.patient(90, 80, 4).tolist())
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/refusal"
    assert answer.json()["code"] == "NO_CONTRAST"
    assert answer.json()["detail"]
    assert kept(trial, series) == []


def test_a_single_real_slice_is_measured_in_its_plane(trial, subject, shared, send) -> None:
    file = shared / "data/dicom/ct-two-timepoint-pairs/A062055/19001228-131.dcm"
    image = load([file])
    _, rows, columns = image.stored.shape
    ends = [image.patient(columns / 2 + d, rows / 2, 0).tolist() for d in (-20, 20)]
    answer = measure(trial, send(trial, subject, file), line=ends)
    assert answer.status_code == 201, answer.text
    assert answer.json()["volume_mm3"] is None
    assert "SINGLE_SLICE" in {flag["code"] for flag in answer.json()["flags"]}


@pytest.fixture
def liver(trial, subject, shared, send) -> tuple[Path, str, str]:
    """Where the files are, the images as a series, and the segmentation as another."""
    place = shared / "data/dicom/liver-ct-seg-sr"
    images = send(trial, subject, *sorted((place / "ct").iterdir()))
    return place, images, send(trial, subject, place / "seg_partial_overlaps.dcm")


def test_a_mask_answers_what_the_command_prints(trial, liver) -> None:
    place, images, mask = liver
    lines = printed(place / "ct", "--mask", place / "seg_partial_overlaps.dcm")
    answer = measure(trial, images, mask={"series_id": mask, "number": 3})
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["segment"], found["label"]) == (3, "PURPLE")
    assert {name: found[name] for name in lines[2]} == lines[2]
    unknown = measure(trial, images, mask={"series_id": mask, "number": 9})
    assert unknown.json()["errors"][0]["pointer"] == "/mask/number"
    assert "1, 2, 3, 4, 5" in unknown.json()["detail"]


def test_a_mask_alone_is_measured_in_its_own_geometry(trial, liver) -> None:
    _, images, mask = liver
    found = measure(trial, mask, mask={"series_id": mask, "number": 3}).json()
    assert found["slice"] is None
    assert "OWN_GEOMETRY" in {flag["code"] for flag in found["flags"]}
    clicked = measure(trial, mask, click=[0, 0, 0])
    assert (clicked.status_code, clicked.json()["code"]) == (422, "NOT_A_SERIES")
    no_mask = measure(trial, images, mask={"series_id": images, "number": 1})
    assert no_mask.json()["errors"][0]["pointer"] == "/mask/series_id"


def test_a_mask_of_another_subject_is_not_there(trial, liver, series, send) -> None:
    """Both are the caller's own, and still do not belong together."""
    place, _, _ = liver
    other = send(trial, trial.subject("S-002"), place / "seg_liver.dcm")
    answer = measure(trial, series, mask={"series_id": other, "number": 1})
    assert answer.json()["errors"][0]["pointer"] == "/mask/series_id"


def test_who_may_measure(trial, series, volume, new_trial) -> None:
    click = volume.patient(50, 45, 4).tolist()
    for role in ("WORKSTATION", "SITE_READER", "READER_2", "ADJUDICATOR"):
        assert measure(trial, series, role, click=click).status_code == 201
    assert measure(trial, series, "TRIAL_MANAGER", click=click).status_code == 403
    assert measure(new_trial(), series, click=click).status_code == 404
    assert measure(trial, "0" * 32, click=click).status_code == 404
