"""Units of work: whole or not at all, durable when answered, alone or in a group."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from service.db import LARGEST_GROUP, Database
from service.postgresql import Aborted
from service.problems import NotFound, Unavailable
from service.tables import grants, principals

NOW = datetime(2024, 2, 26, 12, 30, tzinfo=UTC)


def add(name):
    """A unit that adds one principal."""

    def unit(connection):
        row = {"id": f"{name:0>32}", "name": name, "created_at": NOW}
        connection.execute(insert(principals), row)
        return name

    return unit


def add_then(name, failure):
    """A unit that adds one principal and then raises."""

    def unit(connection):
        add(name)(connection)
        raise failure

    return unit


def names(connection):
    return sorted(connection.execute(select(principals.c.name)).scalars())


def backend(connection):
    return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


async def in_one_group(database, *units):
    """Write these units in one commit: they queue while the writer is held up."""
    held, go_on = threading.Event(), threading.Event()

    def hold(_):
        held.set()
        go_on.wait(10)

    first = asyncio.ensure_future(database.write(hold))
    await asyncio.to_thread(held.wait, 10)
    rest = [asyncio.ensure_future(database.write(unit)) for unit in units]
    await asyncio.sleep(0)
    go_on.set()
    await first
    return await asyncio.gather(*rest, return_exceptions=True)


@pytest.fixture
def commits(database):
    """How many transactions were committed so far, as a list that grows."""
    seen = []
    event.listen(database._writes, "commit", seen.append)
    return seen


def test_parallel_writes_are_all_there(database):
    async def write_all():
        return await asyncio.gather(*(database.write(add(f"p{n:02}")) for n in range(50)))

    expected = [f"p{n:02}" for n in range(50)]
    assert asyncio.run(write_all()) == expected
    assert database.run(names) == expected


def test_units_that_wait_together_share_a_commit(database, commits):
    count = LARGEST_GROUP + 3
    asyncio.run(in_one_group(database, *(add(f"p{n}") for n in range(count))))
    assert len(commits) == 1 + 2  # the one that held the others up; a full group, and the rest
    assert len(database.run(names)) == count


def test_a_unit_that_fails_leaves_the_others_of_its_group(database, commits):
    refusal = NotFound("There is no such subject.")
    answers = asyncio.run(
        in_one_group(database, add("a"), add_then("b", refusal), add("c"), add("a"), add("d"))
    )
    assert answers[0] == "a"
    assert answers[1] is refusal
    assert answers[2] == "c"
    assert isinstance(answers[3], IntegrityError)
    assert answers[4] == "d"
    assert database.run(names) == ["a", "c", "d"]
    assert len(commits) == 3  # the one that held them up, the group, and the look at it


def test_a_unit_alone_that_fails_leaves_nothing_and_raises_what_it_raised(database):
    with pytest.raises(LookupError, match="as it was"):
        asyncio.run(database.write(add_then("a", LookupError("as it was"))))
    with pytest.raises(LookupError, match="as it was"):
        database.run(add_then("a", LookupError("as it was")))
    assert database.run(names) == []


@pytest.mark.parametrize("failure", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_nothing_that_a_unit_raises_stops_the_writer(database, failure):
    with pytest.raises(type(failure)):
        database.run(add_then("a", failure))
    assert database.run(add("b")) == "b"
    assert database.run(names) == ["b"]


def test_a_stop_iteration_does_not_keep_its_group_waiting(database):
    answers = asyncio.run(in_one_group(database, add_then("a", StopIteration()), add("b")))
    assert isinstance(answers[0], RuntimeError)
    assert answers[1] == "b"


DEFERRED = "PRAGMA defer_foreign_keys = ON"


def grant_to_nobody(connection):
    """Break a reference in a way that only the commit finds out."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(DEFERRED))
    else:
        connection.execute(
            text(
                "ALTER TABLE grants ALTER CONSTRAINT fk_grants_principal_id"
                " DEFERRABLE INITIALLY DEFERRED"
            )
        )
    row = {"id": "g", "principal_id": "nobody", "role": "MONITOR", "created_at": NOW}
    connection.execute(insert(grants), row)


def test_where_the_commit_of_a_group_fails_each_unit_has_its_own(database):
    answers = asyncio.run(in_one_group(database, add("a"), grant_to_nobody, add("b")))
    assert answers[0] == "a"
    assert isinstance(answers[1], IntegrityError)
    assert answers[2] == "b"
    assert database.run(names) == ["a", "b"]
    assert database.run(lambda c: c.scalar(select(func.count()).select_from(grants))) == 0


def test_a_unit_alone_is_told_that_its_commit_failed(database):
    with pytest.raises(IntegrityError):
        asyncio.run(database.write(grant_to_nobody))
    assert database.run(lambda c: c.scalar(select(func.count()).select_from(grants))) == 0


def rolled_back_by_the_database(connection):
    """End the whole transaction from within, as a full disk does."""
    add("x")(connection)
    connection.connection.driver_connection.execute("ROLLBACK")
    raise NotFound("after that")


def test_where_a_unit_loses_the_transaction_the_others_have_another(database):
    answers = asyncio.run(in_one_group(database, add("a"), rolled_back_by_the_database, add("b")))
    assert (answers[0], answers[2]) == ("a", "b")
    assert isinstance(answers[1], Exception)
    assert database.run(names) == ["a", "b"]


