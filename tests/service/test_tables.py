"""What goes into a column comes out the same on every database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from service.tables import principals

pytestmark = pytest.mark.requirement("R12")


def test_instants_are_utc_in_and_out_and_never_naive(database):
    vienna = timezone(timedelta(hours=1))
    at = datetime(2024, 2, 26, 13, 30, 0, 123456, tzinfo=vienna)
    row = {"id": "a", "name": "a", "created_at": at}
    database.run(lambda c: c.execute(insert(principals), row) and None)
    stored = database.run(lambda c: c.execute(select(principals.c.created_at)).scalar_one())
    assert stored == at
    assert stored.tzinfo is UTC
    naive = row | {"created_at": at.replace(tzinfo=None)}
    with pytest.raises(StatementError, match="time zone"):
        database.run(lambda c: c.execute(insert(principals), naive))
