"""How fast endpoints are derived: by the engine alone, and by the command line in a batch."""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

import recist

CHECKOUT = Path(__file__).parents[2]
SUBJECTS = 100_000
RESPONSES = 6
ROUNDS = 15
CALLS = 2000
WORDS = ("CR", "PR", "PR", "SD", "SD", "SD", "NE", "PD")


def follow_up(chance: random.Random) -> dict[str, Any]:
    """A subject as a trial has it: visits about every eight weeks, and what became of it."""
    start = date(2024, 1, 1) + timedelta(chance.randrange(365))
    visits = [start + timedelta(56 * n + chance.randrange(-5, 6)) for n in range(1, RESPONSES + 1)]
    died_on = visits[-1] + timedelta(chance.randrange(1, 200)) if chance.random() < 0.4 else None
    return {
        "criteria": "recist-1.1",
        "protocol": {"confirm": True, "confirm_min_days": 28},
        "reference_on": str(start),
        "responses": [{"on": str(on), "overall": chance.choice(WORDS)} for on in visits],
        **({"died_on": str(died_on)} if died_on else {"last_known_alive_on": str(visits[-1])}),
        "visit_interval_days": 56,
    }


def engine(subjects: list[dict[str, Any]]) -> str:
    """The engine alone, on follow-ups that have been read already."""
    adapter = TypeAdapter(recist.FollowUp)
    read = [adapter.validate_json(json.dumps(subject)) for subject in subjects[:CALLS]]

    def round_() -> float:
        started = time.perf_counter()
        for one in read:
            recist.endpoints(one)
        return 1e6 * (time.perf_counter() - started) / len(read)

    us = statistics.median(round_() for _ in range(ROUNDS))
    return f"endpoints of {RESPONSES} responses: {us:.0f} µs a subject"


def batch(subjects: list[dict[str, Any]]) -> str:
    """`recist endpoints --lines` on all of them, its start included."""
    command = [sys.executable, "-m", "service", "endpoints", "--lines"]
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "asked.jsonl", Path(folder) / "answered.jsonl"
        asked.write_text("".join(f"{json.dumps(subject)}\n" for subject in subjects))
        started = time.perf_counter()
        with answered.open("wb") as answers:
            subprocess.run([*command, asked], stdout=answers, cwd=CHECKOUT, check=True)
        seconds = time.perf_counter() - started
        with answered.open("rb") as answers:
            assert sum(b'"error"' not in line for line in answers) == len(subjects)
    each = 1e6 * seconds / len(subjects)
    return f"endpoints --lines: {len(subjects):,} subjects in {seconds:.1f} s, {each:.0f} µs each"


def run() -> list[str]:
    """One line for the engine, and one for the command line."""
    chance = random.Random(11)
    subjects = [follow_up(chance) for _ in range(SUBJECTS)]
    return [engine(subjects), batch(subjects)]


if __name__ == "__main__":
    print("\n".join(run()))
