"""What enhances of a lesion, on phantoms whose enhancing part is known."""

import numpy as np
import pytest

from imaging.flags import Refused
from imaging.measure import viable_part
from imaging.phantom import Ellipsoid, phantom
from imaging.shapes.region import Region
from imaging.viable import viable
from imaging.volume import Volume

LIVER, ENHANCING, NECROSIS = 70.0, 130.0, 35.0
CENTRE = (45.0, 45.0, 25.0)
SIZE = {"size": (21, 130, 130), "spacing": (0.7, 0.7), "step": 2.5}


def ball(radius: float, value: float, *, off: float = 0.0, flat: float = 1.0) -> Ellipsoid:
    """A ball, or a disc, `off` mm from the centre along a row."""
    centre = (CENTRE[0] + off, CENTRE[1], CENTRE[2])
    return Ellipsoid(centre, (radius, radius * flat, radius), value)


def scanned(*parts: Ellipsoid, noise: float = 12.0, background: float = LIVER) -> Volume:
    return phantom(parts, background=background, noise=noise, seed="arterial", **SIZE)


def lesion(radius: float = 20.0) -> Region:
    """The voxels of a ball at the centre of which half is covered."""
    covered = phantom([ball(radius, 100.0)], background=0.0, noise=0.0, **SIZE)
    return Region.of(covered.values(slice(None), slice(None), slice(None)) >= 50.0)


def distance_to(volume: Volume, ends) -> float:
    """How near a line between ends passes to the centre of the lesion, mm."""
    first, last = np.array(ends)
    along = (last - first) / np.linalg.norm(last - first)
    off = np.array(CENTRE) - first
    return float(np.linalg.norm(off - (off @ along) * along))


def test_a_lesion_that_enhances_as_a_whole_is_viable_as_a_whole():
    volume = scanned(ball(20, ENHANCING))
    found = viable(volume, lesion())
    assert found.mm == pytest.approx(40, abs=0.6)
    assert LIVER < found.threshold < (LIVER + ENHANCING) / 2
    assert found.slice == 10


def test_a_line_passes_the_necrotic_core():
    volume = scanned(ball(20, ENHANCING), ball(10, NECROSIS))
    found = viable(volume, lesion())
    assert found.mm == pytest.approx(2 * np.sqrt(20**2 - 10**2), abs=1.5)
    assert distance_to(volume, found.patient_mm) > 9.0
    placed = [volume.patient(column, row, found.slice) for column, row in found.px]
    assert np.allclose(placed, found.patient_mm, atol=2e-3)
    assert np.linalg.norm(np.diff(found.patient_mm, axis=0)) == pytest.approx(found.mm, abs=3e-3)


def test_a_thin_rim_has_a_short_chord():
    """Thin on all planes: a shell of 3 mm, as wide as the lesion is high."""
    shell = [
        Ellipsoid(CENTRE, (20, 20, 200), ENHANCING),
        Ellipsoid(CENTRE, (17, 17, 200), NECROSIS),
    ]
    found = viable(scanned(*shell), lesion())
    assert found.mm == pytest.approx(2 * np.sqrt(20**2 - 17**2), abs=2.5)


def test_islands_are_not_bridged():
    volume = scanned(ball(20, NECROSIS), ball(6, ENHANCING, off=-11), ball(4, ENHANCING, off=12))
    found = viable(volume, lesion())
    assert found.mm == pytest.approx(12, abs=0.7)
    column = (CENTRE[0] - 11) / 0.7
    assert np.mean(found.px, axis=0)[0] == pytest.approx(column, abs=1.5)


@pytest.mark.parametrize("value", [NECROSIS, LIVER, LIVER - 20])
def test_nothing_that_enhances_is_0_mm(value):
    found = viable(scanned(ball(20, value)), lesion())
    assert (found.mm, found.slice, found.px, found.patient_mm) == (0.0, None, None, None)


def test_0_mm_is_no_accident_of_the_noise():
    for seed in range(10):
        volume = phantom([ball(20, LIVER)], background=LIVER, noise=20.0, seed=f"{seed}", **SIZE)
        assert viable(volume, lesion()).mm == 0.0


def test_a_threshold_that_is_given_decides():
    volume = scanned(ball(20, ENHANCING), ball(10, 100.0))
    assert viable(volume, lesion(), 80.0).mm == pytest.approx(40, abs=0.6)
    assert viable(volume, lesion(), 115.0).mm == pytest.approx(2 * np.sqrt(300), abs=1.5)
    assert viable(volume, lesion(), 200.0).mm == 0.0
    assert viable(volume, lesion(), 200.0).threshold == 200.0


def test_a_lesion_as_bright_as_the_threshold_decides_nothing():
    volume = scanned(ball(20, ENHANCING))
    threshold = viable(volume, lesion()).threshold
    near = scanned(ball(20, threshold))
    with pytest.raises(Refused, match="ENHANCEMENT_UNCLEAR"):
        viable(near, lesion())
    assert viable(near, lesion(), 120.0).mm == 0.0


def test_surroundings_of_two_tissues_are_no_reference():
    """On a border between the lung and the liver, half the surroundings are air."""
    lung = Ellipsoid((CENTRE[0] - 500, 45.0, 25.0), (500, 5000, 5000), -850.0)
    volume = scanned(lung, ball(20, ENHANCING))
    with pytest.raises(Refused, match="NO_REFERENCE"):
        viable(volume, lesion())
    assert viable(volume, lesion(), 100.0).mm == pytest.approx(40, abs=0.8)


def test_a_border_on_air_does_not_make_it_smaller():
    """Voxels on the border hold air, and are of the lesion all the same."""
    volume = scanned(ball(20, ENHANCING), background=-850.0)
    assert viable(volume, lesion(), 100.0).mm == pytest.approx(40, abs=0.3)


def test_images_that_end_at_the_lesion_are_no_reference():
    whole = lesion()
    slices, rows, columns = whole.voxels.shape
    volume = phantom([], size=whole.voxels.shape, background=ENHANCING, noise=10.0)
    with pytest.raises(Refused, match="NO_REFERENCE"):
        viable(volume, Region(np.ones((slices, rows, columns), bool)))


def test_a_readers_line_alone_has_no_viable_part():
    with pytest.raises(Refused, match="NOT_SEGMENTED"):
        viable_part(scanned(ball(20, ENHANCING)), None)
