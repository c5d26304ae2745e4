"""The cases of the pharmaverse's own tests (admiral, admiralonco), asked of our endpoints.

Each case becomes questions: a follow-up, and what its endpoints must say. What they do not say,
such as the date of an SD, is not asked.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

import recist

CHECKOUT = Path(__file__).parents[2]
DAY_0 = date(2020, 1, 1)
FOLLOW_UP = TypeAdapter(recist.FollowUp)
SWITCHES = {
    "ref_start_window": "sd_min_days",
    "ref_confirm": "confirm_min_days",
    "max_nr_ne": "max_ne_between",
    "accept_sd": "accept_sd_between",
    "missing_as_ne": "missing_as_ne",
}
NO_WORD_OF_OURS = "ND, not done, is no overall response"
KEPT_AFTER_PD = "records after the first PD are kept"
ANYTHING_BETWEEN = "a search in which nothing between matters, which confirms no response"

LEFT_OUT = {
    "derive_param_bor.t3a": "an argument error of R: a filter without records",
    "signal_crpr.t1a": "a warning about data, which an assessment gives as a query",
    "signal_crpr.t2a": "a warning about data, which an assessment gives as a query",
    "signal_crpr.t2b": "a warning about data, which an assessment gives as a query",
    "signal_crpr.ex1a": "a warning about data, which an assessment gives as a query",
    "filter_joined.t1": ANYTHING_BETWEEN,
    "derive_var_joined_exist_flag.t1": ANYTHING_BETWEEN,
    "derive_var_joined_exist_flag.t2": ANYTHING_BETWEEN,
    "max_cond.t": "the last PR is no endpoint",
    "derive_param_exist_flag.t1": "visits without dates",
    "derive_param_tte.t18": "the time to a good event that did not come: only responders have one",
}
LEFT_OUT_SUBJECTS = {
    ("derive_param_confirmed_bor.t2a", "7"): NO_WORD_OF_OURS,
    ("derive_param_confirmed_bor.t4a", "9"): KEPT_AFTER_PD,
    ("derive_param_confirmed_resp.t2a", "7"): NO_WORD_OF_OURS,
    ("derive_param_confirmed_resp.t4a", "1"): KEPT_AFTER_PD,
    ("derive_param_response.t2a", "3"): KEPT_AFTER_PD,
    ("derive_param_clinbenefit.t1a", "04"): NO_WORD_OF_OURS,
    ("derive_param_clinbenefit.t2a", "04"): NO_WORD_OF_OURS,
    ("derive_param_clinbenefit.t2a", "06"): KEPT_AFTER_PD,
    ("derive_param_clinbenefit.ex1a", "04"): NO_WORD_OF_OURS,
}
ASKED = (
    *(f"derive_param_bor.{n}" for n in ("t1a", "t1b", "t1c", "t1d", "t2a", "ex1a")),
    *(f"derive_param_confirmed_bor.{n}" for n in ("t1a", "t2a", "t3a", "t4a", "ex1a", "ex2a")),
    *(f"derive_param_confirmed_resp.{n}" for n in ("t1a", "t2a", "t3a", "t4a", "ex1a", "ex2a")),
    *(f"derive_param_response.{n}" for n in ("t1a", "t2a", "ex1a")),
    *(f"derive_param_clinbenefit.{n}" for n in ("t1a", "t2a", "ex1a")),
    *(f"filter_pd.{n}" for n in ("t1a", "t2a", "t3a", "t4a", "ex1a", "ex2a", "ex3a", "ex4a")),
    *(f"derive_extreme_event.{n}" for n in ("t3", "t5", "t6")),
    *(f"filter_joined.{n}" for n in ("t2", "t3")),
    "derive_var_joined_exist_flag.t3",
    "min_cond.t",
    *(f"derive_extreme_records.{n}" for n in ("t2", "t3", "t4", "t5")),
    *(f"derive_param_tte.{n}" for n in ("t1", "t2", "t3", "t17")),
)

Case = dict[str, Any]
Document = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A follow-up as a program sends it, and members of the answer by their paths."""

    subject: str
    document: Document
    expected: dict[str, Any]


def word(peers: str | None) -> str:
    """Our word for theirs; a visit without a response is one that was missed."""
    return "MISSED" if peers is None else peers.upper().replace("-", "_").replace("/", "_")


