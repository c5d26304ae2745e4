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
    """Answer for one read; sums leave the exact whole numbers here."""
    on = seen.read.on
    new = seen.new_sum and seen.new_sum.whole
    point = TimePoint(
        on=on,
        day=(on - reference_on).days,
        sum=None,
        partial_sum=None,
        unit=scope.criteria.size.unit,
        baseline=None,
        nadir=None,
        change_from_baseline_percent=None,
        change_from_nadir_percent=None,
        pr_at=None,
        pd_at=None,
        to_pr=None,
        to_pd=None,
        new_lesion_sum=None if new is None else new / scope.scale.unit,
        target=seen.target,
        non_target=seen.rest_rule.then,
        new_lesion=seen.new,
        overall=seen.overall,
        overall_final=final,
        because=because(scope, seen),
        because_final=why,
    )
    if seen.burden is not None:
        _add_numbers(point, scope, seen.burden)
    return point


def _add_numbers(point: TimePoint, scope: Scope, b: Burden) -> None:
    """The sums, what they are compared with, and how far the next category was."""
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
        point.to_pr = (hundredths - pr_line) / whole if hundredths > pr_line else 0.0
    if pd_line is not None:
        point.to_pd = (pd_line - hundredths) / whole if hundredths < pd_line else 0.0


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
