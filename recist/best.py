"""Best overall response: confirmation, the minimum duration of SD, and the day of response.

RECIST 1.1, 4.4.3 and Table 3; iRECIST, Table 3; by switch as the pharmaverse's admiralonco has it.
"""

from collections import deque
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from recist.criteria import Criteria
from recist.protocol import BorAlgorithm, DiseaseAfterCr, Switches
from recist.vocabulary import Response

R = Response
# Each costs a look-up in its enumeration, which a long batch notices.
CR, PR, SD, NON_CR_NON_PD = R.CR, R.PR, R.SD, R.NON_CR_NON_PD
PD, IUPD, NED, NE = R.PD, R.IUPD, R.NED, R.NE
RESPONSES = frozenset({CR, PR})
DISEASE = frozenset({PR, SD, NON_CR_NON_PD})
"""Disease that is seen and is not progression."""
STABLE = frozenset({CR, PR, SD})
"""What shows, late enough, that the disease was stable."""
NEEDS_TIME = STABLE | {NON_CR_NON_PD}
"""What counts from the minimum duration of SD on, where it is no response."""
REST = (NON_CR_NON_PD, PD, IUPD, NED)
"""What a course is at best that holds nothing better, the best first."""

Dated = tuple[date, Response]


@dataclass(slots=True)
class Best:
    """The best response of a course, in its edition's words."""

    overall: Response
    unconfirmed: Response
    responded_on: date | None
    """First read of the response that `overall` counts."""
    cr_on: date | None
    """First read of the CR that `overall` counts, where it is one."""


def best(
    course: Sequence[Dated], reference_on: date, switches: Switches, criteria: Criteria
) -> Best:
    """Derive the best response from dated overall responses, oldest first, baseline left out."""
    return best_of(counted(course, switches, criteria), reference_on, switches, criteria)


def counted(course: Sequence[Dated], switches: Switches, criteria: Criteria) -> list[Dated]:
    """The reads up to the first PD, in the common words.

    Disease after a true CR is PD then (Table 3, note a), in iRECIST an IUPD, which ends nothing;
    a CR that the protocol recodes to PR was none. The pharmaverse takes it for what it is called.
    """
    if common := criteria.common:
        course = [(on, common.get(response, response)) for on, response in course]
    recoded = premature(course, switches)
    returned = _disease_returned(switches, criteria)
    found: list[Dated] = []
    had_cr = False
    for n, (on, response) in enumerate(course):
        if n in recoded:
            word = PR
        else:
            word = returned if had_cr and returned and response in DISEASE else response
        had_cr = had_cr or word is CR
        found.append((on, word))
        if word is PD:
            break
    return found


def premature(course: Sequence[Dated], switches: Switches) -> set[int]:
    """Which CRs disease followed, so that the protocol recodes them to PR (Table 3, note a).

    The course is in the common words. An IUPD decides nothing: it may be taken back.
    """
    found: set[int] = set()
    if switches.disease_after_cr is not DiseaseAfterCr.RECODE_PR:
        return found
    pending: set[int] = set()
    for n, (_, response) in enumerate(course):
        if response is CR:
            pending.add(n)
        elif response in DISEASE:
            found |= pending
            pending = set()
        elif response is PD:
            pending = set()
    return found


def _disease_returned(switches: Switches, criteria: Criteria) -> Response | None:
    """What disease after a CR is; None where it is what it says."""
    if switches.bor_algorithm is not BorAlgorithm.RECIST_TABLE_3:
        return None
    return IUPD if criteria.confirmation else PD


def best_of(
    course: Sequence[Dated], reference_on: date, switches: Switches, criteria: Criteria
) -> Best:
    """Derive the best response from what `counted` leaves of a course."""
    words = {response for _, response in course}
    seen = _confirmed if switches.confirm else _first
    cr_on = seen(course, CR, switches) if CR in words else None
    pr_on = seen(course, PR, switches) if PR in words else None
    rest = _rest(course, words, reference_on, switches)
    overall = CR if cr_on else PR if pr_on else rest
    unconfirmed = CR if CR in words else PR if PR in words else rest
    own = criteria.words
    return Best(
        own.get(overall, overall),
        own.get(unconfirmed, unconfirmed),
        min((on for on in (cr_on, pr_on) if on), default=None),
        cr_on,
    )


def _first(course: Sequence[Dated], of: Response, _: Switches) -> date | None:
    return next(on for on, response in course if response is of)


def _confirmed(course: Sequence[Dated], of: Response, switches: Switches) -> date | None:
    """The first CR, or PR, that is seen again late enough, with nothing against it in between.

    A response waits for the first read that could confirm it, and no other is tried. Against it
    stand more NE, or SD, than the protocol tolerates, a PR after a CR, and all that is worse.
    """
    confirms = RESPONSES if of is PR else {CR}
    most_ne, most_sd = switches.max_ne_between, switches.accept_sd_between and of is PR
    waiting: deque[tuple[date, int, int]] = deque()  # with the NE and the SD until then
    ne = sd = 0
    after_cr = False
    for on, response in course:
        if response is NE:
            ne += 1
        elif response is SD:
            sd += 1
        elif response not in confirms:
            waiting.clear()
        else:
            if response is PR and after_cr:  # none that came before the CR is confirmed by it
                waiting.clear()
            after_cr = response is CR
            while waiting and (on - waiting[0][0]).days >= switches.confirm_min_days:
                since, ne_then, sd_then = waiting.popleft()
                if ne - ne_then <= most_ne and sd - sd_then <= most_sd:
                    return since
            if response is of:
                waiting.append((on, ne, sd))
    return None


def _rest(
    course: Sequence[Dated], words: AbstractSet[Response], reference_on: date, switches: Switches
) -> Response:
    """What the course is at best where no response counts.

    A response that came late enough is SD then; what came too early is NE (4.4.3).
    """
    if not course:
        admiral = switches.bor_algorithm is BorAlgorithm.ADMIRAL
        return R.MISSING if admiral and not switches.missing_as_ne else NE
    late = {word for on, word in course if (on - reference_on).days >= switches.sd_min_days}
    if late & STABLE:
        return SD
    counts = {word for word in words if word in late or word not in NEEDS_TIME}
    found = next((word for word in REST if word in counts), NE)
    return NE if found is NED and words - {NED, NE} else found
