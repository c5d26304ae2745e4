"""From a finding to what its target counts for: exact sizes, and whether the lesion has gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from recist.criteria import Criteria
from recist.exact import THOUSANDTHS_PER_MM, thousandths, whole
from recist.protocol import RemovedTarget, Switches
from recist.vocabulary import STATES_OF, Finding, Lesion, Role, State

SHORT = "short_axis_mm"
PARTS = {"longest_mm": "fragments_mm", SHORT: "fragments_short_mm"}
"""Where the diameters of a split lesion's fragments stand; a viable part is one diameter."""

Seen = tuple[int, bool]
"""What an evaluable target counts for, in smallest units, and whether it has gone."""
Sizes = Mapping[str, Seen | None]
"""Every target by its label; None where it is not evaluable."""

ABSENT: Seen = (0, True)
MEASURED, TOO_SMALL = State.MEASURED, State.TOO_SMALL


@dataclass(slots=True)
class Ruler:
    """How one target is sized: by the product of the diameters that `names` names."""

    names: tuple[str, ...]
    too_small: int
    gone_below: int
    """A size from which a lesion that is seen has not gone; 0 for most."""

    def measure(self, finding: Finding) -> Seen:
        """Size a lesion that has diameters: a finding holds no length but whole thousandths."""
        if finding.fragments_mm is not None and self.names[0] in PARTS:
            return self._split(finding)
        size = 1
        for name in self.names:
            size *= whole(getattr(finding, name))
        return size, size < self.gone_below

    def _split(self, finding: Finding) -> Seen:
        """The parts add up; a node has gone once every part is normal."""
        parts = zip(*(getattr(finding, PARTS[name]) for name in self.names), strict=True)
        sizes = [prod(map(thousandths, part)) for part in parts]
        return sum(sizes), max(sizes) < self.gone_below


@dataclass(slots=True)
class Expected:
    """How a lesion may be found at any time point after the first."""

    states: frozenset[State]
    diameters: tuple[str, ...]
    """What it needs where it is MEASURED."""
    ruler: Ruler | None
    """How it is sized, if it is a target."""


class Scale:
    """How the criteria size the targets of one subject; it learns lesions as they appear."""

    def __init__(self, criteria: Criteria, switches: Switches) -> None:
        self.unit = THOUSANDTHS_PER_MM**criteria.size.dimensions
        self.expected: dict[str, Expected] = {}
        self._criteria = criteria
        self._removed = ABSENT if switches.removed_target is RemovedTarget.ZERO else None
        self._rulers: dict[str, Ruler] = {}

    def learn(self, lesions: Mapping[str, Lesion], findings: Mapping[str, Finding]) -> None:
        """Take the lesions that a read describes, as it finds them."""
        for label, lesion in lesions.items():
            states, measure = STATES_OF[lesion.role], None
            diameters: tuple[str, ...] = ()
            if lesion.role is Role.TARGET:
                if (first := findings.get(label)) is not None:
                    measure = self._rulers[label] = ruler(self._criteria, lesion, first)
                    diameters = measure.names
            elif lesion.nodal and self._criteria.nodes_as(lesion.role):
                diameters = (SHORT,)
            self.expected[label] = Expected(states, diameters, measure)

    def sizes(self, findings: Mapping[str, Finding]) -> Sizes:
        """What every target counts for at one time point; None where it is not evaluable."""
        return {label: self._see(ruler, label, findings) for label, ruler in self._rulers.items()}

    def plain_sizes(self, findings: Mapping[str, Finding]) -> Sizes | None:
        """The same where each finding is as nearly all are; None where one must be looked into.

        That is: of a known lesion, in a state that it can be in, with the diameters that it needs,
        neither split nor merged, on the day of the read.
        """
        sizes: dict[str, Seen | None] = dict.fromkeys(self._rulers)
        known = self.expected
        for label, finding in findings.items():
            expected = known.get(label)
            if expected is None or finding.scanned_on is not None:
                return None
            state, measure = finding.state, expected.ruler
            if state is MEASURED:
                if finding.merged_into is not None:
                    return None
                size = 1
                for name in expected.diameters:
                    mm = getattr(finding, name)
                    if mm is None:
                        return None
                    size *= whole(mm)
                if measure is not None:
                    sizes[label] = size, size < measure.gone_below
            elif state not in expected.states:
                return None
            elif measure is not None:
                sizes[label] = self._see(measure, label, findings)
        return sizes

    def _see(self, ruler: Ruler, label: str, findings: Mapping[str, Finding]) -> Seen | None:
        finding = findings.get(label)
        if finding is None:
            return None
        state, holder = finding.state, finding.merged_into
        if holder is not None:
            held = findings.get(holder)  # on a day of scans, the holder's may come later
            return None if held is None else (0, self._rulers[holder].measure(held)[1])
        if state is MEASURED:
            return ruler.measure(finding)
        if state is TOO_SMALL:
            return ruler.too_small, ruler.too_small < ruler.gone_below
        if state is State.ABSENT:
            return ABSENT
        return self._removed if state is State.REMOVED else None


def ruler(criteria: Criteria, lesion: Lesion, first: Finding) -> Ruler:
    """How a lesion is sized at every time point, from what it is and how it was first found."""
    size = criteria.size
    names = size.diameters(lesion, first)
    nodes = criteria.nodes_as(lesion.role)
    gone_below = 0
    if names == ("viable_mm",):
        gone_below = 1  # nothing enhances
    elif lesion.nodal and nodes is not None:
        gone_below = nodes.normal_below_mm * THOUSANDTHS_PER_MM
    return Ruler(names, (size.too_small_mm * THOUSANDTHS_PER_MM) ** len(names), gone_below)
