"""What tests of several readers share: a trial with as many, what they sign, and who looks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

DAYS = ("2024-01-01", "2024-02-26", "2024-04-22", "2024-06-17")


def a_read(n: int, mm: float, **members: Any) -> dict[str, Any]:
    """The read of one time point: a target in the liver, unless members say more."""
    body: dict[str, Any] = {
        "on": DAYS[n],
        "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}},
    }
    if n == 0:
        body["lesions"] = {"T1": {"role": "TARGET", "organ": "liver"}}
    return body | members


@dataclass(frozen=True)
class Reading:
    """One subject of a trial, what its readers sign, and what others see of it."""

    trial: Any
    subject: str

    def speaker(self, role: str) -> httpx.Client:
        client: httpx.Client = self.trial.client(role)
        return client

    def post(self, role: str, what: str, **body: object) -> httpx.Response:
        return self.speaker(role).post(f"/v1/subjects/{self.subject}/{what}", json=body)

    def get(self, role: str, what: str = "timeline", **params: str) -> Any:
        answer = self.speaker(role).get(f"/v1/subjects/{self.subject}/{what}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sign(self, role: str, n: int, mm: float, **members: object) -> Any:
        """Sign one time point and give the answer."""
        answer = self.post(role, "reads", **a_read(n, mm, **members))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def sign_all(self, role: str, *sizes: float) -> list[str]:
        """Sign every time point and give the ids."""
        return [str(self.sign(role, n, mm)["id"]) for n, mm in enumerate(sizes)]

    def correct(self, role: str, read_id: str, n: int, mm: float) -> Any:
        return self.sign(role, n, mm, replaces=read_id, reason="wrong slice")

    def decide(self, accepts: str, **members: object) -> httpx.Response:
        """Accept a reader's timeline as the adjudicator."""
        body = {"accepts": accepts, "cause": "MEASUREMENT", **members}
        return self.post("ADJUDICATOR", "adjudications", **body)

    def endorse(self, role: str, accepts: str, cause: str = "MEASUREMENT") -> httpx.Response:
        return self.post(role, "endorsements", accepts=accepts, cause=cause)

    def seen(self, role: str) -> list[str]:
        """Whose reads this role is shown."""
        return [reader["reader"] for reader in self.get(role)["readers"]]


@pytest.fixture
def reading(new_trial: Callable[..., Any]) -> Callable[..., Reading]:
    """A subject of a trial of its own, with a principal for each of its readers."""

    def make(**members: Any) -> Reading:
        trial = new_trial(**members)
        for n in range(3, members.get("readers", 2) + 1):
            role = f"READER_{n}"
            body = {"name": f"{role} of {trial.id}", "role": role, "trial": trial.id}
            issued = trial.server.speaker().post("/v1/tokens", json=body)
            assert issued.status_code == 201, issued.text
            trial.tokens[role] = issued.json()["token"]
        return Reading(trial, trial.subject())

    return make
