"""What an edition calls measurable at baseline: its numbers, and its sentences for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recist.vocabulary import Method, Nature

SPOKEN: Mapping[Method, str] = {
    Method.CT: "CT",
    Method.MR: "MR",
    Method.CONVENTIONAL_CT: "conventional CT",
    Method.CHEST_XRAY: "chest X-ray",
    Method.CALIPER: "caliper",
    Method.ULTRASOUND: "ultrasound",
    Method.PET: "PET",
}
"""The methods as a radiologist calls them."""

SLICED = frozenset({Method.CT, Method.MR, Method.CONVENTIONAL_CT})
"""The methods that see a lesion in slices."""


ENHANCING = "of a lesion that enhances in the arterial phase, the part that does"


@dataclass(frozen=True, eq=False, kw_only=True)
class Measurable:
    """Which lesions can be targets. Lengths in mm; sentences open with the section of the paper."""

    section: str
    """Where the paper says how large a measurable lesion is."""
    smallest_mm: Mapping[Method, int]
    """By each method that measures, 0 for any size; a method that is left out never measures."""
    slices: int = 0
    """How many slices a lesion that is seen in slices must span at least."""
    enhancing: bool = False
    """Where the enhancing part was measured, it is the one that must be large enough."""
    never: Mapping[Nature, str]
    """What is never measurable, and why; a simple cyst is no lesion at all."""
    lytic: str | None = None
    """Where a lytic bone lesion is measured by its soft part: the sentence that says so."""
    cystic: str | None = None
    """Where other targets are preferred to cystic ones: the sentence that says so."""
    treated: str | None = None
    """Where an earlier treatment of the lesion matters: the sentence that says how."""
    once_progressed: bool = False
    """A treated lesion counts again once it has progressed."""
    targets: str
    """Where the paper says how many targets are chosen."""
    timing: str
    """Where the paper says how old a baseline may be."""

    @property
    def says(self) -> tuple[str, ...]:
        """Every rule in words, nodes and numbers of targets apart."""
        slices = f"{self.section}: no less than {self.slices} times the thickness of the slices"
        unfit = [SPOKEN[method] for method in Method if method not in self.smallest_mm]
        rest = (self.lytic, self.cystic, self.treated)
        return (
            f"{self.section}: {self._sizes()}",
            *((slices,) if self.slices else ()),
            *((f"{self.section}: {ENHANCING}",) if self.enhancing else ()),
            *((f"{self.section}: never by {' or '.join(unfit)}",) if unfit else ()),
            *dict.fromkeys(self.never.values()),
            *(sentence for sentence in rest if sentence is not None),
        )

    def quoted(self, work: str) -> "Measurable":
        """The same rules in an edition that takes them from another work."""

        def of(sentence: str | None) -> str | None:
            return sentence and f"{work}, {sentence}"

        return replace(
            self,
            section=f"{work}, {self.section}",
            never={nature: f"{work}, {sentence}" for nature, sentence in self.never.items()},
            lytic=of(self.lytic),
            cystic=of(self.cystic),
            treated=of(self.treated),
            targets=f"{work}, {self.targets}",
            timing=f"{work}, {self.timing}",
        )

    def _sizes(self) -> str:
        methods: dict[int, list[str]] = {}
        for method, mm in self.smallest_mm.items():
            methods.setdefault(mm, []).append(SPOKEN[method])
        return "; ".join(
            f"{f'{mm} mm or more' if mm else 'any size'} by {', '.join(names)}"
            for mm, names in methods.items()
        )
