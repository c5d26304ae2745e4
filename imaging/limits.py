"""What work on a file from outside may use, and by what name it is refused if it uses more.

A decoder or a parser that a file brings down, or keeps busy, takes its process along: such work is
done in a process of its own, under limits that the system enforces whatever the process does.
"""

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imaging.flags import Refused


@dataclass(frozen=True)
class Limits:
    """Memory in bytes, besides what the process has already, and seconds on the clock."""

    memory: int
    seconds: float


READING = Limits(memory=1 << 30, seconds=15)
"""Headers and masks of one file."""
MEASURING = Limits(memory=6 << 30, seconds=60)
"""A series, which may have `series.VOLUME_LIMIT` bytes, and what is measured on it."""
COMMAND = Limits(memory=MEASURING.memory, seconds=120)
"""A whole command line, for which nobody else waits."""

CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}


@contextmanager
def within(limits: Limits) -> Iterator[None]:
    """Hold this process to limits; one that takes longer is ended by SIGALRM.

    Call it in the main thread of a process that was started for such work. Raises Refused
    TOO_LARGE where the memory does not suffice, so far as the code that wanted it tells.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS keeps to no such limit
        resource.setrlimit(resource.RLIMIT_AS, (_held() + limits.memory, before[1]))
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)
    try:
        yield
    except MemoryError:
        says = f"The images need more than {limits.memory >> 20} MiB of memory; send fewer slices."
        raise Refused("TOO_LARGE", says) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, before)


def refusal(exit_code: int, limits: Limits) -> Refused | None:
    """Why work is refused that ended its process; None where the files are not to blame."""
    if exit_code == -signal.SIGALRM:
        says = f"The images take over {limits.seconds:g} seconds; send fewer, or uncompressed ones."
        return Refused("TOO_SLOW", says)
    if -exit_code in CRASHES:
        says = "A file crashes the program that decodes it; export it once more, uncompressed."
        return Refused("DECODER_CRASHED", says)
    return None


def _held() -> int:
    """Bytes of address space that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
