"""The key that seals the audit trail: a file beside the service, never in its database."""

import os
from pathlib import Path
from secrets import token_bytes

from service.commands.unusable import Unusable

BYTES = 32


def key_of(file: Path) -> bytes:
    """The key in a file, which is made with a new one where there is none."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return known_key(file)
    with os.fdopen(made, "w") as new:
        new.write(token_bytes(BYTES).hex() + "\n")
        new.flush()
        os.fsync(new.fileno())
    return known_key(file)


def known_key(file: Path) -> bytes:
    """The key in a file. Raises Unusable where there is none."""
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except (ValueError, OSError):
        key = b""
    if len(key) < BYTES:
        raise Unusable(f"{file} does not hold the key of the audit trail: {2 * BYTES} hex digits")
    return key
