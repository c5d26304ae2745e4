"""The database that the settings name: migrated, and with the key of its audit trail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, make_url, select

from service import db
from service.audit.adoption import adopt
from service.audit.key import key_of
from service.commands.unusable import Unusable
from service.db import Database
from service.migrate import upgrade
from service.settings import Settings
from service.tables import events


def open_database(settings: Settings) -> Database:
    """Migrate and connect. Raises Unusable where the key that sealed its audit trail is missing.

    A database that is older than the audit trail is told of in it first.
    """
    upgrade(settings.database_url)
    if not settings.audit_key.exists() and _is_sealed(settings.database_url):
        raise Unusable(f"the key of the audit trail is not at {settings.audit_key}: put it back")
    database = Database(settings.database_url, audit_key=key_of(settings.audit_key))
    database.run(adopt)
    return database


@contextmanager
def database_as_it_is(settings: Settings) -> Iterator[Connection]:
    """One snapshot to look at: nothing is migrated, nothing made.

    Raises Unusable where there is no such database.
    """
    where = make_url(settings.database_url)
    file = where.database if where.get_backend_name() == "sqlite" else None
    if file is not None and not Path(file).is_file():
        raise Unusable(f"{file}: there is no such database; --data names its folder")
    engine = db.engine_to_read(settings.database_url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _is_sealed(url: str) -> bool:
    """Whether entries were sealed before, by whatever key."""
    engine = db.engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(select(events.c.seq).limit(1)).first() is not None
    finally:
        engine.dispose()
