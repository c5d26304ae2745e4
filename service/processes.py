"""Work on pixels, apart from the service: what it takes or breaks is not the service's own."""

import asyncio
import math
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import TypeVar, TypeVarTuple

from service.problems import Unavailable

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

ATTEMPTS = 2
CPU_SECONDS = 120
"""That one piece of work may take; the system ends the process that takes more."""


class Processes:
    """A few processes, started when they are first asked for."""

    def __init__(self, count: int, *, cpu_seconds: int = CPU_SECONDS) -> None:
        self._count = count
        self._cpu_seconds = cpu_seconds
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        """Do a piece of work, again if its process died; what it raises is raised here.

        What goes there and back is pickled: an exception must be made again from its `args`.
        Raises Unavailable where the process died again.
        """
        for _ in range(ATTEMPTS):
            pool = self._started()
            try:
                loop = asyncio.get_running_loop()
                seconds = self._cpu_seconds
                return await loop.run_in_executor(pool, _limited, seconds, work, *args)
            except BrokenProcessPool:
                self._drop(pool)
        raise Unavailable("The process that measured was ended twice. Ask again later.")

    def close(self) -> None:
        """Finish what is under way, and end the processes."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = get_context(
                "spawn"
            )  # a fork would take the service's threads and locks along
            self._pool = ProcessPoolExecutor(self._count, context, initializer=_begin)
        return self._pool

    def _drop(self, broken: ProcessPoolExecutor) -> None:
        broken.shutdown(wait=False)
        if self._pool is broken:
            self._pool = None


def _begin() -> None:
    """Leave interrupts to the service, and never outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := parent_process():
        wait([parent.sentinel])
        os._exit(1)


def _limited(cpu_seconds: int, work: Callable[[*Ts], T], *args: *Ts) -> T:
    """Do a piece of work for so long at most, besides what this process has done before."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    return work(*args)
