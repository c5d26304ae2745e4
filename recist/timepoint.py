"""From what a read shows to what is answered about it: numbers for display, and the reasons."""

from datetime import date
from typing import Any

from recist.answer import Reason, TimePoint
from recist.burden import Burden
from recist.course import Look, Scope
from recist.criteria import Criteria
from recist.exact import percent_change
from recist.rules import HUNDREDTHS, Rule
from recist.tables import YES
from recist.vocabulary import NewLesion, Response


def time_point(
    scope: Scope, seen: Look, final: Response, why: tuple[Reason, ...], reference_on: date
) -> TimePoint:
    """Answer for one read; sums leave the exact whole numbers here.

    Each member is set by name: a call with so many takes longer than all that they hold.
    """
    point = object.__new__(TimePoint)
    on = point.on = seen.read.on
    point.day = (on - reference_on).days
    point.unit = scope.criteria.size.unit
    _set_sums(point, scope, seen.burden)
    new = seen.shown and seen.shown.new_sum.whole
    point.new_lesion_sum = None if new is None else new / scope.scale.unit
    point.target = seen.target
    point.non_target = seen.rest_rule.then
    point.new_lesion = seen.new
    point.overall = seen.overall
    point.overall_final = final
    point.because = because(scope, seen)
    point.because_final = why
    return point


def _set_sums(point: TimePoint, scope: Scope, b: Burden | None) -> None:
    """The sums, what they are compared with, and how far the next category was."""
    point.sum = point.partial_sum = point.baseline = point.nadir = None
    point.change_from_baseline_percent = point.change_from_nadir_percent = None
    point.pr_at = point.pd_at = point.to_pr = point.to_pd = None
    if b is None:
        return
    now, unit, whole = b.now, b.unit, HUNDREDTHS * b.unit
    pr_line, pd_line = scope.criteria.pr_line(b), scope.criteria.pd_line(b)
    point.baseline = b.baseline / unit
    point.nadir = b.nadir / unit
    if pr_line is not None:
        point.pr_at = pr_line / whole
    if pd_line is not None:
        point.pd_at = pd_line / whole
    if b.unknown:
        point.partial_sum = now / unit if b.evaluable else None
        return
    point.sum = now / unit
    point.change_from_baseline_percent = percent_change(now, b.baseline)
    point.change_from_nadir_percent = percent_change(now, b.nadir)
    hundredths = HUNDREDTHS * now
    if pr_line is not None:
        point.to_pr = max(hundredths - pr_line, 0) / whole
    if pd_line is not None:
        point.to_pd = max(pd_line - hundredths, 0) / whole


def because(scope: Scope, seen: Look) -> tuple[Reason, ...]:
    """Why a read is called what it is: target, non-target, the table, and the confirmation."""
    criteria = scope.criteria
    row = criteria.reasons[seen.row]
    if seen.row.new is YES:
        sure = [x for x, c in seen.certain.items() if c.now is NewLesion.UNEQUIVOCAL]
        row = Reason(row.rule, row.says, tuple(sure))
    rest = _reason(criteria, seen.rest_rule, seen.rest)
    if seen.target_rule is None:
        decided: tuple[Reason, ...] = (rest, row)
    else:
        decided = (_reason(criteria, seen.target_rule, seen.burden), rest, row)
    if seen.again_rule is not None:
        return (*decided, criteria.reasons[seen.again_rule])
    return decided


def _reason(criteria: Criteria, rule: Rule[Any], case: object) -> Reason:
    """What a rule says, with the lesions that made it hold where it weighs not all."""
    said, which = criteria.reasons[rule], criteria.naming.get(rule)
    return said if which is None else Reason(said.rule, said.says, tuple(which(case)))
