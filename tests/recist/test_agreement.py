"""Agreement of readers: published examples, a second formula, and everything undefined."""

from fractions import Fraction
from math import sqrt
from statistics import NormalDist

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recist import Refused
from recist.agreement import (
    AgreementTable,
    bland_altman,
    cohen_kappa,
    intraclass_correlation,
    tabulated,
)
from recist.rates import Rate

NAN, INFINITE = float("nan"), float("inf")
COUNTS = st.integers(2, 5).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 30), min_size=size, max_size=size), min_size=size, max_size=size
    )
)
SIZES = st.integers(0, 100_000).map(lambda tenths: tenths / 10)


def table_of(rows) -> AgreementTable:
    return AgreementTable(tuple("ABCDE"[: len(rows)]), tuple(map(tuple, rows)))


def at(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str | int, ...]]:
    return [fault.at for fault in refused.value.faults]


def delta_method(rows) -> tuple[float, float]:
    """Kappa and its standard error by differentiating it in each cell, which no formula shares."""
    n, cells = sum(map(sum, rows)), [(i, j) for i in range(len(rows)) for j in range(len(rows))]

    def kappa(p) -> Fraction:
        total = sum(p.values())
        same = sum(p[i, j] for i, j in cells if i == j) / total
        chance = sum(
            sum(p[i, j] for j in range(len(rows))) * sum(p[j, i] for j in range(len(rows)))
            for i in range(len(rows))
        ) / (total * total)
        return (same - chance) / (1 - chance)

    p = {(i, j): Fraction(rows[i][j], n) for i, j in cells}
    step = Fraction(1, 10**9)
    slopes = {
        cell: (kappa(p | {cell: p[cell] + step}) - kappa(p | {cell: p[cell] - step})) / (2 * step)
        for cell in cells
    }
    middle = sum(p[cell] * slopes[cell] for cell in cells)
    variance = sum(p[cell] * (slopes[cell] - middle) ** 2 for cell in cells) / n
    return float(kappa(p)), sqrt(variance)


