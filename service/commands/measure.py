"""`recist measure`: a lesion in a series, from a click, a line or a mask, without a server."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from imaging import masks
from imaging.delineation import Marked
from imaging.flags import Refused
from imaging.masks import Mask
from imaging.measure import NoLength, OutsideVolume, measure_click, measure_line, measure_mask
from imaging.measurement import Measurement
from imaging.series import load
from imaging.volume import Volume
from service.commands.unusable import Unusable

REFUSED = 3
NOT_UNDERSTOOD = frozenset({"NOT_A_SERIES", "NOT_A_MASK", "NOT_DICOM", "TRUNCATED", "UNREADABLE"})
"""Refusals of what is no image or mask at all: unusable input, where the others are answers."""


def measure(
    series_dir: Annotated[Path, typer.Argument(help="The folder of the series.")],
    click: Annotated[str | None, typer.Option(help="X,Y,Z: column, row, slice, from 0.")] = None,
    line: Annotated[str | None, typer.Option(help="X1,Y1,X2,Y2,Z: a reader's line.")] = None,
    mask: Annotated[Path | None, typer.Option(help="A DICOM SEG or RTSTRUCT.")] = None,
    series_uid: Annotated[str | None, typer.Option(help="Of several series, the one.")] = None,
) -> None:
    """Measure the lesion under a click or a line, or each of a mask, one JSON object a line.

    Slices count in rising position along the normal: feet to head in an ordinary axial series.
    """
    if sum(given is not None for given in (click, line, mask)) != 1:
        raise Unusable("give exactly one of --click, --line and --mask")
    if not series_dir.exists():
        raise Unusable(f"{series_dir}: there is no such folder")
    try:
        if mask is not None:
            _measure_marked(series_dir, mask, series_uid)
        elif click is not None:
            _print(_clicked(series_dir, click, series_uid).as_json())
        elif line is not None:
            _print(_drawn(series_dir, line, series_uid).as_json())
    except (OutsideVolume, NoLength) as reason:
        raise Unusable(str(reason)) from None
    except Refused as refusal:
        _refuse(refusal, mask or series_dir)


def _clicked(series_dir: Path, click: str, series_uid: str | None) -> Measurement:
    point = _numbers(click, "--click", "X,Y,Z")
    return measure_click(load(series_dir, series_uid=series_uid), point)


def _drawn(series_dir: Path, line: str, series_uid: str | None) -> Measurement:
    x1, y1, x2, y2, slice_ = _numbers(line, "--line", "X1,Y1,X2,Y2,Z")
    volume = load(series_dir, series_uid=series_uid)
    return measure_line(volume, (x1, y1), (x2, y2), slice_)


def _measure_marked(series_dir: Path, file: Path, series_uid: str | None) -> None:
    if not file.is_file():
        raise Unusable(f"{file}: there is no such file")
    mask = masks.read(file)
    marked = mask.marked(_drawn_on(mask, series_dir, series_uid))
    answers = [_answer(mark) for mark in marked]
    for answer in answers:
        _print(answer)
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


def _answer(mark: Marked) -> dict[str, object]:
    name = {mark.kind: mark.number, "label": mark.label}
    if isinstance(mark.found, Refused):
        return name | _refusal(mark.found)
    return name | measure_mask(mark.found).as_json()


def _numbers(written: str, option: str, shape: str) -> list[float]:
    try:
        numbers = [float(part) for part in written.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != shape.count(",") + 1 or not all(map(math.isfinite, numbers)):
        raise Unusable(f"{option} {written!r}: give {shape}, in pixels and slices from 0")
    return numbers


def _refuse(refusal: Refused, place: Path) -> NoReturn:
    if refusal.code in NOT_UNDERSTOOD:
        raise Unusable(f"{place}: {refusal.says}") from None
    _print(_refusal(refusal))
    raise typer.Exit(REFUSED)


def _refusal(refusal: Refused) -> dict[str, object]:
    return {"refused": refusal.code, "says": refusal.says, **refusal.members}


def _print(answer: Mapping[str, object]) -> None:
    typer.echo(json.dumps(answer, separators=(",", ":"), ensure_ascii=False, allow_nan=False))
