"""Pictures over HTTP: what was measured is drawn, for those alone who may see the measurement."""

import io
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

from imaging.measure import measure_click
from imaging.phantom import Ellipsoid, phantom, write
from imaging.pictures.picture import LONGEST, Lines, of_measurement, picture
from imaging.pictures.view import whole
from service.picturing import Panel, beside_each_other

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
def series(trial, subject, folder) -> str:
    parts = [("files", (file.name, file.read_bytes())) for file in folder.iterdir()]
    answer = trial.client("WORKSTATION").post(f"/v1/subjects/{subject}/series", files=parts)
    return answer.json()["series"][0]["id"]


def measured(trial, series: str, volume, role: str = "READER_1") -> dict[str, Any]:
    body = {"click": volume.patient(50, 45, 4).tolist()}
    answer = trial.client(role).post(f"/v1/series/{series}/measurements", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def drawn(trial, measurement: dict[str, Any], role: str = "READER_1", **asked: Any) -> Any:
    path = f"/v1/measurements/{measurement['id']}/picture.png"
    return trial.client(role).get(path, params=asked)


def pixels(answer) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_the_slice_is_drawn_as_the_library_draws_it(trial, series, volume) -> None:
    shown = pixels(drawn(trial, measured(trial, series, volume), zoom=3, window="lung"))
    found = measure_click(volume, (50, 45, 4))
    assert shown.shape == (270, 300, 3)
    from imaging.pictures.windows import PRESETS

    lines = of_measurement(found)
    expected = picture(volume, lines.slice, whole(volume, 3.0), window=PRESETS["lung"], drawn=lines)
    assert np.mean(np.abs(shown.astype(int) - expected)) < 0.1
    assert np.all(shown == LONGEST, axis=2).sum() > 60


def test_a_part_around_the_lesion_is_drawn(trial, series, volume) -> None:
    measurement = measured(trial, series, volume)
    shown = pixels(drawn(trial, measurement, zoom=8, side_mm=40, window="-400,1000"))
    assert shown.shape == (400, 400, 3)  # 8 pixels for each of 0.8 mm
    lengths = np.nonzero(np.all(shown == LONGEST, axis=2))[1]
    assert np.ptp(lengths) == pytest.approx(measurement["longest_mm"] * 10, abs=6)


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"zoom": 1000}, "zoom"),
        ({"zoom": "nan"}, "zoom"),
        ({"zoom": "inf"}, "zoom"),
        ({"zoom": -1}, "zoom"),
        ({"zoom": "much"}, "zoom"),
        ({"window": "50,0"}, "window"),
        ({"window": "nan,400"}, "window"),
        ({"window": "x" * 5000}, "window"),
        ({"side_mm": 0}, "side_mm"),
        ({"side_mm": "nan"}, "side_mm"),
        ({"side_mm": 1e300}, "side_mm"),
        ({"side_mm": 40, "zoom": 1e300}, "zoom"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused_by_its_name(shelf, asked, parameter) -> None:
    answer = drawn(*shelf, **asked)
    assert answer.status_code == 422, answer.text
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


@pytest.fixture(scope="module")
def shelved() -> dict[str, Any]:
    return {}


@pytest.fixture
def shelf(shelved, new_trial, folder, volume) -> tuple[Any, dict[str, Any]]:
    """A trial and a measurement in it, made once: for what is refused."""
    if not shelved:
        trial = new_trial()
        subject = trial.subject()
        parts = [("files", (file.name, file.read_bytes())) for file in folder.iterdir()]
        answer = trial.client("WORKSTATION").post(f"/v1/subjects/{subject}/series", files=parts)
        series = answer.json()["series"][0]["id"]
        shelved["made"] = (trial, measured(trial, series, volume))
    return shelved["made"]


def test_who_may_see_a_measurement_may_see_its_picture(trial, series, volume, new_trial) -> None:
    own = measured(trial, series, volume, "READER_1")
    assert drawn(trial, own, "READER_1").status_code == 200
    assert drawn(trial, own, "ADJUDICATOR").status_code == 200
    assert drawn(trial, own, "READER_2").status_code == 404
    assert drawn(trial, own, "TRIAL_MANAGER").status_code == 403
    assert drawn(new_trial(), own).status_code == 404
    assert drawn(trial, {"id": "0" * 32}).status_code == 404
    device = measured(trial, series, volume, "WORKSTATION")
    assert drawn(trial, device, "READER_2").status_code == 200
    judge = measured(trial, series, volume, "ADJUDICATOR")
    assert drawn(trial, judge, "READER_1").status_code == 404
    hidden, absent = drawn(trial, own, "READER_2").json(), drawn(trial, {"id": "0" * 32}).json()
    assert hidden["detail"] == absent["detail"]


def test_a_measurement_without_a_stored_image_has_no_picture(trial, subject, shared) -> None:
    mask = shared / "data/dicom/liver-ct-seg-sr/seg_partial_overlaps.dcm"
    parts = [("files", (mask.name, mask.read_bytes()))]
    sent = trial.client("WORKSTATION").post(f"/v1/subjects/{subject}/series", files=parts)
    series = sent.json()["series"][0]["id"]
    body = {"mask": {"series_id": series, "number": 3}}
    client = trial.client("READER_1")
    made = client.post(f"/v1/series/{series}/measurements", json=body).json()
    answer = drawn(trial, made)
    assert (answer.status_code, answer.json()["code"]) == (422, "NO_IMAGE")


# The same lesion at all time points


def sign(trial, subject: str, on: str, role: str = "READER_1", **finding: Any) -> None:
    lesions = {"T1": {"role": "TARGET", "organ": "lung"}} if on == "2024-01-01" else {}
    body = {"on": on, "lesions": lesions, "findings": {"T1": finding}}
    answer = trial.client(role).post(f"/v1/subjects/{subject}/reads", json=body)
    assert answer.status_code == 201, answer.text


def evidence(measurement: dict[str, Any]) -> dict[str, Any]:
    return {
        "series_uid": measurement["series_uid"],
        "instance_uid": measurement["sop_instance_uid"],
        "longest": measurement["longest_patient_mm"],
        "short_axis": measurement["short_axis_patient_mm"],
    }


def timeline(trial, subject: str, role: str = "READER_1", **asked: Any) -> Any:
    path = f"/v1/subjects/{subject}/timeline.png"
    return trial.client(role).get(path, params={"lesion": "T1"} | asked)


@pytest.fixture
def read(trial, subject, series, volume) -> str:
    """A subject whose lesion reader 1 has measured, not measured, and measured again."""
    found = measured(trial, series, volume)
    seen = {"state": "MEASURED", "longest_mm": found["longest_mm"], "evidence": evidence(found)}
    sign(trial, subject, "2024-01-01", **seen)
    sign(trial, subject, "2024-02-26", state="NOT_EVALUABLE")
    sign(trial, subject, "2024-04-22", **seen)
    return subject


def test_a_lesion_is_drawn_at_all_time_points_side_by_side(trial, read) -> None:
    shown = pixels(timeline(trial, read, side_px=200, side_mm=60, window="-400,1000"))
    assert shown.shape == (200, 602, 3)
    first, second, third = shown[:, :200], shown[:, 201:401], shown[:, 402:]
    yellow = [np.all(part == LONGEST, axis=2).sum() for part in (first, second, third)]
    assert yellow[0] > 60
    assert yellow[1] == 0
    assert np.array_equal(first[30:], third[30:])  # but for the captions
    assert not np.array_equal(first[:20], third[:20])
    assert second[30:].max() == 0


def test_readers_see_their_own_and_others_name_one(trial, read) -> None:
    assert timeline(trial, read, "READER_2").status_code == 404
    assert timeline(trial, read, "READER_2", reader="READER_1").status_code == 404
    assert timeline(trial, read, "TRIAL_MANAGER").status_code == 200
    sign(trial, read, "2024-01-01", "READER_2", state="MEASURED", longest_mm=24.0)
    several = timeline(trial, read, "TRIAL_MANAGER")
    assert several.status_code == 422
    assert several.json()["errors"][0]["parameter"] == "reader"
    one = pixels(timeline(trial, read, "TRIAL_MANAGER", reader="READER_2", side_px=100))
    assert one.shape == (100, 100, 3)
    assert pixels(timeline(trial, read, side_px=100)).shape == (100, 302, 3)
    assert timeline(trial, read, "WORKSTATION").status_code == 403
    assert timeline(trial, read, lesion="T9").status_code == 404
    assert timeline(trial, "0" * 32).status_code == 404


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [({"side_px": 0}, "side_px"), ({"side_px": 4000}, "side_px"), ({"side_mm": 0}, "side_mm")],
    ids=str,
)
def test_a_timeline_that_cannot_be_drawn_is_refused(trial, read, asked, parameter) -> None:
    answer = timeline(trial, read, **asked)
    assert answer.status_code == 422, answer.text
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


