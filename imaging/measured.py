"""The measurement of a lesion whose voxels or contours on a volume are known."""

import numpy as np

from imaging.flags import Flag
from imaging.measurement import Extent, Measurement, of_diameters
from imaging.shapes import diameters, partial_volume
from imaging.shapes.boundary import level_set
from imaging.shapes.contours import Contours
from imaging.shapes.conventions import SUB_PIXEL, Convention
from imaging.shapes.outline import enclosed
from imaging.shapes.pieces import HALF
from imaging.shapes.region import Coverage, Region
from imaging.volume import Volume


def of_mask(volume: Volume, region: Region, *, images: bool) -> Measurement:
    """Measure voxels, sub-pixel where there are `images` whose intensities tell how."""
    shares = partial_volume.of_region(volume, region) if images else None
    if shares is None:
        return of_pixels(volume, region, Convention.OWN)
    return of_coverage(volume, shares)


def of_pixels(volume: Volume, region: Region, convention: Convention) -> Measurement:
    """Measure voxels that are inside as a whole, by a convention."""
    found = diameters.of_region(region, volume.spacing, convention)
    pixel = volume.spacing[0] * volume.spacing[1]
    on_plane = np.count_nonzero(region.voxels[found.plane - region.offset[0]])
    extent = Extent(on_plane * pixel, len(region) * pixel)
    return of_diameters(volume, found, extent, convention)


def of_coverage(volume: Volume, coverage: Coverage) -> Measurement:
    """Measure voxels by the share of each that is inside."""
    found = diameters.of_coverage(coverage, volume.spacing)
    pixel = volume.spacing[0] * volume.spacing[1]
    areas = [enclosed(level_set(plane, HALF)) * pixel for plane in coverage.shares]
    extent = Extent(areas[found.plane - coverage.offset[0]], sum(areas))
    return of_diameters(volume, found, extent, SUB_PIXEL)


def of_contours(
    volume: Volume, contours: Contours, convention: str, doubts: tuple[Flag, ...] = ()
) -> Measurement:
    """Measure contours from corner to corner; `convention` says what they are."""
    found = diameters.of_outlines(contours.outlines.items())
    extent = Extent(contours.areas[found.plane], sum(contours.areas.values()))
    return of_diameters(volume, found, extent, convention, doubts)
