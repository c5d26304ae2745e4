"""How often subjects respond: counts of best responses, the rates made of them, and the decision.

Everyone enrolled is in the denominator: a subject whose best response is NE or MISSING is no
responder. Numerators and denominators are exact; a percentage is for display.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from recist.refusal import Fault, Refused
from recist.vocabulary import Response

R = Response
COMPLETE = frozenset({R.CR, R.ICR})
PARTIAL = frozenset({R.PR, R.IPR})
STABLE = frozenset({R.SD, R.ISD, R.NC})
NEITHER_CR_NOR_PD = frozenset({R.NON_CR_NON_PD, R.NON_ICR_NON_IUPD})

CLINICAL_BENEFIT_DAYS = 168
"""How long an SD lasts that benefits: 24 weeks, where the protocol says nothing else."""

CONFIDENCE = 0.95
"""How sure an interval is, where nothing else is asked for."""

BestResponses = Mapping[Response, int] | Iterable[Response]
"""How many subjects have each best response, or the best response of every subject."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    count: int
    of: int

    def __post_init__(self) -> None:
        if not is_count(self.of) or self.of == 0:
            raise Refused(Fault(("of",), f"a rate is of at least one, not of {self.of}"))
        if not is_count(self.count) or self.count > self.of:
            raise Refused(Fault(("count",), f"{self.count} is not a part of {self.of}"))

    @property
    def fraction(self) -> Fraction:
        """The exact value, for comparisons."""
        return Fraction(self.count, self.of)

    @property
    def percent(self) -> float:
        """The value in per cent, for display: the nearest double, not rounded further."""
        return float(100 * self.fraction)


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; limits are not rounded, so that they can be compared."""

    lower: float
    upper: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRates:
    """The rates of a trial, or of one compartment in it."""

    counts: Mapping[Response, int]
    """Subjects by best response, MISSING filled up to the number enrolled."""
    objective_response: Rate
    """CR and PR."""
    complete_response: Rate
    disease_control: Rate
    """CR, PR and SD."""
    disease_control_with_non_cr_non_pd: Rate
    """Disease control where the analysis plan counts NON_CR_NON_PD too."""
    clinical_benefit: Rate | None
    """CR, PR and the SD that lasted; None where it is not known how many did."""


def response_rates(
    best: BestResponses, *, enrolled: int | None = None, lasting_sd: int | None = None
) -> ResponseRates:
    """Make the rates from best responses, in the words of any edition.

    `enrolled` where subjects have no best response at all; `lasting_sd`: how many of the SD
    lasted long enough for a clinical benefit, see `lasting`. Raises Refused.
    """
    counts = counted(best, enrolled)
    of = sum(counts.values())
    responders = _of(counts, COMPLETE | PARTIAL)
    stable = _of(counts, STABLE)
    controlled = responders + stable
    if lasting_sd is not None and not (is_count(lasting_sd) and lasting_sd <= stable):
        raise Refused(Fault(("lasting_sd",), f"{lasting_sd} is not a part of the {stable} SD"))
    return ResponseRates(
        counts=counts,
        objective_response=Rate(responders, of),
        complete_response=Rate(_of(counts, COMPLETE), of),
        disease_control=Rate(controlled, of),
        disease_control_with_non_cr_non_pd=Rate(controlled + _of(counts, NEITHER_CR_NOR_PD), of),
        clinical_benefit=None if lasting_sd is None else Rate(responders + lasting_sd, of),
    )


def counted(best: BestResponses, enrolled: int | None = None) -> Mapping[Response, int]:
    """Count subjects by best response; those enrolled without one are MISSING. Raises Refused."""
    counts = _counts(best)
    known = sum(counts.values())
    if enrolled is None:
        enrolled = known
    if not is_count(enrolled) or enrolled < known:
        says = f"{enrolled} enrolled, and {known} have a best response"
        raise Refused(Fault(("enrolled",), says))
    if enrolled == 0:
        raise Refused(Fault(("best",), "nobody is enrolled: there is nothing to make a rate of"))
    if enrolled > known:
        counts[R.MISSING] = counts.get(R.MISSING, 0) + enrolled - known
    return counts


def lasting(days: Iterable[int], at_least: int = CLINICAL_BENEFIT_DAYS) -> int:
    """How many of the SD lasted long enough; `days` from the reference date. Raises Refused."""
    durations = list(days)
    faults = [n for n, duration in enumerate(durations) if not is_count(duration)]
    if faults:
        says = "a duration is a whole number of days, zero or more"
        raise Refused(*(Fault(("days", n), f"{durations[n]}: {says}") for n in faults))
    return sum(duration >= at_least for duration in durations)


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """A trial succeeds if more than so many of its subjects respond: strictly more."""

    more_than: int
    of: int

    def __post_init__(self) -> None:
        if not (is_count(self.of) and is_count(self.more_than) and self.more_than < self.of):
            says = f"more than {self.more_than} of {self.of} can never be asked of a trial"
            raise Refused(Fault(("more_than",), says))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a rule says of a rate."""

    rule: DecisionRule
    responders: int
    success: bool
    """By the rule as printed: more than. This decides."""
    success_if_at_least: bool
    """A note: what the rule would say, had `at least` been meant."""


def decide(rule: DecisionRule, rate: Rate) -> Decision:
    """Apply a rule to a rate. Raises Refused where the rule was made for another number."""
    if rate.of != rule.of:
        says = f"the rule is for {rule.of} subjects, and the rate is of {rate.of}"
        raise Refused(Fault(("rate", "of"), says))
    return Decision(
        rule=rule,
        responders=rate.count,
        success=rate.count > rule.more_than,
        success_if_at_least=rate.count >= rule.more_than,
    )


def is_count(value: object) -> bool:
    """Whether this is a whole number, zero or more."""
    return isinstance(value, int) and value >= 0


def tail(confidence: float) -> float:
    """The probability beyond each of two limits. Raises Refused for a level that cannot be."""
    if not 0 < confidence < 1:
        says = f"{confidence} is no level of confidence: it lies between 0 and 1, as 0.95 does"
        raise Refused(Fault(("confidence",), says))
    return (1 - confidence) / 2


def _counts(best: BestResponses) -> dict[Response, int]:
    if not isinstance(best, Mapping):
        return dict(Counter(_response(word, n) for n, word in enumerate(best)))
    faults = [word for word, count in best.items() if not is_count(count)]
    if faults:
        says = "subjects are counted by whole numbers, zero or more"
        raise Refused(*(Fault(("best", str(word)), f"{best[word]}: {says}") for word in faults))
    return {_response(word, str(word)): count for word, count in best.items()}


def _response(word: str, at: str | int) -> Response:
    try:
        return Response(word)
    except ValueError:
        says = f"{word} is not a best response; known: {', '.join(Response)}"
        raise Refused(Fault(("best", at), says)) from None


def _of(counts: Mapping[Response, int], words: frozenset[Response]) -> int:
    return sum(counts.get(word, 0) for word in words)
