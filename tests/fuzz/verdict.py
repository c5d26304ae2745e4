"""Whether what is made of a file is a refusal by name or a sound answer, and nothing else."""

import io
import json
import math
import warnings

import numpy as np
from pydicom import dcmread
from pydicom.dataelem import DataElement

from imaging import Instance, Refused, Volume, inspect, load
from imaging.dicom.elements import TRANSFER_SYNTAX, read
from imaging.dicom.headers import WANTED
from imaging.masks.delineation import Marked
from imaging.masks.reading import read_masks
from imaging.sr.reading import read_report

LONGEST_REASON = 500


class Unsound(Exception):
    """An answer that cannot be right."""


def tried(content: bytes) -> str:
    """What became of a file: the code of the refusal, or the kind of object that was read.

    Whatever else escapes is a fault, Unsound among it.
    """
    try:
        instance = inspect(content)
        _sound_instance(instance)
        _agrees_with_pydicom(content)
        if instance.kind == "IMAGE":
            _sound_volume(load([content]), instance)
        else:
            for marked in read_masks(content).marked(None):
                _sound_mark(marked)
    except Refused as refusal:
        _sound_refusal(refusal)
        if refusal.code == "NOT_AN_IMAGE":
            return _report(content)
        return refusal.code
    return instance.kind


def _report(content: bytes) -> str:
    try:
        json.dumps(read_report(content, {}).as_json(), allow_nan=False)
    except Refused as refusal:
        _sound_refusal(refusal)
        return refusal.code
    return "REPORT"


def _sound_refusal(refusal: Refused) -> None:
    if not refusal.code.replace("_", "").isupper() or not refusal.says:
        raise Unsound(f"refused without a name: {refusal}")
    if len(refusal.says) > LONGEST_REASON or not refusal.says.isprintable():
        raise Unsound(f"a reason that repeats the file: {refusal.says!r}")


def _sound_instance(instance: Instance) -> None:
    for uid in (instance.sop_instance_uid, instance.series_uid, instance.study_uid):
        if not uid or set(uid) & set("/\\<> \0"):
            raise Unsound(f"{uid!r} is an identifier")
    if instance.kind == "IMAGE" and len(instance.planes) != instance.number_of_frames:
        raise Unsound(f"{len(instance.planes)} planes, {instance.number_of_frames} frames")


def _sound_volume(volume: Volume, instance: Instance) -> None:
    numbers = (volume.slope, volume.intercept, volume.positions, *volume.spacing)
    if not all(np.isfinite(number).all() for number in numbers) or not min(volume.spacing) > 0:
        raise Unsound("the geometry is not of numbers")
    if volume.stored.ndim != 3 or len(volume.stored) != len(volume.positions):
        raise Unsound(f"pixels {volume.stored.shape}, positions {volume.positions.shape}")
    if volume.stored.shape[0] > instance.number_of_frames:
        raise Unsound("more slices than frames")
    if not math.isclose(float(np.linalg.norm(volume.normal)), 1.0, abs_tol=1e-6):
        raise Unsound("the normal is no unit vector")


def _sound_mark(marked: Marked) -> None:
    if isinstance(marked.found, Refused):
        _sound_refusal(marked.found)


def _agrees_with_pydicom(content: bytes) -> None:
    """Where pydicom reads the file as well, every element that is used has the same bytes."""
    found = read(content, WANTED)
    try:
        with warnings.catch_warnings(action="ignore"):
            image = dcmread(io.BytesIO(content), stop_before_pixels=True)
            syntax = image.file_meta[TRANSFER_SYNTAX]
    except Exception:  # noqa: BLE001 -- pydicom lets anything escape
        return
    if syntax.VR != "UI":
        return
    if syntax.value != found.syntax:
        raise Unsound(f"transfer syntax {found.syntax!r}; pydicom reads {syntax.value!r}")
    for tag in WANTED:
        element = image.get_item(tag)
        theirs = (element.value if element is not None else b"") or b""
        if not isinstance(element, DataElement) and found.values.get(tag, b"") != theirs:
            ours = found.values.get(tag, b"")
            raise Unsound(f"({tag:08X}) is {ours[:80]!r}; pydicom reads {theirs[:80]!r}")
