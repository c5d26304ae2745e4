"""What a follow-up cannot say: words of other criteria, and dates that contradict each other."""

from datetime import date
from typing import Any

import pytest

from recist import CRITERIA, FollowUp, OverallResponse, Refused, Response, endpoints

DAY_0 = date(2024, 1, 1)


@pytest.fixture
def faults(derive):
    """What a follow-up is refused for, by where it is."""

    def told(*follow_up: Any, **members: Any) -> dict[str, str]:
        with pytest.raises(Refused) as refused:
            derive(*follow_up, **members)
        return {"/".join(map(str, fault.at)): fault.says for fault in refused.value.faults}

    return told


class TestWhatIsRefused:
    def test_criteria_and_switches_that_there_are_not(self, faults) -> None:
        assert "recist-1.1" in faults({}, "recist-2")["criteria"]
        assert list(faults({}, icpd_max_days=56)) == ["protocol/icpd_max_days"]

    def test_dates_that_do_not_rise(self, faults) -> None:
        twice = (OverallResponse(on=DAY_0, overall=Response.SD),) * 2
        with pytest.raises(Refused, match="responses/1/on: 2024-01-01 does not come after"):
            endpoints(FollowUp(criteria="recist-1.1", reference_on=DAY_0, responses=twice))
        assert list(faults({56: "SD", 90: "MISSED", 70: "SD"})) == ["responses/2/on"]

    @pytest.mark.parametrize(
        ("criteria", "word", "instead"),
        [
            ("recist-1.1", "IPR", "PR"),
            ("recist-1.1", "NC", "SD"),
            ("recist-1.1", "NA", "NE"),
            ("recist-1.1", "IUPD", "PD"),
            ("recist-1.1", "MISSING", "MISSED"),
            ("who-1979", "SD", "NC"),
            ("irecist", "PR", "IPR"),
            ("irecist", "PD", "IUPD"),
            ("mrecist-hcc", "ICPD", "PD"),
        ],
    )
    def test_words_that_the_criteria_do_not_have(
        self, faults, criteria: str, word: str, instead: str
    ) -> None:
        ((at, says),) = faults({28: "NE", 56: word}, criteria).items()
        assert at == "responses/1/overall"
        assert says.startswith(f"{word} is no overall response of {criteria}")
        assert instead in says.partition("there are ")[2].split(", ")

    @pytest.mark.parametrize("name", CRITERIA)
    def test_every_word_that_they_have_is_taken(self, derive, faults, name: str) -> None:
        ((_, says),) = faults({56: "NA"}, name).items()
        words = says.partition("there are ")[2].split(", ")
        assert {"NE", "NED", "MISSED"} < set(words)
        for word in words:
            course = {28: "IUPD", 56: word} if name == "irecist" else {56: word}
            derive(course, name)

    @pytest.mark.parametrize("words", ["ICPD", "ISD ICPD", "IUPD ISD ICPD", "IUPD ISD NE ICPD"])
    def test_a_confirmation_of_nothing(self, faults, words: str) -> None:
        assert list(faults(words, "irecist")) == [f"responses/{len(words.split()) - 1}/overall"]

    @pytest.mark.parametrize(
        "words", ["IUPD NE MISSED ICPD", "IUPD ICPD ISD ICPD", "IUPD IUPD ICPD"]
    )
    def test_one_of_a_block_that_stands_is_taken(self, derive, words: str) -> None:
        assert derive(words, "irecist").pfs == (0, 56, "PD")

    @pytest.mark.parametrize("name", ["died_on", "new_therapy_on", "progressed_on"])
    def test_what_ends_before_it_starts(self, derive, faults, name: str) -> None:
        assert list(faults({}, **{name: -1})) == [name]
        derive({}, **{name: 0})

    @pytest.mark.parametrize("name", ["new_therapy_on", "last_known_alive_on", "progressed_on"])
    def test_what_comes_after_the_death(self, derive, faults, name: str) -> None:
        assert list(faults({}, died_on=100, **{name: 101})) == [name]
        derive({}, died_on=100, **{name: 100})

    @pytest.mark.parametrize("word", ["SD", "NE"])
    def test_a_scan_after_the_death(self, derive, faults, word: str) -> None:
        assert list(faults({56: "SD", 101: word}, died_on=100)) == ["responses/1/on"]
        derive({56: "SD", 100: word}, died_on=100)

    def test_but_a_visit_missed_by_the_dead_is_none(self, derive) -> None:
        assert derive({56: "SD", 112: "MISSED"}, died_on=100).pfs == (0, 100, "DEATH")

    @pytest.mark.parametrize("interval", [0, -56])
    def test_visits_without_an_interval(self, derive, faults, interval: int) -> None:
        assert list(faults({}, visit_interval_days=interval)) == ["visit_interval_days"]
        derive({}, visit_interval_days=1)

    def test_every_fault_is_told_at_once(self, faults) -> None:
        found = faults({56: "SD", 50: "ISD", 300: "SD"}, died_on=200, progressed_on=-4)
        assert set(found) == {
            "progressed_on",
            "responses/1/on",
            "responses/1/overall",
            "responses/2/on",
        }
