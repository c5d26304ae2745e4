"""Files made to do harm: each kind is refused by name, in time and in little memory."""

import io
import json
import os
import socket
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from imaging.phantom import phantom, write

CHECKOUT = Path(__file__).parents[2]
LONGEST_SECONDS, MOST_MEMORY = 2.0, 200 << 20
SEG = "1.2.840.10008.5.1.4.1.1.66.4"
Encode = Callable[..., bytes]

WATCH = """
import json, sys, time
from pathlib import Path
from imaging import Refused, inspect, load
from imaging.masks.reading import read_masks

def read(path):
    if inspect(path).kind == "IMAGE":
        load([path])
    else:
        read_masks(path).marked(None)
    return "taken"

def most():
    words = Path("/proc/self/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1]) << 10

for path in map(str.strip, sys.stdin):
    Path("/proc/self/clear_refs").write_text("5")  # the largest need is that of now
    before, start = most(), time.process_time()
    try:
        code = read(path)
    except Refused as refused:
        code = refused.code
    answer = [code, time.process_time() - start, most() - before]
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture(scope="module")
def fate() -> Iterator[Callable[[Path], str]]:
    """What becomes of a file in another process, within the limits of time and memory."""
    command = [sys.executable, "-c", WATCH]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=CHECKOUT, text=True, **pipes) as watch:

        def of(path: Path) -> str:
            watch.stdin.write(f"{path}\n")
            watch.stdin.flush()
            code, seconds, memory = json.loads(watch.stdout.readline())
            assert seconds < LONGEST_SECONDS
            assert memory < MOST_MEMORY
            return str(code)

        yield of


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a small CT image."""
    folder = tmp_path_factory.mktemp("image")
    volume = phantom([], size=(1, 12, 10), seed="hostile")
    write(volume, folder, patient_id="S-001", study_date=date(2024, 3, 1))
    return next(folder.iterdir()).read_bytes()


@pytest.fixture
def written(image: bytes, encoded: Encode) -> Callable[..., bytes]:
    """The file with elements changed, and others put before group 0010, in any syntax."""

    def made(before: bytes = b"", syntax: str = ExplicitVRLittleEndian, **changes: Any) -> bytes:
        dataset = dcmread(io.BytesIO(image))
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.set_original_encoding(None, None)
        dataset["PixelData"].is_undefined_length = syntax in {RLELossless, JPEG2000Lossless}
        whole = encoded(dataset, **changes)
        at = whole.index(b"\x10\x00\x10\x00") if before else 0  # Patient's Name
        return whole[:at] + before + whole[at:]

    return made


def number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, "little")


SQ, UN = (b"\x09\x00\x10\x10" + vr + b"\0\0" for vr in (b"SQ", b"UN"))
NO_END = number(0xFFFFFFFF)
ITEM, ITEM_ENDS = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0" + bytes(4)
SEQUENCE_ENDS = b"\xfe\xff\xdd\xe0" + bytes(4)
NESTING = 180_000
"""Levels in a file of 3.6 MB: twenty bytes take a parser one deeper."""


def undefined_nesting(depth: int, head: bytes = SQ, end: bytes = b"") -> bytes:
    inner = (head + NO_END + ITEM + NO_END) * depth
    return inner + end * depth


def defined_nesting(depth: int, head: bytes = SQ) -> bytes:
    levels = [head + number(20 * n + 8) + ITEM + number(20 * n) for n in reversed(range(depth))]
    return b"".join(levels)


def empty_elements(count: int) -> bytes:
    """Explicit, each of another tag."""
    return b"".join(b"\x09\x00" + number(n % 65536, 2) + b"LO\0\0" for n in range(count))


def sequence(content: bytes) -> bytes:
    return SQ + number(len(content) + 8) + ITEM + number(len(content)) + content


MILLION_ITEMS = (ITEM + bytes(4)) * 1_000_000
MILLION_ELEMENTS = empty_elements(1_000_000)
ENDS = ITEM_ENDS + SEQUENCE_ENDS


