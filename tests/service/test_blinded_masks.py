"""What one reader has delineated is hidden from the others: it would show them a read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.requirement("R10")


@pytest.fixture
def masked(new_trial: Callable[..., Any], shared: Path) -> tuple[Any, str, dict[str, str]]:
    """A subject with a CT from a workstation, and reader 2's mask of it."""
    folder = shared / "data/dicom/liver-ct-seg-sr"
    trial = new_trial()
    subject = trial.subject()
    ids = {}
    for role, files in (
        ("WORKSTATION", sorted((folder / "ct").glob("*.dcm"))),
        ("READER_2", [folder / "seg_liver.dcm"]),
    ):
        parts = [("files", (file.name, file.read_bytes(), "application/dicom")) for file in files]
        answer = trial.client(role).post(f"/v1/subjects/{subject}/series", files=parts)
        assert answer.status_code == 201, answer.text
        ids[role] = answer.json()["series"][0]["id"]
    return trial, subject, ids


def listed(trial: Any, subject: str, role: str) -> set[str]:
    answer = trial.client(role).get(f"/v1/subjects/{subject}/series")
    return {series["id"] for series in answer.json()["items"]}


def test_the_mask_is_there_for_its_reader_and_for_those_who_see_all(masked: Any) -> None:
    trial, subject, ids = masked
    for role in ("READER_2", "ADJUDICATOR", "TRIAL_MANAGER"):
        assert listed(trial, subject, role) == set(ids.values())
    answer = trial.client("READER_2").post(
        f"/v1/series/{ids['WORKSTATION']}/measurements",
        json={"mask": {"series_id": ids["READER_2"], "number": 1}},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["volume_mm3"] == pytest.approx(70361.9, abs=0.1)


@pytest.mark.parametrize("role", ["READER_1", "SITE_READER"])
def test_no_other_reader_can_tell_that_it_exists(masked: Any, role: str) -> None:
    trial, subject, ids = masked
    assert listed(trial, subject, role) == {ids["WORKSTATION"]}
    client = trial.client(role)
    by_mask = {"mask": {"series_id": ids["READER_2"], "number": 1}}
    absent = {"mask": {"series_id": "0" * 32, "number": 1}}
    path = f"/v1/series/{ids['WORKSTATION']}/measurements"
    found, unknown = (client.post(path, json=body) for body in (by_mask, absent))
    assert (found.status_code, found.json()["errors"]) == (422, unknown.json()["errors"])
    by_itself = client.post(f"/v1/series/{ids['READER_2']}/measurements", json=by_mask)
    assert by_itself.status_code == 404
