"""Best overall response: Table 3, confirmation, the minimum of SD, and the pharmaverse's way."""

from datetime import date, timedelta

import pytest
import yaml

from recist.best import best
from recist.protocol import BorAlgorithm, DiseaseAfterCr, Switches
from recist.vocabulary import Response

DAY_0 = date(2024, 1, 1)
ADMIRAL = Switches(bor_algorithm=BorAlgorithm.ADMIRAL)
ALGORITHMS = {
    "recist_1_1_table3": Switches(),
    "admiral_default": ADMIRAL,
    "admiral_lenient": Switches(
        bor_algorithm=BorAlgorithm.ADMIRAL,
        max_ne_between=2,
        accept_sd_between=True,
        missing_as_ne=True,
    ),
}
ALGORITHM = pytest.mark.parametrize("switches", ALGORITHMS.values(), ids=ALGORITHMS)


def of(course: dict[int, str], switches: Switches):
    dated = [
        (DAY_0 + timedelta(day), Response(word.replace("-", "_").replace("/", "_")))
        for day, word in course.items()
    ]
    return best(dated, DAY_0, switches)


def visits(words: str, days: str = "56 112 168 224"):
    return dict(zip(map(int, days.split()), words.split(), strict=False))


class TestThreeAlgorithmsCompared:
    """Where Table 3 and the pharmaverse part, and where they do not."""

    @pytest.mark.parametrize(
        ("course", "expected"),
        [
            (visits("PR NE PR"), "PR PR PR"),
            (visits("PR NE NE PR"), "SD SD PR"),
            (visits("PR SD PR"), "SD SD PR"),
            (visits("CR PR"), "SD SD SD"),
            (visits("CR PR", "35 63"), "PD SD SD"),
            (visits("SD PR CR"), "PR PR PR"),
            (visits("CR SD CR"), "SD SD SD"),
            (visits("CR NE CR"), "CR CR CR"),
            (visits("CR NE NE CR"), "SD SD CR"),
            (visits("PR SD SD PR"), "SD SD SD"),
            (visits("PR PR", "56 83"), "SD SD SD"),
            (visits("PR PR", "56 84"), "PR PR PR"),
            (visits("PR CR PR", "56 70 98"), "SD SD SD"),
            (visits("PR CR CR", "56 70 98"), "CR CR CR"),
            (visits("CR CR", "56 83"), "SD SD SD"),
        ],
        ids=lambda value: (
            " ".join(f"{k}:{v}" for k, v in value.items()) if isinstance(value, dict) else value
        ),
    )
    def test_sequence(self, course: dict[int, str], expected: str) -> None:
        found = [of(course, switches).overall for switches in ALGORITHMS.values()]
        assert " ".join(found) == expected


@ALGORITHM
class TestAllAlgorithms:
    """What no algorithm doubts."""

    def test_only_reads_up_to_the_first_pd_count(self, switches) -> None:
        found = of(visits("PD CR CR"), switches)
        assert (found.overall, found.unconfirmed, found.responded_on) == ("PD", "PD", None)

    def test_a_later_read_than_the_next_may_confirm(self, switches) -> None:
        found = of(visits("PR PR PR", "56 70 84"), switches)
        assert (found.overall, found.responded_on) == ("PR", DAY_0 + timedelta(56))

    @pytest.mark.parametrize(("day", "word"), [(42, "SD"), (41, "NE")])
    def test_sd_from_day_42(self, switches, day: int, word: str) -> None:
        assert of({day: "SD"}, switches).overall == word
        assert of({day: "PR"}, switches).overall == word
        assert of({day: "CR"}, switches).overall == word

    @pytest.mark.parametrize(("day", "word"), [(42, "NON_CR_NON_PD"), (41, "NE")])
    def test_non_cr_non_pd_from_day_42(self, switches, day: int, word: str) -> None:
        assert of({day: "NON_CR_NON_PD"}, switches).overall == word

    def test_one_sd_late_enough_is_enough(self, switches) -> None:
        assert of({28: "SD", 56: "SD", 84: "PD"}, switches).overall == "SD"

    def test_an_early_sd_then_pd(self, switches) -> None:
        assert of({41: "SD", 84: "PD"}, switches).overall == "PD"

    def test_an_early_sd_then_lost(self, switches) -> None:
        assert of({41: "SD", 84: "NE"}, switches).overall == "NE"

    def test_a_confirmed_response_needs_no_day_42(self, switches) -> None:
        assert of({7: "PR", 35: "PR"}, switches).overall == "PR"
        assert of({7: "CR", 35: "CR"}, switches).overall == "CR"

    def test_no_disease_seen(self, switches) -> None:
        assert of(visits("NED NED"), switches).overall == "NED"
        assert of(visits("NED NE"), switches).overall == "NED"
        assert of(visits("NED PD"), switches).overall == "PD"
        assert of({28: "NED", 35: "NON_CR_NON_PD"}, switches).overall == "NE"

    def test_nothing_evaluable(self, switches) -> None:
        assert of(visits("NE NE"), switches).overall == "NE"

    def test_the_unconfirmed_best_ignores_what_follows(self, switches) -> None:
        found = of(visits("PR SD SD"), switches)
        assert (found.overall, found.unconfirmed, found.responded_on) == ("SD", "PR", None)

    def test_the_unconfirmed_best_has_the_minimum_of_sd_too(self, switches) -> None:
        assert of({41: "SD"}, switches).unconfirmed == "NE"
        assert of({41: "PR"}, switches).unconfirmed == "PR"

    def test_pr_confirmed_by_cr(self, switches) -> None:
        found = of({56: "PR", 84: "CR", 112: "PD"}, switches)
        assert (found.overall, found.unconfirmed) == ("PR", "CR")
        assert found.responded_on == DAY_0 + timedelta(56)