def swallows_an_error(connection):
    add("kept?")(connection)
    try:
        connection.execute(text("SELECT nonsense"))
    except DBAPIError:
        return "done"


def test_no_unit_is_told_that_it_is_done_where_it_is_not(database):
    """PostgreSQL gives up a transaction at the first error, and answers COMMIT without one."""
    if database.dialect == "postgresql":
        with pytest.raises(Aborted, match="begin_nested"):
            database.run(swallows_an_error)
        assert database.run(names) == []
    else:
        assert database.run(swallows_an_error) == "done"
        assert database.run(names) == ["kept?"]


def test_the_same_in_a_group(database):
    answers = asyncio.run(in_one_group(database, add("a"), swallows_an_error, add("b")))
    assert (answers[0], answers[2]) == ("a", "b")
    kept = ["kept?"] if answers[1] == "done" else []
    assert database.run(names) == sorted(["a", "b", *kept])


def test_a_cancelled_request_breaks_neither_its_group_nor_the_writer(database):
    async def cancel_one():
        held, go_on = threading.Event(), threading.Event()
        writes = [asyncio.ensure_future(database.write(lambda _: (held.set(), go_on.wait(10))))]
        await asyncio.to_thread(held.wait, 10)
        writes += [asyncio.ensure_future(database.write(add(name))) for name in "abc"]
        await asyncio.sleep(0)
        writes[2].cancel()
        go_on.set()
        return await asyncio.gather(*writes[1:], return_exceptions=True)

    answers = asyncio.run(cancel_one())
    assert (answers[0], answers[2]) == ("a", "c")
    assert isinstance(answers[1], asyncio.CancelledError)
    assert database.run(add("d")) == "d"


def test_a_loop_that_is_gone_breaks_nothing(database):
    held, go_on = threading.Event(), threading.Event()

    async def leave():
        asyncio.ensure_future(database.write(lambda _: (held.set(), go_on.wait(10))))  # noqa: RUF006
        await asyncio.to_thread(held.wait, 10)

    asyncio.run(leave())
    go_on.set()
    assert database.run(add("a")) == "a"


def test_closing_finishes_what_was_asked_for(database_url):
    database = Database(database_url, audit_key=bytes(32))

    async def close_while_writing():
        writes = [asyncio.ensure_future(database.write(add(f"p{n:03}"))) for n in range(100)]
        await asyncio.sleep(0)
        await asyncio.to_thread(database.close)
        return await asyncio.gather(*writes)

    assert asyncio.run(close_while_writing()) == [f"p{n:03}" for n in range(100)]
    again = Database(database_url, audit_key=bytes(32))
    assert len(again.run(names)) == 100
    again.close()


def test_after_closing_nothing_is_accepted(database):
    database.close()
    database.close()
    for ask in (database.write, database.read):
        with pytest.raises(Unavailable):
            asyncio.run(ask(names))
    with pytest.raises(Unavailable):
        database.run(names)


def test_a_database_that_fails_is_told_as_unavailable(database, caplog):
    """503, and the reason in the log: no statement and no row reaches the caller."""
    missing = text(
        "SELECT 1 FROM missing" if database.dialect == "sqlite" else "SELECT pg_sleep(9)"
    )

    def unit(connection):
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = '50ms'"))
        connection.execute(missing)

    for ask in (database.write, database.read):
        with pytest.raises(Unavailable) as told:
            asyncio.run(ask(unit))
        assert isinstance(told.value.__cause__, OperationalError)
        assert "missing" not in str(told.value)
        assert "pg_sleep" not in str(told.value)
    assert "The database failed" in caplog.text


def test_a_connection_that_broke_is_replaced(postgres, postgres_url, caplog):
    database = Database(postgres_url, audit_key=bytes(32))
    for _ in range(2):
        postgres.execute(f"SELECT pg_terminate_backend({database.run(backend)})")
        with pytest.raises(Unavailable):
            database.run(add("lost"))
        assert database.run(names) == []
    database.close()


@pytest.mark.parametrize("then_noticed", [True, False], ids=["within", "after"])
def test_a_group_whose_connection_broke_is_done_on_another(
    postgres, postgres_url, caplog, then_noticed
):
    database = Database(postgres_url, audit_key=bytes(32))

    def break_it(connection):
        postgres.execute(f"SELECT pg_terminate_backend({backend(connection)})")
        if then_noticed:
            names(connection)

    answers = asyncio.run(in_one_group(database, add("a"), break_it, add("b")))
    assert (answers[0], answers[2]) == ("a", "b")
    assert isinstance(answers[1], Unavailable)
    assert database.run(names) == ["a", "b"]
    database.close()


def test_a_commit_in_doubt_is_not_done_again(postgres, postgres_url, caplog):
    """What the server did is unknown, and what is done again might be done twice."""
    database = Database(postgres_url, audit_key=bytes(32))
    runs = []

    def count(connection):
        runs.append(1)
        return add(f"p{len(runs)}")(connection)

    def break_it(connection):
        postgres.execute(f"SELECT pg_terminate_backend({connection.info['pid']})")

    def remember(connection):
        connection.info["pid"] = backend(connection)
        event.listen(database._writes, "commit", break_it, once=True)

    answers = asyncio.run(in_one_group(database, count, remember, count))
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert len(runs) == 2
    assert database.run(names) == []
    database.close()
