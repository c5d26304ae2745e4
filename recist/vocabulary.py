"""The nouns of response assessment, as signed, stored and sent: values that refuse nonsense."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import ClassVar

from recist.exact import PER_MM, THOUSANDTHS_PER_MM, thousandths
from recist.protocol import Protocol
from recist.refusal import Fault, Refused
from recist.words import Word

STRICT: dict[str, object] = {"extra": "forbid"}
LONGEST_ALLOWED_MM = 1000
MOST_MM = float(LONGEST_ALLOWED_MM)
"""The same as a float, with which floats are compared twice as fast."""
NO_FRACTION = 2.0**52
"""From here on floats are whole: to add it and take it away again rounds to the nearest whole."""
LONGEST_LABEL = 64


class Response(Word):
    """What a read, or a whole course, is called. The words are those on the wire."""

    CR = "CR"
    PR = "PR"
    SD = "SD"
    NON_CR_NON_PD = "NON_CR_NON_PD"
    PD = "PD"
    NE = "NE"
    NA = "NA"
    NED = "NED"
    MISSING = "MISSING"
    MISSED = "MISSED"
    """A planned visit that did not take place: only what endpoints are derived from has it."""
    NC = "NC"
    ICR = "ICR"
    IPR = "IPR"
    ISD = "ISD"
    NON_ICR_NON_IUPD = "NON_ICR_NON_IUPD"
    IUPD = "IUPD"
    ICPD = "ICPD"


class NewLesion(Word):
    """How certain it is that disease has appeared where there was none at baseline."""

    NONE = "NONE"
    EQUIVOCAL = "EQUIVOCAL"
    UNEQUIVOCAL = "UNEQUIVOCAL"


class Role(Word):
    """What a lesion is followed as, from the read in which it was first seen."""

    TARGET = "TARGET"
    NON_TARGET = "NON_TARGET"
    NEW = "NEW"


class State(Word):
    """How a lesion is found at one time point."""

    MEASURED = "MEASURED"
    TOO_SMALL = "TOO_SMALL"
    ABSENT = "ABSENT"
    PRESENT = "PRESENT"
    PROGRESSED = "PROGRESSED"
    INCREASED = "INCREASED"
    EQUIVOCAL = "EQUIVOCAL"
    REMOVED = "REMOVED"
    NOT_EVALUABLE = "NOT_EVALUABLE"


class Nature(Word):
    """What a lesion is made of, as far as measurability depends on it."""

    SOLID = "SOLID"
    BONE_LYTIC = "BONE_LYTIC"
    BONE_BLASTIC = "BONE_BLASTIC"
    SIMPLE_CYST = "SIMPLE_CYST"
    CYSTIC_METASTASIS = "CYSTIC_METASTASIS"
    DIFFUSE = "DIFFUSE"


class Method(Word):
    """How a lesion was seen."""

    CT = "CT"
    MR = "MR"
    CONVENTIONAL_CT = "CONVENTIONAL_CT"
    CHEST_XRAY = "CHEST_XRAY"
    CALIPER = "CALIPER"
    ULTRASOUND = "ULTRASOUND"
    PET = "PET"


class Pet(Word):
    """The outcome of an FDG-PET."""

    NEGATIVE = "NEGATIVE"
    POSITIVE = "POSITIVE"


STATES_OF: Mapping[Role, frozenset[State]] = {
    Role.TARGET: frozenset(
        {State.MEASURED, State.TOO_SMALL, State.ABSENT, State.REMOVED, State.NOT_EVALUABLE}
    ),
    Role.NON_TARGET: frozenset(State) - {State.EQUIVOCAL},
    Role.NEW: frozenset(State) - {State.PROGRESSED},
}
"""The states in which a lesion of each role can be found."""

MEASURED = State.MEASURED
SIZED_STATES = frozenset({State.MEASURED, State.PROGRESSED, State.INCREASED, State.EQUIVOCAL})
"""The states that a length may go with."""


@dataclass(frozen=True, kw_only=True)
class Lesion:
    """One lesion, as described in the read in which it was first seen."""

    __pydantic_config__: ClassVar = STRICT
    role: Role
    organ: str | None = None
    nodal: bool = False
    compartment: str | None = None
    nature: Nature = Nature.SOLID
    previously_treated: bool = False
    progressed_since_treatment: bool = False
    soft_tissue_mm: float | None = None
    tracking_uid: str | None = None

    def __post_init__(self) -> None:
        if self.soft_tissue_mm is not None:
            _refuse(_exact(self, "soft_tissue_mm"))
        if self.compartment is not None and not self.compartment.strip():
            raise Refused(Fault(("compartment",), "a compartment needs a name"))


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Where a finding was measured; end points in patient millimetres (PS3.3 C.7.6.2.1.1)."""

    __pydantic_config__: ClassVar = STRICT
    series_uid: str | None = None
    instance_uid: str | None = None
    frame: int | None = None
    longest: tuple[tuple[float, ...], ...] | None = None
    short_axis: tuple[tuple[float, ...], ...] | None = None

    def __post_init__(self) -> None:
        if self.frame is not None and self.frame < 1:
            raise Refused(Fault(("frame",), "frames are numbered from 1"))
        for name in ("longest", "short_axis"):
            _refuse(_segment_faults(name, getattr(self, name)))


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One lesion at one time point: its state, and its diameters in mm where it has any."""

    __pydantic_config__: ClassVar = STRICT
    state: State
    longest_mm: float | None = None
    short_axis_mm: float | None = None
    viable_mm: float | None = None
    fragments_mm: tuple[float, ...] | None = None
    fragments_short_mm: tuple[float, ...] | None = None
    merged_into: str | None = None
    scanned_on: date | None = None
    method: Method = Method.CT
    slice_thickness_mm: float | None = None
    comment: str | None = None
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        if self._is_plain():
            return
        _refuse(self._length_faults())  # what follows compares lengths: they must be lengths first
        if self.state is State.MEASURED or self._has_lengths():
            _refuse(self._faults())

    def _is_plain(self) -> bool:
        """Whether it is as nearly all are, so that what is said below need not be asked of it."""
        longest, short = self.longest_mm, self.short_axis_mm
        if longest is None or short is None:
            return self._is_plain_with(short if longest is None else longest)
        # As in _is_exact, written out: this is asked of each of the many findings of a read.
        return (
            0.0 < short <= longest <= MOST_MM
            and (longest * PER_MM + NO_FRACTION - NO_FRACTION) / PER_MM == longest
            and (short * PER_MM + NO_FRACTION - NO_FRACTION) / PER_MM == short
            and self.state in SIZED_STATES
            # One made of what a document gives holds that alone: here, with the state, three.
            and (len(self.__dict__) == 3 or not self._has_rare_members())
        )

    def _is_plain_with(self, mm: float | None) -> bool:
        """The same of one that has no other diameter than this."""
        if self._has_rare_members():
            return False
        if mm is None:
            return self.state is not MEASURED
        return _is_exact(mm) and self.state in SIZED_STATES

    def _has_rare_members(self) -> bool:
        rare = (self.viable_mm, self.merged_into, self.fragments_mm, self.fragments_short_mm)
        thickness = self.slice_thickness_mm
        odd = thickness is not None and not _is_exact(thickness)
        return odd or rare != (None, None, None, None)

    def _has_lengths(self) -> bool:
        lengths = (self.longest_mm, self.short_axis_mm, self.viable_mm)
        parts = (self.fragments_mm, self.fragments_short_mm, self.merged_into)
        return lengths != (None, None, None) or parts != (None, None, None)

    def _length_faults(self) -> Iterator[Fault]:
        for name in ("longest_mm", "short_axis_mm", "slice_thickness_mm", "viable_mm"):
            if getattr(self, name) is not None:
                yield from _exact(self, name, may_be_zero=name == "viable_mm")
        for name in ("fragments_mm", "fragments_short_mm"):
            if getattr(self, name) is not None:
                yield from _exact_parts(self, name)

    def _faults(self) -> Iterator[Fault]:
        yield from self._state_faults()
        yield from self._size_faults()
        yield from self._part_faults()

    def _state_faults(self) -> Iterator[Fault]:
        if self.state not in SIZED_STATES:
            yield Fault(
                ("state",),
                f"a lesion that is {self.state} has no diameters: leave them out, or say MEASURED",
            )
        whole = (self.fragments_mm, self.merged_into) != (None, None)
        if whole and self.state is not State.MEASURED:
            yield Fault(("state",), "a split or merged lesion is MEASURED")

    def _size_faults(self) -> Iterator[Fault]:
        if self.longest_mm is None:
            return
        for name in ("short_axis_mm", "viable_mm"):
            length = getattr(self, name)
            if length is not None and length > self.longest_mm:
                yield Fault((name,), f"{length} mm is longer than longest_mm, {self.longest_mm} mm")

    def _part_faults(self) -> Iterator[Fault]:
        if self.merged_into is not None:
            lengths = (self.longest_mm, self.short_axis_mm, self.viable_mm)
            parts = (self.fragments_mm, self.fragments_short_mm)
            if any(given is not None for given in (*lengths, *parts)):
                yield Fault(
                    ("merged_into",),
                    "the lesion that it merged into holds the diameter: give no length here",
                )
            return
        if self.fragments_mm is not None:
            yield from self._fragment_faults(self.fragments_mm)
        elif self.fragments_short_mm is not None:
            yield Fault(("fragments_mm",), "missing: the longest diameters of the fragments")
        elif self.state is State.MEASURED and (self.longest_mm, self.short_axis_mm) == (None, None):
            yield Fault((), "a MEASURED lesion needs a diameter: longest_mm, short_axis_mm or both")

    def _fragment_faults(self, longest: tuple[float, ...]) -> Iterator[Fault]:
        if (self.longest_mm, self.short_axis_mm) != (None, None):
            yield Fault(("fragments_mm",), "give the fragments or one diameter, not both")
        if not longest:
            yield Fault(("fragments_mm",), "a split lesion has at least one fragment")
        viable = 0 if self.viable_mm is None else thousandths(self.viable_mm)
        if viable > sum(map(thousandths, longest)):
            yield Fault(
                ("viable_mm",), f"{self.viable_mm} mm is longer than the fragments together"
            )
        if self.fragments_short_mm is None:
            return
        if len(self.fragments_short_mm) != len(longest):
            yield Fault(("fragments_short_mm",), "as many short axes as fragments, in their order")
            return
        for n, (long, short) in enumerate(zip(longest, self.fragments_short_mm, strict=True)):
            if short > long:
                yield Fault(("fragments_short_mm", n), f"{short} mm is longer than {long} mm")


@dataclass(frozen=True, kw_only=True)
class Read:
    """What one reader signs for one time point; `on` is the date of its last scan."""

    __pydantic_config__: ClassVar = STRICT
    on: date
    label: str | None = None
    lesions: dict[str, Lesion] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    markers_above_normal: bool = False
    new_symptom: bool = False
    symptomatic_deterioration: bool = False
    pet: Pet | None = None

    def __post_init__(self) -> None:
        if not self.lesions:  # as in nearly all reads but the first
            return
        _refuse(
            Fault(("lesions", label), f"a label has 1 to {LONGEST_LABEL} characters, blanks apart")
            for label in self.lesions
            if not label.strip() or len(label) > LONGEST_LABEL
        )


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """One reader's reads of one subject, oldest first, and the criteria that judge them."""

    __pydantic_config__: ClassVar = STRICT
    criteria: str
    reads: tuple[Read, ...]
    protocol: Protocol = field(default_factory=Protocol)
    reference_on: date | None = None


