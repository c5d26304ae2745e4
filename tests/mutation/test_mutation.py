"""The mutation tester itself, on a toy package: what it changes, and what it makes of survivors."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SOURCE = '''
"""A toy."""

from enum import StrEnum


class Word(StrEnum):
    pass


class Response(Word):
    """Docstrings stay."""

    CR = "CR"
    PD = "PD"


R = Response
RULES = ((R.PD, 20), (R.CR, 100))
LIMIT = 5


def judge(now: int, nadir: int, *, least: int = 0) -> "Response | None":
    """Neither this nor what is said to people is changed."""
    if now == nadir:
        return None
    for response, _ in RULES:
        if now > nadir and not now < LIMIT:
            return response
    raise ValueError(f"nothing for {now + least}: no rule holds")
'''
CHANGES = {
    "": [
        "(R.CR, 100) before (R.PD, 20)",
        "0 → -1",
        "0 → 1",
        "100 before R.CR",
        "100 → 101",
        "100 → 99",
        "20 before R.PD",
        "20 → 19",
        "20 → 21",
        "5 → 4",
        "5 → 6",
        "R.CR → R.PD",
        "R.PD → R.CR",
        "without (R.CR, 100)",
        "without (R.PD, 20)",
        "without 100",
        "without 20",
        "without R.CR",
        "without R.PD",
    ],
    "Response": ["'CR' → 'CRX'", "'PD' → 'PDX'"],
    "judge": [
        "not now < LIMIT → not not now < LIMIT",
        "now + least → now - least",
        "now < LIMIT → now <= LIMIT",
        "now == nadir → False",
        "now == nadir → True",
        "now == nadir → now != nadir",
        "now > nadir and (not now < LIMIT) → False",
        "now > nadir and (not now < LIMIT) → True",
        "now > nadir and (not now < LIMIT) → True and (not now < LIMIT)",
        "now > nadir and (not now < LIMIT) → now > nadir and True",
        "now > nadir and (not now < LIMIT) → now > nadir or not now < LIMIT",
        "now > nadir → now >= nadir",
        "return response → return None",
        "without for response, _ in RULES: if now > nadir and (not now < LIMIT): return response",
        "without raise ValueError(f'nothing for {now + least}: no rule holds')",
    ],
}
"""Every change of the toy, by the class or function that it is in."""
TESTS = """
import pytest
from recist.toy import LIMIT, RULES, Response, judge

def test_data():
    assert [*Response] == ["CR", "PD"] == [*Response.__members__]
    assert (RULES, LIMIT) == ((("PD", 20), ("CR", 100)), 5)

def test_judge():
    assert judge(6, 5) == judge(5, 4) == "PD"
    assert judge(5, 5) is None
    for now, nadir in [(4, 5), (6, 7), (4, 3)]:
        with pytest.raises(ValueError, match=f"for {now}:"):
            judge(now, nadir)
    with pytest.raises(ValueError, match="for 6:"):
        judge(4, 5, least=2)
"""
EQUIVALENT = """
[[survivor]]
file = "recist/toy.py"
where = "judge"
line = "if now > nadir and not now < LIMIT:"
change = "now > nadir → now >= nadir"
why = "equal ones have been answered"
"""


SMALL = """
def larger(one, other):
    return one if one > other else other
"""
TESTS_OF_SMALL = """
from recist.toy import larger

def test_larger():
    assert (larger(1, 2), larger(2, 1), larger(1, 1)) == (2, 2, 1)
"""
SMALL_EQUIVALENT = """
[[survivor]]
file = "recist/toy.py"
where = "larger"
line = "return one if one > other else other"
change = "one > other → one >= other"
why = "of equal ones either is the larger"
"""


@pytest.fixture
def run(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python beside a toy package."""

    def ran(*command: str, source: str, tests: str = "", listed: str = ""):
        for name, text in {
            "recist/__init__.py": "",
            "recist/toy.py": source,
            "tests/recist/test_toy.py": tests,
            "tests/mutation/survivors.toml": listed,
        }.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            text=True,
            check=False,
        )

    return ran


