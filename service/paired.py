"""Two readers' values of the same subjects, side by side: words in tables, and sums in pairs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from recist.adjudicate import Key, Said, Variable
from recist.agreement import AgreementTable, tabulated
from recist.answer import TimePoint

Sayings = Mapping[str, Mapping[Key, Said]]
"""What each reader of one subject makes of every variable."""

WORDS = (Variable.BEST_OVERALL, Variable.OVERALL, Variable.NON_TARGET, Variable.NEW_LESION)
"""The variables whose values are few words, so that some agreement is by chance."""


class Place(NamedTuple):
    """What is compared: a variable of a compartment or the whole, at a time point or in all."""

    variable: Variable
    compartment: str | None
    timepoint: int | None


@dataclass(frozen=True)
class Pairs:
    """Two readers' sums of the same subjects at one time point; of each subject one pair."""

    unit: str
    sums: list[tuple[float, float]] = field(default_factory=list)
    percents: list[tuple[float, float]] = field(default_factory=list)
    """The same in per cent of each reader's own baseline, where that has a size, to 0.001 %."""


def tables_by_place(
    readers: tuple[str, str], subjects: Iterable[Sayings]
) -> dict[Place, AgreementTable]:
    """How often both readers' words met, of the subjects for whom both have one."""
    met: dict[Place, list[tuple[str, str]]] = {}
    for said in subjects:
        for place, one, other in _both(readers, said, WORDS):
            if one.value is not None and other.value is not None:
                met.setdefault(place, []).append((one.value, other.value))
    return {place: tabulated(*zip(*met[place], strict=True)) for place in sorted(met, key=_order)}


def sums_by_place(readers: tuple[str, str], subjects: Iterable[Sayings]) -> dict[Place, Pairs]:
    """Both readers' sums, of the subjects for whom both are complete; the baseline is 0."""
    found: dict[Place, Pairs] = {}
    for said in subjects:
        for place, one, other in _both(readers, said, (Variable.OVERALL,)):
            if one.behind is not None and other.behind is not None:
                _add(found, place, one.behind, other.behind)
    return {place: found[place] for place in sorted(found, key=_order)}


def _add(found: dict[Place, Pairs], place: Place, one: TimePoint, other: TimePoint) -> None:
    """Add one subject's sums, and with those of the first time point the baselines."""
    if place.timepoint == 1 and one.baseline is not None and other.baseline is not None:
        start = found.setdefault(place._replace(timepoint=0), Pairs(one.unit))
        start.sums.append((one.baseline, other.baseline))
    if one.sum is None or other.sum is None:
        return
    pairs = found.setdefault(place, Pairs(one.unit))
    pairs.sums.append((one.sum, other.sum))
    if one.baseline and other.baseline:
        pairs.percents.append(
            (_percent(one.sum, one.baseline), _percent(other.sum, other.baseline))
        )


def _percent(part: float, of: float) -> float:
    return round(100 * part / of, 3)


def _both(
    readers: Sequence[str], said: Sayings, variables: Sequence[Variable]
) -> Iterator[tuple[Place, Said, Said]]:
    """What both readers of a subject make of these variables, where both make anything of them."""
    one, other = (said[reader] for reader in readers)
    for key, value in one.items():
        if key[0] in variables and key in other:
            yield Place(*key), value, other[key]


def _order(place: Place) -> tuple[int, str, int]:
    return WORDS.index(place.variable), place.compartment or "", place.timepoint or 0
