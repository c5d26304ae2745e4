"""Nothing passes without a token, nothing too large or too slow is waited for, nothing leaks."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Route

from service.app import create_app
from service.problems import MEDIA_TYPE
from service.roles import OPEN_TO, Role
from service.routers import GUARDED
from service.settings import Settings

ROUTES = [route for router in GUARDED for route in router.routes]
JSON = {"Content-Type": "application/json"}


def path_of(route: Any) -> str:
    return route.path.format(**dict.fromkeys(route.param_convertors, "0" * 32))


@pytest.fixture(scope="module")
def tokens(server) -> dict[Role, str]:
    """A token for each role in every trial."""
    made = {}
    with server.client() as admin:
        for role in Role:
            answer = admin.post("/v1/tokens", json={"name": f"gate, {role}", "role": role})
            assert answer.status_code == 201, answer.text
            made[role] = answer.json()["token"]
    return made


@pytest.mark.parametrize("role", Role)
def test_a_route_is_open_to_the_roles_of_the_table(server, tokens, role: Role) -> None:
    with server.client(tokens[role]) as client:
        for route in ROUTES:
            answer = client.request(min(route.methods), path_of(route))
            closed = role not in OPEN_TO[route.operation_id]
            assert (answer.status_code == 403) == closed, (route.path, answer.text)
            assert answer.status_code != 401
            if closed:
                assert answer.json()["type"] == "/problems/forbidden"
                assert answer.headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Basic YTpi",
        "Bearer rcst_unknown_secret",
        "Bearer ' OR 1=1 --",
        "Bearer \xe4\xf6",
        "Bearer " + "x" * 5000,
    ],
)
def test_without_a_good_token_every_door_is_shut(server, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    paths = {path_of(route) for route in ROUTES}
    with server.client("") as client:
        for path in [
            *paths,
            "/v1",
            "/v1/",
            "/nowhere",
            "/dicomweb/studies",
            "//v1/assess",
            "/docs/",
        ]:
            answer = client.get(path, headers=headers)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["type"] == "/problems/unauthenticated"


def test_two_authorization_headers_are_none(server) -> None:
    good = f"Bearer {server.admin_token}"
    with server.client("") as client:
        headers = [("Authorization", good), ("Authorization", good)]
        assert client.get("/v1/criteria", headers=headers).status_code == 401


def test_the_scheme_is_written_as_one_likes(server) -> None:
    with server.client("") as client:
        headers = {"Authorization": f"bearer  {server.admin_token}"}
        assert client.get("/v1/criteria", headers=headers).status_code == 200


def talk(url: str, *parts: bytes) -> bytes:
    """Send parts of a request one after the other, until the server closes or has answered."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break
        received = b""
        try:
            while (chunk := connection.recv(65536)) and b"}" not in received:
                received += chunk
        except ConnectionResetError:
            pass
        return received


