"""One series of several stacks: what divides it, what does not, and how one of them is chosen."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, generate_uid

from imaging import Refused, inspect, load, series_flags
from imaging.series.stacks import Stack, stacks

Encode = Callable[..., bytes]


def again(slices: list[Dataset], encoded: Encode, **changes: Any) -> list[bytes]:
    """The same planes as other instances of the series."""
    word = str(sorted(changes.items()))
    return [
        encoded(image, SOPInstanceUID=generate_uid(entropy_srcs=[word, str(n)]), **changes)
        for n, image in enumerate(slices)
    ]


def found(files: list[bytes]) -> list[Stack]:
    return stacks(map(inspect, files))


@pytest.mark.parametrize(
    ("keyword", "values", "differs"),
    [
        ("EchoNumbers", [1, 2], ["echo 1", "echo 2"]),
        ("EchoTime", [10.5, 9.2], ["echo time 9.2", "echo time 10.5"]),
        ("InversionTime", [100, 20], ["inversion time 20", "inversion time 100"]),
        ("DiffusionBValue", [800.0, 0.0], ["b-value 0", "b-value 800"]),
        ("DiffusionBValue", [800.0, 1000.0], ["b-value 800", "b-value 1000"]),
        ("TemporalPositionIdentifier", [1, 2, 3], [f"temporal position {n}" for n in (1, 2, 3)]),
        ("TriggerTime", [0, 40, 80], ["trigger time 0", "trigger time 40", "trigger time 80"]),
        ("FlipAngle", [5, 15], ["flip angle 5", "flip angle 15"]),
        ("ConvolutionKernel", ["SOFT", "BONE"], ["kernel BONE", "kernel SOFT"]),
        ("KVP", [80, 140], ["kVp 80", "kVp 140"]),
        ("AcquisitionNumber", [4, 3], ["acquisition 3", "acquisition 4"]),
        ("AcquisitionTime", ["101500", "101530.5"], None),
        ("ImageType", [["ORIGINAL", "PRIMARY", kind] for kind in ("FAT", "WATER")], None),
    ],
)
def test_what_planes_at_one_place_differ_by_divides_them(
    slices: list[Dataset],
    encoded: Encode,
    keyword: str,
    values: list[Any],
    differs: list[str] | None,
) -> None:
    files = [file for value in values for file in again(slices, encoded, **{keyword: value})]
    parts = found(files)
    assert [len(part.members) for part in parts] == [5] * len(values)
    assert all(part.step == pytest.approx(2.5) for part in parts)
    if differs:
        assert [part.differs for part in parts] == [(word,) for word in differs]
    assert [flag.code for flag in series_flags(map(inspect, files))] == ["SEVERAL_STACKS"]


@pytest.mark.parametrize("tag", [0x0019100C, 0x00431039])
def test_the_b_value_of_a_private_element_divides(
    slices: list[Dataset], encoded: Encode, tag: int
) -> None:
    files = again(slices, encoded)
    for image in slices:
        image.add_new(tag & 0xFFFF0000 | 0x10, "LO", "SOMEBODY")
        image.add_new(tag, "IS", 800)
    files += again(slices, encoded, InstanceNumber=7)
    assert [part.differs for part in found(files)] == [("no b-value",), ("b-value 800",)]


def test_directions_of_diffusion_are_divided_below_their_b_values(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = again(slices, encoded, DiffusionBValue=0.0)
    for direction in ([1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]):
        changes = {"DiffusionBValue": 800.0, "DiffusionGradientOrientation": direction}
        files += again(slices, encoded, **changes)
    parts = found(files)
    assert [len(part.members) for part in parts] == [5] * 4
    assert parts[0].differs == ("b-value 0",)
    assert {part.differs[0] for part in parts[1:]} == {"b-value 800"}
    assert len({part.differs for part in parts}) == 4


def test_no_series_falls_apart_where_no_place_is_taken_twice(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = [
        encoded(
            image,
            AcquisitionNumber=n // 2,
            AcquisitionTime=f"10{n:02}00",
            EchoTime=9.0 + n,
            TriggerTime=n,
            ImageType=["ORIGINAL", "PRIMARY", "AXIAL", f"PART {n // 3}"],
        )
        for n, image in enumerate(slices)
    ]
    (whole,) = found(files)
    assert (len(whole.members), whole.step) == (5, pytest.approx(2.5))


def test_what_every_image_has_of_its_own_divides_nothing(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = []
    for n, image in enumerate([*slices, *slices]):
        uid = generate_uid(entropy_srcs=["own", str(n)])
        files.append(encoded(image, SOPInstanceUID=uid, TriggerTime=n, AcquisitionTime=f"1000{n}"))
    (whole,) = found(files)
    assert len(whole.members) == 10
    assert "DUPLICATE_POSITIONS" in {flag.code for flag in load(files).flags}


def test_what_planes_at_one_place_share_divides_nothing(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = again(slices[:2], encoded, KVP=80) + again(slices[2:], encoded, KVP=120)
    files += again(slices[:2], encoded, KVP="80.0") + again(slices[2:], encoded, KVP="120.0")
    (whole,) = found(files)
    assert (len(whole.members), whole.doubled) == (10, 5)


def test_the_order_of_the_files_does_not_decide_the_names(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = [encoded(image) for image in slices[:3]]
    turned = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}
    files += [encoded(image, **turned) for image in slices[3:]]
    for shuffled in (files, files[::-1]):
        assert [stack.describe().split(",")[0] for stack in found(shuffled)] == [
            stack.describe().split(",")[0] for stack in found(files)
        ]
    assert {stack.describe() for stack in found(files)} == {
        "axial, 3 slices of 10 x 12",
        "sagittal, 2 slices of 10 x 12",
    }


def test_a_slice_that_was_scanned_again_is_a_stack_beside_the_others(
    slices: list[Dataset], encoded: Encode
) -> None:
    files = again(slices, encoded, AcquisitionNumber=1)
    files += again(slices[2:3], encoded, AcquisitionNumber=2)
    assert [len(part.members) for part in found(files)] == [5, 1]


def test_spacings_that_differ_by_written_digits_are_one_stack(
    slices: list[Dataset], encoded: Encode
) -> None:
    spacings = [[0.7000001 if n % 2 else 0.7, 0.7] for n in range(5)]
    files = [encoded(image, PixelSpacing=mm) for image, mm in zip(slices, spacings, strict=True)]
    assert len(found(files)) == 1
    files[0] = encoded(slices[0], PixelSpacing=[0.701, 0.7])
    assert len(found(files)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"Rows": 10, "Columns": 12},
        {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]},
        {"FrameOfReferenceUID": "1.2.3"},
        {"PhotometricInterpretation": "MONOCHROME1"},
    ],
)
def test_other_matrices_orientations_and_localizers_are_never_of_the_stack(
    slices: list[Dataset], encoded: Encode, changes: dict[str, Any]
) -> None:
    files = [encoded(image) for image in slices[1:]]
    files.append(encoded(slices[0], **changes))
    assert sorted(len(part.members) for part in found(files)) == [1, 4]


def test_each_stack_is_named_and_loaded_by_its_name(slices: list[Dataset], encoded: Encode) -> None:
    pixels = {1: np.full((12, 10), 10, "<i2"), 2: np.full((12, 10), 20, "<i2")}
    files = [
        file
        for echo, value in pixels.items()
        for file in again(slices, encoded, EchoNumbers=echo, PixelData=value.tobytes())
    ]
    random.Random(4).shuffle(files)
    uid = slices[0].SeriesInstanceUID
    for chosen in (None, uid):
        with pytest.raises(Refused) as refused:
            load(files, series_uid=chosen)
        assert refused.value.code == "SEVERAL_SERIES"
        assert refused.value.members == {"series_uids": [f"{uid}:1", f"{uid}:2"]}
        for number in (1, 2):
            named = f"{uid}:{number} (axial, 5 slices of 10 x 12, echo {number})"
            assert named in refused.value.says
    for number, value in pixels.items():
        name = f"{uid}:{number}"
        np.testing.assert_array_equal(load(files, series_uid=name).stored, [value] * 5)
        np.testing.assert_array_equal(load(files[::-1], series_uid=name).stored, [value] * 5)
    for name in (f"{uid}:0", f"{uid}:3", f"{uid}:", ":1", f"{uid[:-1]}:1"):
        with pytest.raises(Refused, match="NOT_A_SERIES"):
            load(files, series_uid=name)


def test_a_stack_is_counted_within_its_series(slices: list[Dataset], encoded: Encode) -> None:
    files = again(slices, encoded, SeriesInstanceUID="1.2.1")
    files += again(slices, encoded, SeriesInstanceUID="1.2.2", EchoNumbers=2)
    files += again(slices[:3], encoded, SeriesInstanceUID="1.2.2", EchoNumbers=1)
    with pytest.raises(Refused) as refused:
        load(files)
    assert refused.value.members == {"series_uids": ["1.2.1", "1.2.2:1", "1.2.2:2"]}
    sizes = [len(load(files, series_uid=uid).stored) for uid in ("1.2.1", "1.2.2:1", "1.2.2:2")]
    assert sizes == [5, 3, 5]
    with pytest.raises(Refused, match="NOT_A_SERIES"):
        load(files, series_uid="1.2.1:1")


def enhanced(slices: list[Dataset], echoes: list[float], types: list[str]) -> Dataset:
    """An enhanced MR image of every plane once for each echo."""
    image = slices[0]
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    groups = [
        _group(plane, echo, kind)
        for echo, kind in zip(echoes, types, strict=True)
        for plane in slices
    ]
    image.PixelData = b"".join(plane.PixelData for _ in echoes for plane in slices)
    image.NumberOfFrames = len(groups)
    shared = Dataset()
    shared.PixelMeasuresSequence = _item(PixelSpacing=[0.8, 0.7], SliceThickness=2.5)
    shared.PlaneOrientationSequence = _item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    image.SharedFunctionalGroupsSequence = Sequence([shared])
    image.PerFrameFunctionalGroupsSequence = Sequence(groups)
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"):
        delattr(image, keyword)
    return image


def _group(plane: Dataset, echo: float, kind: str) -> Dataset:
    group = Dataset()
    group.PlanePositionSequence = _item(ImagePositionPatient=list(plane.ImagePositionPatient))
    group.MREchoSequence = _item(EffectiveEchoTime=echo)
    group.MRImageFrameTypeSequence = _item(FrameType=["ORIGINAL", "PRIMARY", kind, "NONE"])
    return group


def _item(**elements: Any) -> Sequence:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return Sequence([item])


def test_frames_of_two_echoes_are_two_stacks(slices: list[Dataset], encoded: Encode) -> None:
    expected = np.stack([image.pixel_array for image in slices])
    file = encoded(enhanced(slices, [80.0, 9.6], ["T2", "T2"]))
    parts = found([file])
    assert [part.differs for part in parts] == [("echo time 9.6",), ("echo time 80",)]
    volume = load([file], series_uid=f"{slices[0].SeriesInstanceUID}:1")
    assert volume.frames == (6, 7, 8, 9, 10)
    assert volume.step == pytest.approx(2.5)
    np.testing.assert_array_equal(volume.stored, expected)


def test_frames_that_are_projections_are_not_of_the_slices(
    slices: list[Dataset], encoded: Encode
) -> None:
    file = encoded(enhanced(slices, [9.6, 9.6], ["T2", "MIP"]))
    names = [f"{slices[0].SeriesInstanceUID}:{n}" for n in (1, 2)]
    volumes = [load([file], series_uid=name) for name in names]
    flags = {volume.frames: volume.flags for volume in volumes}
    assert "PROJECTION" not in {flag.code for flag in flags[(1, 2, 3, 4, 5)]}
    assert "PROJECTION" in {flag.code for flag in flags[(6, 7, 8, 9, 10)]}


def test_a_frame_without_a_place_is_named(slices: list[Dataset], encoded: Encode) -> None:
    image = enhanced(slices, [9.6], ["T2"])
    del image.PerFrameFunctionalGroupsSequence[3].PlanePositionSequence
    with pytest.raises(Refused, match="NO_GEOMETRY: Frame 4: Image Position"):
        load([encoded(image)])
