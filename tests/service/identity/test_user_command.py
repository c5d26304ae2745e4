"""`recist user`: users made, listed, shut out and let in, each refusal in one line."""

import pytest

pytestmark = pytest.mark.requirement("R13")


@pytest.fixture
def user(recist, tmp_path):
    """Run `recist user` in a folder of this test's own."""

    def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        return recist("user", *arguments, "--data", str(tmp_path / "d"), stdin=stdin)

    return run


PASSWORD = "correct horse battery\n"
ADA = ["add", "ada", "--full-name", "Ada Lovelace", "--password-stdin"]
BOB = ["add", "bob", "--full-name", "Bob", "--issuer", "https://id.example", "--subject", "b-1"]


def test_users_and_how_they_come_in(user, recist, tmp_path) -> None:
    status, printed, errors = user(*ADA, "--totp", stdin=PASSWORD)
    assert (status, errors) == (0, "")
    assert printed.startswith("otpauth://totp/RECIST:ada?secret=")
    assert user(*BOB) == (0, "", "")
    data = ["--data", str(tmp_path / "d")]
    recist("token", "eve", "--role", "MONITOR", *data)
    recist("grant", "add", "bob", "--role", "AUDITOR", "--reason", "audits", *data)
    assert user("disable", "eve", "--reason", "left") == (0, "", "")
    lines = [line.split("\t") for line in user("list")[1].splitlines()]
    assert lines == [
        ["ada", "Ada Lovelace", "password,codes", "-"],
        ["bob", "Bob", "provider", "AUDITOR@every trial"],
        ["eve", "-", "disabled", "MONITOR@every trial"],
    ]
    assert user("enable", "eve", "--reason", "came back") == (0, "", "")
    assert user("list")[1].splitlines()[-1].split("\t")[2] == "tokens"


def test_a_principal_with_tokens_alone_becomes_a_user(user, recist, tmp_path) -> None:
    recist("token", "ada", "--role", "MONITOR", "--data", str(tmp_path / "d"))
    assert user(*ADA, stdin=PASSWORD)[0] == 0
    assert user("list")[1] == "ada\tAda Lovelace\tpassword\tMONITOR@every trial\n"


def test_a_new_password_and_new_codes(user) -> None:
    user(*ADA, "--totp", stdin=PASSWORD)
    assert user("password", "ada", "--password-stdin", stdin="another longer one\n") == (0, "", "")
    assert user("list")[1].split("\t")[2] == "password,codes"
    printed = user("password", "ada", "--password-stdin", "--totp", stdin=PASSWORD)[1]
    assert printed.startswith("otpauth://")


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (ADA, PASSWORD, "already"),
        ([*BOB[:1], "bib", *BOB[2:]], "", "enrolled already"),
        (["add", "eve", *ADA[2:]], "short\n", "12"),
        (["add", "eve", *ADA[2:]], "", "12"),
        (["add", "a-name-so-long", *ADA[2:]], "a-name-so-long\n", "name"),
        (["add", " ", *ADA[2:]], PASSWORD, "name"),
        (["add", "eve", "--password-stdin"], PASSWORD, "--full-name"),
        (["add", "eve", "--full-name", "E", "--issuer", "https://id.example"], "", "--subject"),
        ([*BOB, "--totp"], "", "identity provider"),
        (["password", "nobody", "--password-stdin"], PASSWORD, "nobody"),
        (["disable", "nobody", "--reason", "x"], "", "nobody"),
        (["disable", "ada"], "", "--reason"),
        (["enable", "ada", "--reason", "x"], "", "not disabled"),
        (["unlock", "ada", "--reason", "x"], "", "not locked"),
        (["unlock", "bob", "--reason", "x"], "", "no password"),
        (["remove", "ada"], "", "remove"),
    ],
)
def test_what_is_wrong_is_one_line(user, arguments, stdin: str, says: str) -> None:
    user(*ADA, stdin=PASSWORD)
    user(*BOB)
    before = user("list")
    status, printed, errors = user(*arguments, stdin=stdin)
    assert (status, printed, len(errors.splitlines())) == (2, "", 1)
    assert says in errors
    assert user("list") == before


@pytest.mark.parametrize("command", ["user", "grant", "key"])
def test_help_says_what_there_is(recist, command: str) -> None:
    status, printed, _ = recist(command, "--help")
    assert status == 0
    assert "add" in printed
    assert "list" in printed
