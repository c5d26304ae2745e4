"""What `recist measure --seg` writes: the voxels that were measured, as a DICOM SEG."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import recist
from imaging import voxels
from imaging.delineation import Delineation, Marked
from imaging.flags import Refused
from imaging.headers import inspect
from imaging.region import Region
from imaging.seg_writing import Lesion, Software, segmentation
from imaging.volume import Volume
from service.commands.unusable import Unusable

SOFTWARE = Software("recist", recist.__version__)


def write(file: Path, series_dir: Path, volume: Volume, lesions: Sequence[Lesion]) -> None:
    """Write lesions on a series; FileExistsError rather than over another file."""
    encoded = segmentation(volume, lesions, _image(series_dir, volume), SOFTWARE)
    with file.open("xb") as opened:
        opened.write(encoded)


def of_marked(marked: Sequence[Marked]) -> Iterator[Lesion]:
    """The segments and regions of a mask that were measured.

    Raises Unusable for one in a geometry of its own: a segmentation refers to images.
    """
    for mark in marked:
        if isinstance(mark.found, Refused):
            continue
        if mark.found.own:
            says = "the series lacks images that the mask was drawn on, and a SEG refers to them"
            raise Unusable(f"--seg: {says}")
        named = {"tracking_uid": mark.tracking_uid} if mark.tracking_uid else {}
        yield Lesion(mark.label, _region(mark.found), mark.origin, **named)


def _region(found: Delineation) -> Region:
    if isinstance(found.shape, Region):
        return found.shape
    return voxels.within(found.shape, found.geometry)


def _image(series_dir: Path, volume: Volume) -> Path:
    """A file of the series."""
    for place, _, names in os.walk(series_dir):
        for name in names:
            file = Path(place, name)
            try:
                if inspect(file).sop_instance_uid in volume.sop_instance_uids:
                    return file
            except Refused:
                continue
    raise Unusable(f"{series_dir}: the images are no longer there")
