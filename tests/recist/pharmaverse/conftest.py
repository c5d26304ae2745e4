"""The pharmaverse's test data as timelines: the measurements assessed, the responses beside."""

import csv
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

import recist
from recist import Assessment, Finding, Lesion, Read, Role, State, TimePoint

Row = dict[str, str]
Rows = Callable[[str], list[Row]]
Size = Decimal | None
ROLES = {"TARGET": Role.TARGET, "NON-TARGET": Role.NON_TARGET, "NEW": Role.NEW}


class Evaluator(NamedTuple):
    """Who read: responses of one are never judged by the measurements of another."""

    subject: str
    name: str


Visit = tuple[Evaluator, date]


@dataclass(frozen=True)
class Course:
    """All reads of one evaluator, assessed."""

    lesions: dict[str, Lesion]
    reads: tuple[Read, ...]

    def assessed(self) -> Assessment:
        return recist.assess(recist.Timeline(criteria="recist-1.1", reads=self.reads))

    def sizes(self, read: Read) -> list[Size]:
        """The targets' diameters in a read; None where one was not evaluable."""
        return [size(finding) for _, finding in self._findings(read, Role.TARGET)]

    def states(self, read: Read) -> set[State | None]:
        """How the non-targets are found in a read."""
        return {finding and finding.state for _, finding in self._findings(read, Role.NON_TARGET)}

    def has_gone(self, read: Read) -> bool:
        """Whether every target and non-target has."""
        return all(gone(*known) for known in self._findings(read, Role.TARGET, Role.NON_TARGET))

    def _findings(self, read: Read, *roles: Role) -> Iterator[tuple[Lesion, Finding | None]]:
        for label, lesion in self.lesions.items():
            if lesion.role in roles:
                yield lesion, read.findings.get(label)


@dataclass(frozen=True)
class Case:
    """One follow-up visit: what was measured before and then, and what is made of it."""

    course: Course
    before: tuple[Read, ...]
    read: Read
    point: TimePoint
    """The engine's answer."""
    said: dict[str, str]
    """The data set's own, by test."""

    @property
    def had_cr(self) -> bool:
        """Whether everything had gone before; no new lesion of these data comes so early."""
        return any(map(self.course.has_gone, self.before))


@dataclass(frozen=True)
class Study:
    """A data set: the courses that it measures, and what it says itself of each visit."""

    courses: dict[Evaluator, Course]
    answers: dict[Evaluator, Assessment]
    sums: dict[Visit, float]
    said: dict[Visit, dict[str, str]]

    def cases(self, test: str) -> list[Case]:
        """The follow-up visits at which the data set says the outcome of a test."""
        return [case for case in self._cases() if test in case.said]

    def _cases(self) -> Iterator[Case]:
        for who, course in self.courses.items():
            for n, point in enumerate(self.answers[who].timepoints, 1):
                said = self.said[who, point.on]
                yield Case(course, course.reads[:n], course.reads[n], point, said)


def size(finding: Finding | None) -> Size:
    if finding is None or finding.state is State.NOT_EVALUABLE:
        return None
    return Decimal(str(finding.short_axis_mm or finding.longest_mm or 0))


def gone(lesion: Lesion, finding: Finding | None) -> bool:
    """4.3.1 and 4.3.3: whatever is ABSENT, and a node whose short axis is under 10 mm."""
    if finding is None or finding.state is State.ABSENT:
        return finding is not None
    mm = size(finding)
    return lesion.nodal and finding.state is State.MEASURED and mm is not None and mm < 10


def evaluator(row: Row, domain: str) -> Evaluator:
    return Evaluator(row["USUBJID"], row[f"{domain}EVALID"] or row[f"{domain}EVAL"])


def is_partial(dtc: str) -> bool:
    return len(dtc) < len("2014-01-02")


def last_day(dtc: str) -> date:
    """A date as collected; a month without a day is taken to its end, as the ADaM data do."""
    year, month, *day = map(int, dtc.split("-"))
    return date(year, month, day[0] if day else monthrange(year, month)[1])


def by_visit(records: list[Row], domain: str) -> dict[Visit, list[Row]]:
    """Records by evaluator and date; a partial date is that of its visit's other records."""
    whole = {
        (evaluator(row, domain), row["VISITNUM"]): row[f"{domain}DTC"]
        for row in records
        if not is_partial(row[f"{domain}DTC"])
    }
    visits: dict[Visit, list[Row]] = defaultdict(list)
    for row in records:
        who, dtc = evaluator(row, domain), row[f"{domain}DTC"]
        if is_partial(dtc):
            dtc = whole.get((who, row["VISITNUM"]), dtc)
        visits[who, last_day(dtc)].append(row)
    return visits


