"""CT series of one simulated subject's liver, and what is measured on them.

The lesions are ellipsoids of the sizes that the simulation gave them; the lengths in the reads are
those that were found again in the pixels.
"""

from collections.abc import Sequence

from imaging.measure import measure_click_at
from imaging.phantom import Ellipsoid, Triple, phantom
from imaging.volume import Volume
from recist.vocabulary import Evidence, Response
from service.demo.disease import Illness, TrueLesion
from service.demo.paper import DISTANT
from service.demo.reader import Measured, OnImages

SCANS = (0, 1)
"""The scans that have images: baseline and two months."""
SIZE = (20, 128, 128)
SPACING_MM, STEP_MM = 1.4, 4.0
LIVER = Ellipsoid((88.0, 88.0, 38.0), (82.0, 82.0, 60.0), 110.0)
LESION_HU = 45.0
PLACES = ((52.0, 72.0, 38.0), (122.0, 62.0, 42.0), (92.0, 126.0, 34.0))
"""Where the lesions' centres are, mm."""
TURNED = (20.0, -35.0, 70.0)
"""Degrees by which each lies turned in the plane."""


def pictured(illnesses: Sequence[Illness]) -> Illness:
    """The first subject whose metastases are few, in the liver alone, and respond."""
    return next(
        illness
        for illness in illnesses
        if illness.participant.organs == ("liver",)
        and len(_metastases(illness)) <= len(PLACES)
        and illness.participant.at_2_months[DISTANT] is Response.PR
    )


def series(illness: Illness, scan: int) -> Volume:
    """A CT of the liver with the metastases as they are at one scan."""
    lesions = (
        _ellipsoid(lesion, centre, turned, scan)
        for lesion, centre, turned in zip(_metastases(illness), PLACES, TURNED, strict=False)
    )
    return phantom(
        [LIVER, *lesions],
        size=SIZE,
        spacing=(SPACING_MM, SPACING_MM),
        step=STEP_MM,
        seed=f"{illness.participant.code}, scan {scan}",
    )


def measured(volume: Volume, illness: Illness, scan: int) -> Measured:
    """Measure each metastasis by a click on its centre."""
    placed = zip(_metastases(illness), PLACES, strict=False)
    return {(lesion, scan): _at(volume, centre) for lesion, centre in placed}


def _at(volume: Volume, centre: Triple) -> OnImages:
    found = measure_click_at(volume, centre)
    assert found.short_axis_mm is not None
    assert found.short_axis_patient_mm is not None
    evidence = Evidence(
        series_uid=volume.series_uid,
        instance_uid=found.sop_instance_uid,
        longest=_points(found.longest_patient_mm),
        short_axis=_points(found.short_axis_patient_mm),
    )
    return OnImages(found.longest_mm, found.short_axis_mm, evidence)


def _metastases(illness: Illness) -> list[TrueLesion]:
    return [lesion for lesion in illness.lesions if lesion.compartment == DISTANT]


def _ellipsoid(lesion: TrueLesion, centre: Triple, turned: float, scan: int) -> Ellipsoid:
    longest = lesion.longest_mm[scan] / 2
    short = longest * lesion.roundness
    return Ellipsoid(centre, (longest, short, short), LESION_HU, (0.0, 0.0, turned))


def _points(ends: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(end) for end in ends)
