"""What tests of every part share: the data beside the checkout, and a running service."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the checkout; tests that use it skip where it is absent."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder `shared` beside the checkout")
    return folder


@dataclass(frozen=True)
class Server:
    """A service on a free port of this machine, started by `recist serve`."""

    url: str
    admin_token: str
    folder: Path
    kept: dict[str, httpx.Client] = field(default_factory=dict)

    def speaker(self, token: str | None = None) -> httpx.Client:
        """A client as `client` makes it, kept until the service ends."""
        token = self.admin_token if token is None else token
        if token not in self.kept:
            self.kept[token] = self.client(token)
        return self.kept[token]

    def client(self, token: str | None = None) -> httpx.Client:
        """A client with a token, the administrator's unless another is given; "" for none."""
        token = self.admin_token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """Run a service on a free port, with settings from the environment if need be."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--port", "0", "--data", folder],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    assert process.stdout
    try:
        url = process.stdout.readline().strip()
        assert url, process.communicate()[1]
        token = process.stdout.readline().rpartition(" ")[2].strip()
        running = Server(url, token, folder)
        yield running
        for client in running.kept.values():
            client.close()
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for each process of the tests: what a test makes in it has names of its own."""
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="session")
def serving_in() -> Callable[..., AbstractContextManager[Server]]:
    """Run a service in a folder, for tests that share one."""
    return serving


@pytest.fixture
def serving_with(tmp_path: Path) -> Callable[..., AbstractContextManager[Server]]:
    """Run a service of this test's own, with settings from the environment."""
    return lambda **environment: serving(tmp_path / "served", **environment)


@pytest.fixture
def server_on_postgresql(postgres_url: str, tmp_path: Path) -> Iterator[Server]:
    """A service of this test's own, whose database is PostgreSQL."""
    with serving(tmp_path, RECIST_DATABASE_URL=postgres_url) as running:
        yield running


@dataclass(frozen=True)
class Trial:
    """A trial of its own on the running service, with a token for each role."""

    server: Server
    id: str
    tokens: dict[str, str]

    def client(self, role: str) -> httpx.Client:
        """A client that speaks as the principal of this role."""
        return self.server.speaker(self.tokens[role])

    def subject(self, code: str = "S-001", **members: object) -> str:
        """Make a subject and return its id."""
        body = {"code": code, **members}
        answer = self.client("TRIAL_MANAGER").post(f"/v1/trials/{self.id}/subjects", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


ROLES = ("SITE_READER", "READER_1", "READER_2", "ADJUDICATOR", "TRIAL_MANAGER", "WORKSTATION")


@pytest.fixture
def new_trial(request: pytest.FixtureRequest) -> Callable[..., Trial]:
    """Make a trial, `recist-1.1` unless told otherwise, and a principal for each role in it."""

    def make(on: Server | None = None, **members: object) -> Trial:
        server: Server = on or request.getfixturevalue("server")
        admin = server.speaker()
        name = f"Trial {uuid4().hex}"
        made = admin.post("/v1/trials", json={"name": name, "criteria": "recist-1.1", **members})
        assert made.status_code == 201, made.text
        tokens = {}
        for role in ROLES:
            body = {"name": f"{role} of {name}", "role": role, "trial": made.json()["id"]}
            issued = admin.post("/v1/tokens", json=body)
            assert issued.status_code == 201, issued.text
            tokens[role] = issued.json()["token"]
        return Trial(server, made.json()["id"], tokens)

    return make
