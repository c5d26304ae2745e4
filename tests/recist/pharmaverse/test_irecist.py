"""The pharmaverse's iRECIST responses, which have no measurements: do they follow from each other?

To the table of overall responses, progression is a PD of RECIST 1.1, confirmed or not.
"""

from collections import Counter
from datetime import date

import pytest

import recist
from recist import CRITERIA, FollowUp, NewLesion, OverallResponse, Protocol
from recist import Response as R
from recist.protocol import BorAlgorithm

IRECIST = CRITERIA["irecist"]
PROGRESSION = (R.IUPD, R.ICPD)
FROM_THE_BEST = (R.ICR, R.IPR, R.ISD, R.NON_ICR_NON_IUPD, R.ICPD, R.IUPD, R.NE)
NO_WORD = "a target's word for the non-targets"
NEW_OVERLOOKED = "a new lesion overlooked"
NE_SPREADS = "NE although only the non-targets were not evaluated"


@pytest.fixture(scope="module")
def courses(irecist_said) -> dict[str, list[OverallResponse]]:
    """The overall responses by subject, oldest first."""
    found: dict[str, list[OverallResponse]] = {}
    for (who, on), said in sorted(irecist_said.items()):
        response = OverallResponse(on=on, overall=R(said["OVRLRESP"]))
        found.setdefault(who.subject, []).append(response)
    return found


def common(word: str) -> R:
    return R.PD if word in PROGRESSION else IRECIST.common.get(R(word), R(word))


def by_the_table(said) -> R | None:
    """The overall response of the parts; None where the table has no such part."""
    new = said.get("NEWLPROG", "UNEQUIVOCAL" if said.get("NEWLIND") == "Y" else "NONE")
    row = IRECIST.table.get((common(said["TRGRESP"]), common(said["NTRGRESP"]), NewLesion(new)))
    return row and row.overall


def why(said) -> str | None:
    """What is wrong with a whole that does not follow from its parts."""
    if said["NTRGRESP"] in (R.IPR, R.ISD):
        return NO_WORD
    if said.get("NEWLIND") == "Y" and common(said["OVRLRESP"]) is not R.PD:
        return NEW_OVERLOOKED
    only_rest = said["NTRGRESP"] == R.NE != said["TRGRESP"]
    return NE_SPREADS if only_rest and said["OVRLRESP"] == R.NE else None


def test_overall_responses_from_their_own_parts(irecist_said) -> None:
    visits = list(irecist_said.values())
    wrong = [said for said in visits if by_the_table(said) is not common(said["OVRLRESP"])]
    assert len(visits) == 75
    assert Counter(map(why, wrong)) == {NO_WORD: 3, NEW_OVERLOOKED: 2, NE_SPREADS: 1}


def follow_up(start: date, course: list[OverallResponse]) -> FollowUp:
    protocol = Protocol(bor_algorithm=BorAlgorithm.ADMIRAL)  # each word as it stands
    return FollowUp(
        criteria="irecist", protocol=protocol, reference_on=start, responses=tuple(course)
    )


def best_in_words(start: date, course: list[OverallResponse]) -> R:
    """The best up to the first ICPD; what needs 42 days and came earlier is NE."""
    words = [response.overall for response in course]
    end = words.index(R.ICPD) + 1 if R.ICPD in words else None
    needs_time = (R.ISD, R.NON_ICR_NON_IUPD)
    counts = [
        R.NE if x.overall in needs_time and (x.on - start).days < 42 else x.overall
        for x in course[:end]
    ]
    return min(counts, key=FROM_THE_BEST.index)


def progressed_on(course: list[OverallResponse]) -> date | None:
    """The first IUPD of the block that an ICPD confirms, or that no other response ends."""
    since = None
    for response in course:
        if response.overall in PROGRESSION:
            since = since or response.on
        elif response.overall is not R.NE:
            since = None
        if response.overall is R.ICPD:
            break
    return since


def test_best_responses_and_progressions(courses, rows) -> None:
    day_0 = {
        row["USUBJID"]: date.fromisoformat(row["RANDDT"])
        for row in rows("adsl")
        if row["USUBJID"] in courses
    }
    found = {
        subject: recist.endpoints(follow_up(day_0[subject], course))
        for subject, course in courses.items()
    }
    derived = {
        subject: (x.best_overall, x.pfs.end if x.pfs.event else None)
        for subject, x in found.items()
    }
    assert len(courses) == 26
    assert derived == {
        subject: (best_in_words(day_0[subject], course), progressed_on(course))
        for subject, course in courses.items()
    }
