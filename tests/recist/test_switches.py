"""What the switches of a protocol change, those of one edition apart."""

from functools import partial

import pytest

from recist.protocol import DiseaseAfterCr, PrPersistence, RemovedTarget


@pytest.fixture
def read(judge):
    return partial(judge, "recist-1.1")


class TestPrPersistence:
    """A PR that drifts above its line: SD by the letter, a kept PR by the working group's FAQ."""

    FAQ = PrPersistence.EORTC_FAQ
    DRIFT = ("0 56 84 112 140", "T1: 100 70 70 80 80")

    def test_by_the_letter_it_is_sd_and_queried(self, read) -> None:
        found = read(*self.DRIFT)
        assert (found.overall, found.best) == ("PR PR SD SD", "PR")
        assert found.queries == [("PR_DRIFT", 112, None)]

    def test_by_the_faq_it_is_kept_until_pd(self, read) -> None:
        found = read(*self.DRIFT, pr_persistence=self.FAQ)
        assert (found.overall, found.queries) == ("PR PR PR PR", [])
        assert found.rules[2][0] == "EORTC-FAQ-KEPT"

    def test_the_faqs_own_example(self, read) -> None:
        found = read("0 56 84 112", "T1: 165 63 63 65", pr_persistence=self.FAQ)
        assert found.overall == "PR PR PR"

    def test_pd_ends_it(self, read) -> None:
        days, cells = "0 56 84 112 140", "T1: 100 70 70 84 80"
        found = read(days, cells, pr_persistence=self.FAQ)
        assert found.overall == "PR PR PD SD"

    def test_a_pr_must_be_confirmed_first_where_the_protocol_confirms(self, read) -> None:
        cells = "T1: 100 70 75 75"
        assert read("0 56 84 112", cells, pr_persistence=self.FAQ).overall == "PR SD SD"
        found = read("0 56 84 112", cells, pr_persistence=self.FAQ, confirm=False)
        assert found.overall == "PR PR PR"

    @pytest.mark.parametrize(("day", "overall"), [(84, "PR PR PR"), (83, "PR PR SD")])
    def test_confirmed_after_28_days(self, read, day: int, overall: str) -> None:
        found = read(f"0 56 {day} 112", "T1: 100 70 70 75", pr_persistence=self.FAQ)
        assert found.overall == overall

    def test_targets_that_had_gone_were_a_response_of_theirs(self, read) -> None:
        nodes = "; ".join(f"T{n} node: 16 9.9 {10.1 if n == 1 else 9.9} 11.6" for n in range(1, 6))
        cells = f"{nodes}; NT1: PRESENT PRESENT PRESENT PRESENT"
        found = read("0 56 84 112", cells, pr_persistence=self.FAQ, confirm=True)
        assert (found.target, found.overall) == ("CR PR PR", "PR PR PR")
        assert read("0 56 83 112", cells, pr_persistence=self.FAQ, confirm=True).target == (
            "CR PR SD"
        )

    def test_a_read_that_was_not_evaluable_does_not_break_it(self, read) -> None:
        found = read("0 56 84 112 140", "T1: 100 70 NE 70 75", pr_persistence=self.FAQ)
        assert found.overall == "PR NE PR PR"

    def test_sd_between_starts_the_weeks_again(self, read) -> None:
        found = read("0 42 56 70 84", "T1: 100 70 75 70 75", pr_persistence=self.FAQ)
        assert found.overall == "PR SD PR SD"