def test_kappa_of_a_published_example() -> None:
    """SAS/STAT User's Guide, The FREQ Procedure, Agreement Study: two dermatologists."""
    found = cohen_kappa(table_of([[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]))
    assert found.interval is not None
    limits = (found.interval.lower, found.interval.upper)
    assert round(float(found.value), 4) == 0.3449
    assert round(found.standard_error, 4) == 0.0724
    assert tuple(round(x, 4) for x in limits) == (0.2030, 0.4868)
    assert found.interval.confidence == 0.95


def test_kappa_is_exact() -> None:
    found = cohen_kappa(table_of([[3, 1, 0, 0], [1, 14, 3, 0], [0, 2, 6, 0], [0, 0, 0, 2]]))
    assert (found.observed, found.expected) == (Fraction(25, 32), Fraction(398, 1024))
    assert found.value == Fraction(402, 626)
    assert found.table.agreement == Rate(25, 32)


@settings(max_examples=40)
@given(COUNTS)
def test_the_standard_error_agrees_with_the_delta_method(rows) -> None:
    if not any(map(sum, rows)):
        return
    found = cohen_kappa(table_of(rows))
    if found.value is None:
        return
    value, error = delta_method(rows)
    assert float(found.value) == pytest.approx(value)
    assert found.standard_error == pytest.approx(error, rel=1e-6, abs=1e-7)


@given(COUNTS, st.permutations(range(5)))
def test_neither_the_order_of_words_nor_of_readers_matters(rows, order) -> None:
    if not any(map(sum, rows)):
        return
    order = [n for n in order if n < len(rows)]
    found = cohen_kappa(table_of(rows))
    for other in ([[rows[n][m] for m in order] for n in order], list(zip(*rows, strict=True))):
        again = cohen_kappa(table_of(other))
        assert (again.value, again.standard_error) == (found.value, found.standard_error)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_the_interval_is_as_wide_as_it_is_sure(confidence: float) -> None:
    found = cohen_kappa(table_of([[20, 5], [10, 15]]), confidence)
    assert found.value == Fraction(2, 5)
    assert found.interval is not None
    assert NormalDist(0.4, found.standard_error).cdf(found.interval.upper) == pytest.approx(
        (1 + confidence) / 2
    )
    assert found.interval.upper - 0.4 == pytest.approx(0.4 - found.interval.lower)
    assert found.interval.confidence == confidence


def test_kappa_does_not_exist_where_both_say_one_word_only() -> None:
    found = cohen_kappa(table_of([[7, 0], [0, 0]]))
    assert (found.observed, found.expected) == (1, 1)
    assert (found.value, found.standard_error, found.interval) == (None, None, None)


@pytest.mark.parametrize(
    ("rows", "value"),
    [([[4, 0], [0, 3]], 1), ([[0, 5], [5, 0]], -1), ([[0, 1], [0, 0]], 0)],
    ids=["always", "never", "one subject"],
)
def test_there_is_no_interval_where_the_standard_error_is_zero(rows, value) -> None:
    found = cohen_kappa(table_of(rows))
    assert (found.value, found.standard_error, found.interval) == (value, 0, None)


def test_prevalence_lowers_kappa_and_the_table_shows_it() -> None:
    balanced, skewed = table_of([[40, 5], [5, 40]]), table_of([[80, 5], [5, 0]])
    assert balanced.agreement == skewed.agreement == Rate(80, 90)
    kappas = [cohen_kappa(table).value for table in (balanced, skewed)]
    assert kappas[0] > Fraction(3, 4) > 0 > kappas[1]


def test_words_are_tabulated_rows_first_reader() -> None:
    table = tabulated(["PR", "PR", "CR", "SD", "odd"], ["PR", "SD", "PR", "SD", "even"])
    assert table.words == ("CR", "PR", "SD", "even", "odd")
    assert table.counts == (
        (0, 1, 0, 0, 0),
        (0, 1, 1, 0, 0),
        (0, 0, 1, 0, 0),
        (0, 0, 0, 0, 0),
        (0, 0, 0, 1, 0),
    )
    assert table.agreement == Rate(2, 5)
    assert cohen_kappa(tabulated(["PD"], ["PD"])).value is None


def test_words_stand_in_the_order_of_the_vocabulary() -> None:
    said = [*"zyxwvuts", "NE", "NON_CR_NON_PD", "PD", "SD", "PR"]
    words = tabulated(said, said).words
    assert words == ("PR", "SD", "NON_CR_NON_PD", "PD", "NE", *"stuvwxyz")


@pytest.mark.parametrize(
    ("first", "second", "where"),
    [
        ([], [], [("first",)]),
        (["CR"], [], [("second",)]),
        (["CR"], ["CR", "PR"], [("second",)]),
        (["CR", None], [NAN, "PR"], [("first", 1), ("second", 0)]),
    ],
)
def test_words_that_cannot_be_compared(first, second, where) -> None:
    with pytest.raises(Refused) as refused:
        tabulated(first, second)
    assert at(refused) == where


@pytest.mark.parametrize(
    ("words", "counts", "where"),
    [
        ((), (), [("counts",)]),
        (("CR", "PR"), ((0, 0), (0, 0)), [("counts",)]),
        (("CR", "CR"), ((1, 0), (0, 1)), [("words",)]),
        (("CR", "PR"), ((1, 0),), [("counts",)]),
        (("CR", "PR"), ((1, 0), (1,)), [("counts",)]),
        (("CR",), ((1,), (1,)), [("counts",)]),
        (
            ("CR", "PR"),
            ((1, -2), (3.0, NAN)),
            [("counts", 0, 1), ("counts", 1, 0), ("counts", 1, 1)],
        ),
    ],
)
def test_a_table_that_cannot_be(words, counts, where) -> None:
    with pytest.raises(Refused) as refused:
        AgreementTable(words, counts)
    assert at(refused) == where


@pytest.mark.parametrize("confidence", [0, 1, NAN])
def test_a_kappa_of_no_confidence(confidence) -> None:
    with pytest.raises(Refused, match="confidence"):
        cohen_kappa(table_of([[7, 0], [0, 0]]), confidence)


def test_limits_of_agreement_of_the_paper_that_proposed_them() -> None:
    """Bland and Altman 1986, first readings of two peak flow meters: -2.1 l/min, SD 38.8."""
    large = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    small = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    found = bland_altman(large, small).difference
    assert (round(found.mean, 1), round(found.sd, 1), found.pairs) == (-2.1, 38.8, 17)
    assert (round(found.lower, 1), round(found.upper, 1)) == (-78.1, 73.9)


def test_per_cent_differences_are_of_the_mean_of_both() -> None:
    found = bland_altman([100, 30], [60, 50]).percent_difference
    assert (found.mean, found.pairs) == (0, 2)
    assert found.sd == pytest.approx(sqrt(5000))
    assert (found.lower, found.upper) == (-1.96 * found.sd, 1.96 * found.sd)


def test_sums_are_taken_as_the_decimals_that_they_stand_for() -> None:
    found = bland_altman([0.3, 46.3], [0.2, 46.2]).difference
    assert (found.mean, found.sd, found.lower, found.upper) == (0.1, 0, 0.1, 0.1)


def test_one_pair_has_no_limits() -> None:
    found = bland_altman([30], [20])
    assert (found.difference.mean, found.percent_difference.mean) == (10, 40)
    for limits in (found.difference, found.percent_difference):
        assert (limits.pairs, limits.sd, limits.lower, limits.upper) == (1, None, None, None)


def test_where_both_see_nothing_there_is_no_percentage() -> None:
    found = bland_altman([0, 30, 10, 50], [0, 20, 0, 50])
    assert (found.difference.pairs, found.percent_difference.pairs) == (4, 3)
    assert found.percent_difference.mean == 80
    assert bland_altman([0, 0], [0, 0]).percent_difference is None


@pytest.mark.parametrize(
    ("first", "second", "where"),
    [
        ([], [], [("first",)]),
        ([10], [], [("second",)]),
        ([10, 20], [10], [("second",)]),
        ([10, NAN], [INFINITE, 20], [("first", 1), ("second", 0)]),
        ([-0.1, 10], [None, "20"], [("first", 0), ("second", 0), ("second", 1)]),
    ],
)
def test_sums_that_cannot_be_compared(first, second, where) -> None:
    with pytest.raises(Refused) as refused:
        bland_altman(first, second)
    assert at(refused) == where


@given(st.lists(st.tuples(SIZES, SIZES), min_size=1, max_size=20))
def test_the_readers_change_places(pairs) -> None:
    first, second = zip(*pairs, strict=True)
    here, there = bland_altman(first, second), bland_altman(second, first)
    for name in ("difference", "percent_difference"):
        a, b = getattr(here, name), getattr(there, name)
        if a is None:
            assert b is None
            continue
        assert (a.pairs, a.mean, a.sd) == (b.pairs, -b.mean, b.sd)
        assert a.sd is None or (a.lower, a.upper) == (-b.upper, -b.lower)


def test_the_icc_of_the_paper_that_named_it() -> None:
    """Shrout and Fleiss 1979, Tables 2 and 4: six targets, four judges, ICC(2,1) = .29."""
    targets = [
        (9, 2, 5, 8),
        (6, 1, 3, 2),
        (8, 4, 6, 8),
        (7, 1, 2, 6),
        (10, 5, 6, 9),
        (6, 2, 4, 7),
    ]
    judges = {f"judge {n}": given for n, given in enumerate(zip(*targets, strict=True))}
    found = intraclass_correlation(judges)
    assert round(float(found), 2) == 0.29
    assert found == Fraction(184, 635)


def test_a_constant_difference_is_no_absolute_agreement() -> None:
    assert intraclass_correlation({"a": [10, 20, 30.5], "b": [10, 20, 30.5]}) == 1
    assert intraclass_correlation({"a": [10, 20, 30], "b": [20, 30, 40]}) == Fraction(2, 3)


def test_an_icc_that_is_not_defined() -> None:
    assert intraclass_correlation({"a": [10], "b": [20]}) is None
    assert intraclass_correlation({"a": [10, 10], "b": [10, 10]}) is None


@pytest.mark.parametrize(
    ("sums", "where"),
    [
        ({}, [()]),
        ({"reader 1": [10, 20]}, [()]),
        ({"reader 1": [], "reader 2": []}, [("reader 1",)]),
        ({"reader 1": [10], "reader 2": [10, 20], "reader 3": []}, [("reader 2",), ("reader 3",)]),
        ({"reader 1": [10, NAN], "reader 2": [10, 20]}, [("reader 1", 1)]),
    ],
)
def test_sums_without_an_icc(sums, where) -> None:
    with pytest.raises(Refused) as refused:
        intraclass_correlation(sums)
    assert at(refused) == where


def test_the_worked_cases_of_agreement(shared) -> None:
    document = yaml.safe_load((shared / "vectors" / "criteria.yaml").read_text())
    by_kind = {v["kind"]: v for v in document["vectors"]}
    asked, expected = by_kind["kappa"]["input"], by_kind["kappa"]["expect"]
    table = AgreementTable(tuple(asked["labels"]), tuple(map(tuple, asked["matrix"])))
    kappa = cohen_kappa(table)
    found = {
        "n": table.agreement.of,
        "po": float(kappa.observed),
        "pe": float(kappa.expected),
        "kappa": float(kappa.value),
    }
    assert found == pytest.approx(expected, abs=5e-7)
    asked, expected = by_kind["bland_altman"]["input"], by_kind["bland_altman"]["expect"]
    limits = bland_altman(asked["a"], asked["b"]).difference
    assert (limits.mean, limits.sd) == pytest.approx(
        (expected["mean_diff"], expected["sd_diff"]), abs=5e-7
    )
    assert [limits.lower, limits.upper] == pytest.approx(expected["loa"], abs=5e-7)


def test_the_limits_of_sums_that_are_no_whole_numbers_are_in_their_unit() -> None:
    found = bland_altman([10.5, 20.1], [10.0, 20.0]).difference
    half = 1.96 * 0.4 / 2**0.5
    assert (round(found.lower, 9), round(found.upper, 9)) == (
        round(0.3 - half, 9),
        round(0.3 + half, 9),
    )
