"""The tests on a mutant: in a process of its own, where an import gives the mutant instead."""

import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType

# Imported here, once for all processes, is what the tests import beside the mutated package.
import httpx  # noqa: F401
import hypothesis
import pytest
import yaml  # noqa: F401

from tests.mutation.mutants import Mutant

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
ALONE = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider"]
IMPORTS = ["-o", "addopts=--import-mode=importlib"]
PASSED = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
TOOL_BROKEN = 255
EXAMPLES = 5
"""How many a property is tried on: properties meet a mutant last, and are slow."""


class Order:
    """Quick tests first, properties on few examples.

    None of data from beside the checkout, and none that starts another process: no mutant is there.
    """

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_collection(self) -> None:
        """Conftest files have chosen their profile by now; the tests are not imported yet."""
        few = hypothesis.settings(hypothesis.settings.default, max_examples=EXAMPLES)
        hypothesis.settings.register_profile("few", few)
        hypothesis.settings.load_profile("few")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        here = (item for item in items if isinstance(item, pytest.Function) and _stays_here(item))
        items[:] = sorted(here, key=lambda item: self.seconds.get(item.nodeid, 0))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration


def _stays_here(item: pytest.Function) -> bool:
    return "shared" not in item.fixturenames and not hasattr(item.module, "subprocess")


def passes(test: Path, seconds: dict[str, float]) -> bool:
    """Whether the tests of one file pass in this process; adds what each took."""
    return pytest.main([*ALONE, *IMPORTS, str(test)], [Order(seconds)]) in PASSED


def killer(mutant: Mutant, limits: Mapping[Path, float], seconds: dict[str, float]) -> int:
    """Number, from 1, the file of tests that fails or uses up its CPU seconds; 0: none does."""
    changed, file, given = mutant.code(), Path(mutant.file).resolve(), SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        return changed if Path(loader.path) == file else given(loader, name)

    SourceFileLoader.get_code = get_code  # type: ignore[assignment, method-assign]
    signal.signal(signal.SIGPROF, signal.default_int_handler)  # pytest ends a run at it
    for n, (test, limit) in enumerate(limits.items(), 1):
        signal.setitimer(signal.ITIMER_PROF, limit)
        if not passes(test, seconds):
            return n
    return 0


def observe(test: Path, package: Path, into: Path) -> int:
    """Write what each test of a file takes, and the functions of the package that they call."""
    codes: set[CodeType] = set()

    def note(frame: FrameType, event: str, arg: object) -> None:
        codes.add(frame.f_code)

    seconds: dict[str, float] = {}
    sys.settrace(note)
    passed = passes(test, seconds)
    sys.settrace(None)
    here = Path.cwd()
    calls = [
        (Path(code.co_filename).relative_to(here).as_posix(), code.co_firstlineno)
        for code in codes
        if Path(code.co_filename).is_relative_to(here / package)
    ]
    into.write_text(json.dumps({"seconds": seconds, "calls": calls}))
    return 0 if passed else 1


def in_processes(jobs: Iterable[Callable[[], int]], most: int) -> Iterator[tuple[int, int]]:
    """Run each job in a process of its own; yield its number and its status as it ends.

    A job is asked for only when its turn comes, so that it can make use of those before.
    """
    gc.freeze()  # what is imported once need not be searched in every process
    running: dict[int, int] = {}
    for n, job in enumerate(jobs):
        running[_forked(job)] = n
        if len(running) >= most:
            yield _ended(running)
    while running:
        yield _ended(running)


def _forked(job: Callable[[], int]) -> int:
    if pid := os.fork():
        return pid
    status, errors = TOOL_BROKEN, os.dup(2)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        status = job()
    except BaseException:  # noqa: BLE001  # whatever it is, this process ends here
        os.write(errors, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _ended(running: dict[int, int]) -> tuple[int, int]:
    pid, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    if code == TOOL_BROKEN:
        raise ChildProcessError("this mutant could not be put to the tests: see above")
    return running.pop(pid), code
