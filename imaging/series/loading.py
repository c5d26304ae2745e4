"""A DICOM CT or MR series becomes a Volume, or is refused or flagged by name."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from imaging.dicom.elements import Source
from imaging.dicom.headers import Instance, inspect
from imaging.dicom.pixels import Stored, decode_into, on_all_cores, read_into
from imaging.dicom.walk import NATIVE
from imaging.flags import Flag, Refused
from imaging.padding import NONE, Padding
from imaging.series import doubts
from imaging.series.stacks import Member, Stack, stacks
from imaging.volume import Volume

PASSED_OVER = {"NOT_DICOM", "NOT_AN_IMAGE", "UNSUPPORTED_MODALITY", "SCREEN_SAVE", "DOSE_REPORT"}
"""What may lie in a folder beside a series without being part of it."""
LISTED = 10
"""Stacks that a sentence names."""
VOLUME_LIMIT = 4 << 30
"""Bytes of pixels that one series may have."""


def load(
    source: str | os.PathLike[str] | Iterable[Source],
    *,
    series_uid: str | None = None,
    among: Callable[[dict[str, Stack]], dict[str, Stack]] = dict,
) -> Volume:
    """The one series in a folder and the folders below it, or among the files given.

    `series_uid` chooses a series, and with a number, as in `1.2.3:2`, the second of its stacks:
    each name that SEVERAL_SERIES gives is of one stack. `among` then chooses by what they hold.

    A folder may hold other things too; among files given, each must be DICOM of a kind that
    `inspect` takes. Masks are passed over. Slices are ordered by position along their normal,
    never by name or number; an instance that is there twice counts once. Different instances at
    one place (several echoes, a repeated scan) are all kept and flagged, without a trusted volume.

    Raises Refused: NOT_A_SERIES where nothing is left, SEVERAL_SERIES with `series_uids` where
    more than one stack is, TOO_LARGE, and whatever `inspect` refuses.
    """
    if isinstance(source, str | os.PathLike):
        instances = _instances(files(source), PASSED_OVER)
    else:
        instances = _instances(source, frozenset())
    found = _named_stacks(stacks(instances))
    if series_uid is not None:
        found = {name: stack for name, stack in found.items() if _chooses(series_uid, name)}
    return _volume(_only(among(found)))


def series_flags(instances: Iterable[Instance]) -> tuple[Flag, ...]:
    """What is doubtful about one series, from its geometry alone; no flags for masks."""
    found = stacks(instances)
    if len(found) > 1:
        return (Flag("SEVERAL_STACKS", _listed(_named_stacks(found))),)
    return doubts.flags(found[0]) if found else ()


def files(folder: str | os.PathLike[str]) -> Iterator[str]:
    """The files in a folder and the folders below it, or the one file that is none."""
    if not os.path.isdir(folder):
        yield os.fspath(folder)
    for place, _, names in os.walk(folder):
        yield from (os.path.join(place, name) for name in sorted(names))


def _instances(sources: Iterable[Source], passed_over: AbstractSet[str]) -> list[Instance]:
    found = []
    for source in sources:
        try:
            found.append(inspect(source))
        except Refused as refusal:
            if refusal.code not in passed_over:
                raise _named(source, refusal) from None
    return found


def _named(source: Source, refusal: Refused) -> Refused:
    if isinstance(source, bytes):
        return refusal
    name = os.path.basename(source)
    return Refused(refusal.code, f"{name}: {refusal.says}", refusal.members)


def _named_stacks(found: list[Stack]) -> dict[str, Stack]:
    """Stacks by the UID of their series, and their number in it where it has several."""
    of_series = Counter(stack.series_uid for stack in found)
    numbers: Counter[str] = Counter()
    named = {}
    for stack in found:
        uid = stack.series_uid
        numbers[uid] += 1
        named[uid if of_series[uid] == 1 else f"{uid}:{numbers[uid]}"] = stack
    return named


def _chooses(series_uid: str, name: str) -> bool:
    return series_uid in {name, name.partition(":")[0]}


def _only(found: dict[str, Stack]) -> Stack:
    if not found:
        raise Refused("NOT_A_SERIES", "There is no CT or MR image here, or none of that series.")
    if len(found) > 1:
        says = f"Choose one by its UID, with its number if it has one: {_listed(found)}"
        raise Refused("SEVERAL_SERIES", says, {"series_uids": list(found)})
    (stack,) = found.values()
    return stack


def _listed(found: dict[str, Stack]) -> str:
    parts = [f"{name} ({stack.describe()})" for name, stack in found.items()]
    more = "; …" if len(parts) > LISTED else ""
    return f"{len(parts)} stacks of slices, {'; '.join(parts[:LISTED])}{more}."


def _volume(stack: Stack) -> Volume:
    instance, encoding, plane = stack.members[0]
    planes = [member.plane for member in stack.members]
    row_direction, column_direction = stack.directions
    between_rows, between_columns = plane.spacing
    return Volume(
        stored=_stored(stack),
        slope=np.array([plane.slope for plane in planes]),
        intercept=np.array([plane.intercept for plane in planes]),
        positions=stack.positions,
        row_direction=row_direction,
        column_direction=column_direction,
        spacing=(between_rows, between_columns),
        step=stack.step,
        sop_instance_uids=tuple(member.instance.sop_instance_uid for member in stack.members),
        frames=tuple(plane.frame for plane in planes),
        modality=instance.modality,
        series_uid=instance.series_uid,
        study_uid=instance.study_uid,
        frame_of_reference_uid=instance.frame_of_reference_uid,
        thickness=stack.thickness,
        flags=doubts.flags(stack),
        padding=Padding.of([member.padded or NONE for member in stack.members]),
        inverted=encoding.photometric == "MONOCHROME1",
    )


def _stored(stack: Stack) -> Stored:
    """Stored values (slices, rows, columns); each instance is opened once."""
    dtype = np.result_type(*{member.encoding.dtype for member in stack.members})
    size = (stack.members[0].encoding.rows, stack.members[0].encoding.columns)
    if len(stack.members) * math.prod(size) * dtype.itemsize > VOLUME_LIMIT:
        raise Refused("TOO_LARGE", f"The series is larger than {VOLUME_LIMIT} bytes.")
    stored = np.empty((len(stack.members), *size), dtype)
    slices: dict[str, list[int]] = {}
    for index, member in enumerate(stack.members):
        slices.setdefault(member.instance.sop_instance_uid, []).append(index)
    images = [
        ([stored[n] for n in indices], [stack.members[n] for n in indices])
        for indices in slices.values()
    ]
    if all(_compressed_alone(members) for _, members in images):
        on_all_cores(lambda image: _fill(*image), images)
    else:
        for targets, members in images:
            _fill(targets, members)
    return stored


def _compressed_alone(members: Sequence[Member]) -> bool:
    """Say whether these are the one frame of an image that a decoder has to read."""
    return len(members) == 1 and members[0].encoding.syntax not in NATIVE


def _fill(targets: Sequence[Stored], members: Sequence[Member]) -> None:
    """Read the planes of one instance into place."""
    instance, encoding, _ = members[0]
    frames = [(member.plane.frame or 1) - 1 for member in members]
    try:
        if encoding.syntax in NATIVE:
            for target, frame in zip(targets, frames, strict=True):
                read_into(target, instance.source, encoding, frame)
        else:
            decode_into(targets, instance.source, encoding, frames)
    except Refused as refusal:
        raise _named(instance.source, refusal) from None
