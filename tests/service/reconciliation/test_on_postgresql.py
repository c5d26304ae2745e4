"""Several processes on one database: they decide about a subject one after the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Connection, select

from recist.adjudicate import Cause
from service.adjudications import NewAdjudication, adjudicate
from service.callers import Caller, Grant
from service.db import Database
from service.problems import Conflict
from service.roles import Role
from service.tables import principals

HELD_SECONDS = 0.5


def test_of_two_adjudicators_at_once_one_decides(
    reading: Callable[..., Any], server_on_postgresql: Any, postgres_url: str
) -> None:
    case = reading(on=server_on_postgresql)
    case.sign_all("READER_1", 50, 35)
    case.sign_all("READER_2", 50, 61)
    decided = Event()

    def adjudicator(connection: Connection) -> Caller:
        row = connection.execute(select(principals).where(principals.c.name.like("ADJ%"))).one()
        return Caller(row.id, row.name, (Grant(Role.ADJUDICATOR, case.trial.id),))

    def first(connection: Connection) -> None:
        new = NewAdjudication(accepts=Role.READER_1, cause=Cause.OTHER)
        adjudicate(connection, adjudicator(connection), case.subject, new)
        decided.set()
        sleep(HELD_SECONDS)

    def second(connection: Connection) -> None:
        assert decided.wait(30)
        new = NewAdjudication(accepts=Role.READER_2, cause=Cause.OTHER)
        adjudicate(connection, adjudicator(connection), case.subject, new)

    one = Database(postgres_url, audit_key=bytes(32))
    other = Database(postgres_url, audit_key=bytes(32))
    try:
        with ThreadPoolExecutor(2) as pool:
            runs = pool.submit(one.run, first), pool.submit(other.run, second)
            runs[0].result(30)
            with pytest.raises(Conflict):
                runs[1].result(30)
    finally:
        one.close()
        other.close()
    assert case.get("TRIAL_MANAGER")["accepted"]["reader"] == "READER_1"
