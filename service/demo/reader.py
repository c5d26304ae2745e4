"""One simulated reader: which lesions are followed as what, and what is made of each scan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp
from random import Random

from recist.vocabulary import Evidence, Finding, Lesion, Nature, Read, Role, State
from service.demo.disease import Illness, TrueLesion
from service.demo.paper import DISTANT

TOO_SMALL_BELOW_MM = 5.0
UNSURE_BELOW_MM = 8.0
TARGETS = (2, 4)
"""Between how many metastases a reader follows as targets, where there are as many."""
UNREADABLE = 0.012
"""How often a target cannot be evaluated in a scan."""
OVERLOOKED = 0.2
"""How often a new lesion is not seen at all."""
IMAGINED = 0.02
"""How often a reader suspects, in one scan, a new lesion that is none."""
UNEQUIVOCAL_GROWTH = 1.25
"""Growth over the smallest length by which a reader says that a non-target has progressed."""

UNREADABLE_COMMENT = "Motion: the outline cannot be followed."
ABSENT, REMOVED = Finding(state=State.ABSENT), Finding(state=State.REMOVED)


@dataclass(frozen=True)
class OnImages:
    """Diameters measured on stored images, in mm, and where."""

    longest_mm: float
    short_axis_mm: float
    evidence: Evidence


Measured = Mapping[tuple[TrueLesion, int], OnImages]
"""What was measured on images of a lesion in a scan; all else is drawn by chance."""


class Reader:
    """Reads the scans of one subject in their order; `noise` is the error of one diameter."""

    def __init__(self, random: Random, noise: float, illness: Illness, measured: Measured) -> None:
        self._random = random
        self._noise = noise
        self._illness = illness
        self._measured = measured
        self._targets = self._chosen()
        self._rest = self._grouped()
        self._imagined: int | None = None
        self._sees_new = random.random() >= OVERLOOKED

    def reads(self) -> Iterator[Read]:
        """The reads, baseline first."""
        yield Read(
            on=self._illness.scans[0],
            label="Baseline",
            lesions=self._described(),
            findings=dict(self._known(0)),
        )
        for scan, on in enumerate(self._illness.scans[1:], 1):
            lesions, findings = self._new(scan)
            label = f"Day {(on - self._illness.participant.started_on).days}"
            found = {**dict(self._known(scan)), **findings}
            yield Read(on=on, label=label, lesions=lesions, findings=found)

    def _chosen(self) -> dict[str, TrueLesion]:
        """The rectal mass and the largest metastases, as they look to this reader."""
        measurable = [lesion for lesion in self._illness.lesions if lesion.measurable]
        metastases = [lesion for lesion in measurable if lesion.compartment == DISTANT]
        looks = {lesion: self._off(0.25) * lesion.longest_mm[0] for lesion in metastases}
        metastases.sort(key=looks.__getitem__, reverse=True)
        chosen = metastases[: self._random.randint(*TARGETS)]
        rectum = [lesion for lesion in measurable if lesion not in metastases]
        return {f"T{n}": lesion for n, lesion in enumerate([*rectum, *chosen], 1)}

    def _grouped(self) -> dict[str, list[TrueLesion]]:
        """What is not a target, a non-target for each organ."""
        rest: dict[str, list[TrueLesion]] = {}
        for lesion in self._illness.lesions:
            if lesion not in self._targets.values():
                rest.setdefault(lesion.organ, []).append(lesion)
        return {f"NT{n}": lesions for n, lesions in enumerate(rest.values(), 1)}

    def _described(self) -> dict[str, Lesion]:
        targets = {label: _lesion(lesion, Role.TARGET) for label, lesion in self._targets.items()}
        rest = {label: _lesion(some[0], Role.NON_TARGET) for label, some in self._rest.items()}
        return targets | rest

    def _known(self, scan: int) -> Iterator[tuple[str, Finding]]:
        for label, lesion in self._targets.items():
            yield label, self._target(lesion, scan)
        for label, some in self._rest.items():
            yield label, self._non_target(some, scan)

    def _target(self, lesion: TrueLesion, scan: int) -> Finding:
        if self._illness.is_resected(lesion, scan):
            return REMOVED
        if lesion.longest_mm[scan] == 0:
            return ABSENT
        if scan > 1 and self._random.random() < UNREADABLE:
            return Finding(state=State.NOT_EVALUABLE, comment=UNREADABLE_COMMENT)
        return self._sized(lesion, scan)

    def _sized(self, lesion: TrueLesion, scan: int) -> Finding:
        if on_images := self._measured.get((lesion, scan)):
            return Finding(
                state=State.MEASURED,
                longest_mm=on_images.longest_mm,
                short_axis_mm=on_images.short_axis_mm,
                evidence=on_images.evidence,
            )
        longest = round(lesion.longest_mm[scan] * self._off(self._noise), 1)
        short = round(lesion.longest_mm[scan] * lesion.roundness * self._off(self._noise), 1)
        if longest < TOO_SMALL_BELOW_MM:
            return Finding(state=State.TOO_SMALL)
        return Finding(state=State.MEASURED, longest_mm=longest, short_axis_mm=min(short, longest))

    def _non_target(self, some: list[TrueLesion], scan: int) -> Finding:
        if self._illness.is_resected(some[0], scan):
            return REMOVED
        lengths = [sum(lesion.longest_mm[n] for lesion in some) for n in range(scan + 1)]
        if lengths[-1] == 0:
            return ABSENT
        looks = lengths[-1] * self._off(self._noise)
        grown = looks >= UNEQUIVOCAL_GROWTH * min(lengths)
        return Finding(state=State.PROGRESSED if grown else State.PRESENT)

    def _new(self, scan: int) -> tuple[dict[str, Lesion], dict[str, Finding]]:
        """What was not there at baseline: a true lesion is N1, an imagined one N2."""
        lesions, findings = {}, {}
        new = self._illness.new
        if new and self._sees_new and new.longest_mm[scan]:
            if not new.longest_mm[scan - 1]:
                lesions["N1"] = _lesion(new, Role.NEW)
            findings["N1"] = self._unsure(new, scan)
        if self._imagined == scan - 1:
            findings["N2"] = ABSENT
        elif self._imagined is None and scan > 1 and self._random.random() < IMAGINED:
            self._imagined = scan
            lesions["N2"] = Lesion(role=Role.NEW, organ="lung", compartment=DISTANT)
            findings["N2"] = Finding(state=State.EQUIVOCAL)
        return lesions, findings

    def _unsure(self, new: TrueLesion, scan: int) -> Finding:
        if new.longest_mm[scan] < UNSURE_BELOW_MM:
            return Finding(state=State.EQUIVOCAL)
        return self._sized(new, scan)

    def _off(self, noise: float) -> float:
        """A factor by which a reader is wrong."""
        return exp(self._random.gauss(0, noise))


def _lesion(lesion: TrueLesion, role: Role) -> Lesion:
    return Lesion(
        role=role,
        organ=lesion.organ,
        nodal=lesion.organ == "lymph node",
        compartment=lesion.compartment,
        nature=Nature.BONE_BLASTIC if lesion.organ == "bone" else Nature.SOLID,
    )
