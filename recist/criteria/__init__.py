"""What a set of criteria consists of: each field answers a question that a reader would ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from recist.again import Again
from recist.answer import Reason
from recist.burden import Burden, Rest
from recist.measurable import Measurable
from recist.protocol import OF_ONE_EDITION, Protocol, Switches
from recist.refusal import Fault, Refused
from recist.rules import AnyRises, Line, Rule, Which, line_of, slug, which_of
from recist.tables import Case, Row, lookup
from recist.vocabulary import Finding, Lesion, Response, Role


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
    diameters: Callable[[Lesion, Finding], tuple[str, ...]]
    """The diameters of a lesion, from what it is and how it was found at baseline."""
    too_small_mm: int = 5
    """What a lesion counts for, in each dimension, that is seen but cannot be measured."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """How lymph nodes differ from other lesions: limits of their short axis in millimetres."""

    normal_below_mm: int
    target_from_mm: int
    judges: frozenset[Role] = frozenset(Role)
    """The roles in which a node is judged by its short axis."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a read becomes that follows an unconfirmed progression; lengths in millimetres."""

    rules: tuple[Rule[Again], ...]
    """The first that holds gives the overall response; where none does, the table's stands."""
    grows_mm: int
    """By how much a sum must grow further."""
    earliest_days: int
    """An earlier read confirms nothing."""
    latest_days: int
    """A later read raises a query, where the protocol sets no limit of its own."""
    new_targets: Limit
    """How many new lesions are followed by their sizes."""


@dataclass(frozen=True, eq=False)
class Criteria:
    """An edition of response criteria, as data. Order of rules and rows is that of the paper."""

    name: str
    title: str
    cite: str
    targets: Limit
    size: Size
    nodes: Nodes | None
    measurable: Measurable
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
    duration_from_start: bool = False
    """The duration of response begins with the treatment; False: with the response."""
    notes: tuple[str, ...] = ()
    """What the paper leaves open, and how it is decided here."""
    confirmation: Confirmation | None = None
    """How an unconfirmed progression becomes a confirmed one; None: every PD is one."""

    @cached_property
    def table(self) -> Mapping[Case, Row]:
        """The overall response of every case."""
        return lookup(self.overall)

    @cached_property
    def reasons(self) -> Mapping[Rule[Any] | Row, Reason]:
        """What each rule and each row says when it decides."""
        again = self.confirmation.rules if self.confirmation else ()
        said = {
            rule: Reason(f"{self.name}/{rule.slug}", rule.says) for rule in (*self.rules, *again)
        }
        rows = {
            row: Reason(f"{self.name}/{slug(row.section)}-row-{n}", row.says)
            for n, row in enumerate(self.overall, 1)
        }
        return said | rows

    @cached_property
    def naming(self) -> Mapping[Rule[Any], Which]:
        """What names the lesions that made a rule hold, for the rules that weigh not all."""
        return {rule: which for rule in self.rules if (which := which_of(rule)) is not None}

    def nodes_as(self, role: Role) -> Nodes | None:
        """The limits of nodes followed in this role; None where nodes are as other lesions."""
        return self.nodes if self.nodes and role in self.nodes.judges else None

    @cached_property
    def weighs_apart(self) -> bool:
        """Whether a rule looks at each target by itself."""
        return any(isinstance(rule.when, AnyRises) for rule in self.target)

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
        says = f"not a switch of {criteria.name}; there are {', '.join(criteria.switches)}"
        raise Refused(*(Fault((name,), says) for name in sorted(strangers)))
    switches = Switches(**(dict(criteria.switches) | given))
    for (name, value), parts in criteria.alternatives.items():
        if getattr(switches, name) == value:
            criteria = replace(criteria, **parts)
    return criteria, switches
