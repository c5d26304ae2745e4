"""The command line: `recist`, and what it answers where its input cannot be used."""

import sys
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

import recist
from service.commands.assess import assess
from service.commands.demo import demo
from service.commands.measure import measure
from service.commands.openapi import openapi
from service.commands.serve import serve
from service.commands.token import token
from service.commands.unusable import Unusable
from service.problems import Problem

UNUSABLE = 2

app = typer.Typer(
    name="recist",
    help="Response assessment for oncology trials.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for command in (serve, demo, token, assess, measure, openapi):
    app.command()(command)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(recist.__version__)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run one command; unusable input is one line on standard error and exit status 2."""
    try:
        status = app(prog_name="recist", standalone_mode=False)
    except typer.Abort:
        status = 130  # as a shell has it for an interrupted command
    except Exception as reason:
        if (line := _line(reason)) is None:
            raise
        print(f"recist: {line}", file=sys.stderr)
        status = UNUSABLE
    sys.exit(status)


def _line(reason: Exception) -> str | None:
    """What is wrong and where, in one line; None where it is our fault and not the input's."""
    match reason:
        case typer.TyperException():
            said = reason.format_message()
        case Unusable() | Problem():
            said = str(reason)
        case OSError():
            said = f"{reason.filename}: {reason.strerror}" if reason.filename else str(reason)
        case ValidationError():
            said = "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in reason.errors() if e["loc"])
        case SQLAlchemyError():
            said = f"the database cannot be used: {getattr(reason, 'orig', None) or reason}"
        case _:
            return None
    return " ".join(said.split())


if __name__ == "__main__":
    main()
