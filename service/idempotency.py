"""A request that carries an Idempotency-Key takes effect once, however often it is sent."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service import clock
from service.callers import Caller
from service.problems import KeyReused, Unprocessable
from service.tables import replays

Headers = tuple[tuple[str, str], ...]

KEY = re.compile(r"[\x21-\x7e]{1,255}")
REPLAYED = ("Idempotency-Replayed", "true")


@dataclass(frozen=True)
class Answer:
    """What a unit of work answers: a status, ready bytes and further headers."""

    status: int
    body: bytes
    headers: Headers = ()


# The key is claimed before the work is done: on PostgreSQL, a second process that claims the
# same one waits here for the first to commit, and then finds its answer.
_CLAIM = {
    "sqlite": sqlite.insert(replays).on_conflict_do_nothing().returning(replays.c.key),
    "postgresql": postgresql.insert(replays).on_conflict_do_nothing().returning(replays.c.key),
}

_THIS = (replays.c.principal_id == bindparam("whose")) & (replays.c.key == bindparam("which"))
_STORED = select(replays).where(_THIS)
_STORE = update(replays).where(_THIS)


def once(
    connection: Connection,
    caller: Caller,
    key: str | None,
    route: str,
    body_sha256: str,
    unit: Callable[[Connection], Answer],
) -> Answer:
    """Run a unit, or give the answer that the same request had before.

    A unit that raises leaves no trace, its key included. Raises KeyReused where the key came with
    another route or body, and Unprocessable where it is none. Keys of different principals differ.
    """
    if key is None:
        return unit(connection)
    _check(key)
    this = {"whose": caller.principal_id, "which": key}
    claim = {
        "principal_id": caller.principal_id,
        "key": key,
        "route": route,
        "body_sha256": body_sha256,
        "created_at": clock.now(),
    }
    if connection.execute(_CLAIM[connection.dialect.name], claim).first() is None:
        return _again(connection, this, route, body_sha256)
    answer = unit(connection)
    kept = {"status": answer.status, "headers": json.dumps(answer.headers), "answer": answer.body}
    connection.execute(_STORE, this | kept)
    return answer


def _check(key: str) -> None:
    if not KEY.fullmatch(key):
        raise Unprocessable("An Idempotency-Key has 1 to 255 visible ASCII characters.")


def _again(connection: Connection, this: dict[str, str], route: str, body_sha256: str) -> Answer:
    stored = connection.execute(_STORED, this).one()
    if (stored.route, stored.body_sha256) != (route, body_sha256):
        raise KeyReused(
            "This Idempotency-Key came with another request before: use a new one for this."
        )
    headers = tuple((name, value) for name, value in json.loads(stored.headers))
    return Answer(stored.status, stored.answer, (*headers, REPLAYED))
