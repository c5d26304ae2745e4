"""`recist demo`: the simulated trial, loaded where it is not yet, and served."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from service.commands.serve import run, told_settings
from service.db import Database
from service.demo.disease import Illness
from service.demo.story import PRINCIPALS, Demonstration, demonstrate
from service.objects import Objects
from service.roles import Role
from service.settings import Settings

SHOWN = (Role.READER_1, Role.READER_2, Role.ADJUDICATOR, Role.TRIAL_MANAGER)
LOADING = "Loading the simulated trial"
SIMULATED = (
    "Everything here is simulated: 32 subjects who do not exist, built to the figures that"
    " Zhu et al. print (Radiat Oncol 2013;8:10)."
)
TIMELINE = {
    "criteria": "recist-1.1",
    "reads": [
        {
            "on": "2024-01-01",
            "lesions": {"T1": {"role": "TARGET", "organ": "liver"}},
            "findings": {"T1": {"state": "MEASURED", "longest_mm": 60}},
        },
        {"on": "2024-02-26", "findings": {"T1": {"state": "MEASURED", "longest_mm": 42}}},
    ],
}


def demo(
    host: Annotated[str | None, typer.Option(help="Address to listen at.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes any free one.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder to keep the trial in; else one that is removed.")
    ] = None,
) -> None:
    """Serve a simulated trial. The first line printed is its address, tokens follow."""
    with _folder(data) as folder:
        settings = told_settings(host=host, port=port, folder=folder, database_url=_url(folder))
        run(settings, lambda database, address: _greeting(settings, database, address))


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    with TemporaryDirectory(prefix="recist-demo-") as folder:
        yield Path(folder)


def _url(folder: Path) -> str:
    """The database in the folder, whatever else the environment names."""
    url = Settings.model_fields["database_url"]
    return str(url.get_default(call_default_factory=True, validated_data={"folder": folder}))


def _greeting(settings: Settings, database: Database, address: str) -> Iterator[str]:
    objects = Objects(settings.folder)
    found = database.run(lambda connection: demonstrate(connection, objects, _track))
    for role in SHOWN:
        yield f"{PRINCIPALS[role].removeprefix('demo ')} token: {found.entered[role].token}"
    yield SIMULATED
    yield "Three commands worth trying:"
    yield from _commands(found, address)


def _commands(found: Demonstration, address: str) -> Iterator[str]:
    subject = f"{address}/v1/subjects"
    reader, manager = (found.entered[r].token for r in (Role.READER_1, Role.TRIAL_MANAGER))
    yield "# what reader 1 may see of a subject with images: reader 1's own timeline"
    yield _curl(reader, f"{subject}/{found.pictured}/timeline")
    yield "# where the readers of another subject differ, which was adjudicated"
    yield _curl(manager, f"{subject}/{found.adjudicated}/discrepancies")
    yield "# an assessment by RECIST 1.1, of which nothing is stored"
    body = f" -H 'Content-Type: application/json' -d '{json.dumps(TIMELINE)}'"
    yield _curl(reader, f"{address}/v1/assess", body)


def _curl(token: str, url: str, body: str = "") -> str:
    return f"curl -s -H 'Authorization: Bearer {token}'{body} '{url}'"


def _track(illnesses: Sequence[Illness]) -> Iterable[Illness]:
    """Show a bar on a terminal, and a line anywhere else; standard output is for programs."""
    if sys.stderr.isatty():
        return track(illnesses, LOADING, console=Console(stderr=True))
    typer.echo(f"{LOADING} …", err=True)
    return illnesses
