"""Which SQLite library is chosen, and that its connections are as safe as they are said to be."""

import asyncio
import importlib
import threading

import pytest
from sqlalchemy import text

from service import sqlite
from service.db import Database
from service.sqlite import Library, choose

OLD, LAST_UNSAFE, FIRST_SAFE, NEW = (3, 40, 1), (3, 51, 2), (3, 51, 3), (3, 53, 4)


@pytest.mark.parametrize(
    ("standard", "bundled", "chosen"),
    [
        (FIRST_SAFE, None, Library("sqlite3", FIRST_SAFE, wal=True)),
        (FIRST_SAFE, NEW, Library("sqlite3", FIRST_SAFE, wal=True)),
        (NEW, OLD, Library("sqlite3", NEW, wal=True)),
        (OLD, FIRST_SAFE, Library("pysqlite3.dbapi2", FIRST_SAFE, wal=True)),
        (LAST_UNSAFE, NEW, Library("pysqlite3.dbapi2", NEW, wal=True)),
        (LAST_UNSAFE, LAST_UNSAFE, Library("sqlite3", LAST_UNSAFE, wal=False)),
        (OLD, LAST_UNSAFE, Library("sqlite3", OLD, wal=False)),
        (OLD, None, Library("sqlite3", OLD, wal=False)),
        ((3, 9, 0), (3, 51), Library("sqlite3", (3, 9, 0), wal=False)),
        ((4, 0, 0), None, Library("sqlite3", (4, 0, 0), wal=True)),
    ],
)
def test_wal_only_with_a_library_that_does_not_lose_commits(standard, bundled, chosen):
    assert choose(standard, bundled) == chosen


def test_this_machine_has_one_that_is_safe_or_goes_without_wal():
    chosen = sqlite.library()
    assert chosen.wal == (chosen.version >= FIRST_SAFE)


def pragma(name):
    return lambda connection: connection.execute(text(f"PRAGMA {name}")).scalar_one()


@pytest.fixture
def without_wal(monkeypatch):
    old = Library("sqlite3", OLD, wal=False)
    monkeypatch.setattr(sqlite, "library", lambda: old)


def test_commits_are_synchronous_and_references_are_kept(sqlite_url):
    database = Database(sqlite_url, audit_key=bytes(32))
    assert database.run(pragma("synchronous")) == 2
    assert database.run(pragma("foreign_keys")) == 1
    assert database.run(pragma("recursive_triggers")) == 1
    assert database.run(pragma("busy_timeout")) >= 5_000
    database.close()


def test_it_says_what_it_runs_on(sqlite_url):
    database = Database(sqlite_url, audit_key=bytes(32))
    version = database.run(lambda c: c.execute(text("SELECT sqlite_version()")).scalar_one())
    assert version in database.says
    assert "synchronous=FULL" in database.says
    assert database.run(pragma("journal_mode")).upper() in database.says
    database.close()


def test_without_a_safe_library_there_is_one_connection_and_no_wal(tmp_path, without_wal):
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}", audit_key=bytes(32))
    assert database.run(pragma("journal_mode")) == "delete"
    assert "one connection without WAL" in database.says
    assert "3.51.3" in database.says
    database.close()


def test_a_file_that_was_in_wal_mode_leaves_it_where_wal_is_not_safe(sqlite_url, monkeypatch):
    Database(sqlite_url, audit_key=bytes(32)).close()
    monkeypatch.setattr(sqlite, "library", lambda: Library("sqlite3", OLD, wal=False))
    database = Database(sqlite_url, audit_key=bytes(32))
    assert database.run(pragma("journal_mode")) == "delete"
    database.close()


async def _ask(database, unit):
    return await database.read(unit)


def test_without_wal_reads_run_where_writes_do(tmp_path, without_wal):
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}", audit_key=bytes(32))
    thread = asyncio.run(_ask(database, lambda _: threading.current_thread().name))
    assert thread == "writes"
    database.close()


def test_a_new_file_that_another_is_writing_is_waited_for(tmp_path):
    """The switch to WAL is refused at once, whatever the time-out, while another writes."""
    file = tmp_path / "new.sqlite"
    driver = importlib.import_module(sqlite.library().module)
    writing = driver.connect(file, isolation_level=None, check_same_thread=False)
    writing.execute("BEGIN IMMEDIATE")
    writing.execute("CREATE TABLE t (x)")
    end = threading.Timer(0.2, writing.execute, ["COMMIT"])
    end.start()
    database = Database(f"sqlite:///{file}", audit_key=bytes(32))
    assert database.run(lambda c: c.execute(text("SELECT count(*) FROM t")).scalar_one()) == 0
    end.join()
    writing.close()
    database.close()
