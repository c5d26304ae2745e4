"""`recist sr`: the measurements in a DICOM SR, checked against the images they were drawn on."""

from pathlib import Path
from typing import Annotated

import typer

from imaging.flags import Refused
from imaging.sr.check import held
from imaging.sr.reading import read_report
from service.commands.printing import print_json
from service.commands.unusable import Unusable


def sr(
    file: Annotated[Path, typer.Argument(help="A DICOM SR of TID 1500.")],
    series: Annotated[
        Path | None, typer.Option(help="A folder with the images it refers to.")
    ] = None,
) -> None:
    """Read the lengths out of a measurement report, and say what was passed over and why.

    With the images, each length is checked against its own points.
    """
    if not file.is_file():
        raise Unusable(f"{file}: there is no such file")
    if series is not None and not series.is_dir():
        raise Unusable(f"{series}: there is no such folder")
    try:
        found = read_report(file, held(series) if series is not None else {})
    except Refused as refusal:
        raise Unusable(f"{file}: {refusal.says}") from None
    print_json(found.as_json())
