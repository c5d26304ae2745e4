"""How fast the audit trail is verified, as a multiple of hashing its bytes and no more.

A million entries of a trial's reads in SQLite, sealed as the service seals them. The peer is
SHA-256, each digest carried into the next, over the very bytes that the seals are made of.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from pathlib import Path

ENTRIES = 1_000_000
KEY = bytes(32)


def entries(count: int) -> Iterator[tuple[int | str | None, ...]]:
    """Signed reads, each by one of four readers of twenty trials."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for seq in range(1, count + 1):
        digest = sha256(seq.to_bytes(8, "big")).hexdigest()
        at = (began + timedelta(seconds=seq)).isoformat(timespec="microseconds")[:26] + "Z"
        reader = f"READER_{seq % 4 + 1}"
        signed = {"reader": reader, "timepoint": seq % 12, "on": "2024-02-26", "sha256": digest}
        new = json.dumps(signed | {"meaning": "READ", "signed_at": at, "engine": "1.0.0"})
        about = ("SIGNED", "read", digest[:32], f"trial {seq % 20:026}", digest[32:], reader)
        told = (None, new, None, digest[:32])
        yield seq, at, f"{seq % 80:032}", f"{reader} of a trial", reader, *about, *told


def fill(file: Path, count: int) -> None:
    """Seal the entries and put them into a migrated database, past SQLAlchemy."""
    from service.audit.chain import BEFORE_ALL, sealing
    from service.audit.export import COLUMNS
    from service.migrate import upgrade
    from service.sqlite import library

    upgrade(f"sqlite:///{file}")
    seal, mac = sealing(KEY), BEFORE_ALL

    def rows() -> Iterator[tuple[int | str | None, ...]]:
        nonlocal mac
        for entry in entries(count):
            mac = seal(mac, entry)
            yield *entry, mac

    bare = import_module(library().module).connect(file)
    bare.execute("PRAGMA synchronous = OFF")
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    bare.executemany(f"INSERT INTO events ({names}) VALUES ({'?, ' * 15} ?)", rows())
    bare.commit()
    bare.close()


def verified(file: Path, count: int) -> float:
    """Seconds of one core that verifying takes."""
    from service.audit.verify import check_stored
    from service.db import engine_to_read

    engine = engine_to_read(f"sqlite:///{file}")
    began = time.process_time()
    with engine.connect() as connection:
        assert check_stored(connection, KEY).entries == count
    taken = time.process_time() - began
    engine.dispose()
    return taken


def hashed(count: int) -> float:
    """Seconds of one core that hashing the same bytes takes."""
    import msgspec

    encode, before, taken = msgspec.json.Encoder().encode, b"", 0.0
    waiting: list[bytes] = []
    for entry in entries(count):
        waiting.append(encode(entry))
        if len(waiting) == 10_000 or entry[0] == count:
            began = time.process_time()
            for message in waiting:
                before = sha256(before + message).digest()
            taken += time.process_time() - began
            waiting.clear()
    return taken


def run(count: int = ENTRIES) -> list[str]:
    """Fill a database, verify it, and hash the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recist.sqlite"
        fill(file, count)
        ours = verified(file, count)
    theirs = hashed(count)
    return [
        f"verifying {count} entries of the audit trail: {ours:.1f} s of one core",
        f"  hashing the same bytes: {theirs:.1f} s, {ours / theirs:.1f} times less",
        "  (aim: a million in less than 10 s)",
    ]


if __name__ == "__main__":
    print("\n".join(run(*map(int, sys.argv[1:2]))))
