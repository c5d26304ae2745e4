"""`recist assess` and POST /v1/assess: one timeline, one answer, in whatever way it comes."""

import json
import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from recist import __version__
from service.__main__ import main

CHECKOUT = Path(__file__).parents[2]

T1 = {"role": "TARGET", "organ": "liver", "compartment": "distant"}
T2 = {"role": "TARGET", "organ": "lymph_node", "nodal": True, "compartment": "distant"}
NT1 = {"role": "NON_TARGET", "organ": "bone", "compartment": "distant"}
N1 = {"role": "NEW", "organ": "lung", "compartment": "distant"}
TIMELINE: dict[str, Any] = {
    "criteria": "recist-1.1",
    "protocol": {"confirm": True, "confirm_min_days": 28},
    "reference_on": "2024-01-01",
    "reads": [
        {
            "on": "2024-01-01",
            "label": "Baseline",
            "lesions": {"T1": T1, "T2": T2, "NT1": NT1},
            "findings": {
                "T1": {"state": "MEASURED", "longest_mm": 60.0, "short_axis_mm": 41.5},
                "T2": {"state": "MEASURED", "longest_mm": 30.0, "short_axis_mm": 18.0},
                "NT1": {"state": "PRESENT"},
            },
        },
        {
            "on": "2024-02-26",
            "lesions": {"N1": N1},
            "findings": {
                "T1": {"state": "MEASURED", "longest_mm": 42.0, "short_axis_mm": 30.0},
                "T2": {"state": "MEASURED", "short_axis_mm": 9.0},
                "NT1": {"state": "PRESENT"},
                "N1": {"state": "EQUIVOCAL"},
            },
        },
    ],
}
TIMEPOINT = {
    "on": "2024-02-26",
    "day": 56,
    "sum": 51.0,
    "partial_sum": None,
    "unit": "mm",
    "baseline": 78.0,
    "nadir": 78.0,
    "change_from_baseline_percent": -34.6,
    "change_from_nadir_percent": -34.6,
    "pr_at": 54.6,
    "pd_at": 93.6,
    "to_pr": 0.0,
    "to_pd": 42.6,
    "new_lesion_sum": None,
    "target": "PR",
    "non_target": "NON_CR_NON_PD",
    "new_lesion": "EQUIVOCAL",
    "overall": "PR",
    "overall_final": "PR",
    "because": [
        {
            "rule": "recist-1.1/4.3.1-PR",
            "says": "4.3.1 PR: sum 30 % or more below baseline",
            "lesions": [],
        },
        {
            "rule": "recist-1.1/4.3.3-NON_CR_NON_PD",
            "says": "4.3.3 NON_CR_NON_PD: a non-target lesion persists",
            "lesions": ["NT1"],
        },
        {
            "rule": "recist-1.1/Table-1-row-3",
            "says": "Table 1: target PR, non-target any but PD, no new lesion: PR",
            "lesions": [],
        },
    ],
    "because_final": [],
}
COURSE = {
    "timepoints": [TIMEPOINT],
    "best_overall": "SD",
    "best_overall_unconfirmed": "PR",
    "responded_on": None,
    "progressed_on": None,
}
ANSWER = {
    "criteria": "recist-1.1",
    "engine": __version__,
    **COURSE,
    "remarks": [],
    "queries": [],
    "compartments": {"distant": COURSE},
}


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    timeline = deepcopy(TIMELINE)
    inside: Any = timeline
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = to
    return timeline


BAD = changed("reads", 1, "on", to="2023-12-31")
BAD["reads"][1]["findings"]["T9"] = {"state": "ABSENT"}


@dataclass
class Ran:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def recist(monkeypatch, capfd):
    """Run `recist assess` here, as its own process would: what it printed, and its status."""

    def run(*words: str | Path, text: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["recist", "assess", *map(str, words)])
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
            [sys.executable, "-m", "service", "assess", "--lines"],
            cwd=CHECKOUT,
            input=f"{json.dumps(TIMELINE)}\n{{}}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        first, second = map(json.loads, ran.stdout.splitlines())
        assert (ran.returncode, ran.stderr, first, list(second)) == (1, "", ANSWER, ["error"])

    def test_the_worked_example_from_a_file(self, recist, tmp_path: Path) -> None:
        file = tmp_path / "timeline.json"
        file.write_text(json.dumps(TIMELINE, indent=2))
        ran = recist(file)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout) == ANSWER

    def test_and_from_standard_input(self, recist) -> None:
        ran = recist(text=json.dumps(TIMELINE))
        assert (ran.returncode, json.loads(ran.stdout)) == (0, ANSWER)

    def test_an_answer_a_line_in_their_order_bad_ones_told(self, recist, tmp_path: Path) -> None:
        other = changed("reference_on", to="2024-01-11")
        documents = [json.dumps(one) for one in (TIMELINE, BAD, other)]
        file = tmp_path / "timelines.jsonl"
        file.write_text("\n".join([*documents, "", "{broken", "[]"]))
        ran = recist("--lines", file)
        answers = [json.loads(line) for line in ran.stdout.splitlines()]
        assert (ran.returncode, ran.stderr, len(answers)) == (1, "", 5)
        assert answers[0] == ANSWER
        assert answers[2]["timepoints"][0]["day"] == 46
        for bad in (answers[1], answers[3], answers[4]):
            assert list(bad) == ["error"]
            assert bad["error"]["status"] == 422
        pointers = [error["pointer"] for error in answers[1]["error"]["errors"]]
        assert pointers == ["/reads/1/on", "/reads/1/findings/T9"]

    def test_lines_that_are_all_good(self, recist) -> None:
        ran = recist("--lines", text=f"{json.dumps(TIMELINE)}\n" * 3)
        assert (ran.returncode, len(ran.stdout.splitlines())) == (0, 3)

    def test_no_line_is_no_answer(self, recist) -> None:
        ran = recist("--lines", text="\n")
        assert (ran.returncode, ran.stdout) == (0, "")

    def test_what_contradicts_itself_is_said_in_one_line(self, recist) -> None:
        line = said_in_one_line(recist(text=json.dumps(BAD)))
        assert "/reads/1/on" in line
        assert "2 faults" in line

    @pytest.mark.parametrize(
        ("text", "word"), [("", "empty"), ("{", "not JSON"), ("[]", "object"), ("\ufeff{}", "JSON")]
    )
    def test_so_is_what_is_no_timeline(self, recist, text: str, word: str) -> None:
        assert word in said_in_one_line(recist(text=text))

    def test_so_is_a_file_that_is_not_there(self, recist, tmp_path: Path) -> None:
        assert "absent.json" in said_in_one_line(recist(tmp_path / "absent.json"))

    def test_so_is_a_folder(self, recist, tmp_path: Path) -> None:
        assert str(tmp_path) in said_in_one_line(recist(tmp_path))


