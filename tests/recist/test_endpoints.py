"""What a trial reports of one subject: times to events, and where they are censored."""

import pytest

from recist.protocol import BorAlgorithm, DiseaseAfterCr

TWO_INTERVALS = {"visit_interval_days": 56}

Time = tuple[int, int, str]
"""First day, last day and reason."""


class TestWhatEndsProgressionFreeSurvival:
    def test_the_first_pd(self, derive) -> None:
        assert derive("SD PR PD PD").pfs == (0, 168, "PD")

    def test_the_death(self, derive) -> None:
        assert derive("SD SD", died_on=150).pfs == (0, 150, "DEATH")

    def test_the_pd_where_both_are_on_one_day(self, derive) -> None:
        assert derive("SD PD", died_on=112).pfs == (0, 112, "PD")
        assert derive("SD", died_on=112, progressed_on=112).pfs == (0, 112, "PD")

    def test_a_progression_recorded_elsewhere(self, derive) -> None:
        assert derive("SD SD", progressed_on=100).pfs == (0, 100, "PD")
        assert derive("SD SD PD", progressed_on=150, died_on=200).pfs == (0, 150, "PD")

    def test_disease_after_a_cr_although_a_read_between_was_not_evaluable(self, derive) -> None:
        assert derive("CR NE PR").pfs == (0, 168, "PD")

    def test_or_the_pd_that_came_before_it(self, derive) -> None:
        assert derive("SD PD", progressed_on=150).pfs == (0, 112, "PD")

    def test_a_pd_on_day_0(self, derive) -> None:
        assert derive({0: "PD"}).pfs == (0, 0, "PD")

    def test_a_death_on_day_0(self, derive) -> None:
        assert derive({}, died_on=0).pfs == (0, 0, "DEATH")

    def test_a_pd_before_day_0_counts_from_it(self, derive) -> None:
        assert derive({-7: "PD"}).pfs == (0, 0, "PD")


class TestWhereItIsCensored:
    def test_at_the_last_adequate_assessment(self, derive) -> None:
        assert derive("SD PR").pfs == (0, 112, "LAST_ADEQUATE_ASSESSMENT")

    @pytest.mark.parametrize("word", ["CR", "PR", "SD", "NON_CR_NON_PD", "NED"])
    def test_all_but_ne_and_missed_are_adequate(self, derive, word: str) -> None:
        course = f"{word} NE MISSED NE"
        assert derive(course).pfs == (0, 56, "LAST_ADEQUATE_ASSESSMENT")

    def test_an_assessment_on_day_0_is_one(self, derive) -> None:
        assert derive({0: "SD"}).pfs == (0, 0, "LAST_ADEQUATE_ASSESSMENT")

    def test_one_before_day_0_ends_no_time_before_it_starts(self, derive) -> None:
        assert derive({-7: "SD"}).pfs == (0, 0, "LAST_ADEQUATE_ASSESSMENT")

    @pytest.mark.parametrize(
        "words", ["", "MISSED", "MISSED MISSED MISSED", "NE", "NE NE", "NE MISSED"]
    )
    def test_on_day_0_without_any(self, derive, words: str) -> None:
        assert derive(words).pfs == (0, 0, "NO_POST_BASELINE")
        assert derive(words, new_therapy_on=400).pfs == (0, 0, "NO_POST_BASELINE")
        assert derive(words, ne_is_attended=True).pfs == (0, 0, "NO_POST_BASELINE")

    def test_a_visit_that_is_only_known_to_be_alive_is_no_assessment(self, derive) -> None:
        course = "SD"
        assert derive(course, last_known_alive_on=300).pfs == (0, 56, "LAST_ADEQUATE_ASSESSMENT")


