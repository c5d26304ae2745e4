"""The quick way to a value is the careful one's, or none: on sound, odd and hostile documents."""

import json
import random
import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import pytest
from pydantic import TypeAdapter

import recist
from recist import Fault, Refused
from service.documents import JsonShape, read_json
from service.members import Members, NotDerived, members_of
from service.problems import Unprocessable
from service.routers.reads import NewRead

DOCUMENTS = 400

POINTS = [[1, 2.5, -3], [1e1, -0.0, 4]]
READ: dict[str, Any] = {
    "on": "2024-01-02",
    "label": "Baseline é",
    "markers_above_normal": True,
    "pet": "NEGATIVE",
    "lesions": {
        "T1": {"role": "TARGET", "organ": "liver", "nodal": False, "nature": "SOLID"},
        "T2": {"role": "TARGET", "soft_tissue_mm": 12, "previously_treated": True},
        "NT1": {"role": "NON_TARGET", "compartment": "distant"},
    },
    "findings": {
        "T1": {
            "state": "MEASURED",
            "longest_mm": 60.25,
            "short_axis_mm": 41,
            "method": "MR",
            "slice_thickness_mm": 1.25,
            "scanned_on": "2023-12-30",
            "evidence": {"frame": 3, "longest": POINTS, "series_uid": "1.2.3"},
        },
        "T2": {"state": "MEASURED", "fragments_mm": [20, 11.7000000000001]},
        "NT1": {"state": "PRESENT", "comment": "as before"},
    },
}
TIMELINE: dict[str, Any] = {
    "criteria": "recist-1.1",
    "protocol": {"confirm": True, "confirm_min_days": 28, "pr_persistence": "LITERAL"},
    "reference_on": "2024-01-01",
    "reads": [
        READ,
        {"on": "2024-02-27", "findings": {"T1": {"state": "ABSENT"}}},
        {"on": "2024-04-02"},
    ],
}
FOLLOW_UP: dict[str, Any] = {
    "criteria": "recist-1.1",
    "protocol": {"confirm": False, "max_ne_between": 0},
    "reference_on": "2024-01-01",
    "responses": [{"on": "2024-02-26", "overall": "PR"}, {"on": "2024-04-22", "overall": "MISSED"}],
    "died_on": "2025-01-01",
    "visit_interval_days": 56,
}
SHAPES = [
    pytest.param(recist.Timeline, TIMELINE, id="Timeline"),
    pytest.param(NewRead, {**READ, "replaces": "r1", "reason": "a typing error"}, id="NewRead"),
    pytest.param(recist.FollowUp, FOLLOW_UP, id="FollowUp"),
]

ODD_VALUES: list[Any] = [
    *(None, True, False, 0, 1, 7, -1, -0.0, 0.0004, 11.7000000000001, 1000.5, 1e3, 2**70, 10**400),
    *("", " ", "x", "a:b", "null", "NaN", "\0", "é", "CT", "MEASURED", "PRESENT", "TARGET"),
    *("1704067200", "2024-02-30", "2024-01-01T00:00:00", "20240101", "2024-01-01", " 2024-01-01"),
    *("2024-01-01\n", "0001-01-01", "9999-12-31", "0000-01-01", "٢٠٢٤-٠١-٠١", "2024-W01-1"),
    *({}, {"on": "2024-01-01"}, {"T1": None}, {"state": "PRESENT"}, [], [1], ["x"], [[1, 2], []]),
]
ODD_NAMES = ["on", "T1", "colour", "longest_mm", "", "a:b", "é", "\0", "state", "pet"]
ODD_NUMBERS = [
    *("1e999", "-1e999", "1E2", "1e-999", "-0", "-0.0", "01", "1.", ".5", "+1", "0x10", "1_0"),
    *("NaN", "Infinity", "-Infinity", "9" * 5000, "9" * 400, "1." + "3" * 400, "null", "true"),
]
ODD_TEXT = [
    *(":", ",", '"', "{", "}", "[", "]", " ", "\n", "\0", "\x7f", "\ufeff", "\\", "/**/", "é"),
    *("\\u0000", "\\ud800", "\\ud83d\\ude00", '"on": "2024-01-01", ', '"T1": {}, ', '"a": null, '),
]
MEMBER = re.compile(
    r'"(?:[^"\\]|\\.)*": (?:"(?:[^"\\]|\\.)*"|[\d.eE+-]+|true|false|null|\{\}|\[\])'
)
NUMBER = re.compile(r"(?<=: )-?[\d.]+")


def containers(document: Any) -> list[Any]:
    found = [document] if isinstance(document, dict | list) else []
    for value in document.values() if isinstance(document, dict) else found and document:
        found += containers(value)
    return found


