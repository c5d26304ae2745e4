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
from imaging.measure import Found, measure_mask
from imaging.series.loading import load
from imaging.shapes import voxels
from imaging.shapes.contours import Contours
from imaging.shapes.conventions import Convention
from imaging.volume import Volume
from service.commands import seg_file
from service.commands.pointed import CLICK_HELP, LINE_HELP, Pointed, pointed
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
    click: Annotated[str | None, typer.Option(help=CLICK_HELP)] = None,
    line: Annotated[str | None, typer.Option(help=LINE_HELP)] = None,
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
    place = pointed(click, line)
    try:
        if place is not None:
            _measure_pointed(series_dir, place, series_uid, seg, wanted)
        elif mask is not None:
            _measure_marked(series_dir, mask, series_uid, seg, wanted)
    except Refused as refusal:
        _refuse(refusal, mask or series_dir)


def _measure_pointed(
    series_dir: Path, place: Pointed, series_uid: str | None, seg: Path | None, wanted: Wanted
) -> None:
    volume = load(series_dir, series_uid=series_uid)
    found = place.found(volume, wanted.convention)
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
    """Load the images that a mask was drawn on; None where the folder holds none of them."""
    try:
        return mask.volume_in(series_dir, series_uid=series_uid)
    except Refused as refusal:
        if refusal.code == "NOT_A_SERIES" and series_uid is None:
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


def _refuse(refusal: Refused, place: Path) -> NoReturn:
    if refusal.code in NOT_UNDERSTOOD:
        raise Unusable(f"{place}: {refusal.says}") from None
    print_json(_refusal(refusal))
    raise typer.Exit(REFUSED)


def _refusal(refusal: Refused) -> dict[str, object]:
    return {"refused": refusal.code, "says": refusal.says, **refusal.members}
