"""Whatever is changed behind the service's back is found, and its place is named."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from service.audit.chain import BEFORE_ALL, SEALED, sealing
from service.audit.key import known_key
from service.tables import events

pytestmark = pytest.mark.requirement("R15")

Tampering = Callable[[Connection, dict[str, str], list[Any], bytes], Any]

FIFTH = r"entry 5: it is not what was sealed: it was changed, put in or moved$"
COLUMNS = [column.name for column in SEALED if column.name != "seq"]


def last(rows: list[Any]) -> int:
    return int(rows[-1].seq)


def put(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(events), row)


def reseal(connection: Connection, key: bytes, first: int = 1) -> None:
    """Write the seals anew from one entry on, as whoever holds the key could."""
    rows = connection.execute(select(events).order_by(events.c.seq)).all()
    mac = BEFORE_ALL
    for row in rows:
        if row.seq >= first:
            mac = sealing(key)(mac, [getattr(row, column.name) for column in SEALED])
            connection.execute(update(events).where(events.c.seq == row.seq).values(mac=mac))
        else:
            mac = row.mac


def shifted(connection: Connection, rows: list[Any], first: int, by: int) -> None:
    for row in reversed(rows):
        if row.seq >= first:
            connection.execute(
                update(events).where(events.c.seq == row.seq).values(seq=row.seq + by)
            )


def changed_mac(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    c.execute(update(events).where(events.c.seq == 5).values(mac="0" * 64))


def deleted(seq: int) -> Tampering:
    return lambda c, ids, rows, key: c.execute(delete(events).where(events.c.seq == seq))


def cut(count: int) -> Tampering:
    return lambda c, ids, rows, key: c.execute(
        delete(events).where(events.c.seq > last(rows) - count)
    )


def everything_deleted(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    c.execute(delete(events))


def inserted(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    shifted(c, rows, 5, 1)
    put(c, rows[4]._asdict() | {"reason": "Never said."})


def appended(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    put(c, rows[-1]._asdict() | {"seq": last(rows) + 1})


def swapped(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    for seq, to in ((5, 10**6), (6, 5), (10**6, 6)):
        c.execute(update(events).where(events.c.seq == seq).values(seq=to))


def renumbered(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    shifted(c, rows, 1, 1)


def sealed_by_another_key(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    reseal(c, b"x" * 32)


def tail_with_a_copied_seal(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    c.execute(delete(events).where(events.c.seq == last(rows)))
    put(c, rows[-2]._asdict() | {"seq": last(rows)})


def before_the_first(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    put(c, rows[0]._asdict() | {"seq": 0})


def rewritten_with_the_key(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
    c.execute(update(events).where(events.c.seq == 5).values(reason="Another reason."))
    reseal(c, key, 5)


ENTRIES: dict[str, tuple[Tampering, str]] = {
    "mac": (changed_mac, FIFTH),
    "deleted": (deleted(5), r"entry 5: it is missing: the next one there is entry 6$"),
    "deleted first": (deleted(1), r"entry 1: it is missing: the next one there is entry 2$"),
    "deleted last": (cut(1), r"entry {last}: it is missing: entries up to {last} were there on "),
    "cut off": (cut(3), r"entry {third_last}: it is missing: entries up to {last} were there on "),
    "all deleted": (everything_deleted, r"entry 1: it is missing: entries up to {last} were"),
    "inserted": (inserted, FIFTH),
    "appended": (appended, r"entry {next}: it is not what was sealed"),
    "swapped": (swapped, FIFTH),
    "renumbered": (renumbered, r"entry 1: it is missing: the next one there is entry 2$"),
    "another key": (
        sealed_by_another_key,
        r"entry 1: it is not what was sealed: .* or the whole trail is sealed by another key$",
    ),
    "copied tail": (tail_with_a_copied_seal, r"entry {last}: it is not what was sealed"),
    "before the first": (before_the_first, r"1 rows stand outside the order of the entries$"),
    "the key itself": (rewritten_with_the_key, r"entry {last}: its seal was another on "),
}


def found(kept: Any, recist: Any, tampering: Tampering) -> str:
    """Tamper; the first line of `recist audit verify`, which must find it."""
    assert recist(kept, "audit", "verify")[0] == 0
    key = known_key(kept.settings.audit_key)
    kept.within(lambda c: tampering(c, kept.ids, rows_of(c), key))
    status, out, errors = recist(kept, "audit", "verify")
    assert (status, errors) == (1, ""), out
    return str(out)


def rows_of(connection: Connection) -> list[Any]:
    return list(connection.execute(select(events).order_by(events.c.seq)))


def test_what_nobody_touched_is_sound(kept, recist):
    status, out, errors = recist(kept, "audit", "verify")
    rows = kept.entries()
    assert (status, errors) == (0, "")
    assert out.splitlines() == [
        f"{len(rows)} entries as they were sealed, the last one by {rows[-1].mac}",
        f"they agree with the 1 heads in {kept.settings.audit_heads}",
    ]


@pytest.mark.parametrize("name", ENTRIES)
def test_a_change_of_the_trail_is_found(name, kept, recist):
    tampering, says = ENTRIES[name]
    n = last(kept.entries())
    expected = says
    for word, number in (("last", n), ("next", n + 1), ("third_last", n - 2)):
        expected = expected.replace(f"{{{word}}}", str(number))
    assert re.match(expected, found(kept, recist, tampering).rstrip("\n"))


def test_a_changed_value_is_found_in_each_column(kept, recist):
    fifth = kept.entries()[4]._asdict()
    for column in COLUMNS:
        value = "2000-01-01T00:00:00.000000Z" if column == "at" else "another"
        assert fifth[column] != value
        of_it = update(events).where(events.c.seq == 5)
        kept.execute(of_it.values({column: value}))
        status, out, _ = recist(kept, "audit", "verify")
        assert status == 1, column
        assert re.match(FIFTH, out.rstrip("\n")), column
        kept.execute(of_it.values({column: fifth[column]}))
    assert recist(kept, "audit", "verify")[0] == 0


def test_a_value_taken_away_is_another_value(kept, recist):
    def change(c: Connection, ids: Any, rows: list[Any], key: bytes) -> None:
        c.execute(update(events).where(events.c.seq == 5).values(new=None))

    assert re.match(FIFTH, found(kept, recist, change).rstrip("\n"))


def test_a_trail_sealed_anew_with_a_new_key_file_is_found_by_its_heads(kept, recist):
    kept.within(lambda c: reseal(c, bytes(range(32))))
    kept.settings.audit_key.write_text(bytes(range(32)).hex())
    status, out, _ = recist(kept, "audit", "verify")
    assert status == 1
    assert re.match(r"line 1 of .*audit\.heads was changed, or the trail's key is another", out)


@pytest.mark.parametrize("place", [0, 30, 100, -2])
def test_a_changed_line_of_the_heads_is_found(place, kept, recist):
    file = kept.settings.audit_heads
    line = list(file.read_text())
    line[place] = "1" if line[place] != "1" else "2"
    file.write_text("".join(line))
    status, out, _ = recist(kept, "audit", "verify")
    assert (status, out.startswith("line 1 of ")) == (1, True)


def test_without_heads_it_says_what_goes_unseen(kept, recist):
    kept.settings.audit_heads.unlink()
    kept.within(lambda c: deleted(last(rows_of(c)))(c, {}, [], b""))
    status, out, _ = recist(kept, "audit", "verify")
    assert status == 0
    assert "no heads were there to compare with" in out
    assert "what is cut off at the end goes unseen" in out


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)  # PostgreSQL takes none
def test_bytes_that_are_no_text_have_a_place_too(kept, recist):
    spoil = text("UPDATE events SET name = CAST(x'ff41' AS TEXT) WHERE seq = 5")
    kept.execute(spoil)
    status, out, _ = recist(kept, "audit", "verify")
    assert (status, out.startswith("entry 5: it cannot be read: ")) == (1, True)
