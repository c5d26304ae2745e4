"""Baselines that stand alone, and what is remarked about them."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import pytest

import recist
from recist import Finding, Lesion, Protocol, Read, Role, State, Timeline
from recist.answer import Concern

DAY_0 = date(2024, 1, 1)
Described = tuple[Lesion, Finding]
Told = tuple[str, str | None]


def described(role: Role = Role.TARGET, **more: Any) -> Described:
    """A lesion that no criteria doubt, as far as `more` does not say otherwise."""
    of_lesion = {x.name: more.pop(x.name) for x in fields(Lesion) if x.name in more}
    longest = more.pop("longest_mm", max(40, more.get("short_axis_mm") or 0))
    sizes = {"longest_mm": longest, "short_axis_mm": min(30, longest)}
    state = more.pop("state", State.MEASURED)
    if state is not State.MEASURED or "fragments_mm" in more:
        sizes = {}
    return Lesion(role=role, **of_lesion), Finding(state=state, **{**sizes, **more})


def remarked(
    criteria: str, *lesions: Described, on: int = 0, **protocol: Any
) -> tuple[Concern, ...]:
    """The remarks about lesions called L1, L2, … that were seen on a day."""
    named = {f"L{n}": lesion for n, lesion in enumerate(lesions, 1)}
    read = Read(
        on=DAY_0 + timedelta(days=on),
        lesions={label: lesion for label, (lesion, _) in named.items()},
        findings={label: finding for label, (_, finding) in named.items()},
    )
    course = Timeline(
        criteria=criteria, protocol=Protocol(**protocol), reads=(read,), reference_on=DAY_0
    )
    return recist.assess(course).remarks


def codes_of(criteria: str, *lesions: Described, **more: Any) -> list[Told]:
    return [(remark.code, remark.lesion) for remark in remarked(criteria, *lesions, **more)]


@pytest.fixture(scope="session")
def lesion() -> Callable[..., Described]:
    return described


@pytest.fixture(scope="session")
def remarks() -> Callable[..., tuple[Concern, ...]]:
    """Remark lesions in full: remarks(criteria, *lesions, on=day, switches…)."""
    return remarked


@pytest.fixture(scope="session")
def codes() -> Callable[..., list[Told]]:
    """Remark lesions by code and label: codes(criteria, *lesions, on=day, switches…)."""
    return codes_of


@pytest.fixture(scope="session")
def codes_of_one() -> Callable[..., list[str]]:
    """The codes about one lesion: codes_of_one(criteria, role, size, nature…)."""

    def told(criteria: str, *role: Role, **more: Any) -> list[str]:
        found = codes_of(criteria, described(*role, **more))
        assert all(label == "L1" for _, label in found)
        return [code for code, _ in found]

    return told
