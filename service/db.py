"""Units of work: each whole or not at all, durable before its answer leaves.

A unit is a plain function of a connection that may be run again. All that write run in one thread,
in the order they came, and share a commit with those that queued meanwhile; those that only read
run beside it in a few threads.
"""

import asyncio
import concurrent.futures
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from service import postgresql, sqlite
from service.problems import Unavailable

T = TypeVar("T")
Unit = Callable[[Connection], T]

READING_THREADS = 4
LARGEST_GROUP = 64

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Queued(Generic[T]):
    """A unit that waits for the writer, and the future that its caller awaits."""

    unit: Unit[T]
    future: "asyncio.Future[T] | concurrent.futures.Future[T]"
    loop: asyncio.AbstractEventLoop | None  # None where a thread waits
    value: T | None = None
    failure: BaseException | None = None

    def attempt(self, run: Callable[[Unit[T]], T]) -> bool:
        """Keep the unit's value or its failure; False where it failed."""
        self.value = self.failure = None
        try:
            self.value = run(self.unit)
        except BaseException as failure:  # noqa: BLE001 - the caller's, and the thread goes on
            self.failure = _told(failure)
        return self.failure is None


class Database:
    """One database, SQLite or PostgreSQL, and the threads that work on it."""

    def __init__(self, url: str, *, audit_key: bytes) -> None:
        """Connect to an SQLAlchemy URL; `says` describes what was found there."""
        self._writes = engine(url).execution_options(audit_key=audit_key)
        self.dialect = self._writes.dialect.name
        with self._writes.connect() as connection:
            self.says = _dialect(url).says(connection)
        self._reads = _dialect(url).engine_beside(url, connections=READING_THREADS + 1)
        on_file = self._reads is not None and self.dialect == "sqlite"
        self._at_hand = self._reads.connect() if self._reads and on_file else None
        self._readers = ThreadPoolExecutor(READING_THREADS, "reads")
        self._queue: SimpleQueue[_Queued[Any] | None] = SimpleQueue()
        self._open = True
        self._door = Lock()
        self._writer = Thread(target=self._write_until_closed, name="writes", daemon=True)
        self._writer.start()

    async def write(self, unit: Unit[T]) -> T:
        """Run a unit and return once the commit that holds it is durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._enqueue(_Queued(unit, future, loop))
        return await future

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that writes nothing, on a snapshot that waits for no writer."""
        if self._reads is None:
            return await self.write(unit)
        if not self._open:
            raise _stopping()
        work = partial(_snapshot, self._reads, unit)
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def glance(self, unit: Unit[T]) -> T:
        """Run a unit that looks up a row by its key, as `read` does.

        A database that is a file answers it sooner than a thread is reached and left.
        """
        if self._at_hand is None:
            return await self.read(unit)
        if not self._open:
            raise _stopping()
        try:
            with self._at_hand.begin():
                return unit(self._at_hand)
        except OperationalError as failure:
            raise _told(failure) from failure

    def run(self, unit: Unit[T]) -> T:
        """Run a unit and wait for its commit: for commands, never on the event loop."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._enqueue(_Queued(unit, future, None))
        return future.result()

    def close(self) -> None:
        """Finish what was asked for, refuse what comes after, and disconnect."""
        with self._door:
            if self._open:
                self._queue.put(None)
            self._open = False
        self._writer.join()
        self._readers.shutdown()
        if self._at_hand:
            self._at_hand.close()
        for connected in filter(None, (self._reads, self._writes)):
            connected.dispose()

    def _enqueue(self, queued: _Queued[Any]) -> None:
        with self._door:
            if not self._open:
                raise _stopping()
            self._queue.put(queued)

    def _write_until_closed(self) -> None:
        while group := self._next_group():
            _commit(self._writes, group)
            _deliver(group)

    def _next_group(self) -> list[_Queued[Any]]:
        """Wait for a unit and take those that came with it; none once closed."""
        first = self._queue.get()
        group = [first] if first else []
        with suppress(Empty):
            while group and len(group) < LARGEST_GROUP:
                queued = self._queue.get_nowait()
                if queued is None:
                    self._queue.put(None)  # the last word stays the last
                    break
                group.append(queued)
        return group


def engine(url: str) -> Engine:
    """Connect for writing, with one connection."""
    return _dialect(url).engine(url)


def engine_to_read(url: str) -> Engine:
    """Connect for one long look while others write; where that is not safe, they wait for it."""
    return _dialect(url).engine_beside(url, connections=1) or engine(url)


class _Dialect(Protocol):
    """What the module of one kind of database knows."""

    def engine(self, url: str) -> Engine: ...
    def engine_beside(self, url: str, *, connections: int) -> Engine | None: ...
    def says(self, connection: Connection) -> str: ...


def _dialect(url: str) -> _Dialect:
    return sqlite if make_url(url).get_backend_name() == "sqlite" else postgresql


def _once(engine: Engine, unit: Unit[T]) -> T:
    with engine.begin() as connection:
        return unit(connection)


def _snapshot(engine: Engine, unit: Unit[T]) -> T:
    try:
        return _once(engine, unit)
    except OperationalError as failure:
        raise _told(failure) from failure


def _commit(engine: Engine, group: Sequence[_Queued[Any]]) -> None:
    """Run a group in one transaction; where that fails as a whole, each unit in its own."""
    if len(group) == 1:
        group[0].attempt(partial(_once, engine))
        return
    committing = False
    try:
        with engine.begin() as connection:
            for queued in group:
                _in_savepoint(connection, queued)
            committing = True
    except Exception as failure:  # noqa: BLE001 - whatever it was, each caller gets its own answer
        for queued in group:
            if committing and _lost(failure):
                # This commit may have taken place or not, so nothing is done a second time.
                queued.failure = _told(failure)
            else:
                queued.attempt(partial(_once, engine))


def _in_savepoint(connection: Connection, queued: _Queued[Any]) -> None:
    """Run one unit of a group so that its failure undoes its own work alone."""
    connection.exec_driver_sql("SAVEPOINT unit")
    if not queued.attempt(lambda unit: unit(connection)):
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT unit")
    connection.exec_driver_sql("RELEASE SAVEPOINT unit")


def _deliver(group: Sequence[_Queued[Any]]) -> None:
    """Wake those who wait, each event loop once for all of its own."""
    waiting = defaultdict(list)
    for queued in group:
        waiting[queued.loop].append(queued)
    for loop, theirs in waiting.items():
        if loop is None:
            _settle(theirs)
        else:
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                loop.call_soon_threadsafe(_settle, theirs)


def _settle(group: Sequence[_Queued[Any]]) -> None:
    for queued in group:
        if queued.future.done():
            continue  # its caller was cancelled; the commit stands
        if queued.failure:
            queued.future.set_exception(queued.failure)
        else:
            queued.future.set_result(queued.value)


def _lost(failure: Exception) -> bool:
    return isinstance(failure, DBAPIError) and failure.connection_invalidated


def _told(failure: BaseException) -> BaseException:
    """What a caller is told of a failure: its own as it is, the database's as Unavailable."""
    if isinstance(failure, StopIteration):
        return RuntimeError("a unit of work raised StopIteration, which no future can carry")
    if not isinstance(failure, OperationalError):
        return failure
    logger.error("The database failed a unit of work", exc_info=failure)
    told = Unavailable("The database cannot do this at the moment. Ask again shortly.")
    told.__cause__ = failure
    return told


def _stopping() -> Unavailable:
    return Unavailable("The service is stopping. Ask again shortly.")
