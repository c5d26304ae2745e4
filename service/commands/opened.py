"""The database that a command works in, safe while the service runs on the same one."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection

from service.opening import open_database
from service.settings import Settings

T = TypeVar("T")

DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Folder of the database and the files.")
]
Reason = Annotated[str, typer.Option(help="Why, for whoever reviews it.", show_default=False)]


def settings_of(data: Path | None) -> Settings:
    """The settings, with the folder that the command was told, if any."""
    return Settings(folder=data) if data else Settings()


def within(data: Path | None, unit: Callable[[Connection], T]) -> T:
    """Run one unit of work in the database of the settings, and wait until it is durable."""
    database = open_database(settings_of(data))
    try:
        return database.run(unit)
    finally:
        database.close()
