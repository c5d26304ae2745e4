"""Which concepts and units of a structured report are understood, by code and never by meaning."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Length(StrEnum):
    """What a number measures that a reader drew with a caliper (PS3.16 CID 7470)."""

    LENGTH = "410668003"
    LONG_AXIS = "103339001"
    SHORT_AXIS = "103340004"
    DIAMETER = "81827009"
    PERPENDICULAR_AXIS = "131189007"


OF_SRT: Mapping[str, str] = {
    "G-D7FE": Length.LENGTH,
    "G-A185": Length.LONG_AXIS,
    "G-A186": Length.SHORT_AXIS,
    "M-02550": Length.DIAMETER,
    "G-A193": "131187009",
    "G-A194": "131188004",
    "G-C0E3": "363698007",
}
"""SNOMED CT identifiers of retired SNOMED RT codes (PS3.16 8.1.1), as far as any is looked for."""
SRT_SCHEMES = frozenset({"SRT", "SNM3", "99SDM"})


class Code(NamedTuple):
    """A coded concept as the file has it (PS3.3 8.8)."""

    value: str
    scheme: str
    meaning: str

    @property
    def key(self) -> tuple[str, str]:
        """Scheme and value, those of SNOMED RT as SNOMED CT: what concepts are compared by."""
        if self.scheme in SRT_SCHEMES and self.value in OF_SRT:
            return "SCT", OF_SRT[self.value]
        return self.scheme, self.value

    @property
    def length(self) -> Length | None:
        """The length that this concept is, if any."""
        scheme, value = self.key
        return Length(value) if scheme == "SCT" and value in set(Length) else None


REPORTS = frozenset({("DCM", "126000"), ("DCM", "126001")})
"""Imaging, and Oncology, Measurement Report (CID 7021)."""
GROUP = ("DCM", "125007")
TRACKING_IDENTIFIER, TRACKING_UID = ("DCM", "112039"), ("DCM", "112040")
IMAGE_REGION = ("DCM", "111030")
SITE = ("SCT", "363698007")
NO_CALIPERS = frozenset({("SCT", "131187009"), ("SCT", "131188004"), ("IBSI", "L0JK")})
"""Axes of a fitted ellipse, and the longest diameter in three dimensions."""
MILLIMETRES: Mapping[tuple[str, str], Decimal] = {
    ("UCUM", "mm"): Decimal(1),
    ("UCUM", "cm"): Decimal(10),
    ("UCUM", "um"): Decimal("0.001"),
}
"""Mm that each unit of length has."""