# Without a server


def panel(folder: Path, volume, ends: Any, **members: Any) -> Panel:
    return Panel(folder / f"{volume.sop_instance_uids[4]}.dcm", longest=ends, **members)


def test_a_time_point_that_cannot_be_drawn_says_why_and_the_others_are_drawn(
    folder, volume, tmp_path
) -> None:
    ends = [volume.patient(column, 45, 4).tolist() for column in (40, 60)]
    good = panel(folder, volume, ends)
    (tmp_path / "broken").write_bytes(b"no image")
    broken = [
        Panel(None),
        Panel(tmp_path / "broken", longest=ends),
        panel(folder, volume, [[1e308, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        panel(folder, volume, ends, frame=7),
    ]
    file = beside_each_other([good, *broken], None, 100, 60.0)
    shown = np.asarray(Image.open(io.BytesIO(file)))
    parts = [shown[:, n * 101 : n * 101 + 100] for n in range(5)]
    yellow = [np.all(part == LONGEST, axis=2).sum() for part in parts]
    assert yellow[0] > 20
    assert yellow[1:] == [0] * 4


def test_lines_without_a_middle_are_none(volume) -> None:
    assert Lines(0, None, [[1.0, 1.0], [3.0, 5.0]]).middle.tolist() == [2.0, 3.0]
