"""What a file says in words: its character set, and one line of it that is safe to print."""

from collections.abc import Sequence

from pydicom.charset import convert_encodings, decode_bytes, python_encoding

LIMIT = 1024
"""Characters kept; the longest text that DICOM bounds at all has ten times as many."""
_DELIMITERS = set(b"\r\n\f\t")
"""After each the first character set holds again (PS3.5 6.1.2.5.3)."""


def line(written: object, limit: int = LIMIT) -> str:
    """Give printable characters alone, runs of anything else as one space; "" for None."""
    if written is None:
        return ""
    shown = (mark if mark.isprintable() else " " for mark in str(written)[: 4 * limit])
    return " ".join("".join(shown).split())[:limit]


def encodings(character_set: bytes) -> Sequence[str]:
    """Python's names of a Specific Character Set (0008,0005); the default for unknown ones."""
    names = (name.strip() for name in character_set.decode("ascii", "replace").split("\\"))
    return convert_encodings([name if name in python_encoding else "" for name in names])


def decoded(written: bytes, names: Sequence[str]) -> str:
    """A value of a character set, as one line; what cannot be decoded is replaced."""
    try:
        return line(decode_bytes(written.strip(b" \0"), names, _DELIMITERS))
    except (LookupError, ValueError):
        return line(written.strip(b" \0").decode("ascii", "replace"))
