"""What a trial lays down of its reading: how readers are reconciled, what is asked of them."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import TypeAdapter


class Reconciliation(StrEnum):
    """How a difference between independent readers is settled."""

    ADJUDICATION = "ADJUDICATION"
    CONSENSUS = "CONSENSUS"


class Corrections(StrEnum):
    """Whether a reader may correct a signed read at any time, or once it was reopened."""

    FREE = "FREE"
    REOPENED = "REOPENED"


class Reveal(StrEnum):
    """When a reader may see what the others have signed of a subject."""

    NEVER = "NEVER"
    WHEN_COMPARED = "WHEN_COMPARED"
    WHEN_ACCEPTED = "WHEN_ACCEPTED"


@dataclass(frozen=True, kw_only=True)
class Charter:
    """What an imaging charter lays down; each member has its default unless it is set."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    reconciliation: Reconciliation | None = None
    """ADJUDICATION unless set. By CONSENSUS all readers endorse the same timeline."""
    corrections: Corrections | None = None
    """FREE unless set."""
    reveal: Reveal | None = None
    """NEVER unless set. WHEN_COMPARED: once all readers have signed as many time points."""
    adjudicator_reads: bool | None = None
    """Whether an adjudicator may read anew, instead of endorsing a reader; false unless set."""
    reauthenticate: bool | None = None
    """Whether every signature asks again who signs; where a person logs in, it always does."""
    reason_for_change: bool | None = None
    """Whether a change of what was said of a subject needs its reason; false unless set."""

    def given(self) -> dict[str, Any]:
        """The members that are set, as JSON has them."""
        return {name: value for name, value in asdict(self).items() if value is not None}


CHARTER = TypeAdapter(Charter)
DEFAULTS = Charter(
    reconciliation=Reconciliation.ADJUDICATION,
    corrections=Corrections.FREE,
    reveal=Reveal.NEVER,
    adjudicator_reads=False,
    reauthenticate=False,
    reason_for_change=False,
)


@lru_cache(maxsize=256)
def charter_of(content: str) -> Charter:
    """The charter that is stored with a trial, with the default of each member not set."""
    return Charter(**{**asdict(DEFAULTS), **CHARTER.validate_json(content).given()})
