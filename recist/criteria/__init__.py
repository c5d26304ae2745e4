"""What a set of criteria consists of: each field answers a question that a reader would ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from recist.answer import Reason
from recist.burden import Burden, Rest
from recist.protocol import OF_ONE_EDITION, Protocol, Switches
from recist.refusal import Fault, Refused
from recist.rules import Line, Rule, line_of, slug
from recist.tables import Case, Row, lookup
from recist.vocabulary import Lesion, Response


@dataclass(frozen=True, slots=True)
class Limit:
    """How many targets at most: in all and per organ; None: no limit."""

    in_all: int | None = None
    per_organ: int | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """What a lesion counts for: the product of the diameters that `diameters` names."""

    says: str
    unit: str
    """`mm`, or `mm2` for products."""
    dimensions: int
    diameters: Callable[[Lesion], tuple[str, ...]]
    too_small_mm: int = 5
    """What a lesion counts for, in each dimension, that is seen but cannot be measured."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """How lymph nodes differ from other lesions: limits of their short axis in millimetres."""

    normal_below_mm: int
    target_from_mm: int


@dataclass(frozen=True, eq=False)
class Criteria:
    """An edition of response criteria, as data. Order of rules and rows is that of the paper."""

    name: str
    title: str
    cite: str
    targets: Limit
    size: Size
    nodes: Nodes | None
    target: tuple[Rule[Burden], ...]
    non_target: tuple[Rule[Rest], ...]
    overall: tuple[Row, ...]
    new_lesion: str
    """Where the paper says that a new lesion is progression."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Switches of this edition alone, and other defaults than the common ones."""
    alternatives: Mapping[tuple[str, Any], Mapping[str, Any]] = field(default_factory=dict)
    """What the value of a switch replaces in these criteria."""
    words: Mapping[Response, Response] = field(default_factory=dict)
    """This edition's own words for the overall responses, by the common ones."""

    @cached_property
    def table(self) -> Mapping[Case, Row]:
        """The overall response of every case."""
        return lookup(self.overall)

    @cached_property
    def reasons(self) -> Mapping[Rule[Any] | Row, Reason]:
        """What each rule and each row says when it decides."""
        said = {rule: Reason(f"{self.name}/{rule.slug}", rule.says) for rule in self.rules}
        rows = {
            row: Reason(f"{self.name}/{slug(row.section)}-row-{n}", row.says)
            for n, row in enumerate(self.overall, 1)
        }
        return said | rows

    @property
    def rules(self) -> tuple[Rule[Any], ...]:
        """Target and non-target rules, in their order."""
        return (*self.target, *self.non_target)

    @cached_property
    def pr_line(self) -> Line:
        """The sum at which the target response becomes PR."""
        return line_of(self.target, Response.PR)

    @cached_property
    def pd_line(self) -> Line:
        """The sum at which the target response becomes PD."""
        return line_of(self.target, Response.PD)

    @cached_property
    def common(self) -> Mapping[Response, Response]:
        """The common words for the overall responses, by this edition's own."""
        return {own: common for common, own in self.words.items()}

    @cached_property
    def switches(self) -> Mapping[str, Any]:
        """Every switch that a protocol may set here, with its default."""
        common = Switches()
        names = (name for name in Switches.__slots__ if name not in OF_ONE_EDITION)
        return {name: getattr(common, name) for name in names} | dict(self.defaults)

    def under(self, protocol: Protocol) -> tuple["Criteria", Switches]:
        """Apply a protocol: the criteria with what its switches replace, and all switches resolved.

        Raises Refused for a switch that these criteria do not have.
        """
        return _under(self, protocol)


@lru_cache(maxsize=256)
def _under(criteria: Criteria, protocol: Protocol) -> tuple[Criteria, Switches]:
    given = protocol.given()
    if strangers := given.keys() - criteria.switches.keys():
        says = f"not a switch of {criteria.name}"
        raise Refused(*(Fault((name,), says) for name in sorted(strangers)))
    switches = Switches(**(dict(criteria.switches) | given))
    for (name, value), parts in criteria.alternatives.items():
        if getattr(switches, name) == value:
            criteria = replace(criteria, **parts)
    return criteria, switches
