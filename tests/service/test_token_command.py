"""`recist token`: prints a token, or says in one line what is wrong."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from service.__main__ import main
from service.callers import Grant
from service.db import Database
from service.identity.tokens import caller_for, new_token
from service.roles import Role

CHECKOUT = Path(__file__).parents[2]
TOKEN = re.compile(r"rcst_[0-9a-f]{32}_[A-Za-z0-9_-]{43}\n")


@pytest.fixture
def recist(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; its exit status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["recist", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0, *capsys.readouterr()

    return run


@pytest.fixture
def opened(tmp_path):
    """Open the database that the command made, as a service beside it would."""
    opened = []

    def open_():
        opened.append(
            Database(f"sqlite:///{tmp_path / 'd' / 'recist.sqlite'}", audit_key=bytes(32))
        )
        return opened[-1]

    yield open_
    for database in opened:
        database.close()


def test_it_prints_the_token_alone(recist, opened):
    status, printed, errors = recist("token", "reader 1", "--role", "READER_1", "--data", "d")
    assert (status, errors) == (0, "")
    assert TOKEN.fullmatch(printed)
    caller = opened().run(lambda c: caller_for(c, printed.strip()))
    assert (caller.name, caller.grants) == ("reader 1", (Grant(Role.READER_1, None),))


def test_it_works_while_the_service_does(recist, opened, tmp_path):
    """In a process of its own, between two writes of the one that serves."""
    recist("token", "a", "--role", "MONITOR", "--data", "d")
    serving = opened()
    serving.run(lambda c: new_token(c, "b", Role.MONITOR, None))
    command = [sys.executable, "-m", "service", "token", "c", "--role", "MONITOR"]
    done = subprocess.run(
        [*command, "--data", tmp_path / "d"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert serving.run(lambda c: caller_for(c, done.stdout.strip())).name == "c"
    serving.run(lambda c: new_token(c, "d", Role.MONITOR, None))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["b", "--role", "NOBODY"], "NOBODY"),
        (["b", "--role", "reader_1"], "reader_1"),
        (["b", "--role", "MONITOR", "--trial", "nowhere"], "no trial 'nowhere'"),
        (["b", "--role", "ADMINISTRATOR", "--trial", "x"], "leave the trial out"),
        (["a", "--role", "READER_2"], "blinded"),
        (["", "--role", "MONITOR"], "name"),
        (["b", "--role", "MONITOR", "--days", "0"], "365"),
        (["b"], "--role"),
        (["--role", "MONITOR"], "'name'"),
    ],
)
def test_it_says_in_one_line_what_is_wrong(recist, arguments, says):
    recist("token", "a", "--role", "READER_1", "--data", "d")
    status, printed, errors = recist("token", *arguments, "--data", "d")
    assert (status, printed, len(errors.splitlines())) == (2, "", 1)
    assert says in errors


def test_a_folder_that_cannot_be_made_is_one_line_too(recist, tmp_path):
    (tmp_path / "d").write_text("a file")
    status, printed, errors = recist("token", "a", "--role", "MONITOR", "--data", "d")
    assert (status, printed, len(errors.splitlines())) == (2, "", 1)
