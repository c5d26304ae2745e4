"""What a text that people read must be: printable, neither empty nor endless."""

from collections.abc import Iterator

from recist.refusal import Fault

LONGEST_CODE = 64
LONGEST_NAME = 200
LONGEST_REASON = 2000


def text_faults(at: tuple[str | int, ...], text: str, longest: int) -> Iterator[Fault]:
    """What is wrong with a text of one line, if anything is."""
    if not text.strip() or len(text) > longest or not text.isprintable():
        yield Fault(at, f"must have 1 to {longest} printable characters")
