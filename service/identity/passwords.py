"""Passwords: which ones are taken, and how they are kept and compared (argon2id, RFC 9106)."""

from functools import cache
from secrets import token_urlsafe
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service.identity.principals import refused

SHORTEST, LONGEST = 12, 1024

# 19 MiB, two passes, one lane: what OWASP's Password Storage Cheat Sheet asks for at least, so
# that logins of many at once leave the machine its memory.
_ARGON2ID = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def check_password(name: str, password: str, member: str = "password") -> None:
    """Raise Unprocessable for a password that is too short, too long or the name itself."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise refused(member, f"A password has {SHORTEST} to {LONGEST} characters.")
    if name.strip().casefold() in password.casefold() and len(password) < len(name) + SHORTEST:
        raise refused(member, "A password is not the name, nor the name and little more.")


def hashed(password: str) -> str:
    """What is kept of a password. Takes some 20 ms: never on the event loop or in a unit."""
    return _ARGON2ID.hash(_normal(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether a password is the one kept; as slow for a user who is not known (None)."""
    try:
        return _ARGON2ID.verify(kept or _of_nobody(), _normal(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _of_nobody() -> str:
    return _ARGON2ID.hash(token_urlsafe())


def _normal(password: str) -> str:
    """The same bytes from every keyboard (NIST SP 800-63B, section 5.1.1.2)."""
    return normalize("NFKC", password)
