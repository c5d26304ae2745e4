"""Access tokens of an identity provider: who it says is asking (RFC 9068, OpenID Connect Core)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from service.identity.provider import Jwk, ProviderKeys
from service.settings import Settings

LEEWAY_SECONDS = 30
LONGEST_CLAIM = 255
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})

# What a key must be to verify each algorithm (RFC 7518, section 3.1; RFC 8037, section 3.1).
KEYS_OF = {"RS": ("RSA", None), "PS": ("RSA", None), "ES256": ("EC", "P-256")}
KEYS_OF |= {"ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"), "EdDSA": ("OKP", "Ed25519")}


class NotGood(Exception):
    """A token that lets nobody in. `why` is one word, for the audit trail."""

    def __init__(self, why: str, **told: Any) -> None:
        super().__init__(why)
        self.why = why
        self.told = told


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    full_name: str | None
    authenticated_at: datetime | None
    """When the person last showed the provider who it is (`auth_time`)."""


class Provider:
    """The one identity provider whose tokens are taken."""

    def __init__(self, settings: Settings, keys: ProviderKeys | None = None) -> None:
        assert settings.oidc_issuer
        self.issuer = settings.oidc_issuer
        self._settings = settings
        self._keys = keys or ProviderKeys(self.issuer)

    async def vouched(self, token: str) -> Vouched:
        """Whom a token is of. Raises NotGood, and Unavailable where its key cannot be had."""
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise NotGood("MALFORMED") from None
        algorithm, kid = self._checked(header)
        jwk = await self._keys.key(kid)
        if jwk is None or not _fits(jwk, algorithm):
            raise NotGood("UNKNOWN_KEY")
        claims = self._claims(token, jwk, algorithm)
        self._check_login(claims)
        return self._vouched(claims)

    def _checked(self, header: Mapping[str, Any]) -> tuple[str, str]:
        """The algorithm and the key's id; nothing else of a header is believed."""
        algorithm, kid, kind = (header.get(name) for name in ("alg", "kid", "typ"))
        if algorithm not in self._settings.oidc_algorithms:
            raise NotGood("ALGORITHM")
        if "crit" in header:  # it names what must be understood, and nothing of it is
            raise NotGood("CRITICAL_HEADER")
        if kind is not None and str(kind).lower() not in TYPES:
            raise NotGood("TYPE")
        if not isinstance(kid, str):
            raise NotGood("UNKNOWN_KEY")
        return str(algorithm), kid

    def _claims(self, token: str, jwk: Jwk, algorithm: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(dict(jwk), algorithm),
                algorithms=[algorithm],
                audience=self._settings.oidc_audience,
                issuer=self.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED, "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as refused:
            raise NotGood(_why(refused)) from None
        if "cnf" in claims:  # bound to a key that its bearer would have to show (RFC 7800)
            raise NotGood("BOUND_TO_A_KEY")
        return claims

    def _check_login(self, claims: Mapping[str, Any]) -> None:
        path, wanted = self._settings.oidc_login_claim, self._settings.oidc_login_value
        if path is None:
            return
        said = claim_at(claims, path)
        if wanted not in (said if isinstance(said, list) else [said]):
            raise NotGood("MAY_NOT_LOG_IN")

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        subject = _text(claim_at(claims, self._settings.oidc_subject_claim))
        if subject is None:
            raise NotGood("NO_SUBJECT")
        full_name = _text(claim_at(claims, self._settings.oidc_name_claim))
        return Vouched(self.issuer, subject, full_name, _instant(claims.get("auth_time")))


def claim_at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of this name, or else the one that the steps between its dots lead to."""
    if path in claims:  # names of claims may be addresses, and have dots in them
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _fits(jwk: Jwk, algorithm: str) -> bool:
    kind, curve = KEYS_OF.get(algorithm) or KEYS_OF[algorithm[:2]]
    fits = jwk.get("kty") == kind and (curve is None or jwk.get("crv") == curve)
    return fits and jwk.get("alg", algorithm) == algorithm


def _text(claim: Any) -> str | None:
    usable = isinstance(claim, str) and claim.isprintable() and 0 < len(claim) <= LONGEST_CLAIM
    return claim if usable else None


def _instant(claim: Any) -> datetime | None:
    if not isinstance(claim, int | float) or isinstance(claim, bool):
        return None
    try:
        return datetime.fromtimestamp(claim, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _why(refused: Exception) -> str:
    words: dict[type[Exception], str] = {
        jwt.ExpiredSignatureError: "EXPIRED",
        jwt.InvalidAudienceError: "AUDIENCE",
        jwt.InvalidIssuerError: "ISSUER",
        jwt.InvalidSignatureError: "SIGNATURE",
    }
    return words.get(type(refused), "INVALID")
