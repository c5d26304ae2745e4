"""`recist audit`: whether the audit trail is as it was sealed, its head, and a copy of it."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Annotated

import typer

from service.audit.events import Action, Event, enter
from service.audit.export import COMMA_SEPARATED, rows_in, write_trail
from service.audit.heads import ForeignHead, Head, head_of, heads_in
from service.audit.key import known_key
from service.audit.records import altered_records
from service.audit.verify import Altered, Sound, check, check_stored, rows_of
from service.callers import COMMAND_LINE
from service.commands.opened import DataFolder, settings_of, within
from service.commands.unusable import Unusable
from service.opening import database_as_it_is
from service.settings import Settings

ALTERED = 1
MOST_TOLD = 50

audit = typer.Typer(
    name="audit",
    help="Check, copy and anchor the audit trail.",
    add_completion=False,
    rich_markup_mode=None,
)


@audit.command()
def verify(
    data: DataFolder = None,
    heads: Annotated[
        Path | None, typer.Option(help="Heads kept before; else those of the settings, if any.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Check an export instead; --heads, then, are those kept until it."),
    ] = None,
) -> None:
    """Check every entry, and every record against its entries. Exit status 1 at an alteration.

    The key of the trail is read from the file that the settings name.
    """
    settings = settings_of(data)
    key = known_key(settings.audit_key)
    for given in filter(None, (heads, file)):
        if not given.is_file():
            raise Unusable(f"{given}: there is no such file")
    kept = heads or (None if file else settings.audit_heads)
    try:
        known = tuple(heads_in(kept, key)) if kept and kept.is_file() else ()
        sound = check(rows_in(file), key, known) if file else _check_database(settings, key, known)
    except (Altered, ForeignHead) as found:
        typer.echo(found)
        raise typer.Exit(ALTERED) from None
    typer.echo(f"{sound.entries} entries as they were sealed, the last one by {sound.mac}")
    typer.echo(_compared(kept, known))


@audit.command()
def head(data: DataFolder = None) -> None:
    """Print the head as it is kept: the last entry, the instant, its seal, and a seal of these."""
    settings = settings_of(data)
    key = known_key(settings.audit_key)
    with database_as_it_is(settings) as connection:
        found = head_of(connection)
    if found is None:
        raise Unusable("the audit trail has no entry yet")
    typer.echo(found.line(key))


@audit.command()
def export(
    file: Annotated[Path, typer.Argument(help="The new file: CSV by .csv, else JSON lines.")],
    data: DataFolder = None,
) -> None:
    """Copy the trail with its seals, so that the copy can be verified. The trail tells of it."""
    separated = file.suffix == COMMA_SEPARATED
    with _new(file) as opened:
        within(data, lambda connection: enter(connection, COMMAND_LINE, _exported(separated)))
        with database_as_it_is(settings_of(data)) as connection:
            count = write_trail(opened, rows_of(connection), separated=separated)
    typer.echo(f"{count} entries")


def _check_database(settings: Settings, key: bytes, heads: Iterable[Head]) -> Sound:
    """Check the trail, and then what it tells of; raises Altered, each other one printed before."""
    with database_as_it_is(settings) as connection:
        sound = check_stored(connection, key, heads)
        altered = list(islice(altered_records(connection), MOST_TOLD))
    for found in altered[:-1]:
        typer.echo(found)
    for found in altered[-1:]:
        raise found
    return sound


def _compared(file: Path | None, heads: Sequence[Head]) -> str:
    if heads:
        return f"they agree with the {len(heads)} heads in {file}"
    where = f" (none at {file})" if file else ""
    return f"no heads were there to compare with{where}: what is cut off at the end goes unseen"


def _exported(separated: bool) -> Event:
    form = "CSV" if separated else "JSON_LINES"
    return Event(action=Action.EXPORTED, record="audit", new={"format": form})


@contextmanager
def _new(file: Path) -> Iterator[IO[str]]:
    """A file that was not there, for its owner alone; taken away again where it was not filled."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "w", encoding="utf-8", newline="") as made:
            yield made
    except BaseException:
        file.unlink()
        raise
