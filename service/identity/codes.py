"""One-time codes from the time: TOTP (RFC 6238) over HOTP (RFC 4226), as authenticator apps do."""

from base64 import b32decode, b32encode
from datetime import datetime
from hmac import compare_digest, digest
from secrets import token_bytes
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
DRIFT_STEPS = 1
"""How many steps a clock may be off, either way (RFC 6238, section 5.2)."""
SECRET_BYTES = 20


def new_secret() -> str:
    """A secret as base32, as authenticator apps take it."""
    return b32encode(token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one time step (RFC 4226, section 5.3)."""
    mac = digest(b32decode(secret), step.to_bytes(8), "sha1")
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4]) & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step near an instant that a code belongs to; None for a wrong one."""
    now = int(at.timestamp()) // STEP_SECONDS
    near = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    sent = code.strip().encode()
    found = [step for step in near if compare_digest(code_at(secret, step).encode(), sent)]
    return max(found, default=None)


def uri_of(secret: str, name: str) -> str:
    """What an authenticator app reads, as text or as a QR code."""
    told = {"secret": secret, "issuer": "RECIST", "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/RECIST:{quote(name, safe='')}?{urlencode(told)}"
