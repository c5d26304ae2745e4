"""Each sees of the audit trail what cannot unblind it: one table of roles, asked over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from service.audit.sight import ADMINISTRATIVE, SEES, Sight
from service.roles import INDEPENDENT, OPEN_TO, OVERSEERS, Role
from service.settings import Settings

CLINICAL = {"read", "draft", "subject", "adjudication", "measurement", "series", "trial"}


@pytest.fixture(scope="module")
def story(tmp_path_factory, running, images, tell):
    """A service on which the story was told, a second trial, and the ids."""
    with running(Settings(folder=tmp_path_factory.mktemp("sight"))) as service:
        ids = tell(service, images)
        made = {"name": "Another", "criteria": "recist-1.1"}
        ids["other"] = service.made("ADMINISTRATOR", "/v1/trials", json=made)["id"]
        for role in ("MONITOR", "TRIAL_MANAGER"):
            service.tokens[f"OTHER_{role}"] = service.enrol(role, ids["other"], f"other {role}")
        service.tokens["MONITOR"] = service.enrol("MONITOR", ids["trial"])
        service.tokens["EVERY_AUDITOR"] = service.enrol("AUDITOR", None, "every auditor")
        service.tokens["SITE_READER"] = service.enrol("SITE_READER", ids["trial"])
        body = {"code": "S-001"}
        path = f"/v1/trials/{ids['other']}/subjects"
        ids["other_subject"] = service.made("OTHER_TRIAL_MANAGER", path, json=body)["id"]
        yield service, ids


def listed(service: Any, role: str, **query: Any) -> Any:
    answer = service.ask(role, "GET", "/v1/audit", params={"limit": 200} | query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def walked(service: Any, role: str, limit: int, **query: Any) -> list[Any]:
    """Every page in turn."""
    found, cursor = [], {}
    while True:
        answer = service.ask(
            role, "GET", "/v1/audit", params={"limit": limit} | query | cursor
        ).json()
        found += answer["items"]
        assert len(answer["items"]) <= limit
        if answer["next_cursor"] is None:
            return found
        cursor = {"cursor": answer["next_cursor"]}


def test_every_role_that_may_ask_has_a_sight():
    assert OPEN_TO["listAudit"] == set(SEES)
    assert set(Role) - set(SEES) == {Role.WORKSTATION}
    assert {r for r in Role if SEES.get(r) is Sight.TRIALS} == OVERSEERS
    assert {r for r in Role if SEES.get(r) is Sight.OWN} >= {Role.ADJUDICATOR, *INDEPENDENT}
    assert not ADMINISTRATIVE & CLINICAL


@pytest.mark.parametrize("role", ["AUDITOR", "MONITOR", "TRIAL_MANAGER"])
def test_an_overseer_sees_its_trial_and_no_other(role, story):
    service, ids = story
    found = listed(service, role)
    assert {entry["trial_id"] for entry in found} == {ids["trial"]}
    assert {entry["record"] for entry in found} >= {"read", "adjudication", "subject", "trial"}
    assert {entry["reader"] for entry in found} >= {"READER_1", "READER_2"}
    seqs = [entry["seq"] for entry in found]
    assert seqs == sorted(seqs, reverse=True)
    assert all(len(entry["mac"]) == 64 for entry in found)
    other = listed(service, "OTHER_MONITOR")
    assert {entry["trial_id"] for entry in other} == {ids["other"]}


def test_an_auditor_of_every_trial_sees_every_entry(story):
    service, _ = story
    found = listed(service, "EVERY_AUDITOR")
    assert [entry["seq"] for entry in found] == list(range(len(found), 0, -1))


def test_an_administrator_sees_nothing_clinical(story):
    service, _ = story
    records = {entry["record"] for entry in listed(service, "ADMINISTRATOR")}
    assert records == {"principal", "grant", "token", "route"}


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("role", ["READER_1", "READER_2", "ADJUDICATOR", "SITE_READER"])
def test_the_blinded_see_their_own_alone_and_no_number(role, story):
    service, _ = story
    found = listed(service, role)
    assert {entry["name"] for entry in found} <= {f"the {role}"}
    assert bool(found) == (role != "SITE_READER")
    for entry in found:
        assert (entry["seq"], entry["mac"]) == (None, None)
        assert entry["roles"] == [role]
        assert entry["reader"] in {None, role}


def test_a_workstation_sees_nothing(story):
    service, _ = story
    assert service.ask("WORKSTATION", "GET", "/v1/audit").status_code == 403


@pytest.mark.requirement("R10")
def test_what_a_reader_is_answered_depends_on_no_one_else(story):
    service, ids = story

    def seen() -> list[bytes]:
        pages = [{}, {"limit": 1}, {"limit": 2}, {"record": "read"}, {"subject": ids["subject"]}]
        answers = [service.ask("READER_1", "GET", "/v1/audit", params=p) for p in pages]
        following = answers[1].json()["next_cursor"]
        answers += [
            service.ask("READER_1", "GET", "/v1/audit", params={"limit": 1, "cursor": following})
        ]
        return [answer.content for answer in answers]

    before = seen()
    path = f"/v1/subjects/{ids['subject']}/reads"
    body = {"on": "2024-04-22", "findings": {"T1": {"state": "MEASURED", "longest_mm": 80}}}
    service.made("READER_2", path, json=body)
    assert service.ask("READER_2", "GET", "/v1/trials/x").status_code == 404
    assert seen() == before


@pytest.mark.parametrize("role", ["AUDITOR", "READER_1", "EVERY_AUDITOR"])
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_pages_hold_each_entry_once_in_order(role, limit, story):
    service, _ = story
    whole = listed(service, role)
    assert len(whole) > 3
    assert walked(service, role, limit) == whole


def test_a_page_goes_on_where_it_was_while_more_is_entered(story):
    service, _ = story
    first = service.ask("READER_1", "GET", "/v1/audit", params={"limit": 2}).json()
    whole = listed(service, "READER_1")
    assert service.ask("READER_1", "GET", f"/v1/subjects/{'0' * 32}").status_code == 404
    following = {"limit": 200, "cursor": first["next_cursor"]}
    rest = service.ask("READER_1", "GET", "/v1/audit", params=following).json()["items"]
    assert first["items"] + rest == whole
    assert len(listed(service, "READER_1")) == len(whole) + 1


@pytest.mark.parametrize(
    "cursor", ["x", "WyJ4Il0=", "WyItMSJd", "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OSJd", "WyIxIiwgIjIiXQ=="]
)
@pytest.mark.parametrize("role", ["AUDITOR", "READER_1"])
def test_a_cursor_of_no_list_is_refused(cursor, role, story):
    service, _ = story
    answer = service.ask(role, "GET", "/v1/audit", params={"cursor": cursor})
    assert answer.status_code == 422, answer.text


def test_filters_narrow_what_is_seen(story):
    service, ids = story
    whole = listed(service, "EVERY_AUDITOR")
    signed = next(entry for entry in whole if entry["record_id"] == ids["correction"])
    wanted = {
        "trial": ("trial_id", ids["trial"]),
        "subject": ("subject_id", ids["subject"]),
        "record": ("record", "read"),
        "record_id": ("record_id", ids["adjudication"]),
        "action": ("action", "CORRECTED"),
        "principal": ("principal_id", signed["principal_id"]),
    }
    for parameter, (member, value) in wanted.items():
        found = listed(service, "EVERY_AUDITOR", **{parameter: value})
        assert found == [entry for entry in whole if entry[member] == value], parameter
        assert found, parameter
    at = datetime.fromisoformat(signed["at"])
    later = listed(service, "EVERY_AUDITOR", **{"from": signed["at"]})
    assert later == [e for e in whole if datetime.fromisoformat(e["at"]) >= at]
    earlier = listed(service, "EVERY_AUDITOR", until=(at + timedelta(hours=0)).isoformat())
    assert earlier == [e for e in whole if datetime.fromisoformat(e["at"]) < at]
    other = service.ask("AUDITOR", "GET", "/v1/audit", params={"trial": ids["other"]})
    assert other.status_code == 404
    assert listed(service, "READER_1", principal=listed(service, "MONITOR")[0]["mac"]) == []


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2024-01-01"},
        {"from": "yesterday"},
        {"until": "2024-01-01T00:00:00"},
        {"from": "0001-01-01T00:00:00+14:00"},
        {"action": "DREAMT"},
        {"subject": "a\x00b"},
        {"record": "Ünïcode"},
        {"limit": 0},
        {"limit": 201},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(query, story):
    service, _ = story
    assert service.ask("AUDITOR", "GET", "/v1/audit", params=query).status_code == 422


def test_the_whole_story_is_visible(story):
    """Two readers, one disagreement, one adjudication, one correction: who, when, why, before."""
    service, ids = story
    told = [e for e in reversed(listed(service, "AUDITOR")) if e["subject_id"] == ids["subject"]]
    actions = [(e["action"], e["reader"], e["reason"]) for e in told if e["record"] != "draft"]
    assert (
        actions[:11]
        == [
            ("CREATED", None, None),
            ("CREATED", None, None),
            ("CREATED", "READER_1", None),
            ("SIGNED", "READER_1", None),
            ("SIGNED", "READER_1", None),
            ("SIGNED", "READER_2", None),
            ("SIGNED", "READER_2", None),
            ("ADJUDICATED", None, "The larger one."),
            ("CORRECTED", "READER_1", "A slip."),
            ("CHANGED", None, None),
            ("SIGNED", "READER_2", None),
        ][: len(actions)]
    )
    changed = next(e for e in told if e["action"] == "CHANGED")
    assert (changed["old"], changed["new"]) == (
        {"group": "A", "died_on": None},
        {"group": "B", "died_on": "2024-06-01"},
    )
    corrected = next(e for e in told if e["action"] == "CORRECTED")
    assert corrected["new"]["replaces"] == ids["READER_1"]