def day(value: Any) -> str:
    """A date, from the number of a visit where the case has no date."""
    when = DAY_0 + timedelta(value) if isinstance(value, int) else value
    return str(when)[:10]


def document(
    assessments: list[Any], reference: Any = None, parameters: Case | None = None, **members: Any
) -> Document:
    """A follow-up under ADMIRAL; its day 0 does not matter to a case that gives none."""
    given = {SWITCHES[k]: v for k, v in (parameters or {}).items() if k in SWITCHES}
    dates = [day(on) for on, _ in assessments]
    switches = {name: members.pop(name) for name in ("confirm",) if name in members}
    return {
        "criteria": "recist-1.1",
        "protocol": {"bor_algorithm": "ADMIRAL", **given, **switches},
        "reference_on": day(reference) if reference else min(dates, default=str(DAY_0)),
        "responses": [{"on": day(on), "overall": word(said)} for on, said in assessments],
        **{name: day(value) for name, value in members.items() if value},
    }


def of_subjects(case: Case) -> Iterator[tuple[Case, Callable[..., Document]]]:
    """Each subject that is asked about, and how its follow-up is written."""
    for subject in case["subjects"]:
        if (case["id"], subject["id"]) in LEFT_OUT_SUBJECTS:
            continue

        def written(subject: Case = subject, **more: Any) -> Document:
            return document(
                subject["assessments"],
                subject.get("reference_date"),
                case.get("parameters"),
                progressed_on=subject.get("first_pd_date"),
                **more,
            )

        yield subject, written


def best(case: Case) -> Iterator[Question]:
    """The word of the best response; its date where it is a response."""
    for subject, written in of_subjects(case):
        said, on = word(subject["expected"]["AVALC"]), subject["expected"]["ADT"]
        start = {"CR": "duration_of_complete_response", "PR": "duration_of_response"}.get(said)
        expected = {f"{start}.start": day(on)} if start else {"responder": False}
        if case["question"] == "best_overall_response":
            yield Question(subject["id"], written(), {"best_overall_unconfirmed": said})
            yield Question(
                subject["id"], written(confirm=False), {"best_overall": said, **expected}
            )
        else:
            yield Question(subject["id"], written(), {"best_overall": said, **expected})


def response(case: Case) -> Iterator[Question]:
    """Whether there was a response, confirmed or not, and its first date."""
    for subject, written in of_subjects(case):
        found = subject["expected"]
        expected: Case = {"responder": found["AVALC"] == "Y"}
        if expected["responder"]:
            first = day(found.get("ADT") or found["AVISITN"])
            expected |= {"duration_of_response.start": first, "time_to_response.end": first}
        confirm = case["question"] == "confirmed_response"
        yield Question(subject["id"], written(confirm=confirm), expected)


def benefit(case: Case) -> Iterator[Question]:
    """Clinical benefit is a best response, confirmed or not, that is one of these."""
    beneficial = {"CR", "PR", *map(word, case["parameters"]["clinben_vals"])}
    for subject, written in of_subjects(case):
        answer = recist.endpoints(follow_up(written())).best_overall_unconfirmed
        assert (answer in beneficial) == (subject["expected"]["AVALC"] == "Y"), subject["id"]
        yield Question(subject["id"], written(), {"best_overall_unconfirmed": answer})


def refused(case: Case) -> Iterator[Question]:
    """The place of the word that is none."""
    for subject, written in of_subjects(case):
        yield Question(subject["id"], written(), {"error": "/responses/3/overall"})


def kept(case: Case) -> Iterator[Question]:
    """What comes after the first PD changes nothing but that the subject was alive."""
    for subject in sorted({record["subject"] for record in case["records"]}):

        def of(records: list[Case], subject: str = subject) -> list[Any]:
            mine = [r for r in records if (r["subject"], r["PARAMCD"]) == (subject, "OVR")]
            return [(r["ADT"], r["AVALC"]) for r in mine if r.get("ANL01FL", "Y") == "Y"]

        answer = answered(document(of(case["expected_kept"])))
        left = {name: value for name, value in answer.items() if not name.startswith("os")}
        yield Question(subject, document(of(case["records"])), left)
        first_pd = case["first_pd_date"].get(subject)
        yield Question(subject, document(of(case["records"]), progressed_on=first_pd), left)


