"""What happens in each simulated subject: lesions, how they shrink and grow, surgery and death.

The paper prints the response at two months, that 20 subjects progressed at distant sites during
follow-up, that 14 had the rectum resected and that 12 died. The rest is a choice made here: sizes,
days of the scans, who of the responders was resected when, and by what a later progression showed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, sqrt
from random import Random

from recist.vocabulary import Response
from service.demo import paper
from service.demo.cohort import MANY, Participant
from service.demo.paper import DISTANT, PRIMARY

RESPONSES = frozenset({Response.CR, Response.PR})
LONGEST_MM = {
    "rectum": (35, 70),
    "lymph node": (8, 16),
    "liver": (15, 55),
    "lung": (11, 28),
    "intra-abdominal": (15, 40),
    "bone": (15, 35),
}
"""Between which lengths a lesion lies at baseline, by organ."""
NOT_MEASURABLE = frozenset({"lymph node", "bone"})
AREA_AT_2_MONTHS = {
    Response.CR: (0.0, 0.0),
    Response.PR: (0.30, 0.64),
    Response.SD: (0.76, 1.12),
    Response.NON_CR_NON_PD: (0.80, 1.05),
    Response.PD: (1.30, 1.60),
}
"""What is left of the product of the diameters."""
DRIFT, GROWTH = (0.90, 1.02), (1.40, 1.90)
"""By what the product changes from a scan to the next, without and with progression."""
UNLIKE = 0.06
"""How differently the lesions of one subject respond: a standard deviation of logarithms."""
MONTH = 30
CAN_PROGRESS_FROM = 2
"""The first scan at which the later progressions may show: the first but one after baseline."""


@dataclass(frozen=True)
class TrueLesion:
    """One lesion as it really is; lengths in mm at each scan, 0 where it is not there."""

    organ: str
    compartment: str
    roundness: float
    """The short axis as a share of the longest diameter."""
    longest_mm: tuple[float, ...]

    @property
    def measurable(self) -> bool:
        """Whether a reader may choose it as a target."""
        return self.organ not in NOT_MEASURABLE


@dataclass(frozen=True, kw_only=True)
class Illness:
    """All that is true of one subject; scan 0 is the baseline, scan 1 the one at two months."""

    participant: Participant
    scans: tuple[date, ...]
    lesions: tuple[TrueLesion, ...]
    new: TrueLesion | None
    """A metastasis that was not there at baseline."""
    resected_at: int | None
    """The first scan after the resection of the rectum."""
    progresses_at: int | None
    """The first scan at which there is progression at distant sites."""
    died_on: date | None

    @property
    def progresses_on(self) -> date | None:
        """The day of that scan."""
        return None if self.progresses_at is None else self.scans[self.progresses_at]

    def is_resected(self, lesion: TrueLesion, scan: int) -> bool:
        """Whether the rectum has been removed before this scan, and the lesion with it."""
        return (
            lesion.compartment == PRIMARY
            and self.resected_at is not None
            and scan >= self.resected_at
        )


def illnesses(random: Random, participants: Sequence[Participant]) -> tuple[Illness, ...]:
    """Let the disease of every subject take its course."""
    at_once = [p for p in participants if p.at_2_months[DISTANT] is Response.PD]
    could = [p for p in participants if p not in at_once and p.organs != ("bone",)]
    later = random.sample(could, paper.DISTANT_PROGRESSED - len(at_once))
    dead = random.sample([*at_once, *later], paper.DIED)
    resected = _resected(random, participants)
    return tuple(
        _illness(random, p, progresses=p in later, resected=p in resected, dies=p in dead)
        for p in participants
    )


def _resected(random: Random, participants: Sequence[Participant]) -> list[Participant]:
    """Responders for the most part: the paper has 12 of 14 downstaged."""
    responders = [p for p in participants if p.at_2_months[PRIMARY] in RESPONSES]
    stable = [p for p in participants if p.at_2_months[PRIMARY] is Response.SD]
    return random.sample(responders, paper.RECTUM_RESECTED - 2) + random.sample(stable, 2)


def _illness(
    random: Random, who: Participant, *, progresses: bool, resected: bool, dies: bool
) -> Illness:
    scans = tuple(_scans(random, who))
    last = len(scans) - 1
    gone = who.at_2_months[DISTANT] is Response.CR
    spreads = progresses and (gone or random.random() < 0.5)
    new = _new(random, last) if spreads else None
    grows_at = last if progresses and not spreads else None
    at_once = who.at_2_months[DISTANT] is Response.PD
    shows_at = _first_seen(new) if new else grows_at
    return Illness(
        participant=who,
        scans=scans,
        lesions=tuple(_lesions(random, who, last, grows_at)),
        new=new,
        resected_at=random.choice((2, 3, 3, 4)) if resected else None,
        progresses_at=1 if at_once else shows_at,
        died_on=scans[last] + timedelta(days=random.randint(60, 240)) if dies else None,
    )


def _scans(random: Random, who: Participant) -> Iterator[date]:
    """Baseline, two months, four weeks on to confirm a response, then every two months."""
    day = timedelta(days=1)
    yield who.started_on - random.randint(2, 12) * day
    evaluated = who.started_on + (2 * MONTH + random.randint(-4, 5)) * day
    yield evaluated
    if Response.PD in who.at_2_months.values():
        return
    if RESPONSES & set(who.at_2_months.values()):
        yield evaluated + random.randint(28, 34) * day
    for months in range(4, 2 * random.randint(2, 6) + 1, 2):
        yield who.started_on + (months * MONTH + random.randint(4, 10)) * day


def _lesions(
    random: Random, who: Participant, last: int, grows_at: int | None
) -> Iterator[TrueLesion]:
    area = {
        PRIMARY: _areas(random, who.at_2_months[PRIMARY], last, None),
        DISTANT: _areas(random, who.at_2_months[DISTANT], last, grows_at),
    }
    for organ in ("rectum", "lymph node"):
        yield _lesion(random, organ, PRIMARY, area[PRIMARY])
    count = random.randint(4, 8) if who.metastases == MANY else int(who.metastases)
    others = random.choices(who.organs, k=count - len(who.organs))
    for organ in (*who.organs, *others):
        yield _lesion(random, organ, DISTANT, area[DISTANT])


def _areas(random: Random, response: Response, last: int, grows_at: int | None) -> list[float]:
    """The product of the diameters at each scan as a share of that at baseline."""
    areas = [1.0, random.uniform(*AREA_AT_2_MONTHS[response])]
    for scan in range(2, last + 1):
        areas.append(areas[-1] * random.uniform(*(GROWTH if scan == grows_at else DRIFT)))
    return areas


def _lesion(random: Random, organ: str, compartment: str, areas: Sequence[float]) -> TrueLesion:
    longest = random.uniform(*LONGEST_MM[organ])
    unlike = exp(random.gauss(0, UNLIKE))
    lengths = (longest * sqrt(area) * unlike for area in areas[1:])
    return TrueLesion(organ, compartment, random.uniform(0.65, 0.95), (longest, *lengths))


def _new(random: Random, last: int) -> TrueLesion:
    """A lesion that shows at the last scan, or too small to be sure of at the one before."""
    hints = last > CAN_PROGRESS_FROM and random.random() < 0.4
    before = random.uniform(4, 6) if hints else 0.0
    lengths = (*(0.0,) * (last - 1), before, random.uniform(11, 20))
    return TrueLesion(random.choice(("liver", "lung")), DISTANT, random.uniform(0.7, 0.95), lengths)


def _first_seen(lesion: TrueLesion) -> int:
    return next(scan for scan, mm in enumerate(lesion.longest_mm) if mm)
