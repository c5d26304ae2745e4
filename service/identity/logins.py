"""Local users: a password, one-time codes, and a lock after too many failures."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from service import clock
from service.audit.events import Action, Event, enter
from service.callers import NOBODY, Caller
from service.identity.codes import step_of
from service.identity.principals import known_principal
from service.identity.strangers import Strangers
from service.problems import Conflict, NotFound
from service.tables import logins, principals

_LOGIN = (
    select(logins, principals.c.name, principals.c.full_name)
    .select_from(logins.join(principals))
    .where(principals.c.disabled_at.is_(None))
)


@dataclass(frozen=True, kw_only=True)
class Locking:
    """After how many failures in a row a login is locked, and for how long."""

    after: int
    lasts: timedelta


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What somebody says to be let in, and the hash that the password was compared with."""

    name: str
    code: str | None = field(repr=False)
    compared_with: str | None = field(repr=False)
    """None where no such user was known."""
    right: bool
    """Whether the password was that of the hash."""


def login_of(connection: Connection, name: str) -> Row[Any] | None:
    """The login of a user who is not disabled."""
    return connection.execute(_LOGIN.where(principals.c.name == name)).one_or_none()


def settle(
    connection: Connection,
    attempt: Attempt,
    by: Caller,
    locking: Locking,
    strangers: Strangers,
    *,
    coded: bool = False,
) -> Row[Any] | None:
    """The login that an attempt opens; None where it opens none, which is counted and kept.

    A code is taken once. A login that is locked is opened by nothing. `coded` asks for a code even
    where the login has none.
    """
    query = _LOGIN.where(principals.c.name == attempt.name).with_for_update(of=logins)
    login = connection.execute(query).one_or_none()
    now = clock.now()
    if login is None or _is_locked(login, now):
        _fail_unseen(connection, by, login, strangers)
        return None
    right = attempt.right and login.password_hash == attempt.compared_with
    code = _code(login, attempt.code, now, coded=coded)
    if right and code.good:
        taken = {"failures": 0, "locked_until": None, "code_step": code.step}
        connection.execute(_of(login.principal_id).values(**taken))
        return login
    if right and code.taken:
        _enter(connection, by, login, Action.LOGIN_FAILED, {"why": "CODE_TAKEN"})
    else:
        _fail(connection, by, login, locking, now)
    return None


def add_login(
    connection: Connection, by: Caller, principal_id: str, password_hash: str, secret: str | None
) -> None:
    """Give a principal a password, and one-time codes where there is a secret for them."""
    row = {
        "principal_id": principal_id,
        "password_hash": password_hash,
        "totp_secret": secret,
        "failures": 0,
        "changed_at": clock.now(),
    }
    connection.execute(insert(logins), row)
    told = {"one_time_codes": secret is not None}
    event = Event(action=Action.CREATED, record="login", record_id=principal_id, new=told)
    enter(connection, by, event)


def give_login(
    connection: Connection,
    by: Caller,
    principal_id: str,
    *,
    password_hash: str,
    secret: str | None,
) -> None:
    """Give a principal a password, or another one; codes too where there is a secret for them."""
    known = select(logins.c.principal_id).where(logins.c.principal_id == principal_id)
    if connection.execute(known).first() is None:
        add_login(connection, by, principal_id, password_hash, secret)
    else:
        change_login(connection, by, principal_id, password_hash=password_hash, secret=secret)


def change_login(
    connection: Connection,
    by: Caller,
    principal_id: str,
    *,
    password_hash: str,
    secret: str | None = None,
) -> None:
    """Change a password, and the secret of the one-time codes where one is given."""
    change: dict[str, Any] = {"password_hash": password_hash, "changed_at": clock.now()}
    told: dict[str, Any] = {"password": "changed"}
    if secret is not None:
        change |= {"totp_secret": secret, "code_step": None}
        told |= {"one_time_codes": "changed"}
    connection.execute(_of(principal_id).values(**change))
    event = Event(action=Action.CHANGED, record="login", record_id=principal_id, new=told)
    enter(connection, by, event)


def unlock(connection: Connection, by: Caller, name: str, reason: str) -> None:
    """Open a login before its time; NotFound where there is none, Conflict where it is open."""
    login = login_named(connection, name)
    if login.locked_until is None and not login.failures:
        raise Conflict(f"The login of {name!r} is not locked.")
    connection.execute(_of(login.principal_id).values(failures=0, locked_until=None))
    event = Event(
        action=Action.CHANGED,
        record="login",
        record_id=login.principal_id,
        old={"failures": login.failures, "locked_until": login.locked_until},
        new={"failures": 0, "locked_until": None},
        reason=reason,
    )
    enter(connection, by, event)


def login_named(connection: Connection, name: str) -> Row[Any]:
    """The login of a principal; NotFound where it has none, or there is no such principal."""
    principal_id = known_principal(connection, name).id
    found = select(logins).where(logins.c.principal_id == principal_id)
    if (login := connection.execute(found).one_or_none()) is None:
        raise NotFound(f"{name!r} has no password: give one by `recist user password`.")
    return login


def _is_locked(login: Row[Any], now: datetime) -> bool:
    return login.locked_until is not None and login.locked_until > now


@dataclass(frozen=True)
class _Code:
    """What became of a code: the last time step taken after it, and whether it is good."""

    step: int | None
    good: bool
    taken: bool = False
    """Right, but not for the first time."""


def _code(login: Row[Any], sent: str | None, now: datetime, *, coded: bool) -> _Code:
    last = login.code_step
    if login.totp_secret is None:
        return _Code(last, good=not coded)
    step = step_of(login.totp_secret, sent or "", now)
    if step is None:
        return _Code(last, good=False)
    taken = last is not None and step <= last
    return _Code(step, good=not taken, taken=taken)


def _fail(
    connection: Connection, by: Caller, login: Row[Any], locking: Locking, now: datetime
) -> None:
    failures = 1 if login.locked_until else login.failures + 1
    locked_until = now + locking.lasts if failures >= locking.after else None
    change = _of(login.principal_id).values(failures=failures, locked_until=locked_until)
    connection.execute(change)
    _enter(connection, by, login, Action.LOGIN_FAILED, {"failures": failures})
    if locked_until:
        _enter(connection, by, login, Action.LOCKED, {"locked_until": locked_until})


def _fail_unseen(
    connection: Connection, by: Caller, login: Row[Any] | None, strangers: Strangers
) -> None:
    """Keep the failure of nobody, or of a login that is locked, as far as there is room."""
    if (told := strangers.admit()) is None:
        return
    why = "UNKNOWN" if login is None else "LOCKED"
    _enter(connection, by, login, Action.LOGIN_FAILED, {"why": why, **told})


def _enter(
    connection: Connection, by: Caller, login: Row[Any] | None, action: Action, new: dict[str, Any]
) -> None:
    whose = None if login is None else login.principal_id
    enter(connection, by, Event(action=action, record="login", record_id=whose, new=new))


def _of(principal_id: str) -> Any:
    return update(logins).where(logins.c.principal_id == principal_id)


def asking(request_id: str) -> Caller:
    """Nobody, in one request: who it is turns out once a login opens."""
    return Caller(NOBODY.principal_id, NOBODY.name, (), request_id)
