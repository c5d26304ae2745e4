"""What is due: of a reader's own work and of images that all see, and of an adjudicator's."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from imaging.phantom import Ellipsoid, phantom, write

LESION = Ellipsoid((8.0, 8.0, 4.0), (5.0, 4.0, 3.0), 40.0)


@pytest.fixture
def scan(tmp_path: Path) -> Any:
    """Upload images of one day."""

    def upload(reading: Any, on: str, role: str = "TRIAL_MANAGER") -> None:
        folder = tmp_path / f"{on}-{role}"
        volume = phantom([LESION], size=(4, 16, 16), seed=f"{reading.subject} {on} {role}")
        write(volume, folder, patient_id="S-001", study_date=date.fromisoformat(on))
        files = [("files", (file.name, file.read_bytes())) for file in sorted(folder.iterdir())]
        client = reading.trial.client(role)
        answer = client.post(reading.at("series"), files=files)
        assert answer.status_code == 201, answer.text

    return upload


def item(reading: Any, role: str = "READER_1") -> dict[str, Any]:
    answer = reading.get("/v1/worklist", role)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    return found


def due(reading: Any) -> tuple[int, str, bool, bool]:
    """The next time point, why it waits, whether it is drafted; whether all is read."""
    found = item(reading)
    return (*found["due"].values(), found["complete"])


def test_the_baseline_is_due_until_it_is_signed(reading: Any, baseline: Any) -> None:
    found = item(reading)
    assert (found["subject_id"], found["trial_id"]) == (reading.subject, reading.trial.id)
    assert (found["code"], found["reader"], found["signed"]) == ("S-001", "READER_1", 0)
    assert due(reading) == (0, "DUE", False, False)
    reading.put(baseline())
    assert due(reading) == (0, "DUE", True, False)
    reading.signed(baseline())
    assert due(reading) == (1, "OPEN", False, False)
    assert item(reading)["signed"] == 1


def test_images_of_a_later_day_make_the_next_time_point_due(
    reading: Any, baseline: Any, follow_up: Any, scan: Any
) -> None:
    scan(reading, "2024-01-01")
    reading.signed(baseline())
    assert due(reading) == (1, "OPEN", False, True)
    scan(reading, "2024-02-26", "WORKSTATION")
    assert due(reading) == (1, "DUE", False, False)
    reading.signed(follow_up("2024-02-26"))
    assert due(reading) == (2, "OPEN", False, True)
    reading.put(follow_up("2024-03-26"))
    assert due(reading) == (2, "OPEN", True, False)


def test_a_correction_counts_once(reading: Any, baseline: Any) -> None:
    first = reading.signed(baseline())
    reading.signed(baseline(mm=40, replaces=first, reason="wrong slice"))
    assert item(reading)["signed"] == 1


@pytest.mark.requirement("R10")
def test_what_another_reader_does_changes_nothing(
    reading: Any, baseline: Any, follow_up: Any, scan: Any
) -> None:
    """Byte for byte, on every route of a reader's own work."""
    read = reading.signed(baseline())
    reading.put(follow_up())
    paths = ["/v1/worklist", f"/v1/reads/{read}", reading.at("draft"), reading.at("timeline")]
    ignored = {"x-request-id", "date"}

    def seen() -> list[Any]:
        answers = [reading.get(path) for path in paths]
        return [
            (a.status_code, a.content, {k: v for k, v in a.headers.items() if k not in ignored})
            for a in answers
        ]

    before = seen()
    theirs = reading.signed(baseline(mm=60), "READER_2")
    reading.signed(follow_up(mm=80), "READER_2")
    reading.signed(baseline(mm=61, replaces=theirs, reason="x"), "READER_2")
    reading.put(follow_up("2024-04-01"), "READER_2")
    reading.put(follow_up("2024-04-02", reader="SITE_READER"), "WORKSTATION")
    scan(reading, "2024-05-01", "READER_2")
    assert seen() == before


def test_a_worklist_goes_on_page_by_page(begin: Any, baseline: Any) -> None:
    reading = begin()
    for n in range(4):
        reading.trial.subject(f"T-{n}")
    client, codes, cursor = reading.trial.client("READER_1"), [], None
    for _ in range(3):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/worklist", params=query).json()
        codes += [found["code"] for found in page["items"]]
        cursor = page["next_cursor"]
    assert (codes, cursor) == (["S-001", "T-0", "T-1", "T-2", "T-3"], None)


def test_a_worklist_has_the_trials_in_which_one_reads_alone(reading: Any, new_trial: Any) -> None:
    other = new_trial()
    other.subject()
    assert item(reading)["trial_id"] == reading.trial.id
    for role in ("TRIAL_MANAGER", "ADJUDICATOR", "WORKSTATION"):
        assert reading.get("/v1/worklist", role).status_code == 403
    for role in ("TRIAL_MANAGER", "READER_1", "WORKSTATION"):
        assert reading.get("/v1/worklist/adjudications", role).status_code == 403


def test_an_adjudicator_is_shown_what_differs_and_is_not_decided(
    reading: Any, baseline: Any, follow_up: Any
) -> None:
    def waiting() -> list[tuple[str, bool]]:
        answer = reading.get("/v1/worklist/adjudications", "ADJUDICATOR").json()
        return [(found["subject_id"], found["stale"]) for found in answer["items"]]

    for role in ("READER_1", "READER_2"):
        reading.signed(baseline(), role)
    reading.signed(follow_up("2024-05-01", mm=50))
    assert waiting() == []
    second = reading.signed(follow_up("2024-05-01", mm=100), "READER_2")
    assert waiting() == [(reading.subject, False)]
    decision = {"accepts": "READER_1", "cause": "MEASUREMENT"}
    client = reading.trial.client("ADJUDICATOR")
    assert client.post(reading.at("adjudications"), json=decision).status_code == 201
    assert waiting() == []
    reading.signed(
        follow_up("2024-05-01", mm=101, replaces=second, reason="wrong slice"), "READER_2"
    )
    assert waiting() == [(reading.subject, True)]
    last = follow_up("2024-05-01", mm=50)
    newest = reading.get(reading.at("timeline"), "READER_2").json()["readers"][0]["reads"][1]["id"]
    reading.signed(last | {"replaces": newest, "reason": "the same lesion"}, "READER_2")
    assert waiting() == []


def test_adjudications_due_come_page_by_page(begin: Any, baseline: Any, follow_up: Any) -> None:
    reading = begin()
    subjects = {"S-001": reading.subject}
    subjects |= {code: reading.trial.subject(code) for code in ("S-002", "S-003", "S-004")}
    for code, subject in subjects.items():
        for role, mm in (("READER_1", 50), ("READER_2", 50 if code == "S-002" else 100)):
            client = reading.trial.client(role)
            for read in (baseline(), follow_up("2024-05-01", mm=mm)):
                assert client.post(f"/v1/subjects/{subject}/reads", json=read).status_code == 201
    client, codes, cursor = reading.trial.client("ADJUDICATOR"), [], None
    for _ in range(2):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/worklist/adjudications", params=query).json()
        codes.append([found["code"] for found in page["items"]])
        cursor = page["next_cursor"]
    assert (codes, cursor) == ([["S-001", "S-003"], ["S-004"]], None)


def test_a_draft_for_another_reader_is_none_of_ones_own(reading: Any, baseline: Any) -> None:
    reading.put(baseline(reader="READER_2"), "WORKSTATION")
    assert not item(reading)["due"]["draft"]
    assert item(reading, "READER_2")["due"]["draft"]
