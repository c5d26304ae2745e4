"""How certain each new lesion is at each time point, and which reads its proof turns into PD."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recist.criteria import Nodes
from recist.exact import THOUSANDTHS_PER_MM, thousandths
from recist.vocabulary import Finding, Lesion, Method, NewLesion, Pet, Read, State

NONE, EQUIVOCAL, UNEQUIVOCAL = NewLesion.NONE, NewLesion.EQUIVOCAL, NewLesion.UNEQUIVOCAL

NOT_THERE = frozenset({State.ABSENT, State.REMOVED, State.NOT_EVALUABLE})


@dataclass(frozen=True, slots=True)
class Certain:
    """How certain a new lesion is in one read; `small_node` where its size alone says EQUIVOCAL."""

    now: NewLesion
    small_node: bool = False


SEEN = {certainty: Certain(certainty) for certainty in NewLesion}


@dataclass(slots=True)
class NewLesions:
    """The new lesions of one subject or compartment, as each read leaves them."""

    nodes: Nodes | None
    baseline_pet: Pet | None
    known: dict[str, NewLesion] = field(default_factory=dict)
    """How certain each was when it was last looked at."""
    equivocal_since: dict[str, int] = field(default_factory=dict)
    """The first of the reads, without a gap, that call it equivocal."""

    def look(self, lesions: Mapping[str, Lesion], read: Read) -> dict[str, Certain]:
        """How certain each lesion is in this read; a silent reader holds to what was said."""
        return {
            label: self._certain(label, lesion, read.findings.get(label))
            for label, lesion in lesions.items()
            if label in self.known or label in read.findings
        }

    def remember(self, n: int, read: Read, seen: Mapping[str, Certain]) -> dict[str, range]:
        """Keep what read `n` showed; answer which earlier reads a proof turns into PD."""
        proven: dict[str, range] = {}
        for label, certain in seen.items():
            now = certain.now
            if now is EQUIVOCAL:
                self.equivocal_since.setdefault(label, n)
            else:
                since = self.equivocal_since.pop(label, n)
                if now is UNEQUIVOCAL:
                    proven[label] = range(since, n)
            finding = read.findings.get(label)
            if finding is None or finding.state is not State.NOT_EVALUABLE:
                self.known[label] = now
        return proven

    def _certain(self, label: str, lesion: Lesion, finding: Finding | None) -> Certain:
        before = self.known.get(label, NONE)
        if finding is None:
            return SEEN[before]
        if finding.state in NOT_THERE:
            return SEEN[NONE]
        if finding.state is State.EQUIVOCAL:
            return SEEN[EQUIVOCAL]
        if finding.method is Method.PET and before is not UNEQUIVOCAL:
            return SEEN[UNEQUIVOCAL if self.baseline_pet is Pet.NEGATIVE else EQUIVOCAL]
        if self.nodes is not None and lesion.nodal:
            return _node(self.nodes, finding)
        return SEEN[UNEQUIVOCAL]


def _node(nodes: Nodes, finding: Finding) -> Certain:
    """A measured node is judged by its short axis; otherwise the reader is certain (4.3.5, FAQ)."""
    if finding.state is not State.MEASURED or finding.short_axis_mm is None:
        return SEEN[UNEQUIVOCAL]
    short = thousandths(finding.short_axis_mm)
    if short < nodes.normal_below_mm * THOUSANDTHS_PER_MM:
        return SEEN[NONE]
    if short < nodes.target_from_mm * THOUSANDTHS_PER_MM:
        return Certain(EQUIVOCAL, small_node=True)
    return SEEN[UNEQUIVOCAL]
