"""Best overall response: confirmation, the minimum duration of SD, and the day of response.

RECIST 1.1, 4.4.3 and Table 3; by switch as the pharmaverse's admiralonco derives it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from recist.protocol import BorAlgorithm, DiseaseAfterCr, Switches
from recist.vocabulary import Response

R = Response
RESPONSES = frozenset({R.CR, R.PR})
DISEASE = frozenset({R.PR, R.SD, R.NON_CR_NON_PD})
"""Disease that is seen and is not PD."""
STABLE = frozenset({R.CR, R.PR, R.SD})
"""What shows, late enough, that the disease was stable."""
RANK = (R.CR, R.PR, R.SD, R.NON_CR_NON_PD, R.PD, R.NED, R.NE)

Dated = tuple[date, Response]


@dataclass(frozen=True, slots=True)
class Best:
    """The best response of a course, and the first read of the response that it counts."""

    overall: Response
    unconfirmed: Response
    responded_on: date | None


def best(course: Sequence[Dated], reference_on: date, switches: Switches) -> Best:
    """Derive the best response from dated overall responses, oldest first, baseline left out."""
    counted = [*_to_first_pd(_disease_after_cr(course, switches))]
    unconfirmed = _best(counted, reference_on, switches, confirm=False)
    overall = _best(counted, reference_on, switches, confirm=switches.confirm)
    counts = _confirmed if switches.confirm else _responded
    responded = (counted[n][0] for n in range(len(counted)) if counts(counted, n, switches))
    return Best(overall, unconfirmed, next(responded, None) if overall in RESPONSES else None)


def premature(course: Sequence[Dated], switches: Switches) -> set[int]:
    """Which CRs disease followed, so that the protocol recodes them to PR (Table 3, note a)."""
    if switches.disease_after_cr is not DiseaseAfterCr.RECODE_PR:
        return set()
    found: set[int] = set()
    pending: set[int] = set()
    for n, (_, response) in enumerate(course):
        if response is R.CR:
            pending.add(n)
        elif response in DISEASE:
            found |= pending
            pending = set()
        elif response is R.PD:
            pending = set()
    return found


def _disease_after_cr(course: Sequence[Dated], switches: Switches) -> Iterator[Dated]:
    """Table 3, note a: disease after a true CR is PD then; a CR recoded to PR was none."""
    recoded = premature(course, switches)
    is_pd = (
        switches.disease_after_cr is DiseaseAfterCr.PD
        and switches.bor_algorithm is BorAlgorithm.RECIST_TABLE_3
    )
    had_cr = False
    for n, (on, response) in enumerate(course):
        if n in recoded:
            yield on, R.PR
        elif is_pd and had_cr and response in DISEASE:
            yield on, R.PD
        else:
            had_cr = had_cr or response is R.CR
            yield on, response


def _to_first_pd(course: Iterator[Dated]) -> Iterator[Dated]:
    for on, response in course:
        yield on, response
        if response is R.PD:
            return


def _best(
    course: Sequence[Dated], reference_on: date, switches: Switches, *, confirm: bool
) -> Response:
    if not course:
        return _nothing_seen(switches)
    counts = (
        _counts_for(course, n, reference_on, switches, confirm=confirm) for n in range(len(course))
    )
    found = min(counts, key=RANK.index)
    return R.NE if found is R.NED and any(r not in (R.NED, R.NE) for _, r in course) else found


def _nothing_seen(switches: Switches) -> Response:
    admiral = switches.bor_algorithm is BorAlgorithm.ADMIRAL
    return R.MISSING if admiral and not switches.missing_as_ne else R.NE


def _counts_for(
    course: Sequence[Dated], n: int, reference_on: date, switches: Switches, *, confirm: bool
) -> Response:
    """What one response counts for: itself, SD if it was not confirmed, NE if it came too early."""
    on, response = course[n]
    if response in RESPONSES and (not confirm or _confirmed(course, n, switches)):
        return response
    late_enough = (on - reference_on).days >= switches.sd_min_days
    if response in STABLE:
        return R.SD if late_enough else R.NE
    if response is R.NON_CR_NON_PD:
        return response if late_enough else R.NE
    return response


def _responded(course: Sequence[Dated], n: int, _: Switches) -> bool:
    return course[n][1] in RESPONSES


def _confirmed(course: Sequence[Dated], n: int, switches: Switches) -> bool:
    """Whether the response is seen again, late enough, with nothing against it in between."""
    on, response = course[n]
    if response not in RESPONSES:
        return False
    confirms = RESPONSES if response is R.PR else {R.CR}
    left = {R.NE: switches.max_ne_between, R.SD: int(switches.accept_sd_between)}
    had_cr = response is R.CR
    for later_on, later in course[n + 1 :]:
        if later in confirms:
            if had_cr and later is R.PR:
                return False
            if (later_on - on).days >= switches.confirm_min_days:
                return True
            had_cr = had_cr or later is R.CR
            continue
        left[later] = left.get(later, 0) - 1
        if left[later] < 0 or (later is R.SD and response is R.CR):
            return False
    return False
