"""Whether a timeline contradicts itself or lacks what its criteria must know."""

from collections.abc import Iterator, Mapping
from datetime import date

from recist.criteria import Criteria
from recist.refusal import Fault, Refused
from recist.sizes import PARTS
from recist.vocabulary import STATES_OF, Finding, Lesion, Read, Role, State, Timeline

AGAINST_BEFORE = frozenset({State.PROGRESSED, State.INCREASED, State.REMOVED})
"""States that compare with an earlier read, which the baseline does not have."""

MEASURED = State.MEASURED

Needed = tuple[frozenset[State], tuple[str, ...]]
"""The states in which a lesion can be found, and the diameters that it needs if MEASURED."""
NOTHING: Needed = (frozenset(), ())


def check(timeline: Timeline, criteria: Criteria) -> dict[str, Lesion]:
    """Return every lesion by its label, or raise Refused with each fault and where it is."""
    if not timeline.reads:
        raise Refused(Fault(("reads",), "at least one read is needed: the baseline"))
    known: dict[str, Lesion] = {}
    needed: dict[str, Needed] = {}
    faults: list[Fault] = []
    before: Read | None = None
    for n, read in enumerate(timeline.reads):
        for label, lesion in read.lesions.items():
            diameters = _diameters_needed(lesion, read.findings.get(label), criteria)
            needed[label] = STATES_OF[lesion.role], diameters
        if before is None or read.lesions or not _is_plain(read, before, needed):
            faults += (
                Fault(("reads", n, *fault.at), fault.says)
                for fault in _read_faults(read, before, known, needed, criteria)
            )
        known |= read.lesions
        before = read
    if faults:
        raise Refused(*faults)
    return known


def _is_plain(read: Read, before: Read, needed: Mapping[str, Needed]) -> bool:
    """Whether a later read is one of those, nearly all, that are seen to be right at once."""
    if read.on <= before.on:
        return False
    for label, finding in read.findings.items():
        states, diameters = needed.get(label, NOTHING)
        if finding.state not in states or finding.scanned_on is not None:
            return False
        if finding.state is MEASURED:
            if finding.merged_into is not None or finding.fragments_mm is not None:
                return False
            for name in diameters:
                if getattr(finding, name) is None:
                    return False
    return True


def _read_faults(
    read: Read,
    before: Read | None,
    known: Mapping[str, Lesion],
    needed: Mapping[str, Needed],
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
        yield from _size_faults(at, needed[label][1], finding, criteria.name)
        if finding.merged_into is not None:
            yield from _merger_faults(at, label, lesions, read)
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


def _diameters_needed(lesion: Lesion, first: Finding | None, criteria: Criteria) -> tuple[str, ...]:
    """What a MEASURED finding must have, from how the lesion was first found."""
    if lesion.role is Role.TARGET:
        return criteria.size.diameters(lesion, first) if first else ()
    return ("short_axis_mm",) if lesion.nodal and criteria.nodes_as(lesion.role) else ()


def _merger_faults(
    at: tuple[str, str], label: str, lesions: Mapping[str, Lesion], read: Read
) -> Iterator[Fault]:
    holder = read.findings[label].merged_into or ""
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