def lesions_of(identified: list[Row]) -> dict[Evaluator, dict[str, Lesion]]:
    lesions: dict[Evaluator, dict[str, Lesion]] = defaultdict(dict)
    for row in identified:
        organ = row["TULOC"] or None
        lesion = Lesion(role=ROLES[row["TUSTRESC"]], organ=organ, nodal=organ == "LYMPH NODE")
        lesions[evaluator(row, "TU")][row["TULNKID"]] = lesion
    return lesions


def findings_of(
    visit: list[Row], lesions: dict[str, Lesion], diameter: Callable[[Lesion], str]
) -> dict[str, Finding]:
    """What a visit found; a record that is there twice says the same twice."""
    findings: dict[str, Finding] = {}
    for row in visit:
        lesion = lesions.get(row["TRLNKID"])  # the sum is of no lesion
        if lesion and row["TRTESTCD"] in ("TUMSTATE", diameter(lesion)):
            found = finding_of(row, lesion)
            assert findings.setdefault(row["TRLNKID"], found) == found, row
    return findings


def finding_of(row: Row, lesion: Lesion) -> Finding:
    if row.get("TRSTAT") == "NOT DONE":  # the hand-made set leaves such records out
        return Finding(state=State.NOT_EVALUABLE)
    if row["TRTESTCD"] == "TUMSTATE":
        return Finding(state=state_of(row["TRSTRESC"], lesion.role))
    mm = float(row["TRSTRESN"])
    if mm == 0:
        return Finding(state=State.ABSENT)
    if lesion.nodal:
        return Finding(state=State.MEASURED, short_axis_mm=mm)
    return Finding(state=State.MEASURED, longest_mm=mm)


def state_of(word: str, role: Role) -> State:
    if word == "UNEQUIVOCAL":
        return State.PROGRESSED if role is Role.NON_TARGET else State.PRESENT
    return State(word)


def responses(records: list[Row]) -> dict[Visit, dict[str, str]]:
    """What a data set says of each visit, by test, in the words of the engine."""
    return {
        visit: {row["RSTESTCD"]: word(row["RSSTRESC"]) for row in said}
        for visit, said in by_visit(records, "RS").items()
    }


def word(term: str) -> str:
    """A controlled term of SDTM as it stands on the wire."""
    return term.replace("/", "_").replace("-", "_").upper()


def reads_of(
    dated: Iterable[tuple[date, dict[str, Finding]]], lesions: dict[str, Lesion]
) -> Iterator[Read]:
    """Reads in their order; a lesion is described where it is first found."""
    met: set[str] = set()
    for on, findings in sorted(dated, key=lambda visit: visit[0]):
        first = {label: lesions[label] for label in findings if label not in met}
        met.update(first)
        yield Read(on=on, lesions=first, findings=findings)


def study(rows: Rows, name: str, diameter: Callable[[Lesion], str]) -> Study:
    """Assess a data set; `diameter` names the record that a target is measured by."""
    lesions, visits = lesions_of(rows(f"tu_{name}")), by_visit(rows(f"tr_{name}"), "TR")
    dated = defaultdict(list)
    for (who, on), visit in visits.items():
        dated[who].append((on, findings_of(visit, lesions[who], diameter)))
    courses = {
        who: Course(lesions[who], tuple(reads_of(found, lesions[who])))
        for who, found in dated.items()
    }
    sums = {
        on: float(row["TRSTRESN"])
        for on, visit in visits.items()
        for row in visit
        if row["TRTESTCD"] == "SUMDIAM"
    }
    answers = {who: course.assessed() for who, course in courses.items()}
    return Study(courses, answers, sums, responses(rows(f"rs_{name}")))


@pytest.fixture(scope="session")
def rows(shared: Path) -> Rows:
    """The records of a table by its name."""

    def read(name: str) -> list[Row]:
        path = shared / "data" / "pharmaverse" / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as table:
            return list(csv.DictReader(table))

    return read


@pytest.fixture(scope="session")
def random_set(rows: Rows) -> Study:
    """254 subjects, three evaluators each; a lesion's place varies, so its DIAMETER is taken."""
    return study(rows, "onco", lambda _: "DIAMETER")


@pytest.fixture(scope="session")
def hand_made(rows: Rows) -> Study:
    """8 subjects, an investigator and two radiologists."""
    return study(rows, "onco_recist", lambda lesion: "LPERP" if lesion.nodal else "LDIAM")


@pytest.fixture(scope="session")
def irecist_said(rows: Rows) -> dict[Visit, dict[str, str]]:
    """26 subjects, the investigator alone: responses by iRECIST, without a measurement."""
    return responses(rows("rs_onco_irecist"))
