"""What was known of the end of the audit trail, kept in a file where its database is not.

A line is `seq at mac seal`: the last entry, the instant, that entry's seal, and the HMAC-SHA256 by
the trail's key of the three before it.
"""

import errno
import hmac
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from service import clock
from service.audit.events import key_of
from service.tables import events

LINE = re.compile(r"(?P<said>(\d{1,18}) (\S{20,32}) ([0-9a-f]{64})) (?P<seal>[0-9a-f]{64})")

_LAST = select(events.c.seq, events.c.mac).order_by(events.c.seq.desc()).limit(1)


class Head(NamedTuple):
    """The last entry of the trail at an instant."""

    seq: int
    at: str
    mac: str

    def line(self, key: bytes) -> str:
        """The line that is kept of it."""
        said = " ".join(map(str, self))
        return f"{said} {_seal(key, said)}"


class ForeignHead(Exception):
    """A line of the file is no head, or was not written by the service with this key."""


def head_of(connection: Connection) -> Head | None:
    """The head as it is now; None of an empty trail."""
    last = connection.execute(_LAST).one_or_none()
    return Head(last.seq, clock.text(clock.now()), last.mac) if last else None


def line_of(connection: Connection) -> str | None:
    """The line to be kept of the head as it is now."""
    head = head_of(connection)
    return head.line(key_of(connection)) if head else None


def append(file: Path, line: str) -> None:
    """Add a line, durably; the folder is made if need be."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        _write_whole(opened, f"{line}\n".encode())
        os.fsync(opened)
    finally:
        os.close(opened)


def heads_in(file: Path, key: bytes) -> Iterator[Head]:
    """Every head that was kept. Raises ForeignHead at the first line that is none."""
    for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
        found = LINE.fullmatch(line)
        if found is None:
            raise ForeignHead(f"line {number} of {file} is no head of an audit trail")
        if not hmac.compare_digest(found["seal"], _seal(key, found["said"])):
            raise ForeignHead(
                f"line {number} of {file} was changed, or the trail's key is another now"
            )
        yield Head(int(found[2]), found[3], found[4])


def _write_whole(opened: int, line: bytes) -> None:
    """Write a line, or nothing of it: half of one would look like a forgery for ever."""
    before = os.fstat(opened).st_size
    if os.write(opened, line) != len(line):
        os.ftruncate(opened, before)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _seal(key: bytes, said: str) -> str:
    return hmac.digest(key, f"head {said}".encode(), "sha256").hex()
