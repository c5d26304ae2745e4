"""Best overall response: Table 3, confirmation, the minimum of SD, and the pharmaverse's way."""

import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recist import CRITERIA
from recist.best import best, counted
from recist.protocol import BorAlgorithm, DiseaseAfterCr, Protocol, Switches
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


def on(day: int) -> date:
    return DAY_0 + timedelta(day)


def dated(course: dict[int, str]):
    return [
        (on(day), Response(word.replace("-", "_").replace("/", "_")))
        for day, word in course.items()
    ]


def of(course: dict[int, str], switches: Switches):
    return best(dated(course), DAY_0, switches, CRITERIA["recist-1.1"])


def under(name: str, course: dict[int, str], **switches: object):
    """The best response by the criteria of this name, with these switches and their defaults."""
    criteria, resolved = CRITERIA[name].under(Protocol(**switches))
    return best(dated(course), DAY_0, resolved, criteria)


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
            (visits("PR CR PR PR", "56 70 98 126"), "SD PR PR"),
            (visits("CR PR PR"), "SD PR PR"),
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

    def test_a_pd_needs_no_time(self, switches) -> None:
        assert of({20: "PD"}, switches).overall == "PD"
        assert of({20: "NE", 30: "PD"}, switches).overall == "PD"

    def test_no_disease_stays_so_where_nothing_else_was_evaluable(self, switches) -> None:
        assert of(visits("NED NE"), switches).overall == "NED"
        assert of({7: "SD", 56: "NED"}, switches).overall == "NE"

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


class TestTheCrThatCounts:
    """From where a complete response lasts."""

    def test_it_is_the_first_that_was_confirmed(self) -> None:
        found = of(visits("PR CR CR PD"), Switches())
        assert (found.responded_on, found.cr_on) == (on(56), on(112))

    def test_not_one_that_never_was(self) -> None:
        course = {56: "CR", 112: "NE", 168: "NE", 224: "CR", 280: "CR"}
        assert of(course, Switches()).cr_on == on(224)
        assert of(course, Switches(confirm=False)).cr_on == on(56)

    def test_there_is_none_where_the_best_is_a_pr(self) -> None:
        found = of({56: "PR", 84: "CR", 112: "PD"}, Switches())
        assert (found.overall, found.cr_on) == ("PR", None)

    def test_a_recoded_one_is_none(self) -> None:
        recode = Switches(disease_after_cr=DiseaseAfterCr.RECODE_PR, confirm=False)
        found = of(visits("CR CR PR"), recode)
        assert (found.overall, found.responded_on, found.cr_on) == ("PR", on(56), None)


class TestWordsOfTheEditions:
    """A course is told and answered in the words of its edition."""

    def test_no_change_in_who(self) -> None:
        assert under("who-1979", visits("NC PD")).overall == "NC"
        assert under("who-1979", visits("PR NC")).overall == "NC"
        assert under("who-1979", visits("PR NC")).unconfirmed == "PR"
        assert under("who-1979", {41: "NC"}).overall == "NE"

    def test_an_nc_breaks_a_confirmation_as_sd_does(self) -> None:
        course = visits("PR NC PR")
        assert under("who-1979", course).overall == "NC"
        assert under("who-1979", course, accept_sd_between=True).overall == "PR"

    def test_an_nc_after_a_cr_is_a_pd(self) -> None:
        course = dict(zip((35, 63), ("CR", "NC"), strict=True))
        assert under("who-1979", course).overall == "PD"

    @pytest.mark.parametrize("name", ["zhu-2013", "recist-1.0", "recist-1.1"])
    def test_the_same_words_elsewhere(self, name: str) -> None:
        assert under(name, visits("PR SD")).overall == "SD"

    def test_mrecist_asks_for_no_confirmation(self) -> None:
        assert under("mrecist-hcc", visits("PR SD")).overall == "PR"


