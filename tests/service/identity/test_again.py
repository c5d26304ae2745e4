"""Who signs shows again who it is: by password and code, or by a fresh token of its provider."""

import asyncio
import base64
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from service.callers import COMMAND_LINE, Caller, Grant, TokenKind
from service.identity.admission import Admission
from service.identity.again import Proof, Proven, prove, reauthenticate
from service.identity.codes import STEP_SECONDS, code_at, new_secret
from service.identity.logins import add_login
from service.identity.passwords import hashed
from service.identity.principals import Person, enrol
from service.problems import Forbidden, ReauthenticationNeeded
from service.roles import Role
from service.settings import Settings
from service.tables import events

pytestmark = pytest.mark.requirement("R7")

PASSWORD = "correct horse battery"
SECRET = new_secret()
HASH = hashed(PASSWORD)


def basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def code(off: int = 0) -> str:
    return code_at(SECRET, int(time.time()) // STEP_SECONDS + off)


class TestWhoMust:
    @pytest.mark.parametrize("kind", [TokenKind.SESSION, TokenKind.OIDC])
    @pytest.mark.parametrize("asked", [False, True])
    def test_who_logs_in_always_does(self, kind: TokenKind, asked: bool) -> None:
        caller = Caller("p", "ada", (), kind=kind)
        with pytest.raises(ReauthenticationNeeded) as needed:
            reauthenticate(caller, None, asked=asked)
        scheme = {TokenKind.SESSION: "Reauthentication", TokenKind.OIDC: "Bearer"}[kind]
        assert needed.value.headers["WWW-Authenticate"].startswith(scheme)
        reauthenticate(caller, Proven("p"), asked=asked)

    def test_with_a_bearer_token_where_the_charter_asks(self) -> None:
        caller = Caller("p", "ada", ())
        reauthenticate(caller, None, asked=False)
        with pytest.raises(ReauthenticationNeeded):
            reauthenticate(caller, None, asked=True)
        reauthenticate(caller, Proven("p"), asked=True)

    def test_what_another_has_proven_is_nothing(self) -> None:
        with pytest.raises(ReauthenticationNeeded):
            reauthenticate(Caller("p", "ada", ()), Proven("q"), asked=True)

    @pytest.mark.parametrize("proven", [None, Proven("p")])
    @pytest.mark.parametrize("asked", [False, True])
    def test_a_key_never_signs(self, proven: Proven | None, asked: bool) -> None:
        caller = Caller("p", "ada", (Grant(Role.READER_1, None),), kind=TokenKind.KEY)
        with pytest.raises(Forbidden):
            reauthenticate(caller, proven, asked=asked)


class TestProof:
    def test_nothing_sent_is_no_proof(self) -> None:
        assert Proof.of(None, None) is None
        assert Proof.of(None, "123456") is None

    def test_what_the_headers_hold(self) -> None:
        shown = Proof.of(basic("ada", "a:b – c"), "123456").shown
        assert (shown.name, shown.password, shown.code) == ("ada", "a:b – c", "123456")
        assert Proof.of("bearer  abc", None).token == "abc"

    @pytest.mark.parametrize(
        "sent", ["", "Basic", "Basic ???", "Basic YWRh", "Basic /w==", "Bearer ", "Digest x=y", "x"]
    )
    def test_what_is_none(self, sent: str) -> None:
        with pytest.raises(ReauthenticationNeeded):
            Proof.of(sent, "123456")

    def test_secrets_are_not_shown(self) -> None:
        proofs = repr([Proof.of(basic("ada", "geheim"), "123456"), Proof.of("Bearer abc", None)])
        assert not any(word in proofs for word in ("geheim", "123456", "abc"))


@pytest.fixture
def proving(database, issuer):
    """Prove something as ada; the outcome, and what the trail keeps of it."""

    def unit(connection: Any) -> str:
        person = Person(name="ada", full_name="Ada L", issuer=issuer.url, subject="ada-1")
        made = enrol(connection, COMMAND_LINE, person)
        add_login(connection, COMMAND_LINE, made, HASH, SECRET)
        enrol(
            connection,
            COMMAND_LINE,
            Person(name="eve", full_name="E", issuer=issuer.url, subject="e"),
        )
        return made

    principal_id = database.run(unit)
    admission = Admission(Settings(**issuer.settings(), lock_after_failures=3))
    caller = Caller(principal_id, "ada", (), "id-1", TokenKind.SESSION)

    def run(*sent: str | None) -> Proven | None:
        proof = Proof.of(*sent, *[None] * (2 - len(sent)))
        return asyncio.run(prove(admission, database, caller, proof))

    def kept() -> list[tuple[str, Any]]:
        entries = database.run(lambda c: c.execute(select(events).order_by(events.c.seq)).all())
        return [
            (e.action, json.loads(e.new)) for e in entries if e.action in {"LOGIN_FAILED", "LOCKED"}
        ]

    yield SimpleNamespace(run=run, kept=kept, proven=Proven(principal_id))
    admission.close()


class TestByPassword:
    def test_the_password_and_a_new_code(self, proving) -> None:
        assert proving.run(None) is None
        assert proving.run(basic("ada", PASSWORD), code()) == proving.proven
        assert proving.kept() == []

    def test_a_code_proves_once(self, proving) -> None:
        used = code()
        proving.run(basic("ada", PASSWORD), used)
        with pytest.raises(ReauthenticationNeeded):
            proving.run(basic("ada", PASSWORD), used)
        assert proving.run(basic("ada", PASSWORD), code(1)) == proving.proven

    def test_failures_count_towards_the_lock(self, proving) -> None:
        for sent in ((basic("ada", "wrong"), code()), (basic("ada", PASSWORD), None)):
            with pytest.raises(ReauthenticationNeeded):
                proving.run(*sent)
        with pytest.raises(ReauthenticationNeeded):
            proving.run(basic("ada", PASSWORD), "12")
        with pytest.raises(ReauthenticationNeeded):
            proving.run(basic("ada", PASSWORD), code())
        kept = [action for action, _ in proving.kept()]
        assert kept == ["LOGIN_FAILED"] * 3 + ["LOCKED", "LOGIN_FAILED"]

    def test_another_name_proves_nothing(self, proving) -> None:
        with pytest.raises(ReauthenticationNeeded):
            proving.run(basic("eve", PASSWORD), code())
        assert proving.kept() == [("LOGIN_FAILED", {"why": "ANOTHER_NAME"})]


class TestByProvider:
    @pytest.mark.parametrize(
        ("auth_time", "fresh"), [(0, True), (-299, True), (-340, False), (90, False)]
    )
    def test_a_fresh_token(self, proving, issuer, auth_time: int, fresh: bool) -> None:
        sent = f"Bearer {issuer.token(auth_time=auth_time)}"
        if fresh:
            assert proving.run(sent) == proving.proven
        else:
            with pytest.raises(ReauthenticationNeeded):
                proving.run(sent)
            assert proving.kept() == [("LOGIN_FAILED", {"why": "NOT_FRESH"})]

    @pytest.mark.parametrize(
        ("claims", "why"),
        [
            ({}, "NOT_FRESH"),
            ({"auth_time": "now"}, "NOT_FRESH"),
            ({"auth_time": True}, "NOT_FRESH"),
            ({"auth_time": 0, "sub": "e"}, "ANOTHER_PRINCIPAL"),
            ({"auth_time": 0, "sub": "nobody"}, "ANOTHER_PRINCIPAL"),
            ({"auth_time": 0, "aud": "other"}, "AUDIENCE"),
            ({"auth_time": 0, "exp": -90}, "EXPIRED"),
        ],
    )
    def test_what_proves_nothing(self, proving, issuer, claims, why: str) -> None:
        with pytest.raises(ReauthenticationNeeded):
            proving.run(f"Bearer {issuer.token(**claims)}")
        assert proving.kept() == [("LOGIN_FAILED", {"why": why})]

    def test_a_token_of_ours_is_none(self, proving) -> None:
        with pytest.raises(ReauthenticationNeeded):
            proving.run("Bearer rcst_0_x")
        assert proving.kept() == [("LOGIN_FAILED", {"why": "MALFORMED"})]
