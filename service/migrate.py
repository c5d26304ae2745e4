"""Bring a database to the schema that this version of the service was written for."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url

from service import db


def upgrade(url: str, to: str = "head") -> None:
    """Apply what is missing up to a revision; the folder of an SQLite file is made if need be."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite" and where.database:
        Path(where.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _run(url, lambda config: command.upgrade(config, to))


def downgrade(url: str, to: str) -> None:
    """Take back what came after a revision; `base` leaves no table."""
    _run(url, lambda config: command.downgrade(config, to))


def is_current(connection: Connection) -> bool:
    """Whether this database has the schema that the service was written for."""
    return MigrationContext.configure(connection).get_current_heads() == _heads()


@cache
def _heads() -> tuple[str, ...]:
    return tuple(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    """Alembic's configuration: the migrations lie beside the package, in a wheel too."""
    config = Config()
    folder = Path(__file__).parents[1] / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def _run(url: str, change: Callable[[Config], None]) -> None:
    engine = db.engine(url)
    try:
        with engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            change(config)
    finally:
        engine.dispose()