class TestAnotherTherapy:
    """FDA 2018: a new anticancer therapy censors at the last adequate assessment before it."""

    def test_before_the_pd(self, derive) -> None:
        assert derive("SD SD PD", new_therapy_on=120).pfs == (0, 112, "NEW_THERAPY")

    def test_before_the_death(self, derive) -> None:
        found = derive("SD SD", new_therapy_on=120, died_on=121).pfs
        assert found == (0, 112, "NEW_THERAPY")

    def test_before_a_progression_recorded_elsewhere(self, derive) -> None:
        found = derive("SD", new_therapy_on=120, progressed_on=121).pfs
        assert found == (0, 56, "NEW_THERAPY")

    def test_without_any_event(self, derive) -> None:
        assert derive("SD SD", new_therapy_on=120).pfs == (0, 112, "NEW_THERAPY")

    def test_an_assessment_after_it_is_not_the_last(self, derive) -> None:
        assert derive("SD SD SD", new_therapy_on=112).pfs == (0, 112, "NEW_THERAPY")
        assert derive("SD SD SD", new_therapy_on=111).pfs == (0, 56, "NEW_THERAPY")

    def test_an_event_on_the_same_day_counts(self, derive) -> None:
        assert derive("SD PD", new_therapy_on=112).pfs == (0, 112, "PD")
        assert derive("SD", new_therapy_on=112, died_on=112).pfs == (0, 112, "DEATH")
        assert derive("SD", new_therapy_on=112, progressed_on=112).pfs == (0, 112, "PD")

    def test_after_the_event_it_changes_nothing(self, derive) -> None:
        assert derive("SD PD", new_therapy_on=113).pfs == (0, 112, "PD")

    def test_the_first_of_it_and_a_progression_ends_the_course(self, derive) -> None:
        found = derive("SD PR PR", new_therapy_on=112, progressed_on=200)
        assert (found.best, found.unconfirmed) == ("SD", "PR")

    def test_what_comes_after_is_no_response(self, derive) -> None:
        found = derive("SD PR PR", new_therapy_on=112)
        assert (found.best, found.unconfirmed) == ("SD", "PR")
        assert derive("SD PR PR", new_therapy_on=168).best == "PR"
        assert derive("PR PR", new_therapy_on=55).best == "NE"

    def test_on_day_0_leaves_nothing(self, derive) -> None:
        found = derive("PR PR", new_therapy_on=0)
        assert (found.best, found.pfs) == ("NE", (0, 0, "NO_POST_BASELINE"))


