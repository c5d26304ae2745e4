"""How fast timelines are read, assessed and answered, apart and by the command line in a batch."""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from pydantic import TypeAdapter

import recist
from recist import Finding, Lesion, Read, Role, State, Timeline
from service.documents import JsonShape, as_json

CHECKOUT = Path(__file__).parents[2]
TIME_POINTS = 12
TARGETS, NON_TARGETS = 5, 2
LESIONS = TARGETS + NON_TARGETS
ROUNDS = 15
CALLS = 40
BATCH = 2000
BATCHES = 3


def timeline(criteria: str = "recist-1.1") -> Timeline:
    """Targets that shrink and grow, a node among them, and non-targets that stay."""
    roles = [Role.TARGET] * TARGETS + [Role.NON_TARGET] * NON_TARGETS
    lesions = {f"L{n}": Lesion(role=role, nodal=n == 2) for n, role in enumerate(roles)}

    def found(label: str, role: Role, n: int) -> Finding:
        if role is Role.NON_TARGET:
            return Finding(state=State.PRESENT)
        longest = 40 + 3.7 * int(label[1:]) - 2.3 * min(n, 7) + 0.9 * max(n - 7, 0)
        return Finding(state=State.MEASURED, longest_mm=longest, short_axis_mm=longest / 2)

    reads = tuple(
        Read(
            on=date(2024, 1, 1) + timedelta(56 * n),
            lesions={} if n else lesions,
            findings={label: found(label, lesion.role, n) for label, lesion in lesions.items()},
        )
        for n in range(TIME_POINTS + 1)
    )
    return Timeline(criteria=criteria, reads=reads)


def milliseconds(work: Callable[[], object], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        work()
    return 1e3 * (time.perf_counter() - started) / calls


def engine() -> list[str]:
    """The engine alone, on timelines that have been read already."""
    lines = []
    for name in recist.CRITERIA:
        course = timeline(name)
        rounds = [milliseconds(lambda c=course: recist.assess(c), CALLS) for _ in range(ROUNDS)]
        ms = statistics.median(rounds)
        lines.append(
            f"assess {name}, {TIME_POINTS} time points of {LESIONS} lesions: {ms:.3f} ms, "
            f"{1e3 * ms / TIME_POINTS:.1f} µs a time point"
        )
    return lines


def documents() -> Iterator[str]:
    """Timelines as a client sends them, no two alike: what has its default is left out."""
    adapter, chance = TypeAdapter(Timeline), random.Random(1)
    while True:
        each = adapter.dump_python(timeline(), mode="json", exclude_defaults=True)
        for read in each["reads"]:
            for finding in read["findings"].values():
                if "longest_mm" in finding:
                    finding["longest_mm"] = round(finding["longest_mm"] + chance.uniform(-5, 5), 1)
                    share = chance.uniform(0.5, 1)
                    finding["short_axis_mm"] = round(finding["longest_mm"] * share, 1)
        yield json.dumps(each)


def wire() -> str:
    """From a document to a value, and from an answer to a document."""
    shape, body = JsonShape(Timeline), next(documents()).encode()
    answer = recist.assess(shape.read(body))
    rounds = [
        (
            milliseconds(lambda: shape.read(body), CALLS),
            milliseconds(lambda: as_json(answer), CALLS),
        )
        for _ in range(ROUNDS)
    ]
    reading, writing = (1e3 * statistics.median(each) for each in zip(*rounds, strict=True))
    return (
        f"a document of {len(body):,} bytes is read in {reading:.0f} µs, "
        f"its answer written in {writing:.0f} µs"
    )


def batch() -> str:
    """`recist assess --lines` on many timelines, its start apart."""
    lines = [f"{each}\n" for each in islice(documents(), BATCH)]

    def ran(times: int) -> float:
        file.write_text("".join(lines[:times]))
        started = time.perf_counter()
        subprocess.run([*command, file], cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "timelines.jsonl"
        command = [sys.executable, "-m", "service", "assess", "--lines"]
        seconds = [(ran(1), ran(BATCH)) for _ in range(BATCHES)]
    rate = statistics.median((BATCH - 1) / (many - one) for one, many in seconds)
    start = statistics.median(one for one, _ in seconds)
    return f"assess --lines: {rate:.0f} timelines a second after {start:.1f} s to start"


def run() -> list[str]:
    """One line for each criteria, one for the JSON around it, and one for the command line."""
    return [*engine(), wire(), batch()]


if __name__ == "__main__":
    print("\n".join(run()))
