"""A copy of the trail can be verified away from its database, and the trail tells of the copy."""

import csv
import json
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.audit.export import COLUMNS, rows_in, write_trail

pytestmark = pytest.mark.requirement("R6")

FORMS = ["copy.jsonl", "copy.csv"]


@pytest.fixture(params=FORMS)
def copy(request, kept, recist, tmp_path):
    """An export in each form."""
    file = tmp_path / request.param
    status, out, errors = recist(kept, "audit", "export", file)
    assert (status, out, errors) == (0, f"{len(kept.entries())} entries\n", "")
    return file


def test_it_holds_every_entry_and_is_sound(copy, kept, recist):
    assert list(rows_in(copy)) == [tuple(entry) for entry in kept.entries()]
    status, out, _ = recist(kept, "audit", "verify", "--file", copy)
    rows = kept.entries()
    says = f"{len(rows)} entries as they were sealed, the last one by {rows[-1].mac}"
    assert (status, out.splitlines()[0]) == (0, says)
    heads = kept.settings.audit_heads
    assert recist(kept, "audit", "verify", "--file", copy, "--heads", heads)[0] == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_the_trail_tells_of_it(copy, kept):
    last = kept.entries()[-1]
    form = "CSV" if copy.suffix == ".csv" else "JSON_LINES"
    assert (last.action, last.record, last.name) == ("EXPORTED", "audit", "command line")
    assert json.loads(last.new) == {"format": form}


def test_other_programs_read_it(copy):
    with copy.open(newline="") as opened:
        if copy.suffix == ".csv":
            found = list(csv.DictReader(opened))
        else:
            found = list(map(json.loads, opened))
    assert [int(entry["seq"]) for entry in found] == list(range(1, len(found) + 1))
    assert all(tuple(entry) == COLUMNS for entry in found)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda lines: [line.replace("A slip.", "No slip.") for line in lines], "it is not what"),
        (lambda lines: lines[:8] + lines[9:], "it is missing: the next one there is entry"),
        (lambda lines: [*lines[:8], "nonsense\n", *lines[9:]], "the file holds none in its place"),
        (lambda lines: [*lines[:8], lines[9], lines[8], *lines[10:]], "it is missing"),
    ],
    ids=["changed", "deleted", "nonsense", "swapped"],
)
def test_a_changed_copy_is_found(spoil, says, copy, kept, recist):
    copy.write_text("".join(spoil(copy.read_text().splitlines(keepends=True))))
    status, out, _ = recist(kept, "audit", "verify", "--file", copy)
    assert status == 1
    assert out.startswith("entry ")
    assert says in out


def test_a_copy_that_was_cut_is_found_by_heads_kept_until_it(copy, kept, recist):
    copy.write_text("".join(copy.read_text().splitlines(keepends=True)[:9]))
    heads = kept.settings.audit_heads
    status, out, _ = recist(kept, "audit", "verify", "--file", copy, "--heads", heads)
    assert (status, "it is missing: entries up to" in out) == (1, True)


def test_no_other_file_is_written_over(kept, recist, tmp_path):
    file = tmp_path / "copy.csv"
    file.write_text("mine")
    before = len(kept.entries())
    status, out, errors = recist(kept, "audit", "export", file)
    assert (status, out, errors.count("\n"), str(file) in errors) == (2, "", 1, True)
    assert (file.read_text(), len(kept.entries())) == ("mine", before)


def test_without_its_key_nothing_can_be_said(kept, recist):
    kept.settings.audit_key.unlink()
    for words in (["verify"], ["head"]):
        status, out, errors = recist(kept, "audit", *words)
        assert (status, out, "does not hold the key of the audit trail" in errors) == (2, "", True)
    assert not kept.settings.audit_key.exists()


def test_what_is_not_there_is_one_line(kept, recist, tmp_path):
    for option in ("--file", "--heads"):
        status, out, errors = recist(kept, "audit", "verify", option, tmp_path / "x")
        assert (status, out, errors) == (
            2,
            "",
            f"recist: {tmp_path / 'x'}: there is no such file\n",
        )


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
cells = (
    st.none() | texts | st.sampled_from(["", "'", "''", "=1+1", "+", "-1", "@x", "\r", '"', "\n"])
)


@pytest.mark.parametrize("separated", [False, True])
@settings(max_examples=50)
@given(rows=st.lists(st.tuples(*[cells] * (len(COLUMNS) - 1)), max_size=3))
def test_every_text_comes_back_and_none_is_a_formula(separated, rows, tmp_path_factory):
    whole = [(n, *row) for n, row in enumerate(rows, 1)]
    file = tmp_path_factory.getbasetemp() / ("x.csv" if separated else "x.jsonl")
    with file.open("w", newline="", encoding="utf-8") as opened:
        assert write_trail(opened, whole, separated=separated) == len(whole)
    assert list(rows_in(file)) == whole
    if separated:
        with file.open(newline="", encoding="utf-8") as opened:
            for row in list(csv.reader(opened))[1:]:
                assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
