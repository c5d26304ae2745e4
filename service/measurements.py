"""Between measurements and their rows: what was asked, what was answered, by which engine."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, insert, select

import recist
from imaging import Refused
from imaging.masks.reading import READERS as MASKS
from imaging.measurement import Measurement
from service import clock
from service.access import own_series, unblinds, unknown
from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.documents import unprocessable
from service.idempotency import Answer
from service.ids import new_id
from service.measuring import MaskedLesion, Misplaced, NewMeasurement, Sources
from service.problems import Problem, Refusal
from service.tables import instances, measurements, series

PathOf = Callable[[str], Path]
ASKED = TypeAdapter(NewMeasurement)


@dataclass(frozen=True, kw_only=True)
class StoredMeasurement(Measurement):
    """A measurement as it is kept; a lesion of a mask is named by its number and label."""

    id: str
    series_uid: str
    segment: int | None = None
    roi: int | None = None
    label: str | None = None


def sources(
    connection: Connection, caller: Caller, series_id: str, asked: NewMeasurement, path_of: PathOf
) -> Sources:
    """Find the files to measure on. Raises Unprocessable for a mask that is none."""
    own = own_series(connection, caller, series_id, "measure")
    images = _files(connection, own.id, path_of) if own.kind not in MASKS else []
    mask = _mask_files(connection, caller, own, asked.mask, path_of) if asked.mask else []
    return Sources(images, mask)


def record(
    connection: Connection,
    caller: Caller,
    series_id: str,
    asked: NewMeasurement,
    found: dict[str, Any] | Problem,
) -> Answer:
    """Keep what was found; raises it where it is a problem, of which nothing is kept."""
    own = own_series(connection, caller, series_id, "measure")
    if isinstance(found, Problem):
        raise found
    answer = json.dumps({"id": new_id(), "series_uid": own.series_uid} | found, ensure_ascii=False)
    row = {
        "id": json.loads(answer)["id"],
        "series_id": own.id,
        "request": ASKED.dump_json(asked, exclude_none=True).decode(),
        "answer": answer,
        "engine": recist.__version__,
        "principal_id": caller.principal_id,
        "created_at": clock.now(),
    }
    connection.execute(insert(measurements), row)
    enter(
        connection,
        caller,
        Event(
            action=Action.CREATED,
            record="measurement",
            record_id=row["id"],
            trial_id=own.trial_id,
            subject_id=own.subject_id,
            reader=caller.reads_as(own.trial_id),
            new={name: row[name] for name in ("series_id", "engine", "request")}
            | {"answer_sha256": sha256(answer.encode()).hexdigest()},
        ),
    )
    return Answer(201, answer.encode())


def told(refused: Refused | Misplaced) -> Problem:
    """A refusal of the images, or of what was asked of them, as a problem."""
    if isinstance(refused, Misplaced):
        return unprocessable([recist.Fault(refused.at, refused.says)])
    return Refusal(refused.says, code=refused.code, **refused.members)


def _mask_files(
    connection: Connection, caller: Caller, own: Row[Any], mask: MaskedLesion, path_of: PathOf
) -> list[Path]:
    found = connection.execute(
        select(series.c.id, series.c.kind).where(
            series.c.id == mask.series_id,
            series.c.subject_id == own.subject_id,
            ~unblinds(caller, own.trial_id),
        )
    ).one_or_none()
    if found is None:
        raise unknown(("mask", "series_id"), "is no series of this subject")
    if found.kind not in MASKS:
        says = "is a series of images: name one of a SEG or RTSTRUCT"
        raise unprocessable([recist.Fault(("mask", "series_id"), says)])
    return _files(connection, found.id, path_of)


def _files(connection: Connection, series_id: str, path_of: PathOf) -> list[Path]:
    """The files of a series, in an order that stays the same."""
    query = select(instances.c.sha256).where(instances.c.series_id == series_id)
    digests = connection.execute(query.order_by(instances.c.sop_instance_uid)).scalars()
    return list(map(path_of, digests))
