"""What a human should know of a baseline: targets that are none, too many of them, too old."""

from collections.abc import Iterator, Sequence
from datetime import date

from recist.answer import Concern
from recist.criteria import Criteria
from recist.exact import THOUSANDTHS_PER_MM, thousandths
from recist.measurable import SLICED, SPOKEN, Measurable
from recist.organs import organ_of
from recist.protocol import Switches
from recist.sizes import PARTS, SHORT
from recist.vocabulary import Finding, Lesion, Nature, Read, Role

SOLID, TARGET = Nature.SOLID, Role.TARGET
DIAMETERS = {"longest_mm": "longest diameter", SHORT: "short axis", "viable_mm": "viable part"}


def of_baseline(
    baseline: Read, criteria: Criteria, switches: Switches, reference_on: date
) -> tuple[Concern, ...]:
    """Remark what the criteria doubt in the first read of a timeline that has been checked."""
    age = switches.baseline_max_age_days
    return (
        *_of_lesions(baseline, criteria),
        *_of_numbers(baseline, criteria),
        *_of_age(baseline, criteria.measurable.timing, age, reference_on),
    )


def _of_lesions(baseline: Read, criteria: Criteria) -> Iterator[Concern]:
    measurable = criteria.measurable
    for label, lesion in baseline.lesions.items():
        finding = baseline.findings.get(label)
        if finding is not None and _is_plain(lesion, finding, criteria):
            continue
        if says := _no_lesion(lesion, finding, criteria):
            yield Concern("NOT_A_LESION", baseline.on, label, says)
        elif lesion.role is Role.TARGET and finding is not None:
            for says in _not_measurable(lesion, finding, criteria):
                yield Concern("NOT_MEASURABLE", baseline.on, label, says)
            if lesion.nature is Nature.CYSTIC_METASTASIS and measurable.cystic:
                yield Concern("PREFER_NON_CYSTIC", baseline.on, label, measurable.cystic)


def _is_plain(lesion: Lesion, finding: Finding, criteria: Criteria) -> bool:
    """Whether it is as nearly all are, so that what follows need not be asked of it."""
    if lesion.nature is not SOLID or lesion.previously_treated:
        return False
    if lesion.role is not TARGET:
        return not lesion.nodal
    if finding.slice_thickness_mm is not None or finding.viable_mm is not None:
        return False
    nodes = criteria.nodes if lesion.nodal else None
    least = criteria.measurable.smallest_mm.get(finding.method)
    size = finding.longest_mm
    if nodes is not None:
        least, size = least and max(least, nodes.target_from_mm), finding.short_axis_mm
    return least is not None and size is not None and size >= least


def _no_lesion(lesion: Lesion, finding: Finding | None, criteria: Criteria) -> str | None:
    """Why a finding is not disease; None where it is, or where its size was not given."""
    if lesion.nature is Nature.SIMPLE_CYST:
        return criteria.measurable.never.get(lesion.nature)
    nodes = criteria.nodes_as(lesion.role) if lesion.nodal else None
    if nodes is None or finding is None:
        return None
    short = _given(finding, SHORT)
    if short is None or thousandths(short) >= nodes.normal_below_mm * THOUSANDTHS_PER_MM:
        return None
    return (
        f"{criteria.measurable.section}: a node with a short axis of {short:g} mm is normal: "
        f"under {nodes.normal_below_mm} mm"
    )


def _given(finding: Finding, name: str) -> float | None:
    """A diameter, that of the largest part where the lesion is in parts."""
    parts = getattr(finding, PARTS[name]) if name in PARTS else None
    mm: float | None = max(parts) if parts else getattr(finding, name)
    return mm


