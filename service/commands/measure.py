"""`recist measure`: a lesion in a series, from a click, a line or a mask, without a server."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from imaging.flags import Flag, Refused
from imaging.masks.delineation import Marked
from imaging.masks.reading import Mask, read_masks
from imaging.masks.seg_writing import Lesion
from imaging.measure import (
    Found,
    NoLength,
    OutsideVolume,
    found_by_click,
    found_by_line,
    measure_mask,
)
from imaging.series.loading import load
from imaging.shapes import voxels
from imaging.shapes.contours import Contours
from imaging.shapes.conventions import Convention
from imaging.volume import Volume
from service.commands import seg_file
from service.commands.printing import print_json
from service.commands.unusable import Unusable
from service.commands.wanted import Wanted

REFUSED = 3
NOT_UNDERSTOOD = frozenset({"NOT_A_SERIES", "NOT_A_MASK", "NOT_DICOM", "TRUNCATED", "UNREADABLE"})
"""Refusals of what is no image or mask at all: unusable input, where the others are answers."""
NOT_WRITTEN = Flag(
    "SEG_NOT_WRITTEN", "The line itself was measured: there is no segmentation to write."
)


def measure(
    series_dir: Annotated[Path, typer.Argument(help="The folder of the series.")],
    click: Annotated[str | None, typer.Option(help="X,Y,Z: column, row, slice, from 0.")] = None,
    line: Annotated[str | None, typer.Option(help="X1,Y1,X2,Y2,Z: a reader's line.")] = None,
    mask: Annotated[Path | None, typer.Option(help="A DICOM SEG or RTSTRUCT.")] = None,
    series_uid: Annotated[str | None, typer.Option(help="Of several series, the one.")] = None,
    seg: Annotated[Path | None, typer.Option(help="A DICOM SEG to write what is measured.")] = None,
    convention: Annotated[
        Convention | None, typer.Option(help="Place the boundary as another program does.")
    ] = None,
    viable: Annotated[bool, typer.Option("--viable", help="What enhances, too (mRECIST).")] = False,
    threshold: Annotated[
        float | None, typer.Option(help="Enhancing from this value on, for --viable.")
    ] = None,
) -> None:
    """Measure the lesion under a click or a line, or each of a mask, one JSON object a line.

    Slices count in rising position along the normal: feet to head in an ordinary axial series.
    """
    if sum(given is not None for given in (click, line, mask)) != 1:
        raise Unusable("give exactly one of --click, --line and --mask")
    if not series_dir.exists():
        raise Unusable(f"{series_dir}: there is no such folder")
    if threshold is not None and not (viable and math.isfinite(threshold)):
        raise Unusable("--threshold: give a number, together with --viable")
    wanted = Wanted(convention, viable, threshold)
    try:
        if mask is not None:
            _measure_marked(series_dir, mask, series_uid, seg, wanted)
        elif click is not None:
            _answer_one(series_dir, seg, wanted, *_clicked(series_dir, click, series_uid, wanted))
        elif line is not None:
            _answer_one(series_dir, seg, wanted, *_drawn(series_dir, line, series_uid, wanted))
    except (OutsideVolume, NoLength) as reason:
        raise Unusable(str(reason)) from None
    except Refused as refusal:
        _refuse(refusal, mask or series_dir)


def _clicked(
    series_dir: Path, click: str, series_uid: str | None, wanted: Wanted
) -> tuple[Volume, Found]:
    point = numbers(click, "--click", "X,Y,Z")
    volume = load(series_dir, series_uid=series_uid)
    return volume, found_by_click(volume, point, wanted.convention)


def _drawn(
    series_dir: Path, line: str, series_uid: str | None, wanted: Wanted
) -> tuple[Volume, Found]:
    x1, y1, x2, y2, slice_ = numbers(line, "--line", "X1,Y1,X2,Y2,Z")
    volume = load(series_dir, series_uid=series_uid)
    return volume, found_by_line(volume, (x1, y1), (x2, y2), slice_, wanted.convention)


def _answer_one(
    series_dir: Path, seg: Path | None, wanted: Wanted, volume: Volume, found: Found
) -> None:
    if seg is not None:
        found = _written(found, seg, series_dir, volume)
    print_json(wanted.answer(volume, found))


def _written(found: Found, seg: Path, series_dir: Path, volume: Volume) -> Found:
    if not isinstance(found.shape, Contours):
        flags = (*found.measurement.flags, NOT_WRITTEN)
        return found._replace(measurement=replace(found.measurement, flags=flags))
    seg_file.write(seg, series_dir, volume, [Lesion("Lesion", voxels.within(found.shape, volume))])
    return found


def _measure_marked(
    series_dir: Path, file: Path, series_uid: str | None, seg: Path | None, wanted: Wanted
) -> None:
    if not file.is_file():
        raise Unusable(f"{file}: there is no such file")
    mask = read_masks(file)
    volume = _drawn_on(mask, series_dir, series_uid)
    marked = mask.marked(volume)
    answers = [_answer(mark, wanted) for mark in marked]
    lesions = list(seg_file.of_marked(marked)) if seg is not None else []
    if seg is not None and volume is not None and lesions:
        seg_file.write(seg, series_dir, volume, lesions)
    for answer in answers:
        print_json(answer)
    if all("refused" in answer for answer in answers):
        raise typer.Exit(REFUSED)


def _drawn_on(mask: Mask, series_dir: Path, series_uid: str | None) -> Volume | None:
    """Load the series that a mask names, else the only one there; None where there is neither."""
    for uid in [series_uid] if series_uid else sorted(mask.series_uids):
        try:
            return load(series_dir, series_uid=uid)
        except Refused as refusal:
            if refusal.code != "NOT_A_SERIES" or series_uid:
                raise
    try:
        return load(series_dir)
    except Refused as refusal:
        others = refusal.code == "SEVERAL_SERIES" and mask.series_uids
        if others or refusal.code == "NOT_A_SERIES":
            return None
        raise


def _answer(mark: Marked, wanted: Wanted) -> dict[str, object]:
    name = {mark.kind: mark.number, "label": mark.label}
    if isinstance(mark.found, Refused):
        return name | _refusal(mark.found)
    try:
        measurement = measure_mask(mark.found, wanted.convention)
    except Refused as refusal:
        return name | _refusal(refusal)
    images = None if mark.found.own else mark.found.geometry
    return name | wanted.answer(images, Found(measurement, mark.found.shape))


def numbers(written: str, option: str, shape: str) -> list[float]:
    """The numbers of an option that has them in a row; raises Unusable where there are others."""
    try:
        found = [float(part) for part in written.split(",")]
    except ValueError:
        found = []
    if len(found) != shape.count(",") + 1 or not all(map(math.isfinite, found)):
        raise Unusable(f"{option} {written!r}: give {shape}, in pixels and slices from 0")
    return found


def _refuse(refusal: Refused, place: Path) -> NoReturn:
    if refusal.code in NOT_UNDERSTOOD:
        raise Unusable(f"{place}: {refusal.says}") from None
    print_json(_refusal(refusal))
    raise typer.Exit(REFUSED)


def _refusal(refusal: Refused) -> dict[str, object]:
    return {"refused": refusal.code, "says": refusal.says, **refusal.members}
