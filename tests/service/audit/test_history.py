"""Any record as it stood at any instant, against a model of what was written."""

import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from service import clock
from service.audit import history
from service.audit.events import Action, Event, enter
from service.audit.history import subject_as_of
from service.callers import Caller, Grant
from service.problems import NotFound
from service.roles import Role
from service.subjects import SubjectChange
from service.tables import principals, subjects, trials

pytestmark = pytest.mark.requirement("R5")

AUDITOR = Caller("auditor", "auditor", (Grant(Role.AUDITOR, None),))
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY = {"created_at": AT, "created_by": "p"}
TRIAL = {
    "id": "t",
    "name": "T",
    "criteria": "recist-1.1",
    "protocol": "{}",
    "readers": 2,
    "compartments": "[]",
    "adjudicate_on": "[]",
    **BY,
}
DATES = st.dates(date(2024, 1, 1), date(2024, 12, 31))
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "group": st.sampled_from(["A", "B", "ä"]),
        "attributes": st.dictionaries(st.sampled_from(["age", "arm"]), st.integers(0, 9)),
        "reference_on": DATES,
        "died_on": DATES,
    },
)
# Which of three subjects, after how many seconds (the clock may step back), and what is said of it.
WRITES = st.lists(st.tuples(st.integers(0, 2), st.integers(-40, 100), CHANGES), max_size=25)


def members_at(database: Any, record_id: str, at: datetime) -> Any:
    answer = database.run(lambda c: history.view(c, AUDITOR, "subject", record_id, at))
    return json.loads(answer.body)["members"]


def make_subject(connection: Any, n: int) -> None:
    row = {"id": f"s{n}", "trial_id": "t", "code": f"S-{n}", "attributes": "{}", "version": 1}
    connection.execute(insert(subjects), row | BY | {"created_at": clock.now()})
    enter(connection, AUDITOR, told(n, Action.CREATED, new={"code": f"S-{n}", "attributes": "{}"}))


def told(n: int, action: Action, **members: Any) -> Event:
    about = {"record": "subject", "record_id": f"s{n}", "subject_id": f"s{n}", "trial_id": "t"}
    return Event(action=action, **about, **members)


def change_subject(connection: Any, n: int, said: dict[str, Any]) -> None:
    of_it = subjects.c.id == f"s{n}"
    columns = SubjectChange(**said).columns()
    seen = connection.execute(select(subjects).where(of_it)).one()
    old = {name: getattr(seen, name) for name in columns}
    connection.execute(update(subjects).where(of_it).values(version=seen.version + 1, **columns))
    enter(connection, AUDITOR, told(n, Action.CHANGED, old=old, new=columns))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    writes=WRITES,
    asked=st.lists(st.tuples(st.integers(0, 2), st.integers(-200, 2600)), max_size=40),
)
def test_any_record_at_any_instant_is_as_the_model_has_it(
    writes, asked, migrated_sqlite, tmp_path_factory, opened
):
    with opened(migrated_sqlite, tmp_path_factory) as database, pytest.MonkeyPatch.context() as m:
        now = [AT]
        m.setattr(clock, "now", lambda: now[0])
        database.run(
            lambda c: c.execute(insert(principals), {"id": "p", "name": "p", "created_at": AT})
        )
        database.run(lambda c: c.execute(insert(trials), TRIAL))
        model: list[tuple[datetime, int, dict[str, Any]]] = []
        for n in range(3):
            database.run(lambda c, n=n: make_subject(c, n))
            model.append((AT, n, {"code": f"S-{n}", "attributes": "{}"}))
        for n, seconds, said in writes:
            if said:
                now[0] += timedelta(seconds=seconds)
                database.run(lambda c, n=n, said=said: change_subject(c, n, said))
                model.append((now[0], n, SubjectChange(**said).columns()))
        for n, seconds in asked:
            at = AT + timedelta(seconds=seconds)
            _compare(database, model, n, at)


