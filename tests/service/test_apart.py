"""A command that reads files from outside, when a file brings it down."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
RUN = """
import dataclasses, sys
import service.__main__
import service.commands.apart as apart
import imaging.limits as limits
limits.COMMAND = dataclasses.replace(limits.COMMAND, seconds=2, memory=256 << 20)
def broken(*_, **__):
    {}
service.__main__.app = broken
sys.argv = ["recist", {!r}, "."]
service.__main__.main()
"""


def run(broken: str, command: str = "measure") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", RUN.format(broken, command)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


BREAKS = {
    "while True: pass": "TOO_SLOW",
    "import ctypes; ctypes.memset(8, 0, 8)": "DECODER_CRASHED",
    "import numpy; numpy.empty(300 << 17)": "TOO_LARGE",
}


@pytest.mark.parametrize(("broken", "code"), BREAKS.items(), ids=BREAKS.values())
def test_to_measure_is_answered_by_a_refusal(broken: str, code: str) -> None:
    ran = run(broken)
    assert ran.returncode == 3
    assert json.loads(ran.stdout)["refused"] == code
    assert ran.stderr == ""


def test_another_command_says_that_its_input_is_unusable() -> None:
    ran = run("import ctypes; ctypes.memset(8, 0, 8)", "sr")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("recist: A file crashes")
    assert ran.stderr.count("\n") == 1


def test_what_the_command_answers_and_its_status_come_through() -> None:
    ran = run("print('{}', flush=True); return 3")
    assert (ran.returncode, ran.stdout) == (3, "{}\n")


def test_what_the_system_ends_is_told_as_a_shell_does() -> None:
    ran = run("import os; os.kill(os.getpid(), 9)")
    assert (ran.returncode, ran.stdout) == (137, "")
    assert ran.stderr == "recist: the system ended the command (signal 9)\n"


def test_an_interrupt_ends_the_command() -> None:
    ran = run("import os; os.kill(os.getppid(), 2); os.kill(os.getpid(), 2)")
    assert ran.returncode == 130


def test_an_end_that_is_asked_for_is_passed_on() -> None:
    ran = run("import os, time; os.kill(os.getppid(), 15); time.sleep(9)")
    assert ran.returncode == 143
