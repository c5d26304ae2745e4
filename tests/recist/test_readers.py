"""Reader metrics and adjudication rates, from cases and from whole timelines."""

from fractions import Fraction

import pytest
import yaml

from recist import Refused, assess
from recist.adjudicate import Cause, Course, Variable, discrepancies
from recist.rates import Rate
from recist.readers import Case, ReaderMetrics, adjudication_rates, reader_metrics

READERS = ("READER_1", "READER_2")
BEST, PROGRESSED = Variable.BEST_OVERALL, Variable.PROGRESSED_ON
AGREED = Case(readers=READERS)
WAITING = Case(readers=READERS, differs_in=frozenset({BEST}))


def decided(accepted: str, cause: Cause = Cause.NEW_LESION, *variables: Variable) -> Case:
    return Case(
        readers=READERS,
        differs_in=frozenset(variables or {BEST}),
        accepted=accepted,
        cause=cause,
    )


CASES = (
    *[AGREED] * 5,
    WAITING,
    decided("READER_1"),
    decided("READER_2", Cause.MEASUREMENT, BEST, PROGRESSED),
    decided("READER_2", Cause.NEW_LESION, PROGRESSED),
    decided("READER_2"),
)


def metrics(read=100, to_adjudicate=30, adjudicated=30, disagreed=12) -> ReaderMetrics:
    return ReaderMetrics(
        reader="R1",
        cases_read=read,
        cases_to_adjudicate=to_adjudicate,
        cases_adjudicated=adjudicated,
        adjudicator_disagreed=disagreed,
    )


def at(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str | int, ...]]:
    return [fault.at for fault in refused.value.faults]


def test_adjudication_rates_in_all_by_variable_and_by_cause() -> None:
    rates = adjudication_rates(CASES)
    assert (rates.adjudication_rate, rates.adjudicated) == (Rate(5, 10), 4)
    assert rates.by_variable == {BEST: Rate(4, 10), PROGRESSED: Rate(2, 10)}
    assert rates.by_cause == {Cause.NEW_LESION: Rate(3, 4), Cause.MEASUREMENT: Rate(1, 4)}
    assert list(rates.by_cause) == [Cause.MEASUREMENT, Cause.NEW_LESION]


def test_readers_who_never_differ() -> None:
    rates = adjudication_rates(iter([AGREED, AGREED]))
    assert (rates.adjudication_rate, rates.adjudicated) == (Rate(0, 2), 0)
    assert (rates.by_variable, rates.by_cause) == ({}, {})


def test_the_adjudicator_disagrees_with_whom_he_does_not_accept() -> None:
    first, second = (reader_metrics(iter(CASES), reader) for reader in READERS)
    assert (first.cases_read, first.cases_to_adjudicate, first.cases_adjudicated) == (10, 5, 4)
    assert (first.adjudicator_disagreed, second.adjudicator_disagreed) == (3, 1)
    assert first.adjudication_rate == second.adjudication_rate == Rate(5, 10)
    assert first.adjudicator_agreement == Rate(1, 4)
    assert second.adjudicator_agreement == Rate(3, 4)
    assert (first.disagreement_index, second.disagreement_index) == (Rate(3, 10), Rate(1, 10))


def test_a_reader_is_measured_by_his_own_cases() -> None:
    other = Case(readers=("READER_2", "READER_3"))
    assert reader_metrics([AGREED, other], "READER_1").cases_read == 1
    assert reader_metrics([AGREED, other], "READER_2").cases_read == 2
    assert reader_metrics([AGREED, other], "READER_3").adjudicator_agreement is None


def test_no_cases_have_no_rates() -> None:
    with pytest.raises(Refused) as refused:
        adjudication_rates([])
    assert at(refused) == [("cases",)]
    with pytest.raises(Refused, match="READER_3 has read no case") as refused:
        reader_metrics(CASES, "READER_3")
    assert at(refused) == [("cases_read",)]


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"readers": ()}, ["readers"]),
        ({"readers": ("READER_1",)}, ["readers"]),
        ({"readers": ("READER_1", "READER_1")}, ["readers"]),
        ({"readers": ("READER_1", "READER_2", "READER_1")}, ["readers"]),
        ({"differs_in": {BEST}, "accepted": "READER_3", "cause": Cause.OTHER}, ["accepted"]),
        ({"accepted": "READER_1", "cause": Cause.OTHER}, ["accepted"]),
        ({"differs_in": {BEST}, "accepted": "READER_1"}, ["cause"]),
        ({"differs_in": {BEST}, "cause": Cause.OTHER}, ["cause"]),
    ],
)
def test_a_case_that_cannot_be(members, where) -> None:
    with pytest.raises(Refused) as refused:
        Case(**{"readers": READERS} | members)
    assert at(refused) == [(name,) for name in where]


