"""Any timeline at all is judged or refused, whatever its findings say: nothing else happens."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

import recist
from recist import CRITERIA, Fault, Finding, Lesion, Read, Refused, Role, State, Timeline
from recist.vocabulary import Method, Pet

TIMELINES = 500
DAY_0 = date(2024, 1, 1)
ORGANS = (None, " ", "liver", "Liver", "lung")


def finding(chance: random.Random, labels: list[str], on: date) -> Finding:
    """One that refuses no nonsense of its own, but may make none with the others."""
    state = chance.choice([State.MEASURED] * 8 + [*State])
    more: dict[str, Any] = {"method": chance.choice([Method.CT] * 5 + [*Method])}
    if not chance.randrange(5):
        more["scanned_on"] = on - timedelta(chance.randrange(4))
    if state is not State.MEASURED:
        return Finding(state=state, **more)
    longest = chance.choice([0.001, 4, 9.999, 10, 12, 15, 20, 24, 25, 30, 60])
    sizes: dict[str, Any] = {"longest_mm": longest, "short_axis_mm": longest / 2}
    match chance.randrange(12):
        case 0:
            sizes = {"merged_into": chance.choice(labels)}
        case 1:
            sizes = {"fragments_mm": (longest, 3.0), "fragments_short_mm": (longest / 2, 2.0)}
        case 2:
            sizes = {"fragments_mm": (longest, 3.0)}
        case 3:
            sizes = {"short_axis_mm": longest}
        case 4 | 5:
            sizes["viable_mm"] = chance.choice([0, longest / 2])
    return Finding(state=state, **sizes, **more)


def timeline(criteria: str, chance: random.Random) -> Timeline:
    roles = {f"T{n}": Role.TARGET for n in range(chance.randrange(4))}
    roles |= {f"NT{n}": Role.NON_TARGET for n in range(chance.randrange(3))}
    roles |= {f"N{n}": Role.NEW for n in range(chance.randrange(4))}
    labels = [*roles, "X"]
    reads, known = [], 0
    on = DAY_0
    for n in range(chance.randrange(1, 6)):
        here = [x for x, role in roles.items() if (role is Role.NEW) == (n > 0)]
        if n:
            here = here[known : known + chance.randrange(3)]
            known += len(here)
        lesions = {
            x: Lesion(
                role=roles[x],
                nodal=not chance.randrange(4),
                organ=chance.choice(ORGANS),
                compartment=chance.choice([None, None, "primary", "distant"]),
            )
            for x in here
        }
        seen = [*here, *(x for r in reads for x in r.lesions if chance.randrange(5))]
        reads.append(
            Read(
                on=on,
                lesions=lesions,
                findings={x: finding(chance, labels, on) for x in seen},
                pet=chance.choice([None, None, *Pet]),
                markers_above_normal=not chance.randrange(8),
                new_symptom=not chance.randrange(4),
            )
        )
        on += timedelta(chance.choice([14, 25, 26, 28, 56, 57]))
    return Timeline(criteria=criteria, reads=tuple(reads))


def faults_of(drawn: Timeline) -> tuple[Fault, ...]:
    try:
        answer = recist.assess(drawn)
    except Refused as refused:
        return refused.faults
    assert len(answer.timepoints) == len(drawn.reads) - 1
    return ()


@pytest.mark.parametrize("criteria", CRITERIA)
def test_any_timeline_is_judged_or_refused(criteria: str) -> None:
    chance = random.Random(criteria)
    found = [faults_of(timeline(criteria, chance)) for _ in range(TIMELINES)]
    assert all(fault.at[0] == "reads" and fault.says for faults in found for fault in faults)
    assert TIMELINES / 20 < found.count(()) < TIMELINES
