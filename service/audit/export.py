"""The audit trail as a file, with its seals, so that it can be verified away from its database."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from service.audit.chain import SEALED
from service.audit.verify import Altered, Stored

COLUMNS = (*(column.name for column in SEALED), "mac")
COMMA_SEPARATED = ".csv"

# What spreadsheets take for a formula (OWASP, CSV Injection), and the mark itself.
MARKED = ("=", "+", "-", "@", "\t", "\r", "'")
MARK = "'"

LONGEST_CELL = 16 * 1024 * 1024

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def write_trail(opened: IO[str], rows: Iterable[Stored], *, separated: bool) -> int:
    """Write entries in their order as CSV or as JSON lines; how many they were.

    In CSV nothing stands for null, and a text has an apostrophe before it that is empty, or that
    a spreadsheet would take for a formula.
    """
    count = 0
    writer = csv.writer(opened) if separated else None
    if writer:
        writer.writerow(COLUMNS)
    for row in rows:
        count += 1
        if writer:
            writer.writerow(map(_cell, row))
        else:
            opened.write(_encode(dict(zip(COLUMNS, row, strict=True))).decode() + "\n")
    return count


def rows_in(file: Path) -> Iterator[Stored]:
    """The entries in a file that was written so. Raises Altered where a line is no entry."""
    with file.open(encoding="utf-8", newline="") as opened:
        found = _separated(opened) if file.suffix == COMMA_SEPARATED else _lines(opened)
        number = 0
        try:
            for row in found:
                number += 1
                yield row
        except (ValueError, csv.Error) as failure:  # Unicode's and msgspec's are among the first
            raise Altered(number + 1, f"the file holds none in its place: {failure}") from failure


def _lines(opened: IO[str]) -> Iterator[Stored]:
    for line in opened:
        entry = _decode(line)
        if tuple(entry) != COLUMNS:
            raise ValueError(f"its members are {', '.join(entry)}")
        yield tuple(entry.values())


def _separated(opened: IO[str]) -> Iterator[Stored]:
    csv.field_size_limit(LONGEST_CELL)
    cells = csv.reader(opened, strict=True)
    if (names := tuple(next(cells, ()))) != COLUMNS:
        raise ValueError(f"its columns are {', '.join(names)}")
    for seq, *texts in cells:
        if len(texts) != len(COLUMNS) - 1:
            raise ValueError(f"it has {len(texts) + 1} columns")
        yield int(seq), *map(_text, texts)


def _cell(value: str | int | None) -> str | int | None:
    marked = isinstance(value, str) and (not value or value.startswith(MARKED))
    return f"{MARK}{value}" if marked else value


def _text(cell: str) -> str | None:
    return cell.removeprefix(MARK) if cell else None
