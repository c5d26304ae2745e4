"""A service to which words that may name a patient are sent in every way that there is."""

import base64
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from pydicom.datadict import dictionary_VR
from pydicom.sequence import Sequence
from sqlalchemy import text

from imaging.phantom import Ellipsoid, phantom, write
from service.db import engine

CHECKOUT = Path(__file__).parents[4]

# PS3.15 Table E.1-1: what may name or describe a person, a place or a date, other than by UID.
NAMING = (Path(__file__).parent / "naming.txt").read_text().split()


@dataclass
class Canaries:
    """Words that are planted; each is made once."""

    planted: list[str] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    def word(self) -> str:
        """A new word, short enough for a DICOM code string."""
        return self._plant(f"ZQ{next(self._number):04d}JXK")

    def day(self) -> str:
        """A new day, long before any study."""
        day = date.fromordinal(300_000 + next(self._number))
        return self._plant(f"{day.year:04d}{day:%m%d}")

    def _plant(self, word: str) -> str:
        self.planted.append(word)
        return word

    def found(self, *where: bytes | str) -> set[str]:
        """Which of them are there."""
        whole = b"\n".join(w if isinstance(w, bytes) else w.encode() for w in where).lower()
        return {word for word in self.planted if word.lower().encode() in whole}


def value_of(vr: str, canaries: Canaries) -> Any:
    match vr:
        case "DA":
            return canaries.day()
        case "PN":
            return f"{canaries.word()}^{canaries.word()}"
        case _:
            return canaries.word()


def plant(image: pydicom.Dataset, canaries: Canaries) -> None:
    """Give every element that may name somebody a word of its own, deeper ones and private ones."""
    for keyword in NAMING:
        setattr(image, keyword, value_of(dictionary_VR(keyword), canaries))
    inside = pydicom.Dataset()
    inside.PatientID = canaries.word()
    inside.PersonName = f"{canaries.word()}^{canaries.word()}"
    image.OtherPatientIDsSequence = Sequence([inside])
    private = image.private_block(0x0013, canaries.word(), create=True)
    for element, vr in enumerate(("LO", "PN", "LT", "UT", "SH")):
        private.add_new(element, vr, canaries.word())
    private.add_new(0x20, "OB", canaries.word().encode().ljust(10, b"\0"))
    image.file_meta.SourceApplicationEntityTitle = canaries.word()
    image.preamble = canaries.word().encode().ljust(128, b"\0")


def bytes_of(image: pydicom.Dataset) -> bytes:
    written = io.BytesIO()
    image.save_as(written, enforce_file_format=True)
    return written.getvalue()


def images(folder: Path, canaries: Canaries) -> tuple[list[Any], list[Any]]:
    """Files that are kept, and files that are refused, as an upload; all with planted words."""
    lesion = Ellipsoid((30.0, 30.0, 6.0), (12.0, 9.0, 10.0), 40.0)
    volume = phantom([lesion], size=(5, 60, 60), step=3.0, background=-850.0, seed="canary")
    write(volume, folder, patient_id="S-001", study_date=date(2024, 3, 1))
    files = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    for image in files:
        plant(image, canaries)
    refused = [bytes_of(files[0])[:900], b"Patient: " + canaries.word().encode() * 20]
    for keyword, value in (("Modality", canaries.word()), ("Rows", None), ("PixelSpacing", None)):
        image = pydicom.dcmread(io.BytesIO(bytes_of(files[0])))
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = (
            pydicom.uid.generate_uid()
        )
        setattr(image, keyword, value)
        refused.append(bytes_of(image))
    other = pydicom.dcmread(io.BytesIO(bytes_of(files[0])))
    other.PatientComments = canaries.word()  # the same instance, with other content: a conflict
    refused.append(bytes_of(other))
    return named(map(bytes_of, files), canaries), named(refused, canaries)


def named(contents: Any, canaries: Canaries) -> list[Any]:
    return [("files", (f"{canaries.word()}.dcm", content)) for content in contents]


@dataclass
class Observed:
    """A service that runs, and everything of it that is searched later."""

    client: httpx.Client
    folder: Path
    admin: str
    answers: list[httpx.Response] = field(default_factory=list)

    def ask(self, token: str | None, method: str, path: str, **sent: Any) -> httpx.Response:
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        headers = shown | sent.pop("headers", {})
        answer = self.client.request(method, path, headers=headers, **sent)
        self.answers.append(answer)
        return answer

    def made(self, token: str, path: str, **sent: Any) -> Any:
        answer = self.ask(token, "POST", path, **sent)
        assert answer.status_code == 201, answer.text
        return answer.json()


