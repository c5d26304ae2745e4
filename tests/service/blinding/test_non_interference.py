"""Two services whose data differ only in what others do answer reader 1 byte for byte alike.

Its own token, its login, a workstation's key and nobody's are compared on every route, those that
are closed to a reader among them; the clock and the identifiers follow from who asks.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from service.routers import GUARDED, OPEN
from service.settings import Settings
from tests.service.blinding import others
from tests.service.blinding.scene import Images, Scene, Work, images, prepare
from tests.service.blinding.twins import Exchange, Lent, World, world
from tests.service.blinding.walk import GUESSED, walk

pytestmark = pytest.mark.requirement("R10")


CHARTERS: dict[str, dict[str, Any]] = {
    "adjudicated": {},
    "read anew": {"adjudicator_reads": True, "corrections": "REOPENED"},
    # What such a charter shows, it shows once all have signed as many time points.
    "revealed": {"reconciliation": "CONSENSUS", "reveal": "WHEN_COMPARED"},
}
WORLDS = [
    ("adjudicated", others.ahead),
    ("adjudicated", others.correcting),
    ("adjudicated", others.everything),
    ("read anew", others.anew),
    ("revealed", others.everything_ahead),
]

Tell = Callable[[str, Work], World]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def lent() -> Iterator[Lent]:
    processes = Lent(1)
    yield processes
    processes.end()


@pytest.fixture(scope="module")
def tell_in(drawn: Images, lent: Lent) -> Callable[[Settings, str, Work], World]:
    """Walk through a world of a charter in which others do their work."""

    async def walked(settings: Settings, charter: str, work: Work) -> World:
        async with world(settings, lent) as made:
            scene = Scene(made, drawn, work)
            await prepare(scene, CHARTERS[charter])
            await walk(scene)
            return made

    return lambda *told: asyncio.run(walked(*told))


@pytest.fixture(scope="module")
def tell(tell_in, tmp_path_factory: pytest.TempPathFactory) -> Tell:
    """A world on SQLite; the same one is told once."""
    new = tmp_path_factory.mktemp
    return cache(lambda charter, work: tell_in(Settings(folder=new("world")), charter, work))


def differing(one: World, other: World) -> list[str]:
    """What was asked where two worlds answer differently, with what differs."""
    assert [each.asked for each in one.told] == [each.asked for each in other.told]
    pairs = zip(one.told, other.told, strict=True)
    return [f"{a.asked}: {_parts(a, b)}" for a, b in pairs if a != b]


def _parts(one: Exchange, other: Exchange) -> list[str]:
    names = ("status", "headers", "body", "statements")
    return [name for name in names if getattr(one, name) != getattr(other, name)]


@pytest.mark.parametrize(
    ("charter", "work"), [pytest.param(c, w, id=f"{c}: {w.__name__}") for c, w in WORLDS]
)
def test_reader_1_cannot_tell_what_others_do(charter, work, tell):
    busy = tell(charter, work)
    assert busy.told_to_others, "others have worked"
    assert differing(tell(charter, others.nothing), busy) == []


def test_nor_on_another_database(tell, tell_in, postgres_url, tmp_path):
    """It asks in another dialect, and answers the same."""
    settings = Settings(folder=tmp_path, database_url=postgres_url)
    busy = tell_in(settings, "adjudicated", others.everything).told
    alone = tell("adjudicated", others.nothing).told
    assert [replace(each, statements=()) for each in busy] == [
        replace(each, statements=()) for each in alone
    ]


def test_every_route_is_called(tell):
    known = {
        (method, route.path)
        for router in (*GUARDED, *OPEN)
        for route in router.routes
        for method in route.methods
    }
    assert known - tell("adjudicated", others.nothing).reached == set()


def test_metrics_are_refused(tell):
    told = tell("adjudicated", others.nothing).told
    assert {each.status for each in told if "/metrics" in each.asked} == {403}


@pytest.mark.parametrize("charter", CHARTERS)
def test_nothing_that_is_asked_fails(charter, tell):
    told = tell(charter, others.nothing).told
    assert [each.asked for each in told if each.status >= 500] == []


def test_what_reader_1_guesses_is_there(tell):
    """Else that it is refused would show nothing."""
    told = tell("adjudicated", others.everything).told_to_others
    assert sum(guessed in told for guessed in GUESSED) >= 4


def test_a_difference_would_be_seen(tell):
    """Where the charter does show reader 1 what reader 2 has signed."""
    busy, alone = (tell("revealed", work) for work in (others.differently, others.nothing))
    found = [each for each in busy.told if each not in alone.told]
    assert any(b"READER_2" in each.body for each in found if "/timeline" in each.asked)
    assert any("/consensus" in each.asked for each in found)