@pytest.mark.parametrize(
    ("counts", "where"),
    [
        ((0, 0, 0, 0), "cases_read"),
        ((-1, 0, 0, 0), "cases_read"),
        ((10, 11, 5, 2), "cases_to_adjudicate"),
        ((10, 5, 6, 2), "cases_adjudicated"),
        ((10, 5, 5, 6), "adjudicator_disagreed"),
        ((10, 5, 5, -1), "adjudicator_disagreed"),
        ((10, float("nan"), 5, 1), "cases_to_adjudicate"),
        ((10.0, 5, 5, 1), "cases_read"),
    ],
)
def test_counts_of_cases_that_cannot_be(counts, where) -> None:
    with pytest.raises(Refused) as refused:
        metrics(*counts)
    assert at(refused) == [(where,)]


def test_counts_at_their_limits() -> None:
    assert metrics(5, 5, 5, 5).adjudicator_agreement == Rate(0, 5)
    assert metrics(1, 0, 0, 0).adjudicator_agreement is None
    assert metrics().disagreement_index.fraction == Fraction(12, 100)


@pytest.fixture
def course(timeline):
    """A reader's course with this best response and this day of progression."""

    def read(best: str, day: int) -> Course:
        days = (0, 56, 112, 168, 224)
        held = {"PR": 60, "SD": 80}[best]
        sizes = [100, *(150 if on >= day else held for on in days[1:])]
        row = "T1: " + " ".join(map(str, sizes))
        found = timeline("recist-1.1", " ".join(map(str, days)), row)
        return Course(found.reads, assess(found))

    return read


def test_the_worked_cases_of_adjudication_and_readers(shared, course) -> None:
    document = yaml.safe_load((shared / "vectors" / "criteria.yaml").read_text())
    variable = {"BOR": BEST, "pd_day": PROGRESSED}
    asked = set()
    for case in (v for v in document["vectors"] if v["kind"] == "adjudication"):
        said, expected = case["input"], case["expect"]
        courses = {
            f"READER_{n}": course(said[f"reader{n}"]["BOR"], said[f"reader{n}"]["pd_day"])
            for n in (1, 2)
        }
        adjudicated = {variable[name] for name in case["variables"]}
        differs = {d.variable for d in discrepancies(courses)} & adjudicated
        assert differs == {variable[name] for name in expected["reason"]}
        assert bool(differs) == expected["adjudicate"]
        if "final" in expected:
            chosen = f"READER_{said['adjudicator_accepts']}"
            settled = Case(
                readers=tuple(courses),
                differs_in=frozenset(differs),
                accepted=chosen,
                cause=Cause.MEASUREMENT,
            )
            final = courses[settled.accepted].assessment
            day = (final.progressed_on - courses[chosen].reads[0].on).days
            assert chosen == f"READER_{expected['final']['from_reader']}"
            assert (final.best_overall, day) == (
                expected["final"]["BOR"],
                expected["final"]["pd_day"],
            )
            assert reader_metrics([settled], chosen).adjudicator_agreement == Rate(1, 1)
        asked.add(case["id"])
    assert asked == {"REV-02", "REV-03"}

    (case,) = (v for v in document["vectors"] if v["kind"] == "reader_metrics")
    said = case["input"]
    found = metrics(
        said["cases_read"],
        said["cases_adjudicated"],
        said["cases_adjudicated"],
        said["adjudicator_disagreed_with_reader"],
    )
    assert case["expect"] == {
        "adjudication_rate_pct": found.adjudication_rate.percent,
        "rdi_pct": found.disagreement_index.percent,
        "adjudicator_agreement_pct": found.adjudicator_agreement.percent,
    }


def test_an_adjudicators_own_read_confirms_no_reader() -> None:
    cases = [*CASES, decided("ADJUDICATOR")]
    for reader, against in zip(READERS, (4, 2), strict=True):
        assert reader_metrics(cases, reader).adjudicator_disagreed == against
    with pytest.raises(Refused):
        Case(readers=READERS, accepted="ADJUDICATOR", cause=Cause.OTHER)
