"""Who takes part: simulated subjects with the frequencies of the paper's Table 1.

The table prints each characteristic alone. How they go together is not printed and is a choice made
here: M follows from the organs, two organs need two metastases, an only bone metastasis has nothing
to measure, and everything else is dealt out independently. So are the responses at two months.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, repeat
from math import ceil, floor
from random import Random
from typing import Any, TypeVar

from recist.vocabulary import Response
from service.demo import paper
from service.demo.paper import DISTANT, PRIMARY, Spread

T = TypeVar("T")

MANY = ">3"


@dataclass(frozen=True, kw_only=True)
class Participant:
    """One simulated subject, before anything was seen of it."""

    code: str
    started_on: date
    """Start of chemoradiation: the reference date."""
    organs: tuple[str, ...]
    attributes: Mapping[str, Any]
    at_2_months: Mapping[str, Response]
    """The response of each compartment at the evaluation two months after the start."""

    @property
    def metastases(self) -> str:
        """Their number, as the paper has it: 1, 2, 3 or more."""
        return str(self.attributes["number_of_metastases"])


def cohort(random: Random) -> tuple[Participant, ...]:
    """Deal out the 32 subjects, in the order in which they were enrolled."""
    organs = _dealt(random, paper.METASTATIC_ORGANS)
    columns: dict[str, Sequence[Any]] = {
        "sex": _dealt(random, paper.SEX),
        "age_years": _spread(random, paper.AGE_YEARS),
        "distance_from_anal_verge_cm": _spread(random, paper.DISTANCE_FROM_ANAL_VERGE_CM),
        "initial_t": _dealt(random, paper.INITIAL_T),
        "initial_n": _dealt(random, paper.INITIAL_N),
        "initial_m": ["M1a" if len(places) == 1 else "M1b" for places in organs],
        "metastatic_organs": [" and ".join(places) for places in organs],
        "number_of_metastases": _numbers(random, organs),
    }
    responses = _responses(random, organs)
    return tuple(
        Participant(
            code=f"S-{n + 1:03}",
            started_on=on,
            organs=organs[n],
            attributes={"simulated": True, **{name: columns[name][n] for name in columns}},
            at_2_months=responses[n],
        )
        for n, on in enumerate(_enrolled(random))
    )


def _dealt(random: Random, frequencies: Mapping[T, int]) -> list[T]:
    """Every value as often as it is printed, in any order."""
    values = [*chain.from_iterable(repeat(value, n) for value, n in frequencies.items())]
    random.shuffle(values)
    return values


def _spread(random: Random, spread: Spread) -> list[int]:
    """Whole numbers with this median and these extremes."""
    low, high = floor(spread.median), ceil(spread.median)
    between = paper.SUBJECTS // 2 - 2
    values = [spread.least, low, high, spread.most]
    values += (random.randint(spread.least, low) for _ in range(between))
    values += (random.randint(high, spread.most) for _ in range(between))
    random.shuffle(values)
    return values


def _numbers(random: Random, organs: Sequence[tuple[str, ...]]) -> list[str]:
    """How many metastases each has; drawn again while one has fewer than organs with any."""
    while True:
        numbers = _dealt(random, paper.NUMBER_OF_METASTASES)
        pairs = zip(numbers, organs, strict=True)
        if all(number == MANY or int(number) >= len(places) for number, places in pairs):
            return numbers


def _responses(random: Random, organs: Sequence[tuple[str, ...]]) -> list[dict[str, Response]]:
    """The response of each; drawn again until the two with PD have it in both compartments."""
    stable = [Response.SD, Response.NON_CR_NON_PD]
    while True:
        primary = _dealt(random, paper.AT_2_MONTHS[PRIMARY])
        distant = _dealt(random, paper.AT_2_MONTHS[DISTANT])
        bone = distant[organs.index(("bone",))]
        pairs = [*zip(primary, distant, strict=True)]
        if bone in stable and all(p == d for p, d in pairs if Response.PD in (p, d)):
            break
    distant[organs.index(("bone",))] = Response.NON_CR_NON_PD
    return [{PRIMARY: p, DISTANT: d} for p, d in zip(primary, distant, strict=True)]


def _enrolled(random: Random) -> Iterator[date]:
    first, last = paper.ENROLLED
    days = sorted(random.sample(range((last - first).days + 1), paper.SUBJECTS))
    return (first + timedelta(days=day) for day in days)
