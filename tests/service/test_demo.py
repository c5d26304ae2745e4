"""`recist demo` serves a simulated trial that tells what Zhu et al. 2013 published."""

import math
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest
import yaml

from recist.vocabulary import Response
from service.__main__ import main
from service.demo import paper, pixels
from service.identity.tokens import caller_for, new_token
from service.opening import open_database
from service.roles import Role
from service.settings import Settings
from service.trials import NewTrial, create

CHECKOUT = Path(__file__).parents[2]
ROLES = ("reader 1", "reader 2", "adjudicator", "trial manager")

# As printed in Table 1 and "Tumor response to CRT"; bone metastases alone are not measurable.
TABLE_1 = {
    "sex": {"male": 28, "female": 4},
    "initial_t": {"T3": 19, "T4": 13},
    "initial_n": {"N1": 3, "N2": 29},
    "initial_m": {"M1a": 20, "M1b": 12},
    "metastatic_organs": {
        "liver": 16,
        "lung": 3,
        "bone": 1,
        "liver and lung": 10,
        "liver and intra-abdominal": 2,
    },
    "number_of_metastases": {"1": 1, "2": 2, "3": 3, ">3": 26},
}
SPREADS = {"age_years": (35, 58.5, 75), "distance_from_anal_verge_cm": (3, 5, 10)}
AT_2_MONTHS = {
    "primary": {"CR": 4, "PR": 18, "SD": 8, "PD": 2},
    "distant": {"CR": 1, "PR": 15, "SD": 13, "NON_CR_NON_PD": 1, "PD": 2},
}


@contextmanager
def demo(*words: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "demo", "--port", "0", *words],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def printed(process: "subprocess.Popen[str]") -> list[str]:
    """What it prints up to the line about its database, which is the last."""
    assert process.stdout
    lines = []
    while line := process.stdout.readline():
        lines.append(line.rstrip("\n"))
        if line.startswith("SQLite "):
            return lines
    raise AssertionError(process.communicate()[1])


def stopped(process: "subprocess.Popen[str]", by: signal.Signals = signal.SIGTERM) -> None:
    process.send_signal(by)
    process.communicate(timeout=60)
    assert process.returncode == 0


