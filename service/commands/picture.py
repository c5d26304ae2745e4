"""`recist picture`: a slice of a series as PNG, with a lesion measured on it, without a server."""

from pathlib import Path
from typing import Annotated

import typer
from numpy.typing import ArrayLike

from imaging.flags import Refused
from imaging.pictures.picture import Lines, of_measurement, png
from imaging.pictures.picture import picture as draw
from imaging.pictures.view import NotPictured, framed
from imaging.pictures.windows import PRESETS, window_of
from imaging.series.loading import load
from imaging.volume import Volume
from service.commands.pointed import CLICK_HELP, LINE_HELP, Pointed, pointed
from service.commands.unusable import Unusable


def picture(
    series_dir: Annotated[Path, typer.Argument(help="The folder of the series.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The PNG to write.")],
    number: Annotated[int | None, typer.Option("--slice", help="N, from 0.")] = None,
    click: Annotated[str | None, typer.Option(help=CLICK_HELP)] = None,
    line: Annotated[str | None, typer.Option(help=LINE_HELP)] = None,
    window: Annotated[str | None, typer.Option(help=f"C,W, or {', '.join(PRESETS)}.")] = None,
    zoom: Annotated[float, typer.Option(help="Pixels for each of the image.")] = 1.0,
    side_mm: Annotated[float | None, typer.Option(help="Of a square around the lesion.")] = None,
    series_uid: Annotated[str | None, typer.Option(help="Of several series, the one.")] = None,
) -> None:
    """Draw a slice, or the lesion under a click or a line with its two diameters.

    Slices count in rising position along the normal: feet to head in an ordinary axial series.
    """
    if sum(given is not None for given in (number, click, line)) != 1:
        raise Unusable("give exactly one of --slice, --click and --line")
    if not series_dir.exists():
        raise Unusable(f"{series_dir}: there is no such folder")
    place = pointed(click, line)
    try:
        shown = None if window is None else window_of(window)
        volume = load(series_dir, series_uid=series_uid)
        lines = _lines(volume, number, place)
        view = framed(volume, _middle(volume, lines), zoom, side_mm)
        made = png(draw(volume, lines.slice, view, window=shown, drawn=lines))
    except NotPictured as reason:
        raise Unusable(f"--{reason.at.replace('_', '-')} {reason.says}") from None
    except Refused as refusal:
        raise Unusable(f"{series_dir}: {refusal.says}") from None
    output.write_bytes(made)


def _lines(volume: Volume, number: int | None, place: Pointed | None) -> Lines:
    if place is not None:
        return of_measurement(place.found(volume).measurement)
    last = len(volume.stored) - 1
    if number is None or not 0 <= number <= last:
        raise Unusable(f"--slice {number}: the slices are 0 to {last}")
    return Lines(number, None, None)


def _middle(volume: Volume, lines: Lines) -> ArrayLike:
    """Column and row of what is drawn: the lesion, or the slice."""
    _, rows, columns = volume.stored.shape
    return lines.middle if lines.longest else ((columns - 1) / 2, (rows - 1) / 2)
