"""What tests of identity share: the command line in this process, and local users."""

import asyncio
import base64
import io
import json
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from service.__main__ import main
from service.app import create_app
from service.identity.codes import STEP_SECONDS, code_at
from service.settings import Settings

INSTANTS = {"iat", "exp", "nbf", "auth_time"}


@pytest.fixture
def recist(monkeypatch, capsys):
    """Run a command; its exit status, output and errors."""

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["recist", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture
def every():
    """All of a list, page by page."""

    def every_(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            page = client.get(path, params={"limit": 100, **cursor}).json()
            yield from page["items"]
            cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None

    return every_


@dataclass
class LocalUser:
    """A user with a password and, where there is a secret, one-time codes."""

    name: str
    password: str
    secret: str | None = None
    last_step: int = field(default=0)

    def code(self) -> str:
        """A code that was not used yet; waits where there is none now."""
        assert self.secret
        while self.last_step > time.time() // STEP_SECONDS:
            time.sleep(0.2)
        self.last_step = max(self.last_step + 1, int(time.time()) // STEP_SECONDS - 1)
        return code_at(self.secret, self.last_step)

    def shown(self, **other: str) -> dict[str, str]:
        """The body of a login."""
        body = {"name": self.name, "password": self.password}
        return body | ({"code": self.code()} if self.secret else {}) | other

    def proof(self, **other: str) -> dict[str, str]:
        """The headers that sign."""
        pair = f"{self.name}:{other.get('password', self.password)}"
        headers = {"Reauthentication": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return headers | {"One-Time-Code": other.get("code") or self.code()}

    def log_in(self, client: httpx.Client, **other: str) -> httpx.Response:
        return client.post("/v1/sessions", json=self.shown(**other))


@pytest.fixture
def new_user(recist, server) -> Callable[..., LocalUser]:
    """Make a local user on a running service, with codes unless told otherwise."""

    def make(*, totp: bool = True, on=None) -> LocalUser:
        user = LocalUser(f"user {uuid4().hex}", f"pass {uuid4().hex}")
        told = ["--full-name", "Dr Ada Example", "--password-stdin", *(["--totp"] if totp else [])]
        data = ["--data", str((on or server).folder)]
        done = recist("user", "add", user.name, *told, *data, stdin=f"{user.password}\n")
        assert done[0] == 0, done[2]
        if totp:
            user.secret = parse_qs(urlsplit(done[1].strip()).query)["secret"][0]
        return user

    return make


@pytest.fixture
def inside(database_url: str, tmp_path: Path):
    """Run something with a client of an application, and its database, in this process."""

    def run(use: Callable[[httpx.AsyncClient, Any], Awaitable[Any]], **settings: Any) -> Any:
        app = create_app(Settings(folder=tmp_path, database_url=database_url, **settings))

        async def whole() -> Any:
            async with app.router.lifespan_context(app):
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                    return await use(client, app.state.database)

        return asyncio.run(whole())

    return run


@cache
def _private_key(kind: str) -> Any:
    """A key of a kind, made once for each process of the tests, for it takes a while."""
    match kind:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        case "short":
            return rsa.generate_private_key(65537, 1024)
        case _:
            return rsa.generate_private_key(65537, 2048)


def _jwk(kind: str, **members: str) -> dict[str, str]:
    algorithm = {"ES256": "ES256", "EdDSA": "EdDSA"}.get(kind, "RS256")
    public = _private_key(kind).public_key()
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(public, as_dict=True)
    return {name: made[name] for name in made if name != "key_ops"} | members


@dataclass
class Issuer:
    """The keys of an identity provider, served on this machine, and tokens signed by them."""

    url: str
    keys: list[dict[str, str]]
    issuer: str = ""
    answers: bool = True
    asked: list[str] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)

    def body(self, path: str) -> bytes:
        self.asked.append(path)
        if path in self.bodies:
            return self.bodies[path]
        if path == "/jwks":
            return json.dumps({"keys": self.keys}).encode()
        about = {"issuer": self.issuer or self.url, "jwks_uri": f"{self.url}/jwks"}
        return json.dumps(about).encode()

    def settings(self, **more: Any) -> dict[str, Any]:
        return {"oidc_issuer": self.url, "oidc_audience": "recist", **more}

    def token(
        self, *, by: str = "RS256", algorithm: str | None = None, header: Any = None, **claims: Any
    ) -> str:
        """A token as the service takes it, but for what is told; a claim that is None is left out.

        Instants are in seconds from now. `by` is the kind of the private key, and its id unless
        the header says another.
        """
        usual = {"iss": self.url, "aud": "recist", "sub": "ada-1", "iat": 0, "exp": 300}
        said = {name: claim for name, claim in (usual | claims).items() if claim is not None}
        for name in INSTANTS & said.keys():
            if type(said[name]) is int:
                said[name] += int(time.time())
        algorithm = algorithm or (by if by in {"ES256", "EdDSA"} else "RS256")
        head = {"kid": by, "typ": "at+jwt", **(header or {})}
        with warnings.catch_warnings(action="ignore"):  # of a key that is too short on purpose
            return jwt.encode(said, _private_key(by), algorithm, headers=head)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer with a key of each kind; its private keys are the tests'."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = running.body(self.path)
            if self.path == "/moved/.well-known/openid-configuration":
                self.send_response(302)
                self.send_header("Location", "/.well-known/openid-configuration")
            else:
                self.send_response(200 if running.answers else 503)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as listening:
        keys = [_jwk(kind, kid=kind) for kind in ("RS256", "ES256", "EdDSA", "short")]
        running = Issuer(f"http://127.0.0.1:{listening.server_port}", keys)
        serving = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield running
        listening.shutdown()
        serving.join()
