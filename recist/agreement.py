"""How far two readers agree: in words by Cohen's kappa, in sums by Bland and Altman, and the ICC.

Counts and sums are exact, and so is what is made of them, up to a square root or a percentage.
What is not defined is None: kappa where both say one word only, the standard deviation of one pair.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import isfinite, lcm, sqrt
from operator import mul
from statistics import NormalDist, mean, stdev
from typing import TypeVar

from recist.rates import CONFIDENCE, Interval, Rate, is_count, tail
from recist.refusal import Fault, Refused
from recist.vocabulary import Response

T = TypeVar("T")

SD_TO_LIMITS = 1.96
"""How many standard deviations the limits of agreement lie from the mean difference."""

ORDER: Mapping[str, int] = {word: n for n, word in enumerate(Response)}


@dataclass(frozen=True, slots=True)
class AgreementTable:
    """How often two readers' words met: rows are the words of the first, columns of the second.

    Where one word prevails, kappa is low however well they agree: show the table beside it.
    """

    words: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        _refuse(self._faults())

    def _faults(self) -> Iterator[Fault]:
        size = len(self.words)
        if len(set(self.words)) < size:
            yield Fault(("words",), "a word stands here twice: each has one row and one column")
        if [len(row) for row in self.counts] != [size] * size:
            yield Fault(("counts",), f"{size} words need {size} rows of {size} counts")
        cells = {(n, m): x for n, row in enumerate(self.counts) for m, x in enumerate(row)}
        for at, count in cells.items():
            if not is_count(count):
                yield Fault(("counts", *at), f"{count} is not a number of subjects")
        if not any(cells.values()):
            yield Fault(("counts",), "no subject was read by both readers")

    @property
    def agreement(self) -> Rate:
        """The subjects for whom both readers have the same word, of all."""
        return Rate(sum(row[n] for n, row in enumerate(self.counts)), sum(map(sum, self.counts)))


def tabulated(first: Sequence[str], second: Sequence[str]) -> AgreementTable:
    """Cross-tabulate two readers' words for the same subjects, given in the same order.

    Responses are listed in the order of the vocabulary, other words after them. Raises Refused.
    """
    said = {"first": first, "second": second}
    met = Counter(_by_subject(said))
    _refuse(
        Fault((reader, n), f"{word} is no word: leave out who was not read by both")
        for reader, words in said.items()
        for n, word in enumerate(words)
        if not isinstance(word, str)
    )
    words = sorted({*first, *second}, key=lambda word: (ORDER.get(word, len(ORDER)), word))
    return AgreementTable(tuple(words), tuple(tuple(met[a, b] for b in words) for a in words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Agreement in nominal words beyond that by chance (Cohen 1960)."""

    table: AgreementTable
    observed: Fraction
    """po: the part of the subjects for whom the readers agree."""
    expected: Fraction
    """pe: the part for whom they would by chance, each keeping to its own frequencies."""
    value: Fraction | None
    """(po - pe) / (1 - pe); None where pe is 1: both readers have one and the same word only."""
    standard_error: float | None
    interval: Interval | None
    """By the normal approximation, not cut at 1; None where the standard error is 0, too."""


def cohen_kappa(table: AgreementTable, confidence: float = CONFIDENCE) -> Kappa:
    """Derive the unweighted kappa of two readers, with its large-sample interval.

    The standard error is that of Fleiss, Cohen and Everitt (Psychol Bull 1969;72:323-327) for a
    kappa that need not be zero. It is 0 in perfect agreement, which does not make that certain:
    then there is no interval. Raises Refused for an impossible level of confidence.
    """
    z = -NormalDist().inv_cdf(tail(confidence))
    subjects = table.agreement.of
    p = [[Fraction(count, subjects) for count in row] for row in table.counts]
    first, second = _marginals(p)
    po = table.agreement.fraction
    pe = sum(map(mul, first, second), Fraction())
    value = error = interval = None
    if pe != 1:
        value = (po - pe) / (1 - pe)
        error = sqrt(_variance(p, po, pe) / subjects)
        lower, upper = float(value) - z * error, float(value) + z * error
        interval = Interval(lower, upper, confidence) if error else None
    return Kappa(
        table=table,
        observed=po,
        expected=pe,
        value=value,
        standard_error=error,
        interval=interval,
    )


def _variance(p: Sequence[Sequence[Fraction]], po: Fraction, pe: Fraction) -> Fraction:
    """Fleiss, Cohen and Everitt 1969, for weights of 0 and 1; of one subject."""
    first, second = _marginals(p)
    alike = unlike = Fraction()
    for n, m in product(range(len(p)), repeat=2):
        if n == m:
            alike += p[n][n] * ((1 - pe) - (first[n] + second[n]) * (1 - po)) ** 2
        else:
            unlike += p[n][m] * (second[n] + first[m]) ** 2
    return (alike + (1 - po) ** 2 * unlike - (po * pe - 2 * pe + po) ** 2) / (1 - pe) ** 4


