"""Which passwords are taken, and how they are kept."""

import pytest

from service.identity.passwords import LONGEST, check_password, hashed, matches
from service.problems import Unprocessable

GOOD = "correct horse battery"


def test_only_a_hash_is_kept_and_no_two_are_alike() -> None:
    first, second = hashed(GOOD), hashed(GOOD)
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert GOOD not in first
    assert matches(first, GOOD)
    assert matches(second, GOOD)
    assert not matches(first, GOOD + " ")


def test_nobody_has_a_password() -> None:
    assert not matches(None, GOOD)
    assert not matches("no hash", GOOD)


def test_one_password_from_every_keyboard() -> None:
    assert matches(hashed("grün\u0308 wie das Gras"), "grün\u0308 wie das Gras")
    assert matches(hashed("u\u0308ber zwölf Zeichen"), "\u00fcber zwölf Zeichen")


@pytest.mark.parametrize(
    "password", ["twelve chars", "x" * LONGEST, "reader one and much more to it"]
)
def test_a_long_one_is_taken(password: str) -> None:
    check_password("reader one", password)


@pytest.mark.parametrize(
    "password", ["", "eleven char", "x" * (LONGEST + 1), "Dr. Reader One", "dr. reader one!"]
)
def test_a_short_one_or_the_name_is_not(password: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        check_password("dr. reader one", password, "new_password")
    assert refused.value.members["errors"][0]["pointer"] == "/new_password"