def _compare(database: Any, model: list[Any], n: int, at: datetime) -> None:
    """What is answered, beside what was written to this subject until then in its order."""
    expected: dict[str, Any] = {}
    for when, which, said in model:
        if which == n and when <= at:
            expected |= said
    row = database.run(lambda c: c.execute(select(subjects).where(subjects.c.id == f"s{n}")).one())
    if at < AT:
        with pytest.raises(NotFound):
            members_at(database, f"s{n}", at)
        with pytest.raises(NotFound):
            database.run(lambda c: subject_as_of(c, row, at))
        return
    found = members_at(database, f"s{n}", at)
    assert found == {k: v.isoformat() if isinstance(v, date) else v for k, v in expected.items()}
    then = database.run(lambda c: subject_as_of(c, row, at))
    whole = dict.fromkeys(("group", "reference_on", "died_on")) | expected
    assert {name: getattr(then, name) for name in whole} == whole
    assert then.trial_id == "t"


@pytest.fixture(scope="module")
def story(tmp_path_factory, running, images, tell):
    from service.settings import Settings

    with running(Settings(folder=tmp_path_factory.mktemp("history"))) as service:
        ids = tell(service, images)
        made = {"name": "Another", "criteria": "recist-1.1"}
        other = service.made("ADMINISTRATOR", "/v1/trials", json=made)["id"]
        service.tokens["OTHER"] = service.enrol("AUDITOR", other, "other auditor")
        yield SimpleNamespace(service=service, ids=ids)


def ask(story: Any, record: str, record_id: str, role: str = "AUDITOR", **query: str) -> Any:
    path = f"/v1/audit/records/{record}/{record_id}"
    return story.service.ask(role, "GET", path, params=query)


def entry(story: Any, action: str, record_id: str) -> Any:
    query = {"action": action, "record_id": record_id}
    (found,) = story.service.ask("AUDITOR", "GET", "/v1/audit", params=query).json()["items"]
    return found


def before(instant: str) -> str:
    return (datetime.fromisoformat(instant) - timedelta(microseconds=1)).isoformat()


def test_a_subject_before_and_after_it_was_changed(story):
    subject = story.ids["subject"]
    at = entry(story, "CHANGED", subject)["at"]
    now = ask(story, "subject", subject).json()
    assert (now["members"]["group"], now["members"]["died_on"]) == ("B", "2024-06-01")
    assert ask(story, "subject", subject, as_of=at).json()["members"] == now["members"]
    then = ask(story, "subject", subject, as_of=before(at)).json()
    assert (then["members"]["group"], "died_on" in then["members"]) == ("A", False)
    assert (then["trial_id"], then["subject_id"]) == (story.ids["trial"], subject)
    assert datetime.fromisoformat(then["as_of"]) == datetime.fromisoformat(before(at))
    made = entry(story, "CREATED", subject)["at"]
    assert ask(story, "subject", subject, as_of=before(made)).status_code == 404


def test_a_read_has_exactly_the_text_that_was_signed(story):
    then = ask(story, "read", story.ids["READER_1"]).json()
    assert sha256(then["content"].encode()).hexdigest() == then["members"]["sha256"]
    assert json.loads(then["content"])["findings"]["T1"]["longest_mm"] == 50.0
    assert then["members"]["timepoint"] == 1


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("AUDITOR", 200),
        ("TRIAL_MANAGER", 200),
        ("OTHER", 404),
        ("ADMINISTRATOR", 404),
        ("READER_1", 403),
        ("ADJUDICATOR", 403),
        ("WORKSTATION", 403),
    ],
)
def test_who_may_look_at_a_read(role, status, story):
    assert ask(story, "read", story.ids["READER_1"], role).status_code == status


def test_an_administrator_may_look_at_a_grant(story):
    query = {"record": "grant", "limit": "1"}
    (granted,) = story.service.ask("ADMINISTRATOR", "GET", "/v1/audit", params=query).json()[
        "items"
    ]
    answer = ask(story, "grant", granted["record_id"], "ADMINISTRATOR")
    assert answer.json()["members"]["role"] == granted["new"]["role"]


@pytest.mark.parametrize(
    ("record", "query", "status"),
    [
        ("read", {}, 404),
        ("dream", {}, 404),
        ("sub ject", {}, 422),
        ("read", {"as_of": "yesterday"}, 422),
        ("read", {"as_of": "2026-11-21"}, 422),
        ("read", {"as_of": "0001-01-01T00:00:00+14:00"}, 422),
    ],
)
def test_what_is_not_there_or_cannot_be_asked(record, query, status, story):
    assert ask(story, record, "0" * 32, **query).status_code == status
