"""While the service runs, the head of its audit trail is kept: at first, on time, at the end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError

from service.audit.heads import append, line_of
from service.db import Database
from service.problems import Unavailable

log = logging.getLogger("recist.audit")


@asynccontextmanager
async def heads_kept(database: Database, file: Path, seconds: float) -> AsyncIterator[None]:
    """Keep the head in a file, every so many seconds."""
    await anyio.to_thread.run_sync(keep, database, file)
    keeping = asyncio.create_task(_keep_on(database, file, seconds))
    try:
        yield
    finally:
        keeping.cancel()
        # Not awaited: the interrupt that ends the service cancels what is awaited after it.
        keep(database, file)


def keep(database: Database, file: Path) -> None:
    """Add the head to the file; where that fails the log says so, and the service goes on."""
    try:
        if line := database.run(line_of):
            append(file, line)
    except (OSError, Unavailable, SQLAlchemyError):
        log.exception("The head of the audit trail could not be kept in %s", file)


async def _keep_on(database: Database, file: Path, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        await anyio.to_thread.run_sync(keep, database, file)
