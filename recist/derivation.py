"""From a variant to the criteria that judge: its edition with other numbers and their sentences.

A sentence that a protocol has changed opens with that: `Protocol, in place of 4.3.1 PD: …`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from recist.criteria import Criteria, Limit, Nodes, Size
from recist.editions import EDITIONS
from recist.measurable import Measurable
from recist.protocol import PdReference, Protocol
from recist.refusal import Fault, Refused
from recist.rules import AnyRises, Falls, Rises, Rule, otherwise
from recist.variant import Changes, Variant
from recist.words import Word

Rules = tuple[Rule[Any], ...]

CHANGEABLE = frozenset({"targets", "size", "nodes", "target", "non_target", "measurable"})
"""The parts of criteria that hold numbers; `Derivation` has a method for each."""
WORDED = {bool: "true or false", int: "a whole number"}


def derive(variant: Variant) -> Criteria:
    """Make the criteria of a variant.

    Raises Refused, with the path of each fault, where there is no such edition, or where it has
    nothing that could be changed like this.
    """
    base, changes = _edition(variant), variant.changes
    values, faults = _switches(base, changes.switches)
    if faults := (*faults, *_unfit(base, changes)):
        raise Refused(*(Fault(("changes", *fault.at), fault.says) for fault in faults))
    derivation = Derivation(base, changes)
    return replace(
        base,
        name=variant.called,
        title=variant.title,
        cite=f"{variant.cite}; based on {base.name}: {base.cite}",
        defaults=dict(base.defaults) | values,
        alternatives={at: derivation.parts(parts) for at, parts in base.alternatives.items()},
        notes=tuple(f"{base.name}, unless changed here: {note}" for note in base.notes),
        **derivation.parts({name: getattr(base, name) for name in CHANGEABLE}),
    )


def _edition(variant: Variant) -> Criteria:
    editions = {edition.name: edition for edition in EDITIONS}
    known = ", ".join(editions)
    if variant.name in editions:
        raise Refused(Fault(("name",), f"an edition has this name already; taken are {known}"))
    if variant.based_on not in editions:
        raise Refused(Fault(("based_on",), f"no such edition; there are {known}"))
    return editions[variant.based_on]


def _switches(base: Criteria, given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """The values of switches in their own types, and what is wrong with the others."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in given.items():
        if name not in base.switches:
            says = f"not a switch of {base.name}; there are {', '.join(base.switches)}"
            faults.append(Fault(("switches", name), says))
            continue
        default = base.switches[name]
        kind: Any = int if default is None else type(default)
        if type(value) is kind or (issubclass(kind, Word) and value in list(kind)):
            values[name] = kind(value)
        else:
            says = WORDED.get(kind) or f"one of {', '.join(kind)}"
            faults.append(Fault(("switches", name), f"must be {says}"))
    try:
        Protocol(**values)
    except Refused as refused:
        faults += (Fault(("switches", *fault.at), fault.says) for fault in refused.faults)
    return values, tuple(faults)


def _unfit(base: Criteria, changes: Changes) -> Iterator[Fault]:
    """Changes of what the edition does not have, or that contradict what stays."""
    targets = _with(base.targets, changes.targets)
    in_all, per_organ = targets.in_all, targets.per_organ
    if in_all is not None and per_organ is not None and per_organ > in_all:
        yield Fault(("targets",), f"{per_organ} in one organ are more than {in_all} in all")
    nodes = _with(base.nodes, changes.nodes)
    if changes.nodes and nodes is None:
        yield Fault(("nodes",), f"{base.name} judges nodes as any other lesion")
    elif nodes and nodes.normal_below_mm > nodes.target_from_mm:
        says = f"a node under {nodes.normal_below_mm} mm cannot be normal and yet a target"
        yield Fault(("nodes",), f"{says}, from {nodes.target_from_mm} mm")
    if changes.pd and changes.pd.and_mm is not None and base.size.dimensions > 1:
        yield Fault(("pd", "and_mm"), f"{base.name} sums products, not lengths in mm")
    if changes.pd and changes.pd.reference:
        if "pd_reference" in base.switches:
            yield Fault(("pd", "reference"), "set it by the switch pd_reference, which is for this")
        elif base.weighs_apart:
            yield Fault(("pd", "reference"), f"{base.name} weighs each lesion by itself")