@dataclass
class Demonstration:
    lines: list[str]
    seconds: float
    client: httpx.Client

    @property
    def url(self) -> str:
        return self.lines[0]

    @property
    def tokens(self) -> dict[str, str]:
        return dict(line.split(" token: ") for line in self.lines[1 : 1 + len(ROLES)])

    def entering(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def get(self, path: str, role: str = "trial manager") -> Any:
        answer = self.client.get(f"{self.url}{path}", headers=self.entering(role))
        assert answer.status_code == 200, answer.text
        return answer.json()

    @cached_property
    def trial(self) -> Any:
        (trial,) = self.get("/v1/trials")["items"]
        return trial

    @cached_property
    def subjects(self) -> list[Any]:
        found = self.get(f"/v1/trials/{self.trial['id']}/subjects?limit=200")
        assert found["next_cursor"] is None
        return list(found["items"])

    @cached_property
    def timelines(self) -> dict[str, Any]:
        """As the trial manager sees them, by code."""
        return {s["code"]: self.get(f"/v1/subjects/{s['id']}/timeline") for s in self.subjects}

    def at_2_months(self, compartment: str) -> dict[str, str]:
        """The response of each subject in the accepted timeline, as assessed at that read."""
        found = {}
        for code, timeline in self.timelines.items():
            part = timeline["accepted"]["assessment"]["compartments"][compartment]
            found[code] = part["timepoints"][0]["overall"]
        return found


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    folder = tmp_path_factory.mktemp("demo")
    began = time.monotonic()
    with demo(TMPDIR=str(folder)) as process:
        lines = printed(process)
        seconds = time.monotonic() - began
        with httpx.Client(timeout=60) as client:
            yield Demonstration(lines, seconds, client)
        assert list(folder.iterdir())
        stopped(process)
        assert not list(folder.iterdir())  # nothing of it is left


def test_it_says_where_it_is_who_may_enter_and_that_it_is_simulated(shown: Demonstration) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", shown.url)
    assert tuple(shown.tokens) == ROLES
    assert all(re.fullmatch(r"rcst_[0-9a-f]+_[\w-]{43}", t) for t in shown.tokens.values())
    assert "simulated" in shown.lines[1 + len(ROLES)]
    assert "Zhu et al." in shown.lines[1 + len(ROLES)]
    assert shown.trial["name"].startswith("Simulated trial after Zhu 2013")
    assert shown.seconds < 60


def test_the_trial_judges_as_the_paper_prints_it(shown: Demonstration) -> None:
    assert shown.trial["criteria"] == "zhu-2013"
    assert shown.trial["protocol"] == {}
    assert shown.trial["compartments"] == ["primary", "distant"]
    assert (shown.trial["readers"], shown.trial["adjudicate_on"]) == (2, ["BEST_OVERALL"])
    units = {
        timepoint["unit"]
        for timeline in shown.timelines.values()
        for timepoint in timeline["accepted"]["assessment"]["timepoints"]
    }
    assert units == {"mm2"}


@pytest.mark.parametrize("compartment", AT_2_MONTHS)
def test_the_responses_at_two_months_are_those_published(
    shown: Demonstration, compartment: str
) -> None:
    assert Counter(shown.at_2_months(compartment).values()) == AT_2_MONTHS[compartment]
    days = [
        timeline["accepted"]["assessment"]["timepoints"][0]["day"]
        for timeline in shown.timelines.values()
    ]
    assert min(days) >= 50
    assert max(days) <= 70


def test_the_same_two_progress_in_both(shown: Demonstration) -> None:
    primary, distant = shown.at_2_months("primary"), shown.at_2_months("distant")
    progressed = [{code for code, r in part.items() if r == "PD"} for part in (primary, distant)]
    assert progressed[0] == progressed[1]
    organs = {s["code"]: s["attributes"]["metastatic_organs"] for s in shown.subjects}
    (unmeasurable,) = (code for code, r in distant.items() if r == "NON_CR_NON_PD")
    assert organs[unmeasurable] == "bone"


def test_the_subjects_are_those_of_table_1(shown: Demonstration) -> None:
    assert [s["code"] for s in shown.subjects] == [f"S-{n:03}" for n in range(1, 33)]
    attributes = [s["attributes"] for s in shown.subjects]
    assert all(each["simulated"] is True for each in attributes)
    for name, frequencies in TABLE_1.items():
        assert Counter(each[name] for each in attributes) == frequencies, name
    for name, (least, middle, most) in SPREADS.items():
        values = [each[name] for each in attributes]
        assert (min(values), median(values), max(values)) == (least, middle, most), name
    days = [s["reference_on"] for s in shown.subjects]
    assert "2010-01-01" <= min(days) <= max(days) <= "2011-06-30"


def test_the_figures_are_those_of_the_paper(shared: Path) -> None:
    figures = yaml.safe_load((shared / "data" / "zhu-2013" / "paper.yaml").read_text())
    table = figures["table_1"]
    assert figures["subjects"] == paper.SUBJECTS
    assert table["sex"] == paper.SEX
    assert (table["initial_t"], table["initial_n"]) == (paper.INITIAL_T, paper.INITIAL_N)
    assert table["number_of_metastases"] == paper.NUMBER_OF_METASTASES
    assert table["age_years"] == dict(zip(("median", "min", "max"), paper.AGE_YEARS, strict=True))
    organs = {"_and_".join(o).replace("-", "_"): n for o, n in paper.METASTATIC_ORGANS.items()}
    assert table["metastatic_organs"] == organs
    for compartment, counts in paper.AT_2_MONTHS.items():
        printed = figures["response_at_2_months"][compartment]
        assert counts == {Response(name): printed[name] for name in ("CR", "PR", "SD", "PD")}


def test_the_readers_differ_as_readers_do_and_nothing_is_left_open(shown: Demonstration) -> None:
    accepted: Counter[str] = Counter()
    causes = set()
    for subject in shown.subjects:
        path = f"/v1/subjects/{subject['id']}"
        decisions = shown.get(f"{path}/adjudications")["items"]
        found = shown.get(f"{path}/discrepancies")["items"]
        timeline = shown.timelines[subject["code"]]
        assert bool(decisions) == any(each["adjudicated"] for each in found)
        assert [r["reader"] for r in timeline["readers"]] == ["READER_1", "READER_2"]
        for decision in decisions:
            assert decision["in_force"]
            assert decision["comment"].startswith("Simulated: ")
            assert timeline["accepted"]["reader"] == decision["accepts"]
            accepted[decision["accepts"]] += 1
            causes.add(decision["cause"])
        if not decisions:
            assert timeline["accepted"]["reader"] == "READER_1"
    assert 0.20 * 32 <= accepted.total() <= 0.45 * 32
    assert set(accepted) == {"READER_1", "READER_2"}
    assert len(causes) >= 3


def test_courses_hold_what_courses_hold(shown: Demonstration) -> None:
    accepted = [timeline["accepted"]["assessment"] for timeline in shown.timelines.values()]
    parts = [part for each in accepted for part in each["compartments"].values()]
    unconfirmed = [p for p in parts if p["best_overall"] != p["best_overall_unconfirmed"]]
    confirmed = [p for p in parts if p["best_overall"] in ("CR", "PR")]
    proved = [
        t for each in accepted for t in each["timepoints"] if t["overall"] != t["overall_final"]
    ]
    assert unconfirmed
    assert confirmed
    assert any(t["new_lesion"] == "EQUIVOCAL" and t["overall_final"] == "PD" for t in proved)
    progressed = [each["compartments"]["distant"]["progressed_on"] for each in accepted]
    assert len(list(filter(None, progressed))) == 20
    assert sum(s["died_on"] is not None for s in shown.subjects) == 12
    states = {
        finding["state"]
        for timeline in shown.timelines.values()
        for reader in timeline["readers"]
        for read in reader["reads"]
        for finding in read["findings"].values()
    }
    assert states >= {"MEASURED", "ABSENT", "PRESENT", "EQUIVOCAL", "NOT_EVALUABLE", "REMOVED"}


def test_one_read_was_corrected(shown: Demonstration) -> None:
    pairs = [
        (old, new)
        for timeline in shown.timelines.values()
        for reader in timeline["readers"]
        for old in reader["superseded"]
        for new in reader["reads"]
        if new["replaces"] == old["id"]
    ]
    ((old, new),) = pairs
    assert new["reason"]
    assert old["findings"]["T1"] != new["findings"]["T1"]


def test_a_reader_sees_its_own_alone(shown: Demonstration) -> None:
    found = shown.get(f"/v1/trials/{shown.trial['id']}/subjects?limit=200", "reader 1")["items"]
    assert len(found) == 32
    assert not any(s["attributes"] or s["died_on"] or s["new_therapy_on"] for s in found)
    for subject in found[:3]:
        timeline = shown.get(f"/v1/subjects/{subject['id']}/timeline", "reader 1")
        assert [r["reader"] for r in timeline["readers"]] == ["READER_1"]
        assert timeline["accepted"] is None


def test_what_was_measured_on_images_is_in_them(shown: Demonstration) -> None:
    series = {s["id"]: shown.get(f"/v1/subjects/{s['id']}/series")["items"] for s in shown.subjects}
    ((subject_id, two),) = ((id_, found) for id_, found in series.items() if found)
    stored = {s["series_uid"]: s for s in two}
    assert [(s["modality"], s["instances"], s["flags"]) for s in two] == [("CT", 20, [])] * 2
    reads = shown.get(f"/v1/subjects/{subject_id}/timeline", "reader 1")["readers"][0]["reads"][:2]
    used = set()
    for finding in (f for read in reads for f in read["findings"].values() if "evidence" in f):
        evidence = finding["evidence"]
        for points, mm in (("longest", "longest_mm"), ("short_axis", "short_axis_mm")):
            assert math.dist(*evidence[points]) == pytest.approx(finding[mm], abs=0.005)
        again = shown.client.post(
            f"{shown.url}/v1/series/{stored[evidence['series_uid']]['id']}/measurements",
            headers=shown.entering("reader 1"),
            json={"line": evidence["longest"]},
        ).json()
        off = again["longest_patient_mm"][0][2] - evidence["longest"][0][2]
        assert abs(off) <= pixels.STEP_MM  # where two slices are as long, either may be meant
        assert again["longest_mm"] == pytest.approx(finding["longest_mm"], rel=0.03)
        used.add(evidence["series_uid"])
    assert used == set(stored)


def test_the_commands_printed_work_as_they_are(shown: Demonstration) -> None:
    commands = [line for line in shown.lines if line.startswith("curl ")]
    answers = [answered(each) for each in commands]
    assert [set(answer) & {"readers", "items", "timepoints"} for answer in answers] == [
        {"readers"},
        {"items"},
        {"timepoints"},
    ]
    assert [r["reader"] for r in answers[0]["readers"]] == ["READER_1"]
    assert any(each["adjudicated"] for each in answers[1]["items"])
    assert answers[2]["timepoints"][0]["overall"] == "PR"


def answered(line: str) -> Any:
    """Run it as pasted into a shell; where there is no curl, send what it would send."""
    ran = subprocess.run(["bash", "-c", line], capture_output=True, timeout=60, check=False)
    if ran.returncode != 127:
        return httpx.Response(200, content=ran.stdout).json()
    words = shlex.split(line)
    pairs = list(pairwise(words))
    headers = dict(value.split(": ") for option, value in pairs if option == "-H")
    body = next((value for option, value in pairs if option == "-d"), None)
    return httpx.request("POST" if body else "GET", words[-1], headers=headers, content=body).json()


def test_a_folder_of_ones_own_is_kept_and_loaded_once(tmp_path: Path) -> None:
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    tokens: list[str] = []
    for by in (signal.SIGTERM, signal.SIGINT):
        with demo("--data", str(tmp_path / "kept"), RECIST_DATABASE_URL=elsewhere) as process:
            with httpx.Client(timeout=60) as client:
                served = Demonstration(printed(process), 0, client)
                assert len(served.subjects) == 32
                tokens += served.tokens.values()
            stopped(process, by)
        files = sorted(path.name for path in (tmp_path / "kept").iterdir() if path.is_file())
        # Put away in order, by either signal.
        assert files == ["audit.heads", "audit.key", "recist.sqlite"]
    assert len(set(tokens)) == 2 * len(ROLES)
    assert not (tmp_path / "elsewhere.sqlite").exists()


def test_what_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    with demo(TMPDIR=str(tmp_path)) as process:
        while not list(tmp_path.glob("*/recist.sqlite")):
            assert process.poll() is None
            time.sleep(0.02)
        stopped(process)
    assert not list(tmp_path.iterdir())


def test_a_folder_with_another_trial_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = open_database(Settings(folder=tmp_path))

    def other(connection: Any) -> None:
        token = new_token(connection, "another manager", Role.TRIAL_MANAGER, None).token
        caller = caller_for(connection, token)
        assert caller
        create(connection, caller, NewTrial(name="Another", criteria="recist-1.1"))

    database.run(other)
    database.close()
    monkeypatch.setattr(sys, "argv", ["recist", "demo", "--port", "0", "--data", str(tmp_path)])
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        main()
    signal.signal(signal.SIGTERM, before)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.startswith("recist: ")
    assert err.count("\n") == 1
    assert "other trials" in err
    with sqlite3.connect(tmp_path / "recist.sqlite") as connection:
        assert connection.execute("SELECT name FROM principals").fetchall() == [
            ("another manager",)
        ]