def _marginals(p: Sequence[Sequence[Fraction]]) -> tuple[list[Fraction], list[Fraction]]:
    """How often each word is the first reader's, and the second's."""
    columns = [sum((row[n] for row in p), Fraction()) for n in range(len(p))]
    return [sum(row, Fraction()) for row in p], columns


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsOfAgreement:
    """Between what limits 95 % of the differences are expected to lie, if they are normal."""

    pairs: int
    mean: float
    sd: float | None
    """With n - 1; None for one pair, as are the limits."""
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlandAltman:
    """How two readers' sums differ: the first's less the second's."""

    difference: LimitsOfAgreement
    """In the unit of the sums."""
    percent_difference: LimitsOfAgreement | None
    """In per cent of the mean of both; pairs of zeros have none, and are left out here."""


def bland_altman(first: Sequence[float], second: Sequence[float]) -> BlandAltman:
    """Compare two readers' sums of the same subjects, given in the same order.

    Source: Bland and Altman, Lancet 1986;327:307-310, and Stat Methods Med Res 1999;8:135-160.
    Raises Refused.
    """
    columns, parts = _whole({"first": first, "second": second})
    pairs = _by_subject(columns)
    percents = [200 * (x - y) / (x + y) for x, y in pairs if x + y]
    return BlandAltman(
        difference=_limits([x - y for x, y in pairs], parts),
        percent_difference=_limits(percents, 1) if percents else None,
    )


def _limits(differences: Sequence[float], parts: int) -> LimitsOfAgreement:
    """The limits of differences, each of which is so many parts of one."""
    middle = float(mean(map(Fraction, differences)) / parts)
    sd = stdev(differences) / parts if len(differences) > 1 else None
    return LimitsOfAgreement(
        pairs=len(differences),
        mean=middle,
        sd=sd,
        lower=None if sd is None else middle - SD_TO_LIMITS * sd,
        upper=None if sd is None else middle + SD_TO_LIMITS * sd,
    )


def intraclass_correlation(sums: Mapping[str, Sequence[float]]) -> Fraction | None:
    """ICC(2,1): absolute agreement of single reads, readers and subjects both drawn at random.

    `sums` of each reader, of the same subjects in the same order. None for one subject, and where
    all sums are the same. Source: Shrout and Fleiss, Psychol Bull 1979;86:420-428. Raises Refused.
    """
    columns, _ = _whole(sums)  # the coefficient is the same whatever the unit
    rows = _by_subject(columns)
    n, k = len(rows), len(columns)
    if n == 1:
        return None
    within_all = _squares([x for row in rows for x in row])
    between_subjects = _squares([sum(row) for row in rows]) / k
    between_readers = _squares([sum(column) for column in columns.values()]) / n
    rest = within_all - between_subjects - between_readers
    msr, msc = between_subjects / (n - 1), between_readers / (k - 1)
    mse = rest / ((n - 1) * (k - 1))
    below = msr + (k - 1) * mse + k * (msc - mse) / n
    return (msr - mse) / below if below else None


def _squares(values: Sequence[int]) -> Fraction:
    """The squares of the distances from the mean, summed."""
    return sum(x * x for x in values) - Fraction(sum(values) ** 2, len(values))


def _whole(sums: Mapping[str, Sequence[float]]) -> tuple[dict[str, list[int]], int]:
    """Each sum as the decimal that it stands for: whole numbers of parts, and how many make one."""
    _refuse(
        Fault((reader, n), f"{x} is not a sum of diameters or products")
        for reader, given in sums.items()
        for n, x in enumerate(given)
        if not (isinstance(x, int | float) and isfinite(x) and x >= 0)
    )
    exact = {
        reader: [Decimal(str(x)).as_integer_ratio() for x in given]
        for reader, given in sums.items()
    }
    parts = lcm(*(of for column in exact.values() for _, of in column))
    whole = {reader: [x * (parts // of) for x, of in column] for reader, column in exact.items()}
    return whole, parts


def _by_subject(readers: Mapping[str, Sequence[T]]) -> list[tuple[T, ...]]:
    _refuse(_pairing_faults(readers))
    return list(zip(*readers.values(), strict=True))


def _pairing_faults(readers: Mapping[str, Sequence[object]]) -> Iterator[Fault]:
    if len(readers) < 2:
        yield Fault((), f"agreement needs two readers, and here are {len(readers)}")
        return
    first, *others = readers
    subjects = len(readers[first])
    if not subjects:
        yield Fault((first,), "no subject was read")
    for other in others:
        if len(readers[other]) != subjects:
            says = f"{len(readers[other])} subjects, and {subjects} in {first}"
            yield Fault((other,), f"{says}: give the same subjects in the same order")


def _refuse(faults: Iterable[Fault]) -> None:
    if found := tuple(faults):
        raise Refused(*found)
