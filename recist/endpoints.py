"""endpoints(follow_up): what a trial reports of one subject, from its dated overall responses.

Censoring as in the FDA's guidance on cancer trial endpoints (2018): after another therapy, or where
an event follows two missed visits, at the last adequate assessment before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from recist.assess import judged_by
from recist.best import NE, Dated, best_of, counted
from recist.criteria import Criteria
from recist.final import progression
from recist.follow_up import MISSED, FollowUp, check
from recist.protocol import Switches
from recist.vocabulary import Response

EVENTS = frozenset({"PD", "DEATH", "RESPONSE"})
"""The reasons for which a time ends with its event; by all others it is censored."""
MISSED_VISITS = 2
"""So many planned visits missed on end leave it open when the event came."""

Ending = tuple[date, str]
"""The day on which a time ends, and the reason."""


@dataclass(slots=True, kw_only=True)
class TimeToEvent:
    """From one day to an event, or to where it is censored."""

    start: date
    end: date
    days: int
    """A plain difference of dates."""
    event: bool
    reason: str


@dataclass(slots=True, kw_only=True)
class Endpoints:
    """What a trial reports of one subject; None where a time does not apply to it."""

    best_overall: Response
    best_overall_unconfirmed: Response
    responder: bool
    pfs: TimeToEvent
    duration_of_response: TimeToEvent | None
    duration_of_complete_response: TimeToEvent | None
    time_to_response: TimeToEvent | None
    os: TimeToEvent | None


def endpoints(follow_up: FollowUp) -> Endpoints:
    """Derive the best response and the times to events of one subject.

    Raises Refused, with the path of each fault, for a follow-up that contradicts itself or speaks
    words that its criteria do not have.

    What counts are the responses up to `new_therapy_on` and `progressed_on`, those days included.
    A missed visit is no response: it neither stands between a response and its confirmation nor is
    it an assessment. Disease after a CR is progression for every time, as it is for the best
    response and in an assessment, unless the protocol recodes the CR or derives the best response
    as the pharmaverse does, where a PD is what was called one.
    """
    criteria, switches = judged_by(follow_up.criteria, follow_up.protocol)
    check(follow_up, criteria)
    start = follow_up.reference_on
    course = counted(_up_to_the_end(follow_up), switches, criteria)
    best = best_of(course, start, switches, criteria)
    ending = _ending(follow_up, course, switches, criteria)
    responded_on, cr_on = best.responded_on, best.cr_on
    since = start if responded_on and criteria.duration_from_start else responded_on
    return Endpoints(
        best_overall=best.overall,
        best_overall_unconfirmed=best.unconfirmed,
        responder=responded_on is not None,
        pfs=_time(start, *ending),
        duration_of_response=_time(since, *ending) if since else None,
        duration_of_complete_response=_time(cr_on, *ending) if cr_on else None,
        time_to_response=_time(start, responded_on, "RESPONSE") if responded_on else None,
        os=_survival(follow_up),
    )


def _up_to_the_end(follow_up: FollowUp) -> list[Dated]:
    ends = [on for on in (follow_up.new_therapy_on, follow_up.progressed_on) if on]
    last = min(ends, default=date.max)
    return [
        (response.on, response.overall)
        for response in follow_up.responses
        if response.overall is not MISSED and response.on <= last
    ]


def _time(start: date, end: date, reason: str) -> TimeToEvent:
    """No time ends before it starts, though records may begin before day 0."""
    end = max(start, end)
    return TimeToEvent(
        start=start, end=end, days=(end - start).days, event=reason in EVENTS, reason=reason
    )


def _ending(
    follow_up: FollowUp, course: Sequence[Dated], switches: Switches, criteria: Criteria
) -> Ending:
    """When and why the time without progression ended, with an event or censored.

    An adequate assessment is any but NE. Without one, the time is censored on day 0.
    """
    own = criteria.words
    first = progression([own.get(word, word) for _, word in course])
    before = course[:first]
    adequate = [on for on, word in before if word is not NE]
    event = _event(follow_up, None if first is None else course[first][0])
    last = adequate[-1] if adequate else follow_up.reference_on
    if event:
        attended = before[-1][0] if before and switches.ne_is_attended else last
        return (last, "EVENT_AFTER_TWO_MISSED") if _open(follow_up, attended, event[0]) else event
    if not adequate:
        return last, "NO_POST_BASELINE"
    return last, "NEW_THERAPY" if follow_up.new_therapy_on else "LAST_ADEQUATE_ASSESSMENT"


def _event(follow_up: FollowUp, pd_on: date | None) -> Ending | None:
    """The progression or else the death, unless another therapy came before it.

    An iRECIST progression is dated by the first IUPD of the block that was confirmed or never
    reset. On the day of the death it is a PD, on that of the therapy it counts.
    """
    therapy = follow_up.new_therapy_on or date.max
    for on, reason in ((pd_on or follow_up.progressed_on, "PD"), (follow_up.died_on, "DEATH")):
        if on and on <= therapy:
            return on, reason
    return None


def _open(follow_up: FollowUp, attended: date, event_on: date) -> bool:
    """Whether so many visits were missed before an event that it may have come much earlier."""
    interval = follow_up.visit_interval_days
    since = max(attended, follow_up.reference_on)
    return interval is not None and (event_on - since).days > MISSED_VISITS * interval


def _survival(follow_up: FollowUp) -> TimeToEvent | None:
    """To the death; else to the last day known alive, or to the last visit if none is given."""
    start = follow_up.reference_on
    if follow_up.died_on:
        return _time(start, follow_up.died_on, "DEATH")
    visits = (r.on for r in reversed(follow_up.responses) if r.overall is not MISSED)
    alive_on = follow_up.last_known_alive_on or next(visits, None)
    return _time(start, alive_on, "LAST_KNOWN_ALIVE") if alive_on else None