class TestRoute:
    @pytest.mark.requirement("R14")
    def test_the_same_answer_as_the_command(self, server) -> None:
        with server.client() as client:
            answered = client.post("/v1/assess", json=TIMELINE)
        assert (answered.status_code, answered.json()) == (200, ANSWER)
        assert answered.headers["content-type"] == "application/json"

    def test_the_same_refusal_as_the_command(self, recist, server) -> None:
        with server.client() as client:
            refused = client.post("/v1/assess", json=BAD)
        over_http = refused.json()
        (line,) = recist("--lines", text=json.dumps(BAD)).stdout.splitlines()
        told = json.loads(line)["error"]
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert over_http.pop("request_id")
        assert over_http.pop("instance") == "/v1/assess"
        assert over_http == told

    @pytest.mark.parametrize("token", ["", "nobody"])
    def test_nobody_without_a_token(self, server, token: str) -> None:
        with server.client(token) as client:
            assert client.post("/v1/assess", json=TIMELINE).status_code == 401

    def test_null_means_left_out(self, server) -> None:
        sent = deepcopy(TIMELINE)
        sent["protocol"] |= {"sd_min_days": None, "measure": None, "icpd_max_days": None}
        sent["reads"][0] |= {"pet": None, "markers_above_normal": None}
        sent["reads"][0]["lesions"]["T1"] |= {"soft_tissue_mm": None, "nodal": None, "nature": None}
        sent["reads"][1]["findings"]["T1"] |= {"fragments_mm": None, "method": None}
        with server.client() as client:
            assert client.post("/v1/assess", json=sent).json() == ANSWER

    @pytest.mark.parametrize(
        ("path", "to"),
        [
            (("patience",), 1),
            (("reads", 0, "by"), "reader 1"),
            (("reads", 0, "lesions", "T1", "colour"), "grey"),
            (("reads", 0, "findings", "T1", "longest_cm"), 6),
            (("reads", 0, "findings", "T1", "evidence"), {"slice": 3}),
            (("reads", 1, "findings", "T1", "longest_mm"), "42"),
            (("reads", 1, "findings", "T1", "longest_mm"), True),
            (("reads", 1, "findings", "T1", "fragments_mm"), ["20", 10]),
            (("reads", 0, "lesions", "T2", "nodal"), 1),
            (("reads", 0, "lesions", "T2", "role"), "Target"),
            (("reads", 1, "on"), 20240226),
            (("reads", 1, "on"), "2024-02-26T00:00:00"),
            (("reads", 1, "on"), "26.02.2024"),
            (("protocol", "confirm_min_days"), 28.5),
            (("protocol", "confirm_min_days"), -1),
            (("protocol", "pr_persistence"), "FOREVER"),
            (("reads",), {}),
            (("reads",), []),
        ],
    )
    def test_what_is_no_such_thing_is_refused_by_its_pointer(self, server, path, to) -> None:
        with server.client() as client:
            refused = client.post("/v1/assess", json=changed(*path, to=to))
        assert refused.status_code == 422, refused.text
        (error,) = refused.json()["errors"]
        pointer = "/" + "/".join(map(str, path))
        assert error["pointer"].startswith(pointer)
        assert error["detail"]

    def test_a_second_diameter_that_is_missing_under_products(self, server) -> None:
        with server.client() as client:
            sent = changed("criteria", to="zhu-2013")
            del sent["reads"][0]["findings"]["T1"]["short_axis_mm"]
            errors = client.post("/v1/assess", json=sent).json()["errors"]
        assert [error["pointer"] for error in errors] == [
            "/reads/0/findings/T1/short_axis_mm",
            "/reads/1/findings/T2/longest_mm",
        ]

    def test_the_binary_noise_of_a_client_decides_nothing(self, server) -> None:
        noisy = changed("reads", 1, "findings", "T1", "longest_mm", to=42.00000000000001)
        with server.client() as client:
            assert client.post("/v1/assess", json=noisy).json() == ANSWER
