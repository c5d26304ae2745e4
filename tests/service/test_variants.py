"""A folder of variants: what it makes known, what is refused at start, and what is never lost."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

import recist
from service import __main__ as command_line
from service.app import create_app
from service.commands.unusable import Unusable
from service.commands.variants import SETTING
from service.identity.tokens import bootstrap
from service.readiness import know_criteria
from service.settings import Settings
from service.tables import principals, trials
from service.variants import of_folder

CHECKOUT = Path(__file__).parents[2]
AT = datetime(2024, 2, 26, tzinfo=UTC)
CRC = "crc-2026.v2"
DOCUMENT: dict[str, Any] = {
    "name": "crc-2026",
    "version": 2,
    "based_on": "recist-1.1",
    "title": "CRC 2026",
    "cite": "Protocol, section 8.3",
    "changes": {
        "targets": {"in_all": 3, "per_organ": 1},
        "pr": {"percent": 40},
        "pd": {"percent": 25, "and_mm": 3, "reference": "NADIR"},
        "too_small_mm": 4,
        "nodes": {"normal_below_mm": 8, "target_from_mm": 12},
        "measurable": {"smallest_mm": {"CT": 12}, "slices": 3},
        "switches": {"confirm": False, "disease_after_cr": "RECODE_PR"},
    },
}
T1 = {"state": "MEASURED", "longest_mm": 100}
BASELINE = {
    "on": "2024-01-01",
    "lesions": {"T1": {"role": "TARGET", "organ": "liver"}},
    "findings": {"T1": T1},
}
FOLLOW_UP = {"on": "2024-02-26", "findings": {"T1": T1 | {"longest_mm": 60.001}}}
TIMELINE = {"criteria": CRC, "reads": [BASELINE, FOLLOW_UP]}


def changed(*path: str, to: Any) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    inside = document
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = to
    return document


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one variant."""
    made = tmp_path / "criteria"
    made.mkdir()
    (made / "crc.json").write_text(json.dumps(DOCUMENT))
    return made


def why(folder: Path) -> str:
    """Why a folder cannot be used."""
    before = dict(recist.CRITERIA)
    with pytest.raises(Unusable) as refused, of_folder(folder):
        pass
    assert before == recist.CRITERIA
    return str(refused.value)


class TestFolder:
    def test_its_documents_are_known_while_it_is_open(self, folder: Path) -> None:
        before = dict(recist.CRITERIA)
        with of_folder(folder) as says:
            assert [*recist.CRITERIA] == [*before, CRC]
        assert before == recist.CRITERIA
        (line,) = says
        assert line.startswith(f"criteria {CRC} from {folder / 'crc.json'}, Protocol, section 8.3;")
        assert "based on recist-1.1: Eisenhauer" in line

    def test_each_number_of_a_document_arrives(self, folder: Path) -> None:
        with of_folder(folder):
            criteria, switches = recist.judged_by(CRC, recist.Protocol())
        assert (criteria.targets.in_all, criteria.targets.per_organ) == (3, 1)
        tests = {rule.then: rule.when for rule in criteria.target if hasattr(rule.when, "percent")}
        assert (tests["PR"].percent, tests["PD"].percent, tests["PD"].and_mm) == (40, 25, 3)
        assert criteria.size.too_small_mm == 4
        assert (criteria.nodes.normal_below_mm, criteria.nodes.target_from_mm) == (8, 12)
        assert (criteria.measurable.smallest_mm["CT"], criteria.measurable.slices) == (12, 3)
        assert (switches.confirm, switches.disease_after_cr) == (False, "RECODE_PR")

    def test_null_is_left_out(self, folder: Path) -> None:
        document = changed("changes", "pd", to={"percent": 25, "and_mm": None, "reference": None})
        (folder / "crc.json").write_text(json.dumps(document))
        with of_folder(folder):
            (rule,) = (r for r in recist.CRITERIA[CRC].target if "25 %" in r.says)
        assert rule.when.and_mm == 5

    def test_versions_and_variants_side_by_side(self, folder: Path) -> None:
        (folder / "next.json").write_text(json.dumps(changed("version", to=3)))
        (folder / "other.json").write_text(json.dumps(changed("name", to="a.b-1")))
        with of_folder(folder) as says:
            assert len(says) == 3
            assert {CRC, "crc-2026.v3", "a.b-1.v2"} < set(recist.CRITERIA)

    def test_none_without_a_folder_or_in_an_empty_one(self, tmp_path: Path) -> None:
        for folder in (None, tmp_path):
            with of_folder(folder) as says:
                assert says == []

    def test_other_files_are_left_alone(self, folder: Path) -> None:
        (folder / "README.md").write_text("not JSON")
        (folder / ".crc.json").write_text("not JSON")
        (folder / "crc.json~").write_text("not JSON")
        with of_folder(folder) as says:
            assert len(says) == 1


