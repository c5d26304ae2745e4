"""Whether the audit trail is as it was sealed: entry by entry, to the last that is known of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.exc import DBAPIError

from service.audit.chain import BEFORE_ALL, SEALED, sealing
from service.audit.heads import Head
from service.tables import events

PAGE = 10_000

Stored = tuple[Any, ...]
"""The columns of SEALED, and the seal."""

_PAGE = (
    select(*SEALED, events.c.mac)
    .where(events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("most"))
)
_COUNT = select(func.count()).select_from(events)


@dataclass
class Altered(Exception):
    """The trail, or what it tells of, is not what it was: where, and in what way."""

    seq: int | None
    """The entry; None for what no entry tells of."""
    says: str

    def __str__(self) -> str:
        return self.says if self.seq is None else f"entry {self.seq}: {self.says}"


@dataclass(frozen=True)
class Sound:
    """A trail that is as it was sealed: how many entries it has, and the last one's seal."""

    entries: int
    mac: str


def check_stored(connection: Connection, key: bytes, heads: Iterable[Head] = ()) -> Sound:
    """Go through the stored trail. Raises Altered at the first entry that is not as sealed."""
    sound = check(rows_of(connection), key, heads)
    count = connection.execute(_COUNT).scalar_one()
    if count != sound.entries:
        raise Altered(None, f"{count - sound.entries} rows stand outside the order of the entries")
    return sound


def check(rows: Iterable[Stored], key: bytes, heads: Iterable[Head] = ()) -> Sound:
    """Go through entries in their order; raises Altered at the first that is not as sealed.

    `heads` are what was known of the trail at moments before: without them, entries that are
    missing at its end, and a trail that was sealed anew with a key of one's own, go unseen.
    """
    seal, before, seq = sealing(key), BEFORE_ALL, 0
    known = _by_entry(heads)
    for row in rows:
        seq += 1
        mac = seal(before, row[:-1])
        if row[-1] != mac or row[0] != seq:
            raise _broken(row, seq)
        if seq in known:
            _compare(known[seq], mac)
        before = mac
    late = max((head for n in known if n > seq for head in known[n]), default=None)
    if late is not None:
        says = f"entries up to {late.seq} were there on {late.at}, and no more than {seq} are now"
        raise Altered(seq + 1, f"it is missing: {says}")
    return Sound(seq, before)


def rows_of(connection: Connection) -> Iterator[Stored]:
    """The whole trail in its order: rows as the driver has them, asked for page by page.

    Raises Altered at the first that cannot be read.
    """
    last, most = 0, PAGE
    while True:
        before = last
        try:
            with connection.execute(_PAGE, {"after": last, "most": most}) as found:
                cursor: Any = found.cursor  # the driver's own, which PEP 249 lets be iterated
                for row in cursor:
                    last = row[0]
                    yield row
        except (connection.dialect.loaded_dbapi.Error, DBAPIError) as failure:
            if most == 1:
                raise Altered(last + 1, f"it cannot be read: {failure}") from failure
            most = 1  # slowly from here on, to the very one
            continue
        if last == before:
            return


def _broken(row: Stored, seq: int) -> Altered:
    if isinstance(row[0], int) and row[0] > seq:
        return Altered(seq, f"it is missing: the next one there is entry {row[0]}")
    if row[0] != seq:
        return Altered(seq, f"{row[0]!r} stands in its place")
    whole = " or the whole trail is sealed by another key" if seq == 1 else ""
    return Altered(seq, f"it is not what was sealed: it was changed, put in or moved{whole}")


def _by_entry(heads: Iterable[Head]) -> Mapping[int, list[Head]]:
    known: dict[int, list[Head]] = {}
    for head in heads:
        known.setdefault(head.seq, []).append(head)
    return known


def _compare(heads: Iterable[Head], mac: str) -> None:
    for head in heads:
        if head.mac != mac:
            says = f"its seal was another on {head.at}: the trail was written anew since"
            raise Altered(head.seq, says)
