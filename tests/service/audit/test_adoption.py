"""A database that is older than the audit trail is told of in it as the trail begins."""

import json
import sqlite3

import pytest
from sqlalchemy import delete

from service.audit.adoption import adopt
from service.audit.events import Action
from service.db import Database
from service.tables import events


def begun(kept):
    """The story without its trail, opened as a service would open it; how many were adopted."""
    kept.execute(delete(events))
    database = Database(kept.settings.database_url, audit_key=bytes.fromhex(key(kept)))
    try:
        return database.run(adopt), database.run(adopt)
    finally:
        database.close()


def key(kept):
    return kept.settings.audit_key.read_text()


def test_each_record_is_told_of_once(kept, recist):
    first, again = begun(kept)
    rows = kept.entries()
    assert (first, again) == (len(rows), 0)
    assert {row.action for row in rows} == {Action.ADOPTED}
    assert {row.name for row in rows} == {"command line"}
    kept.settings.audit_heads.unlink()  # they are of the trail that was taken away
    assert recist(kept, "audit", "verify")[0] == 0


def test_it_is_told_of_whole_and_no_secret_is(kept):
    begun(kept)
    (read,) = [row for row in kept.entries() if row.record_id == kept.ids["correction"]]
    assert (read.trial_id, read.subject_id) == (kept.ids["trial"], kept.ids["subject"])
    assert read.reader == "READER_1"
    members = json.loads(read.new)
    assert members["reason"] == "A slip."
    assert "content" not in members
    tokens = [json.loads(row.new) for row in kept.entries() if row.record == "token"]
    assert tokens
    assert not any("sha256" in members for members in tokens)


@pytest.mark.parametrize("column", ["content", "reader", "meaning", "engine"])
def test_a_change_afterwards_is_found(column, kept, recist):
    begun(kept)
    kept.settings.audit_heads.unlink()
    read = kept.ids["correction"]
    kept.within(
        lambda c: c.exec_driver_sql(f"UPDATE reads SET {column} = 'x' WHERE id = '{read}'") and None
    )
    status, out, _ = recist(kept, "audit", "verify")
    assert (status, f"read {read} is no longer" in out) == (1, True)


def test_whoever_empties_the_trail_is_found_by_its_heads(kept, recist):
    begun(kept)
    status, out, _ = recist(kept, "audit", "verify")
    assert status == 1
    assert "the trail was written anew since" in out or "it is missing: entries up to" in out


def test_opening_a_database_begins_its_trail(told_in_sqlite, tmp_path, running):
    from service.settings import Settings

    settings = Settings(folder=tmp_path)
    with running(settings):
        pass
    bare = sqlite3.connect(tmp_path / "recist.sqlite")
    for (name,) in bare.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        bare.execute(f"DROP TRIGGER {name}")
    bare.execute("DELETE FROM events")
    bare.commit()
    with running(settings):
        pass
    adopted = bare.execute("SELECT record FROM events WHERE action = 'ADOPTED'").fetchall()
    assert sorted(record for (record,) in adopted) == ["grant", "principal", "token"]
    bare.close()
