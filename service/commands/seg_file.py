"""What `recist measure --seg` writes: the voxels that were measured, as a DICOM SEG."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import recist
from imaging.dicom.headers import inspect
from imaging.flags import Refused
from imaging.masks.delineation import Marked
from imaging.masks.seg_writing import Lesion, Software, segmentation
from imaging.measure import region_of
from imaging.series.loading import files
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
        yield Lesion(mark.label, region_of(mark.found), mark.origin, **named)


def _image(series_dir: Path, volume: Volume) -> Path:
    """A file of the series."""
    for file in map(Path, files(series_dir)):
        try:
            if inspect(file).sop_instance_uid in volume.sop_instance_uids:
                return file
        except Refused:
            continue
    raise Unusable(f"{series_dir}: the images are no longer there")