@pytest.fixture
def mutate(run) -> Callable[..., subprocess.CompletedProcess[str]]:
    return partial(run, *("-m", "tests.mutation", "--processes", "1"))


def survivors(ran: subprocess.CompletedProcess[str]) -> list[str]:
    _, _, table = ran.stdout.partition("\n#")
    return [entry["change"] for entry in tomllib.loads(f"#{table}").get("survivor", [])]


LIST = """
from pathlib import Path
from tests.mutation.mutants import mutants
print(*((m.where, m.what) for m in mutants([Path("recist/toy.py")])), sep="\\n")
"""


def test_every_kind_of_change_is_made_and_no_other(run) -> None:
    ran = run("-c", LIST, source=SOURCE)
    assert not ran.stderr
    found = [ast.literal_eval(line) for line in ran.stdout.splitlines()]
    assert len(found) == len({*found})
    plain = {(where, re.sub(r", no\. \d+$", "", what)) for where, what in found}
    assert plain == {(where, what) for where, changes in CHANGES.items() for what in changes}


def test_what_good_tests_leave_is_listed_with_its_reason(mutate) -> None:
    ran = mutate(source=SOURCE, tests=TESTS, listed=EQUIVALENT)
    assert (ran.returncode, ran.stderr) == (0, "")
    killed, _, made = re.findall(r"in all: (\d+) (of) (\d+)", ran.stdout)[0]
    assert int(killed) == int(made) - 1 >= sum(map(len, CHANGES.values())) - 1


def test_a_survivor_that_is_not_listed_is_told(mutate) -> None:
    ran = mutate(source=SMALL, tests=TESTS_OF_SMALL)
    assert (ran.returncode, survivors(ran)) == (1, ["one > other → one >= other"])
    assert "in all: 3 of 4 killed, 75.0%" in ran.stdout


def test_a_reason_must_be_given(mutate) -> None:
    silent = SMALL_EQUIVALENT.replace("of equal ones either is the larger", "")
    assert survivors(mutate(source=SMALL, tests=TESTS_OF_SMALL, listed=silent))


def test_too_many_survivors_are_too_many_though_listed(mutate) -> None:
    ran = mutate(source=SMALL, tests=TESTS_OF_SMALL, listed=SMALL_EQUIVALENT)
    assert (ran.returncode, survivors(ran)) == (1, [])


def test_a_listed_mutant_that_is_none_or_is_killed_is_told(mutate) -> None:
    stranger = SMALL_EQUIVALENT.replace(">=", ">>")
    ran = mutate(source=SMALL, tests=TESTS_OF_SMALL, listed=stranger)
    assert (ran.returncode, survivors(ran)) == (1, ["one > other → one >> other"])
    assert "are no mutants" in ran.stdout
    killed = SMALL_EQUIVALENT.replace("one >= other", "True")
    ran = mutate(source=SMALL, tests=TESTS_OF_SMALL, listed=SMALL_EQUIVALENT + killed)
    assert (ran.returncode, survivors(ran)) == (1, ["one > other → True"])
    assert "were killed" in ran.stdout


def test_tests_that_fail_anyway_kill_nothing(mutate) -> None:
    ran = mutate(source=SMALL, tests="def test_wrong():\n    raise OSError\n")
    assert (ran.returncode, survivors(ran)) == (1, [])
    assert "tests/recist/test_toy.py" in ran.stderr


def test_a_sample_leaves_out_what_is_listed_and_must_die(run) -> None:
    sample = partial(run, "-m", "tests.mutation", "--sample", "9", source=SMALL)
    ran = sample(tests=TESTS_OF_SMALL, listed=SMALL_EQUIVALENT)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "in all: 3 of 3 killed, 100.0%" in ran.stdout
    assert sample(tests=TESTS_OF_SMALL).returncode == 1


def test_what_is_listed_for_the_project_exists() -> None:
    command = [sys.executable, "-m", "tests.mutation", "--sample", "0"]
    ran = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
