"""Readers at work: what they send, and the trial in which they do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest


@dataclass(frozen=True)
class Reading:
    """One subject of a trial, and what is asked of it over HTTP."""

    trial: Any
    subject: str

    def at(self, path: str) -> str:
        return f"/v1/subjects/{self.subject}/{path}"

    def sign(self, read: dict[str, Any], role: str = "READER_1") -> httpx.Response:
        return self.trial.client(role).post(self.at("reads"), json=read)

    def signed(self, read: dict[str, Any], role: str = "READER_1") -> str:
        """Sign, and the id of what was signed."""
        answer = self.sign(read, role)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def get(self, path: str, role: str = "READER_1") -> httpx.Response:
        return self.trial.client(role).get(path)

    def put(self, draft: dict[str, Any], role: str = "READER_1", **headers: str) -> httpx.Response:
        """Keep a draft; the headers' names with an underscore for each hyphen."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.trial.client(role).put(self.at("draft"), json=draft, headers=sent)

    def reopen(self, read: str, reason: str, role: str = "TRIAL_MANAGER") -> httpx.Response:
        return self.trial.client(role).post(f"/v1/reads/{read}/reopenings", json={"reason": reason})

    def told(self, record: str) -> list[dict[str, Any]]:
        """What the audit trail says of the records of one kind, oldest first."""
        events = f"/v1/audit?record={record}&subject={self.subject}&trial={self.trial.id}"
        answer = self.get(events, "TRIAL_MANAGER")
        assert answer.status_code == 200, answer.text
        return list(reversed(answer.json()["items"]))


@pytest.fixture
def begin(new_trial: Callable[..., Any]) -> Callable[..., Reading]:
    """A subject of a new trial with these members."""

    def make(**members: object) -> Reading:
        trial = new_trial(**members)
        return Reading(trial, trial.subject())

    return make


@pytest.fixture
def reading(begin: Callable[..., Reading]) -> Reading:
    return begin()


def _baseline(on: str = "2024-01-01", mm: float = 50, **members: object) -> dict[str, Any]:
    return {
        "on": on,
        "lesions": {"T1": {"role": "TARGET", "organ": "liver"}},
        "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}},
        **members,
    }


def _follow_up(on: str = "2024-02-26", mm: float = 35, **members: object) -> dict[str, Any]:
    return {"on": on, "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}}, **members}


@pytest.fixture
def baseline() -> Callable[..., dict[str, Any]]:
    return _baseline


@pytest.fixture
def follow_up() -> Callable[..., dict[str, Any]]:
    return _follow_up
