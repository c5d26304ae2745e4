"""How every entry of the audit trail seals what stands in it and all that came before it.

The seal of entry n is the HMAC-SHA256 (RFC 2104), by a key that is not in the database, of the
seal of entry n - 1 and the JSON array of the entry's columns.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256

import msgspec

from service.tables import events

Columns = Sequence[int | str | None]
"""What an entry holds, in the order of SEALED."""

Seal = Callable[[str, Columns], str]
"""From the seal before an entry and its columns to its own, 64 hexadecimal digits."""

SEALED = tuple(column for column in events.c if column.name != "mac")
"""The columns that are sealed, in the order in which they are."""

BEFORE_ALL = "0" * 64
"""What stands for the seal before the first."""

BLOCK = 64
INNER, OUTER = 0x36, 0x5C

_json = msgspec.json.Encoder().encode


@lru_cache(maxsize=8)
def sealing(key: bytes) -> Seal:
    """How one key seals. Its two blocks are hashed once for all: an entry is hardly longer."""
    block = (key if len(key) <= BLOCK else sha256(key).digest()).ljust(BLOCK, b"\0")
    inner = sha256(bytes(byte ^ INNER for byte in block))
    outer = sha256(bytes(byte ^ OUTER for byte in block))

    def seal(before: str, entry: Columns) -> str:
        within, around = inner.copy(), outer.copy()
        within.update(before.encode() + _json(entry))
        around.update(within.digest())
        return around.hexdigest()

    return seal
