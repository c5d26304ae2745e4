"""Whether the records are what the audit trail tells of them, and each is told of at all."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, exists, select
from sqlalchemy.exc import DBAPIError

from service.audit.events import LEAVES_AS_IT_WAS, Action, told
from service.audit.verify import Altered
from service.tables import (
    adjudications,
    events,
    grants,
    instances,
    measurements,
    principals,
    reads,
    reopenings,
    series,
    subjects,
    tokens,
    trials,
)

RECORDS: Mapping[str, Table] = {
    "principal": principals,
    "grant": grants,
    "token": tokens,
    "trial": trials,
    "subject": subjects,
    "series": series,
    "measurement": measurements,
    "read": reads,
    "reopening": reopenings,
    "adjudication": adjudications,
}
"""The table of each noun whose rows are never deleted; an entry names a row by its id."""

SIGNED_BY = {reads, adjudications, measurements, reopenings}
"""Whose `principal_id` is who did it; elsewhere it is a member of what was done."""

REASONS = {reads: "reason", adjudications: "comment", reopenings: "reason"}
"""The column that holds the reason of the entry."""

AT_ONCE = 500

_ENTRIES = (
    select(events)
    .where(events.c.record == bindparam("record"), events.c.record_id.is_not(None))
    .order_by(events.c.record_id, events.c.seq)
    .execution_options(yield_per=AT_ONCE)
)


@dataclass
class Told:
    """What the trail says of one record: each column with the entry that has the last word."""

    record: str
    id: str
    seq: int = 0
    columns: dict[str, tuple[int, Any]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    """The SHA-256 of every file of a series."""

    def hear(self, entry: Row[Any], table: Table) -> None:
        """Take in one more entry, the next of this record."""
        said = {} if entry.action in LEAVES_AS_IT_WAS else json.loads(entry.new or "{}")
        if self.record == "series":
            self.files.update(said.pop("sha256", ()))
        if not self.seq:
            said |= _said_by_first(entry, table)
        self.seq = entry.seq
        self.columns |= {name: (entry.seq, value) for name, value in said.items()}


def altered_records(connection: Connection) -> Iterator[Altered]:
    """Every record that is not what its entries say, is gone, or has no entry."""
    for record, table in RECORDS.items():
        try:
            yield from _altered(connection, record, table)
        except (ValueError, DBAPIError) as failure:
            yield Altered(None, f"what is stored of a {record} cannot be read: {failure}")


def _altered(connection: Connection, record: str, table: Table) -> Iterator[Altered]:
    whole = _told(connection, record, table)
    while some := tuple(islice(whole, AT_ONCE)):
        yield from _compared(connection, table, some)
    yield from _untold(connection, record, table)


def _told(connection: Connection, record: str, table: Table) -> Iterator[Told]:
    entries = connection.execute(_ENTRIES, {"record": record})
    for record_id, some in groupby(entries, attrgetter("record_id")):
        whole = Told(record, record_id)
        for entry in some:
            whole.hear(entry, table)
        yield whole


def _said_by_first(entry: Row[Any], table: Table) -> dict[str, Any]:
    """What the entry that made a record says of it outside its members."""
    if entry.action == Action.ADOPTED:
        return {}
    said = {name: getattr(entry, name) for name in ("trial_id", "subject_id") if name in table.c}
    if "created_by" in table.c:
        said["created_by"] = entry.principal_id
    if table in SIGNED_BY:
        said["principal_id"] = entry.principal_id
    if table in REASONS:
        said[REASONS[table]] = entry.reason
    return said


def _compared(connection: Connection, table: Table, some: Sequence[Told]) -> Iterator[Altered]:
    ids = [whole.id for whole in some]
    rows = {row.id: row for row in connection.execute(select(table).where(table.c.id.in_(ids)))}
    files = _files(connection, ids) if table is series else {}
    for whole in some:
        if whole.id not in rows:
            says = f"it tells of {whole.record} {whole.id}, which is not there any more"
            yield Altered(whole.seq, says)
            continue
        yield from _differences(whole, rows[whole.id], table)
        if table is series and files.get(whole.id, set()) != whole.files:
            says = f"the files of series {whole.id} are not those that were stored"
            yield Altered(whole.seq, says)


def _files(connection: Connection, ids: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    rows = select(instances.c.series_id, instances.c.sha256).where(instances.c.series_id.in_(ids))
    for row in connection.execute(rows):
        found.setdefault(row.series_id, set()).add(row.sha256)
    return found


def _differences(whole: Told, row: Row[Any], table: Table) -> Iterator[Altered]:
    """Each column of a row that is not what was told, and content that is not what was signed."""
    name = f"{whole.record} {whole.id}"
    for column, (seq, value) in whole.columns.items():
        if column in table.c and not _is(value, getattr(row, column)):
            yield Altered(seq, f"{column} of {name} is no longer what it says")
        told_of = column.removesuffix("_sha256")
        if told_of != column and told_of in table.c and value != _digest(getattr(row, told_of)):
            yield Altered(seq, f"{told_of} of {name} is no longer what it says")
    if table is reads and row.sha256 != _digest(row.content):
        yield Altered(whole.seq, f"the content of {name} is no longer what was signed")


def _digest(content: Any) -> str:
    return sha256(str(content).encode()).hexdigest()


def _is(said: Any, kept: Any) -> bool:
    """Whether a column holds what was said; a member that is no text is kept as JSON."""
    if isinstance(said, dict | list):
        return bool(json.loads(kept or "null") == said)
    return bool(told(kept) == said)


def _untold(connection: Connection, record: str, table: Table) -> Iterator[Altered]:
    of_it = exists().where(events.c.record == record, events.c.record_id == table.c.id)
    for row in connection.execute(select(table.c.id).where(~of_it)):
        yield Altered(None, f"{record} {row.id} is in the database, and no entry tells of it")
