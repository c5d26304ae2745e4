"""That endpoints agree with the worked cases, and their times with each other."""

import itertools
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recist.protocol import BorAlgorithm

WORDS = ("CR", "PR", "SD", "NON_CR_NON_PD", "PD", "NE", "NED", "MISSED")
I_WORDS = ("ICR", "IPR", "ISD", "NON_ICR_NON_IUPD", "IUPD", "NE", "NED", "MISSED")
DAYS = st.none() | st.integers(0, 400)


@pytest.fixture(scope="module")
def worked(shared):
    with (shared / "vectors" / "criteria.yaml").open() as text:
        return yaml.safe_load(text)["vectors"]


@pytest.fixture
def asked(derive):
    """The endpoints of a worked case, whose visits are eight weeks apart."""

    def of(case: dict[str, Any], **switches: Any):
        events = {"died_on": case.get("death"), "new_therapy_on": case.get("new_therapy")}
        return derive(case["tpr"], visit_interval_days=56, **events, **switches)

    return of


def test_worked_progression_free_survivals(worked, asked) -> None:
    cases = [case for case in worked if case["kind"] == "pfs"]
    assert cases
    for case in cases:
        expected = case["expect"]
        _, end, reason = asked(case).pfs
        assert (end, reason) == (expected["day"], expected["reason"].upper()), case["id"]
        assert asked(case).answer.pfs.event is expected["event"], case["id"]


def test_the_other_reading_of_an_ne(worked, asked) -> None:
    for case in worked:
        for other in case.get("alternatives", ()) if case["kind"] == "pfs" else ():
            assert other["reading"] == "NE visits count as attended", case["id"]
            found = asked(case, ne_is_attended=True).answer.pfs
            assert {"day": found.days, "event": found.event} == other["expect"], case["id"]


def test_worked_durations(worked, asked) -> None:
    cases = [case for case in worked if case["kind"] == "dor"]
    assert cases
    for case in cases:
        expected, answer = case["expect"], asked(case).answer
        response = answer.duration_of_response
        assert asked(case).response[:2] == (expected["start"], expected["end"]), case["id"]
        assert (response.days, response.event) == (expected["days"], expected["event"])
        assert answer.duration_of_complete_response.days == expected["cr_duration_days"]


@given(
    steps=st.lists(st.tuples(st.integers(1, 90), st.integers(0, 7)), max_size=8),
    name=st.sampled_from(["recist-1.1", "irecist"]),
    therapy=DAYS,
    progressed=DAYS,
    interval=st.none() | st.integers(1, 90),
    attended=st.booleans(),
    algorithm=st.sampled_from(BorAlgorithm),
)
def test_the_times_agree_with_each_other(
    derive, steps, name, therapy, progressed, interval, attended, algorithm
) -> None:
    day, course = 0, {}
    for gap, word in steps:
        day += gap
        course[day] = (I_WORDS if name == "irecist" else WORDS)[word]
    found = derive(
        course,
        name,
        new_therapy_on=therapy,
        progressed_on=progressed,
        visit_interval_days=interval,
        ne_is_attended=attended,
        bor_algorithm=algorithm,
    )
    responder = found.responder
    assert responder is (found.best in {"CR", "PR", "ICR", "IPR"})
    assert (found.complete_response is not None) is (found.best in {"CR", "ICR"})
    for duration in (found.response, found.complete_response):
        assert duration is None or duration[1:] == found.pfs[1:]
    if responder:
        assert found.time_to_response[1] == found.response[0] <= found.pfs[1]
    if found.complete_response:
        assert found.response[0] <= found.complete_response[0]
    assert (found.response is None) is (found.time_to_response is None) is not responder
    if therapy is not None:
        assert found.pfs[1] <= therapy
    if course and {*course.values()} != {"MISSED"}:
        assert found.os[1] <= day


STEPS = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 6)), max_size=8)


def follow(steps) -> dict[int, str]:
    days = itertools.accumulate(gap for gap, _ in steps)
    return {day: WORDS[word] for day, (_, word) in zip(days, steps, strict=True)}


@given(steps=STEPS, missed=st.sets(st.integers(1, 400)), interval=st.none() | st.integers(1, 90))
def test_a_missed_visit_changes_nothing(derive, steps, missed, interval) -> None:
    course = follow(steps)
    with_missed = dict.fromkeys(missed, "MISSED") | course
    expected = derive(course, visit_interval_days=interval).answer
    found = derive(dict(sorted(with_missed.items())), visit_interval_days=interval).answer
    assert found == expected


@given(
    steps=STEPS, last=st.integers(0, 400), end=st.sampled_from(["new_therapy_on", "progressed_on"])
)
def test_what_comes_after_the_end_changes_only_survival(derive, steps, last, end) -> None:
    course = follow(steps)
    before = {day: word for day, word in course.items() if day <= last}
    members = {end: last, "last_known_alive_on": 500}
    assert derive(course, **members).answer == derive(before, **members).answer


def test_a_long_follow_up_takes_no_longer_than_its_length(derive) -> None:
    course = {day: "CR" if day % 3 == 0 else "NE" for day in range(30_000)}
    started = time.perf_counter()
    found = derive(course, confirm_min_days=20_000, visit_interval_days=10)
    assert (found.best, time.perf_counter() - started < 2) == ("SD", True)
