"""Which lesions a DICOM SEG or RTSTRUCT delineates, and on which series it was drawn."""

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from pydicom import Dataset

from imaging.dicom.elements import Source, document
from imaging.dicom.headers import inspect
from imaging.flags import Refused
from imaging.masks.delineation import Marked
from imaging.masks.references import Images, images_of, series_of
from imaging.masks.rtstruct import rois
from imaging.masks.seg import segments
from imaging.series.loading import load
from imaging.series.stacks import Stack
from imaging.volume import Volume

READERS = {"SEGMENTATION": segments, "STRUCTURE_SET": rois}
NUMBERS = {
    "SEGMENTATION": ("SegmentSequence", "SegmentNumber"),
    "STRUCTURE_SET": ("StructureSetROISequence", "ROINumber"),
}


class _DrawnElsewhere(Exception):
    """None of several stacks holds the images that a mask names."""


@dataclass(frozen=True, eq=False)
class Mask:
    """A SEG or RTSTRUCT that was read; `series_uids` are of the series it says it was drawn on."""

    content: Dataset
    kind: str
    series_uids: frozenset[str]
    numbers: tuple[int, ...]
    """Of its segments or regions, in the order of the file."""

    @cached_property
    def images(self) -> Images:
        """The images that it says it was drawn on. Raises Refused UNREADABLE."""
        with _readable():
            return images_of(self.content)

    def volume_in(
        self, source: str | os.PathLike[str] | Iterable[Source], *, series_uid: str | None = None
    ) -> Volume | None:
        """Load the images it was drawn on, or the only ones there are.

        Among several series or stacks it chooses those that hold an image it names, else those of
        a series it names; None where it names others alone. `series_uid` is what `load` takes.

        Raises Refused: SEVERAL_SERIES where that chooses none or more than one, UNREADABLE, and
        what `load` does.
        """
        try:
            return load(source, series_uid=series_uid, among=self._among)
        except _DrawnElsewhere:
            return None

    def marked(self, volume: Volume | None) -> list[Marked]:
        """Take its segments or regions in the order of the file, on `volume` if drawn on it.

        Raises Refused: NO_GEOMETRY, TOO_LARGE, EMPTY_SEGMENT where there is none, UNREADABLE, and
        for compressed pixels what `pixels.decode_into` does.
        """
        with _readable():
            found = list(READERS[self.kind](self.content, volume))
        if not found:
            raise Refused("EMPTY_SEGMENT", "The file has no segment or region.")
        return found

    def _among(self, found: dict[str, Stack]) -> dict[str, Stack]:
        if len(found) < 2:
            return found
        chosen = {name: stack for name, stack in found.items() if self._names(stack)} or {
            name: stack for name, stack in found.items() if stack.series_uid in self.series_uids
        }
        if not chosen and (self.images or self.series_uids):
            raise _DrawnElsewhere
        return chosen or found

    def _names(self, stack: Stack) -> bool:
        """Say whether a plane of the stack is of an image, and of a frame, that the mask names."""
        for instance, _, plane in stack.members:
            frames = self.images.get(instance.sop_instance_uid)
            if frames is not None and (not frames or plane.frame in {None, *frames}):
                return True
        return False


def read_masks(source: Source) -> Mask:
    """Read a mask file, given by its path or content.

    Raises Refused: NOT_A_MASK for another kind of object, and whatever `headers.inspect` refuses.
    """
    kind = inspect(source).kind
    if kind not in READERS:
        raise Refused("NOT_A_MASK", "This is an image; a DICOM SEG or RTSTRUCT is needed.")
    content = document(source)
    sequence, number = NUMBERS[kind]
    with _readable():
        numbers = tuple(int(item[number].value) for item in content.get(sequence) or [])
        return Mask(content, kind, series_of(content), numbers)


@contextmanager
def _readable() -> Iterator[None]:
    """Make a refusal of what escapes where a file is damaged, which may be anything."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (Refused, MemoryError):
        raise
    except Exception as problem:  # noqa: BLE001 -- see above
        # The problem's own words may repeat the file.
        says = f"The mask is damaged ({type(problem).__name__}); export it once more."
        raise Refused("UNREADABLE", says) from None
