"""Whether a timeline contradicts itself or lacks what its criteria must know."""

from collections.abc import Iterator, Mapping
from datetime import date

from recist.criteria import Criteria
from recist.refusal import Fault, Refused
from recist.sizes import PARTS, Scale, Sizes
from recist.vocabulary import STATES_OF, Finding, Lesion, Read, Role, State, Timeline

AGAINST_BEFORE = frozenset({State.PROGRESSED, State.INCREASED, State.REMOVED})
"""States that compare with an earlier read, which the baseline does not have."""

MEASURED = State.MEASURED
NEW, TARGET = Role.NEW, Role.TARGET


def check(
    timeline: Timeline, criteria: Criteria, scale: Scale
) -> tuple[dict[str, Lesion], list[Sizes]]:
    """Every lesion, and the sizes of the targets in every read.

    Raises Refused with each fault and where it is.
    """
    if not timeline.reads:
        raise Refused(Fault(("reads",), "at least one read is needed: the baseline"))
    known: dict[str, Lesion] = {}
    faults: list[Fault] = []
    sized: list[Sizes | None] = []
    before: Read | None = None
    for n, read in enumerate(timeline.reads):
        if read.lesions:
            scale.learn(read.lesions, read.findings)
        sizes = scale.plain_sizes(read.findings) if _is_plain(read, before) else None
        if sizes is None:
            found = _read_faults(read, before, known, scale, criteria)
            faults += (Fault(("reads", n, *fault.at), fault.says) for fault in found)
        known |= read.lesions
        sized.append(sizes)
        before = read
    if faults:
        raise Refused(*faults)
    reads = zip(timeline.reads, sized, strict=True)
    return known, [scale.sizes(x.findings) if sizes is None else sizes for x, sizes in reads]


def _is_plain(read: Read, before: Read | None) -> bool:
    """Whether a read may be right at once, as nearly all are, if each finding is plain."""
    if before is not None:
        return before.on < read.on and not read.lesions
    for label, lesion in read.lesions.items():
        finding = read.findings.get(label)
        if lesion.role is TARGET and (finding is None or finding.state is not MEASURED):
            return False
        if lesion.role is NEW or (finding is not None and finding.state in AGAINST_BEFORE):
            return False
    return True


def _read_faults(
    read: Read,
    before: Read | None,
    known: Mapping[str, Lesion],
    scale: Scale,
    criteria: Criteria,
) -> Iterator[Fault]:
    if before is not None and read.on <= before.on:
        yield Fault(("on",), f"{read.on} does not come after the read before, {before.on}")
    for label, lesion in read.lesions.items():
        yield from _lesion_faults(label, lesion, read, known, is_baseline=before is None)
    lesions = {**known, **read.lesions}
    for label, finding in read.findings.items():
        at = ("findings", label)
        if label not in lesions:
            yield Fault(at, "no such lesion: describe it under lesions where it is first seen")
            continue
        yield from _state_faults(at, lesions[label], finding, is_baseline=before is None)
        yield from _size_faults(at, scale.expected[label].diameters, finding, criteria.name)
        if finding.merged_into is not None:
            yield from _merger_faults(at, label, finding.merged_into, lesions, read)
        if finding.scanned_on is not None:
            yield from _scan_date_faults(at, finding.scanned_on, before, read.on)


def _lesion_faults(
    label: str, lesion: Lesion, read: Read, known: Mapping[str, Lesion], *, is_baseline: bool
) -> Iterator[Fault]:
    at = ("lesions", label)
    if label in known:
        yield Fault(at, "this lesion is known already: only its finding belongs here")
    if is_baseline and lesion.role is Role.NEW:
        yield Fault((*at, "role"), "nothing is new at baseline: TARGET or NON_TARGET")
    if not is_baseline and lesion.role is not Role.NEW:
        yield Fault((*at, "role"), "targets and non-targets are chosen at baseline: NEW")
    if lesion.role is Role.NEW and label not in read.findings:
        yield Fault(("findings", label), "missing: how the new lesion is found")
    if lesion.role is Role.TARGET and is_baseline and label not in read.findings:
        yield Fault(("findings", label), "missing: a target is MEASURED at baseline")


def _state_faults(
    at: tuple[str, str], lesion: Lesion, finding: Finding, *, is_baseline: bool
) -> Iterator[Fault]:
    if finding.state not in STATES_OF[lesion.role]:
        allowed = ", ".join(sorted(STATES_OF[lesion.role]))
        yield Fault((*at, "state"), f"a {lesion.role} lesion is never {finding.state}: {allowed}")
    elif is_baseline and lesion.role is Role.TARGET and finding.state is not State.MEASURED:
        yield Fault((*at, "state"), "a target is MEASURED at baseline")
    elif is_baseline and finding.state in AGAINST_BEFORE:
        yield Fault((*at, "state"), f"{finding.state} compares with an earlier read: none here")
    if is_baseline and finding.merged_into is not None:
        yield Fault((*at, "merged_into"), "lesions that are one at baseline are one lesion")


def _size_faults(
    at: tuple[str, str], needed: tuple[str, ...], finding: Finding, name: str
) -> Iterator[Fault]:
    if finding.state is not MEASURED or finding.merged_into is not None:
        return
    for diameter in needed:
        if finding.fragments_mm is not None and diameter in PARTS:
            if getattr(finding, PARTS[diameter]) is None:
                yield Fault((*at, PARTS[diameter]), f"missing: {name} needs their short axes")
        elif getattr(finding, diameter) is None:
            yield Fault((*at, diameter), f"missing: {name} judges this lesion by it")


def _merger_faults(
    at: tuple[str, str], label: str, holder: str, lesions: Mapping[str, Lesion], read: Read
) -> Iterator[Fault]:
    at_holder = (*at, "merged_into")
    if holder == label:
        yield Fault(at_holder, "a lesion does not merge into itself")
    elif holder not in lesions:
        yield Fault(at_holder, f"no such lesion: {holder}")
    elif lesions[label].role is Role.TARGET and lesions[holder].role is not Role.TARGET:
        yield Fault(at_holder, f"a target merges into a target, and {holder} is none")
    elif (held := read.findings.get(holder)) is None or held.state is not State.MEASURED:
        yield Fault(at_holder, f"{holder} is not MEASURED in this read")
    elif held.merged_into is not None:
        yield Fault(at_holder, f"{holder} has merged itself: name the one with the diameter")


def _scan_date_faults(
    at: tuple[str, str], scanned_on: date, before: Read | None, on: date
) -> Iterator[Fault]:
    if scanned_on > on:
        yield Fault((*at, "scanned_on"), f"{scanned_on} is after the read's last scan, {on}")
    elif before is not None and scanned_on <= before.on:
        yield Fault((*at, "scanned_on"), f"{scanned_on} is not after the read before, {before.on}")
