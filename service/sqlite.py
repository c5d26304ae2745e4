"""Which SQLite library is safe to use here, and how its connections are set up.

From 3.7.0 to 3.51.2, two connections to one file in WAL mode that write and checkpoint at the same
moment can lose commits. So WAL is used with the first library that is new enough, and with none
of that kind there is one connection, and no WAL.
"""

import importlib
import sqlite3
from dataclasses import dataclass
from functools import cache
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

Version = tuple[int, ...]

SAFE_IN_WAL: Version = (3, 51, 3)
BUSY_SECONDS = 15


@dataclass(frozen=True)
class Library:
    """The module that speaks to SQLite, and whether it may use WAL."""

    module: str
    version: Version
    wal: bool


def choose(standard: Version, bundled: Version | None) -> Library:
    """Prefer the standard library's, else pysqlite3's (None where it is not installed)."""
    if bundled and bundled >= SAFE_IN_WAL > standard:
        return Library("pysqlite3.dbapi2", bundled, wal=True)
    return Library("sqlite3", standard, wal=standard >= SAFE_IN_WAL)


@cache
def library() -> Library:
    """Choose among what is installed on this machine."""
    try:
        bundled = importlib.import_module("pysqlite3.dbapi2").sqlite_version_info
    except ImportError:
        bundled = None
    return choose(sqlite3.sqlite_version_info, bundled)


def engine(url: str) -> Engine:
    """Connect for writing, with one connection.

    A transaction that reads first and writes later is refused at once, whatever the time-out,
    where another wrote in between; BEGIN IMMEDIATE waits its turn instead.
    """
    return _engine(url, "BEGIN IMMEDIATE", connections=1, read_only=False)


def engine_beside(url: str, *, connections: int) -> Engine | None:
    """Connect for reading while another writes; None where that is not safe."""
    return _engine(url, "BEGIN", connections, read_only=True) if library().wal else None


def _engine(url: str, begin: str, connections: int, *, read_only: bool) -> Engine:
    made = create_engine(
        url,
        module=importlib.import_module(library().module),
        connect_args={"isolation_level": None, "check_same_thread": False},
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
    )

    def set_up(connection: Any, _: Any) -> None:
        _set_up(connection, read_only=read_only)

    event.listen(made, "connect", set_up)
    event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
    return made


def _set_up(connection: Any, *, read_only: bool) -> None:
    """Make a driver's connection as safe as `says` will say."""
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "synchronous = FULL",  # NORMAL may lose commits that were answered when power fails
        "foreign_keys = ON",
        "recursive_triggers = ON",  # so that REPLACE meets the triggers that refuse to delete
        f"query_only = {'ON' if read_only else 'OFF'}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _set_journal(connection, "WAL" if library().wal else "DELETE")


def _set_journal(connection: Any, mode: str) -> None:
    """Choose the journal; SQLite does not wait here for others that do so with a new file."""
    patience = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}")
        except connection.OperationalError:
            if monotonic() > patience:
                raise
            sleep(0.01)
        else:
            return


def says(connection: Connection) -> str:
    """Describe a connection as it is set up, for the operator."""
    chosen = library()
    version = ".".join(map(str, chosen.version))
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one().upper()
    level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    synchronous = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}[level]
    told = f"SQLite {version} ({chosen.module}), {mode}, synchronous={synchronous}"
    if chosen.wal:
        return told
    needed = ".".join(map(str, SAFE_IN_WAL))
    return f"{told}: one connection without WAL, which is safe from version {needed} only"
