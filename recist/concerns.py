"""Doubts that a human must settle: remarks about the baseline, queries about what followed."""

from collections.abc import Iterator, Sequence

from recist.answer import Concern
from recist.course import Look, Past
from recist.vocabulary import Read, Response

R = Response


def of_baseline(reads: Sequence[Read]) -> tuple[Concern, ...]:
    """Remark each lesion that no compartment judges although others have one."""
    lesions = [(read, label, x) for read in reads for label, x in read.lesions.items()]
    if all(lesion.compartment is None for _, _, lesion in lesions):
        return ()
    says = "this lesion has no compartment: it counts for the whole patient only"
    return tuple(
        Concern("NO_COMPARTMENT", read.on, label, says)
        for read, label, lesion in lesions
        if lesion.compartment is None
    )


def of_course(past: Past, seen: Look) -> Iterator[Concern]:
    """Query what this read leaves open; `past` is what came before it."""
    on = seen.read.on
    if past.had_cr and _has_disease(seen):
        says = "disease after a CR: was the CR premature (then it was a PR), or is this a PD?"
        yield Concern("DISEASE_AFTER_CR", on, None, says)
    if past.pr_since is not None and seen.target is R.SD:
        says = "the sum has drifted above the PR line without reaching PD: confirm the measurements"
        yield Concern("PR_DRIFT", on, None, says)
    for label, certain in seen.certain.items():
        if certain.small_node:
            says = "a new node of 10 to under 15 mm is equivocal: look again at the next time point"
            yield Concern("SMALL_NEW_NODE", on, label, says)


def _has_disease(seen: Look) -> bool:
    return seen.row.overall not in (R.CR, R.NE)