def confirmed_records(case: Case) -> Iterator[Question]:
    """Each record asked for itself: the follow-up that begins with it responds on its date."""
    of, parameters = ("CR", {}) if case["id"] == "filter_joined.t2" else ("PR", {"accept_sd": True})
    told = case.get("expected_kept") or [r for r in case["expected_flag"] if r["CONFFL"] == "Y"]
    expected = {(r["subject"], r["AVISITN"]) for r in told}
    for subject in case["subjects"]:
        for n, (visit, said) in enumerate(subject["assessments"]):
            if said != of:
                assert (subject["id"], visit) not in expected
                continue
            asked = document(
                subject["assessments"][n:], parameters={"ref_confirm": 0, **parameters}
            )
            starts = "duration_of_complete_response" if of == "CR" else "duration_of_response"
            confirmed = (subject["id"], visit) in expected
            yield Question(
                subject["id"], asked, {f"{starts}.start": day(visit) if confirmed else None}
            )


def first_cr(case: Case) -> Iterator[Question]:
    for subject in case["subjects"]:
        first = day(case["expected_by_subject"][subject["id"]])
        asked = document(subject["assessments"], confirm=False)
        yield Question(subject["id"], asked, {"duration_of_complete_response.start": first})


def pd_or_last(case: Case) -> Iterator[Question]:
    """The first PD, or the last assessment that was not NE."""
    reason = {"first_pd": "PD"}.get(case["question"], "LAST_ADEQUATE_ASSESSMENT")
    for found in case["expected"]:
        mine = [r for r in case["records"] if r["subject"] == found["subject"]]
        assessments = [(r["ADT"], r["AVALC"]) for r in mine if r["PARAMCD"] == "OVR"]
        asked = document(assessments, reference=date(2019, 12, 1))
        if found["ADT"]:
            expected = {"pfs.end": day(found["ADT"]), "pfs.reason": reason}
        elif reason == "PD":
            expected = {"pfs.event": False}
        else:
            expected = {"pfs.reason": "NO_POST_BASELINE"}
        yield Question(found["subject"], asked, expected)


def death(case: Case) -> Iterator[Question]:
    for subject in case["subjects"]:
        on = subject["death_date"]
        expected = {"os.event": True, "os.end": day(on)} if on else {"os": None}
        yield Question(subject["id"], document([], died_on=on), expected)


PARAMETERS = {"OS": "os", "PFS": "pfs", "DURRSP": "duration_of_response"}
REASONS = {
    "DEATH": "DEATH",
    "PD": "PD",
    "LAST KNOWN ALIVE DATE": "LAST_KNOWN_ALIVE",
    "LAST TUMOR ASSESSMENT": "LAST_ADEQUATE_ASSESSMENT",
    "TREATMENT START": "NO_POST_BASELINE",
}


def time_to_event(case: Case) -> Iterator[Question]:
    """Overall and progression-free survival, and the duration of an unconfirmed response."""
    expected = {found["USUBJID"]: found for found in case["expected"]}
    for subject in case["data"]["adsl"]:
        mine = [r for r in case["data"].get("adrs", ()) if r["USUBJID"] == subject["USUBJID"]]
        asked = document(
            [(r.get("ADT") or r["ADTM"], r["AVALC"]) for r in mine],
            subject.get("TRTSDT") or subject.get("TRTSDTM"),
            died_on=subject["DTHDT"],
            last_known_alive_on=subject.get("LSTALVDT"),
            confirm=False,
        )
        found = expected.get(subject["USUBJID"])
        if found is None:
            yield Question(subject["USUBJID"], asked, {"duration_of_response": None})
            continue
        name = PARAMETERS[found["PARAMCD"]]
        yield Question(
            subject["USUBJID"],
            asked,
            {
                f"{name}.start": day(found.get("STARTDT") or found["STARTDTM"]),
                f"{name}.end": day(found.get("ADT") or found["ADTM"]),
                f"{name}.event": found["CNSR"] == 0,
                f"{name}.reason": REASONS[found["EVENTDESC"]],
            },
        )


