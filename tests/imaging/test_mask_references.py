"""Which of several series or stacks a mask was drawn on, by what it says itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedMRImageStorage, generate_uid

from imaging.flags import Refused
from imaging.masks.reading import Mask
from imaging.masks.references import images_of, series_of

Encode = Callable[..., bytes]
Folder = tuple[list[bytes], dict[int, list[str]]]
ECHOES = (10, 20)


def item(**members: Any) -> Dataset:
    found = Dataset()
    for keyword, value in members.items():
        setattr(found, keyword, value)
    return found


def image(uid: str, frame: Any = None) -> Dataset:
    frames = {} if frame is None else {"ReferencedFrameNumber": frame}
    return item(ReferencedSOPInstanceUID=uid, **frames)


def derived(*sources: Dataset) -> Dataset:
    return item(DerivationImageSequence=[item(SourceImageSequence=list(sources))])


def by_frame(*images: Dataset) -> Dataset:
    return item(PerFrameFunctionalGroupsSequence=[derived(one) for one in images])


def by_all_frames(*images: Dataset) -> Dataset:
    return item(SharedFunctionalGroupsSequence=[derived(*images)])


def by_contour(*images: Dataset) -> Dataset:
    contours = [item(ContourImageSequence=[one]) for one in images]
    return item(ROIContourSequence=[item(ContourSequence=contours)])


def by_list(*images: Dataset, series: str = "1.2") -> Dataset:
    listed = item(SeriesInstanceUID=series, ReferencedInstanceSequence=list(images))
    return item(ReferencedSeriesSequence=[listed])


def by_structures(*images: Dataset, series: str = "1.2") -> Dataset:
    listed = item(SeriesInstanceUID=series, ContourImageSequence=list(images))
    study = item(RTReferencedSeriesSequence=[listed])
    frame = item(RTReferencedStudySequence=[study])
    return item(ReferencedFrameOfReferenceSequence=[frame])


WAYS = (by_frame, by_all_frames, by_contour, by_list, by_structures)


def mask(content: Dataset) -> Mask:
    return Mask(content, "SEGMENTATION", series_of(content), ())


@pytest.fixture
def two(slices: list[Dataset], encoded: Encode) -> Folder:
    """Files of two echoes at the same places, and the UIDs of each; all pixels are the echo."""
    files, uids = [], {}
    for echo in ECHOES:
        uids[echo] = [str(generate_uid()) for _ in slices]
        pixels = np.full((12, 10), echo, "<i2").tobytes()
        for one, uid in zip(slices, uids[echo], strict=True):
            one.file_meta.MediaStorageSOPInstanceUID = uid
            files.append(encoded(one, SOPInstanceUID=uid, EchoNumbers=echo, PixelData=pixels))
    return files, uids


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("way", WAYS)
def test_the_stack_of_the_named_images_is_chosen(two: Folder, way: Any, echo: int) -> None:
    files, uids = two
    volume = mask(way(*map(image, uids[echo][1:3]))).volume_in(files)
    assert volume is not None
    assert set(volume.sop_instance_uids) == set(uids[echo])
    assert np.all(volume.stored == echo)


def test_frames_count_before_the_list_of_all_images(two: Folder) -> None:
    files, uids = two
    content = by_list(*map(image, uids[10] + uids[20]))
    content.update(by_frame(image(uids[20][0])))
    volume = mask(content).volume_in(files)
    assert volume is not None
    assert np.all(volume.stored == 20)


@pytest.mark.parametrize("way", WAYS)
def test_a_mask_of_both_stacks_leaves_the_choice(two: Folder, way: Any) -> None:
    files, uids = two
    drawn = mask(way(image(uids[10][0]), image(uids[20][1])))
    with pytest.raises(Refused) as refused:
        drawn.volume_in(files)
    assert refused.value.code == "SEVERAL_SERIES"
    for n, name in enumerate(refused.value.members["series_uids"]):
        volume = drawn.volume_in(files, series_uid=name)
        assert volume is not None
        assert np.all(volume.stored == ECHOES[n])


def test_a_mask_that_names_nothing_leaves_the_choice(two: Folder) -> None:
    with pytest.raises(Refused, match="SEVERAL_SERIES"):
        mask(Dataset()).volume_in(two[0])


def test_a_mask_of_other_images_is_on_none_of_several(two: Folder) -> None:
    assert mask(by_frame(image("1.2.3"))).volume_in(two[0]) is None
    assert mask(by_list(series="1.2.3")).volume_in(two[0]) is None


def test_a_mask_of_other_images_is_held_against_the_only_ones(two: Folder) -> None:
    """Copies have new names: whether it fits them is for its geometry to say."""
    volume = mask(by_frame(image("1.2.3"))).volume_in(two[0][:5])
    assert volume is not None
    assert np.all(volume.stored == 10)


def test_the_series_is_chosen_by_its_name_where_no_image_is(
    two: Folder, slices: list[Dataset], encoded: Encode
) -> None:
    slices[0].file_meta.MediaStorageSOPInstanceUID = "1.2.8"
    other = encoded(slices[0], SOPInstanceUID="1.2.8", SeriesInstanceUID="1.2.9")
    volume = mask(by_list(series="1.2.9")).volume_in([*two[0], other])
    assert volume is not None
    assert volume.sop_instance_uids == ("1.2.8",)


def test_a_frame_chooses_among_the_stacks_of_one_file(
    slices: list[Dataset], encoded: Encode
) -> None:
    file = encoded(enhanced(slices))
    uid = slices[0].SOPInstanceUID
    for named, frames in ((2, (1, 2, 3, 4, 5)), ([8, 9], (6, 7, 8, 9, 10))):
        volume = mask(by_frame(image(uid, named))).volume_in([file])
        assert volume is not None
        assert volume.frames == frames
    for both in (image(uid), image(uid, [1, 6])):
        with pytest.raises(Refused, match="SEVERAL_SERIES"):
            mask(by_frame(both)).volume_in([file])


def enhanced(slices: list[Dataset]) -> Dataset:
    """An enhanced MR image of every plane once for each of two echoes."""
    whole = slices[0]
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    whole.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=list(plane.ImagePositionPatient))],
            MREchoSequence=[item(EffectiveEchoTime=echo)],
        )
        for echo in ECHOES
        for plane in slices
    ]
    whole.PixelData = b"".join(plane.PixelData for _ in ECHOES for plane in slices)
    whole.NumberOfFrames = len(ECHOES) * len(slices)
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[0.8, 0.7], SliceThickness=2.5)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    )
    whole.SharedFunctionalGroupsSequence = [shared]
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"):
        delattr(whole, keyword)
    return whole


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        ([image("1.2")], {"1.2": frozenset()}),
        ([image("1.2", 3)], {"1.2": {3}}),
        ([image("1.2", [3, 4]), image("1.2", 7)], {"1.2": {3, 4, 7}}),
        ([image("1.2", 3), image("1.2")], {"1.2": frozenset()}),
        ([image("1.2"), image("1.2", 3)], {"1.2": frozenset()}),
        ([image("")], {}),
        ([], {}),
    ],
)
def test_frames_are_of_their_instance(references: list[Dataset], expected: Any) -> None:
    assert images_of(by_frame(*references)) == expected


def test_references_that_are_damaged_are_refused(two: Folder) -> None:
    damaged = image("1.2")
    damaged.add_new(0x00081160, "LO", "the first")
    with pytest.raises(Refused, match="UNREADABLE"):
        mask(by_frame(damaged)).volume_in(two[0])