@pytest.mark.parametrize(
    ("authorized", "length", "status"),
    [(False, 600_000_000, b"401"), (True, 600_000_000, b"413"), (True, 10**30, b"413")],
)
def test_a_long_body_is_refused_by_its_head_alone(
    server, authorized: bool, length: int, status: bytes
) -> None:
    token = server.admin_token if authorized else "none"
    head = (
        f"POST /v1/assess HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    if length > 2**64:
        answer = talk(server.url, head.encode())
        assert answer.split()[1] in {b"400", b"413"}
        return
    answer = talk(server.url, head.encode())
    assert answer.split()[1] == status
    assert b"connection: close" in answer.lower()


def test_a_body_without_a_length_is_cut_where_it_gets_too_long(server) -> None:
    head = (
        f"POST /v1/assess HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.admin_token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    most = Settings().max_body_bytes // 0x100000
    answer = talk(server.url, head.encode(), *[chunk] * most, b"1\r\n \r\n")
    assert answer.split()[1] == b"413"
    assert b"connection: close" in answer.lower()
    with server.client() as client:
        small = client.post("/v1/assess", headers=JSON, content=iter([b" " * 1000] * 10))
        assert small.status_code == 422


def test_what_is_no_http_is_a_problem_too(server) -> None:
    head, _, body = talk(server.url, b"\x16\x03\x01 hello\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert MEDIA_TYPE.encode() in head
    assert json.loads(body)["type"] == "/problems/bad-request"


def test_a_short_refused_body_leaves_the_connection_open(server) -> None:
    with server.client("") as client:
        answer = client.post("/v1/assess", json={})
        assert answer.status_code == 401
        assert "connection" not in answer.headers


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-1.2_X", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ("", False)],
)
def test_a_sane_request_id_is_kept_and_another_replaced(server, sent: str, kept: bool) -> None:
    with server.client("") as client:
        answer = client.get("/healthz", headers={"X-Request-Id": sent})
    assert (answer.headers["x-request-id"] == sent) == kept
    assert answer.headers["x-request-id"]


def test_every_answer_says_how_it_may_be_used(server) -> None:
    with server.client() as client:
        for path in ("/healthz", "/docs", "/v1/criteria", "/v1/nowhere"):
            headers = client.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "server" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/assess", 405), ("DELETE", "/healthz", 405), ("GET", "/v1/criteria/", 404)],
)
def test_refusals_of_the_framework_are_problems_too(server, method, path, status) -> None:
    with server.client() as client:
        answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert answer.json()["status"] == status


@pytest.mark.parametrize("media_type", [None, "text/plain", "multipart/form-data; boundary=x"])
def test_a_json_route_reads_json_alone(server, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    with server.client() as client:
        answer = client.post("/v1/assess", headers=headers, content=b"{}")
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


def test_metrics_count_by_template_and_never_by_path(server) -> None:
    with server.client() as client:
        client.get("/v1/criteria/SUBJECT-0815?also=SUBJECT-0816")
        client.get("/nowhere/SUBJECT-0817")
        text = client.get("/metrics").text
    assert 'recist_requests_total{method="GET",route="/v1/criteria/{name}",status="404"}' in text
    assert "SUBJECT" not in text


# In the same process, where an application can be made to fail.


def inside(database_url: str, folder: Path, use: Callable[[FastAPI], Awaitable[Any]]) -> Any:
    app = create_app(Settings(folder=folder, database_url=database_url))

    async def run() -> Any:
        async with app.router.lifespan_context(app):
            return await use(app)

    return asyncio.run(run())


@pytest.mark.requirement("P4")
def test_what_fails_unexpectedly_tells_its_id_and_nothing_else(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(_: Request) -> None:
        raise RuntimeError("subject 0815")

    async def use(app: FastAPI) -> httpx.Response:
        app.router.routes.insert(0, Route("/healthz", fails))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/healthz", headers={"X-Request-Id": "id-1"})

    with caplog.at_level(logging.ERROR, "recist.service"):
        answer = inside(sqlite_url, tmp_path, use)
    assert (answer.status_code, answer.headers["content-type"]) == (500, MEDIA_TYPE)
    assert answer.json()["request_id"] == "id-1"
    assert "id-1" in caplog.text
    assert "in fails\n" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "0815" not in answer.text + caplog.text.replace('RuntimeError("subject 0815")', "")


def test_a_body_that_stands_still_is_given_up(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.gate.BODY_IDLE_SECONDS", 0.1)
    parts: list[dict[str, Any]] = []

    async def reads(request: Request) -> None:
        await request.body()

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(30)
        return {"type": "http.request"}

    async def send(message: dict[str, Any]) -> None:
        parts.append(message)

    async def use(app: FastAPI) -> None:
        app.router.routes.insert(0, Route("/healthz", reads, methods=["POST"]))
        scope = {"type": "http", "method": "POST", "path": "/healthz", "headers": []}
        scope |= {"query_string": b"", "http_version": "1.1", "scheme": "http"}
        await app(scope, receive, send)

    inside(sqlite_url, tmp_path, use)
    assert parts[0]["status"] == 408
    assert json.loads(parts[1]["body"])["type"] == "/problems/request-timeout"


def test_who_hangs_up_while_sending_is_no_failure(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def reads(request: Request) -> None:
        await request.body()

    async def sends() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "http.request", "body": b"{", "more_body": True}
        yield {"type": "http.disconnect"}

    async def use(app: FastAPI) -> None:
        app.router.routes.insert(0, Route("/healthz", reads, methods=["POST"]))
        scope = {"type": "http", "method": "POST", "path": "/healthz", "headers": []}
        scope |= {"query_string": b"", "http_version": "1.1", "scheme": "http"}
        sent: list[Any] = []
        await app(scope, sends().__anext__, sent.append)
        assert not sent

    inside(sqlite_url, tmp_path, use)
    assert not caplog.records


def test_ready_means_writable_and_migrated(sqlite_url: str, tmp_path: Path) -> None:
    async def use(app: FastAPI) -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            before = await client.get("/readyz")
            database = app.state.database
            await database.write(
                lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = 'other'")
            )
            after = await client.get("/readyz")
            left = await database.read(
                lambda c: c.exec_driver_sql("SELECT count(*) FROM principals").scalar()
            )
            return [before.status_code, after.status_code, left]

    assert inside(sqlite_url, tmp_path, use) == [200, 503, 0]