def _not_measurable(lesion: Lesion, finding: Finding, criteria: Criteria) -> Iterator[str]:
    """Why a target is not measurable: by what it is or how it was seen, and by its treatment."""
    measurable = criteria.measurable
    method = finding.method
    if lesion.nature in measurable.never:
        yield measurable.never[lesion.nature]
    elif method not in measurable.smallest_mm:
        yield f"{measurable.section}: {SPOKEN[method]} does not measure a lesion"
    elif lesion.nature is Nature.BONE_LYTIC and measurable.lytic:
        yield from _too_small_in_bone(lesion, finding, measurable, measurable.lytic)
    else:
        viable = measurable.enhancing and finding.viable_mm is not None
        name = "viable_mm" if viable else criteria.size.diameters(lesion, finding)[0]
        nodes = criteria.nodes_as(lesion.role) if name == SHORT else None
        least = nodes.target_from_mm if nodes else 0
        yield from _too_small(DIAMETERS[name], _given(finding, name), finding, measurable, least)
    counts_again = measurable.once_progressed and lesion.progressed_since_treatment
    if lesion.previously_treated and measurable.treated and not counts_again:
        yield measurable.treated


def _too_small_in_bone(
    lesion: Lesion, finding: Finding, measurable: Measurable, says: str
) -> Iterator[str]:
    """Only what sees slices sees the soft part."""
    if lesion.soft_tissue_mm is None:
        yield f"{says}, and none was given"
    elif finding.method not in SLICED:
        yield f"{says}, which {SPOKEN[finding.method]} does not show"
    else:
        yield from _too_small("soft part", lesion.soft_tissue_mm, finding, measurable)


def _too_small(
    what: str, mm: float | None, finding: Finding, measurable: Measurable, least_mm: int = 0
) -> Iterator[str]:
    if mm is None:
        return
    method, thick = finding.method, finding.slice_thickness_mm
    least = max(measurable.smallest_mm[method], least_mm) * THOUSANDTHS_PER_MM
    spans = 0
    if thick is not None and method in SLICED:
        spans = measurable.slices * thousandths(thick)
    if thousandths(mm) < max(least, spans):
        slices = f", {measurable.slices} times the slices of {thick:g} mm" if spans > least else ""
        limit = max(least, spans) / THOUSANDTHS_PER_MM
        section, seen_by = measurable.section, SPOKEN[method]
        yield f"{section}: a {what} of {mm:g} mm by {seen_by} is under {limit:g} mm{slices}"


def _of_numbers(baseline: Read, criteria: Criteria) -> Iterator[Concern]:
    """Count the targets of the whole patient, whatever compartments they have."""
    targets = [lesion for lesion in baseline.lesions.values() if lesion.role is Role.TARGET]
    limit, section = criteria.targets, criteria.measurable.targets
    if limit.in_all is not None and len(targets) > limit.in_all:
        says = f"{section}: {len(targets)} targets, at most {limit.in_all} are followed"
        yield Concern("TOO_MANY_TARGETS", baseline.on, None, says)
    if limit.per_organ is None:
        return
    counts: dict[str | None, int] = {}
    for organ in map(organ_of, targets):
        counts[organ] = counts.get(organ, 0) + 1
    for organ, count in counts.items():
        if organ and count > limit.per_organ:
            says = f"{section}: {count} targets in {organ}, at most {limit.per_organ} in one organ"
            yield Concern("TOO_MANY_TARGETS_PER_ORGAN", baseline.on, None, says)


def _of_age(baseline: Read, section: str, most: int, reference_on: date) -> Iterator[Concern]:
    """Remark the read if its last scan is too old, else each lesion whose own scan is."""
    aged: list[tuple[str | None, date]] = [(None, baseline.on)]
    if (reference_on - baseline.on).days <= most:
        scans = ((label, finding.scanned_on) for label, finding in baseline.findings.items())
        aged = [(label, scanned_on) for label, scanned_on in scans if scanned_on is not None]
    for label, scanned_on in aged:
        if (days := (reference_on - scanned_on).days) > most:
            says = f"{section}: scanned {days} days before {reference_on}, at most {most} allowed"
            yield Concern("BASELINE_TOO_OLD", baseline.on, label, says)


def without_compartment(reads: Sequence[Read]) -> Iterator[Concern]:
    """Remark each lesion that no compartment judges, where others have one."""
    says = "this lesion has no compartment: it counts for the whole patient only"
    for read in reads:
        for label, lesion in read.lesions.items():
            if lesion.compartment is None:
                yield Concern("NO_COMPARTMENT", read.on, label, says)
