"""How much of a processor a trial's agreement takes, as a multiple of assessing its timelines.

500 subjects, each read twice at six time points with five lesions in two compartments.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from sqlalchemy import Connection, insert

import recist
from recist import Finding, Lesion, Read, Role, State
from service import agreement, tables
from service.access import subjects_of
from service.callers import Caller, Grant
from service.db import engine
from service.ids import new_id
from service.migrate import upgrade
from service.reads import normalised, signed_in_trial, timeline_of
from service.roles import INDEPENDENT
from service.roles import Role as CallersRole

SUBJECTS = 500
TIMEPOINTS = 6
LESIONS = 5
ROUNDS = 5
COMPARTMENTS = ("distant", "primary")


def reads(random: Random) -> Iterator[Read]:
    """One reader's reads of one subject, of lesions that shrink and grow."""
    sizes = [random.uniform(20, 60) for _ in range(LESIONS)]
    lesions = {
        f"T{n}": Lesion(role=Role.TARGET, organ=f"organ {n}", compartment=COMPARTMENTS[n % 2])
        for n in range(LESIONS)
    }
    for n in range(TIMEPOINTS):
        sizes = [size * random.uniform(0.7, 1.15) for size in sizes] if n else sizes
        found = {
            f"T{m}": Finding(state=State.MEASURED, longest_mm=round(size, 1))
            for m, size in enumerate(sizes)
        }
        on = date(2024, 1, 1) + timedelta(days=56 * n)
        yield Read(on=on, lesions={} if n else lesions, findings=found)


def fill(connection: Connection) -> str:
    """Make the trial and everything that was signed in it."""
    trial, now, random = new_id(), datetime.now(UTC), Random(13)
    hands = {reader: new_id() for reader in INDEPENDENT[:2]}
    rows = [{"id": id_, "name": reader, "created_at": now} for reader, id_ in hands.items()]
    connection.execute(insert(tables.principals), rows)
    by = {"created_at": now, "created_by": rows[0]["id"]}
    plain = {"protocol": "{}", "compartments": str(list(COMPARTMENTS)).replace("'", '"')}
    plain |= {"name": "T", "criteria": "recist-1.1", "adjudicate_on": '["OVERALL"]'}
    connection.execute(insert(tables.trials), {"id": trial, "readers": 2, **plain, **by})
    for n in range(SUBJECTS):
        subject = {"id": new_id(), "trial_id": trial, "code": f"S-{n:03}", "attributes": "{}"}
        connection.execute(insert(tables.subjects), subject | {"version": 1, **by})
        for reader, hand in hands.items():
            signed = [
                signature(subject["id"], reader, hand, m, read)
                for m, read in enumerate(reads(random))
            ]
            connection.execute(insert(tables.reads), signed)
    return trial


def signature(subject: str, reader: str, hand: str, n: int, read: Read) -> dict[str, object]:
    content = normalised(read)
    return {
        "id": new_id(),
        "subject_id": subject,
        "reader": reader,
        "timepoint": n,
        "on": read.on,
        "content": content,
        "sha256": sha256(content.encode()).hexdigest(),
        "meaning": "READ",
        "signed_at": datetime.now(UTC),
        "principal_id": hand,
        "engine": recist.__version__,
    }


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the time of one answer, of the assessments in it, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'recist.sqlite'}"
        upgrade(url)
        with engine(url).begin() as connection:
            trial = fill(connection)
            grant = Grant(CallersRole.TRIAL_MANAGER, trial)
            manager = Caller("0" * 32, "manager", (grant,))
            rows = {row.id: row for row in subjects_of(connection, trial)}
            signed = signed_in_trial(connection, trial)
            courses = [(rows[id_], s.reads) for id_, by in signed.items() for s in by.values()]
            cold = seconds(lambda: agreement.view(connection, manager, trial))
            pairs = [
                (
                    seconds(lambda: agreement.view(connection, manager, trial)),
                    seconds(lambda: [recist.assess(timeline_of(*course)) for course in courses]),
                )
                for _ in range(ROUNDS)
            ]
    whole, alone = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{SUBJECTS} subjects, {len(courses)} timelines, {sys.version.split()[0]}")
    print(f"agreement {whole:.2f} s (first {cold:.2f} s), assessing alone {alone:.2f} s")
    print(f"ratio {statistics.median(a / b for a, b in pairs):.2f}")


if __name__ == "__main__":
    main()
