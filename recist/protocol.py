"""The switches that a trial's protocol may set, and what each is when it sets nothing."""

from dataclasses import dataclass
from typing import ClassVar

from recist.refusal import Fault, Refused
from recist.words import Word


class PrPersistence(Word):
    """Whether a PR that drifts above its line stays one (EORTC FAQ, managing PR)."""

    LITERAL = "LITERAL"
    EORTC_FAQ = "EORTC_FAQ"


class DiseaseAfterCr(Word):
    """What disease after a CR means (RECIST 1.1, Table 3, note a)."""

    PD = "PD"
    RECODE_PR = "RECODE_PR"


class RemovedTarget(Word):
    """What a target that was resected or irradiated on study counts for."""

    NE = "NE"
    ZERO = "ZERO"


class Measure(Word):
    """What a lesion counts for."""

    PRODUCT = "PRODUCT"
    LONGEST_DIAMETER = "LONGEST_DIAMETER"


class PdReference(Word):
    """What the rise to PD is measured from."""

    NADIR = "NADIR"
    BASELINE = "BASELINE"


class PdScope(Word):
    """Whether one lesion, or their sum, must grow to PD."""

    PER_LESION = "PER_LESION"
    SUM = "SUM"


class IcpdReference(Word):
    """Which unconfirmed progression a further growth is measured from."""

    ANY_PRIOR_IUPD = "ANY_PRIOR_IUPD"
    LAST_READ = "LAST_READ"


class BorAlgorithm(Word):
    """How the best overall response is derived."""

    RECIST_TABLE_3 = "RECIST_TABLE_3"
    ADMIRAL = "ADMIRAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Every switch with the value that decides; criteria may have defaults of their own."""

    confirm: bool = True
    confirm_min_days: int = 28
    sd_min_days: int = 42
    max_ne_between: int = 1
    accept_sd_between: bool = False
    pr_persistence: PrPersistence = PrPersistence.LITERAL
    disease_after_cr: DiseaseAfterCr = DiseaseAfterCr.PD
    removed_target: RemovedTarget = RemovedTarget.NE
    measure: Measure = Measure.PRODUCT
    pd_reference: PdReference = PdReference.NADIR
    pd_scope: PdScope = PdScope.PER_LESION
    icpd_reference: IcpdReference = IcpdReference.ANY_PRIOR_IUPD
    icpd_max_days: int | None = None
    baseline_max_age_days: int = 28
    bor_algorithm: BorAlgorithm = BorAlgorithm.RECIST_TABLE_3
    missing_as_ne: bool = False
    ne_is_attended: bool = False


MEANINGS = {
    "confirm": "CR and PR need a second look",
    "confirm_min_days": "days from a response to the read that confirms it",
    "sd_min_days": "days after the reference date from which SD counts for the best response",
    "max_ne_between": "NE reads tolerated between a response and its confirmation",
    "accept_sd_between": "one SD tolerated there",
    "pr_persistence": "whether a PR that drifts above its line stays one until PD",
    "disease_after_cr": "disease after a CR is PD, or the CR was premature and a PR",
    "removed_target": "what a target counts for that was resected or irradiated on study",
    "measure": "what a lesion counts for",
    "pd_reference": "what the rise to PD is measured from",
    "pd_scope": "whether one lesion, or their sum, must grow to PD",
    "icpd_reference": "which unconfirmed progression `5 mm more` is measured from",
    "icpd_max_days": "days after which a read no longer confirms a progression; none: no limit",
    "baseline_max_age_days": "days before the reference date after which a baseline is too old",
    "bor_algorithm": "how the best overall response is derived",
    "missing_as_ne": "under ADMIRAL: no response at all is NE, not MISSING",
    "ne_is_attended": "for PFS: a read that was not evaluable was not missed",
}
"""What each switch means, in a line."""

OF_ONE_EDITION = frozenset(
    {"measure", "pd_reference", "pd_scope", "icpd_reference", "icpd_max_days"}
)
"""Switches that only the criteria which list them have; the others are every criteria's."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The switches that a protocol sets; the others keep the defaults of the criteria.

    No defaults here: a client would send them, and they differ by criteria.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    confirm: bool | None = None
    confirm_min_days: int | None = None
    sd_min_days: int | None = None
    max_ne_between: int | None = None
    accept_sd_between: bool | None = None
    pr_persistence: PrPersistence | None = None
    disease_after_cr: DiseaseAfterCr | None = None
    removed_target: RemovedTarget | None = None
    measure: Measure | None = None
    pd_reference: PdReference | None = None
    pd_scope: PdScope | None = None
    icpd_reference: IcpdReference | None = None
    icpd_max_days: int | None = None
    baseline_max_age_days: int | None = None
    bor_algorithm: BorAlgorithm | None = None
    missing_as_ne: bool | None = None
    ne_is_attended: bool | None = None

    def __post_init__(self) -> None:
        negative = [name for name, value in self.given().items() if _below_zero(value)]
        if negative:
            raise Refused(*(Fault((name,), "not below zero") for name in negative))

    def given(self) -> dict[str, object]:
        """Only the switches that are set."""
        return {name: value for name, value in vars(self).items() if value is not None}


def _below_zero(value: object) -> bool:
    return isinstance(value, int) and value < 0
