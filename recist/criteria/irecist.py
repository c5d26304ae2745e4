"""iRECIST: Seymour et al. 2017. Table numbers are those of the paper.

Until the first progression everything is as in RECIST 1.1, in words with an i before them. Then a
progression is unconfirmed, and what follows confirms it, keeps it open, or resets the bar.
"""

from dataclasses import replace

from recist.again import (
    better,
    confirmed,
    early,
    early_with_symptom,
    late,
    new_grew,
    new_more,
    non_target_first,
    non_target_grew,
    nothing_seen,
    progressing,
    target_first,
    target_grew,
    unseen,
)
from recist.criteria import Confirmation, Limit, notes
from recist.criteria.recist_1_1 import RECIST_1_1
from recist.protocol import IcpdReference
from recist.rules import Rule, quoted
from recist.tables import cited
from recist.vocabulary import Response as R

ICR, IPR, ISD, IUPD, ICPD = R.ICR, R.IPR, R.ISD, R.IUPD, R.ICPD
WORDS = {
    R.CR: ICR,
    R.PR: IPR,
    R.SD: ISD,
    R.NON_CR_NON_PD: R.NON_ICR_NON_IUPD,
    R.PD: ICPD,
}
"""What RECIST 1.1 calls a read, in the words of iRECIST; a PD is an IUPD until it is confirmed."""

CONFIRMATION = (
    Rule(ICPD, confirmed, "Table 3 ICPD: progression was confirmed before", "BEFORE"),
    Rule(R.NE, nothing_seen, "Table 3 NE: nothing could be looked at; the next read may confirm"),
    Rule(
        ICPD,
        early_with_symptom,
        "EORTC FAQ ICPD: an early scan for a new symptom shows one more new lesion",
        "SYMPTOM",
    ),
    Rule(IUPD, early, "EORTC FAQ IUPD: a scan under 4 weeks after it confirms nothing", "EARLY"),
    Rule(IUPD, late, "Protocol IUPD: the read came too late to confirm the progression", "LATE"),
    Rule(ICPD, target_grew, "Table 2 ICPD: the sum grew by 5 mm or more", "TARGET"),
    Rule(ICPD, target_first, "Table 2 ICPD: the targets progress too", "TARGET-TOO"),
    Rule(ICPD, non_target_grew, "Table 2 ICPD: non-targets grew further", "NON-TARGET"),
    Rule(ICPD, non_target_first, "Table 2 ICPD: non-targets progress too", "NON-TARGET-TOO"),
    Rule(ICPD, new_more, "Table 2 ICPD: there are more new lesions", "NEW-MORE"),
    Rule(ICPD, new_grew, "Table 2 ICPD: new lesions grew, in sum by 5 mm or more", "NEW"),
    Rule(IPR, better, "EORTC FAQ IPR: targets responded since, new lesions persist", "BETTER"),
    Rule(IUPD, progressing, "Table 2 IUPD: progression, not confirmed"),
    Rule(R.NE, unseen, "Table 3 NE: what progressed was not looked at", "UNSEEN"),
)
"""Tried in this order; where none holds, the read is what the table says, and the bar is reset."""

IRECIST = replace(
    RECIST_1_1,
    name="irecist",
    title="iRECIST",
    cite="Seymour et al., Lancet Oncol 2017;18:e143-e152",
    measurable=RECIST_1_1.measurable.quoted("RECIST 1.1"),
    size=replace(RECIST_1_1.size, says=f"RECIST 1.1, {RECIST_1_1.size.says}"),
    target=quoted("RECIST 1.1", RECIST_1_1.target),
    non_target=quoted("RECIST 1.1", RECIST_1_1.non_target),
    overall=cited(
        RECIST_1_1.overall, {"Table 1": "RECIST 1.1, Table 1", "Table 2": "RECIST 1.1, Table 2"}
    ),
    new_lesion="RECIST 1.1, 4.3.5",
    notes=(*notes.IRECIST, *notes.RECIST_1_1_NODES),
    words=WORDS,
    confirmation=Confirmation(
        rules=CONFIRMATION,
        grows_mm=5,
        earliest_days=26,  # four weeks, of which two days are tolerated
        latest_days=56,
        new_targets=Limit(5, per_organ=2),
    ),
    defaults={
        "confirm": False,
        "icpd_reference": IcpdReference.ANY_PRIOR_IUPD,
        "icpd_max_days": None,
    },
)
