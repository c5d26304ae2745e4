"""The keys of a provider: asked for seldom, believed for a while, never where it is not safe."""

import asyncio
import json

import pytest

from service.identity.provider import (
    FRESH_SECONDS,
    MOST_BYTES,
    RETRY_SECONDS,
    STALE_SECONDS,
    ProviderKeys,
    Unreachable,
    fetched,
)
from service.problems import Unavailable
from service.settings import Settings
from service.urls import is_safe

ISSUER = "https://id.example/realm"
CONFIGURATION = f"{ISSUER}/.well-known/openid-configuration"


class Provider:
    """What there is at its addresses, the clock, and how often it was asked."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.down = False
        self.asked: list[str] = []
        self.at = {
            CONFIGURATION: {"issuer": ISSUER, "jwks_uri": "https://id.example/keys"},
            "https://id.example/keys": {"keys": [{"kid": "a", "kty": "RSA"}]},
        }
        self.keys = ProviderKeys(ISSUER, clock=lambda: self.now, fetch=self.fetch)

    def fetch(self, url: str):
        self.asked.append(url)
        if self.down:
            raise Unreachable("down")
        return self.at[url]

    def key(self, kid: str):
        return asyncio.run(self.keys.key(kid))


def test_keys_are_asked_for_once_while_they_are_fresh() -> None:
    provider = Provider()
    assert provider.key("a") == {"kid": "a", "kty": "RSA"}
    provider.now += FRESH_SECONDS - 1
    assert provider.key("a")
    assert provider.asked == [CONFIGURATION, "https://id.example/keys"]
    provider.now += 1
    assert provider.key("a")
    assert len(provider.asked) == 4


def test_an_unknown_key_is_asked_for_but_not_again_and_again() -> None:
    provider = Provider()
    assert provider.key("b") is None
    provider.at["https://id.example/keys"] = {"keys": [{"kid": "b", "kty": "RSA"}]}
    provider.now += RETRY_SECONDS - 1
    assert provider.key("b") is None
    assert len(provider.asked) == 2
    provider.now += 1
    assert provider.key("b")
    assert provider.key("a") is None


def test_known_keys_outlast_a_provider_that_is_down_for_a_day() -> None:
    provider = Provider()
    assert provider.key("a")
    provider.down = True
    provider.now += FRESH_SECONDS + 1
    assert provider.key("a")
    with pytest.raises(Unavailable):
        provider.key("b")
    assert len(provider.asked) == 3  # not again within the half minute
    provider.now += STALE_SECONDS
    with pytest.raises(Unavailable):
        provider.key("a")
    provider.down = False
    provider.now += RETRY_SECONDS
    assert provider.key("a")


def test_many_at_once_ask_once() -> None:
    provider = Provider()

    async def many():
        return await asyncio.gather(*(provider.keys.key("a") for _ in range(20)))

    assert len(asyncio.run(many())) == 20
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    "found",
    [
        {"issuer": ISSUER + "/", "jwks_uri": "https://id.example/keys"},
        {"issuer": "https://evil.example", "jwks_uri": "https://id.example/keys"},
        {"jwks_uri": "https://id.example/keys"},
        {"issuer": ISSUER, "jwks_uri": "http://id.example/keys"},
        {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"},
        {"issuer": ISSUER, "jwks_uri": "https://[id.example"},
        {"issuer": ISSUER, "jwks_uri": 7},
        {"issuer": ISSUER},
        [],
        None,
    ],
)
def test_a_configuration_that_is_not_this_issuers(found) -> None:
    provider = Provider()
    provider.at[CONFIGURATION] = found
    with pytest.raises(Unavailable):
        provider.key("a")
    assert provider.asked == [CONFIGURATION]


@pytest.mark.parametrize("keys", [None, [], {}, {"keys": None}, {"keys": {"kid": "a"}}])
def test_what_is_no_set_of_keys(keys) -> None:
    provider = Provider()
    provider.at["https://id.example/keys"] = keys
    with pytest.raises(Unavailable):
        provider.key("a")


def test_what_does_not_sign_is_no_key() -> None:
    provider = Provider()
    others = [7, {}, {"kid": 1}, {"kid": "oct", "kty": "oct"}, {"kid": "enc", "use": "enc"}]
    provider.at["https://id.example/keys"] = {"keys": [*others, {"kid": "a", "use": "sig"}]}
    assert [provider.key(kid) is not None for kid in ("oct", "enc", "a")] == [False, False, True]


def test_documents_come_over_http(issuer) -> None:
    assert fetched(f"{issuer.url}/jwks") == {"keys": issuer.keys}
    for bad in (b"<html>", b"", b"[" * 100_000, json.dumps("x" * MOST_BYTES).encode()):
        issuer.bodies["/jwks"] = bad
        with pytest.raises(Unreachable):
            fetched(f"{issuer.url}/jwks")
    with pytest.raises(Unreachable, match="302"):
        fetched(f"{issuer.url}/moved/.well-known/openid-configuration")
    issuer.answers = False
    with pytest.raises(Unreachable, match="503"):
        fetched(f"{issuer.url}/jwks")
    with pytest.raises(Unreachable):
        fetched("http://127.0.0.1:9/jwks")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://id.example/realms/x", True),
        ("http://127.0.0.1:9000", True),
        ("http://[::1]:9000", True),
        ("http://localhost/x", True),
        ("http://id.example", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost@evil.example", False),
        ("ftp://127.0.0.1", False),
        ("https://", False),
        ("id.example", False),
        ("", False),
    ],
)
def test_which_addresses_are_safe(url: str, safe: bool) -> None:
    assert is_safe(url) == safe


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"oidc_issuer": "http://id.example", "oidc_audience": "x"}, "https"),
        ({"oidc_issuer": "https://id.example"}, "oidc_issuer is set"),
        ({"oidc_algorithms": "none"}, "oidc_algorithms"),
        ({"oidc_algorithms": "RS256,HS256"}, "oidc_algorithms"),
        ({"oidc_algorithms": ""}, "oidc_algorithms"),
        ({"oidc_login_claim": "roles"}, "oidc_login_claim is set"),
    ],
)
def test_settings_that_would_let_anybody_in_are_refused(settings, says, monkeypatch) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"RECIST_{name.upper()}", value)
    with pytest.raises(ValueError, match=says):
        Settings()