class TestMissedVisits:
    """FDA 2018: an event after two or more missed visits is censored before them."""

    def test_a_gap_of_two_intervals_is_one_missed_visit(self, derive) -> None:
        assert derive({56: "SD", 168: "PD"}, **TWO_INTERVALS).pfs == (0, 168, "PD")

    def test_a_day_more_is_two(self, derive) -> None:
        found = derive({56: "SD", 169: "PD"}, **TWO_INTERVALS).pfs
        assert found == (0, 56, "EVENT_AFTER_TWO_MISSED")

    def test_the_same_for_a_death(self, derive) -> None:
        assert derive({56: "SD"}, died_on=168, **TWO_INTERVALS).pfs == (0, 168, "DEATH")
        found = derive({56: "SD"}, died_on=169, **TWO_INTERVALS).pfs
        assert found == (0, 56, "EVENT_AFTER_TWO_MISSED")

    def test_and_for_a_progression_recorded_elsewhere(self, derive) -> None:
        assert derive({56: "SD"}, progressed_on=168, **TWO_INTERVALS).pfs == (0, 168, "PD")
        found = derive({56: "SD"}, progressed_on=169, **TWO_INTERVALS).pfs
        assert found == (0, 56, "EVENT_AFTER_TWO_MISSED")

    def test_without_an_assessment_the_gap_begins_on_day_0(self, derive) -> None:
        assert derive({}, died_on=112, **TWO_INTERVALS).pfs == (0, 112, "DEATH")
        assert derive({}, died_on=113, **TWO_INTERVALS).pfs == (0, 0, "EVENT_AFTER_TWO_MISSED")
        assert derive({112: "PD"}, **TWO_INTERVALS).pfs == (0, 112, "PD")
        assert derive({113: "PD"}, **TWO_INTERVALS).pfs == (0, 0, "EVENT_AFTER_TWO_MISSED")

    def test_nor_does_it_begin_before(self, derive) -> None:
        assert derive({-30: "SD", 100: "PD"}, **TWO_INTERVALS).pfs == (0, 100, "PD")

    def test_an_assessment_on_the_day_of_the_death_leaves_no_gap(self, derive) -> None:
        assert derive({56: "SD", 300: "SD"}, died_on=300, **TWO_INTERVALS).pfs == (0, 300, "DEATH")

    def test_a_missed_visit_is_no_assessment(self, derive) -> None:
        course = "SD SD MISSED MISSED PD"
        assert derive(course, **TWO_INTERVALS).pfs == (0, 112, "EVENT_AFTER_TWO_MISSED")

    def test_without_an_interval_nothing_is_missed(self, derive) -> None:
        assert derive("SD SD MISSED MISSED PD").pfs == (0, 280, "PD")
        assert derive({56: "SD", 5000: "PD"}).pfs == (0, 5000, "PD")

    def test_an_ne_was_missed_unless_the_protocol_says_otherwise(self, derive) -> None:
        course = "SD NE NE PD"
        assert derive(course, **TWO_INTERVALS).pfs == (0, 56, "EVENT_AFTER_TWO_MISSED")
        assert derive(course, ne_is_attended=True, **TWO_INTERVALS).pfs == (0, 224, "PD")

    def test_an_attended_ne_is_still_no_adequate_assessment(self, derive) -> None:
        course = {56: "SD", 112: "NE", 300: "PD"}
        found = derive(course, ne_is_attended=True, **TWO_INTERVALS).pfs
        assert found == (0, 56, "EVENT_AFTER_TWO_MISSED")
        assert derive("NE", died_on=168, ne_is_attended=True, **TWO_INTERVALS).pfs == (
            0,
            168,
            "DEATH",
        )
        found = derive("NE", died_on=169, ne_is_attended=True, **TWO_INTERVALS).pfs
        assert found == (0, 0, "EVENT_AFTER_TWO_MISSED")

    def test_another_therapy_comes_first(self, derive) -> None:
        found = derive({56: "SD", 300: "PD"}, new_therapy_on=100, **TWO_INTERVALS).pfs
        assert found == (0, 56, "NEW_THERAPY")

    def test_the_duration_of_response_is_censored_likewise(self, derive) -> None:
        found = derive({56: "PR", 112: "PR", 300: "PD"}, **TWO_INTERVALS)
        assert found.response == (56, 112, "EVENT_AFTER_TWO_MISSED")


