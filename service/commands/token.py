"""`recist token`: a principal, a grant and a bearer token, from the machine's own command line."""

from pathlib import Path
from typing import Annotated

import typer

from service.access import LONGEST_DAYS, new_token
from service.db import Database
from service.migrate import upgrade
from service.roles import Role
from service.settings import Settings


def token(
    name: Annotated[str, typer.Argument(help="The principal, whom nobody else uses.")],
    role: Annotated[Role, typer.Option(help="What the principal may do.", show_default=False)],
    trial: Annotated[str | None, typer.Option(help="The trial's id; else every trial.")] = None,
    days: Annotated[int, typer.Option(help="How long the token is good for.")] = LONGEST_DAYS,
    data: Annotated[Path | None, typer.Option(help="Folder of the database and the files.")] = None,
) -> None:
    """Make a principal, or add a grant to one, and print its new token once.

    Safe while the service runs on the same database.
    """
    settings = Settings(folder=data) if data else Settings()
    upgrade(settings.database_url)
    database = Database(settings.database_url)
    try:
        issued = database.run(lambda c: new_token(c, name, role, trial, days=days))
    finally:
        database.close()
    typer.echo(issued.token)
