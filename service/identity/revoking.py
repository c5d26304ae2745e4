"""What ends a grant or a key before its time."""

from dataclasses import dataclass
from typing import ClassVar

from service.identity.principals import refused


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """Why something is revoked."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    reason: str


def check_reason(reason: str) -> None:
    """Raise Unprocessable for what is no reason."""
    if not reason.strip() or "\0" in reason:
        raise refused("reason", "A reason is needed: a sentence that an inspector can read.")
