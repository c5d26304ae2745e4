"""An entry is sealed with all before it, in the transaction of its cause, whatever the time."""

import hmac
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from service import clock
from service.audit.chain import BEFORE_ALL, sealing
from service.audit.events import Action, Event, enter
from service.audit.verify import Altered, check, check_stored, rows_of
from service.callers import COMMAND_LINE, Caller, Grant
from service.db import Database
from service.roles import Role
from service.tables import events, principals

KEY = bytes(32)
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def event(n: int = 0, **members: Any) -> Event:
    return Event(action=Action.CREATED, record="thing", record_id=f"{n}", **members)


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 200])
def test_a_seal_is_the_hmac_of_rfc_2104(length):
    key, entry = bytes(range(length)), [7, "2026", None, "ä \U0001f600"]
    message = (BEFORE_ALL + json.dumps(entry, ensure_ascii=False, separators=(",", ":"))).encode()
    assert sealing(key)(BEFORE_ALL, entry) == hmac.digest(key, message, "sha256").hex()


@pytest.mark.requirement("R15")
@settings(max_examples=40)
@given(st.lists(st.tuples(st.text(max_size=3), st.none() | st.text(max_size=3)), min_size=1))
def test_any_entries_are_sound_as_sealed_and_in_no_other_order(some):
    mac, rows = BEFORE_ALL, []
    for seq, columns in enumerate(some, 1):
        mac = sealing(KEY)(mac, (seq, *columns))
        rows.append((seq, *columns, mac))
    assert check(rows, KEY).mac == mac
    for n in range(len(rows)):
        with pytest.raises(Altered, match=f"entry {n + 1}:"):
            check([*rows[:n], (*rows[n][:-2], "\x00", rows[n][-1]), *rows[n + 1 :]], KEY)


@pytest.mark.requirement("R1")
def test_the_entry_says_who_in_which_role_did_what_and_why(database):
    grants = (Grant(Role.READER_1, "t1"), Grant(Role.MONITOR, "t2"))
    caller = Caller("p", "reader 1", grants, request_id="r")
    members = {"on": date(2024, 2, 26), "at": AT.astimezone(timezone(timedelta(hours=2)))}
    told = event(trial_id="t1", subject_id="s", reader="READER_1", new=members, reason="A slip.")
    database.run(lambda c: enter(c, caller, told))
    (row,) = database.run(lambda c: c.execute(select(events)).all())
    assert (row.seq, row.principal_id, row.name, row.roles) == (1, "p", "reader 1", "READER_1")
    assert (row.action, row.record, row.record_id) == ("CREATED", "thing", "0")
    assert (row.trial_id, row.subject_id, row.reader) == ("t1", "s", "READER_1")
    assert (row.old, row.reason, row.request_id) == (None, "A slip.", "r")
    assert json.loads(row.new) == {"on": "2024-02-26", "at": "2026-11-21T12:00:00.000000Z"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row.at)


@pytest.mark.requirement("R12")
def test_a_clock_that_steps_back_reorders_nothing(database, monkeypatch):
    steps: Iterator[datetime] = iter(AT + timedelta(hours=n) for n in (0, 2, -5, 1))
    monkeypatch.setattr(clock, "now", lambda: next(steps))
    for n in range(4):
        database.run(lambda c, n=n: enter(c, COMMAND_LINE, event(n)))
    rows = database.run(lambda c: c.execute(select(events).order_by(events.c.seq)).all())
    assert [(row.seq, row.record_id) for row in rows] == [(n + 1, str(n)) for n in range(4)]
    assert [row.at[11:13] for row in rows] == ["12", "14", "07", "13"]
    assert database.run(lambda c: check_stored(c, KEY)).entries == 4


@pytest.mark.requirement("R1")
def test_an_entry_stands_and_falls_with_its_cause(database):
    def done_and_told(connection: Any, *, fails: bool) -> None:
        row = {"id": "p", "name": "p", "created_at": AT}
        connection.execute(insert(principals), row)
        enter(connection, COMMAND_LINE, event())
        if fails:
            raise RuntimeError("after both")

    with pytest.raises(RuntimeError):
        database.run(lambda c: done_and_told(c, fails=True))
    counts = select(
        *(select(func.count()).select_from(t).scalar_subquery() for t in (principals, events))
    )
    assert tuple(database.run(lambda c: c.execute(counts).one())) == (0, 0)
    database.run(lambda c: done_and_told(c, fails=False))
    assert tuple(database.run(lambda c: c.execute(counts).one())) == (1, 1)


def test_a_unit_that_fails_among_others_leaves_no_gap(database):
    """Units share a commit: the entry of one that fails goes, those before and after it stay."""

    def unit(n: int) -> Any:
        def entered(connection: Any) -> None:
            enter(connection, COMMAND_LINE, event(n))
            if n % 3 == 1:
                raise RuntimeError(n)

        try:
            database.run(entered)
        except RuntimeError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        kept = sum(pool.map(unit, range(60)))
    assert kept == 40
    assert database.run(lambda c: check_stored(c, KEY)).entries == kept


def test_two_services_that_write_at_once_make_one_chain(database_url):
    both = [Database(database_url, audit_key=KEY) for _ in range(2)]
    try:
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(
                    lambda n: both[n % 2].run(lambda c: enter(c, COMMAND_LINE, event(n))),
                    range(80),
                )
            )
        sound = both[0].run(lambda c: check_stored(c, KEY))
        assert sound.entries == 80
        rows = both[1].run(lambda c: list(rows_of(c)))
        assert {row[7] for row in rows} == {str(n) for n in range(80)}
    finally:
        for database in both:
            database.close()


def test_a_trail_longer_than_a_page_is_read_whole(database, monkeypatch):
    monkeypatch.setattr("service.audit.verify.PAGE", 7)
    database.run(lambda c: [enter(c, COMMAND_LINE, event(n)) for n in range(30)] and None)
    assert database.run(lambda c: check_stored(c, KEY)).entries == 30
    assert len(database.run(lambda c: list(rows_of(c)))) == 30


def test_an_empty_trail_is_sound(database):
    assert database.run(lambda c: check_stored(c, KEY)).entries == 0