@dataclass(frozen=True, slots=True)
class Derivation:
    """What each part of an edition becomes."""

    base: Criteria
    changes: Changes

    def parts(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """Change parts that hold numbers."""
        return {name: getattr(self, name)(part) for name, part in parts.items()}

    def targets(self, limit: Limit) -> Limit:
        """How many targets at most."""
        changed: Limit = _with(limit, self.changes.targets)
        return changed

    def nodes(self, nodes: Nodes | None) -> Nodes | None:
        """The limits of a node's short axis."""
        changed: Nodes | None = _with(nodes, self.changes.nodes)
        return changed

    def size(self, size: Size) -> Size:
        """What a lesion counts for that is too small to measure."""
        mm = self.changes.too_small_mm
        if mm is None:
            return size
        was, now = (f"{x**size.dimensions} {size.unit}" for x in (size.too_small_mm, mm))
        return replace(size, too_small_mm=mm, says=_renumbered(size.says, was, now))

    def measurable(self, measurable: Measurable) -> Measurable:
        """What a target is at baseline, and the sections that its remarks name."""
        own, section, targets = self.changes.measurable, measurable.section, measurable.targets
        if own is not None:
            smallest = {**measurable.smallest_mm, **own.smallest_mm}
            slices = measurable.slices if own.slices is None else own.slices
            measurable = replace(measurable, smallest_mm=smallest, slices=slices)
        return replace(
            measurable,
            section=_in_place_of(section) if own or self.changes.nodes else section,
            targets=_in_place_of(targets) if self.changes.targets else targets,
        )

    def target(self, rules: Rules) -> Rules:
        """The rules of target disease."""
        return tuple(map(self._target_rule, rules))

    def non_target(self, rules: Rules) -> Rules:
        """The rules of non-target disease, which may say when a node is normal."""
        return tuple(map(self._with_nodes, rules))

    def _target_rule(self, rule: Rule[Any]) -> Rule[Any]:
        pr, pd = self.changes.pr, self.changes.pd
        match rule.when:
            case Falls() if pr:
                return _restated(
                    rule, f"sum {pr.percent} % or more below baseline", Falls(pr.percent)
                )
            case Rises() | AnyRises() if pd:
                test = self._rising(rule.when)
                return _restated(rule, _rise(test), test)
            case when if when is otherwise and (pr or pd):
                return _restated(rule, "neither PR nor PD", when)
            case _:
                return self._with_nodes(rule)

    def _rising(self, test: Rises | AnyRises) -> Rises | AnyRises:
        given = _given(self.changes.pd)
        reference = given.pop("reference", None)
        if reference is not None:
            given["over_baseline"] = reference is PdReference.BASELINE
        return replace(test, **given)

    def _with_nodes(self, rule: Rule[Any]) -> Rule[Any]:
        nodes = self.base.nodes
        limits = [f"{x.normal_below_mm} mm" for x in (nodes, self.nodes(nodes)) if x]
        says = _renumbered(rule.says, *limits) if limits else rule.says
        return rule if says == rule.says else replace(rule, says=says)


def _given(changed: Any) -> dict[str, Any]:
    """The numbers that a change gives."""
    values = ((f.name, getattr(changed, f.name)) for f in fields(changed))
    return {name: value for name, value in values if value is not None}


def _with(part: Any, changed: Any) -> Any:
    """A part with the numbers that are given; none is given for what is not there."""
    return replace(part, **_given(changed)) if part and changed else part


def _restated(rule: Rule[Any], says: str, when: Any) -> Rule[Any]:
    head = rule.says.partition(":")[0]
    return replace(rule, when=when, says=f"{_in_place_of(head)}: {says}")


def _rise(test: Rises | AnyRises) -> str:
    if isinstance(test, AnyRises):
        return f"a lesion {test.percent} % or more above its own smallest"
    least = f" and {test.and_mm} mm" if test.and_mm else ""
    reference = "baseline" if test.over_baseline else "the nadir"
    return f"sum {test.percent} %{least} or more above {reference}"


def _renumbered(says: str, was: str, now: str) -> str:
    """A sentence with another number; the same where it does not state this one."""
    head, _, body = says.partition(": ")
    changed = re.sub(rf"\b{was}\b", now, body)
    return says if changed == body else f"{_in_place_of(head)}: {changed}"


def _in_place_of(section: str) -> str:
    return f"Protocol, in place of {section}"
