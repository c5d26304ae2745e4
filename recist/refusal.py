"""What cannot be read or contradicts itself: where it is and what is wrong with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: the path to it from the value that was refused, and a sentence."""

    at: tuple[str | int, ...]
    says: str


class Refused(ValueError):
    """A value that says of itself that it cannot be."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{'/'.join(map(str, f.at))}: {f.says}" for f in faults))
        self.faults = faults
