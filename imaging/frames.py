"""The planes of an enhanced multi-frame image, from its functional groups (PS3.3 C.7.6.16)."""

from pydicom import Dataset

from imaging.elements import Elements, Source, content, data_set
from imaging.flags import Refused
from imaging.planes import INTERCEPT, ORIENTATION, POSITION, SLOPE, SPACING, THICKNESS, Plane, plane

SHARED, PER_FRAME = 0x52009229, 0x52009230
MACROS = {
    POSITION: 0x00209113,
    ORIENTATION: 0x00209116,
    SPACING: 0x00289110,
    THICKNESS: 0x00289110,
    SLOPE: 0x00289145,
    INTERCEPT: 0x00289145,
}
"""The sequence that holds each element."""


def frames(elements: Elements, source: Source, count: int) -> tuple[Plane, ...]:
    """One plane for each frame, in the order of the frames; raises Refused."""
    found, _ = data_set(content(source, elements.syntax)[elements.header], elements.syntax)
    try:
        shared = _item(found, SHARED)
        groups = list(found[PER_FRAME].value) if PER_FRAME in found else []
        planes = tuple(_plane(n, group, shared) for n, group in enumerate(groups, start=1))
    except Refused:
        raise
    except Exception as problem:  # noqa: BLE001 -- pydicom lets anything escape
        says = f"The functional groups are damaged ({type(problem).__name__}); send them again."
        raise Refused("UNREADABLE", says) from None
    if len(planes) != count:
        says = f"{count} frames, but {len(planes)} per-frame functional groups."
        raise Refused("NO_GEOMETRY", says)
    return planes


def _plane(frame: int, group: Dataset, shared: Dataset) -> Plane:
    def numbers(tag: int) -> tuple[float, ...] | None:
        for place in (group, shared):
            value = _item(place, MACROS[tag]).get(tag)
            if value is not None and value.value is not None:
                return tuple(map(float, value.value if value.VM > 1 else [value.value]))
        return None

    return plane(frame, numbers)


def _item(place: Dataset, sequence: int) -> Dataset:
    """The only item of a functional group macro, or an empty one."""
    found = place.get(sequence)
    return found.value[0] if found is not None and found.value else Dataset()
