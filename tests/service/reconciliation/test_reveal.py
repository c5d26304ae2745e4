"""What the charter lets readers see of each other, and that each first look is remembered."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

pytestmark = pytest.mark.requirement("R11")

Reading = Callable[..., Any]
BOTH = ["READER_1", "READER_2"]


def unblindings(case: Any) -> list[tuple[str, str]]:
    """Whose first looks at this subject stand in the audit trail, as which reader."""
    query = (
        "SELECT name, reader FROM events WHERE action = 'UNBLINDED' AND subject_id = ? ORDER BY seq"
    )
    with closing(sqlite3.connect(case.trial.server.folder / "recist.sqlite")) as database:
        rows = database.execute(query, (case.subject,)).fetchall()
    return [(str(name).partition(" ")[0], str(reader)) for name, reader in rows]


def differing(case: Any) -> Any:
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50, 61)
    return case


@pytest.mark.requirement("R10")
def test_readers_see_nothing_of_each_other_unless_the_charter_says_so(reading: Reading) -> None:
    case = differing(reading())
    case.decide("READER_2")
    told = case.get("READER_1")
    assert [reader["reader"] for reader in told["readers"]] == ["READER_1"]
    assert (told["accepted"], "adjudication" in told) == (None, False)
    assert unblindings(case) == []


def test_a_reader_sees_the_others_when_compared(reading: Reading) -> None:
    case = reading(charter={"reveal": "WHEN_COMPARED"})
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50)
    assert case.seen("READER_1") == ["READER_1"]
    case.sign("READER_2", 1, 34)
    assert unblindings(case) == []
    assert case.seen("READER_1") == BOTH
    assert case.get("READER_1")["accepted"]["reader"] == "READER_1"
    assert unblindings(case) == [("READER_1", "READER_1")]
    case.seen("READER_2")
    assert unblindings(case) == [("READER_1", "READER_1"), ("READER_2", "READER_2")]


def test_what_a_reader_signs_ahead_is_hidden_even_then(reading: Reading) -> None:
    case = reading(charter={"reveal": "WHEN_COMPARED"})
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50, 34)
    assert case.seen("READER_2") == BOTH
    case.sign("READER_1", 2, 20)
    assert case.seen("READER_2") == ["READER_2"]


def test_a_reader_sees_the_others_when_one_is_accepted(reading: Reading) -> None:
    case = differing(reading(charter={"reveal": "WHEN_ACCEPTED"}))
    assert case.seen("READER_1") == ["READER_1"]
    case.decide("READER_2")
    assert case.seen("READER_1") == BOTH
    assert case.get("READER_1")["accepted"]["reader"] == "READER_2"
    assert unblindings(case) == [("READER_1", "READER_1")]


@pytest.mark.parametrize("reveal", ["WHEN_COMPARED", "WHEN_ACCEPTED"])
def test_the_site_and_another_hand_stay_blinded(reading: Reading, reveal: str) -> None:
    case = reading(charter={"reveal": reveal})
    for role in ("READER_1", "READER_2", "SITE_READER"):
        case.sign_all(role, 50, 35)
    assert case.seen("SITE_READER") == ["SITE_READER"]
    assert case.seen("READER_1") == BOTH
    body = {"name": f"other {case.trial.id}", "role": "READER_2", "trial": case.trial.id}
    issued = case.trial.server.speaker().post("/v1/tokens", json=body)
    case.trial.tokens["OTHER"] = issued.json()["token"]
    assert case.seen("OTHER") == []


def test_pictures_stay_those_of_ones_own(reading: Reading) -> None:
    case = reading(charter={"reveal": "WHEN_COMPARED"})
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50, 35)
    path = f"/v1/subjects/{case.subject}/timeline.png"
    asked = {"lesion": "T1", "reader": "READER_2"}
    assert case.speaker("READER_1").get(path, params=asked).status_code == 404


def test_what_is_signed_after_a_look_is_marked(reading: Reading) -> None:
    case = reading(charter={"reveal": "WHEN_COMPARED"})
    _, mine = case.sign_all("READER_1", 50, 35)
    _, theirs = case.sign_all("READER_2", 50, 61)
    blinded = case.correct("READER_2", theirs, 1, 62)
    case.get("READER_1")
    unblinded = case.correct("READER_1", mine, 1, 36)
    told = case.get("TRIAL_MANAGER")
    marks = {
        read["id"]: read.get("after_unblinding", False)
        for reader in told["readers"]
        for read in (*reader["reads"], *reader["superseded"])
    }
    assert {read for read, marked in marks.items() if marked} == {unblinded["id"]}
    assert blinded["id"] in marks
    assert (
        b"after_unblinding"
        not in case.speaker("READER_1").get(f"/v1/subjects/{case.subject}/timeline").content
    )
    query = "SELECT record_id FROM events WHERE action = 'CORRECTED' AND new LIKE ?"
    with closing(sqlite3.connect(case.trial.server.folder / "recist.sqlite")) as database:
        entered = database.execute(query, ('%"after_unblinding": true%',)).fetchall()
    assert (unblinded["id"],) in entered
    assert (blinded["id"],) not in entered
