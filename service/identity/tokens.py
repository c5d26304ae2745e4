"""Tokens of our own: whom one stands for, and the making of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, or_, select

from service import clock
from service.audit.events import Action, Event, enter
from service.callers import COMMAND_LINE, Caller, Grant, TokenKind
from service.identity.grants import IN_FORCE, NOW, check_grant, held
from service.identity.principals import check_name, principal_named, refused
from service.ids import new_id
from service.roles import Role
from service.tables import grants, principals, tokens

PREFIX = "rcst_"
LONGEST_DAYS = 365
SECRET_BYTES = 32

_WHO = (
    principals.c.id,
    principals.c.name,
    principals.c.full_name,
    grants.c.role,
    grants.c.trial_id,
)
_THEIRS = (grants.c.principal_id == principals.c.id) & IN_FORCE
# A token that names a grant is good for that one alone.
_OF_THE_TOKEN = or_(tokens.c.grant_id.is_(None), tokens.c.grant_id == grants.c.id)

_BY_TOKEN: Select[Any] = (
    select(*_WHO, tokens.c.id.label("token_id"), tokens.c.kind)
    .select_from(tokens.join(principals).outerjoin(grants, _THEIRS & _OF_THE_TOKEN))
    .where(
        tokens.c.sha256 == bindparam("sha256"),
        tokens.c.revoked_at.is_(None),
        or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > NOW),
        principals.c.disabled_at.is_(None),
    )
)
_BY_SUBJECT: Select[Any] = (
    select(*_WHO)
    .select_from(principals.outerjoin(grants, _THEIRS))
    .where(
        principals.c.issuer == bindparam("issuer"),
        principals.c.subject == bindparam("subject"),
        principals.c.disabled_at.is_(None),
    )
)
_KNOWN = (
    select(tokens, principals.c.disabled_at)
    .select_from(tokens.join(principals))
    .where(tokens.c.id == bindparam("token_id"))
)


def digest(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode("ascii", "replace")).hexdigest()


def caller_for(connection: Connection, token: str) -> Caller | None:
    """The principal of a token; None for one that is unknown, expired or revoked."""
    asked = {"sha256": digest(token), "now": clock.now()}
    rows = connection.execute(_BY_TOKEN, asked).all()
    if not rows:
        return None
    first = rows[0]
    return _caller(rows, TokenKind(first.kind), first.full_name, first.token_id)


def caller_at(
    connection: Connection, issuer: str, subject: str, full_name: str | None
) -> Caller | None:
    """The principal enrolled for a subject of an issuer; its own full name goes before."""
    asked = {"issuer": issuer, "subject": subject, "now": clock.now()}
    rows = connection.execute(_BY_SUBJECT, asked).all()
    if not rows:
        return None
    return _caller(rows, TokenKind.OIDC, rows[0].full_name or full_name, None)


def _caller(
    rows: Sequence[Row[Any]], kind: TokenKind, full_name: str | None, token_id: str | None
) -> Caller:
    granted = tuple(Grant(Role(row.role), row.trial_id) for row in rows if row.role)
    return Caller(
        rows[0].id, rows[0].name, granted, kind=kind, full_name=full_name, token_id=token_id
    )


@dataclass(frozen=True)
class Known:
    """What is known of a token that is not good: its id, and why it is not."""

    token_id: str
    why: str


def known_of(connection: Connection, token: str) -> Known | None:
    """What is known of a token that is not good; None where nothing is."""
    token_id = token.removeprefix(PREFIX).partition("_")[0]
    if not token_id.isalnum():
        return None
    row = connection.execute(_KNOWN, {"token_id": token_id}).one_or_none()
    if row is None:
        return None
    reasons = {
        "WRONG_SECRET": row.sha256 != digest(token),
        "REVOKED": row.revoked_at is not None,
        "DISABLED": row.disabled_at is not None,
    }
    return Known(row.id, next((why for why, so in reasons.items() if so), "EXPIRED"))


@dataclass(frozen=True)
class Issued:
    """A new token, which is shown this once."""

    token_id: str
    principal_id: str
    token: str
    expires_at: datetime


def new_token(
    connection: Connection,
    name: str,
    role: Role,
    trial_id: str | None,
    *,
    days: int = LONGEST_DAYS,
    by: Caller = COMMAND_LINE,
) -> Issued:
    """Make a principal, or add a grant to one, and give it a token.

    Raises NotFound for an unknown trial, Unprocessable for what can never be granted, and Conflict
    where the grant would show a reader what another reader signs.
    """
    check_name(name)
    life = life_of(days)
    check_grant(connection, Grant(role, trial_id))
    principal_id = principal_named(connection, by, name)
    held(connection, principal_id, Grant(role, trial_id), by)
    return issue(connection, principal_id, life, by)


def bootstrap(connection: Connection) -> str | None:
    """Where there is no principal yet, an administrator's token, good for a day."""
    if connection.execute(select(principals.c.id).limit(1)).first():
        return None
    return new_token(connection, "administrator", Role.ADMINISTRATOR, None, days=1).token


def life_of(days: int) -> timedelta:
    """How long a token is good for; Unprocessable where that is too long."""
    if not 1 <= days <= LONGEST_DAYS:
        raise refused("days", f"A token is good for 1 to {LONGEST_DAYS} days.")
    return timedelta(days=days)


def issue(
    connection: Connection,
    principal_id: str,
    life: timedelta,
    by: Caller,
    *,
    kind: TokenKind = TokenKind.BEARER,
    grant_id: str | None = None,
    action: Action = Action.CREATED,
) -> Issued:
    """Give a principal a token; `action` is what was done by that."""
    token_id = new_id()
    token = f"{PREFIX}{token_id}_{token_urlsafe(SECRET_BYTES)}"
    now = clock.now()
    row = {
        "id": token_id,
        "principal_id": principal_id,
        "kind": kind,
        "grant_id": grant_id,
        "sha256": digest(token),
        "created_at": now,
        "expires_at": now + life,
    }
    connection.execute(insert(tokens), row)
    told = {
        name: row[name] for name in ("principal_id", "kind", "grant_id", "sha256", "expires_at")
    }
    told = {name: value for name, value in told.items() if value is not None}
    enter(connection, by, Event(action=action, record="token", record_id=token_id, new=told))
    return Issued(token_id, principal_id, token, now + life)
