"""What tests of images share: the real data, and small CT images to alter at will."""

import io
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from imaging.phantom import Ellipsoid, phantom, write


@pytest.fixture(scope="session")
def dicom(shared: Path) -> Path:
    """The folder of real DICOM series."""
    return shared / "data" / "dicom"


@pytest.fixture
def slices(tmp_path: Path) -> list[Dataset]:
    """Five CT slices of 12 rows and 10 columns, 2.5 mm apart, feet first."""
    lesion = Ellipsoid((4.0, 4.0, 5.0), (3.0, 2.0, 4.0), 60.0)
    volume = phantom([lesion], size=(5, 12, 10), spacing=(0.8, 0.7), seed="slices")
    write(volume, tmp_path / "slices", patient_id="S-001", study_date=date(2024, 3, 1))
    found = [dcmread(path) for path in (tmp_path / "slices").iterdir()]
    return sorted(found, key=lambda image: image.ImagePositionPatient[2])


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """The Part 10 file of a data set, with elements changed, or taken out where None is given."""

    def encode(image: Dataset, **changes: Any) -> bytes:
        file = io.BytesIO()
        with warnings.catch_warnings(action="ignore"):  # what is written may be wrong on purpose
            for keyword, value in changes.items():
                if value is None:
                    delattr(image, keyword)
                else:
                    setattr(image, keyword, value)
            image.save_as(file, enforce_file_format=True)
        return file.getvalue()

    return encode
