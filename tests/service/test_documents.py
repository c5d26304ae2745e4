"""A body is read to the letter, and what is wrong with it is named by its place."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

import pytest
from pydantic import TypeAdapter

from recist.refusal import Fault, Refused
from service.documents import MOST_ERRORS, read_json
from service.problems import Unprocessable, pointer


class State(StrEnum):
    MEASURED = "MEASURED"
    ABSENT = "ABSENT"


@dataclass(frozen=True, kw_only=True)
class Finding:
    __pydantic_config__: ClassVar = {"extra": "forbid"}
    state: State = State.MEASURED
    longest_mm: float | None = None
    points: tuple[tuple[float, float, float], ...] | None = None
    certain: bool = True

    def __post_init__(self) -> None:
        if self.longest_mm is not None and self.longest_mm <= 0:
            raise Refused(Fault(("longest_mm",), "is not above zero"))


@dataclass(frozen=True, kw_only=True)
class Read:
    __pydantic_config__: ClassVar = {"extra": "forbid"}
    on: date
    findings: dict[str, Finding] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


READ = TypeAdapter(Read)


def refused(body: str | bytes) -> list[dict[str, str]]:
    with pytest.raises(Unprocessable) as caught:
        read_json(READ, body.encode() if isinstance(body, str) else body)
    errors: list[dict[str, str]] = caught.value.members["errors"]
    assert errors[0]["detail"] in caught.value.detail
    return errors


def pointers(body: str) -> list[str]:
    return [error["pointer"] for error in refused(body)]


def test_a_good_body_is_its_value() -> None:
    read = read_json(
        READ, b'{"on": "2024-01-01", "findings": {"T1": {"state": "ABSENT", "longest_mm": 5}}}'
    )
    assert read == Read(
        on=date(2024, 1, 1), findings={"T1": Finding(state=State.ABSENT, longest_mm=5.0)}
    )


def test_null_means_left_out_at_every_level() -> None:
    body = (
        b'{"on": "2024-01-01", "findings": {"T1": {"state": null, "longest_mm": null}, "T2": null}}'
    )
    assert read_json(READ, body) == Read(on=date(2024, 1, 1), findings={"T1": Finding()})


def test_the_word_null_in_a_text_changes_nothing() -> None:
    read = read_json(READ, b'{"on": "2024-01-01", "attributes": {"arm": "null", "n": 1.10}}')
    assert read.attributes == {"arm": "null", "n": 1.1}


def test_null_does_not_stand_for_what_is_required() -> None:
    assert refused('{"on": null}') == [{"pointer": "/on", "detail": "is missing"}]


def test_null_in_a_list_is_an_error() -> None:
    body = '{"on": "2024-01-01", "findings": {"T1": {"points": [[1, null, 3]]}}}'
    assert pointers(body) == ["/findings/T1/points/0/1"]


@pytest.mark.parametrize(
    "member",
    [
        '"longest_mm": "60"',
        '"longest_mm": true',
        '"longest_mm": [60]',
        '"longest_mm": -1',
        '"longest_mm": 0',
        '"longest_mm": NaN',
        '"longest_mm": -Infinity',
        '"longest_mm": 1e999',
        '"certain": 1',
        '"certain": "true"',
        '"state": "measured"',
        '"state": 1',
        '"points": 1',
        '"length_mm": 60',
    ],
)
def test_what_is_wrong_is_named_by_its_place(member: str) -> None:
    name = member.split('"')[1]
    body = f'{{"on": "2024-01-01", "findings": {{"T1": {{{member}}}}}}}'
    assert pointers(body) == [f"/findings/T1/{name}"]


@pytest.mark.parametrize(
    "on", ['"2024-02-30"', '"2024-01-01T00:00:00"', "1704067200", '"01.02.2024"']
)
def test_a_date_is_a_date(on: str) -> None:
    errors = refused(f'{{"on": {on}}}')
    assert errors == [{"pointer": "/on", "detail": "must be a date, YYYY-MM-DD"}]


def test_a_label_named_twice_is_refused_and_not_dropped() -> None:
    body = (
        '{"on": "2024-01-01", "findings": '
        '{"T1": {"longest_mm": 60}, "T2": {}, "T1": {"longest_mm": 42, "longest_mm": 41}}}'
    )
    assert pointers(body) == ["/findings/T1", "/findings/T1/longest_mm"]


def test_pointers_escape_what_a_label_may_hold() -> None:
    body = '{"on": "2024-01-01", "findings": {"a/b~c": {"longest_mm": "x"}}}'
    assert pointers(body) == ["/findings/a~1b~0c/longest_mm"]
    assert pointer() == ""
    assert pointer("a/b", 0, "~1") == "/a~1b/0/~01"


def test_every_fault_is_told_at_once() -> None:
    body = '{"findings": {"T1": {"state": "GONE"}, "T2": {"certain": 0}}, "visit": 1}'
    assert pointers(body) == ["/on", "/findings/T1/state", "/findings/T2/certain", "/visit"]


def test_a_great_many_faults_do_not_make_a_great_answer() -> None:
    findings = ", ".join(f'"T{n}": 1' for n in range(1000))
    assert len(refused(f'{{"on": "2024-01-01", "findings": {{{findings}}}}}')) == MOST_ERRORS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"on": "2024-01-01",}',
        b'{"on": "2024-01-01"} {}',
        b"{'on': '2024-01-01'}",
        b'\xef\xbb\xbf{"on": "2024-01-01"}',
        b'{"on": "2024-01-01", "attributes": {"a": "\xff"}}',
        b'{"on": "2024-01-01", "attributes": {"a": "\\ud800"}}',
        b'{"on": "2024-01-01", "attributes": {"a": %s}}' % (b"9" * 5000),
        b'{"on": "2024-01-01", "attributes": {"a": %s}}' % (b"[" * 100_000),
    ],
    ids=lambda body: f"{len(body)} {body[:60]!r}",
)
def test_what_is_not_a_json_object_is_refused(body: bytes) -> None:
    assert refused(body)[0]["pointer"] == ""


@pytest.mark.parametrize("depth", [300, 900, 980, 5000])
@pytest.mark.parametrize("core", ["1", "null", "NaN", r'"\u0000"', '{"a": 1, "a": null}'])
def test_what_is_nested_too_deeply_is_refused(core: str, depth: int) -> None:
    assert refused(
        f'{{"on": "2024-01-01", "attributes": {{"a": {"[" * depth}{core}{"]" * depth}}}}}'
    )
    deep = '{"b": ' * depth
    assert refused(f'{{"on": "2024-01-01", "attributes": {{"a": {deep}{core}{"}" * depth}}}}}')


def test_no_text_has_a_nul_character() -> None:
    body = r'{"on": "2024-01-01", "attributes": {"arm": "a\u0000", "also": "\\u0000"}}'
    assert pointers(body) == ["/attributes/arm"]
    assert pointers(r'{"on": "2024-01-01", "findings": {"T\u0000": {}}}') == ["/findings"]
