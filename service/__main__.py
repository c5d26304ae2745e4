"""The command line: `recist`, and what it answers where its input cannot be used."""

import sys
from typing import Annotated

import typer

import recist
from service.commands.apart import APART, apart
from service.commands.loading import LoadedWhenAsked
from service.commands.unusable import Unusable
from service.problems import Problem

UNUSABLE = 2

app = typer.Typer(
    name="recist",
    cls=LoadedWhenAsked,
    help="Response assessment for oncology trials.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    """Run one command, apart if it reads files from outside."""
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    sys.exit(apart(command, _status) if command in APART else _status())


def _status() -> int:
    """Run the command; unusable input is one line on standard error and exit status 2."""
    try:
        return app(prog_name="recist", standalone_mode=False) or 0
    except typer.Abort:
        return 130  # as a shell has it for an interrupted command
    except Exception as reason:
        if (line := _line(reason)) is None:
            raise
        print(f"recist: {line}", file=sys.stderr)
        return UNUSABLE


def _line(reason: Exception) -> str | None:
    """What is wrong and where, in one line; None where it is our fault and not the input's."""
    from pydantic import ValidationError  # noqa: PLC0415 (not every command needs it)
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 (nor this, which is large)

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
