"""The schema: what the migrations make is what the tables say, and what is signed stays."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from service.db import Database, engine
from service.migrate import downgrade, is_current, upgrade
from service.tables import (
    adjudications,
    drafts,
    events,
    grants,
    instances,
    logins,
    measurements,
    metadata,
    principals,
    reads,
    reopenings,
    replays,
    series,
    subjects,
    tokens,
    trials,
)

AT = datetime(2024, 2, 26, 12, 30, tzinfo=UTC)
BY = {"created_at": AT, "created_by": "p"}
READ = {
    "id": "r1",
    "subject_id": "s",
    "reader": "READER_1",
    "timepoint": 0,
    "on": date(2024, 1, 1),
    "content": "{}",
    "sha256": "0" * 64,
    "meaning": "READ",
    "signed_at": AT,
    "principal_id": "p",
    "engine": "1.0.0",
}
ROWS = {
    principals: {"id": "p", "name": "reader 1", "created_at": AT},
    tokens: {"id": "t", "principal_id": "p", "sha256": "1" * 64, "created_at": AT},
    trials: {
        "id": "t",
        "name": "Trial",
        "criteria": "recist-1.1",
        "protocol": "{}",
        "readers": 2,
        "compartments": "[]",
        "adjudicate_on": "[]",
        **BY,
    },
    grants: {"id": "g", "principal_id": "p", "role": "READER_1", "trial_id": "t", "created_at": AT},
    subjects: {
        "id": "s",
        "trial_id": "t",
        "code": "S-001",
        "group": "arm A",
        "attributes": "{}",
        "version": 1,
        **BY,
    },
    reads: READ,
    adjudications: {
        "id": "a",
        "subject_id": "s",
        "accepts": "READER_1",
        "cause": "OTHER",
        "basis": "2" * 64,
        "principal_id": "p",
        "decided_at": AT,
    },
    series: {
        "id": "i",
        "subject_id": "s",
        "series_uid": "1.2",
        "study_uid": "1.1",
        "modality": "CT",
        "kind": "IMAGE",
        "flags": "[]",
        **BY,
    },
    instances: {
        "id": "f",
        "series_id": "i",
        "sop_instance_uid": "1.2.3",
        "sha256": "3" * 64,
        "size": 2**40,
        "name": "1.dcm",
        "created_at": AT,
    },
    measurements: {
        "id": "m",
        "series_id": "i",
        "request": "{}",
        "answer": "{}",
        "engine": "1.0.0",
        "principal_id": "p",
        "created_at": AT,
    },
    logins: {"principal_id": "p", "password_hash": "x", "failures": 0, "changed_at": AT},
    drafts: {
        "subject_id": "s",
        "reader": "READER_1",
        "content": "{}",
        "version": 1,
        "principal_id": "p",
        "changed_at": AT,
    },
    reopenings: {
        "id": "o",
        "read_id": "r1",
        "reason": "A slip.",
        "principal_id": "p",
        "reopened_at": AT,
    },
    events: {
        "seq": 1,
        "at": "2024-02-26T12:30:00.000000Z",
        "name": "reader 1",
        "roles": "READER_1",
        "action": "SIGNED",
        "record": "read",
        "mac": "5" * 64,
    },
    replays: {
        "principal_id": "p",
        "key": "k",
        "route": "POST /v1/trials",
        "body_sha256": "4" * 64,
        "created_at": AT,
    },
}


def fill(connection):
    for table, row in ROWS.items():
        connection.execute(insert(table), row)


def count(connection):
    return {
        table.name: connection.scalar(select(func.count()).select_from(table))
        for table in metadata.sorted_tables
    }


def within(url, unit):
    database = Database(url, audit_key=bytes(32))
    try:
        return database.run(unit)
    finally:
        database.close()


def test_every_table_has_a_row_in_these_tests():
    assert set(ROWS) == set(metadata.tables.values())


def test_the_schema_is_what_the_tables_say(database_url):
    connected = engine(database_url)
    with connected.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    connected.dispose()


def test_up_with_data_down_and_up_again(empty_url):
    upgrade(empty_url)
    within(empty_url, fill)
    assert set(within(empty_url, count).values()) == {1}
    downgrade(empty_url, "base")
    left = within(empty_url, lambda c: inspect(c).get_table_names())
    assert left == ["alembic_version"]
    upgrade(empty_url)
    assert set(within(empty_url, count).values()) == {0}
    within(empty_url, fill)


def test_one_step_down_and_up_again_keeps_what_is_stored(empty_url):
    upgrade(empty_url)
    within(empty_url, fill)
    downgrade(empty_url, "20261121_1200")
    columns = within(
        empty_url, lambda c: [each["name"] for each in inspect(c).get_columns("series")]
    )
    assert "acquisition" not in columns
    upgrade(empty_url)
    left = {name for name, rows in within(empty_url, count).items() if rows}
    assert left == set(metadata.tables) - {"logins", "drafts", "reopenings", "events"}
    assert within(empty_url, lambda c: c.scalar(select(series.c.acquisition))) is None


def test_down_leaves_nothing_in_postgresql(postgres):
    url = postgres.url(postgres.create())
    upgrade(url)
    downgrade(url, "base")
    functions = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    assert within(url, lambda c: c.execute(text(functions)).all()) == []


def test_migrating_again_changes_nothing(database_url):
    within(database_url, fill)
    upgrade(database_url)
    assert set(within(database_url, count).values()) == {1}


def test_it_is_known_whether_the_schema_is_current(empty_url):
    assert not within(empty_url, is_current)
    upgrade(empty_url)
    assert within(empty_url, is_current)
    within(
        empty_url,
        lambda c: c.execute(text("UPDATE alembic_version SET version_num = 'x'")) and None,
    )
    assert not within(empty_url, is_current)


def test_several_processes_may_migrate_at_once(empty_url):
    """Separate processes: Alembic itself keeps its context in module globals."""
    code = "import sys; from service.migrate import upgrade; upgrade(sys.argv[1])"

    def start(_):
        command = [sys.executable, "-c", code, empty_url]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    with ThreadPoolExecutor(3) as starters:
        for done in starters.map(start, range(3)):
            assert done.returncode == 0, done.stderr
    assert within(empty_url, is_current)


def test_a_migration_that_fails_leaves_nothing_behind(empty_url):
    within(empty_url, lambda c: c.execute(text("CREATE TABLE reads (id TEXT)")) and None)
    with pytest.raises(Exception, match="reads"):
        upgrade(empty_url)
    assert within(empty_url, lambda c: inspect(c).get_table_names()) == ["reads"]


def test_the_folder_of_the_file_is_made_and_closed_to_others(tmp_path):
    folder = tmp_path / "a" / "b"
    upgrade(f"sqlite:///{folder / 'recist.sqlite'}")
    assert (folder / "recist.sqlite").is_file()
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "table", [reads, adjudications, measurements, reopenings, events], ids=lambda t: t.name
)
class TestWhatIsSigned:
    def test_it_is_not_changed(self, database, table):
        database.run(fill)
        column = next(c for c in table.c if c.name in {"engine", "cause", "reason"})
        with pytest.raises(IntegrityError, match=f"{table.name} is append-only"):
            database.run(lambda c: c.execute(update(table).values({column: "another"})))

    def test_it_is_not_deleted(self, database, table):
        database.run(fill)
        with pytest.raises(IntegrityError, match=f"{table.name} is append-only"):
            database.run(lambda c: c.execute(delete(table)))
        assert database.run(count)[table.name] == 1

    def test_it_is_not_replaced_or_truncated(self, database, table):
        database.run(fill)
        row = ROWS[table]
        if database.dialect == "sqlite":
            attempt = insert(table).prefix_with("OR REPLACE").values(row)
        else:
            attempt = text(f"TRUNCATE {table.name} CASCADE")
        with pytest.raises(IntegrityError, match="is append-only"):
            database.run(lambda c: c.execute(attempt))
        assert database.run(count)[table.name] == 1


def sign(**changes):
    return lambda connection: connection.execute(insert(reads), READ | changes) and None


def test_a_time_point_is_signed_once_by_each_reader(database):
    database.run(fill)
    with pytest.raises(IntegrityError):
        database.run(sign(id="r2"))
    database.run(sign(id="r3", reader="READER_2"))
    database.run(sign(id="r4", timepoint=1))


@pytest.mark.requirement("R3")
def test_corrections_make_a_line_and_never_a_tree(database):
    database.run(fill)
    database.run(sign(id="r2", replaces="r1", reason="wrong slice"))
    with pytest.raises(IntegrityError):
        database.run(sign(id="r3", replaces="r1", reason="another"))
    database.run(sign(id="r3", replaces="r2", reason="another"))
    with pytest.raises(IntegrityError):
        database.run(sign(id="r4", replaces="nothing", reason="no such read"))


def test_a_code_is_one_subject_of_its_trial(database):
    database.run(fill)
    with pytest.raises(IntegrityError):
        database.run(lambda c: c.execute(insert(subjects), ROWS[subjects] | {"id": "s2"}))