class TestResponse:
    def test_from_the_first_read_of_the_confirmed_response(self, derive) -> None:
        found = derive("SD PR CR CR PD")
        assert found.responder is True
        assert found.time_to_response == (0, 112, "RESPONSE")
        assert found.response == (112, 280, "PD")
        assert found.complete_response == (168, 280, "PD")

    def test_from_the_start_of_treatment_as_the_who_has_it(self, derive) -> None:
        found = derive("NC PR CR CR PD", "who-1979")
        assert found.time_to_response == (0, 112, "RESPONSE")
        assert found.response == (0, 280, "PD")
        assert found.complete_response == (168, 280, "PD")
        assert derive("NC PR NC PD", "who-1979").response is None

    def test_nobody_but_responders_has_them(self, derive) -> None:
        found = derive("PR SD PD")
        assert (found.best, found.responder) == ("SD", False)
        assert found.time_to_response is None
        assert found.response is None
        assert found.complete_response is None

    def test_unconfirmed_ones_count_where_no_confirmation_is_asked(self, derive) -> None:
        found = derive("PR SD PD", confirm=False)
        assert (found.best, found.responder) == ("PR", True)
        assert found.response == (56, 168, "PD")

    @pytest.mark.parametrize(("later", "expected"), [(84, "PR"), (83, "SD")])
    def test_confirmed_from_28_days_on(self, derive, later: int, expected: str) -> None:
        assert derive({56: "PR", later: "PR"}).best == expected

    def test_a_missed_visit_is_nothing_between(self, derive) -> None:
        assert derive("PR MISSED MISSED PR").best == "PR"
        assert derive("PR MISSED NE PR").best == "PR"

    def test_a_pr_that_is_not_a_complete_response(self, derive) -> None:
        found = derive({56: "PR", 84: "CR", 112: "PD"})
        assert (found.best, found.complete_response) == ("PR", None)

    def test_a_response_that_goes_on(self, derive) -> None:
        found = derive("PR PR NE")
        assert found.response == (56, 112, "LAST_ADEQUATE_ASSESSMENT")

    def test_a_death_in_response(self, derive) -> None:
        found = derive("PR PR", died_on=120)
        assert found.response == (56, 120, "DEATH")

    def test_another_therapy_in_response(self, derive) -> None:
        found = derive("PR PR PR", new_therapy_on=112)
        assert found.response == (56, 112, "NEW_THERAPY")

    def test_a_response_before_day_0_takes_no_time(self, derive) -> None:
        found = derive({-3: "PR", 60: "PR", 90: "PD"})
        assert found.time_to_response == (0, 0, "RESPONSE")
        assert found.response == (-3, 90, "PD")

    def test_what_comes_after_a_progression_recorded_elsewhere_is_none(self, derive) -> None:
        found = derive("SD PR PR", progressed_on=112)
        assert (found.best, found.pfs) == ("SD", (0, 112, "PD"))
        assert derive("SD PR PR", progressed_on=168).best == "PR"

    def test_which_is_no_response_itself(self, derive) -> None:
        assert derive({}, progressed_on=50).best == "NE"
        assert derive({}, progressed_on=50, bor_algorithm=BorAlgorithm.ADMIRAL).best == ("MISSING")

    @pytest.mark.parametrize("words", ["", "MISSED", "MISSED MISSED"])
    def test_nothing_but_missed_visits_is_nothing(self, derive, words: str) -> None:
        found = derive(words)
        assert (found.best, found.unconfirmed) == ("NE", "NE")
        admiral = {"bor_algorithm": BorAlgorithm.ADMIRAL}
        assert derive(words, **admiral).best == "MISSING"
        assert derive(words, missing_as_ne=True, **admiral).best == "NE"

    def test_nothing_but_ne(self, derive) -> None:
        assert derive("NE NE", bor_algorithm=BorAlgorithm.ADMIRAL).best == "NE"


class TestDiseaseAfterACr:
    """RECIST 1.1, Table 3, note a: it is progression, and so for every endpoint."""

    @pytest.mark.parametrize("word", ["PR", "SD", "NON_CR_NON_PD", "PD"])
    def test_is_the_event(self, derive, word: str) -> None:
        found = derive(f"CR CR {word} CR")
        assert (found.best, found.pfs) == ("CR", (0, 168, "PD"))
        assert found.response == (56, 168, "PD")
        assert found.complete_response == (56, 168, "PD")

    def test_unless_the_cr_was_premature(self, derive) -> None:
        recode = {"disease_after_cr": DiseaseAfterCr.RECODE_PR}
        found = derive("CR CR PR", **recode)
        assert (found.best, found.pfs) == (
            "PR",
            (0, 168, "LAST_ADEQUATE_ASSESSMENT"),
        )
        assert found.complete_response is None

    def test_unless_a_pd_is_what_was_called_one(self, derive) -> None:
        admiral = {"bor_algorithm": BorAlgorithm.ADMIRAL}
        found = derive("CR CR PR SD", **admiral)
        assert (found.best, found.pfs) == (
            "CR",
            (0, 224, "LAST_ADEQUATE_ASSESSMENT"),
        )


