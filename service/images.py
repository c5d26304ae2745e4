"""Between uploaded DICOM series and their rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from imaging import Flag, Instance
from imaging.series.acquisition import Acquisition
from service import clock
from service.access import own_subject, unblinds
from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.comparability import written
from service.idempotency import Answer
from service.ids import new_id
from service.multipart import Arrived
from service.pages import AskedPage, rows_of
from service.problems import Unprocessable
from service.tables import instances, series, subjects


class FileStatus(StrEnum):
    """What became of an uploaded file."""

    STORED = "STORED"
    DUPLICATE = "DUPLICATE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """What became of one file, by the name that its sender gave it; where refused, why."""

    name: str
    status: FileStatus
    code: str | None = None
    says: str | None = None


@dataclass(frozen=True, kw_only=True)
class Series:
    """A stored series: how many instances it has, and what is doubtful about its geometry."""

    id: str
    series_uid: str
    modality: str
    instances: int
    flags: list[Flag]


@dataclass(frozen=True, kw_only=True)
class Upload:
    """The series that an upload belongs to, and every file in the order of the upload."""

    series: list[Series]
    files: list[UploadedFile]


@dataclass(frozen=True, kw_only=True)
class SeriesPage:
    """Series of a subject by their UID."""

    items: list[Series]
    next_cursor: str | None


UPLOAD = TypeAdapter(Upload)
SERIES_PAGE = TypeAdapter(SeriesPage)
FILES = TypeAdapter(list[UploadedFile])


@dataclass(frozen=True)
class Known:
    """What was stored of the series and instances that an upload meets."""

    series: Mapping[str, Row[Any]]
    """By Series Instance UID, those of the trial's other subjects among them."""
    digests: Mapping[str, str]
    """SHA-256 by SOP Instance UID, of this subject."""
    members: Mapping[str, Sequence[str]]
    """SHA-256 of each instance by Series Instance UID, of this subject."""


@dataclass(frozen=True)
class Addition:
    """What an upload adds to one series: nothing where it brings duplicates alone."""

    files: Sequence[tuple[Arrived, Instance]]
    flags: Sequence[Flag]
    """Of the series as a whole, with what is added."""
    acquisition: Acquisition | None
    """Likewise; None where nothing is added, or a mask."""


@dataclass(frozen=True)
class Intake:
    """An upload that was sorted by what was known, its new files kept in the data folder."""

    found: Sequence[Instance]
    known: Known
    files: Sequence[UploadedFile]
    additions: Mapping[str, Addition]
    """By Series Instance UID."""


class Overtaken(Exception):
    """Something was stored since an upload was sorted, so that it must be sorted again."""


_WITH_COUNT = select(
    series,
    select(func.count())
    .where(instances.c.series_id == series.c.id)
    .scalar_subquery()
    .label("instances"),
)


def admit(connection: Connection, caller: Caller, subject_id: str) -> None:
    """Refuse, before its body is read, an upload that this caller may not make."""
    own_subject(connection, caller, subject_id, "uploadSeries")


def known_of(
    connection: Connection, caller: Caller, subject_id: str, found: Sequence[Instance]
) -> Known:
    """Look up what is stored of the series and the instances of an upload."""
    subject = own_subject(connection, caller, subject_id, "uploadSeries")
    series_uids = {instance.series_uid for instance in found}
    met = connection.execute(
        select(series)
        .join(subjects)
        .where(subjects.c.trial_id == subject.trial_id, series.c.series_uid.in_(series_uids))
    )
    of_series = series.c.series_uid.in_(series_uids)
    same = instances.c.sop_instance_uid.in_({instance.sop_instance_uid for instance in found})
    rows = connection.execute(
        select(series.c.series_uid, instances.c.sop_instance_uid, instances.c.sha256)
        .select_from(instances.join(series))
        .where(series.c.subject_id == subject.id, or_(of_series, same))
        .order_by(instances.c.sop_instance_uid)
    ).all()
    members: dict[str, list[str]] = {}
    for row in rows:
        members.setdefault(row.series_uid, []).append(row.sha256)
    return Known(
        {row.series_uid: row for row in met},
        {row.sop_instance_uid: row.sha256 for row in rows},
        members,
    )