@pytest.mark.parametrize(
    ("before", "code"),
    [
        pytest.param(undefined_nesting(NESTING), "TOO_LARGE", id="nested without end"),
        pytest.param(undefined_nesting(NESTING, SQ, ENDS), "TOO_LARGE", id="nested and closed"),
        pytest.param(undefined_nesting(33, SQ, ENDS), "TOO_LARGE", id="one level too deep"),
        pytest.param(undefined_nesting(32, SQ, ENDS), "taken", id="as deep as may be"),
        pytest.param(undefined_nesting(NESTING, UN), "TOO_LARGE", id="nested as unknown"),
        pytest.param(defined_nesting(NESTING), "TOO_LARGE", id="nested with lengths"),
        pytest.param(defined_nesting(NESTING, UN), "TOO_LARGE", id="nested unknown with lengths"),
        pytest.param(defined_nesting(33), "TOO_LARGE", id="one level too deep with lengths"),
        pytest.param(defined_nesting(32), "taken", id="as deep as may be with lengths"),
        pytest.param(MILLION_ELEMENTS, "TOO_LARGE", id="a million elements"),
        pytest.param(sequence(MILLION_ELEMENTS), "TOO_LARGE", id="a million within an item"),
        pytest.param(SQ + NO_END + MILLION_ITEMS, "TOO_LARGE", id="a million items"),
        pytest.param(
            SQ + number(len(MILLION_ITEMS)) + MILLION_ITEMS, "TOO_LARGE", id="items with a length"
        ),
        pytest.param(
            (SQ + number(512) + MILLION_ITEMS[:512]) * 60_000, "TOO_LARGE", id="small sequences"
        ),
        pytest.param(UN + number(0xFFFFFFFE), "TRUNCATED", id="private of 4 GB"),
        pytest.param(SQ + number(0xFFFFFFFE), "TRUNCATED", id="sequence of 4 GB"),
        pytest.param(SQ + NO_END + ITEM + number(1 << 31), "TRUNCATED", id="item of 2 GB"),
        pytest.param(UN + number(5) + b"12345", "taken", id="odd length"),
        pytest.param(
            b"\x09\x00\x10\x10UT\0\0" + NO_END, "UNREADABLE", id="text without a length"
        ),
        pytest.param(
            b"\x09\x00\x10\x10OB\0\0" + NO_END + ITEM + NO_END, "UNREADABLE", id="endless fragment"
        ),
        pytest.param(SQ + NO_END + b"\x08\0\x08\0CS\0\0", "UNREADABLE", id="no item"),
        pytest.param(b"\x09\x00\x10\x10XX\x02\0\0\0", "UNREADABLE", id="unknown VR"),
        pytest.param(
            b"\x28\x00\x10\x00US\x02\x00\x01\x00" + b"\x28\x00\x10\x00US\x02\x00\x0c\x00",
            "UNREADABLE",
            id="rows twice",
        ),
    ],
)  # fmt: skip
def test_headers_made_to_exhaust(fate, written, tmp_path, before: bytes, code: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(written(before))
    assert fate(path) == code


def test_nesting_in_implicit_data(fate, written, tmp_path) -> None:
    level = b"\x09\x00\x10\x10" + NO_END + ITEM + NO_END
    (tmp_path / "file").write_bytes(written(level * 200_000, ImplicitVRLittleEndian))
    assert fate(tmp_path / "file") == "TOO_LARGE"


def bomb(start: bytes, megabytes: int) -> bytes:
    """A private element of that many zeros, deflated."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = engine.compress(UN + number(megabytes << 20)) + engine.flush(zlib.Z_FULL_FLUSH)
    zeros = engine.compress(bytes(1 << 20)) + engine.flush(zlib.Z_FULL_FLUSH)
    return start + head + zeros * megabytes + engine.flush()


@pytest.mark.parametrize("megabytes", [20, 2000])
def test_deflated_bombs(fate, written, tmp_path, megabytes: int) -> None:
    whole = written(syntax=DeflatedExplicitVRLittleEndian, PatientName=None)
    data = 144 + int.from_bytes(whole[140:144], "little")
    (tmp_path / "file").write_bytes(bomb(whole[:data], megabytes))
    assert (tmp_path / "file").stat().st_size < 2200 * megabytes
    assert fate(tmp_path / "file") == "TOO_LARGE"
    (tmp_path / "file").write_bytes(whole[:data] + b"\xff" * 1000)
    assert fate(tmp_path / "file") == "UNREADABLE"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Rows": 65535, "Columns": 65535}, "TOO_LARGE"),
        ({"Rows": 65535, "Columns": 65535, "NumberOfFrames": 2147483647}, "UNREADABLE"),
        ({"NumberOfFrames": 1_000_000_000}, "UNREADABLE"),
        ({"NumberOfFrames": 65536}, "TRUNCATED"),
        ({"Rows": 4000, "Columns": 4000}, "TRUNCATED"),
    ],
)
def test_dimensions_that_lie(fate, written, tmp_path, changes: dict[str, int], code: str) -> None:
    (tmp_path / "file").write_bytes(written(**changes))
    assert fate(tmp_path / "file") == code


@pytest.mark.parametrize(
    ("length", "code"), [(0xFFFFFFFE, "TRUNCATED"), (0xFFFFFFFF, "WRONG_LENGTH"), (0, "TRUNCATED")]
)
def test_a_length_of_the_pixels_that_lies(fate, written, tmp_path, length: int, code: str) -> None:
    whole = written()
    at = whole.index(b"\xe0\x7f\x10\x00OW\0\0") + 8
    (tmp_path / "file").write_bytes(whole[:at] + number(length) + whole[at + 4 :])
    assert fate(tmp_path / "file") == code


RLE = number(1) + number(64) + bytes(56)
NO_TABLE = ITEM + bytes(4)


@pytest.mark.parametrize(
    ("fragments", "code"),
    [
        pytest.param(NO_TABLE + ITEM + number(1 << 31), "TRUNCATED", id="2 GB"),
        pytest.param(NO_TABLE + ITEM + number(64) + RLE, "TRUNCATED", id="no end"),
        pytest.param(NO_TABLE + ITEM + NO_END, "UNREADABLE", id="no length"),
        pytest.param(NO_TABLE + bytes(8), "UNREADABLE", id="no item"),
        pytest.param(NO_TABLE + SEQUENCE_ENDS, "WRONG_LENGTH", id="no fragment"),
        pytest.param(NO_TABLE * 2 + SEQUENCE_ENDS, "CODESTREAM_DIFFERS", id="empty fragment"),
        pytest.param(
            NO_TABLE + ITEM + number(64) + RLE + SEQUENCE_ENDS, "CODESTREAM_DIFFERS", id="short"
        ),
        pytest.param(NO_TABLE * 500_000 + SEQUENCE_ENDS, "TOO_LARGE", id="half a million"),
        pytest.param(
            ITEM + number(8) + number(1 << 30) * 2 + ITEM + number(64) + RLE + SEQUENCE_ENDS,
            "CODESTREAM_DIFFERS",
            id="offsets",
        ),
    ],
)
def test_fragments_that_lie(fate, written, tmp_path, fragments: bytes, code: str) -> None:
    pixels = b"\xe0\x7f\x10\x00OW\0\0" + NO_END
    whole = written(syntax=RLELossless, PixelData=encapsulate([RLE * 8]))
    (tmp_path / "file").write_bytes(whole[: whole.index(pixels) + 12] + fragments)
    assert fate(tmp_path / "file") == code


def test_a_codestream_larger_than_its_image(fate, written, tmp_path) -> None:
    size = (60_000).to_bytes(4, "big") * 2
    siz = b"\xff\x51\x00\x29\x00\x00" + size + bytes(8) + size + bytes(8) + b"\0\1\x0f\1\1"
    stream = b"\xff\x4f" + siz + b"\xff\xd9" + bytes(1)
    whole = written(syntax=JPEG2000Lossless, PixelData=encapsulate([stream]))
    (tmp_path / "file").write_bytes(whole)
    assert fate(tmp_path / "file") == "CODESTREAM_DIFFERS"


def test_masks_are_bounded_where_images_are_not_parsed(fate, written, tmp_path) -> None:
    """A mask is parsed as a whole: what stands behind its pixels counts too."""
    group = b"\xfc\xff\xfc\xffSQ\0\0"
    behind = {
        group + NO_END + MILLION_ITEMS + SEQUENCE_ENDS: "TOO_LARGE",
        group + undefined_nesting(40)[8:]: "TOO_LARGE",
        b"\x30\x30\x10\x10LO\0\0" * 200_000: "TOO_LARGE",
        group + NO_END: "UNREADABLE",
    }
    for after, code in behind.items():
        (tmp_path / "file").write_bytes(written(SOPClassUID=SEG) + after)
        assert fate(tmp_path / "file") == code


def test_meta_information_that_lies(fate, written, tmp_path) -> None:
    whole = written()
    path = tmp_path / "file"
    syntax = whole.index(b"\x02\x00\x10\x00UI")
    ends = syntax + 8 + int.from_bytes(whole[syntax + 6 : syntax + 8], "little")
    large = b"\x02\x00\x02\x01OB\0\0" + number(1 << 16) + bytes(1 << 16)
    fates = {
        whole[:140] + number(7) + whole[144:]: "taken",  # a wrong group length
        whole.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0"): "UNREADABLE",
        whole.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0"): "TRUNCATED",
        whole.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.9.9.9\0"): (
            "UNSUPPORTED_TRANSFER_SYNTAX"
        ),
        whole[:syntax] + whole[ends:]: "UNREADABLE",
        whole[:ends] + large + whole[ends:]: "UNREADABLE",
        whole[:ends] + whole[syntax:ends] + whole[ends:]: "UNREADABLE",  # two transfer syntaxes
        whole[:128]: "NOT_DICOM",
        whole[:132]: "UNREADABLE",
        b"": "NOT_DICOM",
        bytes(4096): "NOT_DICOM",
    }
    for content, code in fates.items():
        path.write_bytes(content)
        assert fate(path) == code


def test_a_directory_of_media_is_no_image(fate, written, tmp_path) -> None:
    record = b"\x04\x00\x20\x12SQ\0\0" + number(16) + ITEM + number(8) + b"\x04\0\x30\x14CS\0\0"
    whole = written(PixelData=None, SOPClassUID="1.2.840.10008.1.3.10")
    at = whole.index(b"\x08\x00\x08\x00CS")
    (tmp_path / "DICOMDIR").write_bytes(whole[:at] + record + whole[at:])
    assert fate(tmp_path / "DICOMDIR") == "NOT_AN_IMAGE"


def test_what_is_no_file(fate, written, tmp_path) -> None:
    file = tmp_path / "file"
    file.write_bytes(written())
    links = {"link": file, "dangling": tmp_path / "nothing", "loop": tmp_path / "loop"}
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
    (tmp_path / "folder").mkdir()
    assert fate(tmp_path / "link") == "taken"
    for name in ("dangling", "loop", "pipe", "socket", "folder", "nothing"):
        assert fate(tmp_path / name) == "UNREADABLE", name
    assert fate(Path("/dev/zero")) == "UNREADABLE"


@pytest.mark.parametrize(
    ("length", "size"), [(900 << 20, (900 << 20) + 4096), (1 << 30, (1 << 30) + 4096)]
)
def test_files_that_are_nearly_nothing_but_long(
    fate, written, tmp_path, length: int, size: int
) -> None:
    path = tmp_path / "file"
    whole = written(UN + number(length))
    path.write_bytes(whole[: whole.index(UN) + 12])
    os.truncate(path, size)  # sparse: it takes no room
    assert fate(path) == "TOO_LARGE"
