"""How long a compressed CT series takes to load, beside its decoder alone and beside pydicom."""

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder

from imaging import load
from imaging.dicom.codecs import RLE, of_rle
from imaging.dicom.pixels import DECODERS
from imaging.phantom import Ellipsoid, phantom, write

SLICES, SIDE, ROUNDS = 60, 512, 3
Pixels = NDArray[np.int16]


def _rle(pixels: Pixels) -> bytes:
    return RLELosslessEncoder.encode(
        pixels.tobytes(),
        encoding_plugin="pydicom",
        rows=SIDE,
        columns=SIDE,
        samples_per_pixel=1,
        bits_allocated=16,
        bits_stored=16,
        pixel_representation=1,
        photometric_interpretation="MONOCHROME2",
        number_of_frames=1,
    )


_jpeg_2000 = partial(imagecodecs.jpeg2k_encode, level=0, reversible=True, codecformat="j2k")
_from_jpeg_2000 = partial(imagecodecs.jpeg2k_decode, numthreads=1)
CASES: dict[str, tuple[str, Callable[[Pixels], bytes], Callable[[bytes], object]]] = {
    "RLE": (RLE, _rle, lambda f: of_rle(f, np.dtype("<i2"), SIDE, SIDE)),
    "JPEG lossless": (
        "1.2.840.10008.1.2.4.70",
        lambda pixels: imagecodecs.jpeg8_encode(
            pixels.view(np.uint16), lossless=True, bitspersample=16
        ),
        imagecodecs.jpeg8_decode,
    ),
    "JPEG-LS": (
        "1.2.840.10008.1.2.4.80",
        lambda pixels: imagecodecs.jpegls_encode(pixels.view(np.uint16)),
        imagecodecs.jpegls_decode,
    ),
    "JPEG 2000": ("1.2.840.10008.1.2.4.90", _jpeg_2000, _from_jpeg_2000),
    "HTJ2K": (
        "1.2.840.10008.1.2.4.201",
        partial(imagecodecs.htj2k_encode, reversible=True),
        _from_jpeg_2000,
    ),
}


def run() -> list[str]:
    """Make each series, load it in turn by us, the decoder and pydicom; lines to print."""
    images = _images()
    lines = [f"{SLICES} slices of {SIDE} x {SIDE} on up to {DECODERS} cores:"]
    for name, (syntax, encode, decode) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            frames = _make(Path(folder), images, syntax, encode)
            lines.append(_compared(name, Path(folder), frames, decode))
    return lines


def _images() -> list[tuple[Dataset, Pixels]]:
    """A body in air, with noise as a CT has it."""
    body = Ellipsoid((205.0, 205.0, 75.0), (170.0, 120.0, 900.0), 40.0)
    with tempfile.TemporaryDirectory() as folder:
        volume = phantom([body], size=(SLICES, SIDE, SIDE), noise=12.0)
        write(volume, Path(folder), patient_id="BENCH", study_date=date(2024, 1, 1))
        images = [dcmread(path) for path in Path(folder).iterdir()]
    return [(image, image.pixel_array) for image in images]


def _make(
    folder: Path,
    images: list[tuple[Dataset, Pixels]],
    syntax: str,
    encode: Callable[[Pixels], bytes],
) -> list[bytes]:
    frames = [bytes(encode(pixels)) for _, pixels in images]
    for number, (frame, (image, _)) in enumerate(zip(frames, images, strict=True)):
        image.file_meta.TransferSyntaxUID = syntax
        image.PixelData = encapsulate([frame])
        image["PixelData"].is_undefined_length = True
        image.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
    return frames


def _compared(
    name: str, folder: Path, frames: list[bytes], decode: Callable[[bytes], object]
) -> str:
    tasks: list[Callable[[], object]] = [
        lambda: load(folder),
        lambda: [decode(frame) for frame in frames],
    ]
    if textbook := _textbook(folder):
        tasks.append(textbook)
    (ours, worked), (bare, decoding), *theirs = _in_turn(tasks)
    found = [
        f"  {name}: {ours:.0f} ms, the decoder alone on one core {bare:.0f} ms",
        f"share of the time {ours / bare:.2f}, of the work {worked / decoding:.2f}",
        "pydicom has no decoder here",
    ]
    if theirs:
        time_ = theirs[0][0]
        found[-1] = f"pydicom {time_:.0f} ms, {time_ / ours:.1f} times as long"
    return "; ".join(found)


def _textbook(folder: Path) -> Callable[[], object] | None:
    """What every introduction to pydicom does, where a decoder for it is installed."""

    def read() -> object:
        with warnings.catch_warnings(action="ignore"):
            return np.stack([dcmread(path).pixel_array for path in sorted(folder.iterdir())])

    try:
        dcmread(next(folder.iterdir())).pixel_array  # noqa: B018 -- whether it can be had
    except RuntimeError:  # there is none
        return None
    return read


def _in_turn(tasks: list[Callable[[], object]]) -> list[tuple[float, float]]:
    """Milliseconds of each task on the clock and on all processors, the median of some rounds."""
    rounds = [[_once(task) for task in tasks] for _ in range(ROUNDS)]
    columns = [zip(*times, strict=True) for times in zip(*rounds, strict=True)]
    return [(statistics.median(clock), statistics.median(cpu)) for clock, cpu in columns]


def _once(task: Callable[[], object]) -> tuple[float, float]:
    start, worked = time.perf_counter(), time.process_time()
    task()
    return (time.perf_counter() - start) * 1000, (time.process_time() - worked) * 1000
