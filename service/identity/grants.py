"""Grants: which role a principal has, in which trial, from when until when, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, insert, or_, select, update

from service import clock
from service.audit.events import Action, Event, enter
from service.callers import Caller, Grant
from service.identity.principals import refused
from service.identity.revoking import check_reason
from service.ids import new_id
from service.problems import Conflict, NotFound
from service.roles import READERS, Role
from service.tables import Instant, grants, trials

NOW = bindparam("now", type_=Instant)
BEGUN = or_(grants.c.begins_at.is_(None), grants.c.begins_at <= NOW)
LASTING = grants.c.revoked_at.is_(None) & or_(grants.c.ends_at.is_(None), grants.c.ends_at > NOW)
IN_FORCE: ColumnElement[bool] = LASTING & BEGUN
"""Which rows of `grants` are grants at the instant that is bound to `now`."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """From when until when a grant holds (None: without an end), and why it was given."""

    begins_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str | None = None


OPEN_ENDED = Term()


def check_grant(connection: Connection, new: Grant) -> None:
    """Raise Unprocessable for what can never be granted, and NotFound for an unknown trial."""
    if new.role is Role.ADMINISTRATOR and new.trial_id is not None:
        raise refused("trial", "An ADMINISTRATOR is one for every trial: leave the trial out.")
    known = select(trials.c.id).where(trials.c.id == new.trial_id)
    if new.trial_id is not None and connection.execute(known).first() is None:
        raise NotFound(f"There is no trial {new.trial_id!r}. Check its id.")


def held(connection: Connection, principal_id: str, new: Grant, by: Caller) -> str:
    """The id of a grant that a principal has now, or is given by this without an end.

    Raises Conflict where it would show a reader what another signs.
    """
    lasting = _lasting(connection, principal_id)
    now = clock.now()
    for row in lasting:
        begun = row.begins_at is None or row.begins_at <= now
        if _of(row) == new and begun and row.ends_at is None:
            return str(row.id)
    _keep_blinded(new, map(_of, lasting))
    return grant(connection, principal_id, new, by)


def add_grant(connection: Connection, principal_id: str, new: Grant, by: Caller, term: Term) -> str:
    """Give a principal a role for a time and a reason; the id of the grant.

    Raises Unprocessable, NotFound, and Conflict where a grant that lasts is the same one or would
    show a reader what another signs.
    """
    check_grant(connection, new)
    _check_term(term)
    lasting = [_of(row) for row in _lasting(connection, principal_id)]
    if new in lasting:
        raise Conflict("The principal holds this grant: revoke it first, to give another like it.")
    _keep_blinded(new, lasting)
    return grant(connection, principal_id, new, by, term)


def grant(
    connection: Connection, principal_id: str, new: Grant, by: Caller, term: Term = OPEN_ENDED
) -> str:
    """Give a principal a role, whatever else it holds; the id of the grant."""
    row = {
        "id": new_id(),
        "principal_id": principal_id,
        "role": new.role,
        "trial_id": new.trial_id,
        "begins_at": term.begins_at,
        "ends_at": term.ends_at,
        "reason": term.reason,
        "created_at": clock.now(),
        "created_by": by.principal_id or None,
    }
    connection.execute(insert(grants), row)
    members = ("principal_id", "role", "begins_at", "ends_at")
    event = Event(
        action=Action.GRANTED,
        record="grant",
        record_id=str(row["id"]),
        trial_id=new.trial_id,
        new={name: row[name] for name in members if row[name] is not None},
        reason=term.reason,
    )
    enter(connection, by, event)
    return str(row["id"])


def revoke_grant(connection: Connection, grant_id: str, by: Caller, reason: str) -> None:
    """End a grant at once, with the reason; NotFound, or Conflict where it was revoked before."""
    check_reason(reason)
    known = connection.execute(
        select(grants).where(grants.c.id == grant_id).with_for_update()
    ).one_or_none()
    if known is None:
        raise NotFound("There is no such grant. Check its id.")
    if known.revoked_at is not None:
        raise Conflict("This grant was revoked before.")
    revoked = {"revoked_at": clock.now(), "revoked_by": by.principal_id or None}
    change = update(grants).where(grants.c.id == grant_id).values(**revoked).returning(grants)
    row = connection.execute(change).one()
    event = Event(
        action=Action.REVOKED,
        record="grant",
        record_id=grant_id,
        trial_id=row.trial_id,
        new={"principal_id": row.principal_id, "role": row.role, "revoked_at": row.revoked_at},
        reason=reason,
    )
    enter(connection, by, event)


def _lasting(connection: Connection, principal_id: str) -> list[Row[Any]]:
    """The grants that a principal has, or will have."""
    query = select(grants).where(grants.c.principal_id == principal_id, LASTING)
    return list(connection.execute(query, {"now": clock.now()}).all())


def _of(row: Row[Any]) -> Grant:
    return Grant(Role(row.role), row.trial_id)


def _check_term(term: Term) -> None:
    check_reason(term.reason or "")
    if term.begins_at and term.ends_at and term.ends_at <= term.begins_at:
        raise refused("ends_at", "A grant ends after it begins.")


def _keep_blinded(new: Grant, beside: Iterable[Grant]) -> None:
    """Refuse whatever would let a reader see what others sign; a workstation's role does not."""
    for other in beside:
        roles = {new.role, other.role}
        harmless = len(roles) == 1 or not roles & READERS or Role.WORKSTATION in roles
        if new.holds_in(other.trial_id) and not harmless:
            raise Conflict(
                f"This principal is {other.role} there, and a reader must stay blinded:"
                f" give {new.role} to a principal of another name."
            )
