"""A series of two stacks at the same places: who asks chooses one, or a mask does."""

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    generate_uid,
)
from typer.testing import CliRunner

from imaging.masks.seg_writing import Lesion, Software, segmentation
from imaging.measure import found_by_click
from imaging.phantom import Ellipsoid, phantom, write
from imaging.pictures.picture import Lines, picture
from imaging.pictures.view import whole
from imaging.pictures.windows import Window
from imaging.shapes.voxels import within
from imaging.volume import Volume
from service.__main__ import app as commands
from service.picturing import Panel, pictured

CENTRE, CLICK = (40.0, 36.0, 12.0), (50, 45, 4)
LESIONS = [Ellipsoid(CENTRE, axes, 40.0) for axes in ((12.0, 9.0, 10.0), (8.0, 6.0, 7.0))]
"""Of the first acquisition and of the second."""


@pytest.fixture(scope="module")
def volumes() -> list[Volume]:
    made = [
        phantom([lesion], size=(9, 90, 100), step=3.0, background=-850.0, seed=uuid4().hex)
        for lesion in LESIONS
    ]
    names = ("series_uid", "study_uid", "frame_of_reference_uid")
    same = {name: getattr(made[0], name) for name in names}
    return [replace(volume, **same) for volume in made]


@pytest.fixture(scope="module")
def folder(volumes, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("stacks")
    for number, volume in enumerate(volumes, 1):
        write(volume, place, patient_id="S-001", study_date=date(2024, 3, 1))
        for uid in volume.sop_instance_uids:
            image = pydicom.dcmread(place / f"{uid}.dcm")
            image.AcquisitionNumber = number
            image.save_as(place / f"{uid}.dcm")
    return place


@pytest.fixture(scope="module")
def seg(volumes, folder, tmp_path_factory) -> Path:
    """The lesion of the second acquisition."""
    volume = volumes[1]
    shape = found_by_click(volume, CLICK).shape
    sample = folder / f"{volume.sop_instance_uids[0]}.dcm"
    lesion = Lesion("Lesion", within(shape, volume))
    file = tmp_path_factory.mktemp("seg") / "seg.dcm"
    file.write_bytes(segmentation(volume, [lesion], sample, Software("test", "1")))
    return file


@pytest.fixture(scope="module")
def structures(volumes, tmp_path_factory) -> Path:
    """A square contour on an image of the second acquisition."""
    volume = volumes[1]
    corners = [volume.patient(*xy, 4) for xy in ((40, 40), (60, 40), (60, 60), (40, 60))]
    image, contour, region, drawn, found = (Dataset() for _ in range(5))
    image.ReferencedSOPInstanceUID = volume.sop_instance_uids[4]
    contour.ContourImageSequence = [image]
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", 4
    contour.ContourData = np.ravel(corners).round(4).tolist()
    drawn.ReferencedROINumber, drawn.ContourSequence = 1, [contour]
    region.ROINumber, region.ROIName = 1, "square"
    region.ReferencedFrameOfReferenceUID = volume.frame_of_reference_uid
    found.StructureSetROISequence, found.ROIContourSequence = [region], [drawn]
    found.SOPClassUID, found.SOPInstanceUID = RTStructureSetStorage, generate_uid()
    found.Modality, found.SeriesInstanceUID = "RTSTRUCT", generate_uid()
    found.StudyInstanceUID = volume.study_uid
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = tmp_path_factory.mktemp("structures") / "rtstruct.dcm"
    found.save_as(file, enforce_file_format=True)
    return file


def printed(*arguments: Any) -> dict[str, Any]:
    result = CliRunner().invoke(commands, ["measure", *map(str, arguments)])
    (line,) = result.stdout.splitlines()
    return json.loads(line)


# One file of two stacks


def item(**members: Any) -> Dataset:
    found = Dataset()
    for keyword, value in members.items():
        setattr(found, keyword, value)
    return found


@pytest.fixture(scope="module")
def multi_frame(volumes, folder, tmp_path_factory) -> Path:
    """Both as the frames of an enhanced MR image, 1 to 9 and 10 to 18."""
    images = [
        pydicom.dcmread(folder / f"{uid}.dcm")
        for volume in volumes
        for uid in volume.sop_instance_uids
    ]
    first = images[0]
    first.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=list(image.ImagePositionPatient))],
            MREchoSequence=[item(EffectiveEchoTime=float(image.AcquisitionNumber))],
        )
        for image in images
    ]
    measures = item(PixelSpacing=list(first.PixelSpacing), SliceThickness=3.0)
    orientation = item(ImageOrientationPatient=list(first.ImageOrientationPatient))
    rescaled = item(RescaleSlope=1, RescaleIntercept=first.RescaleIntercept, RescaleType="US")
    first.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[measures],
            PlaneOrientationSequence=[orientation],
            PixelValueTransformationSequence=[rescaled],
        )
    ]
    first.PixelData = b"".join(image.PixelData for image in images)
    first.NumberOfFrames, first.Modality = len(images), "MR"
    first.SOPClassUID = first.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"):
        delattr(first, keyword)
    file = tmp_path_factory.mktemp("enhanced") / "enhanced.dcm"
    first.save_as(file, enforce_file_format=True)
    return file


