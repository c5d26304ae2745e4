"""An upload of DICOM files, from its first byte to its rows."""

import asyncio
import json
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from weakref import WeakValueDictionary

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.responses import Response

from imaging import Flag, Instance, Refused, inspect, series_flags
from service import images
from service.db import Database
from service.images import Addition, Intake, Known, Overtaken
from service.multipart import Arrived, receive
from service.objects import Objects
from service.problems import Unavailable
from service.sorting import Sorting
from service.writes import WriteUnit

ATTEMPTS = 5
TURNS: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
"""By subject: uploads for one come one after the other, so that none has to be sorted again."""

Inspected = Sequence[tuple[Arrived, Instance | Refused]]

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
            inspected = await run_sync(_inspected, files)
            async with TURNS.setdefault(subject_id, asyncio.Lock()):
                return await _store(inspected, subject_id, database, objects, write)
    except OSError as failure:
        logger.exception("An upload could not be written")
        raise Unavailable("The files cannot be stored now. Send them again later.") from failure


async def _store(
    inspected: Inspected, subject_id: str, database: Database, objects: Objects, write: WriteUnit
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
        intake = await run_sync(taken_in, inspected, subject_id, known, objects)
        unit = partial(images.record, caller=caller, subject_id=subject_id, intake=intake)
        try:
            return await write(unit, body_sha256=digest)
        except Overtaken:
            continue
    raise Unavailable("Other uploads for this subject are under way. Send this one again shortly.")


def _inspected(files: Iterable[Arrived]) -> Inspected:
    return [(file, _instance_or_refusal(file.path)) for file in files]


def _instance_or_refusal(path: Path) -> Instance | Refused:
    try:
        return inspect(path)
    except Refused as refusal:
        return refusal


def _digest(files: Iterable[Arrived]) -> str:
    """What an Idempotency-Key stands for: two bodies differ in their boundaries at least."""
    return sha256(json.dumps([(file.name, file.sha256) for file in files]).encode()).hexdigest()


def taken_in(inspected: Inspected, subject_id: str, known: Known, objects: Objects) -> Intake:
    sorting = Sorting(subject_id, known)
    for file, found in inspected:
        sorting.take(file, found)
    new = sorting.new
    objects.keep((file.path, file.sha256) for files in new.values() for file, _ in files)
    additions = {
        uid: Addition(files, _flags(uid, known, objects, files)) for uid, files in new.items()
    }
    return Intake(_instances(inspected), known, sorting.files, additions)


def _instances(inspected: Inspected) -> list[Instance]:
    return [found for _, found in inspected if isinstance(found, Instance)]


def _flags(
    uid: str, known: Known, objects: Objects, new: Sequence[tuple[Arrived, Instance]]
) -> Sequence[Flag]:
    """What is doubtful about a series as a whole, once the new files belong to it."""
    if not new:
        return images.flags_of(known.series[uid])
    stored = [inspect(objects.path(digest)) for digest in known.members.get(uid, ())]
    return series_flags([*stored, *(instance for _, instance in new)])
