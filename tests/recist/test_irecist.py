"""iRECIST (Seymour et al., Lancet Oncol 2017;18:e143-e152), table by table.

Thresholds to the thousandth, and the switches, stand in tests/cases/irecist.md; the block of
unconfirmed progression and its references in test_progression.py.
"""

from functools import partial

import pytest

import recist
from recist import CRITERIA, Protocol, Refused, describe
from recist.protocol import IcpdReference

NN = "NON_ICR_NON_IUPD"
HIGH = {56: {"markers_above_normal": True}}


@pytest.fixture
def read(judge):
    return partial(judge, "irecist")


class TestUntilTheFirstProgression:
    """As RECIST 1.1, in words with an i before them; the parts keep the words of RECIST 1.1."""

    @pytest.mark.parametrize(
        ("findings", "plain", "own"),
        [
            ("T1: 50 ABSENT", "CR", "ICR"),
            ("T1: 50 35; NT1: PRESENT NE", "PR", "IPR"),
            ("T1: 50 40; NT1: PRESENT PRESENT", "SD", "ISD"),
            ("T1: 50 ABSENT; NT1: PRESENT PRESENT", "PR", "IPR"),
            ("NT1: PRESENT PRESENT", "NON_CR_NON_PD", "NON_ICR_NON_IUPD"),
            ("NT1: PRESENT ABSENT", "CR", "ICR"),
            ("NT1: PRESENT NE", "NE", "NE"),
            ("T1: 50 NE", "NE", "NE"),
            ("T1: 50 NE; NT1: PRESENT PRESENT", "NE", "NE"),
            ("", "NED", "NED"),
            ("T1: 50 60", "PD", "IUPD"),
            ("T1: 50 35; NT1: PRESENT PROGRESSED", "PD", "IUPD"),
            ("T1: 50 35; N1: . PRESENT", "PD", "IUPD"),
            ("T1: 50 NE; N1: . PRESENT", "PD", "IUPD"),
            ("NT1: PRESENT PROGRESSED", "PD", "IUPD"),
            ("N1: . PRESENT", "PD", "IUPD"),
            ("T1: 50 40; N1: . EQUIVOCAL", "SD", "ISD"),
        ],
    )
    def test_word(self, read, judge, findings: str, plain: str, own: str) -> None:
        ours, theirs = read("0 56", findings), judge("recist-1.1", "0 56", findings)
        assert (theirs.overall, ours.overall) == (plain, own)
        assert (ours.target, ours.non_target, ours.new) == (
            theirs.target,
            theirs.non_target,
            theirs.new,
        )

    def test_no_icpd_without_an_iupd_before(self, read) -> None:
        cells = "T1: 50 90; NT1: PRESENT PROGRESSED; N1: . 30; N2: . PRESENT"
        assert read("0 56!", cells).overall == "IUPD"

    def test_a_raised_marker_costs_the_icr(self, read) -> None:
        assert read("0 56 84", "T1: 30 ABSENT ABSENT", reads=HIGH).overall == "IPR ICR"

    def test_the_reasons_name_the_paper_that_they_come_from(self, read) -> None:
        rules = [why.rule for why in read("0 56", "T1: 50 62").answer.timepoints[0].because]
        assert rules == [
            "irecist/RECIST-1.1-4.3.1-PD",
            "irecist/RECIST-1.1-4.3.3-NA",
            "irecist/RECIST-1.1-Table-1-row-6",
            "irecist/Table-2-IUPD",
        ]

    def test_a_read_that_nothing_precedes_is_not_told_to_be_confirmed(self, read) -> None:
        """There is no progression that the next read could confirm."""
        because = read("0 56", "T1: 50 NE").answer.timepoints[0].because
        assert not [why for why in because if "confirm" in why.says]


