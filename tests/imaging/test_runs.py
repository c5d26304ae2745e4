"""Runs of elements that are remembered never give another answer than a fresh walk."""

import random
from collections.abc import Iterator, Sequence

import pytest

from imaging.dicom import recall, runs
from imaging.dicom.nesting import BIG, LITTLE, CutShort, Unexpected
from imaging.dicom.recall import recalled
from imaging.dicom.runs import KEPT, LONGEST, Runs, runs_of
from imaging.dicom.walk import BIG_ENDIAN, ELEMENTS_LIMIT, EXPLICIT, IMPLICIT, walk
from imaging.flags import Refused

Element = tuple[int, bytes, bytes]
"""Tag, VR and value."""
WANTED = frozenset({0x00080016, 0x00200032, 0x00280010, 0x00090010})
PIXELS: Element = (0x7FE00010, b"OW", b"\1\2\3\4")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing is remembered of other tests, nor by them of these."""
    runs_of.cache_clear()
    yield
    runs_of.cache_clear()


def written(elements: Sequence[Element], order: str = "little") -> bytes:
    found = b""
    for tag, vr, value in elements:
        numbers = (tag >> 16, 2), (tag & 0xFFFF, 2)
        found += b"".join(number.to_bytes(size, order) for number, size in numbers) + vr
        long = vr in {b"OW", b"OB", b"UT"}
        found += b"\0\0" * long + len(value).to_bytes(4 if long else 2, order) + value
    return found


def outcome(buffer: bytes, syntax: str = EXPLICIT) -> object:
    try:
        return walk(buffer, 0, syntax, WANTED)
    except (CutShort, Unexpected, Refused) as problem:
        return type(problem)


def header(chance: random.Random) -> list[Element]:
    """Elements of a series that has always the same, but for some lengths, and now and then one."""
    found: list[Element] = [
        (0x00080016, b"UI", b"1.2.840"),
        (0x00080018, b"UI", b"1.2" * chance.randint(1, 3)),
        (0x00080060, b"CS", b"CT"),
        *((0x00090010 + n, b"LO", b"value %d" % n) for n in range(90)),
        (0x00091111, b"OB", bytes(chance.choice([4, 4, 6]))),
        (0x00200013, b"IS", b"%d" % chance.randint(8, 12)),
        (0x00200032, b"DS", b"0\\0\\%d" % chance.randint(8, 12)),
        (0x00280010, b"US", chance.randbytes(2)),
        PIXELS,
    ]
    if chance.random() < 0.3:
        del found[chance.randrange(len(found))]
    if chance.random() < 0.1:
        found.insert(chance.randrange(len(found)), chance.choice(found))
    return found


@pytest.mark.parametrize(("syntax", "order"), [(EXPLICIT, "little"), (BIG_ENDIAN, "big")])
def test_what_is_remembered_changes_no_answer(syntax: str, order: str) -> None:
    chance = random.Random(7)
    buffers = [written(header(chance), order) for _ in range(300)]
    buffers += [buffer[: chance.randrange(len(buffer))] for buffer in buffers]
    chance.shuffle(buffers)
    warm = [outcome(buffer, syntax) for buffer in buffers]
    for buffer, found in zip(buffers, warm, strict=True):
        runs_of.cache_clear()
        assert outcome(buffer, syntax) == found
    assert {CutShort, Unexpected} <= {found for found in warm if isinstance(found, type)}
    assert any(len(found[0]) == len(WANTED) for found in warm if isinstance(found, tuple))


def test_values_are_those_of_the_file_however_often_its_run_was_met() -> None:
    for value in (b"1", b"2", b"3"):
        buffer = written([(0x00080005, b"CS", b"A"), (0x00080016, b"UI", value), PIXELS])
        values, at = walk(buffer, 0, EXPLICIT, WANTED)
        assert values == {0x00080016: value}
        assert buffer[at:] == written([PIXELS])


def test_a_run_ends_where_the_next_file_departs_from_it() -> None:
    first = written([(0x00100000 + n, b"LO", b"same") for n in range(10)])
    other = first[: 12 * 6] + written([(0x00100006, b"LO", b"longer"), PIXELS]) + bytes(100)
    known = Runs(LITTLE, WANTED)
    lengths = [len(known.at(buffer, 0).heads) for buffer in (first, other, first)]
    assert lengths == [10, 6, 6]


def test_a_run_is_no_longer_than_its_limit_and_ends_before_a_long_length() -> None:
    many = written([(0x00100000 + n, b"LO", b"same") for n in range(2 * LONGEST)])
    assert len(Runs(LITTLE, WANTED).at(many, 0).heads) == LONGEST
    mixed = written([(0x00100010, b"LO", b"a"), (0x00100020, b"UT", b"text")])
    assert len(Runs(LITTLE, WANTED).at(mixed, 0).heads) == 1
    assert Runs(LITTLE, WANTED).at(mixed, 9) is None


def test_an_element_that_reaches_past_the_end_is_in_no_run() -> None:
    whole = written([(0x00100010, b"LO", b"abc"), (0x00100020, b"LO", b"def")])
    for known in (Runs(LITTLE, WANTED), Runs(BIG, WANTED)):
        buffer = whole if known._order is LITTLE else written([(0x00100010, b"LO", b"abc")], "big")
        assert known.at(buffer, 0)
        assert known.at(buffer[:10], 0) is None
    known = Runs(LITTLE, WANTED)
    assert [len(known.at(buffer, 0).heads) for buffer in (whole, whole[:-1], whole)] == [2, 1, 2]


def test_no_more_runs_are_kept_than_the_limit() -> None:
    known = Runs(LITTLE, WANTED)
    for n in range(3 * KEPT):
        assert known.at(written([(0x00110000 + n, b"LO", b"")]), 0)
        assert len(known._kept) <= KEPT


@pytest.mark.parametrize("apart", [1, LONGEST + 5])
def test_a_wanted_element_that_comes_twice_is_refused(apart: int) -> None:
    between = [(0x00090000 + n, b"LO", b"x") for n in range(0x20, 0x20 + apart)]
    twice = (0x00080016, b"UI", b"1.2")
    for _ in range(2):
        assert outcome(written([twice, *between, twice, PIXELS])) is Unexpected
        assert outcome(written([twice, *between, PIXELS])) != Unexpected


@pytest.mark.parametrize("fewer", [0, 1])
def test_elements_in_runs_count_towards_the_limit(fewer: int) -> None:
    buffer = written([(0x00090020, b"LO", b"")]) * (ELEMENTS_LIMIT - fewer) + written([PIXELS])
    assert (outcome(buffer) is Refused) is (not fewer)


def test_a_length_of_implicit_pixels_is_never_taken_for_a_vr() -> None:
    length = int.from_bytes(b"DS", "little")
    head = b"\xe0\x7f\x10\x00" + length.to_bytes(4, "little")
    buffer = b"\x08\x00\x16\x00\x02\x00\x00\x001\0" + head + bytes(length)
    assert walk(buffer, 0, IMPLICIT, WANTED) == ({0x00080016: b"1\0"}, 10)


def test_what_was_read_is_kept_where_it_is_short_and_could_be_read() -> None:
    calls: list[bytes] = []

    @recalled
    def number(value: bytes) -> int:
        calls.append(value)
        return int(value)

    long, wrong = b"1" * (recall.SHORT + 1), b"x"
    for value in (b"7", b"7", long, long):
        assert number(value) == int(value)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            number(wrong)
    assert calls == [b"7", long, long, wrong, wrong]


def test_runs_are_kept_for_each_byte_order_and_each_choice_of_elements() -> None:
    assert runs.runs_of(LITTLE, WANTED) is runs_of(LITTLE, WANTED)
    assert runs_of(LITTLE, WANTED) is not runs_of(BIG, WANTED)
    assert runs_of(LITTLE, WANTED) is not runs_of(LITTLE, frozenset({0x00080016}))