class TestTheDayOfResponse:
    """The first read of the response that the best one counts."""

    def test_a_pr_that_became_a_cr_counts_from_the_pr(self) -> None:
        found = of(visits("PR CR CR"), Switches())
        assert (found.overall, found.responded_on) == ("CR", DAY_0 + timedelta(56))

    def test_an_unconfirmed_one_does_not_count(self) -> None:
        found = of(visits("PR SD PR PR"), Switches())
        assert (found.overall, found.responded_on) == ("PR", DAY_0 + timedelta(168))

    def test_without_confirmation_the_first(self) -> None:
        found = of(visits("PR SD PR PR"), Switches(confirm=False))
        assert found.responded_on == DAY_0 + timedelta(56)


class TestSwitches:
    """Each switch of the derivation, either way."""

    def test_more_reads_that_were_not_evaluable(self) -> None:
        assert of(visits("PR NE NE PR"), Switches(max_ne_between=2)).overall == "PR"
        assert of(visits("PR NE PR"), Switches(max_ne_between=0)).overall == "SD"

    def test_one_sd_between(self) -> None:
        switches = Switches(accept_sd_between=True)
        assert of(visits("PR SD PR"), switches).overall == "PR"
        assert of(visits("CR SD CR"), switches).overall == "SD"

    def test_a_longer_wait(self) -> None:
        assert of(visits("PR PR", "56 84"), Switches(confirm_min_days=29)).overall == "SD"

    def test_a_premature_cr_was_a_pr(self) -> None:
        recode = Switches(disease_after_cr=DiseaseAfterCr.RECODE_PR)
        assert of(visits("CR PR"), recode).overall == "PR"
        assert of(visits("PR CR PR", "56 70 98"), recode).overall == "PR"
        assert of(visits("CR SD"), recode).unconfirmed == "PR"
        assert of(visits("CR NE SD"), recode).unconfirmed == "PR"
        assert of(visits("CR PD SD"), recode).unconfirmed == "CR"
        assert of(visits("CR CR PR"), recode).overall == "PR"

    def test_nothing_seen_at_all(self) -> None:
        assert of({}, Switches()).overall == "NE"
        assert of({}, ADMIRAL).overall == "MISSING"
        assert of({}, ADMIRAL).unconfirmed == "MISSING"
        assert of({}, ALGORITHMS["admiral_lenient"]).overall == "NE"
        assert of({}, Switches()).responded_on is None


@pytest.fixture(scope="module")
def worked(shared):
    with (shared / "vectors" / "criteria.yaml").open() as text:
        return yaml.safe_load(text)


def test_worked_sequences(worked) -> None:
    cases = [case for case in worked["vectors"] if case["kind"] == "bor"]
    assert cases
    for case in cases:
        for name, switches in ALGORITHMS.items():
            found = of(case["tpr"], switches)
            assert found.overall == case["expect"][name], (case["id"], name)
        table_3 = of(case["tpr"], ALGORITHMS["recist_1_1_table3"])
        assert table_3.unconfirmed == case["expect"]["unconfirmed"], case["id"]


def test_table_3_is_as_printed(worked) -> None:
    for first, later, late, early in worked["tables"]["recist_1_1_table3"]["rows"]:
        assert of({56: first, 84: later}, Switches()).overall == late, (first, later)
        # printed for a first read before the minimum of SD, and a later one beyond it
        assert of({35: first, 63: later}, Switches()).overall == early, (first, later)
