"""One pass over the reads: what each showed beside what came before it, for one set of lesions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from recist.again import Again
from recist.answer import Concern
from recist.apart import Smallest
from recist.burden import Burden, Rest
from recist.certainty import Certain, NewLesions
from recist.criteria import Criteria
from recist.newtargets import NewSum, appeared, new_sum
from recist.progression import Progression, Shown
from recist.protocol import DiseaseAfterCr, PrPersistence, Switches
from recist.rest import rest_of
from recist.rules import Rule, first
from recist.sizes import Scale, Sizes
from recist.tables import Row
from recist.vocabulary import Lesion, NewLesion, Read, Response, Role

R = Response
COMPLETE = frozenset({R.CR, R.ICR})
STABLE = frozenset({R.SD, R.NC})


@dataclass(slots=True)
class Scope:
    """The lesions that are judged together, by the criteria and switches that judge them."""

    targets: Sequence[str]
    non_targets: Mapping[str, Lesion]
    new: Mapping[str, Lesion]
    criteria: Criteria
    switches: Switches
    scale: Scale
    heeds_markers: bool
    """A tumour marker speaks of the whole patient, never of one compartment."""

    @classmethod
    def of(
        cls,
        lesions: Mapping[str, Lesion],
        criteria: Criteria,
        switches: Switches,
        scale: Scale,
        *,
        whole: bool,
    ) -> "Scope":
        """Sort lesions by their roles."""
        targets: list[str] = []
        others: dict[Role, dict[str, Lesion]] = {Role.NON_TARGET: {}, Role.NEW: {}}
        for label, lesion in lesions.items():
            if lesion.role is Role.TARGET:
                targets.append(label)
            else:
                others[lesion.role][label] = lesion
        non_targets, new = others[Role.NON_TARGET], others[Role.NEW]
        return cls(targets, non_targets, new, criteria, switches, scale, whole)


@dataclass(slots=True)
class Past:
    """What the reads so far leave for the next one to be judged by."""

    baseline: int
    nadir: int
    new: NewLesions
    apart: Smallest | None
    """Each target's own smallest size, where the criteria weigh them apart."""
    progression: Progression | None
    """Where the criteria confirm progression."""
    new_sum: NewSum = field(default_factory=NewSum)
    progressed: set[str] = field(default_factory=set)
    """Non-targets that stand as unequivocally progressed."""
    had_cr: bool = False
    """An overall CR was assessed."""
    pr_since: date | None = None
    """The first target PR or CR of a run that no other evaluable response has broken."""
    keeps_pr: bool = False


@dataclass(slots=True)
class Look:
    """What one read shows: the burdens, the rules that decided, and the row of the table."""

    read: Read
    burden: Burden | None
    """None where there are no targets."""
    target: Response
    target_rule: Rule[Burden] | None
    rest: Rest
    rest_rule: Rule[Rest]
    new: NewLesion
    certain: Mapping[str, Certain]
    row: Row
    overall: Response
    """As assessed: what the table says, or what the confirmation of progression makes of it."""
    shown: Shown | None = None
    """The same for the confirmation of progression, where the criteria confirm it."""
    again: Again | None = None
    again_rule: Rule[Again] | None = None


def begin(scope: Scope, baseline: Read, sizes: Sizes) -> Past:
    """Take the baseline, at which every target is measured."""
    criteria = scope.criteria
    seen = {label: size for label in scope.targets if (size := sizes[label]) is not None}
    total = sum(size for size, _ in seen.values())
    confirmation = criteria.confirmation
    return Past(
        total,
        total,
        NewLesions(criteria.nodes_as(Role.NEW), baseline.pet),
        Smallest.of(seen) if criteria.weighs_apart else None,
        Progression(confirmation, scope.switches) if confirmation else None,
    )


def look(scope: Scope, past: Past, read: Read, sizes: Sizes) -> Look:
    """Judge one read by what came before it, and by nothing else."""
    criteria = scope.criteria
    after_cr = past.had_cr and scope.switches.disease_after_cr is DiseaseAfterCr.PD
    burden = _burden(scope, past, read, sizes, after_cr=after_cr) if scope.targets else None
    target_rule = first(criteria.target, burden) if burden else None
    target = target_rule.then if target_rule else R.NA
    rest = rest_of(scope, past.progressed, read, after_cr=after_cr)
    rest_rule = first(criteria.non_target, rest)
    certain = past.new.look(scope.new, read) if scope.new else {}
    new = _most_certain(certain.values()) if certain else NewLesion.NONE
    row = criteria.table[target, rest_rule.then, new]
    seen = Look(read, burden, target, target_rule, rest, rest_rule, new, certain, row, row.overall)
    if past.progression is not None:
        _confirm(scope, past, past.progression, seen)
    return seen


