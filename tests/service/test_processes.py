"""The processes by themselves. What they are to do is written out, for they know no test."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imaging import Refused
from imaging.limits import Limits
from service.problems import Unavailable
from service.processes import Processes

MIB = 1 << 20
ONCE = "import os, pathlib; p = pathlib.Path({!r}); p.exists() or (p.touch(), os._exit(1))"
REFUSE = "from imaging import Refused; raise Refused('LEAK', 'A reason.', {'uids': ['1.2']})"
WRITE_NOWHERE = "import ctypes; ctypes.memset(8, 0, 8)"
TAKE = "import numpy; numpy.empty({} << 17)"
"""So many MiB."""
HANG_IN_C = "import ctypes; ctypes.CDLL(None).sleep(600)"
SHORT = Limits(memory=256 * MIB, seconds=1)


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    made = Processes(1)
    yield made
    made.close()


def test_a_process_that_dies_is_replaced_and_asked_again(
    processes: Processes, tmp_path: Path
) -> None:
    fallen = tmp_path / "fallen"
    processes.wait_for(exec, ONCE.format(str(fallen)))
    assert fallen.exists()


def test_what_always_dies_is_given_up_and_the_next_is_served(processes: Processes) -> None:
    async def use() -> str:
        with pytest.raises(Unavailable):
            await processes.run(exec, "import os; os._exit(1)")
        return await processes.run(str, "served")

    assert asyncio.run(use()) == "served"


@pytest.mark.parametrize(
    ("work", "code"),
    [
        ("while True: pass", "TOO_SLOW"),
        (HANG_IN_C, "TOO_SLOW"),
        (WRITE_NOWHERE, "DECODER_CRASHED"),
        ("import os; os.abort()", "DECODER_CRASHED"),
        (TAKE.format(300), "TOO_LARGE"),
    ],
)
def test_what_breaks_its_process_or_its_limits_is_refused_and_the_next_is_served(
    processes: Processes, work: str, code: str
) -> None:
    start = time.monotonic()
    with pytest.raises(Refused) as refused:
        processes.wait_for(exec, work, limits=SHORT)
    assert refused.value.code == code
    assert time.monotonic() - start < 30
    assert processes.wait_for(str, "served") == "served"


def test_limits_count_what_one_piece_of_work_takes(processes: Processes) -> None:
    """Neither its length nor its memory is added to what came before it."""
    for _ in range(3):
        processes.wait_for(exec, "import time; time.sleep(0.6)", limits=SHORT)
        processes.wait_for(exec, TAKE.format(150), limits=SHORT)


def test_one_that_crashes_does_no_harm_to_another_at_work() -> None:
    processes = Processes(2)

    async def both() -> tuple[object, object]:
        slow = processes.run(exec, "import time; time.sleep(1)")
        crashing = processes.run(exec, WRITE_NOWHERE)
        found = await asyncio.gather(slow, crashing, return_exceptions=True)
        return found[0], found[1]

    served, refused = asyncio.run(both())
    processes.close()
    assert served is None
    assert isinstance(refused, Refused)


def test_a_refusal_comes_back_whole(processes: Processes) -> None:
    with pytest.raises(Refused) as refused:
        processes.wait_for(exec, REFUSE)
    assert (refused.value.code, refused.value.members) == ("LEAK", {"uids": ["1.2"]})


def test_what_goes_wrong_there_says_where(processes: Processes) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        processes.wait_for(exec, "1 / 0")
    assert "in _outcome" in raised.value.__notes__[0]


def test_no_process_is_left_when_all_are_closed() -> None:
    processes = Processes(1)
    there = processes.wait_for(eval, "__import__('os').getpid()")
    processes.close()
    assert not Path(f"/proc/{there}").exists()


def test_no_process_outlives_the_service() -> None:
    """One that is killed cannot end those that it began, and they hold on to its output."""
    command = [sys.executable, "-c", ORPHAN]
    said = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, check=False, timeout=60)
    assert said.returncode == -signal.SIGKILL
    assert said.stdout == b"begun\n"


CHECKOUT = Path(__file__).parents[2]
ORPHAN = """
import asyncio, os, signal
from service.processes import Processes
print(asyncio.run(Processes(1).run(str, 'begun')), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
