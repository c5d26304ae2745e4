"""Several processes at once on one reader's work: one comes first, and the others are told so."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

import recist
from service import drafts, subjects, tables, trials
from service.callers import Caller, TokenKind
from service.charter import Charter
from service.db import Database, Unit
from service.drafts import Sent
from service.identity.again import Proven
from service.identity.tokens import caller_for, new_token
from service.problems import Forbidden, Problem, ReauthenticationNeeded
from service.roles import Role
from service.signing import NEW_TIME_POINT, Correction, Signing, sign
from service.writes import Precondition

PROCESSES = 4
NOTHING_KNOWN = Precondition(None, None)


@dataclass(frozen=True)
class Shared:
    """One database, opened as by several processes, with a reader and a subject in it."""

    processes: Sequence[Database]
    subject: str
    reader: Caller

    def run(self, unit: Unit[Any]) -> Any:
        return self.processes[0].run(unit)

    def at_once(self, units: Sequence[Unit[Any]]) -> list[Any]:
        """What each unit answers, or the problem that it raises, each in a process of its own."""
        together = Barrier(len(units))

        def attempt(database: Database, unit: Unit[Any]) -> Any:
            together.wait()
            try:
                return database.run(unit)
            except Problem as problem:
                return problem

        with ThreadPoolExecutor(len(units)) as pool:
            return list(pool.map(attempt, self.processes, units))

    def sign(self, mm: float, correction: Correction = NEW_TIME_POINT) -> Unit[Signing]:
        return lambda c: sign(c, self.reader, self.subject, baseline(mm), correction)

    def count(self, table: str) -> int:
        query = select(func.count()).select_from(getattr(tables, table))
        return int(self.run(lambda connection: connection.execute(query).scalar_one()))


def baseline(mm: float) -> recist.Read:
    return recist.Read(
        on=date(2024, 1, 1),
        lesions={"T1": recist.Lesion(role=recist.Role.TARGET)},
        findings={"T1": recist.Finding(state=recist.State.MEASURED, longest_mm=mm)},
    )


@pytest.fixture
def open_shared(database_url: str) -> Iterator[Callable[..., Shared]]:
    processes = [Database(database_url, audit_key=bytes(32)) for _ in range(PROCESSES)]

    def enter(connection: Any, charter: Charter) -> tuple[str, Caller]:
        manager = caller_for(connection, new_token(connection, "m", Role.TRIAL_MANAGER, None).token)
        assert manager
        new = trials.NewTrial(name="Races", criteria="recist-1.1", charter=charter)
        trials.create(connection, manager, new)
        trial = connection.execute(select(tables.trials.c.id)).scalar_one()
        subjects.create(connection, manager, trial, subjects.NewSubject(code="S-1"))
        reader = caller_for(connection, new_token(connection, "r", Role.READER_1, trial).token)
        assert reader
        return connection.execute(select(tables.subjects.c.id)).scalar_one(), reader

    def make(charter: Charter = Charter()) -> Shared:  # noqa: B008 - frozen
        return Shared(processes, *processes[0].run(lambda c: enter(c, charter)))

    yield make
    for each in processes:
        each.close()


@pytest.fixture
def shared_work(open_shared: Callable[..., Shared]) -> Shared:
    return open_shared()


def kinds(answers: Sequence[Any]) -> list[str]:
    return sorted(type(answer).__name__ for answer in answers)


def test_different_reads_of_one_time_point_signed_at_once_are_one(shared_work: Shared) -> None:
    answers = shared_work.at_once([shared_work.sign(50 + n) for n in range(PROCESSES)])
    assert kinds(answers) == ["AlreadySigned"] * (PROCESSES - 1) + ["Signing"]
    assert shared_work.count("reads") == 1


def test_the_same_read_signed_at_once_is_kept_once(shared_work: Shared) -> None:
    answers = shared_work.at_once([shared_work.sign(50)] * PROCESSES)
    assert set(kinds(answers)) <= {"AlreadySigned", "Signing"}
    assert len({answer.signature.id for answer in answers if isinstance(answer, Signing)}) == 1
    assert shared_work.count("reads") == 1


@pytest.mark.requirement("R3")
def test_corrections_at_once_make_no_tree(shared_work: Shared) -> None:
    read = shared_work.run(shared_work.sign(50)).signature.id
    correction = Correction(read, "wrong slice")
    answers = shared_work.at_once([shared_work.sign(60 + n, correction) for n in range(PROCESSES)])
    assert kinds(answers).count("Signing") == 1
    assert set(kinds(answers)) <= {"AlreadySigned", "AlreadyReplaced", "Signing"}
    assert shared_work.count("reads") == 2


def put(work: Shared, label: str, known: Precondition = NOTHING_KNOWN) -> Unit[Any]:
    new = Sent(None, f'{{"label":"{label}","on":"2024-01-01"}}')
    return lambda c: drafts.put(c, work.reader, work.subject, new, known)


def test_drafts_begun_at_once_are_one(shared_work: Shared) -> None:
    answers = shared_work.at_once([put(shared_work, str(n)) for n in range(PROCESSES)])
    assert kinds(answers).count("Answer") == 1
    assert set(kinds(answers)) <= {"Answer", "PreconditionFailed", "PreconditionRequired"}
    assert shared_work.count("drafts") == 1


def test_of_changes_to_one_version_of_a_draft_one_is_made(shared_work: Shared) -> None:
    begun = shared_work.run(put(shared_work, "first"))
    known = Precondition(dict(begun.headers)["ETag"], None)
    answers = shared_work.at_once([put(shared_work, str(n), known) for n in range(PROCESSES)])
    assert kinds(answers) == ["Answer"] + ["PreconditionFailed"] * (PROCESSES - 1)
    row = shared_work.run(lambda c: c.execute(select(tables.drafts)).one())
    assert row.version == 2
    assert shared_work.count("events") == begun_events(shared_work) + 1


def begun_events(work: Shared) -> int:
    """The entries of all that was there before the change: all but the last one."""
    last = select(func.max(tables.events.c.seq)).where(tables.events.c.action == "CREATED")
    return int(work.run(lambda connection: connection.execute(last).scalar_one()))


def test_a_key_never_signs_whatever_it_was_granted(shared_work: Shared) -> None:
    key = replace(shared_work.reader, kind=TokenKind.KEY)
    with pytest.raises(Forbidden):
        shared_work.run(lambda c: sign(c, key, shared_work.subject, baseline(50)))
    assert shared_work.count("reads") == 0


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("kind", [TokenKind.SESSION, TokenKind.OIDC])
def test_who_logs_in_signs_by_showing_again_who_it_is(shared_work: Shared, kind: TokenKind) -> None:
    reader = replace(shared_work.reader, kind=kind, full_name="Ada Reader")
    subject = shared_work.subject

    def signing(proven: Proven | None) -> Signing:
        signed: Signing = shared_work.run(
            lambda c: sign(c, reader, subject, baseline(50), proven=proven)
        )
        return signed

    for proven in (None, Proven("0" * 32)):
        with pytest.raises(ReauthenticationNeeded):
            signing(proven)
    assert signing(Proven(reader.principal_id)).signature.signer == "Ada Reader"


@pytest.mark.requirement("R7")
def test_a_charter_may_ask_it_of_everyone(open_shared: Callable[..., Shared]) -> None:
    work = open_shared(Charter(reauthenticate=True))
    with pytest.raises(ReauthenticationNeeded):
        work.run(work.sign(50))
    proven = Proven(work.reader.principal_id)
    work.run(lambda c: sign(c, work.reader, work.subject, baseline(50), proven=proven))
    assert work.count("reads") == 1
