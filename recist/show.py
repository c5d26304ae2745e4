"""The criteria in words, from the same values that decide."""

from dataclasses import dataclass

from recist.criteria import Criteria
from recist.protocol import Protocol


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule: its name, the response that it gives, and its sentence."""

    rule: str
    response: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaText:
    """A set of criteria as a radiologist can lay it beside the paper; rules in the order tried."""

    name: str
    title: str
    cite: str
    targets_in_all: int | None
    targets_per_organ: int | None
    size: str
    unit: str
    target: tuple[RuleText, ...]
    non_target: tuple[RuleText, ...]
    overall: tuple[RuleText, ...]
    switches: dict[str, str | int | bool | None]


def describe(criteria: Criteria, protocol: Protocol | None = None) -> CriteriaText:
    """Put criteria into words, as a protocol's switches leave them."""
    criteria, switches = criteria.under(protocol or Protocol())
    reasons = criteria.reasons
    return CriteriaText(
        name=criteria.name,
        title=criteria.title,
        cite=criteria.cite,
        targets_in_all=criteria.targets.in_all,
        targets_per_organ=criteria.targets.per_organ,
        size=criteria.size.says,
        unit=criteria.size.unit,
        target=tuple(RuleText(reasons[r].rule, r.then, r.says) for r in criteria.target),
        non_target=tuple(RuleText(reasons[r].rule, r.then, r.says) for r in criteria.non_target),
        overall=tuple(RuleText(reasons[r].rule, r.overall, r.says) for r in criteria.overall),
        switches={name: getattr(switches, name) for name in criteria.switches},
    )
