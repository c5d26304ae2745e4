"""From a finding to what its target counts for: exact sizes, and whether the lesion has gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from recist.criteria import Criteria
from recist.exact import THOUSANDTHS_PER_MM, thousandths
from recist.protocol import RemovedTarget, Switches
from recist.vocabulary import Finding, Lesion, Role, State

SHORT = "short_axis_mm"
PARTS = {"longest_mm": "fragments_mm", SHORT: "fragments_short_mm"}
"""Where the diameters of a split lesion's fragments stand."""


@dataclass(slots=True)
class Seen:
    """A target that was evaluable: its size in smallest units, and whether it has gone."""

    size: int
    gone: bool


ABSENT = Seen(0, gone=True)


class Scale:
    """How the criteria size the targets of one subject; made once, asked at every time point."""

    def __init__(
        self, criteria: Criteria, switches: Switches, lesions: Mapping[str, Lesion]
    ) -> None:
        size = criteria.size
        self.unit = THOUSANDTHS_PER_MM**size.dimensions
        self._lesions = lesions
        self._nodes = criteria.nodes
        self._names = {
            label: size.diameters(lesion)
            for label, lesion in lesions.items()
            if lesion.role is Role.TARGET
        }
        self._too_small = (size.too_small_mm * THOUSANDTHS_PER_MM) ** size.dimensions
        self._removed = ABSENT if switches.removed_target is RemovedTarget.ZERO else None

    def sizes(self, findings: Mapping[str, Finding]) -> dict[str, Seen | None]:
        """What every target counts for at one time point; None where it is not evaluable."""
        return {label: self.see(label, findings) for label in self._names}

    def see(self, label: str, findings: Mapping[str, Finding]) -> Seen | None:
        """What a target counts for at one time point; None where it is not evaluable."""
        finding = findings.get(label)
        if finding is None:
            return None
        match finding.state:
            case State.MEASURED:
                return self._measured(label, finding, findings)
            case State.TOO_SMALL:
                return self._seen(label, self._too_small)
            case State.ABSENT:
                return ABSENT
            case State.REMOVED:
                return self._removed
            case _:
                return None

    def _measured(
        self, label: str, finding: Finding, findings: Mapping[str, Finding]
    ) -> Seen | None:
        if finding.merged_into is not None:
            holder = self.see(finding.merged_into, findings)
            return holder and Seen(0, holder.gone)
        names = self._names[label]
        if finding.fragments_mm is not None:
            parts = zip(*(getattr(finding, PARTS[name]) for name in names), strict=True)
            sizes = [prod(map(thousandths, part)) for part in parts]
            return Seen(sum(sizes), self._seen(label, max(sizes)).gone)
        size = 1
        for name in names:
            size *= thousandths(getattr(finding, name))
        return self._seen(label, size)

    def _seen(self, label: str, size: int) -> Seen:
        """A node has gone below its limit; anything else that can be seen has not."""
        if self._nodes is None or not self._lesions[label].nodal:
            return Seen(size, gone=False)
        return Seen(size, gone=size < self._nodes.normal_below_mm * THOUSANDTHS_PER_MM)
