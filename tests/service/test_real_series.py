"""The main job on real images: two time points uploaded, measured, read twice, assessed."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from imaging import load

READERS = ("READER_1", "READER_2")
PAIRS = ("A046441", "A048383", "A056642", "A058062", "A062055")


def upload(trial: Any, subject: str, files: list[Path]) -> dict[str, Any]:
    """Send files as a workstation does; they make one series."""
    parts = [("files", (file.name, file.read_bytes(), "application/dicom")) for file in files]
    answer = trial.client("WORKSTATION").post(f"/v1/subjects/{subject}/series", files=parts)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert [file["status"] for file in told["files"]] == ["STORED"] * len(files)
    (series,) = told["series"]
    assert series["instances"] == len(files)
    return series


def scanned_on(file: Path) -> date:
    header = pydicom.dcmread(file, stop_before_pixels=True)
    return datetime.strptime(header.StudyDate, "%Y%m%d").date()  # noqa: DTZ007 (a date)


def line(files: list[Path], columns: int) -> list[list[float]]:
    """A horizontal line of so many columns through the middle of the volume, in patient mm."""
    volume = load(files)
    slices, rows, width = volume.stored.shape
    ends = (width / 2 - columns / 2, width / 2 + columns / 2)
    return [volume.patient(x, rows / 2, slices // 2).tolist() for x in ends]


def measured(trial: Any, series: str, points: list[list[float]]) -> dict[str, Any]:
    answer = trial.client("WORKSTATION").post(
        f"/v1/series/{series}/measurements", json={"line": points}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def finding(measurement: dict[str, Any], series_uid: str) -> dict[str, Any]:
    evidence = {
        "series_uid": series_uid,
        "instance_uid": measurement["sop_instance_uid"],
        "longest": measurement["longest_patient_mm"],
    }
    return {"state": "MEASURED", "longest_mm": measurement["longest_mm"], "evidence": evidence}


def read_by_two(trial: Any, subject: str, dated: list[tuple[date, dict[str, Any]]]) -> Any:
    """Sign the findings of every time point as both readers; return the adjudicator's view."""
    for role in READERS:
        for n, (on, found) in enumerate(dated):
            body: dict[str, Any] = {"on": on.isoformat(), "findings": {"T1": found}}
            if n == 0:
                body["lesions"] = {"T1": {"role": "TARGET", "organ": "liver"}}
            answer = trial.client(role).post(f"/v1/subjects/{subject}/reads", json=body)
            assert answer.status_code == 201, answer.text
    return trial.client("ADJUDICATOR").get(f"/v1/subjects/{subject}/timeline").json()


def judged(series: list[tuple[date, float]]) -> str:
    """RECIST 1.1 of one lesion at two time points, worked out by hand."""
    before, after = (mm for _, mm in series)
    if after >= 1.2 * before and after - before >= 5:
        return "PD"
    return "PR" if after <= 0.7 * before else "SD"


def length(points: list[list[float]]) -> float:
    return float(np.linalg.norm(np.subtract(*points)))


def test_two_mr_studies_of_one_subject(new_trial: Callable[..., Any], shared: Path) -> None:
    """The folder called second is the earlier study: time points go by date."""
    folder = shared / "data/dicom/crc-mr-two-timepoints"
    scans = [sorted((folder / name).glob("*.dcm")) for name in ("SCAN_001", "SCAN_002")]
    scans.sort(key=lambda files: scanned_on(files[0]))
    assert [len(files) for files in scans] == [45, 36]
    assert [scanned_on(files[0]).isoformat() for files in scans] == ["1959-12-09", "1960-04-13"]

    trial = new_trial()
    subject = trial.subject()
    dated, sizes = [], []
    for files, columns in zip(scans, (24, 12), strict=True):
        series = upload(trial, subject, files)
        assert series["modality"] == "MR"
        points = line(files, columns)
        assert length(points) == pytest.approx(columns * 1.5625)
        measurement = measured(trial, series["id"], points)
        # what was segmented agrees with the line, or the line itself is the measurement
        assert measurement["longest_mm"] == pytest.approx(length(points), rel=0.2)
        dated.append((scanned_on(files[0]), finding(measurement, series["series_uid"])))
        sizes.append((scanned_on(files[0]), measurement["longest_mm"]))

    seen = read_by_two(trial, subject, dated)
    (timepoint,) = seen["accepted"]["assessment"]["timepoints"]
    assert (timepoint["on"], timepoint["day"]) == ("1960-04-13", 126)
    assert timepoint["sum"] == sizes[1][1]
    assert timepoint["overall"] == judged(sizes)
    assert timepoint["because"]
    backwards = trial.client("READER_1").post(
        f"/v1/subjects/{subject}/reads",
        json={"on": "1959-12-31", "findings": {"T1": dated[0][1]}},
    )
    assert backwards.status_code == 422


@pytest.mark.parametrize("patient", PAIRS)
def test_two_single_slices(new_trial: Callable[..., Any], shared: Path, patient: str) -> None:
    """A single slice is measured in its plane, without a volume."""
    files = sorted((shared / "data/dicom/ct-two-timepoint-pairs" / patient).rglob("*.dcm"))
    files.sort(key=scanned_on)
    assert len(files) == 2
    trial = new_trial()
    subject = trial.subject()
    dated, sizes = [], []
    for file, columns in zip(files, (40, 60), strict=True):
        series = upload(trial, subject, [file])
        assert "SINGLE_SLICE" in [flag["code"] for flag in series["flags"]]
        points = line([file], columns)
        measurement = measured(trial, series["id"], points)
        assert measurement["volume_mm3"] is None
        assert measurement["longest_mm"] == pytest.approx(length(points), rel=0.2)
        assert measurement["longest_patient_mm"][0][2] == pytest.approx(points[0][2], abs=1e-3)
        dated.append((scanned_on(file), finding(measurement, series["series_uid"])))
        sizes.append((scanned_on(file), measurement["longest_mm"]))

    seen = read_by_two(trial, subject, dated)
    (timepoint,) = seen["accepted"]["assessment"]["timepoints"]
    assert timepoint["on"] == dated[1][0].isoformat()
    assert timepoint["overall"] == judged(sizes)
    assert [reader["reader"] for reader in seen["readers"]] == list(READERS)
