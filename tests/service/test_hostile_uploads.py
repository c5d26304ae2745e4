"""What a file says becomes no path, no log line and no markup; what precedes it is not kept."""

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydicom import dcmread

from imaging.phantom import phantom, write

CHECKOUT = Path(__file__).parents[2]
PREAMBLES = {
    "Windows": b"MZ\x90\x00",
    "Linux": b"\x7fELF\x02\x01\x01",
    "page": b"<html><script>alert(1)</script>",
    "picture": b"II*\x00",
}
SCRIPT = "<script>alert('M4RK')</script>"


@pytest.fixture
def image(tmp_path: Path) -> bytes:
    """A CT image that no other test has."""
    folder = tmp_path / "image"
    volume = phantom([], size=(1, 16, 16), seed=uuid4().hex)
    write(volume, folder, patient_id="S-001", study_date=date(2024, 3, 1))
    return next(folder.iterdir()).read_bytes()


def send(client: httpx.Client, subject: str, *contents: bytes) -> Any:
    parts = [("files", ("image.dcm", content, "application/dicom")) for content in contents]
    return client.post(f"/v1/subjects/{subject}/series", files=parts)


def statuses(answer: httpx.Response) -> list[str]:
    return [file["status"] for file in answer.json()["files"]]


def kept(folder: Path) -> list[Path]:
    return [path for path in (folder / "objects").rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", PREAMBLES)
def test_a_program_before_an_image_is_not_kept(new_trial, image: bytes, kind: str) -> None:
    trial = new_trial()
    client, subject = trial.client("WORKSTATION"), trial.subject()
    sent = PREAMBLES[kind].ljust(128, b"\x90") + image[128:]
    assert statuses(send(client, subject, sent)) == ["STORED"]
    assert statuses(send(client, subject, sent)) == ["DUPLICATE"]
    assert statuses(send(client, subject, image)) == ["DUPLICATE"]  # the same but for the preamble
    (found,) = (
        path for path in kept(trial.server.folder) if path.read_bytes()[128:] == image[128:]
    )
    assert found.read_bytes() == bytes(128) + image[128:]


def test_a_file_shorter_than_its_preamble_is_refused(new_trial, image: bytes) -> None:
    trial = new_trial()
    answer = send(trial.client("WORKSTATION"), trial.subject(), b"MZ", b"MZ" * 64, image)
    assert statuses(answer) == ["REFUSED", "REFUSED", "STORED"]


def changed(image: bytes, **members: str) -> bytes:
    dataset = dcmread(io.BytesIO(image))
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):  # what is written is wrong on purpose
        for keyword, value in members.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[tuple[str, str, Path, Path]]:
    """Address and token of a service of this test's own, its data folder, and what it logs."""
    folder, log = tmp_path / "data", tmp_path / "log"
    with log.open("wb") as errors:
        service = subprocess.Popen(
            [sys.executable, "-m", "service", "serve", "--port", "0", "--data", folder],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    assert service.stdout
    try:
        url = service.stdout.readline().strip()
        yield url, service.stdout.readline().rpartition(" ")[2].strip(), folder, log
    finally:
        service.terminate()
        service.communicate(timeout=30)


def test_what_files_say_goes_nowhere(logged, image: bytes) -> None:
    url, token, folder, log = logged
    hostile = [
        changed(image, SOPInstanceUID="../../M4RK"),
        changed(image, SeriesInstanceUID="/var/M4RK"),
        changed(image, SOPClassUID="../M4RK" + SCRIPT),
        changed(image, PhotometricInterpretation=SCRIPT + "\x1b[2J\r\nM4RK"),
        changed(image, PatientName=SCRIPT, PatientID="M4RK", ImageType="M4RK\x1b[31m"),
        changed(image, Modality=SCRIPT, SOPInstanceUID="1.2.3"),
    ]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as admin:
        trial = admin.post("/v1/trials", json={"name": "T", "criteria": "recist-1.1"}).json()["id"]
        tokens = {}
        for role in ("TRIAL_MANAGER", "WORKSTATION"):
            body = {"name": role, "role": role, "trial": trial}
            tokens[role] = admin.post("/v1/tokens", json=body).json()["token"]
        admin.headers["Authorization"] = f"Bearer {tokens['TRIAL_MANAGER']}"
        subject = admin.post(f"/v1/trials/{trial}/subjects", json={"code": "S-001"}).json()["id"]
        admin.headers["Authorization"] = f"Bearer {tokens['WORKSTATION']}"
        answer = send(admin, subject, *hostile)
    assert answer.status_code == 201, answer.text
    assert statuses(answer)[:4] == ["REFUSED"] * 4
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    says = [file["says"] for file in answer.json()["files"] if file["says"]]
    assert all(text.isprintable() for text in says)
    names = [str(path.relative_to(folder)) for path in folder.rglob("*")]
    assert not [name for name in names if "M4RK" in name or ".." in name or "1.2.3" in name]
    assert len(kept(folder)) == statuses(answer).count("STORED")
    assert "M4RK" not in log.read_text()
