"""A login opens by its password and a new code, and locks after too many failures."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from service.callers import COMMAND_LINE, NOBODY
from service.identity import codes, principals
from service.identity.logins import Attempt, Locking, add_login, login_of, settle, unlock
from service.identity.strangers import MOST_A_MINUTE, Strangers
from service.problems import Conflict, NotFound
from service.tables import events, logins

pytestmark = pytest.mark.requirement("R13")

LOCKING = Locking(after=3, lasts=timedelta(minutes=15))
SECRET = codes.new_secret()


@pytest.fixture
def attempt(database):
    """Try to log in, with a hash that stands for the right password."""
    strangers = Strangers()

    def unit(connection):
        person = principals.Person(name="ada", full_name="Ada L")
        add_login(
            connection,
            COMMAND_LINE,
            principals.enrol(connection, COMMAND_LINE, person),
            "hash",
            SECRET,
        )

    database.run(unit)

    def try_(name="ada", *, right=True, code=None, coded=False):
        shown = Attempt(name=name, code=code or new_code(), compared_with="hash", right=right)
        return database.run(lambda c: settle(c, shown, NOBODY, LOCKING, strangers, coded=coded))

    return try_


def new_code(off: int = 0) -> str:
    return codes.code_at(SECRET, int(datetime.now(UTC).timestamp()) // codes.STEP_SECONDS + off)


def trail(database):
    rows = database.run(lambda c: c.execute(select(events).order_by(events.c.seq)).all())
    return [(row.action, row.record, json.loads(row.new or "{}")) for row in rows[2:]]


def test_a_code_is_good_once(attempt, database) -> None:
    code = new_code()
    assert attempt(code=code).full_name == "Ada L"
    assert attempt(code=code) is None
    assert attempt(code=new_code(-1)) is None
    assert attempt(code=new_code(1)).name == "ada"


def test_a_code_that_was_taken_does_not_count_towards_the_lock(attempt, database) -> None:
    code = new_code()
    assert attempt(code=code)
    for _ in range(LOCKING.after + 1):
        assert attempt(code=code) is None
    assert attempt(code=new_code(1))
    assert [new for *_, new in trail(database)] == [{"why": "CODE_TAKEN"}] * (LOCKING.after + 1)


def test_it_locks_after_failures_in_a_row_and_opens_after_a_while(attempt, database) -> None:
    for _ in range(LOCKING.after - 1):
        assert attempt(right=False) is None
    assert attempt()
    for _ in range(LOCKING.after):
        assert attempt(right=False) is None
    assert attempt(code=new_code(1)) is None
    kinds = [action for action, *_ in trail(database)]
    assert kinds == ["LOGIN_FAILED"] * (2 * LOCKING.after - 1) + ["LOCKED", "LOGIN_FAILED"]

    past = {"locked_until": datetime.now(UTC) - timedelta(seconds=1)}
    database.run(lambda c: c.execute(update(logins).values(past)))
    assert attempt(right=False) is None  # the count begins anew
    assert attempt(code=new_code(1))


def test_wrong_codes_count_too(attempt, database) -> None:
    for _ in range(LOCKING.after):
        assert attempt(code="000000" if new_code() != "000000" else "000001") is None
    assert attempt(code=new_code(1)) is None


def test_an_administrator_unlocks(attempt, database) -> None:
    with pytest.raises(Conflict):
        database.run(lambda c: unlock(c, COMMAND_LINE, "ada", "asked"))
    with pytest.raises(NotFound):
        database.run(lambda c: unlock(c, COMMAND_LINE, "nobody", "asked"))
    for _ in range(LOCKING.after):
        attempt(right=False)
    database.run(lambda c: unlock(c, COMMAND_LINE, "ada", "asked by telephone"))
    assert attempt()


def test_a_password_that_was_changed_meanwhile_is_wrong(attempt, database) -> None:
    database.run(lambda c: c.execute(update(logins).values(password_hash="other")))
    assert attempt() is None


def test_who_is_disabled_is_nobody(attempt, database) -> None:
    database.run(lambda c: principals.disable(c, COMMAND_LINE, "ada", "left"))
    assert database.run(lambda c: login_of(c, "ada")) is None
    assert attempt() is None
    assert trail(database)[-1] == ("LOGIN_FAILED", "login", {"why": "UNKNOWN"})


def test_where_a_code_is_asked_a_login_without_codes_opens_nothing(attempt, database) -> None:
    database.run(lambda c: c.execute(update(logins).values(totp_secret=None)))
    assert attempt(coded=True) is None
    assert attempt()


def test_strangers_do_not_fill_the_trail_and_no_name_is_kept(attempt, database) -> None:
    for _ in range(MOST_A_MINUTE + 5):
        assert attempt("my password, typed in the wrong place") is None
    entries = trail(database)
    assert len(entries) == MOST_A_MINUTE
    assert "typed" not in json.dumps(entries)