class TestIrecist:
    """Seymour 2017, Table 3, and what RECIST 1.1 leaves to it."""

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("ICR IUPD ICPD", "ICR"),
            ("IUPD IPR ISD", "IPR"),
            ("IUPD ISD ISD", "ISD"),
            ("IUPD ICPD", "ICPD"),
            ("IUPD IUPD ICPD", "ICPD"),
            ("IUPD NE NE NE", "IUPD"),
            ("IUPD IUPD", "IUPD"),
            ("NON_ICR_NON_IUPD IUPD ICPD", "NON_ICR_NON_IUPD"),
            ("IUPD ICPD ICR", "ICPD"),
            ("IUPD IUPD ISD IPR", "IPR"),
            ("NE NE", "NE"),
            ("NED IUPD", "IUPD"),
            ("NED NED", "NED"),
        ],
    )
    def test_course(self, words: str, expected: str) -> None:
        assert under("irecist", visits(words)).overall == expected
        assert under("irecist", visits(words)).unconfirmed == expected

    def test_an_early_isd_does_not_count(self) -> None:
        assert under("irecist", {41: "ISD", 84: "IUPD"}).overall == "IUPD"
        assert under("irecist", {42: "ISD", 84: "IUPD"}).overall == "ISD"

    def test_no_confirmation_unless_the_protocol_asks(self) -> None:
        course = visits("IPR ISD ICR")
        assert under("irecist", course).overall == "ICR"
        assert under("irecist", course).responded_on == on(56)
        assert under("irecist", course, confirm=True).overall == "ISD"

    def test_an_iupd_breaks_a_confirmation(self) -> None:
        assert under("irecist", visits("IPR IUPD IPR"), confirm=True).overall == "ISD"
        assert under("irecist", visits("IPR NE IPR"), confirm=True).overall == "IPR"
        found = under("irecist", visits("IPR IUPD IPR IPR"), confirm=True)
        assert (found.overall, found.responded_on) == ("IPR", on(168))

    def test_disease_after_an_icr_is_an_iupd_and_ends_nothing(self) -> None:
        criteria, switches = CRITERIA["irecist"].under(Protocol())
        course = dated(visits("ICR IPR ICR NON_ICR_NON_IUPD"))
        words = [word for _, word in counted(course, switches, criteria)]
        assert words == ["CR", "IUPD", "CR", "IUPD"]
        course = {14: "ICR", 21: "IPR", 28: "ICR", 56: "ICR"}
        found = under("irecist", course, confirm=True)
        assert (found.overall, found.cr_on) == ("ICR", on(28))

    def test_a_premature_icr_was_an_ipr(self) -> None:
        recode = {"disease_after_cr": DiseaseAfterCr.RECODE_PR}
        assert under("irecist", visits("ICR IPR"), **recode).overall == "IPR"
        assert under("irecist", visits("ICR IUPD ISD"), **recode).overall == "IPR"
        assert under("irecist", visits("ICR IUPD ICPD"), **recode).overall == "ICR"

    def test_as_the_pharmaverse_derives_it(self) -> None:
        admiral = {"bor_algorithm": BorAlgorithm.ADMIRAL, "confirm": True}
        assert under("irecist", visits("IPR NE IPR ICPD"), **admiral).overall == "IPR"
        assert under("irecist", {}, **admiral).overall == "MISSING"


def confirmed_by_definition(course, of: str, switches: Switches) -> date | None:
    """admiralonco's rule, read literally: each record, its first candidate, all between."""
    confirms = ("CR", "PR") if of == "PR" else ("CR",)
    allowed = {*confirms, "NE"} | ({"SD"} if of == "PR" else set())
    for n, (since, word) in enumerate(course):
        late = [
            m
            for m in range(n + 1, len(course))
            if course[m][1] in confirms and (course[m][0] - since).days >= switches.confirm_min_days
        ]
        if word != of or not late:
            continue
        span = [w for _, w in course[n + 1 : late[0] + 1]]
        crs = [k for k, w in enumerate(span) if w == "CR"]
        prs = [k for k, w in enumerate(span) if w == "PR"]
        if (
            allowed.issuperset(span)
            and span.count("NE") <= switches.max_ne_between
            and span.count("SD") <= switches.accept_sd_between
            and not (crs and prs and min(crs) < max(prs))
        ):
            return since
    return None


WORDS = ("CR", "PR", "CR", "PR", "NE", "SD", "NON_CR_NON_PD")
COURSES = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from(WORDS)),
    max_size=9,
)


@given(
    steps=COURSES,
    switches=st.builds(
        Switches,
        bor_algorithm=st.just(BorAlgorithm.ADMIRAL),
        confirm_min_days=st.integers(0, 60),
        max_ne_between=st.integers(0, 2),
        accept_sd_between=st.booleans(),
    ),
)
def test_one_pass_confirms_as_the_definition_does(steps, switches: Switches) -> None:
    day, course = 0, {}
    for gap, word in steps:
        day += gap
        course[day] = word
    found = of(course, switches)
    cr, pr = (confirmed_by_definition(dated(course), word, switches) for word in ("CR", "PR"))
    assert found.cr_on == cr
    assert found.responded_on == min((x for x in (cr, pr) if x), default=None)


def test_a_long_course_is_confirmed_in_one_pass() -> None:
    half = 10_000
    words = ["PR"] * half + ["NE"] * 2 + ["PR"] * half
    course = dict(enumerate(words))
    switches = replace(ADMIRAL, confirm_min_days=half + 2)
    started = time.perf_counter()
    assert of(course, switches).responded_on is None
    assert time.perf_counter() - started < 2, "each read was held against every later one"


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
