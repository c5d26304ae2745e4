"""The README is short, and what it shows works as it stands."""

import json
import re
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest
import typer

from service.__main__ import app

CHECKOUT = Path(__file__).parent.parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
MOST_LINES = 170


def blocks(section: str) -> list[str]:
    """The shell blocks of one section."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell(script: str, folder: Path) -> list[str]:
    bash = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(bash, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_it_gives_the_two_commands() -> None:
    assert blocks("Start") == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/recist demo\n",
        "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/pytest\n",
    ]


def test_its_table_has_every_command() -> None:
    told = re.findall(r"^\| `recist (\w+)", README, re.MULTILINE)
    click = typer.main.get_command(app)
    assert sorted(told) == sorted(click.commands)


def test_its_timeline_is_assessed_as_it_says(tmp_path: Path) -> None:
    (example,) = blocks("Without a server")
    recist = tmp_path / ".venv" / "bin" / "recist"
    recist.parent.mkdir(parents=True)
    recist.write_text(f'#!/bin/sh\ncd {quote(str(CHECKOUT))} && {sys.executable} -m service "$@"\n')
    recist.chmod(0o755)
    (answer,) = map(json.loads, shell(example, tmp_path))
    (followed,) = answer["timepoints"]
    assert (followed["baseline"], followed["sum"], followed["overall"]) == (78, 51, "PR")
    assert followed["because"]
    assert answer["best_overall"] == "SD"


def test_its_worked_example_works(server, tmp_path: Path) -> None:
    serve, told, *rest = blocks("A worked example")
    assert serve == ".venv/bin/recist serve\n"
    told = re.sub(r"^API=.*$", f"API={server.url}", told, count=1, flags=re.MULTILINE)
    told = re.sub(r"^ADMIN=.*$", f"ADMIN={server.admin_token}", told, count=1, flags=re.MULTILINE)
    *signed, discrepancies, timeline = map(json.loads, shell("\n".join([told, *rest]), tmp_path))
    timepoints = [answer["assessment"]["timepoints"] for answer in signed]
    overall = [[assessed["overall"] for assessed in reads] for reads in timepoints]
    assert overall == [[], ["PR"], [], ["PD"]]
    values = [
        {value["reader"]: value["value"] for value in item["values"]}
        for item in discrepancies["items"]
        if item["variable"] == "BEST_OVERALL"
    ]
    assert {"READER_1": "SD", "READER_2": "PD"} in values
    assert [entry["reader"] for entry in timeline["readers"]] == ["READER_1", "READER_2"]
    assert timeline["accepted"] is None


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:\w+/)+\w*\.?\w*)`", README))))
def test_what_it_sends_the_reader_to_is_there(path: str) -> None:
    assert (CHECKOUT / path).exists()
