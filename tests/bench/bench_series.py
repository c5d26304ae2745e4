"""How long a CT series takes to load, beside SimpleITK's series reader and the bare pixels.

In time of the processor, so that what else runs on the machine does not count.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import SimpleITK
from pydicom import dcmread
from pydicom.uid import generate_uid

from imaging import load
from imaging.phantom import phantom, write

SLICES, SIDE, ELEMENTS, ROUNDS = 300, 512, 125, 7
STEP = 1.25


def run() -> list[str]:
    """Make the series, load it by both readers in turn, page cache warm; lines to print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder)
        ours, limit, theirs = _in_turn(
            lambda: load(folder), lambda: _bytes(folder), lambda: _simpleitk(folder), folder=folder
        )
    size = f"{SLICES} slices of {SIDE} x {SIDE}, {ELEMENTS} elements a header"
    of_theirs, of_limit = _ratio(ours, theirs), _ratio(ours, limit)
    return [
        f"load {size}: {_told(ours)}; SimpleITK {_told(theirs)}; pixels alone {_told(limit)}",
        f"  of SimpleITK {of_theirs} (goal 0.25), of the pixels alone {of_limit} (goal 2.5)",
    ]


def main() -> None:
    print("\n".join(run()))


def _make(folder: Path) -> None:
    """A series like a scanner's: one phantom slice as a template, moved and renumbered."""
    write(
        phantom([], size=(1, SIDE, SIDE)), folder, patient_id="BENCH", study_date=date(2024, 1, 1)
    )
    (first,) = folder.iterdir()
    template = dcmread(first)
    first.unlink()
    block = template.private_block(0x0009, "BENCHMARK", create=True)
    for offset in range(ELEMENTS - len(template)):
        block.add_new(offset, "LO", f"value {offset}")
    pixels = np.random.default_rng(0).integers(0, 2000, (SIDE, SIDE), np.int16)
    for index in range(SLICES):
        template.SOPInstanceUID = generate_uid(entropy_srcs=["benchmark", str(index)])
        template.file_meta.MediaStorageSOPInstanceUID = template.SOPInstanceUID
        template.ImagePositionPatient = [0, 0, index * STEP]
        template.PixelData = np.roll(pixels, index).tobytes()
        template.save_as(folder / f"{index * 7919 % SLICES:04}.dcm", enforce_file_format=True)


def _simpleitk(folder: Path) -> None:
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = reader.Execute()
    assert image.GetSize() == (SIDE, SIDE, SLICES)


def _bytes(folder: Path) -> None:
    """What no reader can do without: the pixels into one array, at offsets known before."""
    stored = np.empty((SLICES, SIDE, SIDE), np.int16)
    for target, path in zip(stored, folder.iterdir(), strict=True):
        with path.open("rb", buffering=0) as file:
            file.seek(path.stat().st_size - target.nbytes)
            file.readinto(target.data)


def _in_turn(*tasks: Callable[[], object], folder: Path) -> list[list[float]]:
    """Ms of each round, by task, after one round that counts for nothing.

    Who first takes memory that SimpleITK gave back pays the kernel ten times the usual price for
    it; so each round begins with pixels that are not counted.
    """
    rounds = []
    for _ in range(ROUNDS + 1):
        _bytes(folder)
        rounds.append([_once(task) for task in tasks])
    return [list(times) for times in zip(*rounds[1:], strict=True)]


def _told(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})"


def _ratio(one: list[float], other: list[float]) -> str:
    """Median and span of the ratios within each round."""
    ratios = [a / b for a, b in zip(one, other, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _once(task: Callable[[], object]) -> float:
    start = time.process_time()
    task()
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    main()
