"""`recist user`: who there is, how each logs in, and who is shut out."""

import sys
from typing import Annotated

import typer
from sqlalchemy import Connection

from service.callers import COMMAND_LINE
from service.commands.opened import DataFolder, Reason, within
from service.commands.unusable import Unusable
from service.identity import logins, principals
from service.identity.codes import new_secret, uri_of
from service.identity.passwords import check_password, hashed
from service.identity.principals import Person
from service.identity.review import User, every_user
from service.identity.sessions import end_sessions

user = typer.Typer(help="Manage who there is and how each logs in.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name that the user logs in with.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read it from the first line.")]
Codes = Annotated[bool, typer.Option("--totp", help="One-time codes; the URI is printed once.")]


@user.command()
def add(
    name: Name,
    full_name: Annotated[str, typer.Option(help="What stands beside a signature.")],
    issuer: Annotated[str | None, typer.Option(help="Identity provider, by its exact URL.")] = None,
    subject: Annotated[str | None, typer.Option(help="Whom the provider says it is.")] = None,
    password_stdin: FromStdin = False,
    totp: Codes = False,
    data: DataFolder = None,
) -> None:
    """Make a user, who logs in by an identity provider or else with a password."""
    person = Person(name=name, full_name=full_name, issuer=issuer, subject=subject)
    if (issuer is None) != (subject is None):
        raise Unusable("give both --issuer and --subject, or neither")
    if issuer:
        if password_stdin or totp:
            raise Unusable("the identity provider asks for passwords and codes, not this service")
        within(data, lambda c: principals.enrol(c, COMMAND_LINE, person))
        return
    principals.check_name(name)
    kept, secret = hashed(_password(name, stdin=password_stdin)), new_secret() if totp else None

    def unit(connection: Connection) -> None:
        made = principals.enrol(connection, COMMAND_LINE, person)
        logins.add_login(connection, COMMAND_LINE, made, kept, secret)

    within(data, unit)
    _print_codes(secret, name)


@user.command()
def password(
    name: Name, password_stdin: FromStdin = False, totp: Codes = False, data: DataFolder = None
) -> None:
    """Give a principal a new password, and with --totp new one-time codes; its sessions end."""
    kept, secret = hashed(_password(name, stdin=password_stdin)), new_secret() if totp else None

    def unit(connection: Connection) -> None:
        whose = principals.known_principal(connection, name).id
        logins.give_login(connection, COMMAND_LINE, whose, password_hash=kept, secret=secret)
        end_sessions(connection, COMMAND_LINE, whose)

    within(data, unit)
    _print_codes(secret, name)


@user.command()
def disable(name: Name, reason: Reason, data: DataFolder = None) -> None:
    """Shut a user out at once, whatever token it has."""
    within(data, lambda c: principals.disable(c, COMMAND_LINE, name, reason))


@user.command()
def enable(name: Name, reason: Reason, data: DataFolder = None) -> None:
    """Let a user in again."""
    within(data, lambda c: principals.enable(c, COMMAND_LINE, name, reason))


@user.command()
def unlock(name: Name, reason: Reason, data: DataFolder = None) -> None:
    """Let a user try again before the time that its failures cost."""
    within(data, lambda c: logins.unlock(c, COMMAND_LINE, name, reason))


@user.command("list")
def list_users(data: DataFolder = None) -> None:
    """Print each principal with what it may do and how it comes in, one a line."""
    for one in within(data, every_user):
        typer.echo("\t".join((one.name, one.full_name or "-", _ways(one), _roles(one))))


def _ways(one: User) -> str:
    ways = {
        "provider": one.issuer is not None,
        "password": one.has_password,
        "codes": one.has_codes,
        "locked": one.locked_until is not None,
        "disabled": one.disabled_at is not None,
    }
    return ",".join(way for way, there in ways.items() if there) or "tokens"


def _roles(one: User) -> str:
    lasting = [grant for grant in one.grants if grant.revoked_at is None]
    return ",".join(f"{grant.role}@{grant.trial or 'every trial'}" for grant in lasting) or "-"


def _password(name: str, *, stdin: bool) -> str:
    if stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    else:
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    check_password(name, given)
    return given


def _print_codes(secret: str | None, name: str) -> None:
    if secret is not None:
        typer.echo(uri_of(secret, name))
