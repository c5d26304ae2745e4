"""Queries: doubts about what followed the baseline, which a human must settle."""

from collections.abc import Iterator, Sequence

from recist.answer import Concern
from recist.course import COMPLETE, STABLE, Look, Past
from recist.measurable import SPOKEN
from recist.rest import NOT_LOOKED_AT
from recist.vocabulary import Read, Response

R = Response


def of_course(past: Past, seen: Look) -> list[Concern]:
    """Query what this read leaves open; `past` is what came before it."""
    on = seen.read.on
    found = []
    if past.had_cr and _has_disease(seen):
        says = "disease after a CR: was the CR premature (then it was a PR), or is this a PD?"
        found.append(Concern("DISEASE_AFTER_CR", on, None, says))
    if past.pr_since is not None and seen.target in STABLE:
        says = "the sum has drifted above the PR line without reaching PD: confirm the measurements"
        found.append(Concern("PR_DRIFT", on, None, says))
    for label, certain in seen.certain.items():
        if certain.small_node:
            found.append(Concern("SMALL_NEW_NODE", on, label, _small_node(past)))
    return found


def of_methods(reads: Sequence[Read]) -> Iterator[Concern]:
    """Query each look at a lesion by another method than at baseline (RECIST 1.1, 3.2.2).

    New lesions have no baseline to differ from.
    """
    if not _several_methods(reads):
        return
    before = {
        label: finding.method
        for label, finding in reads[0].findings.items()
        if finding.state not in NOT_LOOKED_AT
    }
    for read in reads[1:]:
        for label, finding in read.findings.items():
            was, now = before.get(label, finding.method), finding.method
            if now is not was and finding.state not in NOT_LOOKED_AT:
                seen_by = f"seen by {SPOKEN[now]}, at baseline by {SPOKEN[was]}"
                says = f"{seen_by}: can they be compared, or is it NOT_EVALUABLE?"
                yield Concern("METHOD_CHANGED", read.on, label, says)


def _several_methods(reads: Sequence[Read]) -> bool:
    """Few subjects are seen by more than one method; the others are spared the comparison."""
    return len({f.method for read in reads for f in read.findings.values()}) > 1


def _has_disease(seen: Look) -> bool:
    return seen.overall not in COMPLETE and seen.overall is not R.NE


def _small_node(past: Past) -> str:
    nodes = past.new.nodes
    limits = f" of {nodes.normal_below_mm} to under {nodes.target_from_mm} mm" if nodes else ""
    return f"a new node{limits} is equivocal: look again at the next time point"
