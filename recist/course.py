"""One pass over the reads: what each showed beside what came before it, for one set of lesions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from recist.burden import Burden, Rest
from recist.certainty import Certain, NewLesions
from recist.criteria import Criteria
from recist.protocol import DiseaseAfterCr, PrPersistence, Switches
from recist.rules import Rule, first
from recist.sizes import Scale, Seen
from recist.tables import Row
from recist.vocabulary import Finding, Lesion, NewLesion, Read, Response, Role, State

R = Response
Sizes = Mapping[str, Seen | None]
KEEPS_PROGRESSION = frozenset({State.INCREASED, State.NOT_EVALUABLE, State.REMOVED})


@dataclass(frozen=True, slots=True)
class Scope:
    """The lesions that are judged together, by the criteria and switches that judge them."""

    targets: tuple[str, ...]
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
        return cls(
            tuple(label for label, lesion in lesions.items() if lesion.role is Role.TARGET),
            {label: x for label, x in lesions.items() if x.role is Role.NON_TARGET},
            {label: x for label, x in lesions.items() if x.role is Role.NEW},
            criteria,
            switches,
            scale,
            whole,
        )


@dataclass(slots=True)
class Past:
    """What the reads so far leave for the next one to be judged by."""

    baseline: int
    nadir: int
    new: NewLesions
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
    measured: bool
    """At least one target was evaluable."""
    target: Response
    target_rule: Rule[Burden] | None
    non_target: Response
    rest_rule: Rule[Rest]
    new: NewLesion
    certain: Mapping[str, Certain]
    row: Row


def begin(scope: Scope, baseline: Read, sizes: Sizes) -> Past:
    """Take the baseline, at which every target is measured."""
    seen = (sizes[label] for label in scope.targets)
    total = sum(target.size for target in seen if target is not None)
    return Past(total, total, NewLesions(scope.criteria.nodes, baseline.pet))


def look(scope: Scope, past: Past, read: Read, sizes: Sizes) -> Look:
    """Judge one read by what came before it, and by nothing else."""
    seen = [sizes[label] for label in scope.targets]
    burden = _burden(scope, past, seen) if seen else None
    target_rule = first(scope.criteria.target, burden) if burden else None
    target = target_rule.then if target_rule else R.NA
    rest = _rest(scope, past, read)
    rest_rule = first(scope.criteria.non_target, rest)
    certain = past.new.look(scope.new, read)
    new = _most_certain(certain.values())
    return Look(
        read,
        burden,
        any(target is not None for target in seen),
        target,
        target_rule,
        rest_rule.then,
        rest_rule,
        new,
        certain,
        scope.criteria.table[target, rest_rule.then, new],
    )


def remember(scope: Scope, past: Past, n: int, seen: Look) -> dict[str, range]:
    """Let the next read know this one, number `n`; answer which reads a proof turns into PD."""
    burden = seen.burden
    if burden is not None:
        if burden.complete:
            past.nadir = min(past.nadir, burden.now)
        _remember_pr(scope, past, seen)
    past.had_cr = past.had_cr or seen.row.overall is R.CR
    _remember_progressed(scope, past, seen.read)
    return past.new.remember(n, seen.read, seen.certain)


def proven_on(scope: Scope, past: Past, read: Read) -> date:
    """The first day by which what was scanned so far proves that this read is PD."""
    days = sorted({f.scanned_on or read.on for f in read.findings.values()})
    for day in days[:-1]:
        scanned = {
            label: f for label, f in read.findings.items() if (f.scanned_on or read.on) <= day
        }
        seen = look(scope, past, _with_findings(read, scanned), scope.scale.sizes(scanned))
        if seen.row.overall is R.PD:
            return day
    return days[-1] if days else read.on


def _with_findings(read: Read, findings: dict[str, Finding]) -> Read:
    return Read(on=read.on, findings=findings, markers_above_normal=read.markers_above_normal)


def _burden(scope: Scope, past: Past, seen: Sequence[Seen | None]) -> Burden:
    evaluable = [target for target in seen if target is not None]
    complete = len(evaluable) == len(seen)
    present = any(not target.gone for target in evaluable)
    return Burden(
        now=sum(target.size for target in evaluable),
        baseline=past.baseline,
        nadir=past.nadir,
        complete=complete,
        gone=complete and not present,
        present=present,
        after_cr=_after_cr(scope, past),
        kept_pr=past.keeps_pr,
        unit=scope.scale.unit,
    )


def _after_cr(scope: Scope, past: Past) -> bool:
    return past.had_cr and scope.switches.disease_after_cr is DiseaseAfterCr.PD


def _rest(scope: Scope, past: Past, read: Read) -> Rest:
    states = [_non_target(scope, x, read, label) for label, x in scope.non_targets.items()]
    present = [label for label, state in zip(scope.non_targets, states, strict=True) if state]
    return Rest(
        any_known=bool(states),
        progressed=_standing(scope, past, read),
        present=bool(present),
        # a node that is large again has come back only if it has unequivocally progressed (FAQ)
        returned=_after_cr(scope, past)
        and any(not scope.non_targets[label].nodal for label in present),
        unknown=any(state is None for state in states),
        marker=scope.heeds_markers and read.markers_above_normal,
    )


def _non_target(scope: Scope, lesion: Lesion, read: Read, label: str) -> bool | None:
    """Whether a non-target is there; None where it was not evaluated."""
    finding = read.findings.get(label)
    if finding is None or finding.state in (State.NOT_EVALUABLE, State.REMOVED):
        return None
    if finding.state is State.ABSENT:
        return False
    nodes = scope.criteria.nodes
    if nodes is None or not lesion.nodal:
        return True
    if finding.state is State.TOO_SMALL:
        return scope.criteria.size.too_small_mm >= nodes.normal_below_mm
    short = finding.short_axis_mm
    is_normal = short is not None and short < nodes.normal_below_mm
    return not (finding.state is State.MEASURED and is_normal)


def _standing(scope: Scope, past: Past, read: Read) -> bool:
    """Whether a non-target stands as unequivocally progressed in this read."""
    for label in scope.non_targets:
        finding = read.findings.get(label)
        if finding is None:
            continue
        grown = finding.state is State.INCREASED and label in past.progressed
        if grown or finding.state is State.PROGRESSED:
            return True
    return False


def _remember_progressed(scope: Scope, past: Past, read: Read) -> None:
    """Only a read that sees the lesion takes its progression back."""
    for label in scope.non_targets:
        finding = read.findings.get(label)
        if finding is None or finding.state in KEEPS_PROGRESSION:
            continue
        if finding.state is State.PROGRESSED:
            past.progressed.add(label)
        else:
            past.progressed.discard(label)


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
        past.keeps_pr = switches.pr_persistence is PrPersistence.EORTC_FAQ and (
            past.keeps_pr or held or not switches.confirm
        )
    elif seen.target is R.SD:
        past.pr_since = None
