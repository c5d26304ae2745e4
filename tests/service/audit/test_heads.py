"""Heads of the trail are kept at first, on time and at the end; a failing disk ends nothing."""

import errno
import os
import stat
import time
from typing import Any

import pytest

from service.audit import heads
from service.audit.heads import ForeignHead, Head, append, heads_in
from service.settings import Settings

pytestmark = pytest.mark.requirement("R15")

KEY = bytes(32)
HEAD = Head(7, "2026-11-21T12:00:00.000000Z", "a" * 64)


def settings(folder: Any, **more: Any) -> Settings:
    return Settings(folder=folder, **more)


def lines(file: Any) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def waited_for(true: Any) -> bool:
    """Whether something becomes so within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_they_are_kept_at_the_end_and_at_the_next_start(tmp_path, running):
    kept = settings(tmp_path)
    with running(kept):
        assert lines(kept.audit_heads) == []  # there was no entry yet
    assert len(lines(kept.audit_heads)) == 1
    with running(kept):
        assert len(lines(kept.audit_heads)) == 2
    known = list(heads_in(kept.audit_heads, bytes.fromhex(kept.audit_key.read_text())))
    assert [head.seq for head in known] == [3, 3, 3]
    assert stat.S_IMODE(kept.audit_heads.stat().st_mode) == 0o600


def test_they_are_kept_on_time_and_by_one_task(tmp_path, running):
    kept = settings(tmp_path / "d", audit_heads=tmp_path / "e" / "heads", audit_heads_seconds=0.2)
    with running(kept):
        began = time.monotonic()
        assert waited_for(lambda: len(lines(kept.audit_heads)) >= 3)
        lasted = time.monotonic() - began
        assert len(lines(kept.audit_heads)) <= lasted / 0.2 + 1
    assert len({line.split()[1] for line in lines(kept.audit_heads)}) >= 3


def test_a_failing_disk_ends_nothing_and_is_said(tmp_path, running, caplog):
    place = tmp_path / "heads"
    place.mkdir()  # a folder where the file should be
    with running(settings(tmp_path / "d", audit_heads=place, audit_heads_seconds=0.05)) as service:
        assert waited_for(lambda: len(caplog.records) > 2)
        assert service.client.get("/healthz").status_code == 200
        place.rmdir()
        assert waited_for(place.is_file)
    assert f"The head of the audit trail could not be kept in {place}" in caplog.text


def test_a_line_that_was_cut_short_by_a_full_disk_is_taken_back(tmp_path, monkeypatch):
    file = tmp_path / "heads"
    append(file, HEAD.line(KEY))
    write = os.write
    monkeypatch.setattr(heads.os, "write", lambda opened, line: write(opened, line[:20]))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        append(file, HEAD.line(KEY))
    monkeypatch.undo()
    append(file, HEAD.line(KEY))
    assert list(heads_in(file, KEY)) == [HEAD, HEAD]


@pytest.mark.parametrize(
    "line",
    ["", "x", HEAD.line(KEY)[:-1], HEAD.line(KEY) + "0", HEAD.line(KEY).replace("7", "8", 1), "\0"],
)
def test_a_line_that_is_none_is_named(line, tmp_path):
    file = tmp_path / "heads"
    file.write_text(f"{HEAD.line(KEY)}\n{line}\n")
    with pytest.raises(ForeignHead, match="line 2 of "):
        list(heads_in(file, KEY))


def test_another_key_is_not_taken_for_this_one(tmp_path):
    file = tmp_path / "heads"
    append(file, HEAD.line(b"x" * 32))
    with pytest.raises(ForeignHead, match=r"line 1 of .* or the trail's key is another now"):
        list(heads_in(file, KEY))


def test_the_head_is_printed_as_it_is_kept(kept, recist, tmp_path):
    status, out, errors = recist(kept, "audit", "head")
    assert (status, errors) == (0, "")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(out)
    assert recist(kept, "audit", "verify", "--heads", elsewhere)[0] == 0
    assert out.split()[2] == kept.entries()[-1].mac