@pytest.mark.parametrize("stack", [1, 2])
def test_a_frame_is_drawn_of_the_stack_that_it_is_in(multi_frame, volumes, stack) -> None:
    volume = volumes[stack - 1]
    ends = [volume.patient(column, 45, 4).round(3).tolist() for column in (45, 55)]
    window = Window(0, 2000)
    shown = pictured(Panel(multi_frame, 9 * (stack - 1) + 5, ends), window, 1.0, None)
    lines = Lines(4, [[45.0, 45.0], [55.0, 45.0]], None)
    expected = picture(volume, 4, whole(volume, 1.0), window=window, drawn=lines)
    assert np.mean(np.abs(np.asarray(Image.open(io.BytesIO(shown))).astype(int) - expected)) < 0.05


# The command line


@pytest.mark.parametrize("name", ["seg", "structures"])
def test_a_mask_chooses_the_stack_it_was_drawn_on(folder, volumes, request, name) -> None:
    answer = printed(folder, "--mask", request.getfixturevalue(name))
    assert answer["slice"] is not None
    assert answer["sop_instance_uid"] in volumes[1].sop_instance_uids


def test_a_stack_that_is_named_comes_before_the_masks_own(folder, volumes, seg) -> None:
    uid = volumes[0].series_uid
    answer = printed(folder, "--mask", seg, "--series-uid", f"{uid}:1")
    assert answer["sop_instance_uid"] in volumes[0].sop_instance_uids  # in the same space


# Over HTTP


@pytest.fixture(scope="module")
def shelf() -> dict[str, Any]:
    return {}


@pytest.fixture
def stored(shelf, new_trial, folder, seg, structures, send) -> tuple[Any, dict[str, str]]:
    """A trial, and in it the ids of the series of two stacks and of the masks on it."""
    if not shelf:
        trial = new_trial()
        subject = trial.subject()
        files = {"images": sorted(folder.iterdir()), "seg": [seg], "structures": [structures]}
        ids = {name: send(trial, subject, *sent) for name, sent in files.items()}
        shelf["stored"] = (trial, ids)
    return shelf["stored"]


def measure(stored, series: str = "images", **body: Any) -> Any:
    trial, ids = stored
    if "mask" in body:
        body["mask"] = {"series_id": ids[body["mask"]], "number": 1}
    return trial.client("READER_1").post(f"/v1/series/{ids[series]}/measurements", json=body)


@pytest.fixture
def click(volumes) -> list[float]:
    return volumes[0].patient(*CLICK).tolist()


@pytest.mark.parametrize("stack", [1, 2])
def test_a_stack_is_chosen_by_its_number(stored, folder, volumes, click, stack) -> None:
    answer = measure(stored, click=click, stack=stack)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found["sop_instance_uid"] in volumes[stack - 1].sop_instance_uids
    name = f"{volumes[0].series_uid}:{stack}"
    line = printed(folder, "--click", "50,45,4", "--series-uid", name)
    assert {member: found[member] for member in line} == line


def test_without_a_number_the_stacks_are_told(stored, volumes, click) -> None:
    answer = measure(stored, click=click)
    assert answer.status_code == 422
    problem, uid = answer.json(), volumes[0].series_uid
    assert problem["code"] == "SEVERAL_SERIES"
    assert problem["series_uids"] == [f"{uid}:1", f"{uid}:2"]
    assert "acquisition 2" in problem["detail"]
    assert "`stack`" in problem["detail"]


@pytest.mark.parametrize("stack", [0, -1, 3, 1.5, "1", True])
def test_a_stack_that_is_none_is_refused_where_it_stands(stored, click, stack) -> None:
    answer = measure(stored, click=click, stack=stack)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/stack"]
    if stack == 3:
        for told in ("1 (axial", "2 (axial", "acquisition 1", "acquisition 2"):
            assert told in answer.json()["detail"]


@pytest.mark.parametrize("name", ["seg", "structures"])
def test_a_mask_chooses_its_stack_over_http(stored, folder, volumes, request, name) -> None:
    answer = measure(stored, mask=name)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found["sop_instance_uid"] in volumes[1].sop_instance_uids
    line = printed(folder, "--mask", request.getfixturevalue(name))
    assert {member: found[member] for member in line} == line
    other = measure(stored, mask=name, stack=1).json()
    assert other["sop_instance_uid"] not in volumes[1].sop_instance_uids


def test_a_mask_has_no_stack(stored, click) -> None:
    answer = measure(stored, "seg", click=click, stack=1)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/stack"]


def test_what_was_measured_on_a_stack_is_drawn_on_it(stored, click) -> None:
    trial, _ = stored
    made = measure(stored, click=click, stack=2).json()
    picture = trial.client("READER_1").get(f"/v1/measurements/{made['id']}/picture.png")
    assert picture.status_code == 200, picture.text