@contextmanager
def observed(folder: Path) -> Iterator[Observed]:
    """Run `recist serve` with its output in files, and a temporary folder of its own."""
    (folder / "temporary").mkdir()
    command = [sys.executable, "-m", "service", "serve", "--port", "0", "--data", folder / "data"]
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        environment = os.environ | {"TMPDIR": str(folder / "temporary"), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(command, cwd=CHECKOUT, stdout=out, stderr=err, env=environment)
        try:
            while (folder / "out").read_text().count("\n") < 2:
                assert process.poll() is None, (folder / "err").read_text()
                time.sleep(0.05)
            url, token = (folder / "out").read_text().splitlines()[:2]
            with httpx.Client(base_url=url, timeout=60) as client:
                yield Observed(client, folder, token.rpartition(" ")[2])
        finally:
            process.terminate()
            process.wait(30)


def read(canaries: Canaries, on: str, **more: Any) -> dict[str, Any]:
    """A baseline with words wherever a reader may write what it likes."""
    finding = {"state": "MEASURED", "longest_mm": 50.0, "comment": canaries.word()}
    return {
        "on": on,
        "label": canaries.word(),
        "lesions": {"T1": {"role": "TARGET", "organ": canaries.word()}},
        "findings": {"T1": finding},
        **more,
    }


@dataclass
class Trial:
    """A trial on a service that is observed: a subject, and a token for each role."""

    service: Observed
    tokens: dict[str, str]
    subject: str

    @property
    def path(self) -> str:
        return f"/v1/subjects/{self.subject}"

    def ask(self, role: str, method: str, path: str, **sent: Any) -> httpx.Response:
        return self.service.ask(self.tokens[role], method, path, **sent)


def begun(service: Observed) -> Trial:
    about = {"name": "Canaries", "criteria": "recist-1.1"}
    trial = service.made(service.admin, "/v1/trials", json=about)["id"]
    tokens = {}
    for role in ("READER_1", "TRIAL_MANAGER", "WORKSTATION", "AUDITOR"):
        body = {"name": role, "role": role, "trial": trial}
        tokens[role] = service.made(service.admin, "/v1/tokens", json=body)["token"]
    path = f"/v1/trials/{trial}/subjects"
    subject = service.made(tokens["TRIAL_MANAGER"], path, json={"code": "S-001"})["id"]
    return Trial(service, tokens, subject)


def upload(trial: Trial, canaries: Canaries) -> None:
    """Images that are kept and measured, and others that are refused."""
    kept, refused = images(trial.service.folder / "images", canaries)
    stored = trial.ask("WORKSTATION", "POST", f"{trial.path}/series", files=kept)
    assert stored.status_code == 201, stored.text
    assert [file["status"] for file in stored.json()["files"]] == ["STORED"] * len(kept)
    none = trial.ask("WORKSTATION", "POST", f"{trial.path}/series", files=refused)
    assert none.status_code == 422, none.text
    series = f"/v1/series/{stored.json()['series'][0]['id']}/measurements"
    click = {"click": [30.0, 30.0, 6.0]}
    measured = trial.ask("READER_1", "POST", series, json=click)
    assert measured.status_code == 201, measured.text
    trial.ask("READER_1", "GET", f"/v1/measurements/{measured.json()['id']}/picture.png")
    assert trial.ask("READER_1", "POST", series, json={"click": [0, 0, 0]}).status_code == 422


def write_and_sign(trial: Trial, canaries: Canaries) -> None:
    draft = f"{trial.path}/draft"
    drafted = read(canaries, "2024-01-01")
    assert trial.ask("READER_1", "PUT", draft, json=drafted).status_code == 201
    stale = trial.ask("READER_1", "PUT", draft, json=read(canaries, "2024-01-01"))
    assert stale.status_code == 428
    key = {"Idempotency-Key": canaries.word()}
    signed = trial.ask("READER_1", "POST", f"{trial.path}/reads", json=drafted, headers=key)
    assert signed.status_code == 201, signed.text
    again = read(canaries, "2024-01-01")
    for other in (again, again | {"replaces": signed.json()["id"]}):
        sent = {"json": other, "headers": key if other is again else {}}
        answer = trial.ask("READER_1", "POST", f"{trial.path}/reads", **sent)
        assert answer.status_code == 422, answer.text
    assert trial.ask("READER_1", "POST", f"{trial.path}/reads", json=again).status_code == 409


def refusals(trial: Trial, canaries: Canaries) -> None:
    """Bodies that are refused, with words as the values of what is wrong."""
    reads = f"{trial.path}/reads"
    good = read(canaries, "2024-03-01")
    for member in ("on", "lesions", "findings", "new_symptom", "pet", "patient_name", "reason"):
        for value in (canaries.word(), [canaries.word()], {"mrn": canaries.word()}):
            answer = trial.ask("READER_1", "POST", reads, json=good | {member: value})
            assert answer.status_code == 422, (member, value)
    for broken in (
        '{{"on": "{0}"',
        '{{"on": {0}}}',
        '"{0}"',
        "{0}",
        '[["{0}"',
        '{{"a": "{0}\\u0000"}}',
    ):
        body = broken.format(canaries.word())
        headers = {"Content-Type": "application/json"}
        answer = trial.ask("READER_1", "POST", reads, content=body, headers=headers)
        assert answer.status_code == 422, body
    for path in ("/v1/assess", "/v1/endpoints", f"{trial.path}/adjudications", "/v1/trials"):
        for role in ("READER_1", "TRIAL_MANAGER"):
            body = {"criteria": canaries.word(), "name": [canaries.word()], "mrn": canaries.word()}
            assert trial.ask(role, "POST", path, json=body).status_code in {403, 422}


def around(trial: Trial, canaries: Canaries) -> None:
    """Headers and queries, with words in them; and paths, in logs and metrics at least."""
    for name in (
        "User-Agent",
        "Referer",
        "Cookie",
        "X-Patient-Name",
        "If-Match",
        "Accept",
        "Origin",
    ):
        trial.ask("READER_1", "GET", trial.path, headers={name: canaries.word()})
    sent = f"{canaries.word()} {canaries.word()}"  # what no id of a request has
    answer = trial.ask("READER_1", "GET", trial.path, headers={"X-Request-Id": sent})
    assert answer.headers["x-request-id"] != sent
    for scheme in ("Bearer", "Basic", "Digest"):
        headers = {"Authorization": f"{scheme} {canaries.word()}"}
        assert trial.service.ask(None, "GET", trial.path, headers=headers).status_code == 401
    pair = base64.b64encode(f"{canaries.word()}:{canaries.word()}".encode()).decode()
    headers = {"Reauthentication": f"Basic {pair}", "One-Time-Code": canaries.word()}
    body = {"json": read(canaries, "2024-03-02"), "headers": headers}
    assert trial.ask("READER_1", "POST", f"{trial.path}/reads", **body).status_code == 401
    said = {"Content-Type": f"application/{canaries.word()}"}
    refused = trial.ask("READER_1", "POST", f"{trial.path}/reads", content=b"x", headers=said)
    assert refused.status_code == 415
    for path in ("/v1/subjects/{0}", "/v1/{0}", "/v1/criteria/{0}", "/v1/audit/records/{0}/{0}"):
        assert trial.ask("READER_1", "GET", path.format(canaries.word())).status_code in {403, 404}
    login = {"name": canaries.word(), "password": canaries.word(), "code": canaries.word()}
    assert trial.service.ask(None, "POST", "/v1/sessions", json=login).status_code == 401
    queries(trial, canaries)


def queries(trial: Trial, canaries: Canaries) -> None:
    asked = {
        f"{trial.path}/timeline": ["as_of", "patient"],
        f"{trial.path}/series": ["limit", "cursor", "mrn"],
        f"{trial.path}/timeline.png": ["window", "side_px", "side_mm", "lesion", "reader"],
        f"{trial.path}/draft": ["reader"],
        "/v1/audit": ["trial", "subject", "record_id", "action", "from", "principal"],
        "/v1/worklist": ["cursor", "name"],
        "/healthz": ["name"],
    }
    for path, names in asked.items():
        for name in names:
            params = {"lesion": "T1", name: canaries.word()}
            trial.ask("READER_1", "GET", path, params=params)


def fail(trial: Trial, canaries: Canaries) -> None:
    """A read that is stored can no longer be read: 500, and what the log says of it."""
    opened = engine(f"sqlite:///{trial.service.folder / 'data' / 'recist.sqlite'}")
    spoilt = f'{{"on": "{canaries.word()}", "{canaries.word()}": "{canaries.word()}"}}'
    with opened.begin() as connection:
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type='trigger'")):
            connection.execute(text(f"DROP TRIGGER {name[0]}"))
        connection.execute(text("UPDATE reads SET content = :content"), {"content": spoilt})
    opened.dispose()
    assert trial.ask("READER_1", "GET", f"{trial.path}/timeline").status_code == 500


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Observed, Canaries]:
    """A service to which all of it was sent, and which has ended."""
    canaries = Canaries()
    with observed(tmp_path_factory.mktemp("canary")) as service:
        trial = begun(service)
        upload(trial, canaries)
        write_and_sign(trial, canaries)
        refusals(trial, canaries)
        around(trial, canaries)
        draft = read(canaries, "2024-04-01")
        trial.ask("READER_1", "PUT", f"{trial.path}/draft", json=draft)
        for role in ("READER_1", "AUDITOR"):
            service.answers.append(trial.ask(role, "GET", "/v1/audit", params={"limit": 200}))
        fail(trial, canaries)
        service.answers.append(service.ask(service.admin, "GET", "/metrics"))
    return service, canaries
