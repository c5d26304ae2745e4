"""Who may do what, since when and why: what an access review reads, and nothing clinical."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select, true

from service.callers import Caller
from service.identity.keys import KEYS
from service.pages import AskedPage, rows_of
from service.roles import Role
from service.tables import grants, logins, principals, tokens

_GRANTER, _REVOKER = principals.alias("granter"), principals.alias("revoker")

GRANTS: Select[Any] = select(
    grants,
    principals.c.name,
    _GRANTER.c.name.label("granted_by"),
    _REVOKER.c.name.label("revoker"),
).select_from(
    grants.join(principals, grants.c.principal_id == principals.c.id)
    .outerjoin(_GRANTER, grants.c.created_by == _GRANTER.c.id)
    .outerjoin(_REVOKER, grants.c.revoked_by == _REVOKER.c.id)
)
_USERS = select(
    principals, logins.c.principal_id.label("login"), logins.c.totp_secret, logins.c.locked_until
).select_from(principals.outerjoin(logins))


@dataclass(frozen=True, kw_only=True)
class GrantView:
    """A grant. Without `granted_by` or `revoked_by` somebody at the machine itself did it."""

    id: str
    principal: str
    role: Role
    trial: str | None
    begins_at: datetime | None
    ends_at: datetime | None
    reason: str | None
    granted_at: datetime
    granted_by: str | None
    revoked_at: datetime | None
    revoked_by: str | None


@dataclass(frozen=True, kw_only=True)
class GrantPage:
    """Grants by the name of the principal, those that have ended included."""

    items: list[GrantView]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class User:
    """A principal, how it may log in, and every role that it has or had."""

    id: str
    name: str
    full_name: str | None
    issuer: str | None
    subject: str | None
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    has_codes: bool
    locked_until: datetime | None
    grants: list[GrantView]


@dataclass(frozen=True, kw_only=True)
class UserPage:
    """Principals by name."""

    items: list[User]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class KeyView:
    """A workstation's key, without its secret."""

    id: str
    name: str
    trial: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class KeyPage:
    """Keys by the name of the workstation."""

    items: list[KeyView]
    next_cursor: str | None


def view_grants(connection: Connection, caller: Caller, page: AskedPage) -> GrantPage:
    """Every grant; for a trial manager, those that hold in its trials."""
    query = GRANTS
    if Role.ADMINISTRATOR not in caller.roles:
        query = query.where(_in_trials_of(caller))
    rows, following = rows_of(connection, query, (principals.c.name, grants.c.id), page)
    return GrantPage(items=list(map(view_of_grant, rows)), next_cursor=following)


def view_grant(connection: Connection, grant_id: str) -> GrantView:
    """One grant."""
    return view_of_grant(connection.execute(GRANTS.where(grants.c.id == grant_id)).one())


def view_users(connection: Connection, page: AskedPage) -> UserPage:
    """Every principal with its grants."""
    order = (principals.c.name, principals.c.id)
    rows, following = rows_of(connection, _USERS, order, page)
    theirs = GRANTS.where(grants.c.principal_id.in_([row.id for row in rows]))
    granted = connection.execute(theirs.order_by(grants.c.created_at, grants.c.id)).all()
    return UserPage(items=[_user(row, granted) for row in rows], next_cursor=following)


def view_keys(connection: Connection, page: AskedPage) -> KeyPage:
    """Every key, those that have ended included."""
    rows, following = rows_of(connection, KEYS, (principals.c.name, tokens.c.id), page)
    return KeyPage(items=list(map(view_of_key, rows)), next_cursor=following)


def every_user(connection: Connection) -> list[User]:
    """Every principal by name, for whoever works on the machine."""
    rows = connection.execute(_USERS.order_by(principals.c.name)).all()
    granted = connection.execute(GRANTS.order_by(grants.c.created_at, grants.c.id)).all()
    return [_user(row, granted) for row in rows]


def every_grant(connection: Connection) -> list[GrantView]:
    """Every grant by the name of the principal, oldest first."""
    ordered = GRANTS.order_by(principals.c.name, grants.c.created_at, grants.c.id)
    return list(map(view_of_grant, connection.execute(ordered)))


def every_key(connection: Connection) -> list[KeyView]:
    """Every key by the name of the workstation, oldest first."""
    ordered = KEYS.order_by(principals.c.name, tokens.c.created_at, tokens.c.id)
    return list(map(view_of_key, connection.execute(ordered)))


def view_of_key(row: Row[Any]) -> KeyView:
    """A row of `KEYS`."""
    return KeyView(
        id=row.id,
        name=row.name,
        trial=row.trial_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


def view_of_grant(row: Row[Any]) -> GrantView:
    """A row of `GRANTS`."""
    return GrantView(
        id=row.id,
        principal=row.name,
        role=Role(row.role),
        trial=row.trial_id,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        reason=row.reason,
        granted_at=row.created_at,
        granted_by=row.granted_by,
        revoked_at=row.revoked_at,
        revoked_by=row.revoker,
    )


def _in_trials_of(caller: Caller) -> ColumnElement[bool]:
    """Which grants hold in a trial that the caller manages, those for every trial included."""
    managed = {g.trial_id for g in caller.grants if g.role is Role.TRIAL_MANAGER}
    everywhere = grants.c.trial_id.is_(None)
    return true() if None in managed else or_(everywhere, grants.c.trial_id.in_(managed))


def _user(row: Row[Any], granted: Iterable[Row[Any]]) -> User:
    return User(
        id=row.id,
        name=row.name,
        full_name=row.full_name,
        issuer=row.issuer,
        subject=row.subject,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        has_password=row.login is not None,
        has_codes=row.totp_secret is not None,
        locked_until=row.locked_until,
        grants=[view_of_grant(grant) for grant in granted if grant.principal_id == row.id],
    )
