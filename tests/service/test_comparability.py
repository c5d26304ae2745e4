"""Remarks on images over HTTP: they travel with the assessment, and each reader sees its own."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pydicom
import pytest

from imaging.phantom import Ellipsoid, phantom, write
from imaging.volume import Volume

LESION = Ellipsoid((20.0, 20.0, 6.0), (6.0, 5.0, 6.0), 40.0)


def made(folder: Path, step: float, **members: str) -> tuple[Volume, list[Path]]:
    """A CT series of its own with that thickness, and these members in its headers."""
    volume = phantom([LESION], size=(3, 24, 24), step=step, seed=uuid4().hex)
    write(volume, folder / uuid4().hex, patient_id="S-001", study_date=date(2024, 3, 1))
    files = [path for path in folder.rglob("*.dcm") if path.stem in volume.sop_instance_uids]
    for path in files:
        image = pydicom.dcmread(path)
        for name, value in members.items():
            setattr(image, name, value)
        image.save_as(path, enforce_file_format=True)
    return volume, files


def send(trial: Any, subject: str, files: list[Path]) -> None:
    parts = [("files", (file.name, file.read_bytes())) for file in files]
    answer = trial.client("WORKSTATION").post(f"/v1/subjects/{subject}/series", files=parts)
    assert answer.status_code == 201, answer.text


def finding(volume: Volume | None, mm: float = 12.0) -> dict[str, Any]:
    uid = {"evidence": {"series_uid": volume.series_uid}} if volume else {}
    return {"state": "MEASURED", "longest_mm": mm, "short_axis_mm": 8.0, **uid}


def read(on: str, *findings: dict[str, Any], nodal: bool = False) -> dict[str, Any]:
    """A read of T1, T2 …, which are made lesions of at baseline."""
    found = {f"T{n}": each for n, each in enumerate(findings, 1)}
    new = {label: {"role": "TARGET", "organ": label, "nodal": nodal} for label in found}
    return {"on": on, "findings": found} | ({"lesions": new} if on == "2024-01-01" else {})


def sign(trial: Any, subject: str, body: dict[str, Any], role: str = "READER_1") -> Any:
    answer = trial.client(role).post(f"/v1/subjects/{subject}/reads", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def told(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(remark["code"], remark["on"], remark["lesion"]) for remark in answer["images"]]


@pytest.fixture
def pair(trial, tmp_path) -> tuple[str, Volume, Volume]:
    """A subject with a thin series and a thick one of another device."""
    subject = trial.subject()
    thin, files = made(tmp_path, 2.0, Manufacturer="ONE", StudyDescription="CT W IV CONT")
    send(trial, subject, files)
    thick, files = made(tmp_path, 5.0, Manufacturer="TWO", StudyDescription="CT WO IV CONT")
    send(trial, subject, files)
    return subject, thin, thick


CHANGED = ("SLICE_THICKNESS_CHANGED", "CONTRAST_CHANGED", "DEVICE_CHANGED")


def test_a_change_of_the_images_travels_with_the_assessment(trial, pair) -> None:
    subject, thin, thick = pair
    first = sign(trial, subject, read("2024-01-01", finding(thin), finding(thin)))
    assert first["images"] == []
    second = sign(trial, subject, read("2024-02-26", finding(thick), finding(thin)))
    assert told(second) == [(code, "2024-02-26", "T1") for code in CHANGED]
    says = second["images"][0]["says"]
    assert "5 mm" in says
    assert "2 mm" in says
    assert "Compared with 2024-01-01." in says
    timeline = trial.client("READER_1").get(f"/v1/subjects/{subject}/timeline").json()
    assert timeline["readers"][0]["images"] == second["images"]


def test_the_assessment_is_what_it_is_without_images(trial, pair) -> None:
    subject, thin, thick = pair
    sign(trial, subject, read("2024-01-01", finding(thin)))
    seen = sign(trial, subject, read("2024-02-26", finding(thick)))
    other = trial.subject("S-002")
    sign(trial, other, read("2024-01-01", finding(None)))
    unseen = sign(trial, other, read("2024-02-26", finding(None)))
    assert seen["images"]
    assert unseen["images"] == []
    assert seen["assessment"] == unseen["assessment"]


def test_it_is_the_size_that_counts_which_is_held_against_the_slices(trial, pair) -> None:
    """Of a node the short axis, 8 mm; of anything else the longest diameter, 12 mm."""
    subject, _, thick = pair
    node = read("2024-01-01", finding(thick) | {"short_axis_mm": 9.9}, nodal=True)
    answer = sign(trial, subject, node)
    assert told(answer) == [("THICK_FOR_LESION", "2024-01-01", "T1")]
    other = trial.subject("S-002")
    assert sign(trial, other, node)["images"] == []  # the series is not this subject's


def test_a_reader_sees_remarks_on_its_own_reads_alone(trial, pair) -> None:
    subject, thin, thick = pair
    for role, follow_up in (("READER_1", thick), ("READER_2", thin)):
        sign(trial, subject, read("2024-01-01", finding(thin)), role)
        sign(trial, subject, read("2024-02-26", finding(follow_up)), role)
    path = f"/v1/subjects/{subject}/timeline"
    (own,) = trial.client("READER_2").get(path).json()["readers"]
    assert (own["reader"], own["images"]) == ("READER_2", [])
    both = trial.client("ADJUDICATOR").get(path).json()["readers"]
    assert [(each["reader"], len(each["images"])) for each in both] == [
        ("READER_1", 3),
        ("READER_2", 0),
    ]


def test_a_lesion_not_seen_on_images_meanwhile_is_compared_with_when_it_was(trial, pair) -> None:
    subject, thin, thick = pair
    sign(trial, subject, read("2024-01-01", finding(thin)))
    sign(trial, subject, read("2024-02-26", finding(None)))
    third = sign(trial, subject, read("2024-04-22", finding(thick)))
    assert told(third) == [(code, "2024-04-22", "T1") for code in CHANGED]
    fourth = sign(trial, subject, read("2024-06-17", finding(thick)))
    assert [on for _, on, _ in told(fourth)] == ["2024-04-22"] * 3 + ["2024-06-17"] * 3
    assert fourth["images"][3]["says"].endswith("Compared with 2024-01-01.")
