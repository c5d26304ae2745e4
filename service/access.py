"""Who is asking and what they may touch: the only door from a token or an id to a row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    false,
    insert,
    or_,
    select,
)

from service.problems import Conflict, Forbidden, NotFound, Unprocessable
from service.roles import OPEN_TO, READERS, Role
from service.tables import grants, measurements, principals, series, subjects, tokens, trials

LONGEST_NAME = 200
LONGEST_DAYS = 365
SECRET_BYTES = 32


@dataclass(frozen=True)
class Grant:
    """A role in one trial, or in every trial where none is named."""

    role: Role
    trial_id: str | None

    def holds_in(self, trial_id: str | None) -> bool:
        """Whether this grant and one in that trial (None: in all of them) ever meet."""
        return self.trial_id is None or trial_id is None or self.trial_id == trial_id


@dataclass(frozen=True)
class Caller:
    """A principal whose token was good, with what was granted to it."""

    principal_id: str
    name: str
    grants: tuple[Grant, ...]

    @property
    def roles(self) -> frozenset[Role]:
        """The roles it has anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def roles_in(self, trial_id: str) -> frozenset[Role]:
        """The roles it has in one trial."""
        return frozenset(grant.role for grant in self.grants if grant.holds_in(trial_id))


_CALLER = (
    select(principals.c.id, principals.c.name, grants.c.role, grants.c.trial_id)
    .select_from(
        tokens.join(principals).outerjoin(
            grants, (grants.c.principal_id == principals.c.id) & grants.c.revoked_at.is_(None)
        )
    )
    .where(
        tokens.c.sha256 == bindparam("sha256"),
        tokens.c.revoked_at.is_(None),
        or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > bindparam("now")),
    )
)

_TRIAL = select(trials).where(trials.c.id == bindparam("id"))

_SUBJECT_COLUMNS = (
    *subjects.c,
    trials.c.name.label("trial_name"),
    trials.c.criteria,
    trials.c.protocol,
    trials.c.readers,
    trials.c.compartments,
    trials.c.adjudicate_on,
)

_SUBJECT = (
    select(*_SUBJECT_COLUMNS)
    .select_from(subjects.join(trials, subjects.c.trial_id == trials.c.id))
    .where(subjects.c.id == bindparam("id"))
)

_SERIES = (
    select(series, subjects.c.trial_id)
    .select_from(series.join(subjects, series.c.subject_id == subjects.c.id))
    .where(series.c.id == bindparam("id"))
)

_MEASUREMENT = (
    select(measurements, series.c.subject_id, subjects.c.trial_id)
    .select_from(
        measurements.join(series, measurements.c.series_id == series.c.id).join(
            subjects, series.c.subject_id == subjects.c.id
        )
    )
    .where(measurements.c.id == bindparam("id"))
)


def digest(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode("ascii", "replace")).hexdigest()


def caller_for(connection: Connection, token: str) -> Caller | None:
    """The principal of a token; None for one that is unknown, expired or revoked."""
    rows = connection.execute(_CALLER, {"sha256": digest(token), "now": datetime.now(UTC)}).all()
    if not rows:
        return None
    held = tuple(Grant(Role(row.role), row.trial_id) for row in rows if row.role)
    return Caller(rows[0].id, rows[0].name, held)


def own_trial(connection: Connection, caller: Caller, trial_id: str, operation: str) -> Row[Any]:
    """A trial that this caller may use for an operation of `OPEN_TO`.

    Raises NotFound where there is none or nothing was granted in it, and Forbidden where
    another role was.
    """
    trial = _only(connection, _TRIAL, trial_id, "trial")
    _admit(caller, trial.id, operation, "trial")
    return trial


def own_subject(
    connection: Connection, caller: Caller, subject_id: str, operation: str
) -> Row[Any]:
    """A subject that this caller may use, with its trial's columns beside its own.

    `trial_name` is the trial's name; the rest are called what they are called in `trials`.
    """
    subject = _only(connection, _SUBJECT, subject_id, "subject")
    _admit(caller, subject.trial_id, operation, "subject")
    return subject


def own_series(connection: Connection, caller: Caller, series_id: str, operation: str) -> Row[Any]:
    """A series that this caller may use, with `trial_id` beside its own columns."""
    found = _only(connection, _SERIES, series_id, "series")
    _admit(caller, found.trial_id, operation, "series")
    hidden = select(series.c.id).where(series.c.id == found.id, unblinds(caller, found.trial_id))
    if connection.execute(hidden).first():
        raise _absent("series")
    return found


def own_measurement(
    connection: Connection, caller: Caller, measurement_id: str, operation: str
) -> Row[Any]:
    """A measurement that this caller may use, with `subject_id` and `trial_id` beside its columns.

    A reader's are its own, and those that neither another reader nor an adjudicator has made.
    """
    found = _only(connection, _MEASUREMENT, measurement_id, "measurement")
    _admit(caller, found.trial_id, operation, "measurement")
    if caller.roles_in(found.trial_id) & READERS and found.principal_id != caller.principal_id:
        judging = _holders(READERS | {Role.ADJUDICATOR}, found.trial_id)
        if connection.execute(judging.where(grants.c.principal_id == found.principal_id)).first():
            raise _absent("measurement")
    return found


