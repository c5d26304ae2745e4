"""A simulated series stored as an upload is, and read back from what was stored."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from imaging import Volume, inspect, load
from imaging.phantom import write
from service import images
from service.callers import Caller
from service.demo.disease import Illness
from service.demo.pixels import series
from service.multipart import Arrived
from service.objects import Objects
from service.uploads import taken_in


def scanned(
    connection: Connection,
    caller: Caller,
    subject_id: str,
    objects: Objects,
    illness: Illness,
    scan: int,
) -> Volume:
    """Write one scan's series as DICOM files, store them with the subject, and load them again."""
    volume, code = series(illness, scan), illness.participant.code
    with objects.staging() as folder:
        write(volume, Path(folder), patient_id=code, study_date=illness.scans[scan])
        files = [(file, inspect(file.path)) for file in _arrived(Path(folder))]
        known = images.known_of(connection, caller, subject_id, [found for _, found in files])
        intake = taken_in(files, subject_id, known, objects)
        images.record(connection, caller, subject_id, intake)
    return load(objects.path(file.sha256) for file, _ in files)


def _arrived(folder: Path) -> Iterator[Arrived]:
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        yield Arrived(path.name, path, sha256(content).hexdigest(), len(content))
