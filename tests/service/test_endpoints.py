"""`recist endpoints` and POST /v1/endpoints: one follow-up, one answer, however it comes."""

import json
import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from service.__main__ import main

CHECKOUT = Path(__file__).parents[2]
MEDIA = {"Content-Type": "application/json"}

FOLLOW_UP: dict[str, Any] = {
    "criteria": "recist-1.1",
    "protocol": {"confirm": True, "confirm_min_days": 28},
    "reference_on": "2024-01-01",
    "responses": [
        {"on": "2024-02-26", "overall": "PR"},
        {"on": "2024-04-22", "overall": "CR"},
        {"on": "2024-06-17", "overall": "MISSED"},
        {"on": "2024-08-12", "overall": "CR"},
        {"on": "2024-10-07", "overall": "PD"},
    ],
    "died_on": "2025-01-01",
    "new_therapy_on": None,
    "last_known_alive_on": None,
    "progressed_on": None,
    "visit_interval_days": 56,
}


def time(start: str, end: str, days: int, *, reason: str) -> dict[str, Any]:
    return {"start": start, "end": end, "days": days, "event": True, "reason": reason}


ANSWER = {
    "best_overall": "CR",
    "best_overall_unconfirmed": "CR",
    "responder": True,
    "pfs": time("2024-01-01", "2024-10-07", 280, reason="PD"),
    "duration_of_response": time("2024-02-26", "2024-10-07", 224, reason="PD"),
    "duration_of_complete_response": time("2024-04-22", "2024-10-07", 168, reason="PD"),
    "time_to_response": time("2024-01-01", "2024-02-26", 56, reason="RESPONSE"),
    "os": time("2024-01-01", "2025-01-01", 366, reason="DEATH"),
}


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    sent = deepcopy(FOLLOW_UP)
    inside: Any = sent
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = to
    return sent


BAD = changed("responses", 1, "on", to="2023-12-31")
BAD["responses"][3]["overall"] = "ICR"


@dataclass
class Ran:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def recist(monkeypatch, capfd):
    """Run `recist endpoints` here, as its own process would: what it printed, and its status."""

    def run(*words: str | Path, text: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["recist", "endpoints", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))
        with pytest.raises(SystemExit) as left:
            main()
        return Ran(int(left.value.code or 0), *capfd.readouterr())

    return run


def said_in_one_line(ran: Ran) -> str:
    assert (ran.returncode, ran.stdout) == (2, ""), ran
    (line,) = ran.stderr.splitlines()
    return line


class TestCommand:
    def test_as_a_process_of_its_own(self) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", "service", "endpoints", "--lines"],
            cwd=CHECKOUT,
            input=f"{json.dumps(FOLLOW_UP)}\n{{}}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        first, second = map(json.loads, ran.stdout.splitlines())
        assert (ran.returncode, ran.stderr, first, list(second)) == (1, "", ANSWER, ["error"])

    def test_from_a_file(self, recist, tmp_path: Path) -> None:
        file = tmp_path / "follow_up.json"
        file.write_text(json.dumps(FOLLOW_UP, indent=2))
        ran = recist(file)
        assert (ran.returncode, ran.stderr, json.loads(ran.stdout)) == (0, "", ANSWER)

    def test_and_from_standard_input(self, recist) -> None:
        ran = recist(text=json.dumps(FOLLOW_UP))
        assert (ran.returncode, json.loads(ran.stdout)) == (0, ANSWER)

    def test_a_bad_line_costs_that_line_alone(self, recist, tmp_path: Path) -> None:
        other = changed("reference_on", to="2024-01-11")
        documents = [json.dumps(one) for one in (FOLLOW_UP, BAD, other)]
        file = tmp_path / "follow_ups.jsonl"
        file.write_text("\n".join([*documents, "", "{broken", "[]"]))
        ran = recist("--lines", file)
        answers = [json.loads(line) for line in ran.stdout.splitlines()]
        assert (ran.returncode, ran.stderr, len(answers)) == (1, "", 5)
        assert (answers[0], answers[2]["pfs"]["days"]) == (ANSWER, 270)
        for bad in (answers[1], answers[3], answers[4]):
            assert list(bad) == ["error"]
            assert bad["error"]["status"] == 422
        pointers = [error["pointer"] for error in answers[1]["error"]["errors"]]
        assert pointers == ["/responses/1/on", "/responses/3/overall"]

    def test_lines_that_are_all_good(self, recist) -> None:
        ran = recist("--lines", text=f"{json.dumps(FOLLOW_UP)}\n" * 3)
        assert (ran.returncode, len(ran.stdout.splitlines())) == (0, 3)

    def test_what_contradicts_itself_is_said_in_one_line(self, recist) -> None:
        line = said_in_one_line(recist(text=json.dumps(BAD)))
        assert "/responses/1/on" in line
        assert "2 faults" in line

    @pytest.mark.parametrize(("text", "word"), [("", "empty"), ("{", "not JSON"), ("[]", "object")])
    def test_so_is_what_is_no_follow_up(self, recist, text: str, word: str) -> None:
        assert word in said_in_one_line(recist(text=text))

    def test_so_is_a_file_that_is_not_there(self, recist, tmp_path: Path) -> None:
        assert "absent.json" in said_in_one_line(recist(tmp_path / "absent.json"))


