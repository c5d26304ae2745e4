"""How long a CT series takes to load, beside SimpleITK's series reader."""

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
from imaging.elements import read
from imaging.headers import WANTED
from imaging.phantom import phantom, write

SLICES, SIDE, ELEMENTS, ROUNDS = 300, 512, 125, 5
STEP = 1.25


def run() -> list[str]:
    """Make the series, load it by both readers in turn, page cache warm; lines to print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder)
        ours, theirs = _in_turn(lambda: load(folder), lambda: _simpleitk(folder))
        headers = _time(lambda: [read(path, WANTED) for path in folder.iterdir()])
        limit = _time(lambda: _bytes(folder))
    size = f"{SLICES} slices of {SIDE} x {SIDE}, {ELEMENTS} elements a header"
    each = headers / SLICES * 1000
    return [
        f"load {size}: {ours:.0f} ms, SimpleITK {theirs:.0f} ms, share {ours / theirs:.2f}",
        f"  of which headers {each:.0f} us a slice; reading the bytes alone {limit:.0f} ms",
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


def _in_turn(*tasks: Callable[[], object]) -> list[float]:
    rounds = [[_once(task) for task in tasks] for _ in range(ROUNDS)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def _time(task: Callable[[], object]) -> float:
    (median,) = _in_turn(task)
    return median


def _once(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
