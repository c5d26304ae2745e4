"""What a file says is fit to be shown, and no log line; what precedes it is no matter."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from imaging import Refused, inspect, load
from imaging.masks.reading import read_masks

SEG = "1.2.840.10008.5.1.4.1.1.66.4"


@pytest.fixture
def written(slices: list[Dataset], encoded: Callable[..., bytes]) -> Callable[..., bytes]:
    """The file of a small CT image with elements changed."""

    def made(**changes: Any) -> bytes:
        return encoded(slices[0], **changes)

    return made


def test_a_program_in_the_preamble_changes_nothing(written) -> None:
    whole = written()
    expected = load([whole]).stored
    for start in (b"MZ\x90\0", b"\x7fELF", b"<html><script>alert(1)</script>", b"II*\0"):
        np.testing.assert_array_equal(load([start.ljust(128) + whole[128:]]).stored, expected)


SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("keyword", "value", "code"),
    [
        ("SOPInstanceUID", "../../x", "NO_IDENTITY"),
        ("SeriesInstanceUID", "1.2\x1b[2J", "NO_IDENTITY"),
        ("StudyInstanceUID", SCRIPT, "NO_IDENTITY"),
        ("SOPClassUID", "../../../etc/passwd", "UNSUPPORTED_MODALITY"),
        ("SOPClassUID", "\x1b[31m\r\nINFO", "UNSUPPORTED_MODALITY"),
        ("PhotometricInterpretation", "\x1b]0;\x07\n", "NOT_GREYSCALE"),
    ],
)
def test_what_a_refusal_says_is_fit_to_be_shown(
    written, keyword: str, value: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        inspect(written(**{keyword: value}))
    assert refused.value.code == code
    assert refused.value.says.isprintable()


def test_words_that_are_none_are_dropped(written) -> None:
    found = inspect(written(Modality="C\x1b", FrameOfReferenceUID="/../x", PatientName=SCRIPT))
    assert (found.modality, found.frame_of_reference_uid) == ("", "")
    assert SCRIPT not in repr(found)
    assert all(
        word.isprintable() for word in inspect(written(ImageType=["\x1b[2J", "\0"])).image_type
    )


def test_what_pydicom_says_about_a_file_is_not_logged(
    written, caplog: pytest.LogCaptureFixture
) -> None:
    """It has much to say about a UID that is none."""
    whole = written(SOPClassUID=SEG, FrameOfReferenceUID=SCRIPT)
    caplog.clear()
    mask = read_masks(whole)
    assert mask.content.FrameOfReferenceUID == SCRIPT
    with pytest.raises(Refused):
        mask.marked(None)
    assert caplog.records == []
