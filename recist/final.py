"""What later reads make of earlier ones: final responses, and the day of progression."""

from collections.abc import Mapping, Sequence
from datetime import date

from recist.answer import Reason
from recist.best import premature
from recist.course import Look, Past, Scope, look
from recist.protocol import DiseaseAfterCr
from recist.vocabulary import Read, Response

R = Response
PROGRESSION = frozenset({R.PD, R.IUPD, R.ICPD})
RESET = frozenset({R.ICR, R.IPR, R.ISD, R.NON_ICR_NON_IUPD, R.NED})

Final = tuple[Response, tuple[Reason, ...]]
"""A final response, and why it is another than the one that was assessed."""


def proven_on(scope: Scope, past: Past, read: Read) -> date:
    """The first day by which what was scanned so far proves that this read is progression."""
    days = sorted({f.scanned_on or read.on for f in read.findings.values()})
    for day in days[:-1]:
        scanned = {
            label: f for label, f in read.findings.items() if (f.scanned_on or read.on) <= day
        }
        part = Read(on=read.on, findings=scanned)
        if look(scope, past, part, scope.scale.sizes(scanned)).overall in PROGRESSION:
            return day
    return days[-1] if days else read.on


def seen_on(read: Read, label: str) -> date:
    """The day on which a lesion was scanned."""
    finding = read.findings.get(label)
    return (finding and finding.scanned_on) or read.on


def final_responses(scope: Scope, looks: Sequence[Look], proven: Mapping[int, date]) -> list[Final]:
    """What later reads made of each response; `proven` are the reads that turned into PD."""
    criteria = scope.criteria
    if not proven and scope.switches.disease_after_cr is DiseaseAfterCr.PD:
        return [(seen.overall, ()) for seen in looks]
    pd = R.IUPD if criteria.confirmation else R.PD
    known = [
        pd if n in proven and seen.overall not in PROGRESSION else seen.overall
        for n, seen in enumerate(looks)
    ]
    recoded = premature(
        [(seen.read.on, criteria.common.get(r, r)) for seen, r in zip(looks, known, strict=True)],
        scope.switches,
    )
    finals: list[Final] = []
    for n, (seen, response) in enumerate(zip(looks, known, strict=True)):
        if n in recoded:
            finals.append((criteria.words.get(R.PR, R.PR), (_recoded(criteria.name),)))
        elif response is seen.overall:
            finals.append((response, ()))
        else:
            finals.append((response, (_proved(criteria.name, criteria.new_lesion),)))
    return finals


def progression(finals: Sequence[Response]) -> int | None:
    """Which read the progression is dated by: the first PD.

    Where progression is confirmed, the first of the block that was confirmed or never reset.
    """
    first = None
    for n, response in enumerate(finals):
        if response in PROGRESSION:
            first = n if first is None else first
            if response is not R.IUPD:
                return first
        elif response in RESET:
            first = None
    return first


def _proved(name: str, section: str) -> Reason:
    says = f"{section}: the new lesion called equivocal here proved real"
    return Reason(f"{name}/{section}-PROVED", says)


def _recoded(name: str) -> Reason:
    says = "RECIST 1.1, Table 3, note a: disease followed, so the CR was a PR"
    return Reason(f"{name}/Table-3-note-a-RECODED", says)
