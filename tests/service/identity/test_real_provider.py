"""Tokens of a real OpenID provider, the one of npm, on this machine."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

PACKAGE = "oidc-provider@9"
SECRET = "a secret of this test alone"

# Three resources: this service, another one, and this one with tokens that have ended.
SCRIPT = """
import { Provider } from 'oidc-provider';
const [url, port, secret] = process.argv.slice(2);
const told = {
  'https://recist.example': 'recist',
  'https://other.example': 'other',
  'https://ended.example': 'recist',
};
const provider = new Provider(url, {
  clients: ['ada', 'eve'].map((client_id) => ({
    client_id, client_secret: secret, grant_types: ['client_credentials'],
    redirect_uris: [], response_types: [],
  })),
  scopes: ['read'],
  formats: {
    customizers: {
      jwt: (_, token, jwt) => {
        if (token.resourceServer.identifier().includes('ended')) jwt.payload.exp -= 7200;
      },
    },
  },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, resource) => ({
        scope: 'read', audience: told[resource],
        accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
"""


@dataclass(frozen=True)
class RealProvider:
    """A running provider with two clients, ada and eve."""

    url: str

    def token(self, client: str = "ada", resource: str = "recist") -> str:
        found = httpx.get(f"{self.url}/.well-known/openid-configuration").json()
        asked = {
            "grant_type": "client_credentials",
            "scope": "read",
            "resource": f"https://{resource}.example",
        }
        answer = httpx.post(found["token_endpoint"], data=asked, auth=(client, SECRET))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The provider's package, once a run, in a folder of the tests; skipped without npm."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm and node are needed for a real provider")
    folder = tmp_path_factory.mktemp("provider")
    install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode and "CI" not in os.environ:
        pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.splitlines()[-1:]}")
    assert done.returncode == 0, done.stderr
    (folder / "provider.mjs").write_text(SCRIPT)
    return folder


@pytest.fixture(scope="module")
def provider(installed: Path) -> Iterator[RealProvider]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = ["node", "provider.mjs", url, str(port), SECRET]
    with (installed / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=installed, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout
    try:
        assert "listening" in process.stdout.readline(), (installed / "log").read_text()
        yield RealProvider(url)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def enrolled(provider, serving_with, recist):
    """A service that takes the provider's tokens, and knows ada as an auditor."""
    told = {"RECIST_OIDC_ISSUER": provider.url, "RECIST_OIDC_AUDIENCE": "recist"}
    with serving_with(**told) as running:
        data = ["--data", str(running.folder)]
        who = ["--full-name", "Ada L", "--issuer", provider.url, "--subject", "ada"]
        assert recist("user", "add", "ada", *who, *data)[0] == 0
        role = ["--role", "AUDITOR", "--reason", "audits"]
        assert recist("grant", "add", "ada", *role, *data)[0] == 0
        yield running


@pytest.fixture
def ask(enrolled):
    def ask_(token: str) -> int:
        with enrolled.client(token) as client:
            return client.get("/v1/trials").status_code

    return ask_


def test_its_token_lets_in_whom_we_know(ask, provider) -> None:
    token = provider.token()
    head = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert (head["alg"], head["typ"]) == ("RS256", "at+jwt")
    assert ask(token) == 200
    assert ask(token) == 200


def test_whom_we_do_not_know_is_nobody(ask, provider) -> None:
    assert ask(provider.token("eve")) == 401


def test_a_token_for_another_service_is_none(ask, provider) -> None:
    assert ask(provider.token(resource="other")) == 401


def test_a_token_that_has_ended_is_none(ask, provider) -> None:
    token = provider.token(resource="ended")
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["aud"], claims["sub"]) == ("recist", "ada")
    assert claims["exp"] < time.time()
    assert ask(token) == 401


def part(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def test_its_token_under_another_algorithm_is_none(ask, provider) -> None:
    head, claims, signature = provider.token().split(".")
    said = json.loads(base64.urlsafe_b64decode(head + "=="))
    keys = httpx.get(f"{provider.url}/jwks").json()
    for algorithm in ("none", "HS256", "RS384", "ES256"):
        changed = f"{part(said | {'alg': algorithm})}.{claims}"
        assert ask(f"{changed}.{signature}") == 401
        assert ask(f"{changed}.") == 401
        mac = hmac.digest(json.dumps(keys["keys"][0]).encode(), changed.encode(), hashlib.sha256)
        assert ask(f"{changed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") == 401
    assert ask(f"{part(said | {'kid': 'another'})}.{claims}.{signature}") == 401
    assert ask(f"{head}.{part({'sub': 'ada', 'aud': 'recist'})}.{signature}") == 401


def test_who_lost_the_grant_or_was_disabled(enrolled, ask, provider, recist) -> None:
    data, token = ["--data", str(enrolled.folder)], provider.token()
    assert ask(token) == 200
    grant_id = recist("grant", "list", *data)[1].splitlines()[0].split("\t")[0]
    assert recist("grant", "revoke", grant_id, "--reason", "over", *data)[0] == 0
    assert ask(token) == 403
    assert recist("user", "disable", "ada", "--reason", "left", *data)[0] == 0
    assert ask(token) == 401