class TestRefused:
    def test_two_documents_of_one_name_and_version(self, folder: Path) -> None:
        document = changed("changes", to={"pr": {"percent": 50}})
        (folder / "again.json").write_text(json.dumps(document))
        says = why(folder)
        assert CRC in says
        assert str(folder / "crc.json") in says
        assert str(folder / "again.json") in says

    @pytest.mark.parametrize(
        ("path", "to", "pointer"),
        [
            (("name",), "CRC 2026", "/name"),
            (("name",), "recist-1.1", "/name"),
            (("name",), 2026, "/name"),
            (("version",), "2", "/version"),
            (("version",), 2.0, "/version"),
            (("version",), 0, "/version"),
            (("based_on",), "recist-9", "/based_on"),
            (("based_on",), CRC, "/based_on"),
            (("cite",), None, "/cite"),
            (("author",), "x", "/author"),
            (("changes",), [], "/changes"),
            (("changes", "pr"), 40, "/changes/pr"),
            (("changes", "pr"), {}, "/changes/pr/percent"),
            (("changes", "pr", "percent"), 101, "/changes/pr/percent"),
            (("changes", "pr", "percent"), -1, "/changes/pr/percent"),
            (("changes", "pr", "percent"), "40", "/changes/pr/percent"),
            (("changes", "pr", "percent"), True, "/changes/pr/percent"),
            (("changes", "pr", "percent"), 33.3, "/changes/pr/percent"),
            (("changes", "pr", "percent"), float("nan"), "/changes/pr/percent"),
            (("changes", "pr", "and_mm"), 5, "/changes/pr/and_mm"),
            (("changes", "pd", "reference"), "LAST", "/changes/pd/reference"),
            (("changes", "overall"), [], "/changes/overall"),
            (("changes", "too_small_mm"), float("inf"), "/changes/too_small_mm"),
            (("changes", "measurable", "smallest_mm"), {"XRAY": 9}, "/measurable/smallest_mm/XRAY"),
            (("changes", "measurable", "smallest_mm", "CT"), -9, "/measurable/smallest_mm/CT"),
            (("changes", "switches", "patience"), 1, "/changes/switches/patience"),
            (("changes", "switches", "confirm"), "yes", "/changes/switches/confirm"),
        ],
    )
    def test_a_document_with_its_path(self, folder: Path, path: Any, to: Any, pointer: str) -> None:
        (folder / "crc.json").write_text(json.dumps(changed(*path, to=to)))
        says = why(folder)
        assert says.startswith(f"{folder / 'crc.json'}: ")
        assert f"{pointer}: " in says

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "null", '"crc"', '{"name": "a", "name": "b"}', "\ufeff{}", "1e999"]
    )
    def test_what_is_no_document(self, folder: Path, text: str) -> None:
        (folder / "crc.json").write_text(text)
        assert why(folder).startswith(f"{folder / 'crc.json'}: ")

    def test_bytes_that_are_no_text(self, folder: Path) -> None:
        (folder / "crc.json").write_bytes(b"\xff\xfe\x00")
        assert "not UTF-8" in why(folder)

    def test_one_bad_document_admits_none(self, folder: Path) -> None:
        (folder / "next.json").write_text("{}")
        assert str(folder / "next.json") in why(folder)

    def test_no_such_folder(self, folder: Path) -> None:
        for wrong in (folder / "none", folder / "crc.json"):
            assert why(wrong).startswith(f"{wrong}: ")


