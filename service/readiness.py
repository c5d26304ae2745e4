"""Whether the database can be used: its schema, and the criteria that its trials name."""

from sqlalchemy import Connection, insert, select

import recist
from service import clock
from service.commands.unusable import Unusable
from service.commands.variants import SETTING
from service.ids import new_id
from service.migrate import is_current
from service.problems import Unavailable
from service.tables import principals, trials


def probe(connection: Connection) -> None:
    """Write a row and take it back; Unavailable where the schema is another version's."""
    if not is_current(connection):
        raise Unavailable("The database has the schema of another version: migrate it.")
    savepoint = connection.begin_nested()
    nobody = new_id()
    connection.execute(insert(principals).values(id=nobody, name=nobody, created_at=clock.now()))
    savepoint.rollback()


def know_criteria(connection: Connection) -> None:
    """Unusable where a trial is judged by criteria that are not known here.

    What was signed under them could not be assessed any more.
    """
    named = select(trials.c.criteria).where(trials.c.criteria.not_in(recist.CRITERIA)).distinct()
    if unknown := sorted(connection.scalars(named)):
        raise Unusable(
            f"trials here are judged by {', '.join(unknown)}, not known to this service:"
            f" put what defines them into the folder that {SETTING} names"
        )
