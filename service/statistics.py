"""What a rate says beyond its trial: exact confidence intervals, and how probably it succeeds.

Nothing is rounded here: a limit of 0.499922 prints as 50.0 %, and does not exceed one half.
"""

from dataclasses import dataclass

import scipy  # loads scipy.special when it is first asked for

from recist import Fault, Refused
from recist.rates import CONFIDENCE, DecisionRule, Interval, Rate, tail


def exact_interval(rate: Rate, confidence: float = CONFIDENCE) -> Interval:
    """The Clopper-Pearson interval of a rate (Biometrika 1934;26:404-413), from beta quantiles.

    Raises Refused for a level of confidence that is not between 0 and 1.
    """
    beyond, x, n = tail(confidence), rate.count, rate.of
    lower = scipy.special.betaincinv(x, n - x + 1, beyond) if x else 0
    upper = scipy.special.betainccinv(x + 1, n - x, beyond) if x < n else 1
    return Interval(float(lower), float(upper), confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingCharacteristics:
    """How probably a trial succeeds, if its treatment has this response rate."""

    rule: DecisionRule
    response_rate: float
    success: float
    """By the rule as printed: more than."""
    success_if_at_least: float
    """A note: had `at least` been meant."""


def operating_characteristics(rule: DecisionRule, response_rate: float) -> OperatingCharacteristics:
    """The chances of a rule where each subject responds independently (binomial).

    Raises Refused for a response rate that is not between 0 and 1.
    """
    if not 0 <= response_rate <= 1:
        says = f"{response_rate} is no probability: a response rate of 70 % is 0.7"
        raise Refused(Fault(("response_rate",), says))
    return OperatingCharacteristics(
        rule=rule,
        response_rate=response_rate,
        success=_at_least(rule.more_than + 1, rule.of, response_rate),
        success_if_at_least=_at_least(rule.more_than, rule.of, response_rate),
    )


def _at_least(responders: int, of: int, response_rate: float) -> float:
    """P(X >= responders), as a regularised incomplete beta function."""
    if responders == 0:
        return 1.0
    return float(scipy.special.betainc(responders, of - responders + 1, response_rate))
