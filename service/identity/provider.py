"""The keys of an identity provider: where they are, and how long they are believed."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from http.client import HTTPException
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from service.problems import Unavailable
from service.urls import is_loopback, is_safe

FRESH_SECONDS = 600.0
RETRY_SECONDS = 30.0
STALE_SECONDS = 24 * 3600.0
"""How long keys are believed while the provider cannot be asked."""
ANSWER_SECONDS = 5.0
MOST_BYTES = 1024 * 1024
NEVER = float("-inf")

Jwk = Mapping[str, Any]

logger = logging.getLogger(__name__)


class Unreachable(Exception):
    """The provider did not answer, or not with what is to be found there."""


class ProviderKeys:
    """The keys with which one issuer signs (OpenID Connect Discovery 1.0; RFC 7517)."""

    def __init__(
        self,
        issuer: str,
        *,
        clock: Callable[[], float] = monotonic,
        fetch: "Callable[[str], Any] | None" = None,
    ) -> None:
        self._issuer = issuer
        self._clock = clock
        self._fetch = fetch or fetched
        self._known: dict[str, Jwk] = {}
        self._fetched = self._tried = NEVER
        self._turn = asyncio.Lock()

    async def key(self, kid: str) -> Jwk | None:
        """The key of this id; None where the issuer has none.

        Raises Unavailable where the issuer cannot be asked and the key is not known from before.
        """
        if self._is_due(kid) and not (self._turn.locked() and kid in self._known):
            async with self._turn:
                if self._is_due(kid):
                    await self._refresh()
        age = self._clock() - self._fetched
        if kid in self._known and age < STALE_SECONDS:
            return self._known[kid]
        if age >= FRESH_SECONDS or self._tried > self._fetched:
            raise Unavailable(
                "The identity provider cannot be asked for its keys. Try again shortly; if it"
                " stays so, ask who runs this service to look whether RECIST_OIDC_ISSUER is"
                " reached from it."
            )
        return None

    def _is_due(self, kid: str) -> bool:
        now = self._clock()
        fresh = kid in self._known and now - self._fetched < FRESH_SECONDS
        return not fresh and now - self._tried >= RETRY_SECONDS

    async def _refresh(self) -> None:
        try:
            self._known = await asyncio.to_thread(self._all)
        except Unreachable as failure:
            self._tried = self._clock()
            logger.warning("The keys of the identity provider could not be had: %s", failure)
        else:
            self._fetched = self._tried = self._clock()

    def _all(self) -> dict[str, Jwk]:
        found = self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(found, dict) or found.get("issuer") != self._issuer:
            raise Unreachable("its configuration names another issuer")
        where = found.get("jwks_uri")
        if not isinstance(where, str) or not is_safe(where):
            raise Unreachable("its configuration names no safe jwks_uri")
        keys = self._fetch(where)
        if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
            raise Unreachable("what is at its jwks_uri is no set of keys")
        return {key["kid"]: key for key in keys["keys"] if _signs(key)}


def _signs(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and isinstance(key.get("kid"), str)
        and key.get("use", "sig") == "sig"
        and key.get("kty") != "oct"  # a shared secret is no way to show who signed
    )


class _NoRedirect(HTTPRedirectHandler):
    """An address that was checked leads to no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


def fetched(url: str) -> Any:
    """The JSON document at a safe URL; Unreachable where there is none in time."""
    direct = [ProxyHandler({})] if is_loopback(urlsplit(url).hostname) else []
    ask = Request(url, headers={"Accept": "application/json"})  # noqa: S310 (is_safe was asked)
    try:
        with build_opener(_NoRedirect, *direct).open(ask, timeout=ANSWER_SECONDS) as answer:
            return json.loads(_within(answer))
    except HTTPError as refused:
        refused.close()
        raise Unreachable(f"{url} answers {refused.code}") from None
    except (OSError, HTTPException, ValueError, RecursionError) as failure:
        raise Unreachable(f"{url}: {failure}") from None


def _within(answer: Any) -> bytes:
    """The body, unless it is too long or too slow."""
    end = monotonic() + ANSWER_SECONDS
    body = b""
    while chunk := answer.read1(64 * 1024):
        body += chunk
        if len(body) > MOST_BYTES or monotonic() > end:
            raise ValueError("too long, or too slow")
    return body
