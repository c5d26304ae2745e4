"""Every route that changes anything adds just the entries that it should, and a denied one its own.

A route that is not in the table of this file fails here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from service.callers import COMMAND_LINE
from service.identity.logins import add_login
from service.identity.passwords import hashed
from service.ids import new_id
from service.routers import GUARDED, OPEN
from service.settings import Settings
from service.tables import events, principals

pytestmark = pytest.mark.requirement("R1")

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
PASSWORD = "four words and a number 7"
ROLES = ("TRIAL_MANAGER", "READER_1", "READER_2", "ADJUDICATOR", "WORKSTATION", "AUDITOR")

Call = Callable[[], Any]


@dataclass
class World:
    """A trial of one test's own on the service that the tests of this file share."""

    service: Any
    images: Any
    charter: dict[str, Any] = field(default_factory=dict)
    name: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        made = {"name": self.name, "criteria": "recist-1.1", "charter": self.charter}
        self.trial = self.post("ADMINISTRATOR", "/v1/trials", made)["id"]
        for role in ROLES:
            self.service.tokens[role] = self.service.enrol(role, self.trial, f"{role} {self.name}")
        path = f"/v1/trials/{self.trial}/subjects"
        self.subject = self.post("TRIAL_MANAGER", path, {"code": "S-001"})["id"]
        self.path = f"/v1/subjects/{self.subject}"

    def call(self, role: str, method: str, path: str, json: Any = None, **sent: Any) -> Call:
        return lambda: self.service.ask(role, method, path, json=json, **sent)

    def post(self, role: str, path: str, json: Any) -> Any:
        return self.service.made(role, path, json=json)

    def reads(self) -> str:
        """Both readers sign a baseline and a scan, and differ in it; the id of reader 1's last."""
        for role, mm in (("READER_2", 61.0), ("READER_1", 50.0)):
            for day, longest in enumerate((50.0, mm)):
                kept = self.post(role, f"{self.path}/reads", read(day, longest))
        return str(kept["id"])

    def files(self) -> Any:
        return [("files", (file.name, file.read_bytes())) for file in sorted(self.images.iterdir())]

    def user(self) -> str:
        """A local user, who may read in the trial; the name."""
        name = f"user {self.name}"
        self.service.enrol("READER_3", self.trial, name)
        run = self.service.app.state.database.run
        whose = run(lambda c: c.scalar(select(principals.c.id).where(principals.c.name == name)))
        run(lambda c: add_login(c, COMMAND_LINE, whose, hashed(PASSWORD), None))
        return name

    def session(self) -> None:
        """A user's session, as one more of those who ask."""
        said = {"name": self.user(), "password": PASSWORD}
        opened = self.service.client.post("/v1/sessions", json=said)
        assert opened.status_code == 201, opened.text
        self.service.tokens["USER"] = opened.json()["token"]


