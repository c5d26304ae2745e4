"""`recist key`: keys of workstations, each for one trial."""

from typing import Annotated

import typer

from service.callers import COMMAND_LINE
from service.commands.opened import DataFolder, Reason, within
from service.identity.keys import new_key, revoke_key
from service.identity.review import every_key
from service.identity.tokens import LONGEST_DAYS

key = typer.Typer(help="Manage the keys of workstations.", no_args_is_help=True)


@key.command()
def add(
    name: Annotated[str, typer.Argument(help="The workstation.")],
    trial: Annotated[str, typer.Option(help="The trial's id.", show_default=False)],
    days: Annotated[int, typer.Option(help="How long the key is good for.")] = LONGEST_DAYS,
    data: DataFolder = None,
) -> None:
    """Make a workstation, or find it, and print its new key once."""
    issued = within(data, lambda c: new_key(c, name, trial, days=days, by=COMMAND_LINE))
    typer.echo(issued.token)


@key.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="What stands after rcst_ in it.")],
    reason: Reason,
    data: DataFolder = None,
) -> None:
    """End a key at once."""
    within(data, lambda c: revoke_key(c, key_id, COMMAND_LINE, reason))


@key.command("list")
def list_keys(data: DataFolder = None) -> None:
    """Print each key without its secret, those that have ended included, one a line."""
    for one in within(data, every_key):
        until = f"{one.expires_at:%Y-%m-%d}"
        state = "revoked" if one.revoked_at else f"until {until}"
        typer.echo(f"{one.id}\t{one.name}\t{one.trial}\t{state}")