class TestRoute:
    def test_the_same_answer_as_the_command(self, server) -> None:
        answered = server.speaker().post("/v1/endpoints", json=FOLLOW_UP)
        assert (answered.status_code, answered.json()) == (200, ANSWER)
        assert answered.headers["content-type"] == "application/json"

    def test_the_same_refusal_as_the_command(self, recist, server) -> None:
        refused = server.speaker().post("/v1/endpoints", json=BAD)
        over_http = refused.json()
        (line,) = recist("--lines", text=json.dumps(BAD)).stdout.splitlines()
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert over_http.pop("request_id")
        assert over_http.pop("instance") == "/v1/endpoints"
        assert over_http == json.loads(line)["error"]

    @pytest.mark.parametrize("token", ["", "nobody"])
    def test_nobody_without_a_token(self, server, token: str) -> None:
        with server.client(token) as client:
            assert client.post("/v1/endpoints", json=FOLLOW_UP).status_code == 401

    def test_everybody_with_one(self, new_trial) -> None:
        trial = new_trial()
        for role in trial.tokens:
            answered = trial.client(role).post("/v1/endpoints", json=FOLLOW_UP)
            assert answered.status_code == 200, role

    def test_what_does_not_apply_is_null(self, server) -> None:
        sent = {"criteria": "irecist", "reference_on": "2024-01-01", "responses": []}
        answer = server.speaker().post("/v1/endpoints", json=sent).json()
        assert list(answer) == list(ANSWER)
        assert answer.pop("pfs")["reason"] == "NO_POST_BASELINE"
        assert answer == dict.fromkeys(answer) | {
            "best_overall": "NE",
            "best_overall_unconfirmed": "NE",
            "responder": False,
        }

    @pytest.mark.parametrize(
        ("path", "to"),
        [
            (("patience",), 1),
            (("responses", 0, "label"), "Week 8"),
            (("responses", 0, "overall"), "pr"),
            (("responses", 0, "overall"), "NA"),
            (("responses", 0, "overall"), "UNKNOWN"),
            (("responses", 0, "overall"), 1),
            (("responses", 0, "on"), "2024-02-30"),
            (("responses", 0, "on"), "1704067200"),
            (("responses", 0, "on"), 20240226),
            (("responses",), {}),
            (("responses", 0), []),
            (("reference_on",), "01.01.2024"),
            (("new_therapy_on",), "2023-12-31"),
            (("progressed_on",), "2025-01-02"),
            (("visit_interval_days",), 56.5),
            (("visit_interval_days",), "56"),
            (("visit_interval_days",), True),
            (("visit_interval_days",), 0),
            (("criteria",), "recist"),
            (("protocol", "sd_min_days"), -1),
            (("protocol", "icpd_max_days"), 56),
        ],
    )
    def test_what_is_no_such_thing_is_refused_by_its_pointer(self, server, path, to) -> None:
        refused = server.speaker().post("/v1/endpoints", json=changed(*path, to=to))
        assert refused.status_code == 422, refused.text
        (error,) = refused.json()["errors"]
        assert error["pointer"] == "/" + "/".join(map(str, path))
        assert error["detail"]

    @pytest.mark.parametrize("name", ["criteria", "reference_on", "responses"])
    def test_so_is_what_is_missing(self, server, name: str) -> None:
        refused = server.speaker().post("/v1/endpoints", json=changed(name, to=None))
        assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{name}"]

    def test_a_member_named_twice_is_refused(self, server) -> None:
        text = json.dumps(FOLLOW_UP).replace('"died_on"', '"died_on": "2026-01-01", "died_on"')
        refused = server.speaker().post("/v1/endpoints", content=text, headers=MEDIA)
        assert refused.json()["errors"][0]["pointer"] == "/died_on"

    def test_numbers_of_days_beyond_any_calendar_decide_as_they_stand(self, server) -> None:
        protocol = {"sd_min_days": 10**15, "confirm_min_days": 10**15, "max_ne_between": 10**15}
        sent = changed("protocol", to=protocol) | {"visit_interval_days": 10**15}
        answer = server.speaker().post("/v1/endpoints", json=sent).json()
        assert (answer["best_overall"], answer["pfs"]["reason"]) == ("PD", "PD")


def test_the_description_has_the_calculator(server) -> None:
    paths = server.speaker().get("/openapi.json").json()["paths"]
    operation = paths["/v1/endpoints"]["post"]
    assert operation["operationId"] == "deriveEndpoints"
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["$ref"].endswith("/FollowUp")
