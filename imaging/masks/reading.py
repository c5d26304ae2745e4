"""Which lesions a DICOM SEG or RTSTRUCT delineates, and on which series it was drawn."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import Dataset

from imaging.dicom.elements import Source, document
from imaging.dicom.headers import inspect
from imaging.flags import Refused
from imaging.masks.delineation import Marked
from imaging.masks.rtstruct import rois
from imaging.masks.seg import segments
from imaging.volume import Volume

READERS = {"SEGMENTATION": segments, "STRUCTURE_SET": rois}


@dataclass(frozen=True, eq=False)
class Mask:
    """A SEG or RTSTRUCT that was read; `series_uids` are of the series it says it was drawn on."""

    content: Dataset
    kind: str
    series_uids: frozenset[str]

    def marked(self, volume: Volume | None) -> list[Marked]:
        """Take its segments or regions in the order of the file, on `volume` if drawn on it.

        Raises Refused: NO_GEOMETRY, TOO_LARGE, UNREADABLE, EMPTY_SEGMENT where there is none.
        """
        try:
            with warnings.catch_warnings(action="ignore"):
                found = list(READERS[self.kind](self.content, volume))
        except Refused:
            raise
        except Exception as problem:  # noqa: BLE001 -- damaged files let anything escape
            raise _unreadable(problem) from None
        if not found:
            raise Refused("EMPTY_SEGMENT", "The file has no segment or region.")
        return found


def read_masks(source: Source) -> Mask:
    """Read a mask file, given by its path or content.

    Raises Refused: NOT_A_MASK for another kind of object, and whatever `headers.inspect` refuses.
    """
    kind = inspect(source).kind
    if kind not in READERS:
        raise Refused("NOT_A_MASK", "This is an image; a DICOM SEG or RTSTRUCT is needed.")
    content = document(source)
    try:
        with warnings.catch_warnings(action="ignore"):
            return Mask(content, kind, frozenset(_series(content)))
    except Exception as problem:  # noqa: BLE001 -- damaged files let anything escape
        raise _unreadable(problem) from None


def _unreadable(problem: Exception) -> Refused:
    """Name the kind of problem; its own words may repeat the file."""
    says = f"The mask is damaged ({type(problem).__name__}); export it once more."
    return Refused("UNREADABLE", says)


def _series(mask: Dataset) -> Iterator[str]:
    for series in mask.get("ReferencedSeriesSequence") or []:
        yield str(series.get("SeriesInstanceUID", ""))
    for frame in mask.get("ReferencedFrameOfReferenceSequence") or []:
        for study in frame.get("RTReferencedStudySequence") or []:
            for series in study.get("RTReferencedSeriesSequence") or []:
                yield str(series.get("SeriesInstanceUID", ""))