class TestTable2Confirmation:
    """What turns an IUPD into an ICPD, by the part in which it shows."""

    @pytest.mark.parametrize(
        ("findings", "rule"),
        [
            ("T1: 50 62 67", "Table-2-TARGET"),
            ("T1: 50 50 60; N1: . PRESENT PRESENT", "Table-2-TARGET-TOO"),
            ("T1: 50 50 50; NT1: PRESENT PROGRESSED INCREASED", "Table-2-NON-TARGET"),
            ("T1: 50 62 62; NT1: PRESENT PRESENT PROGRESSED", "Table-2-NON-TARGET-TOO"),
            ("T1: 50 50 50; N1: . 12 17", "Table-2-NEW"),
            ("T1: 50 50 50; N1: . PRESENT INCREASED", "Table-2-NEW"),
            ("T1: 50 50 50; N1: . PRESENT PRESENT; N2: . . PRESENT", "Table-2-NEW-MORE"),
            ("T1: 50 62 62; N1: . . PRESENT", "Table-2-NEW-MORE"),
        ],
    )
    def test_by(self, read, findings: str, rule: str) -> None:
        found = read("0 56 91", findings)
        assert (found.overall, found.rules[1][-1]) == ("IUPD ICPD", rule)
        assert (found.progressed, found.queries) == (56, [])

    def test_once_it_is_confirmed_it_stays(self, read) -> None:
        found = read("0 56 91 126 161", "T1: 50 62 67 ABSENT NE")
        assert found.overall == "IUPD ICPD ICPD ICPD"
        assert [rules[-1] for rules in found.rules[2:]] == ["Table-3-BEFORE"] * 2
        assert found.target == "PD PD CR NE"


A_ROW = [
    # target, non-target and new lesions of both reads; with and without an IUPD before
    ("CR", "CR", "no", "ICR", "ICR"),
    ("CR", "NON_CR_NON_PD", "no", "IPR", "IPR"),
    ("PR", "NON_CR_NON_PD", "no", "IPR", "IPR"),
    ("SD", "NON_CR_NON_PD", "no", "ISD", "ISD"),
    ("SD", "PD", "no", "IUPD", "IUPD"),
    ("PR", "PD", "no", "IUPD", "IUPD"),
    ("CR", "PD", "no", "IUPD", "IUPD"),
    ("PD", "NON_CR_NON_PD", "no", "IUPD", "IUPD"),
    ("PD", "CR", "no", "IUPD", "IUPD"),
    ("PD", "PD", "no", "IUPD", "IUPD"),
    ("PD", "PD", "yes", "IUPD", "IUPD"),
    ("SD", "NON_CR_NON_PD", "yes", "IUPD", "IUPD"),
]
TARGET = {"CR": "ABSENT", "PR": "35", "SD": "50", "PD": "62"}
REST = {"CR": "ABSENT", "NON_CR_NON_PD": "PRESENT", "PD": "PROGRESSED"}
ROWS = pytest.mark.parametrize(("target", "rest", "new", "first", "again"), A_ROW)


class TestTable2:
    """Each row without an IUPD before, and after one that showed the same progression."""

    @ROWS
    def test_row(self, read, target, rest, new, first, again) -> None:
        """After an IUPD: unchanged parts that still progress are IUPD, others reset the bar."""
        shown = [TARGET[target], REST[rest], "PRESENT" if new == "yes" else "ABSENT"]
        found = read("0 56", f"T1: 50 {shown[0]}; NT1: PRESENT {shown[1]}; N1: . {shown[2]}")
        assert found.overall == first
        before = shown if first == "IUPD" else [TARGET["PD"], REST["PD"], "PRESENT"]
        cells = zip(before, shown, strict=True)
        target, rest, new = (" ".join(pair) for pair in cells)
        found = read("0 56 91", f"T1: 50 {target}; NT1: PRESENT {rest}; N1: . {new}")
        assert found.overall == f"IUPD {again}"

    @pytest.mark.parametrize(
        ("findings", "overall"),
        [
            ("T1: 50 62 66; NT1: PRESENT PROGRESSED PROGRESSED; N1: . 12 16", "IUPD"),
            ("T1: 50 62 60; NT1: PRESENT PROGRESSED PRESENT; N1: . 12 12", "IUPD"),
            ("T1: 50 62 60; NT1: PRESENT PROGRESSED PROGRESSED; N1: . 12 17", "ICPD"),
            ("T1: 50 62 60; NT1: PRESENT PROGRESSED PROGRESSED; N1: . PRESENT INCREASED", "ICPD"),
            ("T1: 50 62 62; NT1: PRESENT PRESENT PRESENT; N1: . . PRESENT", "ICPD"),
            ("T1: 50 62 67; NT1: PRESENT PRESENT PRESENT", "ICPD"),
            ("T1: 50 62 67; NT1: PRESENT ABSENT ABSENT", "ICPD"),
            ("T1: 50 50 40; NT1: PRESENT PROGRESSED INCREASED", "ICPD"),
            ("T1: 50 62 62; NT1: PRESENT PROGRESSED INCREASED", "ICPD"),
            ("T1: 50 62 62; NT1: PRESENT PROGRESSED INCREASED; N1: . 12 12", "ICPD"),
            ("T1: 50 50 50; NT1: PRESENT PRESENT PRESENT; N1: . 12 17", "ICPD"),
        ],
    )
    def test_row_with_growth(self, read, findings: str, overall: str) -> None:
        assert read("0 56 91", findings).overall == f"IUPD {overall}"


