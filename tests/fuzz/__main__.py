"""Damaged files put to everything that reads one: `python -m tests.fuzz N`.

Each mutant follows from its number alone and the files there are to damage: those made here, and
the small ones of a folder of DICOM. Every one must be refused by name or soundly read, in time and
in little memory. One that is not is kept, and its number printed; exit status 1 if there is any.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from time import monotonic

from tests.fuzz.corpus import SMALL, corpus
from tests.fuzz.mutants import mutant
from tests.fuzz.workers import Fate, fates

REAL = Path(__file__).parents[3] / "shared" / "data" / "dicom"
STEP = 10_000


class Tally:
    """What has become of the mutants so far, from all processes."""

    def __init__(self, files: Mapping[str, bytes], keep: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.faults = 0
        self._files, self._keep = files, keep
        self._started, self._lock = monotonic(), Lock()

    def take(self, numbers: range) -> None:
        for fate in fates(numbers, self._files):
            with self._lock:
                self._count(fate)

    def _count(self, fate: Fate) -> None:
        self.counts["fault" if fate.fault else fate.outcome] += 1
        if fate.fault:
            self.faults += 1
            self._report(fate)
        if (done := self.counts.total()) % STEP == 0:
            seconds = monotonic() - self._started
            print(f"{done} tried, {self.faults} faults, {seconds:.0f} s", flush=True)

    def _report(self, fate: Fate) -> None:
        name, content = mutant(fate.number, self._files)
        self._keep.mkdir(parents=True, exist_ok=True)
        path = self._keep / f"{fate.number}.dcm"
        path.write_bytes(content)
        print(f"mutant {fate.number} of {name}, kept as {path}: {fate.outcome}", flush=True)


def main(options: argparse.Namespace) -> int:
    """Answer the exit status."""
    folder = options.files if options.files.is_dir() else None
    files = corpus(folder, options.size)
    tally = Tally(files, options.keep)
    numbers = range(options.first, options.first + options.count)
    print(f"{len(numbers)} mutants from {numbers.start} on, of {len(files)} files", flush=True)
    with ThreadPoolExecutor(options.processes) as threads:
        parts = [numbers[n :: options.processes] for n in range(options.processes)]
        list(threads.map(tally.take, parts))
    for outcome, count in tally.counts.most_common():
        print(f"{count:>9} {outcome}")
    return int(tally.faults > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("count", type=int, metavar="N", help="mutants to try")
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER")
    parser.add_argument("--processes", type=int, default=1, metavar="N")
    parser.add_argument("--files", type=Path, default=REAL, metavar="FOLDER")
    parser.add_argument("--size", type=int, default=SMALL, metavar="BYTES", help="of a file")
    parser.add_argument("--keep", type=Path, default=Path("faults"), metavar="FOLDER")
    sys.exit(main(parser.parse_args()))
