"""Whether the tests of `recist` see its code change: `python -m tests.mutation [FILE …]`.

Every mutant, which is the package with one small change, is put to tests/recist; one that no test
sees survives. Exit status 1 if fewer than 95 % are killed, or if the survivors are not those that
survivors.toml lists, each with its reason. With --sample, a few that it does not list must all die.
"""

import argparse
import os
import random
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from json import dumps
from pathlib import Path
from time import monotonic

from tests.mutation.mutants import Key, Mutant, mutants
from tests.mutation.runs import in_processes, killer
from tests.mutation.suite import Suite

PACKAGE, TESTS = Path("recist"), Path("tests", "recist")
LISTED = Path("tests", "mutation", "survivors.toml")
LEAST_KILLED = 0.95


def main(options: argparse.Namespace) -> int:
    """Answer the exit status."""
    every = mutants(sorted(PACKAGE.rglob("*.py")))
    listed = _listed()
    if strangers := listed - {mutant.key for mutant in every}:
        return _told(strangers, "are listed and are no mutants")
    chosen = [m for m in every if m.file in options.files or not options.files]
    suite, tests = Suite(), sorted(TESTS.rglob("test_*.py"))
    if options.sample is not None:
        unlisted = [m for m in chosen if m.key not in listed]
        chosen = random.Random(options.seed).sample(unlisted, min(options.sample, len(unlisted)))
    if chosen and (failed := suite.observe(tests, PACKAGE, options.processes)):
        sys.exit(f"tests fail on the code as it is: {', '.join(map(str, failed))}")
    survived = {mutant.key for mutant in _survivors(chosen, suite, options.processes)}
    _count(chosen, survived)
    unlisted_status = _told(survived - listed, "survived and are not listed")
    tried = {mutant.key for mutant in chosen}
    died_status = _told((listed & tried) - survived, "are listed and were killed")
    too_few = len(chosen) - len(survived) < LEAST_KILLED * len(chosen)
    return max(unlisted_status, died_status, int(too_few))


def _listed() -> set[Key]:
    entries = tomllib.loads(LISTED.read_text(encoding="utf-8")).get("survivor", [])
    return {(e["file"], e["where"], e["line"], e["change"]) for e in entries if e["why"]}


def _survivors(chosen: Sequence[Mutant], suite: Suite, processes: int) -> Iterator[Mutant]:
    met: list[list[Path]] = []

    def jobs() -> Iterator[partial[int]]:
        for mutant in chosen:
            limits = suite.limits(mutant)
            met.append([*limits])
            yield partial(killer, mutant, limits, suite.seconds)

    started, survived = monotonic(), 0
    for tried, (n, number) in enumerate(in_processes(jobs(), processes), 1):
        if number > 0:
            suite.killed(chosen[n], met[n][number - 1])
        if number == 0:
            survived += 1
            print(f"survived: {chosen[n].file}, {chosen[n].where}: {chosen[n].what}", flush=True)
            yield chosen[n]
        if tried % 50 == 0:
            took = monotonic() - started
            print(f"{tried} of {len(chosen)}, {survived} survived, {took:.0f} s", flush=True)


def _count(chosen: Sequence[Mutant], survived: set[Key]) -> None:
    made = Counter(mutant.file for mutant in chosen)
    left = Counter(file for file, *_ in survived)
    for file, count in [*made.items(), ("in all", made.total())]:
        killed = count - (left.total() if file == "in all" else left[file])
        print(f"{file}: {killed} of {count} killed, {killed / max(count, 1):.1%}")


def _told(keys: Iterable[Key], what: str) -> int:
    """Print mutants as the list has them; 1 if there are any."""
    found = sorted(keys)
    if found:
        print(f"\n# {len(found)} {what}:")
    for key in found:
        pairs = zip(("file", "where", "line", "change"), key, strict=True)
        print(
            "[[survivor]]",
            *(f"{name} = {dumps(text, ensure_ascii=False)}" for name, text in pairs),
            sep="\n",
        )
    return int(bool(found))


if __name__ == "__main__":
    if sys.flags.hash_randomization:  # whether a set of words happens to be in order decides
        again = [sys.executable, "-m", "tests.mutation", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="mutate these files alone")
    parser.add_argument("--sample", type=int, metavar="N", help="only N mutants, by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count(), metavar="N")
    sys.exit(main(parser.parse_args()))
