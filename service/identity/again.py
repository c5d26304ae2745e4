"""Who signs shows again who it is, in the request that signs (21 CFR 11.200; RFC 9470).

The proof travels in headers, and is looked at before the unit of work that signs.
"""

from base64 import b64decode
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Request

from service import clock
from service.audit.events import Action, Event, enter
from service.callers import Caller, TokenKind
from service.db import Database
from service.identity.admission import Admission
from service.identity.attempts import Shown
from service.identity.oidc import LEEWAY_SECONDS, NotGood, Vouched
from service.identity.tokens import caller_at
from service.problems import Forbidden, ReauthenticationNeeded

FRESH = timedelta(minutes=5)

TO_USERS = (
    "Signing needs you to show again who you are: send the header Reauthentication: Basic with"
    " your name and password, and a code that was not used yet as One-Time-Code."
)
TO_THE_PROVIDERS = (
    "Signing needs you to show again who you are: log in again at your identity provider, and send"
    " its new token as the header Reauthentication: Bearer within"
    f" {FRESH.total_seconds() / 60:.0f} minutes."
)
STEP_UP = {
    "WWW-Authenticate": 'Bearer error="insufficient_user_authentication",'
    f" max_age={FRESH.total_seconds():.0f}"
}


@dataclass(frozen=True)
class Proof:
    """What a caller sends to show again who it is: a login, or a fresh token of its provider."""

    shown: Shown | None = None
    token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, reauthentication: str | None, code: str | None) -> "Proof | None":
        """What the headers hold, None for nothing; ReauthenticationNeeded where it is no proof."""
        if reauthentication is None:
            return None
        scheme, _, sent = reauthentication.partition(" ")
        match scheme.lower():
            case "basic":
                return cls(shown=_shown(sent.strip(), code))
            case "bearer" if sent.strip():
                return cls(token=sent.strip())
        raise ReauthenticationNeeded("The Reauthentication header is neither Basic nor Bearer.")


@dataclass(frozen=True)
class Proven:
    """That a principal has shown again who it is, in this request."""

    principal_id: str


def reauthenticate(caller: Caller, proven: Proven | None, *, asked: bool) -> None:
    """Raise ReauthenticationNeeded where a caller that signs must show again who it is.

    Who logs in always must; who comes with a bearer token of ours where the trial's charter asks
    for it. Raises Forbidden for a key: it never signs. Nothing in it is slow.
    """
    if caller.kind is TokenKind.KEY:
        raise Forbidden("A key never signs: let the reader sign with a token of its own.")
    logs_in = caller.kind in {TokenKind.SESSION, TokenKind.OIDC}
    shown = proven is not None and proven.principal_id == caller.principal_id
    if (logs_in or asked) and not shown:
        raise needed(caller)


def needed(caller: Caller) -> ReauthenticationNeeded:
    """What a caller is told that has not shown again who it is, or not well."""
    from_provider = caller.kind is TokenKind.OIDC
    problem = ReauthenticationNeeded(TO_THE_PROVIDERS if from_provider else TO_USERS)
    if from_provider:
        problem.headers = STEP_UP
    return problem


async def prove(
    admission: Admission, database: Database, caller: Caller, proof: Proof | None
) -> Proven | None:
    """Look at a proof, before the unit of work that needs it; None where none was sent.

    A failure counts towards the lock and is kept. Raises ReauthenticationNeeded where the proof
    does not hold, and Unavailable where that cannot be known now.
    """
    if proof is None:
        return None
    if proof.shown is not None:
        good = await _by_password(admission, database, caller, proof.shown)
    else:
        good = await _by_provider(admission, database, caller, proof.token or "")
    if not good:
        raise needed(caller)
    return Proven(caller.principal_id)


async def _by_password(
    admission: Admission, database: Database, caller: Caller, shown: Shown
) -> bool:
    if shown.name != caller.name:
        await _keep_failure(database, caller, "ANOTHER_NAME")
        return False
    return bool(await admission.attempts.open(database, shown, caller, lambda *_: True, coded=True))


async def _by_provider(
    admission: Admission, database: Database, caller: Caller, token: str
) -> bool:
    try:
        vouched = await admission.vouched(token)
    except NotGood as refused:
        await _keep_failure(database, caller, refused.why)
        return False
    find = partial(
        caller_at, issuer=vouched.issuer, subject=vouched.subject, full_name=vouched.full_name
    )
    whose = await database.glance(find)
    if whose is None or whose.principal_id != caller.principal_id:
        await _keep_failure(database, caller, "ANOTHER_PRINCIPAL")
        return False
    if not _is_fresh(vouched):
        await _keep_failure(database, caller, "NOT_FRESH")
        return False
    return True


def _is_fresh(vouched: Vouched) -> bool:
    at, now = vouched.authenticated_at, clock.now()
    leeway = timedelta(seconds=LEEWAY_SECONDS)
    return at is not None and now - FRESH - leeway <= at <= now + leeway


async def _keep_failure(database: Database, caller: Caller, why: str) -> None:
    event = Event(
        action=Action.LOGIN_FAILED,
        record="principal",
        record_id=caller.principal_id,
        new={"why": why},
    )
    await database.write(partial(enter, caller=caller, event=event))


def _shown(encoded: str, code: str | None) -> Shown:
    try:
        name, colon, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        colon = ""
    if not colon:
        raise ReauthenticationNeeded(
            "The Reauthentication header is not Basic with base64 of name:password in UTF-8."
        )
    return Shown(name=name, password=password, code=code)


async def _proven(
    request: Request,
    reauthentication: Annotated[
        str | None, Header(description="Who signs, again: Basic name:password, or Bearer token.")
    ] = None,
    one_time_code: Annotated[
        str | None, Header(alias="One-Time-Code", description="With Basic: the code of now.")
    ] = None,
) -> Proven | None:
    state = request.app.state
    proof = Proof.of(reauthentication, one_time_code)
    return await prove(state.admission, state.database, request.state.caller, proof)


# What a route that signs asks for, after its body: `async def sign_read(…, proven: ProvenAgain)`.
ProvenAgain = Annotated[Proven | None, Depends(_proven)]
