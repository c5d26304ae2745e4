"""Every row of the tables in tests/cases, which a radiologist may edit, one test each."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from recist import CRITERIA, Protocol

FOLDER = Path(__file__).parents[1] / "cases"
FILES = {name: FOLDER / f"{name.replace('-', '_').replace('.', '_')}.md" for name in CRITERIA}
COLUMNS = ["days", "findings", "switches", "target", "overall", "best", "why"]


def rows():
    for name, file in FILES.items():
        for number, line in enumerate(file.read_text().splitlines(), 1):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if (
                not line.startswith("|")
                or cells[0].lower() == "days"
                or set(cells[0]) <= {"-", ":"}
            ):
                continue
            row = dict(zip(COLUMNS, cells, strict=True))
            yield pytest.param(name, row, id=f"{file.name}:{number}")


def switches_of(text: str):
    """Switches as the contract writes them: numbers, `true` and `false`, or words."""
    given = dict(pair.split("=") for pair in text.split())
    return TypeAdapter(Protocol).validate_strings(given).given()


@pytest.mark.parametrize(("criteria", "row"), [*rows()])
def test_row(judge, criteria: str, row: dict[str, str]) -> None:
    found = judge(criteria, row["days"], row["findings"], **switches_of(row["switches"]))
    got = (found.target, found.overall, found.best)
    assert got == (row["target"], row["overall"], row["best"]), row["why"]
