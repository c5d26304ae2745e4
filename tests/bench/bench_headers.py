"""How many instances a second are indexed by their headers, beside pydicom without pixels.

In time of the processor, so that what else runs on the machine does not count.
"""

import io
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import generate_uid

from imaging import inspect
from imaging.phantom import phantom, write

INSTANCES, BY_PYDICOM, SIDE, ELEMENTS, ROUNDS = 10_000, 500, 64, 125, 5
POSITION, UID = "0\\0\\00000.5", generate_uid(entropy_srcs=["headers"])[:-6] + "100000"


def run() -> list[str]:
    """Make the files, read them by both in turn, page cache warm, one core; lines to print."""
    with tempfile.TemporaryDirectory() as name:
        paths = _made(Path(name))
        rounds = [(_rate(_ours, paths), _rate(_theirs, paths[:BY_PYDICOM])) for _ in range(ROUNDS)]
    ours, theirs = zip(*rounds, strict=True)
    as_many = [a / b for a, b in rounds]
    return [
        f"headers of {INSTANCES} instances, {ELEMENTS} elements each: {_told(ours)} a second",
        f"  pydicom {_told(theirs)}, so {_told(as_many, 1)} times as many",
    ]


def _told(rates: Sequence[float], digits: int = 0) -> str:
    low, middle, high = (f(rates) for f in (min, statistics.median, max))
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _made(folder: Path) -> list[Path]:
    """Instances of one series, each of its own identity and place."""
    template = _template(folder)
    paths = [folder / f"{n}.dcm" for n in range(INSTANCES)]
    for n, path in enumerate(paths):
        file = template.replace(UID.encode(), f"{UID[:-6]}{100_000 + n}".encode())
        path.write_bytes(file.replace(POSITION.encode(), f"0\\0\\{n:05}.5".encode()))
    return paths


def _template(folder: Path) -> bytes:
    made = phantom([], size=(1, SIDE, SIDE))
    write(made, folder / "template", patient_id="BENCH", study_date=date(2024, 1, 1))
    (path,) = (folder / "template").iterdir()
    image = dcmread(path)
    block = image.private_block(0x0009, "BENCHMARK", create=True)
    for offset in range(ELEMENTS - len(image)):
        block.add_new(offset, "LO", f"value {offset}")
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = UID
    image.ImagePositionPatient = POSITION.split("\\")
    file = io.BytesIO()
    image.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _ours(path: Path) -> None:
    inspect(path)


def _theirs(path: Path) -> None:
    dcmread(path, stop_before_pixels=True)


def _rate(read: Callable[[Path], None], paths: list[Path]) -> float:
    """Instances a second."""
    start = time.process_time()
    for path in paths:
        read(path)
    return len(paths) / (time.process_time() - start)


def main() -> None:
    print("\n".join(run()))


if __name__ == "__main__":
    main()
