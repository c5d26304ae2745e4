"""Damaged files are refused by name or soundly read; and the fuzzer sees what is neither."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz import verdict, workers
from tests.fuzz.corpus import corpus
from tests.fuzz.mutants import mutant

CHECKOUT = Path(__file__).parents[2]
PARTS, OF_EACH = 4, 2500
KINDS = ("IMAGE", "SEGMENTATION", "STRUCTURE_SET")


def run(*words: str) -> str:
    """What a command prints that ends well; it starts processes, which import from here."""
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_files_are_refused_by_name_or_soundly_read(part: int, tmp_path: Path) -> None:
    first = ("--first", str(part * OF_EACH), "--keep", str(tmp_path))
    found = re.findall(
        r"^ *(\d+) ([A-Z_]+)$", run("-m", "tests.fuzz", str(OF_EACH), *first), re.MULTILINE
    )
    outcomes = {outcome: int(count) for count, outcome in found}
    assert sum(outcomes.values()) == OF_EACH
    assert len(outcomes) >= 10, "the mutants reached many ends"
    assert sum(outcomes[kind] for kind in KINDS) > OF_EACH / 10


def test_every_made_file_is_read_as_it_is() -> None:
    fates = {name: verdict.tried(content) for name, content in corpus(None).items()}
    assert set(fates.values()) == set(KINDS)


def test_a_mutant_follows_from_its_number() -> None:
    files = corpus(None)
    assert [mutant(n, files) for n in range(50)] == [mutant(n, files) for n in range(50)]
    assert len({mutant(n, files)[1] for n in range(50)}) > 45


ONE = {"one": bytes(128) + b"DICM"}
NUMBERS = range(4)
HARMFUL = [1]
"""Whose first byte is changed."""


def crash(content: bytes) -> str:
    if content[0]:
        os.abort()
    return "GOOD"


def hang(content: bytes) -> str:
    time.sleep(60 if content[0] else 0)
    return "GOOD"


def swell(content: bytes) -> str:
    return "SWOLLEN" if content[0] and b"1" * (workers.MOST_MEMORY + (1 << 20)) else "GOOD"


def leave(content: bytes) -> str:
    if content[0]:
        raise KeyboardInterrupt("left")
    return "GOOD"


SEEN = """
import json
from tests.fuzz import test_fuzz, workers
for fate in workers.fates(test_fuzz.NUMBERS, test_fuzz.ONE, test_fuzz.{judge}, longest=2.0):
    print(json.dumps([fate.number, fate.outcome, fate.fault]))
"""


@pytest.mark.parametrize(
    ("judge", "fault"),
    [
        ("crash", "its process ended"),
        ("hang", "no answer for 2.0 seconds"),
        ("swell", "MB of memory"),
        ("leave", "KeyboardInterrupt: left"),
    ],
)
def test_what_no_file_should_do_is_seen(judge: str, fault: str) -> None:
    """And what comes after it is tried all the same."""
    assert [n for n in NUMBERS if mutant(n, ONE)[1][0]] == HARMFUL
    found = [json.loads(line) for line in run("-c", SEEN.format(judge=judge)).splitlines()]
    assert [number for number, *_ in found] == list(NUMBERS)
    assert [number for number, _, is_fault in found if is_fault] == HARMFUL
    assert fault in found[HARMFUL[0]][1]
    assert {outcome for _, outcome, is_fault in found if not is_fault} == {"GOOD"}
