"""`recist assess`: a timeline in, its assessment out, as JSON."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

import recist
from service.bodies import read_json, unprocessable
from service.problems import Problem

TIMELINE = TypeAdapter(recist.Timeline)
ASSESSMENT = TypeAdapter(recist.Assessment)

A_CHECK_FAILED = 1


def assess(
    file: Annotated[Path | None, typer.Argument(help="A timeline; else standard input.")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="One a line, in and out.")] = False,
) -> int:
    """Assess every read of a timeline after its baseline, and the course as a whole.

    With --lines a bad timeline is answered by {"error": problem}, and the exit status is 1.
    """
    with file.open("rb") if file else sys.stdin.buffer as documents:
        if lines:
            return _assess_lines(documents)
        typer.echo(assessed(documents.read()))
        return 0


def assessed(document: bytes) -> str:
    """Assess one JSON document; raises Unprocessable with a pointer to each fault."""
    timeline = read_json(TIMELINE, document)
    try:
        assessment = recist.assess(timeline)
    except recist.Refused as refused:
        raise unprocessable(refused.faults) from None
    return ASSESSMENT.dump_json(assessment).decode()


def _assess_lines(documents: Iterable[bytes]) -> int:
    status = 0
    for document in filter(bytes.strip, documents):
        try:
            answer = assessed(document)
        except Problem as problem:
            status = A_CHECK_FAILED
            answer = json.dumps({"error": problem.body()}, ensure_ascii=False)
        sys.stdout.write(answer + "\n")
    return status