async def start(settings: Settings) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        pass


async def judge_a_trial(settings: Settings) -> dict[str, Any]:
    """Make a trial that names the variant, sign two reads, and look at all that tells of it."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://recist") as client,
    ):
        token = app.state.database.run(bootstrap)

        async def say(token: str, path: str, body: Any = None) -> Any:
            headers = {"Authorization": f"Bearer {token}"}
            method = "GET" if body is None else "POST"
            answer = await client.request(method, path, headers=headers, json=body)
            assert answer.is_success, answer.text
            return answer.json()

        trial = await say(token, "/v1/trials", {"name": "CRC", "criteria": CRC})
        entered = {}
        for role in ("TRIAL_MANAGER", "READER_1"):
            grant = {"name": role, "role": role, "trial": trial["id"]}
            entered[role] = (await say(token, "/v1/tokens", grant))["token"]
        subjects = f"/v1/trials/{trial['id']}/subjects"
        subject = await say(entered["TRIAL_MANAGER"], subjects, {"code": "S-001"})
        reads = f"/v1/subjects/{subject['id']}/reads"
        await say(entered["READER_1"], reads, BASELINE)
        return {
            "list": await say(token, "/v1/criteria"),
            "text": await say(token, f"/v1/criteria/{CRC}"),
            "trial": trial,
            "signed": await say(entered["READER_1"], reads, FOLLOW_UP),
            "assessed": await say(entered["READER_1"], "/v1/assess", TIMELINE),
        }


class TestService:
    def test_a_trial_is_judged_by_its_variant(self, folder: Path, tmp_path: Path) -> None:
        found = asyncio.run(judge_a_trial(Settings(folder=tmp_path, criteria=folder)))
        assert found["trial"]["criteria"] == CRC
        assert CRC in [criteria["name"] for criteria in found["list"]["items"]]
        assert found["text"] in found["list"]["items"]
        assert found["text"]["cite"].startswith("Protocol, section 8.3; based on recist-1.1: ")
        for assessment in (found["signed"]["assessment"], found["assessed"]):
            assert assessment["criteria"] == CRC
            (point,) = assessment["timepoints"]
            assert (point["target"], point["pr_at"], point["pd_at"]) == ("SD", 60, 125)
            assert all(why["rule"].startswith(f"{CRC}/") for why in point["because"])
            assert "crc-2026.v2/Protocol-in-place-of-4.3.1-SD" in str(point["because"])
        assert CRC not in recist.CRITERIA

    def test_it_does_not_start_without_what_judges_its_trials(
        self, folder: Path, tmp_path: Path
    ) -> None:
        settings = Settings(folder=tmp_path, criteria=folder)
        asyncio.run(judge_a_trial(settings))
        (folder / "crc.json").rename(folder / "crc.old")
        (folder / "next.json").write_text(json.dumps(changed("version", to=3)))
        for without in (Settings(folder=tmp_path), settings):
            with pytest.raises(Unusable, match=r"judged by crc-2026\.v2, not known .*RECIST_"):
                asyncio.run(start(without))
        (folder / "crc.old").rename(folder / "crc.json")
        asyncio.run(start(settings))

    def test_the_database_is_asked(self, database) -> None:
        def trial_by(criteria: str) -> dict[str, Any]:
            words = dict.fromkeys(("compartments", "adjudicate_on"), "[]")
            row = {"readers": 2, "protocol": "{}", "created_at": AT, "created_by": "p"}
            return {**row, **words, "id": criteria, "name": criteria, "criteria": criteria}

        database.run(know_criteria)
        who = {"id": "p", "name": "p", "created_at": AT}
        database.run(lambda c: c.execute(insert(principals), who) and None)
        database.run(lambda c: c.execute(insert(trials), trial_by("irecist")) and None)
        database.run(know_criteria)
        for name in ("b.v1", "a.v1"):
            database.run(lambda c, name=name: c.execute(insert(trials), trial_by(name)) and None)
        with pytest.raises(Unusable, match=r"judged by a\.v1, b\.v1, not known"):
            database.run(know_criteria)

    def test_a_bad_document_changes_nothing(self, folder: Path, tmp_path: Path) -> None:
        (folder / "crc.json").write_text("{}")
        with pytest.raises(Unusable):
            asyncio.run(start(Settings(folder=tmp_path / "data", criteria=folder)))
        assert not (tmp_path / "data").exists()


Outcome = tuple[int, str, str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """The command line in this process, where it starts in no time: status, output, errors."""

    def run(*words: str, given: Any = None) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["recist", *words])
        document = BytesIO(json.dumps(given).encode())
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(document))
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        return int(ended.value.code or 0), *capsys.readouterr()

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


class TestCommands:
    def test_serve_says_which_variants_it_knows(self, folder: Path, tmp_path: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve", "--port", "0", "--data", tmp_path / "data"],
            cwd=CHECKOUT,
            env=os.environ | {SETTING: str(folder)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout
        told = [process.stdout.readline() for _ in range(4)]
        process.terminate()
        assert process.communicate(timeout=30)[1] == ""
        assert told[0].startswith("http://")
        assert told[3].startswith(f"criteria {CRC} from {folder / 'crc.json'}, ")

    def test_serve_refuses_in_one_line(self, run, monkeypatch, folder, tmp_path) -> None:
        (folder / "crc.json").write_text(json.dumps(changed("changes", "pr", "percent", to=101)))
        monkeypatch.setenv(SETTING, str(folder))
        status, out, err = run("serve", "--port", "0", "--data", str(tmp_path / "data"))
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"recist: {folder / 'crc.json'}: /changes/pr/percent: 101 is not")

    @pytest.mark.parametrize("setting", [SETTING, SETTING.lower()])
    @pytest.mark.parametrize("lines", [[], ["--lines"]])
    def test_assess_knows_them(self, run, monkeypatch, folder, setting, lines) -> None:
        monkeypatch.setenv(setting, str(folder))
        status, out, err = run("assess", *lines, given=TIMELINE)
        assert (status, err) == (0, "")
        answer = json.loads(out)
        assert (answer["criteria"], answer["timepoints"][0]["overall"]) == (CRC, "SD")
        assert CRC not in recist.CRITERIA

    def test_endpoints_know_them(self, run, monkeypatch, folder) -> None:
        monkeypatch.setenv(SETTING, str(folder))
        responses = [{"on": "2024-02-26", "overall": "PR"}]
        body = {"criteria": CRC, "reference_on": "2024-01-01", "responses": responses}
        status, out, err = run("endpoints", given=body)
        assert (status, err) == (0, "")
        assert json.loads(out)["best_overall"] == "PR"  # the variant needs no confirmation

    def test_criteria_prints_them(self, run, monkeypatch, folder) -> None:
        monkeypatch.setenv(SETTING, str(folder))
        status, out, err = run("criteria", CRC)
        assert (status, err) == (0, "")
        assert "Protocol, in place of 4.3.1 PR: sum 40 % or more below baseline" in out

    def test_without_the_setting_they_are_unknown(self, run) -> None:
        status, out, err = run("assess", given=TIMELINE)
        assert (status, out) == (2, "")
        assert "/criteria: no such criteria; there are zhu-2013, " in err
