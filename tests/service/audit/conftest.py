"""A trial that was read, corrected and adjudicated, in copies that each test may tamper with."""

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection, select, text

from imaging.phantom import Ellipsoid, phantom, write
from service.__main__ import main
from service.app import create_app
from service.audit.key import known_key
from service.audit.records import altered_records
from service.audit.verify import check_stored
from service.db import Database, engine
from service.identity.tokens import bootstrap
from service.opening import database_as_it_is
from service.settings import Settings
from service.tables import events

DAYS = ("2024-01-01", "2024-02-26")
LESION = Ellipsoid((40.0, 36.0, 12.0), (12.0, 9.0, 10.0), 40.0)


@dataclass
class Running:
    """A service in this process, and whom it knows by role."""

    client: httpx.Client
    app: FastAPI
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, role: str, method: str, path: str, **sent: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} | sent.pop("headers", {})
        return self.client.request(method, path, headers=headers, **sent)

    def made(self, role: str, path: str, **sent: Any) -> Any:
        answer = self.ask(role, "POST", path, **sent)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def enrol(self, role: str, trial: str | None = None, name: str | None = None) -> str:
        body = {"name": name or f"the {role}", "role": role} | ({"trial": trial} if trial else {})
        return str(self.made("ADMINISTRATOR", "/v1/tokens", json=body)["token"])


@dataclass(frozen=True)
class Kept:
    """A stopped service's database, key and heads, and the ids of what was done with it."""

    settings: Settings
    ids: dict[str, str]

    def within(self, unit: Callable[[Connection], Any]) -> Any:
        """Run a unit behind the service's back: no trigger and no reference holds it up."""
        opened = engine(self.settings.database_url)
        try:
            if opened.dialect.name == "sqlite":
                with opened.connect() as connection:
                    connection.rollback()
                    raw = connection.connection.driver_connection
                    raw.execute("PRAGMA foreign_keys = OFF")
                    drop_triggers(raw)
                    connection.rollback()
                    result = unit(connection)
                    connection.commit()
                    return result
            with opened.begin() as connection:
                connection.execute(text("SET session_replication_role = replica"))
                return unit(connection)
        finally:
            opened.dispose()

    def execute(self, statement: Any) -> Any:
        """Run one statement in the same way; the rows, where it has any."""

        def unit(connection: Connection) -> Any:
            result = connection.execute(statement)
            return result.all() if result.returns_rows else None

        return self.within(unit)

    def entries(self) -> list[Any]:
        return list(self.execute(select(events).order_by(events.c.seq)))


def drop_triggers(raw: Any) -> None:
    names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        raw.execute(f"DROP TRIGGER {name}")


@contextmanager
def run_in_a_thread(settings: Settings) -> Iterator[Running]:
    """A service in a thread of this process, whose clock and database a test can reach."""
    app = create_app(settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                sleep(0.01)
            token = app.state.database.run(bootstrap)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with httpx.Client(base_url=url, timeout=60) as client:
                yield Running(client, app, {"ADMINISTRATOR": token})
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def running() -> Callable[[Settings], AbstractContextManager[Running]]:
    """Run a service with these settings."""
    return run_in_a_thread


@contextmanager
def open_copy(migrated: Path, folders: pytest.TempPathFactory) -> Iterator[Database]:
    file = shutil.copy(migrated, folders.mktemp("copy") / "recist.sqlite")
    database = Database(f"sqlite:///{file}", audit_key=bytes(32))
    try:
        yield database
    finally:
        database.close()


@pytest.fixture(scope="session")
def opened() -> Callable[..., AbstractContextManager[Database]]:
    """Open a copy of a migrated file, for each example of a property."""
    return open_copy


@pytest.fixture(scope="session")
def tell() -> Callable[[Running, Path], dict[str, str]]:
    """Tell the story to a service that runs."""
    return tell_all


@pytest.fixture(scope="session")
def verified() -> Callable[[Any], list[str]]:
    """What is found to be altered under a service that runs, by its state."""

    def altered(state: Any) -> list[str]:
        with database_as_it_is(state.settings) as connection:
            check_stored(connection, known_key(state.settings.audit_key))
            return [str(found) for found in altered_records(connection)]

    return altered


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Running]:
    """An empty service in this process, on each kind of database."""
    with run_in_a_thread(Settings(folder=tmp_path, database_url=database_url)) as service:
        yield service


