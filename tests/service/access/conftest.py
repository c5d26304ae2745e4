"""One service in this process, two trials that are alike in it, and everyone who may ask."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from anyio.from_thread import start_blocking_portal
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update

from imaging.phantom import Ellipsoid, phantom, write
from service.app import create_app
from service.callers import COMMAND_LINE, Grant
from service.identity.grants import held
from service.identity.keys import new_key
from service.identity.principals import Person, disable, enrol
from service.identity.tokens import new_token
from service.roles import INDEPENDENT, READERS, Role
from service.routers import GUARDED
from service.settings import Settings
from service.tables import grants, tokens

CHARTER = {"corrections": "REOPENED", "adjudicator_reads": True}
DAYS = ("2024-01-01", "2024-02-26")
CLICK = {"click": [40.0, 36.0, 12.0]}
LESION = Ellipsoid((40.0, 36.0, 12.0), (12.0, 9.0, 10.0), 40.0)


class Issuer:
    """An identity provider on this machine: its documents as files, tokens by its key."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = jwt.get_algorithm_by_name("ES256").to_jwk(self._key.public_key(), as_dict=True)
        jwk = {name: public[name] for name in ("kty", "crv", "x", "y")} | {"kid": "1"}
        about = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        (folder / ".well-known").mkdir()
        (folder / ".well-known" / "openid-configuration").write_text(json.dumps(about))
        (folder / "jwks").write_text(json.dumps({"keys": [jwk]}))

    def token(self, **other: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": "recist", "sub": "one", "iat": now, "exp": now + 3600}
        head = {"kid": "1", "typ": "at+jwt"}
        return jwt.encode(claims | other, self._key, "ES256", headers=head)


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    folder = tmp_path_factory.mktemp("issuer")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as listening:
        serving = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield Issuer(folder, listening.server_port)
        listening.shutdown()
        serving.join()


@dataclass
class Service:
    """The application, asked without a network between."""

    app: Any
    portal: Any
    client: httpx.AsyncClient

    def ask(self, token: str | None, method: str, path: str, **sent: Any) -> httpx.Response:
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        headers = shown | sent.pop("headers", {})
        return self.portal.call(partial(self.client.request, method, path, headers=headers, **sent))

    def made(self, token: str, path: str, **sent: Any) -> Any:
        answer = self.ask(token, "POST", path, **sent)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def within(self, unit: Callable[[Any], Any]) -> Any:
        return self.app.state.database.run(unit)


def read(day: int, mm: float) -> dict[str, Any]:
    body = {"on": DAYS[day], "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}}}
    return body if day else body | {"lesions": {"T1": {"role": "TARGET", "organ": "liver"}}}


@dataclass
class Place:
    """A trial with one of everything in it, another by consensus, and a principal for each role.

    `unread` is a subject without reads; of `read` and `agreeing` all readers have signed two time
    points, and one differs from the others.
    """

    service: Service
    name: str
    files: Any
    tokens: dict[str, str] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def build(self, administrator: str) -> None:
        made = partial(self.service.made, administrator, "/v1/trials")
        about = {"criteria": "recist-1.1", "readers": len(INDEPENDENT)}
        self.ids["trial"] = made(json=about | {"name": self.name, "charter": CHARTER})["id"]
        charter = {"reconciliation": "CONSENSUS"}
        agreeing = made(json=about | {"name": f"{self.name} agrees", "charter": charter})["id"]
        self.service.within(partial(self._enrol, trials=(self.ids["trial"], agreeing)))
        self.tokens["ADMINISTRATOR"] = administrator
        for name, trial in (("unread", None), ("read", None), ("agreeing", agreeing)):
            self.ids[name] = self._subject(trial or self.ids["trial"], name)
        self._sign_all()
        self._measure()

    def post(self, role: str, path: str, **sent: Any) -> Any:
        return self.service.made(self.tokens[role], path, **sent)

    def _enrol(self, connection: Any, trials: tuple[str, ...]) -> None:
        for role, trial in ((role, trial) for role in Role for trial in trials):
            if role is not Role.ADMINISTRATOR:
                issued = new_token(connection, f"{role} of {self.name}", role, trial)
                self.tokens[role] = issued.token
        key = new_key(connection, f"key of {self.name}", trials[0], days=9, by=COMMAND_LINE)
        self.tokens["KEY"], self.ids["key"] = key.token, key.token_id
        granted = select(grants.c.id).where(grants.c.trial_id == trials[0])
        self.ids["grant"] = connection.execute(granted).scalars().first()

    def _subject(self, trial: str, code: str) -> str:
        path = f"/v1/trials/{trial}/subjects"
        return str(self.post("TRIAL_MANAGER", path, json={"code": code})["id"])

    def _sign_all(self) -> None:
        """Each reader signs a baseline and a scan; to reader 1 nothing has grown."""
        for role in sorted(READERS):
            mm = 50.0 if role is Role.READER_1 else 61.0
            for subject in ("read", "agreeing"):
                path = f"/v1/subjects/{self.ids[subject]}/reads"
                signed = [self.post(role, path, json=read(day, (50.0, mm)[day])) for day in (0, 1)]
                if subject == "read":
                    self.reads[role] = signed[1]["id"]

    def _measure(self) -> None:
        path = f"/v1/subjects/{self.ids['read']}/series"
        stored = self.post("WORKSTATION", path, files=self.files)
        self.ids["series"] = stored["series"][0]["id"]
        path = f"/v1/series/{self.ids['series']}/measurements"
        self.ids["measurement"] = self.post("WORKSTATION", path, json=CLICK)["id"]


ROUTES = {route.operation_id: route for router in GUARDED for route in router.routes}

# What a request to a route has, beside its path; `role` is whose it is.
Sent = Callable[["Place", str], dict[str, Any]]


def fresh(**members: Any) -> dict[str, Any]:
    return {"json": {"name": uuid4().hex, **members}}


def is_station(role: str) -> bool:
    return role in {"WORKSTATION", "KEY"}


def whose(role: str) -> dict[str, str]:
    return {"reader": "READER_9"} if is_station(role) else {}


def of_reader(role: str) -> dict[str, str]:
    return {"lesion": "T1", "reader": role if "READER" in role else "READER_1"}


OF_DRAFTS = {"putDraft", "getDraft", "deleteDraft"}
ANY_VERSION = {"headers": {"If-Match": "*"}}
TIMELINE = {"criteria": "recist-1.1", "reads": [read(0, 50.0)]}
RESPONSES = {"criteria": "recist-1.1", "reference_on": "2024-01-01", "responses": []}
DECISION = {"accepts": "READER_2", "cause": "MEASUREMENT"}
WHY = {"json": {"reason": "for a reason"}}

SENT: dict[str, Sent] = {
    "assess": lambda place, role: {"json": TIMELINE},
    "deriveEndpoints": lambda place, role: {"json": RESPONSES},
    "createToken": lambda place, role: fresh(role="MONITOR", trial=place.ids["trial"]),
    "createKey": lambda place, role: fresh(trial=place.ids["trial"]),
    "revokeKey": lambda place, role: WHY,
    "createGrant": lambda place, role: {
        "json": {
            "principal": newcomer(place),
            "role": "MONITOR",
            "trial": place.ids["trial"],
            "reason": "for a reason",
        }
    },
    "revokeGrant": lambda place, role: WHY,
    # Too short to be taken, which is told once it is known that the caller may have a password.
    "changePassword": lambda place, role: {"json": {"password": "no", "new_password": "no"}},
    "createTrial": lambda place, role: fresh(criteria="recist-1.1"),
    "createSubject": lambda place, role: {"json": {"code": uuid4().hex}},
    "changeSubject": lambda place, role: {"json": {"died_on": "2024-06-01"}, **ANY_VERSION},
    "uploadSeries": lambda place, role: {"files": place.files[:1]},
    "measure": lambda place, role: {"json": CLICK},
    "signRead": lambda place, role: {"json": read(0, 50.0)},
    "reopenRead": lambda place, role: WHY,
    "putDraft": lambda place, role: {"json": read(0, 50.0) | whose(role)},
    "getDraft": lambda place, role: {"params": whose(role)},
    "deleteDraft": lambda place, role: {"params": whose(role), **ANY_VERSION},
    "pictureTimeline": lambda place, role: {"params": of_reader(role)},
    "createAdjudication": lambda place, role: {"json": DECISION},
    "endorse": lambda place, role: {"json": DECISION | {"accepts": role}},
}


def newcomer(place: Place) -> str:
    """The name of a principal that has nothing to do with a trial."""
    name = uuid4().hex
    place.post("ADMINISTRATOR", "/v1/tokens", json={"name": name, "role": "WORKSTATION"})
    return name


def a_grant(place: Place) -> str:
    sent = SENT["createGrant"](place, "ADMINISTRATOR")
    return str(place.post("ADMINISTRATOR", "/v1/grants", **sent)["id"])


def a_key(place: Place) -> str:
    sent = SENT["createKey"](place, "ADMINISTRATOR")
    return str(place.post("ADMINISTRATOR", "/v1/keys", **sent)["id"])


def path_of(operation: str, place: Place, role: str) -> str:
    """The route's own path, with the ids of a place in it."""
    subject = {"signRead": "unread", "endorse": "agreeing", "getConsensus": "agreeing"}
    subject |= dict.fromkeys(OF_DRAFTS, "unread")
    route = ROUTES[operation]
    ids = {
        "trial_id": place.ids["trial"],
        "subject_id": place.ids[subject.get(operation, "read")],
        "read_id": place.reads.get(role, place.reads["READER_1"]),
        "series_id": place.ids["series"],
        "measurement_id": place.ids["measurement"],
        "record": "grant",
        "record_id": place.ids["grant"],
        "name": "recist-1.1",
    }
    if operation == "revokeGrant":
        ids["grant_id"] = a_grant(place)
    if operation == "revokeKey":
        ids["key_id"] = a_key(place)
    return str(route.path.format(**ids))


def asked(operation: str, place: Place, role: str) -> dict[str, Any]:
    """A request that is right in every way; whether it is let in depends on the token alone."""
    (method,) = ROUTES[operation].methods
    sent = SENT.get(operation, lambda place, role: {})(place, role)
    return {"method": method, "path": path_of(operation, place, role), **sent}


@dataclass
class World:
    """The service with its own and another place, and tokens that are no good."""

    service: Service
    own: Place
    other: Place
    stray: dict[str, str | None]

    def asked(self, operation: str, place: Place, role: str) -> dict[str, Any]:
        """A request that is right in every way: whether it is let in depends on its token alone."""
        return asked(operation, place, role)

    def prepare(self, operation: str, place: Place, role: str) -> None:
        """Have a draft there where one is asked for, if this role may have one."""
        if operation in OF_DRAFTS:
            self.service.ask(place.tokens[role], **asked("putDraft", place, role))


def strays(connection: Any, trial: str) -> dict[str, str]:
    """Tokens that each have one fault, by its name."""
    now = datetime.now(UTC)
    past, future = now - timedelta(seconds=1), now + timedelta(days=1)
    faults: dict[str, tuple[Any, dict[str, Any]]] = {
        "expired": (tokens, {"expires_at": past}),
        "revoked": (tokens, {"revoked_at": past}),
        "grant ended": (grants, {"ends_at": past}),
        "grant not begun": (grants, {"begins_at": future}),
        "grant revoked": (grants, {"revoked_at": past}),
    }
    made = {}
    for name, (table, change) in faults.items():
        issued = new_token(connection, name, Role.READER_1, trial)
        whose = table.c.principal_id == issued.principal_id
        connection.execute(update(table).where(whose).values(**change))
        made[name] = issued.token
    made["disabled"] = new_token(connection, "disabled", Role.READER_1, trial).token
    disable(connection, COMMAND_LINE, "disabled", "left")
    made["unknown"] = made["expired"][:-1] + ("a" if made["expired"][-1] != "a" else "b")
    return made


def enrolled(connection: Any, issuer: str, trial: str) -> None:
    """Make the provider's subject «one» a reader of a trial."""
    one = Person(name="one", full_name="Dr One", issuer=issuer, subject="one")
    held(
        connection, enrol(connection, COMMAND_LINE, one), Grant(Role.READER_1, trial), COMMAND_LINE
    )


@pytest.fixture(scope="session")
def slices(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The files of one series with a lesion in it, as an upload."""
    folder = tmp_path_factory.mktemp("slices")
    volume = phantom([LESION], size=(9, 90, 100), step=3.0, background=-850.0, seed="access")
    write(volume, folder, patient_id="S-001", study_date=date(2024, 3, 1))
    return [("files", (file.name, file.read_bytes())) for file in sorted(folder.iterdir())]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer, slices: Any) -> Iterator[World]:
    """One for each process of the tests: whatever they do in it, no answer depends on it."""
    folder = tmp_path_factory.mktemp("access")
    app = create_app(Settings(folder=folder, oidc_issuer=issuer.url, oidc_audience="recist"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(app.router.lifespan_context(app)),
        portal.wrap_async_context_manager(
            httpx.AsyncClient(transport=transport, base_url="http://service")
        ) as client,
    ):
        service = Service(app, portal, client)
        own, other = Place(service, "own", slices), Place(service, "other", slices)
        administrator = service.within(
            lambda c: new_token(c, "administrator", Role.ADMINISTRATOR, None)
        ).token
        for place in (own, other):
            place.build(administrator)
        trial = own.ids["trial"]
        stray = service.within(partial(strays, trial=trial))
        service.within(partial(enrolled, issuer=issuer.url, trial=trial))
        yield World(service, own, other, stray)
