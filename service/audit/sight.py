"""Which entries of the audit trail a caller may see: none that could unblind."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from sqlalchemy import ColumnElement, false, or_, true

from service.callers import Caller
from service.roles import INDEPENDENT, Role
from service.tables import events


class Sight(StrEnum):
    """How far a role sees: its trials, what is not clinical, or what the caller has done itself."""

    TRIALS = "TRIALS"
    ADMINISTRATION = "ADMINISTRATION"
    OWN = "OWN"


# A role that is not here sees nothing.
SEES: Mapping[Role, Sight] = {
    Role.AUDITOR: Sight.TRIALS,
    Role.MONITOR: Sight.TRIALS,
    Role.TRIAL_MANAGER: Sight.TRIALS,
    Role.ADMINISTRATOR: Sight.ADMINISTRATION,
    Role.ADJUDICATOR: Sight.OWN,
    Role.SITE_READER: Sight.OWN,
    **dict.fromkeys(INDEPENDENT, Sight.OWN),
}

ADMINISTRATIVE = frozenset({"principal", "grant", "token", "login", "route"})
"""The nouns of records that hold nothing clinical; `route` is what was denied."""


def visible(caller: Caller) -> ColumnElement[bool]:
    """The entries that a caller may see."""
    return or_(false(), *_seen(caller))


def is_blinded(caller: Caller) -> bool:
    """Whether a caller reads or adjudicates anywhere.

    It is told neither the number of an entry nor its seal: both depend on what others have done.
    """
    return any(SEES.get(role) is Sight.OWN for role in caller.roles)


def _seen(caller: Caller) -> Iterator[ColumnElement[bool]]:
    blinded_in = {g.trial_id for g in caller.grants if SEES.get(g.role) is Sight.OWN}
    if blinded_in:
        yield events.c.principal_id == caller.principal_id
    for grant in caller.grants:
        match SEES.get(grant.role):
            case Sight.ADMINISTRATION:
                yield events.c.record.in_(sorted(ADMINISTRATIVE))
            case Sight.TRIALS if None not in blinded_in:
                yield _of(grant.trial_id, blinded_in)


def _of(trial_id: str | None, blinded_in: set[str | None]) -> ColumnElement[bool]:
    """The entries of a trial, or of all, but for those in which the caller is blinded."""
    if trial_id is None:
        apart = sorted(filter(None, blinded_in))
        return events.c.trial_id.not_in(apart) if apart else true()
    return false() if trial_id in blinded_in else events.c.trial_id == trial_id