class TestIrecist:
    """criteria.md's dates of iRECIST: a block of IUPD counts unless a response takes it back."""

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("ISD IUPD ICPD", (0, 112, "PD")),
            ("IUPD NE IUPD ICPD", (0, 56, "PD")),
            ("IUPD IUPD NE", (0, 56, "PD")),
            ("IUPD", (0, 56, "PD")),
            ("IUPD ISD IUPD ICPD", (0, 168, "PD")),
            ("IUPD IPR", (0, 112, "LAST_ADEQUATE_ASSESSMENT")),
            ("IUPD ICR NE", (0, 112, "LAST_ADEQUATE_ASSESSMENT")),
            ("IUPD NON_ICR_NON_IUPD", (0, 112, "LAST_ADEQUATE_ASSESSMENT")),
            ("IUPD ICPD ISD IUPD", (0, 56, "PD")),
        ],
    )
    def test_progression(self, derive, words: str, expected: Time) -> None:
        assert derive(words, "irecist").pfs == expected

    def test_a_response_lasts_through_a_block_that_was_taken_back(self, derive) -> None:
        found = derive("IPR IUPD IPR IUPD ICPD", "irecist")
        assert (found.best, found.responder) == ("IPR", True)
        assert found.response == (56, 224, "PD")
        assert found.time_to_response == (0, 56, "RESPONSE")

    def test_a_complete_one_ends_with_the_first_iupd(self, derive) -> None:
        found = derive("ICR ISD", "irecist")
        assert found.complete_response == (56, 112, "PD")

    def test_a_death_after_an_open_block(self, derive) -> None:
        assert derive("ISD IUPD", "irecist", died_on=150).pfs == (0, 112, "PD")

    def test_the_gap_is_before_the_block(self, derive) -> None:
        course = {56: "ISD", 169: "IUPD", 225: "ICPD"}
        found = derive(course, "irecist", **TWO_INTERVALS).pfs
        assert found == (0, 56, "EVENT_AFTER_TWO_MISSED")

    def test_an_iupd_that_was_taken_back_is_an_adequate_assessment(self, derive) -> None:
        course = {112: "IUPD", 168: "ISD", 280: "IUPD"}
        assert derive(course, "irecist", **TWO_INTERVALS).pfs == (0, 280, "PD")

    def test_another_therapy_leaves_the_block_open(self, derive) -> None:
        found = derive("IUPD ISD", "irecist", new_therapy_on=100).pfs
        assert found == (0, 56, "PD")


class TestSurvival:
    def test_to_the_death(self, derive) -> None:
        assert derive("SD", died_on=400).os == (0, 400, "DEATH")
        assert derive({}, died_on=400, last_known_alive_on=400).os == (0, 400, "DEATH")

    def test_or_to_the_day_last_known_alive(self, derive) -> None:
        found = derive("SD", last_known_alive_on=300)
        assert found.os == (0, 300, "LAST_KNOWN_ALIVE")

    def test_as_it_was_recorded(self, derive) -> None:
        found = derive("SD SD", last_known_alive_on=100)
        assert found.os == (0, 100, "LAST_KNOWN_ALIVE")

    def test_or_to_the_last_visit_that_took_place(self, derive) -> None:
        found = derive("SD NE MISSED")
        assert found.os == (0, 112, "LAST_KNOWN_ALIVE")

    def test_though_another_therapy_came_before(self, derive) -> None:
        found = derive("SD SD PD", new_therapy_on=60)
        assert found.os == (0, 168, "LAST_KNOWN_ALIVE")

    @pytest.mark.parametrize("words", ["", "MISSED"])
    def test_nothing_where_nothing_is_known(self, derive, words: str) -> None:
        assert derive(words).os is None

    def test_who_was_last_known_alive_before_day_0_was_alive_on_it(self, derive) -> None:
        assert derive({}, last_known_alive_on=-5).os == (0, 0, "LAST_KNOWN_ALIVE")
