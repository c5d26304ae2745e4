"""The README is short, and what it shows works as it stands."""

import json
import re
import subprocess
import sys
from pathlib import Path
from shlex import quote
from typing import Any

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


def install(into: Path, **environment: Path) -> None:
    """Put the command where the README has it, with settings if need be."""
    recist = into / ".venv" / "bin" / "recist"
    recist.parent.mkdir(parents=True)
    told = "".join(f"export {name}={quote(str(value))}\n" for name, value in environment.items())
    words = f'cd {quote(str(CHECKOUT))} && {sys.executable} -m service "$@"\n'
    recist.write_text(f"#!/bin/sh\n{told}{words}")
    recist.chmod(0o755)


def test_its_timeline_is_assessed_as_it_says(tmp_path: Path) -> None:
    (example,) = blocks("Without a server")
    install(tmp_path)
    (answer,) = map(json.loads, shell(example, tmp_path))
    (followed,) = answer["timepoints"]
    assert (followed["baseline"], followed["sum"], followed["overall"]) == (78, 51, "PR")
    assert followed["because"]
    assert answer["best_overall"] == "SD"


@pytest.fixture(scope="module")
def example(serving_in, tmp_path_factory) -> list[Any]:
    """What the commands of the worked example print: JSON, and then what was verified."""
    with serving_in(tmp_path_factory.mktemp("served")) as server:
        serve, told, *rest = blocks("A worked example")
        assert serve == ".venv/bin/recist serve\n"
        for name, value in (("API", server.url), ("ADMIN", server.admin_token)):
            told = re.sub(rf"^{name}=.*$", f"{name}={value}", told, count=1, flags=re.MULTILINE)
        folder = tmp_path_factory.mktemp("example")
        install(folder, RECIST_FOLDER=server.folder)
        lines = shell("\n".join([told, *rest]), folder)
        return [json.loads(line) if line.startswith("{") else line for line in lines]


def test_its_readers_differ(example) -> None:
    *signed, discrepancies = example[:4]
    timepoints = [answer["assessment"]["timepoints"] for answer in signed]
    overall = [[assessed["overall"] for assessed in reads] for reads in timepoints]
    assert overall == [[], ["PR"], []]
    values = [
        {value["reader"]: value["value"] for value in item["values"]}
        for item in discrepancies["items"]
        if item["variable"] == "BEST_OVERALL"
    ]
    assert {"READER_1": "SD", "READER_2": "PD"} in values


def test_its_correction_makes_the_decision_stale(example) -> None:
    first, corrected, due, second, timeline = example[4:9]
    assert (first["accepts"], first["in_force"]) == ("READER_2", True)
    assert corrected["assessment"]["best_overall"] == "PD"
    assert [subject["stale"] for subject in due["items"]] == [True]
    assert (second["accepts"], second["in_force"]) == ("READER_1", True)
    assert [entry["reader"] for entry in timeline["readers"]] == ["READER_1", "READER_2"]
    assert timeline["accepted"]["reader"] == "READER_1"


def test_its_audit_trail_tells_all_of_it(example) -> None:
    trail, verified, *_ = example[9:]
    told = [entry["action"] for entry in reversed(trail["items"])]
    done = ["SIGNED"] * 4 + ["ADJUDICATED", "CORRECTED", "ADJUDICATED"]
    assert [action for action in told if action in done] == done
    assert [e["reason"] for e in trail["items"][:2]] == ["No vessel in it.", "Lines mixed up."]
    assert re.match(r"\d+ entries as they were sealed", verified), verified


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:\w+/)+\w*\.?\w*)`", README))))
def test_what_it_sends_the_reader_to_is_there(path: str) -> None:
    assert (CHECKOUT / path).exists()