def unblinds(caller: Caller, trial_id: str) -> ColumnElement[bool]:
    """Whether a row of `series` would show this caller, a reader, what another has drawn."""
    if not caller.roles_in(trial_id) & READERS:
        return false()
    return (
        (series.c.kind != "IMAGE")
        & (series.c.created_by != caller.principal_id)
        & series.c.created_by.in_(_holders(READERS, trial_id))
    )


def _holders(roles: Iterable[Role], trial_id: str) -> Select[str]:
    """The principals that have, or had, one of these roles in a trial."""
    return select(grants.c.principal_id).where(
        grants.c.role.in_(roles),
        or_(grants.c.trial_id.is_(None), grants.c.trial_id == trial_id),
    )


def _only(connection: Connection, query: Select[Any], id_: str, noun: str) -> Row[Any]:
    row = connection.execute(query, {"id": id_}).one_or_none()
    if row is None:
        raise _absent(noun)
    return row


def _admit(caller: Caller, trial_id: str, operation: str, noun: str) -> None:
    roles = caller.roles_in(trial_id)
    if not roles:
        raise _absent(noun)
    if not roles & OPEN_TO[operation]:
        raise Forbidden(f"In this trial, {operation} needs {_listed(OPEN_TO[operation])}.")


def _absent(noun: str) -> NotFound:
    """The same words whether it is absent or not the caller's, so that they tell nothing."""
    return NotFound(f"There is no such {noun}, or it is not yours. Check its id.")


def _listed(roles: Iterable[Role]) -> str:
    return " or ".join(sorted(roles))


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
    created_by: str | None = None,
) -> Issued:
    """Make a principal, or add a grant to one, and give it a token.

    Raises NotFound for an unknown trial, Unprocessable for what can never be granted, and Conflict
    where the grant would show a reader what another reader signs.
    """
    _check(connection, name, role, trial_id, days)
    principal_id = _principal(connection, name)
    _grant(connection, principal_id, Grant(role, trial_id), created_by)
    return _issue(connection, principal_id, timedelta(days=days))


def bootstrap(connection: Connection) -> str | None:
    """Where there is no principal yet, an administrator's token, good for a day."""
    if connection.execute(select(principals.c.id).limit(1)).first():
        return None
    return new_token(connection, "administrator", Role.ADMINISTRATOR, None, days=1).token


def _check(connection: Connection, name: str, role: Role, trial_id: str | None, days: int) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise _refused("name", f"A name has 1 to {LONGEST_NAME} printable characters.")
    if not 1 <= days <= LONGEST_DAYS:
        raise _refused("days", f"A token is good for 1 to {LONGEST_DAYS} days.")
    if role is Role.ADMINISTRATOR and trial_id is not None:
        raise _refused("trial", "An ADMINISTRATOR is one for every trial: leave the trial out.")
    known = select(trials.c.id).where(trials.c.id == trial_id)
    if trial_id is not None and connection.execute(known).first() is None:
        raise NotFound(f"There is no trial {trial_id!r}. Check its id.")


def _refused(member: str, detail: str) -> Unprocessable:
    return Unprocessable(detail, errors=[{"pointer": f"/{member}", "detail": detail}])


def _principal(connection: Connection, name: str) -> str:
    """The principal of this name, locked until the commit, or a new one."""
    known = select(principals.c.id).where(principals.c.name == name).with_for_update()
    found: str | None = connection.execute(known).scalar_one_or_none()
    if found is None:
        found = uuid4().hex
        made = {"id": found, "name": name, "created_at": datetime.now(UTC)}
        connection.execute(insert(principals), made)
    return found


def _grant(connection: Connection, principal_id: str, new: Grant, created_by: str | None) -> None:
    held = connection.execute(
        select(grants.c.role, grants.c.trial_id).where(
            grants.c.principal_id == principal_id, grants.c.revoked_at.is_(None)
        )
    )
    beside = [Grant(Role(row.role), row.trial_id) for row in held]
    if new in beside:
        return
    _keep_blinded(new, beside)
    connection.execute(
        insert(grants),
        {
            "id": uuid4().hex,
            "principal_id": principal_id,
            "role": new.role,
            "trial_id": new.trial_id,
            "created_at": datetime.now(UTC),
            "created_by": created_by,
        },
    )


def _keep_blinded(new: Grant, held: Iterable[Grant]) -> None:
    """Refuse whatever would let a reader see what others sign; a workstation's role does not."""
    for grant in held:
        roles = {new.role, grant.role}
        harmless = len(roles) == 1 or not roles & READERS or Role.WORKSTATION in roles
        if new.holds_in(grant.trial_id) and not harmless:
            raise Conflict(
                f"This principal is {grant.role} there, and a reader must stay blinded:"
                f" give {new.role} to a principal of another name."
            )


def _issue(connection: Connection, principal_id: str, life: timedelta) -> Issued:
    token_id = uuid4().hex
    token = f"rcst_{token_id}_{token_urlsafe(SECRET_BYTES)}"
    now = datetime.now(UTC)
    connection.execute(
        insert(tokens),
        {
            "id": token_id,
            "principal_id": principal_id,
            "sha256": digest(token),
            "created_at": now,
            "expires_at": now + life,
        },
    )
    return Issued(token_id, principal_id, token, now + life)