def end_dates(case: Case) -> Iterator[Question]:
    """Its event is our PD, a value that is missing our NE, its first end date a new therapy."""
    expected = {found["USUBJID"]: found for found in case["expected"]}
    reasons = {0: "PD", 1: "NEW_THERAPY", 2: "NEW_THERAPY", 3: "NO_POST_BASELINE"}
    for subject in case["data"]["adsl"]:
        mine = [r for r in case["data"]["adqs"] if r["USUBJID"] == subject["USUBJID"]]
        asked = document(
            [
                (r["ADT"], "NE" if r["CHG"] is None else "PD" if r["CHG"] <= -10 else "SD")
                for r in mine
            ],
            subject["TRTSDT"],
            new_therapy_on=min(filter(None, (subject["EOSDT"], subject["NEWDRGDT"])), default=None),
        )
        found = expected[subject["USUBJID"]]
        yield Question(
            subject["USUBJID"],
            asked,
            {"pfs.end": day(found["ADT"]), "pfs.reason": reasons[found["CNSR"]]},
        )


ASK: dict[str, Callable[[Case], Iterator[Question]]] = {
    "best_overall_response": best,
    "confirmed_best_overall_response": best,
    "response": response,
    "confirmed_response": response,
    "clinical_benefit": benefit,
    "records_up_to_first_pd": kept,
    "confirmation_search": confirmed_records,
    "confirmation_flag": confirmed_records,
    "first_cr_visit": first_cr,
    "first_pd": pd_or_last,
    "last_evaluable_assessment": pd_or_last,
    "death": death,
    "overall_survival": time_to_event,
    "progression_free_survival": time_to_event,
    "duration_of_response": time_to_event,
    "censoring_at_end_dates": end_dates,
}


def questions(case: Case) -> list[Question]:
    ask = refused if case.get("expected_signal") == "error" else ASK[case["question"]]
    asked = [*ask(case)]
    assert asked, case["id"]
    return asked


def follow_up(sent: Document) -> recist.FollowUp:
    """The value that a document says."""
    return FOLLOW_UP.validate_json(json.dumps(sent), strict=True)


def answered(sent: Document) -> dict[str, Any]:
    """The answer as JSON has it, flat; or the place of the fault."""
    try:
        answer = json.loads(json.dumps(asdict(recist.endpoints(follow_up(sent))), default=str))
    except recist.Refused as refused:
        (fault,) = refused.faults
        return {"error": "/" + "/".join(map(str, fault.at))}
    return flat(answer)


def flat(answer: dict[str, Any]) -> dict[str, Any]:
    """Members of members by their paths, and what is null by its own."""
    if "error" in answer:
        (fault,) = answer["error"]["errors"]
        return {"error": fault["pointer"]}
    times = {f"{k}.{m}": x for k, v in answer.items() if isinstance(v, dict) for m, x in v.items()}
    plain = {name: value for name, value in answer.items() if not isinstance(value, dict)}
    return plain | times


def differs(question: Question, answer: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (expected, answer.get(name))
        for name, expected in question.expected.items()
        if answer.get(name) != expected
    }


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, Case]:
    text = (shared / "data" / "admiralonco" / "cases.yaml").read_text()
    return {case["id"]: case for case in yaml.safe_load(text)["cases"]}


@pytest.mark.parametrize("name", ASKED)
def test_case(cases: dict[str, Case], name: str) -> None:
    for question in questions(cases[name]):
        answer = answered(question.document)
        assert not differs(question, answer), (question.subject, question.document)


def test_every_case_is_asked_or_left_out_by_name(cases: dict[str, Case]) -> None:
    assert {*ASKED} | LEFT_OUT.keys() == cases.keys()
    assert {*ASKED}.isdisjoint(LEFT_OUT)
    for (name, left), why in LEFT_OUT_SUBJECTS.items():
        (subject,) = (s for s in cases[name]["subjects"] if s["id"] == left)
        words = [said for _, said in subject["assessments"]]
        assert "ND" in words if why is NO_WORD_OF_OURS else "PD" in words[:-1]


def test_from_outside_all_of_them_answer_the_same(cases: dict[str, Case]) -> None:
    asked = [question for name in ASKED for question in questions(cases[name])]
    ran = subprocess.run(
        [sys.executable, "-m", "service", "endpoints", "--lines"],
        input="".join(f"{json.dumps(question.document)}\n" for question in asked),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = [flat(json.loads(line)) for line in ran.stdout.splitlines()]
    assert (ran.returncode, ran.stderr, len(answers)) == (1, "", len(asked))
    for question, answer in zip(asked, answers, strict=True):
        assert not differs(question, answer), (question.subject, question.document)
