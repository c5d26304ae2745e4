"""`recist assess`: a timeline in, its assessment out, as JSON."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import recist
from service.commands.batch import answer_lines
from service.commands.variants import of_environment
from service.documents import JsonShape, as_json, unprocessable

TIMELINE = JsonShape(recist.Timeline)


@of_environment()
def assess(
    file: Annotated[Path | None, typer.Argument(help="A timeline; else standard input.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="One a line, in and out.")] = False,
) -> int:
    """Assess every read of a timeline after its baseline, and the course as a whole.

    With --lines a bad timeline is answered by {"error": problem}, and the exit status is 1.
    """
    with file.open("rb") if file else sys.stdin.buffer as documents:
        if lines:
            return answer_lines(documents, assessed)
        typer.echo(assessed(documents.read()))
        return 0


def assessed(document: bytes) -> bytes:
    """Assess one JSON document; raises Unprocessable with a pointer to each fault."""
    timeline = TIMELINE.read(document)
    try:
        assessment = recist.assess(timeline)
    except recist.Refused as refused:
        raise unprocessable(refused.faults) from None
    return as_json(assessment)
