"""The requirement matrix: `python -m tests.requirements [--results REPORT] [--write]`.

It is printed, or written to docs/validation.md. With the report that `pytest --junitxml` has
written, each test has its result, and the exit status is 1 where one of them did not pass.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.requirements.matrix import Requirement, requirements
from tests.requirements.results import counted, is_shown, outcomes, told

DOCUMENT = Path(__file__).parents[2] / "docs" / "validation.md"

Found = dict[str, str] | None
HEAD = """# Requirements and the tests that show them

Written by `python -m tests.requirements --write`, from `tests/requirements/requirements.toml` and
the markers of the tests; a test says when it is not current. CI adds the result of each test. It is
no statement of conformity: who reports with this service validates it in its own place."""


def rendered(listed: list[Requirement], found: Found = None) -> str:
    """The matrix as Markdown: a table of all, then the tests of each."""
    return "\n".join(
        [HEAD, "", *_table(listed), *(line for r in listed for line in _part(r, found))]
    )


def _table(listed: list[Requirement]) -> Iterator[str]:
    yield "| | what is asked | from | |"
    yield "|---|---|---|---|"
    for each in listed:
        yield f"| [{each.id}](#{each.id.lower()}) | {each.asks} | {each.source} | {each.state} |"


def _part(each: Requirement, found: Found) -> Iterator[str]:
    yield from ("", f"## {each.id}", "")
    if each.lacks:
        yield from (each.lacks, *([""] if each.tests else []))
    for node in each.tests:
        result = "" if found is None else f": {told(counted(node, found))}"
        yield f"- `{node}`{result}"


def not_shown(listed: list[Requirement], found: dict[str, str]) -> list[str]:
    """The tests that did not pass, or were not run."""
    nodes = dict.fromkeys(node for each in listed for node in each.tests)
    return [node for node in nodes if not is_shown(counted(node, found))]


def main(options: argparse.Namespace) -> int:
    """Answer the exit status."""
    listed = requirements()
    found = outcomes(options.results) if options.results else None
    text = f"{rendered(listed, found)}\n"
    if options.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    failed = not_shown(listed, found) if found is not None else []
    for node in failed:
        sys.stderr.write(f"{node} did not pass\n")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.requirements", description=__doc__)
    parser.add_argument("--results", type=Path, help="the report of a run, as JUnit XML")
    parser.add_argument("--write", action="store_true", help=f"write docs/{DOCUMENT.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(_options()))
