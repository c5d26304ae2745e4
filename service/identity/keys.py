"""API keys of workstations: each bound to one grant, and never able to sign."""

from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from service import clock
from service.audit.events import Action, Event, enter
from service.callers import Caller, Grant, TokenKind
from service.identity.grants import check_grant, held
from service.identity.principals import check_name, principal_named
from service.identity.revoking import check_reason
from service.identity.tokens import Issued, issue, life_of
from service.problems import Conflict, NotFound
from service.roles import Role
from service.tables import grants, principals, tokens

KEYS: Select[Any] = (
    select(
        *(tokens.c[name] for name in ("id", "created_at", "expires_at", "revoked_at")),
        principals.c.name,
        grants.c.trial_id,
    )
    .select_from(tokens.join(principals).join(grants, tokens.c.grant_id == grants.c.id))
    .where(tokens.c.kind == TokenKind.KEY)
)
"""Every key, without its secret."""


def new_key(connection: Connection, name: str, trial_id: str, *, days: int, by: Caller) -> Issued:
    """Give a workstation a key for one trial, in which it is WORKSTATION and nothing else.

    Raises NotFound for an unknown trial, and Unprocessable for a name or a time that cannot be.
    """
    check_name(name)
    life = life_of(days)
    bound_to = Grant(Role.WORKSTATION, trial_id)
    check_grant(connection, bound_to)
    principal_id = principal_named(connection, by, name)
    grant_id = held(connection, principal_id, bound_to, by)
    return issue(connection, principal_id, life, by, kind=TokenKind.KEY, grant_id=grant_id)


def revoke_key(connection: Connection, key_id: str, by: Caller, reason: str) -> Row[Any]:
    """End a key at once, with the reason; NotFound, or Conflict where it was revoked before."""
    check_reason(reason)
    one = KEYS.where(tokens.c.id == key_id)
    known = connection.execute(one).one_or_none()
    if known is None:
        raise NotFound("There is no such key. Check its id.")
    lasting = update(tokens).where(tokens.c.id == key_id, tokens.c.revoked_at.is_(None))
    revoked_at = clock.now()
    if not connection.execute(lasting.values(revoked_at=revoked_at)).rowcount:
        raise Conflict("This key was revoked before.")
    event = Event(
        action=Action.REVOKED,
        record="token",
        record_id=key_id,
        trial_id=known.trial_id,
        new={"kind": TokenKind.KEY, "revoked_at": revoked_at},
        reason=reason,
    )
    enter(connection, by, event)
    return connection.execute(one).one()
