"""What the pharmaverse's ADaM data make of the hand-made responses, made of them by endpoints too.

Compared are PD, RSP, BOR, CRSP and CBOR of ADRS and the whole of ADTTE, all by the investigator.
Left out is clinical benefit (CB, CCB), no endpoint here, and what is derived from no response
(LSTA, MDIS, DEATH). Days of ADTTE count the first day, days of the engine do not.
"""

from datetime import date

import pytest

import recist
from recist import FollowUp, OverallResponse, Protocol
from recist import Response as R
from recist.protocol import BorAlgorithm

INVESTIGATOR = "INVESTIGATOR"


def day(dtc: str) -> date | None:
    return date.fromisoformat(dtc) if dtc else None


def courses_of(said) -> dict[str, list[OverallResponse]]:
    """The investigator's overall responses by subject, oldest first."""
    courses: dict[str, list[OverallResponse]] = {}
    for (who, on), outcomes in sorted(said.items()):
        if who.name == INVESTIGATOR and "OVRLRESP" in outcomes:
            response = OverallResponse(on=on, overall=R(outcomes["OVRLRESP"]))
            courses.setdefault(who.subject, []).append(response)
    return courses


@pytest.fixture(scope="module")
def randomised(rows):
    """The subjects that have a day 0: the others, screened only, are in no time to event."""
    subjects = {row["USUBJID"]: row for row in rows("adsl")}
    return {subject: row for subject, row in subjects.items() if row["RANDDT"]}


@pytest.fixture(scope="module")
def derive(randomised, hand_made):
    """The endpoints of every randomised subject, with or without confirmation of responses."""
    courses = courses_of(hand_made.said)

    def derived(*, confirm: bool) -> dict[str, recist.Endpoints]:
        protocol = Protocol(confirm=confirm, bor_algorithm=BorAlgorithm.ADMIRAL)
        return {
            subject: recist.endpoints(
                FollowUp(
                    criteria="recist-1.1",
                    protocol=protocol,
                    reference_on=date.fromisoformat(row["RANDDT"]),
                    responses=tuple(courses.get(subject, ())),
                    died_on=day(row["DTHDT"]),
                    last_known_alive_on=day(row["LSTALVDT"]),
                )
            )
            for subject, row in randomised.items()
        }

    return derived


@pytest.fixture
def adrs(rows, randomised):
    """The records of a parameter in ADRS, by randomised subject."""

    def of(parameter: str) -> dict[str, dict[str, str]]:
        found = {row["USUBJID"]: row for row in rows("adrs_onco") if row["PARAMCD"] == parameter}
        return {subject: found[subject] for subject in randomised}

    return of


def test_all_randomised_subjects_and_no_others_have_times(rows, randomised) -> None:
    screened = len(rows("adsl")) - len(randomised)
    timed = {row["USUBJID"] for row in rows("adtte_onco")}
    assert (len(randomised), screened) == (254, 52)
    assert timed == randomised.keys()


@pytest.mark.parametrize(("parameter", "confirm"), [("BOR", False), ("CBOR", True)])
def test_best_overall_response(derive, adrs, parameter: str, confirm: bool) -> None:
    derived = {
        subject: str(found.best_overall) for subject, found in derive(confirm=confirm).items()
    }
    said = {
        subject: row["AVALC"].replace("/", "_").replace("-", "_")
        for subject, row in adrs(parameter).items()
    }
    assert derived == said


@pytest.mark.parametrize(("parameter", "confirm"), [("RSP", False), ("CRSP", True)])
def test_first_response(derive, adrs, parameter: str, confirm: bool) -> None:
    derived = {
        subject: (found.responder, found.time_to_response and found.time_to_response.end)
        for subject, found in derive(confirm=confirm).items()
    }
    said = {
        subject: (row["AVALC"] == "Y", day(row["ADT"])) for subject, row in adrs(parameter).items()
    }
    assert derived == said


def test_progression(derive, adrs) -> None:
    derived = {
        subject: found.pfs.end
        for subject, found in derive(confirm=False).items()
        if found.pfs.reason == "PD"
    }
    said = {subject: day(row["ADT"]) for subject, row in adrs("PD").items() if row["AVALC"] == "Y"}
    assert derived == said
    assert len(said) == 3


@pytest.mark.parametrize(
    ("parameter", "member"),
    [("OS", "os"), ("PFS", "pfs"), ("RSD", "duration_of_response")],
)
def test_times_to_events(derive, rows, parameter: str, member: str) -> None:
    times = {subject: getattr(found, member) for subject, found in derive(confirm=False).items()}
    derived = {
        subject: (time.start, time.end, time.days + 1, time.event)
        for subject, time in times.items()
        if time
    }
    said = {
        row["USUBJID"]: (
            day(row["STARTDT"]),
            day(row["ADT"]),
            float(row["AVAL"]),
            row["CNSR"] == "0",
        )
        for row in rows("adtte_onco")
        if row["PARAMCD"] == parameter
    }
    assert derived == said


def test_cbcp_is_always_n_although_one_response_was_confirmed(derive, adrs) -> None:
    """A defect of the data: it was derived before the best confirmed response was there."""
    confirmed = {
        subject
        for subject, found in derive(confirm=True).items()
        if found.best_overall in (R.CR, R.PR)
    }
    assert {row["AVALC"] for row in adrs("CBCP").values()} == {"N"}
    assert confirmed == {"01-701-1118"}
