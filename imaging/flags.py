"""What is doubted about an image or a measurement, and what is refused, each by name."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
    """A doubt that is carried along with what it is about and never blocks it."""

    code: str
    says: str


class Refused(Exception):
    """What is not done, by name; `says` tells what is wrong, where, and what to do.

    `members` are facts a program may act on, such as the UIDs to choose from.
    """

    def __init__(self, code: str, says: str, members: Mapping[str, object] | None = None) -> None:
        super().__init__(code, says, members)
        self.code = code
        self.says = says
        self.members: dict[str, object] = dict(members or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.says}"