def remember(scope: Scope, past: Past, n: int, seen: Look) -> dict[str, range]:
    """Let the next read know this one, number `n`; answer which reads a proof turns into PD."""
    burden = seen.burden
    if burden is not None:
        if not burden.unknown and burden.now < past.nadir:
            past.nadir = burden.now
        if past.apart is not None:
            past.apart.remember(burden.apart)
        _remember_pr(scope, past, seen)
    past.had_cr = past.had_cr or seen.overall in COMPLETE
    past.progressed.intersection_update(seen.rest.unknown)  # only being seen takes it back
    past.progressed.update(seen.rest.progressed)
    if past.progression is not None:
        assert seen.shown is not None, "as look has left it"
        assert seen.again is not None, "as look has left it"
        past.progression.remember(seen.shown, seen.again, seen.overall)
        past.new_sum = seen.shown.new_sum
    return past.new.remember(n, seen.read, seen.certain) if scope.new else {}


def doubts_of_confirmation(progression: Progression, seen: Look) -> Iterator[Concern]:
    """Query what the rules of confirmation leave open; asked before the read is remembered."""
    assert seen.shown is not None, "as look has left it"
    assert seen.again is not None, "as look has left it"
    return progression.doubts(seen.shown, seen.again, seen.overall)


def _burden(scope: Scope, past: Past, read: Read, sizes: Sizes, *, after_cr: bool) -> Burden:
    now = 0
    unknown: list[str] = []
    there: list[str] = []
    for label in scope.targets:
        seen = sizes[label]
        if seen is None:
            unknown.append(label)
            continue
        size, gone = seen
        now += size
        if not gone:
            there.append(label)
    return Burden(
        now,
        past.baseline,
        past.nadir,
        len(scope.targets) - len(unknown),
        unknown,
        there,
        after_cr,
        past.keeps_pr,
        scope.scale.unit,
        past.apart.beside(scope.targets, read, sizes) if past.apart is not None else (),
    )


def _confirm(scope: Scope, past: Past, progression: Progression, seen: Look) -> None:
    """Let what is unconfirmed decide what the read becomes."""
    criteria, confirmation = scope.criteria, progression.confirmation
    sums = new_sum(
        criteria,
        confirmation.new_targets,
        scope.new,
        past.new_sum,
        seen.read,
        appeared(seen.certain, past.new.known),
    )
    shown = seen.shown = Shown(
        seen.read, seen.burden, seen.target, seen.rest, seen.rest_rule.then, seen.certain, sums
    )
    again = seen.again = progression.again(shown)
    rule = next((rule for rule in confirmation.rules if rule.when(again)), None)
    if rule is not None:
        seen.again_rule, seen.overall = rule, rule.then
        return
    bygones = seen.new is NewLesion.UNEQUIVOCAL
    if bygones:
        seen.row = criteria.table[seen.target, seen.rest_rule.then, NewLesion.NONE]
    overall = seen.row.overall
    overall = R.PR if bygones and overall is R.CR else overall
    seen.overall = criteria.words.get(overall, overall)


def _most_certain(certain: Iterable[Certain]) -> NewLesion:
    found = {c.now for c in certain}
    order = (NewLesion.UNEQUIVOCAL, NewLesion.EQUIVOCAL)
    return next((certainty for certainty in order if certainty in found), NewLesion.NONE)


def _remember_pr(scope: Scope, past: Past, seen: Look) -> None:
    """Keep a PR until PD, once it is confirmed if the protocol confirms (EORTC FAQ)."""
    switches = scope.switches
    if seen.target is R.PD:
        past.pr_since, past.keeps_pr = None, False
    elif seen.target in (R.PR, R.CR):
        past.pr_since = past.pr_since or seen.read.on
        held = (seen.read.on - past.pr_since).days >= switches.confirm_min_days
        keeps = switches.pr_persistence is PrPersistence.EORTC_FAQ
        past.keeps_pr = keeps and (held or not switches.confirm)
    elif seen.target in STABLE:
        past.pr_since = None
