"""Which files of tests can meet a mutant, the likeliest to kill it first."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.mutation.mutants import Mutant
from tests.mutation.runs import in_processes, observe

SLOWER_AT_MOST, TO_START = 5, 10
"""CPU time of a file of tests on a mutant: so many times that on the code as it is, and seconds."""


class Suite:
    """The files of tests: what they call, how long they take, and what each has killed."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._calls: dict[Path, set[tuple[str, int]]] = {}
        self._took: dict[Path, float] = {}
        self._kills: Counter[tuple[str, str, Path]] = Counter()

    def observe(self, tests: Sequence[Path], package: Path, processes: int) -> list[Path]:
        """Run all tests on the code as it is; answer the files with tests that fail on it."""
        with TemporaryDirectory() as folder:
            into = {test: Path(folder, f"{n}.json") for n, test in enumerate(tests)}
            jobs = (partial(observe, test, package, path) for test, path in into.items())
            failed = [tests[n] for n, status in in_processes(jobs, processes) if status]
            for test, path in into.items():
                self._note(test, json.loads(path.read_text(encoding="utf-8")))
        return failed

    def _note(self, test: Path, found: dict[str, Any]) -> None:
        if found["seconds"]:  # else no test of this file is for mutants
            self.seconds |= found["seconds"]
            self._took[test] = sum(found["seconds"].values())
            self._calls[test] = {(file, line) for file, line in found["calls"]}

    def limits(self, mutant: Mutant) -> dict[Path, float]:
        """The files that can meet a mutant, in order, and the CPU seconds that each may take.

        First are those that killed the likest, then the quick ones.
        """

        def key(test: Path) -> tuple[float, ...]:
            alike = self._kills[mutant.file, mutant.where, test]
            return -alike, -self._kills[mutant.file, "", test], self._took[test]

        order = sorted((test for test in self._took if self._meets(test, mutant)), key=key)
        return {test: SLOWER_AT_MOST * self._took[test] + TO_START for test in order}

    def _meets(self, test: Path, mutant: Mutant) -> bool:
        return mutant.needs is None or (mutant.file, mutant.needs) in self._calls[test]

    def killed(self, mutant: Mutant, by: Path) -> None:
        """Remember which file of tests killed a mutant."""
        for where in {mutant.where, ""}:
            self._kills[mutant.file, where, by] += 1
