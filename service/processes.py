"""Work on files from outside, apart from the service: what it takes or breaks is its own."""

import asyncio
import os
import signal
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar, TypeVarTuple

from imaging.flags import Refused
from imaging.limits import MEASURING, Limits, refusal, within
from service.problems import Unavailable

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

ATTEMPTS = 2


class Processes:
    """A few processes, started when they are first asked for; each does one piece at a time."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="processes")
        self._idle: SimpleQueue[_Worker | None] = SimpleQueue()
        for _ in range(count):
            self._idle.put(None)  # to be started

    async def run(self, work: Callable[[*Ts], T], *args: *Ts, limits: Limits = MEASURING) -> T:
        """Do a piece of work; what it raises is raised here.

        What goes there and back is pickled: an exception must be made again from its `args`.
        Raises Refused TOO_SLOW, TOO_LARGE, DECODER_CRASHED where a file is to blame for the end
        of its process; where none is, the work is done again. Raises Unavailable where the
        process ended again.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._answer, limits, work, args)

    def wait_for(self, work: Callable[[*Ts], T], *args: *Ts, limits: Limits = MEASURING) -> T:
        """Do, for a thread that may wait, what `run` does."""
        return self._threads.submit(self._answer, limits, work, args).result()

    def close(self) -> None:
        """Finish what is under way, and end the processes."""
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            if worker := self._idle.get():
                worker.end()

    def _answer(self, limits: Limits, work: Callable[..., T], args: tuple[object, ...]) -> T:
        worker = self._idle.get()
        try:
            for _ in range(ATTEMPTS):
                worker = worker or _Worker()
                try:
                    return worker.answer(limits, work, args)
                except EOFError:
                    code, worker = worker.end(), None
                    if why := refusal(code, limits):
                        raise why from None
        finally:
            self._idle.put(worker)
        raise Unavailable("The process that measured was ended twice. Ask again later.")


class _Worker:
    """One process, and the pipe to it."""

    def __init__(self) -> None:
        # A fork would take the service's threads and locks along.
        context = get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there,), daemon=True)
        self._process.start()
        there.close()

    def answer(self, limits: Limits, work: Callable[..., T], args: tuple[object, ...]) -> T:
        """Do a piece of work; raises what it raised, and EOFError where the process ended."""
        try:
            self._pipe.send((limits, work, args))
            done, outcome = self._pipe.recv()
        except (BrokenPipeError, ConnectionResetError):
            raise EOFError from None
        if done:
            return outcome  # type: ignore[no-any-return]
        raise outcome

    def end(self) -> int:
        """The exit code, once the process has ended: it does when there is nothing to come."""
        self._pipe.close()
        self._process.join()
        code = self._process.exitcode
        self._process.close()
        return code or 0


def _serve(pipe: Connection) -> None:
    """Do what comes through a pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are the service's
    Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            limits, work, args = pipe.recv()
        except EOFError:
            return
        pipe.send(_outcome(limits, work, args))


def _end_with_parent() -> None:
    if parent := parent_process():
        wait([parent.sentinel])
        os._exit(1)


def _outcome(
    limits: Limits, work: Callable[..., Any], args: tuple[object, ...]
) -> tuple[bool, Any]:
    try:
        with within(limits):
            return True, work(*args)
    except Refused as why:
        return False, why
    except BaseException as problem:  # noqa: BLE001 -- raised again where the work was asked for
        problem.add_note(traceback.format_exc())
        return False, problem
