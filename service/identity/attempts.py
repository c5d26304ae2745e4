"""How somebody shows a password: compared away from the event loop and from units of work."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Row

from service.callers import Caller
from service.db import Database
from service.identity.logins import Attempt, Locking, login_of, settle
from service.identity.passwords import hashed, matches
from service.identity.strangers import Strangers
from service.problems import Unavailable

T = TypeVar("T")

COMPARING_THREADS = 2
MOST_WAITING = 64
FAILURE_SECONDS = 0.3
"""No failure is answered sooner, so that its time does not tell why it is one."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What somebody shows: the name, the password, and a one-time code where there are such."""

    name: str
    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)


class Attempts:
    """Opens logins, a few at a time; each failure is counted and kept."""

    def __init__(self, locking: Locking, strangers: Strangers) -> None:
        self._locking = locking
        self._strangers = strangers
        self._threads = ThreadPoolExecutor(COMPARING_THREADS, "passwords")
        self._waiting = 0

    async def open(
        self,
        database: Database,
        shown: Shown,
        by: Caller,
        then: Callable[[Connection, Row[Any]], T],
        *,
        coded: bool = False,
    ) -> T | None:
        """Do in one unit of work what a login opens; None where it opens nothing.

        `coded` asks for a one-time code even where the login has none. Raises Unavailable where
        more passwords wait than can be compared in time.
        """
        began = monotonic()
        login = await database.read(partial(login_of, name=shown.name))
        kept: str | None = login and login.password_hash
        right = await self._apart(matches, kept, shown.password)
        attempt = Attempt(name=shown.name, code=shown.code, compared_with=kept, right=right)

        def unit(connection: Connection) -> T | None:
            opened = settle(connection, attempt, by, self._locking, self._strangers, coded=coded)
            return None if opened is None else then(connection, opened)

        answer = await database.write(unit)
        if answer is None:
            await asyncio.sleep(began + FAILURE_SECONDS - monotonic())
        return answer

    async def hashed(self, password: str) -> str:
        """What is kept of a new password."""
        return await self._apart(hashed, password)

    def close(self) -> None:
        """Compare no more."""
        self._threads.shutdown(cancel_futures=True)

    async def _apart(self, slow: Callable[..., T], *told: Any) -> T:
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Too many log in at this moment. Try again shortly.")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, slow, *told)
        finally:
            self._waiting -= 1