def _refuse(faults: Iterator[Fault]) -> None:
    if found := tuple(faults):
        raise Refused(*found)


def _is_exact(mm: float) -> bool:
    """Whether a length needs neither a fault nor rounding to the nearest thousandth."""
    nearest = mm * PER_MM + NO_FRACTION - NO_FRACTION
    return 0.0 < mm <= MOST_MM and nearest / PER_MM == mm


def _exact(value: object, name: str, *, may_be_zero: bool = False) -> Iterator[Fault]:
    """Take a length to the nearest thousandth of a millimetre, or say why it is none."""
    mm = getattr(value, name)
    if why := _not_a_length(mm, may_be_zero=may_be_zero):
        yield Fault((name,), why)
    elif (nearest := thousandths(mm) / THOUSANDTHS_PER_MM) != mm:
        object.__setattr__(value, name, nearest)


def _exact_parts(value: object, name: str) -> Iterator[Fault]:
    lengths = getattr(value, name)
    whys = [_not_a_length(mm) for mm in lengths]
    yield from (Fault((name, n), why) for n, why in enumerate(whys) if why)
    if not any(whys):
        object.__setattr__(
            value, name, tuple(thousandths(mm) / THOUSANDTHS_PER_MM for mm in lengths)
        )


def _not_a_length(mm: float, *, may_be_zero: bool = False) -> str | None:
    if 1 <= mm <= LONGEST_ALLOWED_MM:  # as nearly all are
        return None
    if not isfinite(mm):
        return f"{mm} is not a length in millimetres"
    if mm > LONGEST_ALLOWED_MM:
        return f"{mm} mm is over {LONGEST_ALLOWED_MM} mm: are these millimetres?"
    if mm < 0 or (thousandths(mm) == 0 and not (may_be_zero and mm == 0)):
        return f"{mm} mm is not above zero; a lesion that has gone is ABSENT"
    return None


def _segment_faults(name: str, points: tuple[tuple[float, ...], ...] | None) -> Iterator[Fault]:
    if points is None:
        return
    if len(points) != 2 or any(len(point) != 3 for point in points):
        yield Fault((name,), "two end points, each [x, y, z] in patient millimetres")
    elif not all(isfinite(x) for point in points for x in point):
        yield Fault((name,), "an end point is not a number of millimetres")