class TestResponsesAfterwards:
    """The bar is reset by a response, which may come although new lesions persist."""

    def test_the_next_progression_is_measured_from_the_smallest_sum_of_all(self, read) -> None:
        found = read("0 56 91 147 182", "T1: 50 62 52 60.5 66")
        assert found.overall == "IUPD ISD IUPD ICPD"
        assert [t.nadir for t in found.answer.timepoints] == [50.0] * 4
        assert (found.progressed, found.best) == (147, "ISD")

    def test_scenario_b(self, read) -> None:
        found = read("0 56 91", "T1: 100 100 65; N1: . 12 12")
        assert (found.overall, found.new) == ("IUPD IPR", "UNEQUIVOCAL UNEQUIVOCAL")
        assert (found.best, found.responded, found.progressed) == ("IPR", 91, None)
        assert found.rules[1][-1] == "EORTC-FAQ-BETTER"

    def test_scenario_f(self, read) -> None:
        found = read("0 56 112 147", "T1: 100 65 65 65; N1: . . 12 12")
        assert (found.overall, found.best, found.progressed) == ("IPR IUPD IUPD", "IPR", 112)

    def test_scenario_f_where_the_targets_were_not_seen_beside_the_new_lesion(self, read) -> None:
        """The response was reached before it all the same, and nothing has changed since."""
        found = read("0 56 84 119", "T1: 100 65 NE 65; N1: . . 12 12")
        assert (found.overall, found.progressed) == ("IPR IUPD IUPD", 84)

    def test_a_complete_response_beside_them_is_none(self, read) -> None:
        found = read("0 56 91 126", "T1: 100 100 ABSENT ABSENT; N1: . 12 12 ABSENT")
        assert (found.overall, found.best) == ("IUPD IPR ICR", "ICR")

    def test_stable_targets_beside_them_are_no_response(self, read) -> None:
        assert read("0 56 91", "T1: 100 100 71; N1: . 12 12").overall == "IUPD IUPD"

    def test_disease_after_an_icr_is_unconfirmed_progression_and_queried(self, read) -> None:
        found = read("0 56 112 147", "T1: 50 ABSENT 5 10")
        assert (found.overall, found.best, found.progressed) == ("ICR IUPD ICPD", "ICR", 112)
        assert ("DISEASE_AFTER_CR", 112, None) in found.queries


class TestTable3:
    """The best response of a course, and the day of progression."""

    @pytest.mark.parametrize(
        ("findings", "overall", "best", "progressed"),
        [
            ("T1: 50 ABSENT 5 5 10", "ICR IUPD IUPD ICPD", "ICR", 91),
            ("T1: 50 62 35 35 35", "IUPD IPR IPR IPR", "IPR", None),
            ("T1: 50 62 50 50 62", "IUPD ISD ISD IUPD", "ISD", 161),
            ("T1: 50 62 67 67 67", "IUPD ICPD ICPD ICPD", "ICPD", 56),
            ("T1: 50 62 62 67 67", "IUPD IUPD ICPD ICPD", "ICPD", 56),
            ("T1: 50 62 NE NE NE", "IUPD NE NE NE", "IUPD", 56),
            ("T1: 50 62 62 62 62", "IUPD IUPD IUPD IUPD", "IUPD", 56),
            ("T1: 50 50 62 50 62", "ISD IUPD ISD IUPD", "ISD", 161),
            ("T1: 50 50 62 62 50", "ISD IUPD IUPD ISD", "ISD", None),
            ("T1: 50 62 35 42 47", "IUPD IPR IUPD ICPD", "IPR", 126),
            ("T1: 50 62 NE 62 67", "IUPD NE IUPD ICPD", "ICPD", 56),
            ("NT1: PRESENT PROGRESSED PRESENT . .", "IUPD NON_ICR_NON_IUPD NE NE", NN, None),
            ("NT1: PRESENT PROGRESSED INCREASED . .", "IUPD ICPD ICPD ICPD", "ICPD", 56),
        ],
    )
    def test_example(self, read, findings, overall, best, progressed) -> None:
        found = read("0 56 91 126 161", findings)
        assert (found.overall, found.best, found.progressed) == (overall, best, progressed)

    def test_responses_are_not_confirmed_unless_the_protocol_asks(self, read) -> None:
        case = ("0 56 84", "T1: 50 35 50")
        found = read(*case)
        assert (found.best, found.unconfirmed, found.responded) == ("IPR", "IPR", 56)
        found = read(*case, confirm=True)
        assert (found.best, found.unconfirmed, found.responded) == ("ISD", "IPR", None)

    def test_what_comes_after_an_icpd_counts_for_nothing(self, read) -> None:
        found = read("0 56 91 126", "T1: 50 62 67 20")
        assert (found.best, found.unconfirmed, found.responded) == ("ICPD", "ICPD", None)

    def test_the_day_is_that_of_the_scan_that_proves_the_first(self, read) -> None:
        found = read("0 56 91", "T1: 50 62^50 67^90; NT1: PRESENT PRESENT^53 PRESENT")
        assert (found.overall, found.progressed) == ("IUPD ICPD", 50)


