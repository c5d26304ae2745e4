"""The criteria in words, from the same values that decide."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from recist.criteria import Criteria
from recist.criteria.notes import EVERYWHERE
from recist.protocol import Protocol
from recist.rules import Rule
from recist.tables import Row


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
    targets_section: str
    """Where the paper says how many targets are chosen."""
    baseline_section: str
    """Where the paper says how old a baseline may be."""
    size: str
    unit: str
    nodes: str | None
    """How lymph nodes differ from other lesions; null where they do not."""
    measurable: tuple[str, ...]
    """What a target must be at baseline; what is not raises a remark."""
    target: tuple[RuleText, ...]
    non_target: tuple[RuleText, ...]
    new_lesion: str
    """Where the paper says that a new lesion is progression."""
    overall: tuple[RuleText, ...]
    confirmation: tuple[RuleText, ...]
    """How a progression is confirmed; empty where every PD is one."""
    words: dict[str, str]
    """This edition's own words for the overall responses, by the common ones."""
    switches: dict[str, str | int | bool | None]
    notes: tuple[str, ...]
    """What the paper leaves open, and how it is decided here."""


def describe(criteria: Criteria, protocol: Protocol | None = None) -> CriteriaText:
    """Put criteria into words, as a protocol's switches leave them."""
    criteria, switches = criteria.under(protocol or Protocol())
    reasons = criteria.reasons

    def told(rules: Iterable[Rule[Any]]) -> tuple[RuleText, ...]:
        return tuple(RuleText(reasons[r].rule, r.then, r.says) for r in rules)

    def shown(rows: Iterable[Row]) -> tuple[RuleText, ...]:
        return tuple(RuleText(reasons[r].rule, r.overall, r.says) for r in rows)

    return CriteriaText(
        name=criteria.name,
        title=criteria.title,
        cite=criteria.cite,
        targets_in_all=criteria.targets.in_all,
        targets_per_organ=criteria.targets.per_organ,
        targets_section=criteria.measurable.targets,
        baseline_section=criteria.measurable.timing,
        size=criteria.size.says,
        unit=criteria.size.unit,
        nodes=_nodes(criteria),
        measurable=criteria.measurable.says,
        target=told(criteria.target),
        non_target=told(criteria.non_target),
        new_lesion=criteria.new_lesion,
        overall=shown(criteria.overall),
        confirmation=told(criteria.confirmation.rules if criteria.confirmation else ()),
        words={str(common): str(own) for common, own in criteria.words.items()},
        switches={name: getattr(switches, name) for name in criteria.switches},
        notes=(*criteria.notes, *EVERYWHERE),
    )


def _nodes(criteria: Criteria) -> str | None:
    if (nodes := criteria.nodes) is None:
        return None
    roles = " and ".join(sorted(role.replace("_", "-").lower() for role in nodes.judges))
    return (
        f"By the short axis, as {roles} lesion: under {nodes.normal_below_mm} mm normal, "
        f"from {nodes.target_from_mm} mm measurable"
    )
