"""A command imports what it needs and no more, and all of them are there to be asked for."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from service.__main__ import app
from service.commands.loading import NAMES

CHECKOUT = Path(__file__).parents[2]
LARGE = {"alembic", "fastapi", "numpy", "pydicom", "scipy", "sqlalchemy", "starlette", "uvicorn"}
IMPORTED = """
import sys
from service.__main__ import main
try:
    main()
finally:
    print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words", [["--version"], ["assess", "--lines"], ["endpoints", "--lines"]], ids=" ".join
)
def test_what_needs_no_database_and_no_image_imports_nothing_for_them(words: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTED, *words],
        cwd=CHECKOUT,
        input="{}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout
    imported = set(ran.stderr.split())
    assert "recist" in imported
    assert imported & LARGE == set()


def test_help_tells_every_command_in_its_order() -> None:
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="recist")
    listed = group.get_help(context).partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == list(NAMES)
    assert all(len(line.split()) > 2 for line in listed)


def test_no_other_word_is_a_command() -> None:
    commands = typer.main.get_command(app).commands
    assert commands.get("unusable") is None  # a module beside theirs
    assert len(commands) == len(NAMES)