class TestDiseaseAfterCr:
    """Table 3, note a: disease after a true CR is PD; after a premature one the CR was a PR."""

    RECODE = DiseaseAfterCr.RECODE_PR
    CASE = ("0 56 112", "T1: 100 ABSENT 30")

    def test_by_default_it_is_pd_and_queried(self, read) -> None:
        found = read(*self.CASE)
        assert (found.overall, found.final, found.best) == ("CR PD", "CR PD", "SD")
        assert found.queries == [("DISEASE_AFTER_CR", 112, None)]

    def test_recoded_the_sum_decides_and_the_cr_was_a_pr(self, read) -> None:
        found = read("0 56 112", "T1: 100 ABSENT 4", disease_after_cr=self.RECODE)
        assert (found.overall, found.final) == ("CR PR", "PR PR")
        assert (found.best, found.unconfirmed, found.responded) == ("PR", "PR", 56)
        assert found.progressed is None

    def test_what_was_recoded_says_so(self, read) -> None:
        found = read("0 56 112", "T1: 100 ABSENT 4", disease_after_cr=self.RECODE)
        first, second = found.answer.timepoints
        assert [reason.rule for reason in first.because_final] == [
            "recist-1.1/Table-3-note-a-RECODED"
        ]
        assert second.because_final == ()

    def test_of_irecist_in_its_own_words(self, judge) -> None:
        found = judge(
            "irecist", "0 56 84", "T1: 50 ABSENT 4", disease_after_cr=DiseaseAfterCr.RECODE_PR
        )
        assert (found.overall, found.final) == ("ICR IPR", "IPR IPR")

    def test_every_cr_before_the_disease_was_premature(self, read) -> None:
        found = read("0 56 84 112", "T1: 100 ABSENT ABSENT 4", disease_after_cr=self.RECODE)
        assert found.final == "PR PR PR"

    def test_a_cr_followed_by_progression_was_one(self, read) -> None:
        found = read(*self.CASE, disease_after_cr=self.RECODE)
        assert (found.overall, found.final, found.best) == ("CR PD", "CR PD", "SD")

    def test_a_cr_followed_by_a_new_lesion_was_one(self, read) -> None:
        cells = "T1: 100 ABSENT ABSENT; N1: . . PRESENT"
        assert read("0 56 112", cells, disease_after_cr=self.RECODE).final == "CR PD"

    def test_not_evaluated_recodes_nothing(self, read) -> None:
        found = read("0 56 84 112", "T1: 100 ABSENT NE ABSENT", disease_after_cr=self.RECODE)
        assert (found.final, found.best) == ("CR NE CR", "CR")

    def test_the_doubt_is_queried_all_the_same(self, read) -> None:
        found = read("0 56 112", "T1: 100 ABSENT 4", disease_after_cr=self.RECODE)
        assert ("DISEASE_AFTER_CR", 112, None) in found.queries


class TestRemovedTarget:
    """A target resected or irradiated on study: no longer evaluable, or counted as gone."""

    CELLS = "T1: 50 REMOVED REMOVED; T2: 30 20 20"

    def test_by_default_the_read_is_not_evaluable(self, read) -> None:
        found = read("0 56 84", self.CELLS)
        assert (found.overall, found.sums, found.best) == ("NE NE", [None, None], "NE")

    def test_the_rest_can_still_prove_progression(self, read) -> None:
        assert read("0 56", "T1: 50 REMOVED; T2: 30 96").overall == "PD"

    def test_one_that_was_not_looked_at_was_not_removed(self, read) -> None:
        found = read("0 56", "T1: 50 NE; T2: 30 20", removed_target=RemovedTarget.ZERO)
        assert (found.overall, found.sums) == ("NE", [None])

    def test_by_switch_it_counts_nothing(self, read) -> None:
        found = read("0 56 84", self.CELLS, removed_target=RemovedTarget.ZERO)
        assert (found.overall, found.sums, found.best) == ("PR PR", [20.0, 20.0], "PR")

    def test_and_has_gone(self, read) -> None:
        found = read("0 56", "T1: 50 REMOVED", removed_target=RemovedTarget.ZERO)
        assert (found.overall, found.sums) == ("CR", [0.0])

    def test_the_switch_is_of_targets_alone(self, read) -> None:
        cells = "T1: 50 20; NT1: PRESENT REMOVED"
        assert read("0 56", cells, removed_target=RemovedTarget.ZERO).non_target == "NE"


class TestConfirm:
    """Without confirmation the best response is the best that was seen."""

    def test_off(self, read) -> None:
        found = read("0 56 84", "T1: 100 70 80", confirm=False)
        assert (found.best, found.unconfirmed, found.responded) == ("PR", "PR", 56)

    def test_on(self, read) -> None:
        found = read("0 56 84", "T1: 100 70 80")
        assert (found.best, found.unconfirmed, found.responded) == ("SD", "PR", None)

    def test_days_are_plain_differences(self, read) -> None:
        found = read("0 42", "T1: 100 100", reference=1)
        assert (found.best, [t.day for t in found.answer.timepoints]) == ("NE", [41])
