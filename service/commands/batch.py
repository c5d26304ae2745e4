"""Many JSON documents, one a line: an answer a line, in the same order."""

import gc
import sys
from collections.abc import Callable, Iterable

from service.documents import as_json
from service.problems import Problem

A_CHECK_FAILED = 1
YOUNG_OBJECTS = 50_000
"""So many are alive before cycles are looked for: what a line needs is in none, and soon gone."""


def answer_lines(documents: Iterable[bytes], answer: Callable[[bytes], bytes]) -> int:
    """Print the answer to each line, {"error": problem} for a bad one; answers the exit status."""
    gc.set_threshold(YOUNG_OBJECTS)
    write, status = sys.stdout.buffer.write, 0
    for document in filter(bytes.strip, documents):
        try:
            line = answer(document)
        except Problem as problem:
            status = A_CHECK_FAILED
            line = as_json({"error": problem.body()})
        write(line + b"\n")
    return status
