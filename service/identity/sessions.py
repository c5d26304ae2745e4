"""Sessions: a token for a while to who has logged in, until it logs out."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from service import clock
from service.audit.events import Action, Event, enter
from service.callers import Caller, TokenKind
from service.identity.logins import change_login
from service.identity.tokens import Issued, issue
from service.problems import NotFound
from service.tables import tokens


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A new session, whose token is shown this once."""

    issued: Issued
    name: str
    full_name: str | None


def open_session(
    connection: Connection, login: Row[Any], life: timedelta, request_id: str | None
) -> Opened:
    """Give who has logged in a token for a while."""
    by = Caller(login.principal_id, login.name, (), request_id, TokenKind.SESSION)
    issued = issue(
        connection,
        login.principal_id,
        life,
        by,
        kind=TokenKind.SESSION,
        action=Action.LOGGED_IN,
    )
    return Opened(issued=issued, name=login.name, full_name=login.full_name)


def close_session(connection: Connection, caller: Caller) -> None:
    """Log out. Raises NotFound where the caller came with a token that is no session."""
    if caller.kind is not TokenKind.SESSION or caller.token_id is None:
        raise NotFound("This token is no session: there is nothing to log out of.")
    _end(connection, caller, [caller.token_id])


def change_own_password(
    connection: Connection, login: Row[Any], caller: Caller, password_hash: str
) -> bool:
    """Keep the new password of a caller, and end every session but the one that it came with."""
    change_login(connection, caller, login.principal_id, password_hash=password_hash)
    end_sessions(connection, caller, login.principal_id, but=caller.token_id)
    return True


def end_sessions(
    connection: Connection, by: Caller, principal_id: str, *, but: str | None = None
) -> None:
    """End the sessions of a principal, but for one of them."""
    open_ones = select(tokens.c.id).where(
        tokens.c.principal_id == principal_id,
        tokens.c.kind == TokenKind.SESSION,
        tokens.c.revoked_at.is_(None),
        tokens.c.expires_at > clock.now(),
    )
    ids = connection.execute(open_ones).scalars()
    _end(connection, by, [token_id for token_id in ids if token_id != but])


def _end(connection: Connection, by: Caller, token_ids: list[str]) -> None:
    now = clock.now()
    for token_id in token_ids:
        one = update(tokens).where(tokens.c.id == token_id)
        connection.execute(one.values(revoked_at=now))
        told = {"kind": TokenKind.SESSION, "revoked_at": now}
        event = Event(action=Action.REVOKED, record="token", record_id=token_id, new=told)
        enter(connection, by, event)
