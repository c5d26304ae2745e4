"""A service in this process whose clock and identifiers follow from who asks, and how often.

Two of them answer the same requests byte for byte alike, unless what else was done shows.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from unittest.mock import patch
from uuid import UUID

import httpx
from sqlalchemy import Engine, event

from service.app import create_app
from service.identity.tokens import bootstrap
from service.processes import Processes
from service.settings import Settings

BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
STAGE = timedelta(hours=1)
TURN = timedelta(minutes=30)
"""In each stage the others come first, and whoever is watched half an hour later."""

WATCHED = ("READER_1", "SESSION", "KEY", "ANYONE")
"""Whose answers are compared: one reader's token and login, a workstation's key, and no token."""


@dataclass
class Turns:
    """Whose request it is, and which of its own: the clock and the identifiers follow from that."""

    stage: int = 0
    who: str = "the start"
    asked: Counter[str] = field(default_factory=Counter)
    made: int = 0

    def begin(self, who: str) -> None:
        self.who, self.made = who, 0
        self.asked[who] += 1

    def now(self, who: str | None = None) -> datetime:
        """The instant for whoever asks now, or for another."""
        watched = (who or self.who) in WATCHED
        count = sum(n for who, n in self.asked.items() if (who in WATCHED) == watched)
        return BEGAN + self.stage * STAGE + watched * TURN + count * timedelta(seconds=1)

    def identity(self) -> UUID:
        self.made += 1
        return UUID(identity(self.who, self.asked[self.who], self.made))

    def secret(self, _: int) -> str:
        return self.identity().hex


def identity(who: str, request: int, made: int) -> str:
    """The identifier of the n-th thing made in the n-th request of somebody, counted from 1."""
    return sha256(f"{who} {request} {made}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Exchange:
    """A request, and everything of its answer that its caller can see."""

    asked: str
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    statements: tuple[str, ...]
    """What the database was asked meanwhile: its time stands for the time of the answer."""


@dataclass
class World:
    """One service, who is known to it, and what those were answered who are watched."""

    client: httpx.AsyncClient
    app: Any
    turns: Turns
    asked_of_database: list[str]
    scope: dict[str, Any]
    tokens: dict[str, str] = field(default_factory=dict)
    told: list[Exchange] = field(default_factory=list)
    reached: set[tuple[str, str]] = field(default_factory=set)
    """The routes that the watched callers came to, by method and path."""
    told_to_others: str = ""

    async def ask(
        self, who: str, method: str, path: str, *, headers: Any = None, **sent: Any
    ) -> httpx.Response:
        """Send one request as somebody."""
        self.turns.begin(who)
        token = self.tokens.get(who)
        said = {"Authorization": f"Bearer {token}"} if token else {}
        self.asked_of_database.clear()
        answer = await self.client.request(method, path, headers=said | (headers or {}), **sent)
        if who in WATCHED:
            self._keep(f"{who} {method} {path}", method, answer)
        else:
            self.told_to_others += answer.text
        return answer

    async def make(self, who: str, path: str, **sent: Any) -> Any:
        """What a POST has made."""
        answer = await self.ask(who, "POST", path, **sent)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def _keep(self, asked: str, method: str, answer: httpx.Response) -> None:
        if (route := self.scope.get("route")) is not None:
            self.reached.add((method, route.path))
        self.told.append(
            Exchange(
                f"{len(self.told)}: {asked}",
                answer.status_code,
                tuple(answer.headers.raw),
                answer.content,
                tuple(self.asked_of_database),
            )
        )


class Lent(Processes):
    """Processes that outlive a service: to start them takes longer than all that is asked."""

    def close(self) -> None:
        """Keep them, for the next service."""

    def end(self) -> None:
        super().close()


@asynccontextmanager
async def world(settings: Settings, lent: Lent) -> AsyncIterator[World]:
    """A service of its own while this lasts; a process has one at a time."""
    turns, scope = Turns(), {}
    with (
        _derived(turns),
        _statements() as asked_of_database,
        patch("service.app.Processes", lambda _: lent),
    ):
        app = create_app(settings)

        async def remembering(its: Any, receive: Any, send: Any) -> None:
            scope.clear()
            try:
                await app(its, receive, send)
            finally:
                scope.update(its)

        transport = httpx.ASGITransport(remembering)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://x") as client,
        ):
            made = World(client, app, turns, asked_of_database, scope)
            made.tokens["ADMINISTRATOR"] = app.state.database.run(bootstrap)
            yield made


@contextmanager
def _derived(turns: Turns) -> Iterator[None]:
    """Everything that is else the clock's or random follows from whose turn it is."""
    with (
        patch("service.ids.uuid4", turns.identity),
        patch("service.clock.now", turns.now),
        patch("service.gate._new_id", lambda: turns.identity().hex),
        patch("service.identity.tokens.token_urlsafe", turns.secret),
    ):
        yield


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Every statement that any database of this process is asked, until the list is cleared."""
    asked: list[str] = []

    def keep(_1: Any, _2: Any, statement: str, *_3: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
