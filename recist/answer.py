"""What an assessment answers: the words, the numbers and the reasons, ready for the wire."""

from dataclasses import dataclass
from datetime import date

from recist.vocabulary import NewLesion, Response


@dataclass(slots=True)
class Reason:
    """A rule that decided: its name, and its sentence, which opens with the section."""

    rule: str
    says: str
    lesions: tuple[str, ...] = ()
    """The lesions that made the rule hold; empty where the rule weighs all of them."""


@dataclass(frozen=True, slots=True)
class Concern:
    """A doubt that a human must settle; it never blocks."""

    code: str
    on: date
    lesion: str | None
    says: str


@dataclass(slots=True, kw_only=True)
class TimePoint:
    """One follow-up read, judged by what was known then; sums are in `unit`."""

    on: date
    day: int
    """Days since the reference date: a plain difference of dates."""
    sum: float | None
    """None where a target was not evaluable; `partial_sum` then says what was measured."""
    partial_sum: float | None
    unit: str
    baseline: float | None
    nadir: float | None
    """Smallest complete sum before this read, the baseline's included."""
    change_from_baseline_percent: float | None
    change_from_nadir_percent: float | None
    pr_at: float | None
    """The largest sum that is low enough for a PR, unless it is high enough for a PD."""
    pd_at: float | None
    """The smallest sum at which the target response would have been PD."""
    to_pr: float | None
    """By how much the sum would have had to be smaller for a PR; 0 where it is small enough."""
    to_pd: float | None
    """By how much the sum would have had to be larger for a PD; 0 where it is large enough."""
    new_lesion_sum: float | None
    """Of the measured new lesions that are followed by their sizes (iRECIST), in `unit`."""
    target: Response
    non_target: Response
    new_lesion: NewLesion
    overall: Response
    """As assessed at this read."""
    overall_final: Response
    """What later reads made of it."""
    because: tuple[Reason, ...]
    because_final: tuple[Reason, ...]
    """Why `overall_final` differs; empty where it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompartmentAssessment:
    """The course of one compartment, judged apart."""

    timepoints: tuple[TimePoint, ...]
    best_overall: Response
    best_overall_unconfirmed: Response
    responded_on: date | None
    progressed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The answer to a timeline: one time point per read after the baseline."""

    criteria: str
    engine: str
    timepoints: tuple[TimePoint, ...]
    best_overall: Response
    """Obeys the protocol's rule of confirmation."""
    best_overall_unconfirmed: Response
    responded_on: date | None
    """First read of the response that `best_overall` counts."""
    progressed_on: date | None
    """First final PD, by the first day by which what was scanned proves it."""
    remarks: tuple[Concern, ...]
    queries: tuple[Concern, ...]
    compartments: dict[str, CompartmentAssessment]