class TestNoDiseaseAtBaseline:
    """NED until a new lesion, whose progression is confirmed as any other."""

    def test_new_lesions_alone(self, read) -> None:
        assert read("0 56 91", "N1: . PRESENT PRESENT").overall == "IUPD IUPD"
        assert read("0 56 91", "N1: . 12 17").overall == "IUPD ICPD"

    def test_once_they_have_gone_it_is_ned_again(self, read) -> None:
        found = read("0 56 91", "N1: . PRESENT ABSENT")
        assert (found.overall, found.best) == ("IUPD NED", "IUPD")

    def test_and_that_progression_was_none(self, read) -> None:
        """The bar is reset: another one opens a block of its own, and dates it."""
        assert read("0 56 91", "N1: . PRESENT ABSENT").progressed is None
        found = read("0 56 91 126", "N1: . PRESENT ABSENT ABSENT; N2: . . . PRESENT")
        assert (found.overall, found.progressed) == ("IUPD NED IUPD", 126)

    def test_silence_about_a_lesion_that_has_gone_is_no_missing_read(self, read, judge) -> None:
        case = ("0 56 91 126", "N1: . PRESENT ABSENT .")
        assert judge("recist-1.1", *case).overall == "PD NED NED"
        assert read(*case).overall == "IUPD NED NED"

    def test_nor_about_an_equivocal_one(self, read, judge) -> None:
        case = ("0 56 91", "N1: . EQUIVOCAL .")
        assert judge("recist-1.1", *case).overall == "NED NED"
        assert read(*case).overall == "NED NED"


class TestInWords:
    """The criteria, printed from what decides."""

    TEXT = describe(CRITERIA["irecist"])

    def test_confirmation_is_told_rule_by_rule(self) -> None:
        told = [rule.rule for rule in self.TEXT.confirmation]
        assert len(told) == len(set(told)) == len(CRITERIA["irecist"].confirmation.rules)
        assert {rule.response for rule in self.TEXT.confirmation} == {"ICPD", "IUPD", "IPR", "NE"}

    def test_what_is_taken_from_recist_1_1_says_so(self) -> None:
        rules = (*self.TEXT.target, *self.TEXT.non_target, *self.TEXT.overall)
        assert {rule.says.split(",")[0].split(":")[0] for rule in rules} == {
            "RECIST 1.1",
            "EORTC FAQ PR",
            "No disease at baseline",
        }
        assert self.TEXT.size.startswith("RECIST 1.1, 4.1: ")

    def test_defaults(self) -> None:
        assert self.TEXT.switches["confirm"] is False
        assert self.TEXT.switches["icpd_max_days"] is None
        assert self.TEXT.switches["icpd_reference"] is IcpdReference.ANY_PRIOR_IUPD

    @pytest.mark.parametrize("criteria", sorted(set(CRITERIA) - {"irecist"}))
    def test_its_switches_are_its_own(self, criteria: str) -> None:
        protocol = Protocol(icpd_max_days=56, icpd_reference=IcpdReference.LAST_READ)
        with pytest.raises(Refused) as refused:
            recist.judged_by(criteria, protocol)
        at = [("protocol", "icpd_max_days"), ("protocol", "icpd_reference")]
        assert [fault.at for fault in refused.value.faults] == at
