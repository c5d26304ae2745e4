"""What a database held before it had an audit trail: told of once, as the trail begins."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from service.audit.events import Action, Event, enter, take_turn
from service.audit.records import RECORDS
from service.callers import COMMAND_LINE
from service.tables import events, instances, reads, series, subjects

# What is large is told of by its hash, and a secret's hash is not told.
UNTOLD = frozenset({"id", "content", "answer"})
SECRET = frozenset({"tokens.sha256"})


def adopt(connection: Connection) -> int:
    """Enter every record that is there already, where there is no entry; how many they were."""
    take_turn(connection)
    if connection.execute(select(events.c.seq).limit(1)).first():
        return 0
    adopted = 0
    for record, table in RECORDS.items():
        for row in connection.execute(select(table)).all():
            enter(connection, COMMAND_LINE, _event(connection, record, table, row))
            adopted += 1
    return adopted


def _event(connection: Connection, record: str, table: Table, row: Row[Any]) -> Event:
    subject_id = row.id if table is subjects else getattr(row, "subject_id", None)
    return Event(
        action=Action.ADOPTED,
        record=record,
        record_id=row.id,
        trial_id=_trial_of(connection, row, subject_id),
        subject_id=subject_id,
        reader=row.reader if table is reads else None,
        new=dict(_members(connection, table, row)),
    )


def _trial_of(connection: Connection, row: Row[Any], subject_id: str | None) -> str | None:
    if subject_id is None:
        found: str | None = getattr(row, "trial_id", None)
        return found
    of_it = select(subjects.c.trial_id).where(subjects.c.id == subject_id)
    return connection.execute(of_it).scalar()


def _members(connection: Connection, table: Table, row: Row[Any]) -> Iterator[tuple[str, Any]]:
    for column in table.c:
        value = getattr(row, column.name)
        if column.name not in UNTOLD and str(column) not in SECRET and value is not None:
            yield column.name, value
    if table is series:
        of_it = select(instances.c.sha256).where(instances.c.series_id == row.id)
        yield "sha256", sorted(connection.execute(of_it).scalars())
