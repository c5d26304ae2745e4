"""Mutants tried in a process of their own, which may crash, hang or swell without harm."""

import resource
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tests.fuzz.mutants import mutant
from tests.fuzz.verdict import tried

LONGEST, START = 15.0, 120.0
"""Seconds in which every file has to be judged, and in which a process has to have started."""
MOST_MEMORY = 300 << 20
"""Bytes by which the need of a process may rise for one file."""
ADDRESSES = 6 << 30
"""Bytes of addresses that a process may have, so that none takes the machine with it."""


@dataclass(frozen=True)
class Fate:
    """What became of a mutant; a fault is what should become of none."""

    number: int
    outcome: str
    fault: bool = False


Judge = Callable[[bytes], str]


def fates(
    numbers: range, files: Mapping[str, bytes], judge: Judge = tried, longest: float = LONGEST
) -> Iterator[Fate]:
    """The fate of each mutant in turn; after one that ends its process, another process goes on."""
    context = get_context("spawn")
    while numbers:
        said, saying = context.Pipe(duplex=False)
        process = context.Process(target=_try_each, args=(numbers, files, judge, saying))
        process.start()
        saying.close()
        last = yield from _heard(said, numbers[0], longest)
        process.kill()
        process.join()
        numbers = numbers[numbers.index(last) + 1 :]


def _heard(said: Connection, first: int, longest: float) -> Generator[Fate, None, int]:
    """What a process says, until it has ended or has to be; returns the last number it tried."""
    number, patience = first, START
    while said.poll(patience):
        try:
            message = said.recv()
        except EOFError:
            yield Fate(number, "its process ended", fault=True)
            return number
        if message is None:
            return number
        if isinstance(message, Fate):
            yield message
        else:
            number, patience = message, longest
    yield Fate(number, f"no answer for {patience} seconds", fault=True)
    return number


def _try_each(numbers: range, files: Mapping[str, bytes], judge: Judge, saying: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    for content in files.values():
        _fate(-1, content, tried)  # what is needed once is no mutant's need
    for number in numbers:
        saying.send(number)
        saying.send(_fate(number, mutant(number, files)[1], judge))
    saying.send(None)


def _fate(number: int, content: bytes, judge: Judge) -> Fate:
    before = _memory()
    try:
        outcome, fault = judge(content), False
    except BaseException as problem:  # noqa: BLE001 -- decoders in Rust panic past Exception
        outcome, fault = f"{type(problem).__name__}: {problem}", True
    if (taken := _memory() - before) > MOST_MEMORY:
        outcome, fault = f"{taken >> 20} MB of memory", True
    return Fate(number, outcome, fault)


def _memory() -> int:
    """Bytes that this process needed at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