def read(day: int, mm: float, **more: Any) -> dict[str, Any]:
    on = ("2024-01-01", "2024-02-26")[day]
    body = {"on": on, "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}}, **more}
    return body if day else body | {"lesions": {"T1": {"role": "TARGET", "organ": "liver"}}}


def change_subject(world: World) -> Call:
    tag = world.service.ask("TRIAL_MANAGER", "GET", world.path).headers["etag"]
    sent = {"json": {"died_on": "2024-06-01"}, "headers": {"If-Match": tag}}
    return world.call("TRIAL_MANAGER", "PATCH", world.path, **sent)


def measure(world: World) -> Call:
    stored = world.service.made("WORKSTATION", f"{world.path}/series", files=world.files())
    series = stored["series"][0]["id"]
    path = f"/v1/series/{series}/measurements"
    return world.call("READER_1", "POST", path, {"click": [40.0, 36.0, 12.0]})


def adjudicate(world: World) -> Call:
    world.reads()
    said = {"accepts": "READER_2", "cause": "MEASUREMENT", "comment": "The larger one."}
    return world.call("ADJUDICATOR", "POST", f"{world.path}/adjudications", said)


def endorse(world: World) -> Call:
    world.reads()
    said = {"accepts": "READER_2", "cause": "MEASUREMENT"}
    world.service.ask("READER_1", "GET", f"{world.path}/consensus")
    return world.call("READER_1", "POST", f"{world.path}/endorsements", said)


def reopen(world: World) -> Call:
    path = f"/v1/reads/{world.reads()}/reopenings"
    return world.call("TRIAL_MANAGER", "POST", path, {"reason": "A slip."})


def put_draft(world: World) -> Call:
    return world.call("READER_1", "PUT", f"{world.path}/draft", read(0, 50.0))


def delete_draft(world: World) -> Call:
    kept = put_draft(world)()
    sent = {"headers": {"If-Match": kept.headers["etag"]}}
    return world.call("READER_1", "DELETE", f"{world.path}/draft", **sent)


def grant(world: World) -> dict[str, Any]:
    return {"principal": world.user(), "role": "READER_3", "reason": "Reads.", "trial": world.trial}


def create_grant(world: World) -> Call:
    said = grant(world) | {"trial": World(world.service, world.images).trial}
    return world.call("ADMINISTRATOR", "POST", "/v1/grants", said)


def revoke_grant(world: World) -> Call:
    made = create_grant(world)().json()["id"]
    path = f"/v1/grants/{made}/revocations"
    return world.call("ADMINISTRATOR", "POST", path, {"reason": "No longer reads."})


def create_key(world: World) -> Call:
    said = {"name": f"workstation {world.name}", "trial": world.trial}
    return world.call("ADMINISTRATOR", "POST", "/v1/keys", said)


def revoke_key(world: World) -> Call:
    path = f"/v1/keys/{create_key(world)().json()['id']}/revocations"
    return world.call("ADMINISTRATOR", "POST", path, {"reason": "Lost."})


def create_session(world: World) -> Call:
    said = {"name": world.user(), "password": PASSWORD}
    return lambda: world.service.client.post("/v1/sessions", json=said)


def end_session(world: World) -> Call:
    world.session()
    return world.call("USER", "DELETE", "/v1/sessions/current")


def change_password(world: World) -> Call:
    world.session()
    said = {"password": PASSWORD, "new_password": "another four words 8"}
    return world.call("USER", "PUT", "/v1/users/current/password", said)


def create_token(world: World) -> Call:
    said = {"name": f"new {world.name}", "role": "MONITOR", "trial": world.trial}
    return world.call("ADMINISTRATOR", "POST", "/v1/tokens", said)


def create_trial(world: World) -> Call:
    said = {"name": "Another", "criteria": "recist-1.1"}
    return world.call("TRIAL_MANAGER", "POST", "/v1/trials", said)


def create_subject(world: World) -> Call:
    path = f"/v1/trials/{world.trial}/subjects"
    return world.call("TRIAL_MANAGER", "POST", path, {"code": "S-002"})


def upload_series(world: World) -> Call:
    return world.call("WORKSTATION", "POST", f"{world.path}/series", files=world.files())


def sign_read(world: World) -> Call:
    return world.call("READER_1", "POST", f"{world.path}/reads", read(0, 50.0))


def assess(world: World) -> Call:
    timeline = {"criteria": "recist-1.1", "reads": [read(0, 50.0)]}
    return world.call("READER_1", "POST", "/v1/assess", timeline)


def derive_endpoints(world: World) -> Call:
    said = {"criteria": "recist-1.1", "reference_on": "2024-01-01", "responses": []}
    return world.call("READER_1", "POST", "/v1/endpoints", said)


# A route: a valid call, what it enters, and the charter of the trial that it needs.
ENTERS: dict[str, tuple[Callable[[World], Call], list[tuple[str, str]], dict[str, str]]] = {
    "assess": (assess, [], {}),
    "deriveEndpoints": (derive_endpoints, [], {}),
    "createToken": (
        create_token,
        [("CREATED", "principal"), ("GRANTED", "grant"), ("CREATED", "token")],
        {},
    ),
    "createTrial": (create_trial, [("CREATED", "trial"), ("GRANTED", "grant")], {}),
    "createSubject": (create_subject, [("CREATED", "subject")], {}),
    "changeSubject": (change_subject, [("CHANGED", "subject")], {}),
    "uploadSeries": (upload_series, [("CREATED", "series")], {}),
    "measure": (measure, [("CREATED", "measurement")], {}),
    "signRead": (sign_read, [("SIGNED", "read")], {}),
    "reopenRead": (reopen, [("REOPENED", "reopening")], {"corrections": "REOPENED"}),
    "putDraft": (put_draft, [("CREATED", "draft")], {}),
    "deleteDraft": (delete_draft, [("DELETED", "draft")], {}),
    "createAdjudication": (adjudicate, [("ADJUDICATED", "adjudication")], {}),
    "endorse": (endorse, [("ADJUDICATED", "adjudication")], {"reconciliation": "CONSENSUS"}),
    "createGrant": (create_grant, [("GRANTED", "grant")], {}),
    "revokeGrant": (revoke_grant, [("REVOKED", "grant")], {}),
    "createKey": (
        create_key,
        [("CREATED", "principal"), ("GRANTED", "grant"), ("CREATED", "token")],
        {},
    ),
    "revokeKey": (revoke_key, [("REVOKED", "token")], {}),
    "createSession": (create_session, [("LOGGED_IN", "token")], {}),
    "endSession": (end_session, [("REVOKED", "token")], {}),
    "changePassword": (change_password, [("CHANGED", "login")], {}),
}


def changing() -> Iterator[Any]:
    for router in (*GUARDED, *OPEN):
        yield from (r for r in router.routes if set(getattr(r, "methods", None) or ()) & CHANGING)


@pytest.fixture(scope="module")
def service(tmp_path_factory, running):
    with running(Settings(folder=tmp_path_factory.mktemp("completeness"))) as service:
        yield service


def entries(service: Any, after: int = 0) -> list[Any]:
    query = select(events).where(events.c.seq > after).order_by(events.c.seq)
    return list(service.app.state.database.run(lambda c: c.execute(query).all()))


def test_every_route_that_changes_anything_is_in_this_table():
    assert {route.operation_id for route in changing()} == set(ENTERS)


@pytest.mark.parametrize("operation", ENTERS)
def test_a_success_adds_just_what_it_should(operation, service, images):
    prepare, expected, charter = ENTERS[operation]
    call = prepare(World(service, images, charter))
    before = len(entries(service))
    answer = call()
    assert answer.status_code in {200, 201, 204}, answer.text
    added = entries(service, before)
    assert [(entry.action, entry.record) for entry in added] == expected
    for entry in added:
        assert entry.request_id == answer.headers["x-request-id"]
        assert entry.record_id is not None or entry.record == "draft"


# To log in needs no token, and to log out with another than a session's is no denial.
@pytest.mark.parametrize("operation", sorted(ENTERS.keys() - {"createSession", "endSession"}))
def test_nobody_changes_anything_and_the_attempt_is_kept(operation, service, images):
    """With a token that is none, and with an auditor's on a thing that there is not."""
    (route,) = [route for route in changing() if route.operation_id == operation]
    world = World(service, images)
    path = route.path
    for name in route.param_convertors:
        path = path.replace(f"{{{name}}}", new_id())
    before = len(entries(service))
    (method,) = route.methods
    answer = service.client.request(method, path, headers={"Authorization": "Bearer rcst_none"})
    assert answer.status_code == 401
    (denied,) = entries(service, before)
    assert (denied.action, denied.record, denied.principal_id) == ("DENIED", "token", None)
    sent = {"headers": {"If-Match": '"1"'}} if method in {"PATCH", "DELETE", "PUT"} else {}
    answer = world.call("AUDITOR", method, path, {}, **sent)()
    added = entries(service, before + 1)
    if answer.status_code in {403, 404}:
        assert [(entry.action, entry.record) for entry in added] == [("DENIED", "route")]
        assert f'"operation": "{operation}"' in added[0].new
        assert added[0].name == f"AUDITOR {world.name}"
    else:
        assert (answer.status_code, added) == (422, [])


def test_a_refusal_that_denies_nothing_enters_nothing(service, images):
    world = World(service, images)
    before = len(entries(service))
    answer = world.call("READER_1", "POST", f"{world.path}/reads", {"on": "never"})()
    assert (answer.status_code, entries(service, before)) == (422, [])
    answer = world.call("TRIAL_MANAGER", "PATCH", world.path, {}, headers={"If-Match": '"9"'})()
    assert (answer.status_code, entries(service, before)) == (412, [])


def test_the_same_again_enters_nothing(service, images):
    world = World(service, images)
    sign_read(world)()
    headers = {"Idempotency-Key": world.name}
    path = f"/v1/trials/{world.trial}/subjects"
    create = world.call("TRIAL_MANAGER", "POST", path, {"code": "S-009"}, headers=headers)
    assert create().status_code == 201
    before = len(entries(service))
    assert sign_read(world)().status_code == 201
    assert create().headers["idempotency-replayed"] == "true"
    assert entries(service, before) == []


def test_what_was_done_here_can_be_verified(service, verified):
    assert verified(service.app.state) == []
