"""What a short value was read as, kept for the next file that has the same: a series repeats."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

KEPT = 1024
"""Values that are kept for each way of reading them."""
SHORT = 256
"""Bytes or characters up to which a value is kept: that bounds the memory, whatever files say."""

Written = TypeVar("Written", bytes, str)
Read = TypeVar("Read")


def recalled(read: Callable[[Written], Read]) -> Callable[[Written], Read]:
    """Call `read` once for each value that comes again; what it raises is not kept."""
    kept = lru_cache(maxsize=KEPT)(read)

    @wraps(read)
    def recall(written: Written) -> Read:
        return kept(written) if len(written) <= SHORT else read(written)

    return recall