def with_an_odd_value(document: Any, chance: random.Random) -> None:
    inside = chance.choice(containers(document))
    keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
    if isinstance(inside, dict) and (not keys or chance.random() < 0.3):
        inside[chance.choice(ODD_NAMES)] = deepcopy(chance.choice(ODD_VALUES))
    elif keys and chance.random() < 0.2:
        del inside[chance.choice(keys)]
    elif keys:
        inside[chance.choice(keys)] = deepcopy(chance.choice(ODD_VALUES))


def with_odd_text(text: str, chance: random.Random) -> str:
    kind, place = chance.randrange(6), chance.randrange(len(text))
    if kind == 0:
        return text[:place] + chance.choice(ODD_TEXT) + text[place:]
    if kind == 1:
        return text[:place] + text[place + chance.randrange(1, 4) :]
    pattern = NUMBER if kind == 2 else MEMBER
    if not (found := list(pattern.finditer(text))):
        return text
    match = chance.choice(found)
    before, here, after = text[: match.start()], match[0], text[match.end() :]
    if kind == 2:
        return before + chance.choice(ODD_NUMBERS) + after
    if kind == 3:  # a member twice
        return f"{before}{here}, {here}{after}"
    if kind == 4:  # and the same by an escaped name
        return f'{before}{here}, "\\u{ord(here[1]):04x}{here[2:]}{after}'
    return f"{before}{here}, {chance.choice(found)[0]}{after}"


def mutated(document: Any, chance: random.Random) -> bytes:
    document = deepcopy(document)
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        with_an_odd_value(document, chance)
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5)
    for _ in range(chance.choice([0, 0, 1, 2])):
        text = with_odd_text(text, chance)
    if chance.random() < 0.2:
        text = text.replace(": ", ":").replace(", ", ",")
    body = text.encode(errors="surrogatepass")
    return body.replace(b"e", b"\xff", 1) if chance.random() < 0.02 else body


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("shape", "document"), SHAPES)
def test_what_it_takes_is_what_the_careful_way_takes(
    shape: type[Any], document: dict[str, Any], seed: int
) -> None:
    chance, adapter, members = random.Random(seed), TypeAdapter(shape), Members(shape)
    accepted = 0
    for _ in range(DOCUMENTS):
        body = mutated(document, chance)
        if (value := members.value(body)) is not None:
            accepted += 1
            assert repr(value) == repr(read_json(adapter, body)), body
    assert DOCUMENTS // 20 < accepted < DOCUMENTS // 2


@pytest.mark.parametrize(("shape", "document"), SHAPES)
def test_it_takes_what_is_sound(shape: type[Any], document: dict[str, Any]) -> None:
    members, adapter = Members(shape), TypeAdapter(shape)
    for text in (
        json.dumps(document),
        json.dumps(document, ensure_ascii=False, indent=2),
        json.dumps(document, separators=(",", ":")),
    ):
        value = members.value(text.encode())
        assert value is not None
        assert value == read_json(adapter, text.encode())
        assert adapter.dump_json(value) == adapter.dump_json(read_json(adapter, text.encode()))