def record(connection: Connection, caller: Caller, subject_id: str, intake: Intake) -> Answer:
    """Store what an upload adds, whole or not at all.

    Raises Unprocessable, with every file, where none was kept, and Overtaken where the upload must
    be sorted anew.
    """
    if known_of(connection, caller, subject_id, intake.found) != intake.known:
        raise Overtaken
    if not intake.additions:
        raise Unprocessable(
            f"None of {len(intake.files)} files was kept; `files` says why of each.",
            files=FILES.dump_python(list(intake.files), mode="json"),
        )
    try:
        with connection.begin_nested():
            stored = [
                _stored(connection, caller, subject_id, intake, uid) for uid in intake.additions
            ]
    except IntegrityError:  # another process stored the same at the same time
        raise Overtaken from None
    subject = own_subject(connection, caller, subject_id, "uploadSeries")
    for found in stored:
        enter(connection, caller, _event(caller, subject, found, intake))
    return Answer(201, UPLOAD.dump_json(Upload(series=stored, files=list(intake.files))))


def _event(caller: Caller, subject: Row[Any], found: Series, intake: Intake) -> Event:
    """What was stored of one series, its files by their digests: a name may name a person."""
    added = [file.sha256 for file, _ in intake.additions[found.series_uid].files]
    return Event(
        action=Action.CREATED,
        record="series",
        record_id=found.id,
        trial_id=subject.trial_id,
        subject_id=subject.id,
        reader=caller.reads_as(subject.trial_id),
        new={"series_uid": found.series_uid, "modality": found.modality, "sha256": added},
    )


def view_all(connection: Connection, caller: Caller, subject_id: str, page: AskedPage) -> Answer:
    """Look at the series of a subject."""
    subject = own_subject(connection, caller, subject_id, "listSeries")
    query = _WITH_COUNT.where(
        series.c.subject_id == subject.id, ~unblinds(caller, subject.trial_id)
    )
    rows, following = rows_of(connection, query, (series.c.series_uid,), page)
    items = [_series(row, row.instances, flags_of(row)) for row in rows]
    return Answer(200, SERIES_PAGE.dump_json(SeriesPage(items=items, next_cursor=following)))


def flags_of(row: Row[Any]) -> list[Flag]:
    """The flags that are stored with a series."""
    return [Flag(**flag) for flag in json.loads(row.flags)]


def _stored(
    connection: Connection, caller: Caller, subject_id: str, intake: Intake, uid: str
) -> Series:
    """Store what is added to one series, which may be new itself."""
    addition, row = intake.additions[uid], intake.known.series.get(uid)
    judged = _judged(addition)
    if row is None:
        new = _series_row(addition.files[0][1], subject_id, caller) | judged
        row = connection.execute(insert(series).returning(series), new).one()
    elif addition.files:
        connection.execute(update(series).where(series.c.id == row.id).values(judged))
    if addition.files:
        rows = [_instance_row(row.id, *each) for each in addition.files]
        connection.execute(insert(instances), rows)
    count = len(intake.known.members.get(uid, ())) + len(addition.files)
    return _series(row, count, addition.flags)


def _judged(addition: Addition) -> dict[str, str | None]:
    """What is kept of a series as a whole, and changes with what is added to it."""
    flags = json.dumps([asdict(flag) for flag in addition.flags])
    return {"flags": flags, "acquisition": written(addition.acquisition)}


def _series(row: Row[Any], count: int, flags: Sequence[Flag]) -> Series:
    return Series(
        id=row.id,
        series_uid=row.series_uid,
        modality=row.modality,
        instances=count,
        flags=list(flags),
    )


def _series_row(first: Instance, subject_id: str, caller: Caller) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subject_id": subject_id,
        "series_uid": first.series_uid,
        "study_uid": first.study_uid,
        "modality": first.modality,
        "kind": first.kind,
        "created_at": clock.now(),
        "created_by": caller.principal_id,
    }


def _instance_row(series_id: str, file: Arrived, instance: Instance) -> dict[str, Any]:
    return {
        "id": new_id(),
        "series_id": series_id,
        "sop_instance_uid": instance.sop_instance_uid,
        "sha256": file.sha256,
        "size": file.size,
        "name": file.name,
        "created_at": clock.now(),
    }
