"""What a caller may touch: the only door from an id to a row."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, false, or_, select

from recist.refusal import Fault
from service.callers import Caller
from service.documents import unprocessable
from service.problems import Forbidden, NotFound, Unprocessable
from service.roles import OPEN_TO, READERS, Role
from service.tables import grants, measurements, reads, series, subjects, trials

IMAGE = "IMAGE"
"""The kind of a series of images; what is of another was drawn."""
JUDGES = READERS | {Role.ADJUDICATOR}
BLINDED = READERS | {Role.WORKSTATION}
"""These are shown nothing that another reader has drawn: a reader sits at a workstation."""

_TRIAL = select(trials).where(trials.c.id == bindparam("id"))

_SUBJECT_COLUMNS = (
    *subjects.c,
    trials.c.name.label("trial_name"),
    trials.c.criteria,
    trials.c.protocol,
    trials.c.readers,
    trials.c.compartments,
    trials.c.adjudicate_on,
    trials.c.charter,
)

SUBJECTS = select(*_SUBJECT_COLUMNS).select_from(
    subjects.join(trials, subjects.c.trial_id == trials.c.id)
)
_SUBJECT = SUBJECTS.where(subjects.c.id == bindparam("id"))
_SUBJECTS_OF = SUBJECTS.where(trials.c.id == bindparam("id")).order_by(subjects.c.code)

_READ = (
    select(reads, subjects.c.trial_id, trials.c.charter)
    .select_from(reads.join(subjects).join(trials, subjects.c.trial_id == trials.c.id))
    .where(reads.c.id == bindparam("id"))
)


def _holders(roles: Iterable[Role], trial_id: str | ColumnElement[str]) -> Select[str]:
    """The principals that have, or had, one of these roles in a trial."""
    return select(grants.c.principal_id).where(
        grants.c.role.in_(roles),
        or_(grants.c.trial_id.is_(None), grants.c.trial_id == trial_id),
    )


# Who has made it is asked with what it is, so that it costs as much where nobody has.
_SERIES = (
    select(
        series,
        subjects.c.trial_id,
        series.c.created_by.in_(_holders(READERS, subjects.c.trial_id)).label("by_reader"),
    )
    .select_from(series.join(subjects, series.c.subject_id == subjects.c.id))
    .where(series.c.id == bindparam("id"))
)

_MEASUREMENT = (
    select(
        measurements,
        series.c.subject_id,
        subjects.c.trial_id,
        measurements.c.principal_id.in_(_holders(JUDGES, subjects.c.trial_id)).label("by_judge"),
    )
    .select_from(
        measurements.join(series, measurements.c.series_id == series.c.id).join(
            subjects, series.c.subject_id == subjects.c.id
        )
    )
    .where(measurements.c.id == bindparam("id"))
)


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


def subjects_of(connection: Connection, trial_id: str) -> Sequence[Row[Any]]:
    """The subjects of a trial that the caller may use, each as `own_subject` gives it, by code."""
    return connection.execute(_SUBJECTS_OF, {"id": trial_id}).all()


def own_read(connection: Connection, caller: Caller, read_id: str, operation: str) -> Row[Any]:
    """A signed read that this caller may use, with `trial_id` and `charter` beside its columns.

    A reader's are its own.
    """
    found = _only(connection, _READ, read_id, "read")
    _admit(caller, found.trial_id, operation, "read")
    if caller.roles_in(found.trial_id) & READERS and found.principal_id != caller.principal_id:
        raise absent("read")
    return found


def own_series(connection: Connection, caller: Caller, series_id: str, operation: str) -> Row[Any]:
    """A series that this caller may use, with `trial_id` beside its own columns."""
    found = _only(connection, _SERIES, series_id, "series")
    _admit(caller, found.trial_id, operation, "series")
    is_drawn = found.kind != IMAGE and found.by_reader and found.created_by != caller.principal_id
    if is_drawn and caller.roles_in(found.trial_id) & BLINDED:
        raise absent("series")
    return found


def own_measurement(
    connection: Connection, caller: Caller, measurement_id: str, operation: str
) -> Row[Any]:
    """A measurement that this caller may use, with `subject_id` and `trial_id` beside its columns.

    A reader's are its own, and those that neither another reader nor an adjudicator has made; a
    workstation's are the latter.
    """
    found = _only(connection, _MEASUREMENT, measurement_id, "measurement")
    _admit(caller, found.trial_id, operation, "measurement")
    is_anothers = found.by_judge and found.principal_id != caller.principal_id
    if is_anothers and caller.roles_in(found.trial_id) & BLINDED:
        raise absent("measurement")
    return found


def unblinds(caller: Caller, trial_id: str) -> ColumnElement[bool]:
    """Whether a row of `series` would show this caller what another, a reader, has drawn."""
    if not caller.roles_in(trial_id) & BLINDED:
        return false()
    return (
        (series.c.kind != IMAGE)
        & (series.c.created_by != caller.principal_id)
        & series.c.created_by.in_(_holders(READERS, trial_id))
    )


def _only(connection: Connection, query: Select[Any], id_: str, noun: str) -> Row[Any]:
    row = connection.execute(query, {"id": id_}).one_or_none()
    if row is None:
        raise absent(noun)
    return row


def _admit(caller: Caller, trial_id: str, operation: str, noun: str) -> None:
    roles = caller.roles_in(trial_id)
    if not roles:
        raise absent(noun)
    if not roles & OPEN_TO[operation]:
        raise Forbidden(f"In this trial, {operation} needs {_listed(OPEN_TO[operation])}.")


def absent(noun: str) -> NotFound:
    """The same words whether it is absent or not the caller's, so that they tell nothing."""
    unknown = NotFound(f"There is no such {noun}, or it is not yours. Check its id.")
    unknown.denies = True
    return unknown


def unknown(at: tuple[str | int, ...], says: str) -> Unprocessable:
    """An id in a body that leads to nothing, or to what is not the caller's."""
    found = unprocessable([Fault(at, says)])
    found.denies = True
    return found


def _listed(roles: Iterable[Role]) -> str:
    return " or ".join(sorted(roles))
