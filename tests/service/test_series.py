"""Series upload over HTTP: every file is answered for, kept once, and never trusted."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pydicom
import pytest

from imaging.phantom import Ellipsoid, phantom, write

LESION = Ellipsoid((20.0, 20.0, 6.0), (6.0, 5.0, 6.0), 40.0)
Files = list[tuple[str, bytes]]


def made(folder: Path, seed: str, slices: int = 3, **members: str) -> Files:
    """A small CT series that no other test has: its files by name, in the order of the slices."""
    volume = phantom([LESION], size=(slices, 48, 50), step=4.0, seed=seed + uuid4().hex)
    write(volume, folder / seed, patient_id="S-001", study_date=date(2024, 3, 1))
    files = []
    for n, uid in enumerate(volume.sop_instance_uids):
        path = folder / seed / f"{uid}.dcm"
        if members:
            image = pydicom.dcmread(path)
            for name, value in members.items():
                setattr(image, name, value)
            image.save_as(path, enforce_file_format=True)
        files.append((f"{n}.dcm", path.read_bytes()))
    return files


@pytest.fixture
def series(tmp_path) -> Files:
    return made(tmp_path, "series")


def send(trial, subject: str, files: Files, role: str = "WORKSTATION", **headers: str) -> Any:
    parts = [("files", (name, content, "application/dicom")) for name, content in files]
    path = f"/v1/subjects/{subject}/series"
    return trial.client(role).post(path, files=parts, headers=headers)


def statuses(answer) -> list[str]:
    return [file["status"] for file in answer.json()["files"]]


def codes(answer) -> list[str | None]:
    return [file["code"] for file in answer.json()["files"]]


def listed(trial, subject: str, **parameters: Any) -> Any:
    return trial.client("READER_1").get(f"/v1/subjects/{subject}/series", params=parameters).json()


def objects(trial, content: bytes) -> Path:
    digest = sha256(content).hexdigest()
    return trial.server.folder / "objects" / digest[:2] / digest[2:]


def test_a_series_is_stored_and_answered(trial, subject, series) -> None:
    answer = send(trial, subject, series)
    assert answer.status_code == 201, answer.text
    (stored,) = answer.json()["series"]
    assert (stored["modality"], stored["instances"], stored["flags"]) == ("CT", 3, [])
    told = [{"name": n, "status": "STORED", "code": None, "says": None} for n, _ in series]
    assert answer.json()["files"] == told
    assert listed(trial, subject) == {"items": [stored], "next_cursor": None}


def test_files_lie_under_their_digest_alone(trial, subject, series) -> None:
    send(trial, subject, [("../../../escaped.dcm", content) for _, content in series])
    for _, content in series:
        assert objects(trial, content).read_bytes() == content
    names = [path.name for path in trial.server.folder.rglob("*")]
    assert not [name for name in names if "escaped" in name or name.endswith(".dcm")]
    assert list((trial.server.folder / "incoming").iterdir()) == []


def test_the_same_files_again_are_duplicates(trial, subject, series) -> None:
    first = send(trial, subject, series)
    again = send(trial, subject, list(reversed(series)))
    assert again.status_code == 201
    assert statuses(again) == ["DUPLICATE"] * 3
    assert again.json()["series"] == first.json()["series"]


def test_a_file_twice_in_one_upload_is_kept_once(trial, subject, series) -> None:
    answer = send(trial, subject, [*series, ("copy.dcm", series[0][1])])
    assert statuses(answer) == ["STORED"] * 3 + ["DUPLICATE"]
    assert answer.json()["series"][0]["instances"] == 3


def test_a_series_may_come_in_parts_and_is_judged_as_a_whole(trial, subject, tmp_path) -> None:
    files = made(tmp_path, "parts", slices=5)
    one = send(trial, subject, files[:1]).json()["series"][0]
    assert (one["instances"], flags(one)) == (1, ["SINGLE_SLICE"])
    gap = send(trial, subject, [*files[1:2], *files[3:]]).json()["series"][0]
    assert (gap["id"], gap["instances"], flags(gap)) == (one["id"], 4, ["SLICES_MISSING"])
    whole = send(trial, subject, files[2:3]).json()["series"][0]
    assert (whole["instances"], flags(whole)) == (5, [])
    assert listed(trial, subject)["items"] == [whole]


def flags(series: dict[str, Any]) -> list[str]:
    return [flag["code"] for flag in series["flags"]]


def test_one_upload_may_hold_several_series(trial, subject, tmp_path) -> None:
    one, other = made(tmp_path, "one"), made(tmp_path, "other", slices=2)
    mixed = [other[0], *one, other[1]]
    answer = send(trial, subject, mixed).json()
    assert [each["instances"] for each in answer["series"]] == [2, 3]
    ids = {each["id"] for each in answer["series"]}
    first = listed(trial, subject, limit=1)
    second = listed(trial, subject, limit=1, cursor=first["next_cursor"])
    assert {each["id"] for each in first["items"] + second["items"]} == ids
    assert second["next_cursor"] is None


def test_what_cannot_be_used_is_named_and_the_rest_is_kept(trial, subject, series) -> None:
    good = series[0][1]
    odd = [
        ("note.txt", b"no image"),
        ("empty.dcm", b""),
        series[0],
        ("cut.dcm", series[1][1][:-100]),
        ("head.dcm", good[:200]),
        series[2],
    ]
    answer = send(trial, subject, odd)
    assert answer.status_code == 201
    assert codes(answer) == ["NOT_DICOM", "NOT_DICOM", None, "TRUNCATED", "TRUNCATED", None]
    assert statuses(answer)[2::3] == ["STORED", "STORED"]
    assert all(file["says"] for file in answer.json()["files"] if file["code"])
    assert not objects(trial, odd[3][1]).exists()


def test_nothing_kept_is_a_refusal_with_every_file(trial, subject, series) -> None:
    answer = send(trial, subject, [("a.txt", b"a"), ("b.dcm", series[0][1][:-1])])
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [file["name"] for file in answer.json()["files"]] == ["a.txt", "b.dcm"]
    assert codes(answer) == ["NOT_DICOM", "TRUNCATED"]
    assert listed(trial, subject)["items"] == []


def test_malformed_real_files_are_refused_and_the_sound_ones_kept(trial, subject, shared) -> None:
    folder = shared / "data/dicom/malformed"
    files = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.dcm"))]
    told = {file["name"]: file for file in send(trial, subject, files).json()["files"]}
    assert list(told) == [name for name, _ in files]
    for name in ("MR_small_bigendian.dcm", "MR_small_padded.dcm", "explicit_VR-UN.dcm"):
        assert told[name]["status"] in {"STORED", "REFUSED"}, told[name]
    assert told["explicit_VR-UN.dcm"]["status"] == "STORED"
    for name in ("MR_truncated.dcm", "no_meta.dcm", "rtstruct.dcm", "rtplan_truncated.dcm"):
        assert told[name]["status"] == "REFUSED", told[name]
        assert told[name]["says"]


def test_the_same_instance_with_other_content_is_a_conflict(trial, subject, series) -> None:
    changed = bytearray(series[0][1])
    changed[-1] ^= 1
    assert send(trial, subject, series[:1]).status_code == 201
    answer = send(trial, subject, [("changed.dcm", bytes(changed)), series[1]])
    assert codes(answer) == ["SOP_INSTANCE_CONFLICT", None]
    assert not objects(trial, bytes(changed)).exists()
    within = send(trial, subject, [series[2], ("b.dcm", series[2][1][:-1] + b"\x7f")])
    assert codes(within) == [None, "SOP_INSTANCE_CONFLICT"]


def test_a_series_belongs_to_one_subject_of_a_trial(trial, subject, series, new_trial) -> None:
    send(trial, subject, series[:1])
    other = trial.subject("S-002")
    answer = send(trial, other, series)
    assert answer.status_code == 422
    assert codes(answer) == ["OTHER_SUBJECT"] * 3
    assert listed(trial, other)["items"] == []
    elsewhere = new_trial()
    assert statuses(send(elsewhere, elsewhere.subject(), series)) == ["STORED"] * 3


def test_a_series_has_one_study(trial, subject, tmp_path) -> None:
    one = made(tmp_path, "one", SeriesInstanceUID="1.2.3", StudyInstanceUID="1.2")
    other = made(tmp_path, "other", SeriesInstanceUID="1.2.3", StudyInstanceUID="1.3")
    answer = send(trial, subject, [one[0], other[1]])
    assert codes(answer) == [None, "SERIES_CONFLICT"]


def test_no_word_about_the_patient_leaves(trial, subject, tmp_path) -> None:
    canaries = {
        name: f"Canary{n}" for n, name in enumerate(("PatientName", "PatientID", "StudyID"))
    }
    files = made(tmp_path, "named", **canaries)
    bad = files[1][1].replace(b"MONOCHROME2", b"PALETTE.CO.")
    texts = [
        send(trial, subject, [files[0], ("bad", bad)]).text,
        send(trial, subject, files[:1]).text,
        json.dumps(listed(trial, subject)),
    ]
    assert not [text for text in texts if "Canary" in text]
    for file in trial.server.folder.glob("recist.sqlite*"):
        assert b"Canary" not in file.read_bytes()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../x", "x"),
        ("C:\\scans\\x.dcm", "x.dcm"),
        ("/", "unnamed"),
        ("n" * 10_000 + ".dcm", ("n" * 10_000 + ".dcm")[-255:]),
        ("Schädel 1;2.dcm", "Schädel 1;2.dcm"),
        ("a\x01b", "a\N{REPLACEMENT CHARACTER}b"),
    ],
    ids=["up", "windows", "nothing", "long", "words", "control"],
)
def test_a_name_is_shown_and_never_followed(trial, subject, series, sent, shown) -> None:
    body = part(sent.encode(), series[0][1])
    answer = raw(trial, subject, body)
    assert answer.status_code == 201, answer.text
    assert [file["name"] for file in answer.json()["files"]] == [shown]


def part(name: bytes, content: bytes, field: bytes = b"files") -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="%b"; filename="%b"\r\n\r\n'
    return head % (field, name) + content + b"\r\n--x--\r\n"


def raw(trial, subject: str, body: bytes, media: str = "multipart/form-data; boundary=x") -> Any:
    return trial.client("WORKSTATION").post(
        f"/v1/subjects/{subject}/series", content=body, headers={"Content-Type": media}
    )


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"", "multipart/form-data; boundary=x", 400),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422),
        (b"no boundary", "multipart/form-data; boundary=x", 400),
        (part(b"a", b"a")[:-8], "multipart/form-data; boundary=x", 400),
        (part(b"a", b"a", b"file"), "multipart/form-data; boundary=x", 422),
        (b"--x\r\n\r\nbare\r\n--x--\r\n", "multipart/form-data; boundary=x", 422),
        (part(b"a" * 100_000, b"a"), "multipart/form-data; boundary=x", 400),
        (part(b"a", b"a"), "multipart/form-data", 400),
        (part(b"a", b"a"), f"multipart/form-data; boundary={'x' * 5000}", 400),
        (b"{}", "application/json", 415),
        (b"x", "application/dicom", 415),
    ],
)
def test_a_body_that_is_no_upload_is_refused(trial, subject, body, media, status) -> None:
    answer = raw(trial, subject, body, media)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status
    assert listed(trial, subject)["items"] == []
    assert list((trial.server.folder / "incoming").iterdir()) == []


def test_the_same_key_is_answered_as_the_first_time(trial, subject, series) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first = send(trial, subject, series, **key)
    again = send(trial, subject, series, **key)  # with another boundary
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = send(trial, subject, [("renamed.dcm", series[0][1]), *series[1:]], **key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")


def test_uploads_at_the_same_time_lose_nothing(trial, subject, tmp_path) -> None:
    files = made(tmp_path, "many", slices=8)
    assert listed(trial, subject)["items"] == []
    trial.client("WORKSTATION")  # made before the threads ask for it
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda file: send(trial, subject, [file]), files))
    assert [answer.status_code for answer in answers] == [201] * 8
    (whole,) = listed(trial, subject)["items"]
    assert (whole["instances"], whole["flags"]) == (8, [])


def test_who_may_send_and_who_may_look(trial, subject, series, new_trial) -> None:
    outsider = new_trial()
    assert send(trial, subject, series[:1], "ADJUDICATOR").status_code == 403
    for role in ("SITE_READER", "READER_1", "READER_2", "TRIAL_MANAGER", "WORKSTATION"):
        assert send(trial, subject, series[:1], role).status_code == 201
        assert send(outsider, subject, series[:1], role).status_code == 404
    path = f"/v1/subjects/{subject}/series"
    assert trial.server.speaker().get(path).status_code == 403
    assert outsider.client("READER_1").get(path).status_code == 404
    assert trial.client("ADJUDICATOR").get(path).json() == listed(trial, subject)


def test_who_may_not_send_is_told_before_the_body_is_read(trial, new_trial, subject) -> None:
    sent = []

    def body():
        for _ in range(64):
            sent.append(1)
            yield os.urandom(1 << 16)

    client = new_trial().client("WORKSTATION")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post(f"/v1/subjects/{subject}/series", content=body(), headers=headers)
    assert answer.status_code == 404  # and not the 400 of a body that is none
