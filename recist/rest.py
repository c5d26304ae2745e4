"""What the non-target lesions of one read show."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from recist.burden import Rest
from recist.criteria import Criteria
from recist.vocabulary import Finding, Read, Role, State

if TYPE_CHECKING:
    from recist.course import Scope

ABSENT, INCREASED, PROGRESSED = State.ABSENT, State.INCREASED, State.PROGRESSED
NOT_LOOKED_AT = frozenset({State.NOT_EVALUABLE, State.REMOVED})


def rest_of(scope: "Scope", standing: Collection[str], read: Read, *, after_cr: bool) -> Rest:
    """Sort the non-targets by how they are found; `standing` have progressed before."""
    known, findings = scope.non_targets, read.findings
    progressed: list[str] = []
    there: list[str] = []
    unknown: list[str] = []
    for label, lesion in known.items():
        finding = findings.get(label)
        if finding is None or (state := finding.state) in NOT_LOOKED_AT:
            unknown.append(label)
            continue
        if state is PROGRESSED or (state is INCREASED and label in standing):
            progressed.append(label)
        if state is not ABSENT and not (lesion.nodal and _is_normal(scope.criteria, finding)):
            there.append(label)
    # a node that is large again has come back only if it has progressed (EORTC FAQ)
    returned = [label for label in there if not known[label].nodal] if after_cr else []
    marker = scope.heeds_markers and read.markers_above_normal
    return Rest(known.keys(), progressed, there, returned, unknown, marker)


def _is_normal(criteria: Criteria, finding: Finding) -> bool:
    """Sizes decide nothing here, but that a node below its limit has gone."""
    nodes = criteria.nodes_as(Role.NON_TARGET)
    if nodes is None:
        return False
    if finding.state is State.TOO_SMALL:
        return criteria.size.too_small_mm < nodes.normal_below_mm
    short = finding.short_axis_mm
    return finding.state is State.MEASURED and short is not None and short < nodes.normal_below_mm
