"""An adjudicator's list in a trial so large that one answer does not go through all of it."""

import json
from base64 import urlsafe_b64decode
from datetime import date
from typing import Any

import pytest

import recist
from recist.adjudicate import Variable
from service import subjects, trials, undecided
from service.callers import Caller
from service.db import Database
from service.identity.tokens import caller_for, new_token
from service.pages import AskedPage
from service.roles import Role
from service.signing import sign

DIFFERENT = ("S-3", "S-4")


def enter(connection: Any) -> Caller:
    """Five subjects, of which the readers' targets differ in two; the adjudicator."""

    def holder(role: Role, trial: str | None) -> Caller:
        found = caller_for(connection, new_token(connection, role, role, trial).token)
        assert found
        return found

    manager = holder(Role.TRIAL_MANAGER, None)
    new = trials.NewTrial(name="Many", criteria="recist-1.1", adjudicate_on=(Variable.TARGETS,))
    trial = json.loads(trials.create(connection, manager, new).body)["id"]
    readers = [holder(role, trial) for role in (Role.READER_1, Role.READER_2)]
    for n in range(5):
        made = subjects.create(connection, manager, trial, subjects.NewSubject(code=f"S-{n}"))
        organs = ("liver", "lung") if f"S-{n}" in DIFFERENT else ("liver", "liver")
        for reader, organ in zip(readers, organs, strict=True):
            sign(connection, reader, json.loads(made.body)["id"], baseline(organ))
    return holder(Role.ADJUDICATOR, trial)


def baseline(organ: str) -> recist.Read:
    return recist.Read(
        on=date(2024, 1, 1),
        lesions={"T1": recist.Lesion(role=recist.Role.TARGET, organ=organ)},
        findings={"T1": recist.Finding(state=recist.State.MEASURED, longest_mm=50)},
    )


@pytest.mark.parametrize(("most", "answers"), [(2, 3), (3, 2), (500, 1)])
def test_every_one_that_waits_is_told_once_in_one_or_in_several_answers(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, most: int, answers: int
) -> None:
    monkeypatch.setattr(undecided, "MOST_COMPARED", most)
    database = Database(sqlite_url, audit_key=bytes(32))
    adjudicator = database.run(enter)
    codes: list[str] = []
    after: tuple[str, ...] | None = None
    for n in range(answers):
        page = AskedPage(2, after)
        answer = database.run(lambda c, page=page: undecided.view(c, adjudicator, page))
        found = json.loads(answer.body)
        codes += [item["code"] for item in found["items"]]
        assert (found["next_cursor"] is None) == (n == answers - 1)
        after = _place(found["next_cursor"])
    assert tuple(codes) == DIFFERENT
    database.close()


def _place(cursor: str | None) -> tuple[str, ...] | None:
    return None if cursor is None else tuple(json.loads(urlsafe_b64decode(cursor)))
