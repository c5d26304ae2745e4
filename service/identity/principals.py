"""Principals: who there is, by which name, and whom an identity provider knows as whom."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from service import clock
from service.audit.events import Action, Event, enter
from service.callers import Caller, TokenKind
from service.ids import new_id
from service.problems import Conflict, NotFound, Unprocessable
from service.tables import principals, tokens

LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user: its name here, its name on paper, and whom an identity provider calls it."""

    name: str
    full_name: str
    issuer: str | None = None
    subject: str | None = None


def refused(member: str, detail: str) -> Unprocessable:
    """What is said of a member that cannot be."""
    return Unprocessable(detail, errors=[{"pointer": f"/{member}", "detail": detail}])


def check_name(name: str, member: str = "name") -> None:
    """Raise Unprocessable for what is no name."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise refused(member, f"A name has 1 to {LONGEST_NAME} printable characters.")


def principal_named(connection: Connection, by: Caller, name: str) -> str:
    """The id of the principal of this name, locked until the commit, or of a new one."""
    check_name(name)
    known = _locked(connection, name)
    return known.id if known else _made(connection, by, {"name": name})


def known_principal(connection: Connection, name: str) -> Row[Any]:
    """The principal of this name, locked until the commit; NotFound where there is none."""
    if (known := _locked(connection, name)) is None:
        raise NotFound(f"There is no principal {name!r}. `recist user list` shows those there are.")
    return known


def enrol(connection: Connection, by: Caller, person: Person) -> str:
    """Make a user, or one of a principal that so far had tokens alone; its id.

    Raises Unprocessable for what is no name, and Conflict where the name or the subject at the
    issuer is another user's.
    """
    check_name(person.name)
    check_name(person.full_name, "full_name")
    told = {"full_name": person.full_name, "issuer": person.issuer, "subject": person.subject}
    known = _locked(connection, person.name)
    try:
        if known is None:
            return _made(connection, by, {"name": person.name, **told})
        return _completed(connection, by, known, told)
    except IntegrityError:
        raise Conflict(f"{person.subject!r} of {person.issuer} is enrolled already.") from None


def disable(connection: Connection, by: Caller, name: str, reason: str) -> None:
    """Shut a principal out, whatever token it has; its sessions end for good."""
    known = known_principal(connection, name)
    now = clock.now()
    if known.disabled_at is not None:
        raise Conflict(f"{name!r} is disabled already.")
    connection.execute(
        update(tokens)
        .where(tokens.c.principal_id == known.id, tokens.c.kind == TokenKind.SESSION)
        .where(tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    _change(connection, by, known, {"disabled_at": now}, reason)


def enable(connection: Connection, by: Caller, name: str, reason: str) -> None:
    """Let a principal in again."""
    known = known_principal(connection, name)
    if known.disabled_at is None:
        raise Conflict(f"{name!r} is not disabled.")
    _change(connection, by, known, {"disabled_at": None}, reason)


def _locked(connection: Connection, name: str) -> Row[Any] | None:
    query = select(principals).where(principals.c.name == name).with_for_update()
    return connection.execute(query).one_or_none()


def _made(connection: Connection, by: Caller, members: dict[str, Any]) -> str:
    made = {"id": new_id(), **members, "created_at": clock.now()}
    connection.execute(insert(principals), made)
    told = {name: value for name, value in members.items() if value is not None}
    event = Event(action=Action.CREATED, record="principal", record_id=made["id"], new=told)
    enter(connection, by, event)
    return str(made["id"])


def _completed(connection: Connection, by: Caller, known: Row[Any], members: dict[str, Any]) -> str:
    if known.full_name is not None:
        raise Conflict(f"There is a user {known.name!r} already.")
    _change(connection, by, known, members, None)
    return str(known.id)


def _change(
    connection: Connection, by: Caller, known: Row[Any], to: dict[str, Any], reason: str | None
) -> None:
    changed = {name: value for name, value in to.items() if getattr(known, name) != value}
    connection.execute(update(principals).where(principals.c.id == known.id).values(**changed))
    event = Event(
        action=Action.CHANGED,
        record="principal",
        record_id=known.id,
        old={name: getattr(known, name) for name in changed},
        new=changed,
        reason=reason,
    )
    enter(connection, by, event)