def read(day: int, mm: float, **more: Any) -> dict[str, Any]:
    body = {"on": DAYS[day], "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}}, **more}
    return body if day else body | {"lesions": {"T1": {"role": "TARGET", "organ": "liver"}}}


def tell_all(service: Running, folder: Path) -> dict[str, str]:
    """Two readers, one disagreement, one adjudication, one correction; the ids of all of it."""
    made = {"name": "A trial", "criteria": "recist-1.1", "compartments": ["primary"]}
    trial = service.made("ADMINISTRATOR", "/v1/trials", json=made)["id"]
    for role in ("TRIAL_MANAGER", "READER_1", "READER_2", "ADJUDICATOR", "AUDITOR", "WORKSTATION"):
        service.tokens[role] = service.enrol(role, trial)
    ids = {"trial": trial}
    path = f"/v1/trials/{trial}/subjects"
    body = {"code": "S-001", "group": "A", "reference_on": DAYS[0], "attributes": {"age": 61}}
    ids["subject"] = service.made("TRIAL_MANAGER", path, json=body)["id"]
    path = f"/v1/subjects/{ids['subject']}"
    parts = [("files", (file.name, file.read_bytes())) for file in sorted(folder.iterdir())]
    ids["series"] = service.made("WORKSTATION", f"{path}/series", files=parts)["series"][0]["id"]
    box = {"click": [40.0, 36.0, 12.0]}
    ids["measurement"] = service.made(
        "READER_1", f"/v1/series/{ids['series']}/measurements", json=box
    )["id"]
    for role, mm in (("READER_1", 50.0), ("READER_2", 61.0)):
        service.made(role, f"{path}/reads", json=read(0, 50.0))
        ids[role] = service.made(role, f"{path}/reads", json=read(1, mm))["id"]
    decided = {"accepts": "READER_2", "cause": "MEASUREMENT", "comment": "The larger one."}
    ids["adjudication"] = service.made("ADJUDICATOR", f"{path}/adjudications", json=decided)["id"]
    corrected = read(1, 51.0, replaces=ids["READER_1"], reason="A slip.")
    ids["correction"] = service.made("READER_1", f"{path}/reads", json=corrected)["id"]
    tag = service.ask("TRIAL_MANAGER", "GET", path).headers["etag"]
    change = {"json": {"died_on": "2024-06-01", "group": "B"}, "headers": {"If-Match": tag}}
    assert service.ask("TRIAL_MANAGER", "PATCH", path, **change).status_code == 200
    assert service.ask("READER_1", "GET", f"{path}/discrepancies").status_code == 403
    return ids


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("images")
    volume = phantom([LESION], size=(9, 90, 100), step=3.0, background=-850.0, seed="audit")
    write(volume, place, patient_id="S-001", study_date=date(2024, 3, 1))
    return place


@pytest.fixture(scope="session")
def told_in_sqlite(tmp_path_factory: pytest.TempPathFactory, images: Path) -> Kept:
    settings = Settings(folder=tmp_path_factory.mktemp("told"))
    with run_in_a_thread(settings) as service:
        return Kept(settings, tell_all(service, images))


@pytest.fixture(scope="session")
def told_in_postgresql(
    tmp_path_factory: pytest.TempPathFactory, images: Path, postgres: Any, migrated_postgres: str
) -> tuple[Kept, str]:
    name = postgres.create(migrated_postgres)
    folder = tmp_path_factory.mktemp("told")
    settings = Settings(folder=folder, database_url=postgres.url(name))
    with run_in_a_thread(settings) as service:
        return Kept(settings, tell_all(service, images)), name


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """The story on each kind of database, in copies of this test's own."""
    folder = tmp_path / "kept"
    if request.param == "sqlite":
        told = request.getfixturevalue("told_in_sqlite")
        shutil.copytree(told.settings.folder, folder)
        yield replace(told, settings=Settings(folder=folder))
        return
    told, template = request.getfixturevalue("told_in_postgresql")
    shutil.copytree(told.settings.folder, folder)
    server = request.getfixturevalue("postgres")
    name = server.create(template)
    yield replace(told, settings=Settings(folder=folder, database_url=server.url(name)))
    server.drop(name)


@pytest.fixture
def recist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command on a kept database; its exit status, output and errors."""

    def run(kept: Kept, *words: object) -> tuple[int, str, str]:
        monkeypatch.setenv("RECIST_FOLDER", str(kept.settings.folder))
        monkeypatch.setenv("RECIST_DATABASE_URL", kept.settings.database_url)
        monkeypatch.setattr(sys, "argv", ["recist", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), *capsys.readouterr()

    return run
