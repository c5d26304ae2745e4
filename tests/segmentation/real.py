"""What clicks and lines make of the real lesions whose contours lie beside the checkout."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from imaging import load
from imaging.flags import Refused
from imaging.masks.delineation import Delineation
from imaging.masks.reading import read_masks
from imaging.measure import measure_click, measure_line, measure_mask
from imaging.measurement import Measurement
from imaging.volume import Volume

DRAWN = {
    "sarcoma, CT": ("sarcoma-ct-mr-rtstruct/CT", "sarcoma-ct-mr-rtstruct/rtstruct_CT.dcm"),
    "sarcoma, MR": ("sarcoma-ct-mr-rtstruct/MR_T1", "sarcoma-ct-mr-rtstruct/rtstruct_MR_T1.dcm"),
    "lung tumour": ("ibsi-lung-ct-rtstruct/ct", "ibsi-lung-ct-rtstruct/rtstruct.dcm"),
}
LIVER, IN_LIVER = "ct-two-timepoint-pairs/A062055/19001228-131.dcm", (162, 243, 0)
"""A single slice, and a click in its largest lesion: about 40 mm by eye, says its README."""


def drawn(dicom: Path, name: str) -> tuple[Volume, Measurement]:
    """The series of a lesion, and what its contour measures."""
    series, mask = (dicom / part for part in DRAWN[name])
    volume = load(sorted(series.glob("*.dcm")))
    found = read_masks(mask).marked(volume)[0].found
    assert isinstance(found, Delineation)
    return volume, measure_mask(found)


def middle(contour: Measurement) -> tuple[float, float, int]:
    assert contour.longest_px
    assert contour.slice is not None
    column, row = np.mean(contour.longest_px, axis=0).tolist()
    return column, row, contour.slice


def beside_contours(dicom: Path) -> Iterator[str]:
    for name in DRAWN:
        volume, contour = drawn(dicom, name)
        yield f"{name}: contour {_said(contour)}"
        column, row, slice_ = middle(contour)
        for right, down, up in ((0, 0, 0), (4, 0, 0), (-4, 3, 0), (0, -5, 1), (3, 3, -1)):
            yield f"  click: {_clicked(volume, (column + right, row + down, slice_ + up))}"
        (first, last) = contour.longest_px or ()
        yield f"  line: {_said(measure_line(volume, first, last, slice_))}"
    yield f"liver, about 40 mm by eye, click: {_clicked(load([dicom / LIVER]), IN_LIVER)}"


def _clicked(volume: Volume, voxel: tuple[float, float, int]) -> str:
    try:
        return _said(measure_click(volume, voxel))
    except Refused as refusal:
        return str(refusal)


def _said(found: Measurement) -> str:
    doubt = " ".join(flag.says for flag in found.flags if flag.code == "LOW_TRUST")
    volume = f"{found.volume_mm3 / 1000:.1f} ml" if found.volume_mm3 else "no volume"
    return f"{found.longest_mm:.1f} x {found.short_axis_mm or 0:.1f} mm, {volume}. {doubt}"
