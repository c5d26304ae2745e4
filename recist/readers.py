"""How readers do in independent review: what went to adjudication, why, and whom it confirmed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from recist.adjudicate import Cause, Variable
from recist.rates import Rate, is_count
from recist.refusal import Fault, Refused

ADJUDICATOR = "ADJUDICATOR"
"""Who is accepted in place of a reader, where an adjudicator read anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One subject, read by independent readers, and what came of their differences."""

    readers: tuple[str, ...]
    differs_in: frozenset[Variable] = frozenset()
    """Of the variables that the trial adjudicates."""
    accepted: str | None = None
    """The reader whose timeline the adjudicator accepted, or ADJUDICATOR for one of its own; None
    before that, or without need."""
    cause: Cause | None = None

    def __post_init__(self) -> None:
        if faults := tuple(self._faults()):
            raise Refused(*faults)

    def _faults(self) -> Iterator[Fault]:
        if len(set(self.readers)) < 2 or len(set(self.readers)) < len(self.readers):
            yield Fault(("readers",), "a case has at least two readers, each once")
        if self.accepted is not None and self.accepted not in (*self.readers, ADJUDICATOR):
            known = ", ".join(self.readers)
            yield Fault(("accepted",), f"{self.accepted} has not read this case; known: {known}")
        if self.accepted is not None and not self.differs_in:
            yield Fault(("accepted",), "the readers do not differ: nothing was to adjudicate")
        if (self.accepted is None) != (self.cause is None):
            yield Fault(("cause",), "an adjudication has a cause, and nothing else has")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationRates:
    """How often independent readers differed in what a trial adjudicates."""

    adjudication_rate: Rate
    """Cases in which the readers differ, of the cases read; not all may be adjudicated yet."""
    adjudicated: int
    by_variable: Mapping[Variable, Rate]
    """Of the cases read; a case may differ in several variables."""
    by_cause: Mapping[Cause, Rate]
    """Of the cases adjudicated."""


def adjudication_rates(cases: Iterable[Case]) -> AdjudicationRates:
    """Derive the rates of a trial. Raises Refused where there is no case."""
    read = list(cases)
    if not read:
        raise Refused(Fault(("cases",), "no case was read: there is nothing to make a rate of"))
    variables = Counter(variable for case in read for variable in case.differs_in)
    causes = Counter(case.cause for case in read if case.cause is not None)
    adjudicated = causes.total()
    return AdjudicationRates(
        adjudication_rate=Rate(sum(bool(case.differs_in) for case in read), len(read)),
        adjudicated=adjudicated,
        by_variable={v: Rate(variables[v], len(read)) for v in Variable if v in variables},
        by_cause={c: Rate(causes[c], adjudicated) for c in Cause if c in causes},
    )


STEPS = ("cases_read", "cases_to_adjudicate", "cases_adjudicated", "adjudicator_disagreed")
"""Each is a part of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderMetrics:
    """How one reader's cases fared. An adjudicator disagrees by accepting another's timeline."""

    reader: str
    cases_read: int
    cases_to_adjudicate: int
    cases_adjudicated: int
    adjudicator_disagreed: int

    def __post_init__(self) -> None:
        if faults := tuple(self._faults()):
            raise Refused(*faults)

    def _faults(self) -> Iterator[Fault]:
        counts = [(name, getattr(self, name)) for name in STEPS]
        for name, count in counts:
            if not is_count(count):
                yield Fault((name,), f"{count} is not a number of cases")
                return
        if self.cases_read == 0:
            yield Fault(("cases_read",), f"{self.reader} has read no case")
        for (whole, of), (part, count) in pairwise(counts):
            if count > of:
                yield Fault((part,), f"{count} is more than {whole}, {of}")

    @property
    def adjudication_rate(self) -> Rate:
        """The cases in which this reader and another differ, of those read."""
        return Rate(self.cases_to_adjudicate, self.cases_read)

    @property
    def adjudicator_agreement(self) -> Rate | None:
        """The adjudications that accepted this reader, of all; None where there was none."""
        if not self.cases_adjudicated:
            return None
        agreed = self.cases_adjudicated - self.adjudicator_disagreed
        return Rate(agreed, self.cases_adjudicated)

    @property
    def disagreement_index(self) -> Rate:
        """The reader disagreement index, RDI: adjudications against this reader, of cases read.

        Unlike the adjudication rate it does not blame a reader for what the other one missed.
        """
        return Rate(self.adjudicator_disagreed, self.cases_read)


def reader_metrics(cases: Iterable[Case], reader: str) -> ReaderMetrics:
    """Count how one reader's cases fared. Raises Refused where the reader has read none."""
    read = [case for case in cases if reader in case.readers]
    accepted = [case.accepted for case in read if case.accepted is not None]
    return ReaderMetrics(
        reader=reader,
        cases_read=len(read),
        cases_to_adjudicate=sum(bool(case.differs_in) for case in read),
        cases_adjudicated=len(accepted),
        adjudicator_disagreed=sum(chosen != reader for chosen in accepted),
    )
