"""New lesions that are followed by their sizes: a sum of their own, never added to the targets'.

iRECIST (Seymour et al. 2017): new lesions are measured as targets are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from recist.certainty import Certain
from recist.criteria import Criteria, Limit
from recist.organs import organ_of
from recist.sizes import Ruler, ruler
from recist.vocabulary import Finding, Lesion, NewLesion, Read, State


@dataclass(slots=True)
class NewSum:
    """The sum of the measured new lesions at one read, in smallest units."""

    followed: Mapping[str, Ruler] = field(default_factory=dict)
    sizes: Mapping[str, int | None] = field(default_factory=dict)
    """Of each in this read; None where it has none."""
    surplus: tuple[str, ...] = ()
    """Measured now for the first time, and more than may be followed."""

    @property
    def whole(self) -> int | None:
        """Over all of them; None where one has no size, or there are none."""
        return self.whole_of(self.sizes)

    def known_of(self, labels: Iterable[str]) -> int:
        """Over those of these lesions that have a size in this read."""
        return sum(self.sizes.get(x) or 0 for x in labels)

    def whole_of(self, labels: Iterable[str]) -> int | None:
        """Over those of these lesions that are followed; None where one has no size."""
        sizes = [self.sizes[x] for x in labels if x in self.sizes]
        return None if None in sizes or not sizes else self.known_of(labels)


def new_sum(
    criteria: Criteria,
    limit: Limit,
    lesions: Mapping[str, Lesion],
    before: NewSum,
    read: Read,
    appeared: Mapping[str, Certain],
) -> NewSum:
    """Choose what is followed, the largest first, and add up the sizes.

    `appeared` are the lesions that this read is the first to call unequivocal.
    """
    followed, surplus = dict(before.followed), []
    for label, measure in _measured(criteria, lesions, read, appeared):
        if label in followed:
            continue
        if _has_room(limit, lesions, followed, label):
            followed[label] = measure
        else:
            surplus.append(label)
    sizes = {x: _size(measure, read.findings.get(x)) for x, measure in followed.items()}
    return NewSum(followed, sizes, tuple(surplus))


def appeared(seen: Mapping[str, Certain], known: Mapping[str, NewLesion]) -> dict[str, Certain]:
    """The lesions that are unequivocal now and were not before."""
    sure = NewLesion.UNEQUIVOCAL
    return {x: c for x, c in seen.items() if c.now is sure and known.get(x) is not sure}


def _measured(
    criteria: Criteria, lesions: Mapping[str, Lesion], read: Read, appeared: Iterable[str]
) -> list[tuple[str, Ruler]]:
    """Those of the lesions that have a size in this read, the largest first."""
    sized = []
    for label in appeared:
        finding = read.findings.get(label)
        if finding is None or finding.state is not State.MEASURED:
            continue
        measure = ruler(criteria, lesions[label], finding)
        size = _size(measure, finding)
        if size is not None and finding.merged_into is None:
            sized.append((size, label, measure))
    sized.sort(key=lambda one: -one[0])
    return [(label, measure) for _, label, measure in sized]


def _has_room(
    limit: Limit, lesions: Mapping[str, Lesion], followed: Mapping[str, Ruler], label: str
) -> bool:
    organ = organ_of(lesions[label])
    beside = sum(organ is not None and organ_of(lesions[x]) == organ for x in followed)
    in_all = limit.in_all is None or len(followed) < limit.in_all
    return in_all and (limit.per_organ is None or beside < limit.per_organ)


def _size(measure: Ruler, finding: Finding | None) -> int | None:
    if finding is None:
        return None
    if finding.state is State.TOO_SMALL:
        return measure.too_small
    if finding.state is State.ABSENT or finding.merged_into is not None:
        return 0
    if finding.fragments_mm is not None or getattr(finding, measure.names[0]) is not None:
        return measure.measure(finding)[0]
    return None
