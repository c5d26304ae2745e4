"""Reports that are huge, deep, damaged or full of markup."""

import json
import time

import numpy as np
import pytest

from imaging.flags import Refused
from imaging.sr.reading import read_report

LENGTH = ("410668003", "SCT", "Length")


def test_text_stays_text_and_control_characters_go(ohif):
    hostile = "<script>alert(1)</script>\x1b[31m\x07\r\nx\u202e"
    found = ohif.only(
        ohif.group(ohif.number(LENGTH, "5"), label=hostile * 1000), charset="ISO_IR 192"
    )
    assert found.tracking_identifier.startswith("<script>alert(1)</script> [31m x")
    assert found.tracking_identifier.isprintable()
    assert len(found.tracking_identifier) <= 1024


def test_a_thousand_radiomics_values_are_no_measurement(ohif):
    made = ohif.radiomics(1561)
    began = time.perf_counter()
    found = read_report(made, {})
    assert time.perf_counter() - began < 10
    assert not found.measurements
    assert len(found.skipped) == 1561
    assert {passed.reason for passed in found.skipped} == {"NOT_A_LENGTH", "NOT_A_CALIPER"}


@pytest.mark.parametrize(
    ("levels", "vr", "undefined"),
    [(3000, b"SQ", False), (3000, b"SQ", True), (3000, b"UN", False), (28, b"SQ", False)],
)
def test_content_that_is_nested_without_end_is_refused(ohif, levels, vr, undefined):
    whole = ohif.report()
    at = whole.index(b"\x40\x00\x30\xa7")
    began = time.perf_counter()
    with pytest.raises(Refused) as caught:
        read_report(whole[:at] + ohif.nested(levels, vr, undefined=undefined), {})
    assert caught.value.code == "TOO_LARGE"
    assert time.perf_counter() - began < 2


def test_what_no_parser_would_enter_is_not_entered(ohif):
    whole = ohif.report()
    at = whole.index(b"\x40\x00\x30\xa7")
    found = read_report(whole[:at] + ohif.nested(3000, b"OB", undefined=False), {})
    assert not found.measurements


def test_damaged_reports_are_refused_and_nothing_else_escapes(ohif, images, uids):
    whole = ohif.report(
        ohif.bidirectional(uids),
        ohif.group(ohif.number(LENGTH, "5"), ohif.site("1", "99X", "Leber")),
    )
    rng = np.random.default_rng(12)
    read = 0
    for trial in range(200):
        hurt = bytearray(whole[: rng.integers(150, len(whole))] if trial % 4 == 0 else whole)
        for place in rng.integers(300, len(hurt), size=1 + trial % 6) if len(hurt) > 301 else ():
            hurt[place] = rng.integers(256)
        try:
            found = read_report(bytes(hurt), images)
        except Refused as refusal:
            assert refusal.code  # noqa: PT017 -- either way is right, another exception is not
        else:
            read += 1
            json.dumps(found.as_json(), allow_nan=False).encode()
    assert read > 20
