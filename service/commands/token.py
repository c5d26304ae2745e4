"""`recist token`: a principal, a grant and a bearer token, from the machine's own command line."""

from typing import Annotated

import typer

from service.commands.opened import DataFolder, within
from service.identity.tokens import LONGEST_DAYS, new_token
from service.roles import Role


def token(
    name: Annotated[str, typer.Argument(help="The principal, whom nobody else uses.")],
    role: Annotated[Role, typer.Option(help="What the principal may do.", show_default=False)],
    trial: Annotated[str | None, typer.Option(help="The trial's id; else every trial.")] = None,
    days: Annotated[int, typer.Option(help="How long the token is good for.")] = LONGEST_DAYS,
    data: DataFolder = None,
) -> None:
    """Make a principal, or add a grant to one, and print its new token once.

    Safe while the service runs on the same database.
    """
    typer.echo(within(data, lambda c: new_token(c, name, role, trial, days=days)).token)
