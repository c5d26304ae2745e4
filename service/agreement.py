"""How far a trial's readers agree, how often they were adjudicated and why, and how each does."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, select

from recist.adjudicate import Cause, Variable
from recist.agreement import (
    AgreementTable,
    BlandAltman,
    bland_altman,
    cohen_kappa,
    intraclass_correlation,
)
from recist.rates import Interval, Rate
from recist.readers import Case, adjudication_rates, reader_metrics
from service.access import own_trial, subjects_of
from service.callers import Caller
from service.comparison import Comparison, compared
from service.idempotency import Answer
from service.paired import Pairs, Place, Sayings, sums_by_place, tables_by_place
from service.reads import signed_in_trial
from service.roles import INDEPENDENT, Role
from service.tables import adjudications, subjects

_DECISIONS_IN = (
    select(adjudications)
    .join(subjects)
    .where(subjects.c.trial_id == bindparam("trial_id"))
    .order_by(adjudications.c.decided_at, adjudications.c.id)
)


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many."""

    count: int
    of: int
    percent: float


@dataclass(frozen=True, kw_only=True)
class WordAgreement:
    """How far two readers agree in one variable.

    Where one word prevails kappa is low however well they agree: the table is beside it.
    """

    readers: tuple[Role, Role]
    variable: Variable
    compartment: str | None
    timepoint: int | None
    agreement: Share
    kappa: float | None
    """Null where both readers have one and the same word only."""
    standard_error: float | None
    interval: Interval | None
    """Null in perfect agreement, too, which is not certain for all that."""
    table: AgreementTable
    """Rows are the words of the first reader, columns those of the second."""


@dataclass(frozen=True, kw_only=True)
class SumAgreement:
    """How two readers' sums differ at one time point, the first's less the second's."""

    readers: tuple[Role, Role]
    compartment: str | None
    timepoint: int
    unit: str
    sums: BlandAltman
    percents_of_baseline: BlandAltman | None
    """Of the sums in per cent of each reader's own baseline, which differ as the changes do; null
    at the baseline, and where no baseline has a size."""
    intraclass_correlation: float | None
    """ICC(2,1) of the sums; null for one subject, and where all sums are the same."""


@dataclass(frozen=True, kw_only=True)
class VariableShare:
    """In how many of the subjects compared the readers differ in a variable that is adjudicated."""

    variable: Variable
    share: Share


@dataclass(frozen=True, kw_only=True)
class CauseShare:
    """How many of the decisions in force give a cause."""

    cause: Cause
    share: Share


@dataclass(frozen=True, kw_only=True)
class AdjudicationShares:
    """How often the readers differ in what the trial adjudicates."""

    rate: Share
    adjudicated: int
    by_variable: list[VariableShare]
    by_cause: list[CauseShare]


@dataclass(frozen=True, kw_only=True)
class ReaderRecord:
    """How one reader's subjects fared."""

    reader: Role
    compared: int
    to_adjudicate: int
    adjudicated: int
    endorsed: int
    adjudication_rate: Share
    adjudicator_agreement: Share | None
    """Decisions for this reader, of all; null where there was none."""
    disagreement_index: Share
    """Decisions against this reader, of the subjects compared."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How a trial's readers agree; subjects count once all readers have signed as many reads."""

    subjects: int
    compared: int
    words: list[WordAgreement]
    sums: list[SumAgreement]
    adjudication: AdjudicationShares | None
    """Null where nothing is compared, or by one reader alone."""
    readers: list[ReaderRecord]


AGREEMENT = TypeAdapter(Agreement)


def view(connection: Connection, caller: Caller, trial_id: str) -> Answer:
    """How the readers of a trial agree, over the subjects whose readers can be compared."""
    trial = own_trial(connection, caller, trial_id, "getAgreement")
    everyone = _comparisons(connection, trial.id)
    alike = [each for each in everyone if each.basis is not None]
    cases = [_case(each) for each in alike] if trial.readers > 1 else []
    readers = INDEPENDENT[: trial.readers]
    said = [each.said for each in alike]
    pairs = list(combinations(readers, 2))
    found = Agreement(
        subjects=len(everyone),
        compared=len(alike),
        words=[each for pair in pairs for each in _words(pair, said)],
        sums=[each for pair in pairs for each in _sums(pair, said)],
        adjudication=_adjudication(cases) if cases else None,
        readers=[_record(reader, cases) for reader in readers] if cases else [],
    )
    return Answer(200, AGREEMENT.dump_json(found))


