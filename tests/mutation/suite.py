"""Which files of tests can meet a mutant, the likeliest to kill it first."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutation.mutants import Mutant
from tests.mutation.runs import in_processes, observe

SLOWER_AT_MOST, TO_START, UNOBSERVED = 5, 10, 300
"""CPU time of a file of tests on a mutant: so many times that on the code as it is, and seconds."""


class Suite:
    """The files of tests; what they call and how long they take, once that was observed."""

    def __init__(self, tests: Sequence[Path]) -> None:
        self.tests = tests
        self.seconds: dict[str, float] = {}
        self._calls: dict[Path, set[tuple[str, int]]] = {}
        self._took: dict[Path, float] = {}
        self._kills: Counter[tuple[str, str, Path]] = Counter()
        for test in tests:  # until observed: properties take longest
            self._took[test] = test.read_text(encoding="utf-8").count("@given")

    def observe(self, package: Path, processes: int) -> list[Path]:
        """Run all tests on the code as it is; answer the files with tests that fail on it."""
        with TemporaryDirectory() as folder:
            into = {test: Path(folder, f"{n}.json") for n, test in enumerate(self.tests)}
            jobs = (partial(observe, test, package, path) for test, path in into.items())
            failed = [self.tests[n] for n, status in in_processes(jobs, processes) if status]
            for test, path in into.items():
                found = json.loads(path.read_text())
                self.seconds |= found["seconds"]
                self._calls[test] = {(file, line) for file, line in found["calls"]}
                self._took[test] = sum(found["seconds"].values())
        self.tests = [test for test in self.tests if self._took[test]]
        return failed

    def limits(self, mutant: Mutant) -> dict[Path, float]:
        """The files that can meet a mutant, in order, and the CPU seconds that each may take.

        First are those that killed the likest, then the quick ones.
        """

        def key(test: Path) -> tuple[float, ...]:
            alike = self._kills[mutant.file, mutant.where, test]
            return -alike, -self._kills[mutant.file, "", test], self._took[test]

        order = sorted((test for test in self.tests if self._meets(test, mutant)), key=key)
        return {test: self._limit(test) for test in order}

    def _limit(self, test: Path) -> float:
        return SLOWER_AT_MOST * self._took[test] + TO_START if self._calls else UNOBSERVED

    def _meets(self, test: Path, mutant: Mutant) -> bool:
        if mutant.needs is None or test not in self._calls:
            return True
        return (mutant.file, mutant.needs) in self._calls[test]

    def killed(self, mutant: Mutant, by: Path) -> None:
        """Remember which file of tests killed a mutant."""
        self._kills[mutant.file, mutant.where, by] += 1
        if mutant.where:
            self._kills[mutant.file, "", by] += 1
