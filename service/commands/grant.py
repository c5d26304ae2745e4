"""`recist grant`: who may do what in which trial, from when until when, and why."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from service.callers import COMMAND_LINE, Grant
from service.commands.opened import DataFolder, Reason, within
from service.identity.grants import Term, add_grant, revoke_grant
from service.identity.principals import known_principal
from service.identity.review import GrantView, every_grant
from service.roles import Role

grant = typer.Typer(help="Manage who may do what, and until when.", no_args_is_help=True)

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]


@grant.command()
def add(
    name: Annotated[str, typer.Argument(help="The principal.")],
    role: Annotated[Role, typer.Option(help="What it may do.", show_default=False)],
    reason: Reason,
    trial: Annotated[str | None, typer.Option(help="The trial's id; else every trial.")] = None,
    from_: Annotated[
        datetime | None, typer.Option("--from", formats=FORMATS, help="In UTC; else from now.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=FORMATS, help="In UTC; else without an end.")
    ] = None,
    data: DataFolder = None,
) -> None:
    """Give a principal a role, and print the id of the grant."""
    term = Term(begins_at=_utc(from_), ends_at=_utc(until), reason=reason)

    def unit(connection: Connection) -> str:
        whose = known_principal(connection, name).id
        return add_grant(connection, whose, Grant(role, trial), COMMAND_LINE, term)

    typer.echo(within(data, unit))


@grant.command()
def revoke(
    grant_id: Annotated[str, typer.Argument(metavar="ID", help="The grant's id.")],
    reason: Reason,
    data: DataFolder = None,
) -> None:
    """End a grant at once."""
    within(data, lambda c: revoke_grant(c, grant_id, COMMAND_LINE, reason))


@grant.command("list")
def list_grants(data: DataFolder = None) -> None:
    """Print each grant, those that have ended included, one a line."""
    for one in within(data, every_grant):
        typer.echo("\t".join(_columns(one)))


def _columns(one: GrantView) -> tuple[str, ...]:
    begins, ends = one.begins_at or one.granted_at, one.revoked_at or one.ends_at
    until = f"{ends:%Y-%m-%d}" if ends else "open"
    where, why = one.trial or "every trial", one.reason or "-"
    return one.id, one.principal, one.role, where, f"{begins:%Y-%m-%d}..{until}", why


def _utc(at: datetime | None) -> datetime | None:
    return at and at.replace(tzinfo=UTC)
