"""`recist serve` says where it is, refuses what it cannot use in one line, and stops in order."""

import asyncio
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from service import __main__ as command_line
from service import connections
from service.settings import Settings

CHECKOUT = Path(__file__).parents[2]
RECIST = [sys.executable, "-m", "service"]


def recist(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*RECIST, *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(**settings),
    )


def environment(**settings: str) -> dict[str, str]:

    return os.environ | {f"RECIST_{name.upper()}": value for name, value in settings.items()}


@pytest.fixture
def main(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., "tuple[int, str, str]"]]:
    """The command line in this process, where it starts in no time: status, output, errors."""

    def run(*words: str, **settings: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["recist", *words])
        for name, value in settings.items():
            monkeypatch.setenv(f"RECIST_{name.upper()}", value)
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        return int(ended.value.code or 0), *capsys.readouterr()

    before = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, before)


@contextmanager
def served(*words: str, **settings: str) -> Iterator["tuple[subprocess.Popen[str], str]"]:
    """A service and the first line that it prints."""
    process = subprocess.Popen(
        [*RECIST, "serve", "--port", "0", *words],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**settings),
    )
    assert process.stdout
    try:
        yield process, process.stdout.readline().rstrip("\n")
    finally:
        process.kill()
        process.communicate()


def ended(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """What else it printed; `communicate` would leave out what was buffered with the first line."""
    assert process.stdout
    assert process.stderr
    process.wait(30)
    return process.stdout.read(), process.stderr.read()


def test_the_address_comes_first_and_a_token_the_first_time_only(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with served("--data", str(folder)) as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
        process.send_signal(signal.SIGTERM)
        out, err = ended(process)
        assert (process.returncode, err) == (0, "")
        first = out.splitlines()
        assert re.fullmatch(r"administrator token \(24 h\): rcst_[0-9a-f]+_[\w-]{43}", first[0])
        assert first[1].startswith("SQLite ")
        assert len(first) == 2
    with served("--data", str(folder)) as (process, _):
        process.send_signal(signal.SIGINT)
        out, err = ended(process)
        assert (process.returncode, err) == (0, "")
        assert out.splitlines() == first[1:]
    # What is put away in order leaves no log beside the database.
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        "audit.heads",
        "audit.key",
        "recist.sqlite",
    ]
    assert sqlite3.connect(folder / "recist.sqlite").execute("SELECT 1").fetchone() == (1,)


def test_the_token_is_not_in_the_folder(tmp_path: Path) -> None:
    with served("--data", str(tmp_path)) as (process, _):
        assert process.stdout
        token = process.stdout.readline().split()[-1]
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    secret = token.split("_", 2)[2]  # which may have the sign in itself
    assert secret.encode() not in kept


def test_settings_come_from_the_environment_and_options_go_before(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    settings = {"port": "1", "folder": str(tmp_path), "database_url": f"sqlite:///{other}"}
    with served(**settings) as (_, address):
        assert httpx.get(f"{address}/readyz").status_code == 200
        assert other.exists()


def test_a_taken_port_changes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = recist("serve", "--port", str(port), "--data", str(tmp_path / "new"))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert f"port {port} of 127.0.0.1 is taken" in refused.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("words", "settings", "says"),
    [
        (["serve", "--port", "99999"], {}, "--port"),
        (["serve", "--port", "x"], {}, "--port"),
        (["serve", "--host", "no.such.host.invalid"], {}, "no.such.host.invalid"),
        (["serve"], {"port": "many"}, "port"),
        (["serve", "--port", "0"], {"database_url": "nonsense"}, "database"),
        (["serve", "--port", "0"], {"database_url": "sqlite:////proc/x/y.sqlite"}, "/proc/x"),
        (["serve", "--port", "0", "--data", "/dev/null"], {}, "/dev/null"),
        (
            ["serve", "--port", "0"],
            {"database_url": "postgresql+psycopg://x@127.0.0.1:1/x"},
            "database",
        ),
        (["openapi", "--version", "2.0"], {}, "--version"),
        (["sevre"], {}, "sevre"),
        (["--nonsense"], {}, "--nonsense"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    words: list[str],
    settings: dict[str, str],
    says: str,
    main: Callable[..., "tuple[int, str, str]"],
) -> None:
    status, out, err = main(*words, **settings)
    assert (status, out) == (2, "")
    assert err.startswith("recist: ")
    assert err.count("\n") == 1
    assert says in err
    assert "Traceback" not in err


def test_version_and_help(main: Callable[..., "tuple[int, str, str]"]) -> None:
    status, out, err = main("--version")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", out)
    for words in ([], ["--help"], ["serve", "--help"]):
        status, out, err = main(*words)
        assert (status, err) == (0, "")
        assert "serve" in out


def test_nothing_listens_beyond_this_machine_unless_told() -> None:
    assert Settings().host == "127.0.0.1"


def test_what_was_begun_is_finished_before_it_stops(tmp_path: Path) -> None:
    with served("--data", str(tmp_path)) as (process, address):
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            assert process.stdout
            token = process.stdout.readline().split()[-1]
            head = (
                f"POST /v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                "Content-Type: application/json\r\nContent-Length: 35\r\n\r\n"
            )
            body = b'{"name": "late", "role": "AUDITOR"}'
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            connection.sendall(body[10:])
            assert connection.recv(4096).startswith(b"HTTP/1.1 201")
        assert process.wait(30) == 0


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize(
    ("sent", "cut"),
    [
        (b"", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHo", True),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", False),
    ],
)
def test_a_head_that_does_not_end_is_cut_off(
    sent: bytes, cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)

    async def talk(port: int) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        try:
            await asyncio.wait_for(reader.read(), 1)
        except TimeoutError:
            return False
        else:
            return True
        finally:
            writer.close()

    async def run() -> bool:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(
                _nothing, http=connections.TimedConnection, lifespan="off", log_config=None
            )
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                return await talk(listener.getsockname()[1])
            finally:
                server.should_exit = True
                await serving

    assert asyncio.run(run()) == cut