def _comparisons(connection: Connection, trial_id: str) -> list[Comparison]:
    """The readers of each subject of a trial side by side, whether they have begun or not."""
    signed = signed_in_trial(connection, trial_id)
    decisions: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(_DECISIONS_IN, {"trial_id": trial_id}):
        decisions.setdefault(row.subject_id, []).append(row)
    return [
        compared(subject, signed.get(subject.id, {}), decisions.get(subject.id, ()))
        for subject in subjects_of(connection, trial_id)
    ]


def _case(comparison: Comparison) -> Case:
    made = comparison.decision if comparison.to_adjudicate else None
    return Case(
        readers=comparison.readers,
        differs_in=frozenset(found.variable for found in comparison.to_adjudicate),
        accepted=None if made is None else made.accepts,
        cause=None if made is None else Cause(made.cause),
    )


def _words(readers: tuple[Role, Role], said: Sequence[Sayings]) -> list[WordAgreement]:
    tables = tables_by_place(readers, said)
    return [_word(readers, place, table) for place, table in tables.items()]


def _word(readers: tuple[Role, Role], place: Place, table: AgreementTable) -> WordAgreement:
    kappa = cohen_kappa(table)
    return WordAgreement(
        readers=readers,
        variable=place.variable,
        compartment=place.compartment,
        timepoint=place.timepoint,
        agreement=_share(table.agreement),
        kappa=None if kappa.value is None else float(kappa.value),
        standard_error=kappa.standard_error,
        interval=kappa.interval,
        table=table,
    )


def _sums(readers: tuple[Role, Role], said: Sequence[Sayings]) -> list[SumAgreement]:
    return [_sum(readers, place, some) for place, some in sums_by_place(readers, said).items()]


def _sum(readers: tuple[Role, Role], place: Place, some: Pairs) -> SumAgreement:
    among = intraclass_correlation(dict(zip(readers, zip(*some.sums, strict=True), strict=True)))
    return SumAgreement(
        readers=readers,
        compartment=place.compartment,
        timepoint=place.timepoint or 0,
        unit=some.unit,
        sums=bland_altman(*zip(*some.sums, strict=True)),
        percents_of_baseline=(
            bland_altman(*zip(*some.percents, strict=True)) if some.percents else None
        ),
        intraclass_correlation=None if among is None else float(among),
    )


def _adjudication(cases: Sequence[Case]) -> AdjudicationShares:
    rates = adjudication_rates(cases)
    variables, causes = rates.by_variable.items(), rates.by_cause.items()
    return AdjudicationShares(
        rate=_share(rates.adjudication_rate),
        adjudicated=rates.adjudicated,
        by_variable=[VariableShare(variable=v, share=_share(rate)) for v, rate in variables],
        by_cause=[CauseShare(cause=c, share=_share(rate)) for c, rate in causes],
    )


def _record(reader: Role, cases: Sequence[Case]) -> ReaderRecord:
    metrics = reader_metrics(cases, reader)
    agreed = metrics.adjudicator_agreement
    return ReaderRecord(
        reader=reader,
        compared=metrics.cases_read,
        to_adjudicate=metrics.cases_to_adjudicate,
        adjudicated=metrics.cases_adjudicated,
        endorsed=metrics.cases_adjudicated - metrics.adjudicator_disagreed,
        adjudication_rate=_share(metrics.adjudication_rate),
        adjudicator_agreement=None if agreed is None else _share(agreed),
        disagreement_index=_share(metrics.disagreement_index),
    )


def _share(rate: Rate) -> Share:
    return Share(count=rate.count, of=rate.of, percent=rate.percent)
