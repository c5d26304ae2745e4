"""A request with an Idempotency-Key takes effect once."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from service.callers import Caller
from service.db import Database
from service.idempotency import Answer, once
from service.problems import Conflict, KeyReused, Unprocessable
from service.tables import principals, replays

NOW = datetime(2024, 2, 26, 12, 30, tzinfo=UTC)
FIRST, SECOND = Caller("1", "first", ()), Caller("2", "second", ())
ROUTE, BODY = "POST /v1/trials", "0" * 64


@pytest.fixture
def known(database):
    """A database in which both callers are principals."""
    rows = [{"id": c.principal_id, "name": c.name, "created_at": NOW} for c in (FIRST, SECOND)]
    database.run(lambda c: c.execute(insert(principals), rows) and None)
    return database


@pytest.fixture
def effects(known):
    """A unit that leaves a mark and answers with its number, and the marks that are there."""

    class Effects:
        def unit(self, connection):
            n = len(self.marks(connection)) + 1
            row = {"id": f"mark-{n}", "name": f"mark {n}", "created_at": NOW}
            connection.execute(insert(principals), row)
            return Answer(201, b'{"n": %d}' % n, (("Location", f"/v1/trials/{n}"),))

        def refused(self, connection):
            self.unit(connection)
            raise Conflict("There is one already.")

        def marks(self, connection):
            named = select(principals.c.name).where(principals.c.name.startswith("mark"))
            return connection.execute(named).scalars().all()

        @property
        def count(self):
            return len(known.run(self.marks))

    return Effects()


@pytest.fixture
def send(known, effects):
    def send_(key, *, caller=FIRST, route=ROUTE, body=BODY, unit=effects.unit):
        return known.run(lambda c: once(c, caller, key, route, body, unit))

    return send_


def test_the_same_request_is_answered_as_the_first_time(send, effects):
    first, again, third = send("k"), send("k"), send("k")
    assert first == Answer(201, b'{"n": 1}', (("Location", "/v1/trials/1"),))
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers == (*first.headers, ("Idempotency-Replayed", "true"))
    assert third == again
    assert effects.count == 1


def test_without_a_key_each_request_takes_effect(send, effects):
    assert send(None).body != send(None).body
    assert effects.count == 2


def test_other_keys_are_other_requests(send, effects):
    assert send("k").body != send("K").body
    assert effects.count == 2


@pytest.mark.parametrize("other", [{"body": "1" * 64}, {"route": "POST /v1/tokens"}])
def test_a_key_is_not_used_for_another_request(send, effects, other):
    send("k")
    with pytest.raises(KeyReused, match="new one"):
        send("k", **other)
    assert effects.count == 1
    assert send("k").body == b'{"n": 1}'


def test_callers_do_not_share_their_keys(send, effects):
    first, second = send("k"), send("k", caller=SECOND)
    assert (first.body, second.body) == (b'{"n": 1}', b'{"n": 2}')
    assert send("k", caller=SECOND).body == second.body


def test_what_was_refused_is_tried_again(send, effects, known):
    with pytest.raises(Conflict):
        send("k", unit=effects.refused)
    assert effects.count == 0
    assert known.run(lambda c: c.execute(select(replays)).all()) == []
    assert send("k").body == b'{"n": 1}'


def test_keys_of_visible_ascii(send):
    for key in ("!", "~", "a" * 255, "3f1c-0%'\\"):
        assert send(key).headers != send(key).headers, key


def test_what_is_no_key_is_refused_and_does_nothing(send, effects):
    for key in ("", "a" * 256, "a b", "a\n", "é", "\x7f", "\x00"):
        with pytest.raises(Unprocessable, match="visible ASCII"):
            send(key)
    assert effects.count == 0


def test_parallel_repetitions_take_effect_once(known, effects):
    async def send_all():
        def unit(connection):
            return once(connection, FIRST, "k", ROUTE, BODY, effects.unit)

        return await asyncio.gather(*(known.write(unit) for _ in range(50)))

    answers = asyncio.run(send_all())
    assert {answer.body for answer in answers} == {b'{"n": 1}'}
    assert sum(not answer.headers[1:] for answer in answers) == 1
    assert effects.count == 1


def test_two_processes_that_get_the_same_request_do_it_once(known, effects, database_url):
    """The second waits for the first to commit: two writers here stand for two processes."""
    other = Database(database_url, audit_key=bytes(32))

    def unit(connection):
        return once(connection, FIRST, "k", ROUTE, BODY, effects.unit)

    async def send_to_both():
        return await asyncio.gather(
            *(database.write(unit) for _ in range(20) for database in (known, other))
        )

    answers = asyncio.run(send_to_both())
    other.close()
    assert {answer.body for answer in answers} == {b'{"n": 1}'}
    assert effects.count == 1
