"""What reads see of the writes before and beside them."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from service import sqlite
from service.problems import Unavailable
from service.tables import principals

NOW = datetime(2024, 2, 26, 12, 30, tzinfo=UTC)


@pytest.fixture
def beside(database):
    """A database whose reads have connections of their own."""
    if database.dialect == "sqlite" and not sqlite.library().wal:
        pytest.skip("without WAL, reads take turns with the writer")
    return database


def add(name):
    """A unit that adds one principal."""
    row = {"id": f"{name:0>32}", "name": name, "created_at": NOW}
    return lambda connection: connection.execute(insert(principals), row) and None


def names(connection):
    return sorted(connection.execute(select(principals.c.name)).scalars())


def test_a_write_is_seen_by_the_reads_after_it(database):
    async def write_and_read():
        for n in range(20):
            await database.write(add(f"p{n:02}"))
            assert len(await database.read(names)) == n + 1

    asyncio.run(write_and_read())


def test_a_unit_that_reads_cannot_write(beside):
    with pytest.raises((Unavailable, DBAPIError)):
        asyncio.run(beside.read(add("a")))
    assert beside.run(names) == []


def test_a_read_sees_one_moment(beside):
    """What another commits between two statements of a read does not show in the second."""

    async def look_twice():
        loop = asyncio.get_running_loop()
        looked, written = asyncio.Event(), threading.Event()

        def unit(connection):
            before = names(connection)
            loop.call_soon_threadsafe(looked.set)
            written.wait(10)
            return before, names(connection)

        reading = asyncio.ensure_future(beside.read(unit))
        await looked.wait()
        await beside.write(add("a"))
        written.set()
        return await reading

    assert asyncio.run(look_twice()) == ([], [])


def test_reads_do_not_wait_for_the_writer(beside):
    async def read_while_writing():
        written, go_on = threading.Event(), threading.Event()

        def unit(connection):
            add("a")(connection)
            written.set()
            go_on.wait(10)

        writing = asyncio.ensure_future(beside.write(unit))
        await asyncio.to_thread(written.wait, 10)
        meanwhile = await asyncio.wait_for(beside.read(names), 5)
        go_on.set()
        await writing
        return meanwhile, await beside.read(names)

    assert asyncio.run(read_while_writing()) == ([], ["a"])
