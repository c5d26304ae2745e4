"""An upload of DICOM files, from its first byte to its rows."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from weakref import WeakValueDictionary

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.responses import Response

from imaging import Flag, Instance, Refused, inspect, series_flags
from imaging.limits import READING
from imaging.series.acquisition import Acquisition, acquisition
from service import images
from service.db import Database
from service.images import Addition, Intake, Known, Overtaken
from service.multipart import Arrived, receive
from service.objects import Objects
from service.problems import Unavailable
from service.processes import Processes
from service.sorting import Sorting
from service.writes import WriteUnit

ATTEMPTS = 5
TURNS: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
"""By subject: uploads for one come one after the other, so that none has to be sorted again."""

Inspected = Sequence[tuple[Arrived, Instance | Refused]]
Judgement = tuple[Sequence[Flag], Acquisition | None]
Judge = Callable[[Sequence[Path], Sequence[Instance]], Judgement]

logger = logging.getLogger(__name__)


async def upload(request: Request, subject_id: str, write: WriteUnit) -> Response:
    """Take the files of a request in; who may not send them is refused before they are read.

    Raises what `multipart.receive` and `images.record` do, and Unavailable.
    """
    database: Database = request.app.state.database
    objects = Objects(request.app.state.settings.folder)
    await database.read(partial(images.admit, caller=write.caller, subject_id=subject_id))
    try:
        with objects.staging() as folder:
            content_type = request.headers.get("Content-Type")
            files = await receive(request.stream(), content_type, Path(folder))
            processes: Processes = request.app.state.processes
            inspected = await run_sync(_inspected, files, processes)
            take_in = partial(
                taken_in,
                inspected,
                subject_id,
                objects=objects,
                judge=lambda stored, new: processes.wait_for(judged, stored, new),
            )
            async with TURNS.setdefault(subject_id, asyncio.Lock()):
                return await _store(inspected, subject_id, database, take_in, write)
    except OSError as failure:
        logger.exception("An upload could not be written")
        raise Unavailable("The files cannot be stored now. Send them again later.") from failure


async def _store(
    inspected: Inspected,
    subject_id: str,
    database: Database,
    take_in: Callable[[Known], Intake],
    write: WriteUnit,
) -> Response:
    """Sort the files by what is stored, keep the new ones, then write the rows.

    Another process may store something meanwhile: the rows are written by what the files were
    sorted by, or the files are sorted again.
    """
    caller, digest = write.caller, _digest(file for file, _ in inspected)
    found = _instances(inspected)
    for _ in range(ATTEMPTS):
        look = partial(images.known_of, caller=caller, subject_id=subject_id, found=found)
        known = await database.read(look)
        intake = await run_sync(take_in, known)
        unit = partial(images.record, caller=caller, subject_id=subject_id, intake=intake)
        try:
            return await write(unit, body_sha256=digest)
        except Overtaken:
            continue
    raise Unavailable("Other uploads for this subject are under way. Send this one again shortly.")


def _inspected(files: Iterable[Arrived], processes: Processes) -> Inspected:
    return [(file, _instance_or_refusal(file.path, processes)) for file in files]


def _instance_or_refusal(path: Path, processes: Processes) -> Instance | Refused:
    try:
        return processes.wait_for(inspect, path, limits=READING)
    except Refused as refusal:
        return refusal


def _digest(files: Iterable[Arrived]) -> str:
    """What an Idempotency-Key stands for: two bodies differ in their boundaries at least."""
    return sha256(json.dumps([(file.name, file.sha256) for file in files]).encode()).hexdigest()


def judged(stored: Sequence[Path], new: Sequence[Instance]) -> Judgement:
    """What is doubtful about the series of these files and instances, and how it was acquired."""
    instances = [*map(inspect, stored), *new]
    return series_flags(instances), acquisition(instances)


def taken_in(
    inspected: Inspected,
    subject_id: str,
    known: Known,
    objects: Objects,
    judge: Judge = judged,
) -> Intake:
    """Sort the files and keep the new ones; who does not trust them has their series judged apart.

    Raises what `judge` does: Refused where a stored file can no longer be read.
    """
    sorting = Sorting(subject_id, known)
    for file, found in inspected:
        sorting.take(file, found)
    new = sorting.new
    objects.keep((file.path, file.sha256) for files in new.values() for file, _ in files)
    additions = {uid: _addition(uid, files, known, objects, judge) for uid, files in new.items()}
    return Intake(_instances(inspected), known, sorting.files, additions)


def _instances(inspected: Inspected) -> list[Instance]:
    return [found for _, found in inspected if isinstance(found, Instance)]


def _addition(
    uid: str,
    new: Sequence[tuple[Arrived, Instance]],
    known: Known,
    objects: Objects,
    judge: Judge,
) -> Addition:
    """What comes to a series, with what is doubtful about it as a whole once it has come."""
    if not new:
        return Addition(new, images.flags_of(known.series[uid]), None)
    stored = [objects.path(digest) for digest in known.members.get(uid, ())]
    kept = [found._replace(source=objects.path(file.sha256)) for file, found in new]
    return Addition(new, *judge(stored, kept))
