"""What is known of one subject's follow-up, and whether it contradicts itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import ClassVar

from recist.criteria import Criteria
from recist.protocol import Protocol
from recist.refusal import Fault, Refused
from recist.vocabulary import STRICT, Response

R = Response
MISSED = R.MISSED


@dataclass(frozen=True, kw_only=True)
class OverallResponse:
    """What one read after the baseline was called; MISSED where the planned visit was."""

    __pydantic_config__: ClassVar = STRICT
    on: date
    overall: Response


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """One subject's overall responses, oldest first, and the dates that trials record beside."""

    __pydantic_config__: ClassVar = STRICT
    criteria: str
    reference_on: date
    """Day 0: start of treatment or randomisation."""
    responses: tuple[OverallResponse, ...]
    """In the words of the criteria, as later reads left them."""
    protocol: Protocol = field(default_factory=Protocol)
    died_on: date | None = None
    new_therapy_on: date | None = None
    """Start of another anticancer therapy: what comes after does not count."""
    last_known_alive_on: date | None = None
    progressed_on: date | None = None
    """A progression recorded elsewhere: what comes after does not count."""
    visit_interval_days: int | None = None
    """Between planned visits; None: no visit was missed."""


NOT_BEFORE_DAY_0 = ("died_on", "new_therapy_on", "progressed_on")
NOT_AFTER_DEATH = ("new_therapy_on", "last_known_alive_on", "progressed_on")


def check(follow_up: FollowUp, criteria: Criteria) -> None:
    """Raise Refused, with each fault and where it is, for what cannot be.

    Responses before day 0, a last known alive before it, MISSED visits after death and anything
    after an ICPD can be: trials' records have them, and nothing is derived from them.
    """
    faults = [*_date_faults(follow_up), *_response_faults(follow_up, criteria)]
    if criteria.confirmation:
        faults += _confirmation_faults(follow_up.responses)
    if faults:
        raise Refused(*faults)


def _date_faults(follow_up: FollowUp) -> Iterator[Fault]:
    start, died_on = follow_up.reference_on, follow_up.died_on
    for name in NOT_BEFORE_DAY_0:
        on = getattr(follow_up, name)
        if on is not None and on < start:
            yield Fault((name,), f"{on} comes before day 0, {start}")
    for name in NOT_AFTER_DEATH:
        on = getattr(follow_up, name)
        if on is not None and died_on is not None and on > died_on:
            yield Fault((name,), f"{on} comes after the death, {died_on}")
    if follow_up.visit_interval_days is not None and follow_up.visit_interval_days < 1:
        yield Fault(("visit_interval_days",), "at least 1; leave it out where no visit is planned")


def _response_faults(follow_up: FollowUp, criteria: Criteria) -> Iterator[Fault]:
    known, died_on = overall_words(criteria), follow_up.died_on
    before: date | None = None
    for n, response in enumerate(follow_up.responses):
        on, word = response.on, response.overall
        if before is not None and on <= before:
            says = f"{on} does not come after the response before, {before}"
            yield Fault(("responses", n, "on"), says)
        before = on
        if word is MISSED:
            continue
        if died_on is not None and on > died_on:
            yield Fault(("responses", n, "on"), f"{on} comes after the death, {died_on}")
        if word not in known:
            says = f"{word} is no overall response of {criteria.name}; there are {_listed(known)}"
            yield Fault(("responses", n, "overall"), says)


def _confirmation_faults(responses: Sequence[OverallResponse]) -> Iterator[Fault]:
    """Only an IUPD that no response has taken back since can be confirmed (iRECIST, Table 2)."""
    stands = False
    for n, response in enumerate(responses):
        if response.overall is R.ICPD:
            if not stands:
                says = "no IUPD before it still stands that an ICPD could confirm"
                yield Fault(("responses", n, "overall"), says)
            return
        if response.overall not in (R.NE, MISSED):
            stands = response.overall is R.IUPD


@lru_cache(maxsize=256)
def overall_words(criteria: Criteria) -> frozenset[Response]:
    """What these criteria may call a read as a whole."""
    words = {criteria.words.get(row.overall, row.overall) for row in criteria.overall}
    return frozenset(words | {R.IUPD}) if criteria.confirmation else frozenset(words)


def _listed(words: frozenset[Response]) -> str:
    return ", ".join(word for word in Response if word in words or word is MISSED)
