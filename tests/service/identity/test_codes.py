"""One-time codes are those of RFC 6238, and of RFC 4226 beneath."""

from base64 import b32encode
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from service.identity.codes import code_at, new_secret, step_of, uri_of

SECRET = b32encode(b"12345678901234567890").decode()

# RFC 6238, appendix B, SHA-1: instants and codes, of which six digits are the last six of eight.
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // 30) == code[-6:]
    assert step_of(SECRET, code[-6:], at(seconds)) == seconds // 30


# RFC 4226, appendix D.
@pytest.mark.parametrize(
    ("counter", "code"), [(0, "755224"), (1, "287082"), (2, "359152"), (7, "162583"), (9, "520489")]
)
def test_the_codes_by_counter(counter: int, code: str) -> None:
    assert code_at(SECRET, counter) == code


@pytest.mark.parametrize(
    ("off", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_off_by_one_step(off: int, good: bool) -> None:
    step = 1111111111 // 30
    found = step_of(SECRET, code_at(SECRET, step + off), at(1111111111))
    assert found == (step + off if good else None)


@pytest.mark.parametrize("sent", ["", "28708", "2870820", "ä", "٢٨٧٠٨٢", "-87082", "287 082"])
def test_what_is_no_code(sent: str) -> None:
    assert step_of(SECRET, sent, at(59)) is None


def test_what_an_app_reads() -> None:
    secret = new_secret()
    assert secret != new_secret()
    uri = urlsplit(uri_of(secret, "Dr A/B: c"))
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/RECIST:Dr A/B: c")
    assert parse_qs(uri.query)["secret"] == [secret]
    assert parse_qs(uri.query)["issuer"] == ["RECIST"]
