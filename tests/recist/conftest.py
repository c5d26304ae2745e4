"""A short notation for timelines, so that a test shows what a reader would see.

Days stand in one row, findings below them: `judge("0 56 84", "T1: 60 42 42; NT1: PRESENT . NE")`.
After a day, `!` says that a new symptom led to the scan, and `*` that a marker is above normal.
A label's letters are its role (T, NT, N for new); `node`, `@compartment` and `#organ` may follow.
A cell is a state or a diameter in mm (a node's is its short axis), `60x40` for both diameters,
`60v35` for the viable part, `20+15` for fragments, `>T1` for merged into T1, `NE` for not evaluable
and `.` for no word; `/PET` adds the method and `^50` the day of the lesion's own scan.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import settings

import recist
from recist import Assessment, CompartmentAssessment, Finding, Lesion, Method, Read, Role, State

settings.register_profile("suite", max_examples=100, deadline=None, database=None, derandomize=True)
settings.load_profile("suite")

DAY_0 = date(2024, 1, 1)
ROLES = {"T": Role.TARGET, "NT": Role.NON_TARGET, "N": Role.NEW}
MARKS = {"!": "new_symptom", "*": "markers_above_normal"}
DAY = re.compile(r"(?P<day>\d+)(?P<marks>[!*]*)")
CELL = re.compile(r"(?P<what>[^/^]+)(/(?P<method>\w+))?(\^(?P<day>\d+))?")


def on(day: int) -> date:
    return DAY_0 + timedelta(days=day)


def day_of(when: date | None) -> int | None:
    return None if when is None else (when - DAY_0).days


@dataclass
class Judged:
    """An answer in the same notation: words in one row, days as numbers."""

    answer: Assessment | CompartmentAssessment

    def _row(self, name: str) -> str:
        return " ".join(str(getattr(t, name)) for t in self.answer.timepoints)

    @property
    def target(self) -> str:
        return self._row("target")

    @property
    def non_target(self) -> str:
        return self._row("non_target")

    @property
    def new(self) -> str:
        return self._row("new_lesion")

    @property
    def overall(self) -> str:
        return self._row("overall")

    @property
    def final(self) -> str:
        return self._row("overall_final")

    @property
    def sums(self) -> list[float | None]:
        return [t.sum for t in self.answer.timepoints]

    @property
    def new_sums(self) -> list[float | None]:
        return [t.new_lesion_sum for t in self.answer.timepoints]

    @property
    def best(self) -> str:
        return str(self.answer.best_overall)

    @property
    def unconfirmed(self) -> str:
        return str(self.answer.best_overall_unconfirmed)

    @property
    def responded(self) -> int | None:
        return day_of(self.answer.responded_on)

    @property
    def progressed(self) -> int | None:
        return day_of(self.answer.progressed_on)

    @property
    def rules(self) -> list[list[str]]:
        """The rules that decided at each time point, without the name of the criteria."""
        return [
            [reason.rule.partition("/")[2] for reason in t.because] for t in self.answer.timepoints
        ]

    @property
    def queries(self) -> list[tuple[str, int | None, str | None]]:
        return [(q.code, day_of(q.on), q.lesion) for q in self.answer.queries]

    @property
    def remarks(self) -> list[tuple[str, int | None, str | None]]:
        return [(r.code, day_of(r.on), r.lesion) for r in self.answer.remarks]

    def apart(self, compartment: str) -> "Judged":
        return Judged(self.answer.compartments[compartment])


def lesion_of(words: list[str]) -> Lesion:
    label, *more = words
    where = {word[0]: word[1:] for word in more}
    role = ROLES[label.rstrip("0123456789")]
    nodal = "node" in more
    return Lesion(role=role, nodal=nodal, compartment=where.get("@"), organ=where.get("#"))


def diameters_of(text: str, *, nodal: bool) -> dict[str, Any]:
    if text.startswith(">"):
        return {"merged_into": text[1:]}
    if "v" in text:
        whole, _, viable = text.partition("v")
        return {**diameters_of(whole, nodal=nodal), "viable_mm": float(viable)}
    if "x" in text and "+" in text:
        pairs = [part.split("x") for part in text.split("+")]
        long, short = zip(*pairs, strict=True)
        return {
            "fragments_mm": tuple(map(float, long)),
            "fragments_short_mm": tuple(map(float, short)),
        }
    if "+" in text:
        return {"fragments_mm": tuple(map(float, text.split("+")))}
    if "x" in text:
        long, short = map(float, text.split("x"))
        return {"longest_mm": long, "short_axis_mm": short}
    return {"short_axis_mm" if nodal else "longest_mm": float(text)}


def finding_of(cell: str, *, nodal: bool) -> Finding:
    found = CELL.fullmatch(cell)
    assert found, cell
    what, method, day = found["what"], found["method"], found["day"]
    more: dict[str, Any] = {"method": Method(method)} if method else {}
    if day:
        more["scanned_on"] = on(int(day))
    if what[0] in ">0123456789":
        return Finding(state=State.MEASURED, **diameters_of(what, nodal=nodal), **more)
    return Finding(state=State.NOT_EVALUABLE if what == "NE" else State(what), **more)


def members_of(days: str) -> dict[int, dict[str, Any]]:
    """What the row of days says of each read."""
    members: dict[int, dict[str, Any]] = {}
    for text in days.split():
        found = DAY.fullmatch(text)
        assert found, text
        marked = {MARKS[mark]: True for mark in found["marks"]}
        members[int(found["day"])] = {"lesions": {}, "findings": {}, **marked}
    return members


def timeline_of(
    criteria: str,
    days: str,
    findings: str,
    *,
    reads: dict[int, dict[str, Any]] | None = None,
    reference: int = 0,
    **switches: Any,
) -> recist.Timeline:
    """A timeline from the notation; `reads` adds members to the read of a day."""
    members = members_of(days)
    numbers = [*members]
    for line in filter(str.strip, findings.split(";")):
        head, _, cells = line.partition(":")
        label, lesion = head.split()[0], lesion_of(head.split())
        row = cells.split()
        assert len(row) == len(numbers), f"{label}: {len(row)} cells for {len(numbers)} days"
        said = {day: cell for day, cell in zip(numbers, row, strict=True) if cell != "."}
        first = min(said, default=0) if lesion.role is Role.NEW else numbers[0]
        members[first]["lesions"][label] = lesion
        for day, cell in said.items():
            members[day]["findings"][label] = finding_of(cell, nodal=lesion.nodal)
    return recist.Timeline(
        criteria=criteria,
        protocol=recist.Protocol(**switches),
        reference_on=on(reference),
        reads=tuple(
            Read(on=on(n), **given, **(reads or {}).get(n, {})) for n, given in members.items()
        ),
    )


@pytest.fixture(scope="session")
def timeline() -> Callable[..., recist.Timeline]:
    return timeline_of


@pytest.fixture(scope="session")
def judge() -> Callable[..., Judged]:
    """Judge a timeline in the notation: judge(criteria, days, findings, switches…)."""

    def judged(*args: Any, **more: Any) -> Judged:
        return Judged(recist.assess(timeline_of(*args, **more)))

    return judged


DATES = ("died_on", "new_therapy_on", "last_known_alive_on", "progressed_on")
EIGHT_WEEKS = 56


@dataclass
class Derived:
    """Endpoints in days: each time as its first and last day, and its reason."""

    answer: recist.Endpoints

    @property
    def best(self) -> str:
        return str(self.answer.best_overall)

    @property
    def unconfirmed(self) -> str:
        return str(self.answer.best_overall_unconfirmed)

    @property
    def responder(self) -> bool:
        return self.answer.responder

    @property
    def pfs(self) -> tuple[int, int, str] | None:
        return in_days(self.answer.pfs)

    @property
    def response(self) -> tuple[int, int, str] | None:
        return in_days(self.answer.duration_of_response)

    @property
    def complete_response(self) -> tuple[int, int, str] | None:
        return in_days(self.answer.duration_of_complete_response)

    @property
    def time_to_response(self) -> tuple[int, int, str] | None:
        return in_days(self.answer.time_to_response)

    @property
    def os(self) -> tuple[int, int, str] | None:
        return in_days(self.answer.os)


def in_days(time: recist.TimeToEvent | None) -> tuple[int, int, str] | None:
    """A time in days; that its members agree with each other is asserted on the way."""
    if time is None:
        return None
    assert time.days == (time.end - time.start).days >= 0
    assert time.event == (time.reason in {"PD", "DEATH", "RESPONSE"})
    return (time.start - DAY_0).days, (time.end - DAY_0).days, time.reason


def follow_up_of(
    course: str | dict[int, str],
    criteria: str = "recist-1.1",
    *,
    visit_interval_days: int | None = None,
    **members: Any,
) -> recist.FollowUp:
    """A follow-up in days; responses without days come every eight weeks.

    What is no date of a follow-up is a switch.
    """
    if isinstance(course, str):
        course = {EIGHT_WEEKS * n: word for n, word in enumerate(course.split(), 1)}
    dates = {name: members.pop(name, None) for name in DATES}
    return recist.FollowUp(
        criteria=criteria,
        protocol=recist.Protocol(**members),
        reference_on=DAY_0,
        responses=tuple(
            recist.OverallResponse(on=on(day), overall=recist.Response(word))
            for day, word in course.items()
        ),
        visit_interval_days=visit_interval_days,
        **{name: None if day is None else on(day) for name, day in dates.items()},
    )


@pytest.fixture(scope="session")
def derive() -> Callable[..., Derived]:
    """Derive endpoints in days: derive("PR PR PD", criteria, dates and switches…)."""

    def derived(*args: Any, **more: Any) -> Derived:
        return Derived(recist.endpoints(follow_up_of(*args, **more)))

    return derived
