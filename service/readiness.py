"""Whether the database can be written and has the schema of this version."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Connection, insert

from service.migrate import is_current
from service.problems import Unavailable
from service.tables import principals


def probe(connection: Connection) -> None:
    """Write a row and take it back; Unavailable where the schema is another version's."""
    if not is_current(connection):
        raise Unavailable("The database has the schema of another version: migrate it.")
    savepoint = connection.begin_nested()
    nobody = uuid4().hex
    connection.execute(
        insert(principals).values(id=nobody, name=nobody, created_at=datetime.now(UTC))
    )
    savepoint.rollback()
