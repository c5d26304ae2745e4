"""Files in the data folder, each under the SHA-256 of its content: what is kept stays kept."""

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory


class Objects:
    """The files of one data folder. No name in it comes from outside."""

    def __init__(self, folder: Path) -> None:
        self._kept = folder.absolute() / "objects"
        self._incoming = folder.absolute() / "incoming"

    def path(self, sha256: str) -> Path:
        """Where the content of this digest lies."""
        return self._kept / sha256[:2] / sha256[2:]

    def staging(self) -> "TemporaryDirectory[str]":
        """A folder for files on their way in, on the same file system; it goes with its content."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(dir=self._incoming)

    def keep(self, staged: Iterable[tuple[Path, str]]) -> None:
        """Move staged files, each with its digest, to where they stay; durable on return."""
        folders = {self._kept.parent, self._kept}
        for file, sha256 in staged:
            place = self.path(sha256)
            place.parent.mkdir(parents=True, exist_ok=True)
            if file.exists():  # else it was moved before, and is asked for again
                _synchronise(file)
                file.replace(place)
            folders.add(place.parent)
        for folder in filter(Path.is_dir, folders):
            _synchronise(folder)


def _synchronise(path: Path) -> None:
    """Have the system write what it holds of a file, or of the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
