"""Each target beside its own smallest size, for criteria that weigh targets apart (WHO 1979)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recist.burden import Apart
from recist.sizes import Seen, Sizes
from recist.vocabulary import Read


@dataclass(slots=True)
class Smallest:
    """The smallest size so far of each target, and of those that have merged, together."""

    sizes: dict[tuple[str, ...], int]

    @classmethod
    def of(cls, baseline: Mapping[str, Seen]) -> "Smallest":
        """Start with the sizes at baseline."""
        return cls({(label,): size for label, (size, _) in baseline.items()})

    def beside(self, targets: Sequence[str], read: Read, sizes: Sizes) -> list[Apart]:
        """Every evaluable target now and before; what has merged is one, with all its parts."""
        return [
            Apart(labels, seen[0], self._before(labels))
            for holder, labels in _together(targets, read).items()
            if (seen := sizes[holder]) is not None
        ]

    def remember(self, now: Iterable[Apart]) -> None:
        """Keep what is smaller than before."""
        for target in now:
            self.sizes[target.labels] = min(target.now, target.smallest)

    def _before(self, labels: tuple[str, ...]) -> int:
        """The least that they were together: as one, in the parts that had merged, or apart."""
        if len(labels) == 1:
            return self.sizes[labels]
        together = self.sizes.get(labels)
        left, merged = set(labels), 0
        for part in sorted(self.sizes, key=len, reverse=True):
            if left.issuperset(part) and part != labels:
                left.difference_update(part)
                merged += self.sizes[part]
        apart = sum(self.sizes[label,] for label in labels)
        return min(merged, apart) if together is None else min(together, merged, apart)


def _together(targets: Sequence[str], read: Read) -> dict[str, tuple[str, ...]]:
    """The targets that are one in this read, by the one that holds the diameter."""
    merged: dict[str, list[str]] = {label: [label] for label in targets}
    for label in targets:
        finding = read.findings.get(label)
        if finding is not None and finding.merged_into in merged:
            merged[finding.merged_into].append(label)
            del merged[label]
    return {holder: tuple(parts) for holder, parts in merged.items()}
