"""The files of a multipart body, each written to a folder while it comes (RFC 7578)."""

import re
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from anyio.to_thread import run_sync
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from recist.refusal import Fault
from service.documents import unprocessable
from service.problems import BadRequest, PayloadTooLarge, UnsupportedMediaType

FIELD = "files"
MEDIA_TYPE = "multipart/form-data"
MOST_FILES = 10_000
LONGEST_NAME = 255
LONGEST_HEADER = 64 * 1024
PREAMBLE = 128
"""Bytes before DICM (PS3.10 7.1) that may be a program or a page: they are kept as zeros."""
UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\U0010ffff]")


@dataclass(frozen=True)
class Arrived:
    """One file of an upload: what its sender calls it, and where it lies for now."""

    name: str
    path: Path
    sha256: str
    """Of what lies there, which is what was sent but for the preamble."""
    size: int


async def receive(
    body: AsyncIterable[bytes], content_type: str | None, folder: Path
) -> list[Arrived]:
    """Write the files of a body to a folder, in their order, under names of our own.

    Raises UnsupportedMediaType, BadRequest, PayloadTooLarge for too many files, and Unprocessable
    for a part that is no file of the field `files`, or where there is none.
    """
    reception = _Reception(_boundary(content_type), folder)
    try:
        async for chunk in body:
            await run_sync(reception.write, chunk)
        return reception.end()
    finally:
        reception.close()


class _Reception:
    """What has come of a body so far."""

    def __init__(self, boundary: bytes, folder: Path) -> None:
        self._folder = folder
        self._arrived: list[Arrived] = []
        self._ended = False
        self._header = self._value = b""
        self._disposition = b""
        self._file: IO[bytes] | None = None
        self._digest = sha256()
        callbacks: dict[str, Callable[..., Any]] = {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_comes,
            "on_header_value": self._value_comes,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._file_begins,
            "on_part_data": self._content_comes,
            "on_part_end": self._file_ends,
            "on_end": self._body_ends,
        }
        try:
            self._parser = MultipartParser(
                boundary,
                callbacks,  # type: ignore[arg-type]  # a TypedDict of exactly these
                max_header_size=LONGEST_HEADER,
            )
        except FormParserError as broken:
            raise _malformed(broken) from None

    def write(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as broken:
            raise _malformed(broken) from None

    def end(self) -> list[Arrived]:
        if not self._ended:
            raise BadRequest("The body ends before its last boundary: send it again whole.")
        if not self._arrived:
            raise unprocessable([Fault((FIELD,), "is missing: send at least one file")])
        return self._arrived

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _part_begins(self) -> None:
        self._disposition = b""
        self._header = self._value = b""

    def _header_comes(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _value_comes(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _file_begins(self) -> None:
        _, options = parse_options_header(self._disposition.decode("latin-1"))
        field = options.get(b"name", b"").decode("utf-8", "replace")
        if field != FIELD:
            says = f"is not known here: send each file as a part named {FIELD}"
            raise unprocessable([Fault((field[:LONGEST_NAME],), says)])
        if len(self._arrived) == MOST_FILES:
            raise PayloadTooLarge(f"Send at most {MOST_FILES} files at a time.")
        self._name = _shown(options.get(b"filename", b""))
        self._path = self._folder / str(len(self._arrived))
        self._file = self._path.open("wb", buffering=0)
        self._digest = sha256()
        self._blank = PREAMBLE

    def _content_comes(self, data: bytes, start: int, end: int) -> None:
        assert self._file, "a part has headers before its content"
        part: bytes | memoryview = memoryview(data)[start:end]
        if blank := min(self._blank, len(part)):
            self._blank -= blank
            part = bytes(blank) + part[blank:]
        self._digest.update(part)
        self._file.write(part)

    def _file_ends(self) -> None:
        assert self._file, "a part ends after it has begun"
        size = self._file.tell()
        self._file.close()
        self._arrived.append(Arrived(self._name, self._path, self._digest.hexdigest(), size))

    def _body_ends(self) -> None:
        self._ended = True


def _boundary(content_type: str | None) -> bytes:
    media_type, options = parse_options_header(content_type)
    if media_type.decode("latin-1") != MEDIA_TYPE:
        raise UnsupportedMediaType(f"Send the files as {MEDIA_TYPE}, each in a part named {FIELD}.")
    if not options.get(b"boundary"):
        raise BadRequest("The Content-Type names no boundary between the parts.")
    return options[b"boundary"]


def _malformed(broken: FormParserError) -> BadRequest:
    return BadRequest(f"The body cannot be read as {MEDIA_TYPE}: {broken}")


def _shown(filename: bytes) -> str:
    """The last part of what the sender calls a file, fit to be shown: it is never a path here."""
    name = re.split(r"[/\\]", filename.decode("utf-8", "replace"))[-1]
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", name)[-LONGEST_NAME:] or "unnamed"