@dataclass(frozen=True, kw_only=True)
class Part:
    n: int = 7
    mm: float | None = None

    def __post_init__(self) -> None:
        if self.n < 0:
            raise Refused(Fault(("n",), "below zero"))


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A shape whose floats nothing but the way of reading looks at."""

    on: date
    text: str = ""
    part: Part | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    points: tuple[tuple[float, ...], ...] = ()


WHOLE = Members(Whole)


def whole(members: str) -> Whole | None:
    return WHOLE.value(f'{{"on": "2024-01-01", {members}}}'.encode())


@pytest.mark.parametrize(
    ("members", "value"),
    [
        ('"text": "é"', {"text": "é"}),
        (r'"text": "\u00e9\\u"', {"text": "é\\u"}),
        ('"part": {}', {"part": Part()}),
        ('"part": {"n": 0, "mm": 5}', {"part": Part(n=0, mm=5.0)}),
        ('"parts": {"a": {"mm": 2.5}, "b": {}}', {"parts": {"a": Part(mm=2.5), "b": Part()}}),
        ('"counts": {"a": 1, "b": -0}', {"counts": {"a": 1, "b": 0}}),
        ('"points": [[1, 2], []]', {"points": ((1.0, 2.0), ())}),
        ('"part": null, "text": null, "parts": null', {}),
        ('"parts": {"a": {"n": null, "mm": null}}', {"parts": {"a": Part()}}),
        ('"text": "null"', {"text": "null"}),
    ],
)
def test_what_was_left_out_has_its_default(members: str, value: dict[str, Any]) -> None:
    assert whole(members) == Whole(on=date(2024, 1, 1), **value)


def test_what_is_made_anew_is_no_other_values() -> None:
    one, other = whole('"text": ""'), whole('"text": ""')
    assert one is not None
    assert other is not None
    one.parts["a"] = Part()
    assert (other.parts, Whole(on=one.on).parts) == ({}, {})


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


@dataclass(frozen=True, kw_only=True)
class Painted:
    colour: Colour
    mm: float | None = None

    def __post_init__(self) -> None:
        if self.colour is Colour.BLUE and self.mm is None:
            raise Refused(Fault(("mm",), "is missing"))


@dataclass(kw_only=True)
class Repainted:
    colour: Colour


def test_what_one_word_makes_is_made_once_if_it_cannot_change() -> None:
    red = Members(dict[str, Painted])
    both = red.value(b'{"a": {"colour": "RED"}, "b": {"colour": "RED"}}')
    assert both == {"a": Painted(colour=Colour.RED), "b": Painted(colour=Colour.RED)}
    assert both["a"] is both["b"]
    assert red.value(b'{"a": {"colour": "BLUE"}}') is None
    assert red.value(b'{"a": {"mm": 5}}') is None
    changing = Members(dict[str, Repainted]).value(
        b'{"a": {"colour": "RED"}, "b": {"colour": "RED"}}'
    )
    assert changing is not None
    assert changing["a"] is not changing["b"]


@pytest.mark.parametrize(
    "members",
    [
        '"text": "a", "text": "a"',
        r'"text": "a", "te\u0078t": "b"',
        r'"text": "a:b", "te\u0078t": "\u003a"',
        '"part": {"n": 1, "n": 2}',
        '"parts": {"a": {}, "a": {}}',
        '"counts": {"a": 1, "a": 1}',
        '"colour": 1',
        '"part": {"colour": 1}',
        '"points": [[1e999]]',
        '"points": [[NaN]]',
        '"points": [[-Infinity]]',
        '"part": {"mm": 1e309}',
        '"part": {"n": -1}',
        '"part": {"n": 1.0}',
        '"part": {"n": true}',
        '"part": {"mm": "5"}',
        '"parts": {"a": null}',
        '"counts": {"a": null}',
        '"points": [null]',
        r'"text": "\u0000"',
        r'"text": "\ud800"',
        '"text": "a:b"',  # sound: but the colon might as well stand for a member that was lost
        '"on": "2024-01-01"',
        "",
    ],
)
def test_any_doubt_is_left_to_the_careful_way(members: str) -> None:
    assert whole(members) is None


@pytest.mark.parametrize(
    "on",
    ["1704067200", "2024-02-30", "20240101", "2024-W01-1", "2024-01-01T00:00:00", "2024-01-01\\n"],
)
def test_a_date_is_written_in_one_way(on: str) -> None:
    assert WHOLE.value(f'{{"on": "{on}"}}'.encode()) is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"{}", b'\xef\xbb\xbf{"on": "2024-01-01"}', b"[" * 100_000]
)
def test_what_is_no_such_document_has_no_value(body: bytes) -> None:
    assert WHOLE.value(body) is None


@dataclass(frozen=True, slots=True)
class Slotted:
    n: int = 0


@dataclass(frozen=True)
class Unknown:
    value: Any = None


@pytest.mark.parametrize(
    "hint", [Any, datetime, Slotted, Unknown, list[int], int | str, dict[int, int], tuple[int, int]]
)
def test_a_shape_that_it_cannot_tell_is_read_the_careful_way_alone(hint: Any) -> None:
    with pytest.raises(NotDerived):
        Members(hint)
    assert members_of(hint) is None


def test_a_shape_is_read_either_way() -> None:
    shape = JsonShape(Unknown)
    assert shape.read(b'{"value": [1]}') == Unknown([1])
    shape_of_whole = JsonShape(Whole)
    assert shape_of_whole.read(b'{"on": "2024-01-01", "text": "a:b"}').text == "a:b"
    with pytest.raises(Unprocessable, match="/text: is there more than once"):
        shape_of_whole.read(b'{"on": "2024-01-01", "text": "", "text": ""}')


@pytest.mark.parametrize(
    ("members", "pointer", "known"),
    [
        ({"colour": "red"}, "/colour", "criteria, reads, protocol, reference_on"),
        ({"protocol": {"confrm": True}}, "/protocol/confrm", "confirm, confirm_min_days, "),
        ({"reads": [{"on": "2024-01-01", "at": 1}]}, "/reads/0/at", "on, label, lesions, "),
        (
            {"reads": [{"on": "2024-01-01", "lesions": {"T1": {"role": "NEW", "size": 1}}}]},
            "/reads/0/lesions/T1/size",
            "role, organ, nodal, ",
        ),
    ],
)
def test_a_stranger_is_told_the_members_that_are_known(
    members: dict[str, Any], pointer: str, known: str
) -> None:
    body = json.dumps({"criteria": "recist-1.1", "reads": []} | members).encode()
    with pytest.raises(Unprocessable) as refused:
        JsonShape(recist.Timeline).read(body)
    (error,) = refused.value.body()["errors"]
    assert error["pointer"] == pointer
    assert error["detail"].startswith(f"is not a member that is known here; there are {known}")
