"""`recist endpoints`: dated overall responses in, what a trial reports of the subject out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import recist
from service.commands.batch import answer_lines
from service.commands.variants import of_environment
from service.documents import JsonShape, as_json, unprocessable

FOLLOW_UP = JsonShape(recist.FollowUp)


@of_environment()
def endpoints(
    file: Annotated[Path | None, typer.Argument(help="A follow-up; else standard input.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="One a line, in and out.")] = False,
) -> int:
    """Derive best response, PFS, duration of response and survival from dated responses.

    With --lines a bad follow-up is answered by {"error": problem}, and the exit status is 1.
    """
    with file.open("rb") if file else sys.stdin.buffer as documents:
        if lines:
            return answer_lines(documents, derived)
        typer.echo(derived(documents.read()))
        return 0


def derived(document: bytes) -> bytes:
    """Derive one JSON document; raises Unprocessable with a pointer to each fault."""
    follow_up = FOLLOW_UP.read(document)
    try:
        found = recist.endpoints(follow_up)
    except recist.Refused as refused:
        raise unprocessable(refused.faults) from None
    return as_json(found)
