"""How much those whom nobody knows may add to the audit trail."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

MOST_A_MINUTE = 30
MINUTE_SECONDS = 60.0


class Strangers:
    """Lets so many entries a minute pass, and counts those that it leaves out."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._began = clock()
        self._entered = 0
        self._left_out = 0

    def admit(self) -> dict[str, int] | None:
        """What to add to the entry: how many were left out before it; None to leave it out."""
        with self._lock:
            if (now := self._clock()) - self._began >= MINUTE_SECONDS:
                self._began, self._entered = now, 0
            if self._entered >= MOST_A_MINUTE:
                self._left_out += 1
                return None
            self._entered += 1
            missing, self._left_out = self._left_out, 0
            return {"left_out_before": missing} if missing else {}
