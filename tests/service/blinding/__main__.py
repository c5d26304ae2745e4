"""Whether the time of an answer tells what others do: `python -m tests.service.blinding [ROUNDS]`.

Two services, in one of which others have worked, are asked the same in turn by reader 1. Printed
for each path: the medians, by how much they differ, and the z of a sign test over the rounds. Exit
status 1 where one differs by more than a twentieth and by more than chance.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from math import sqrt
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from service.settings import Settings
from tests.service.blinding import others
from tests.service.blinding.scene import Scene, Work, images, prepare
from tests.service.blinding.twins import Lent, world
from tests.service.blinding.walk import LISTS, LOOKS, ONE, there, walk

ROUNDS = 300
MOST_APART = 0.05
CHANCE = 4.0
"""Standard deviations: of a hundred paths, none is beyond by chance."""


class Timed(NamedTuple):
    """Seconds of one path in each round, by who asked which service first in turn."""

    path: str
    alone: list[float]
    busy: list[float]

    @property
    def apart(self) -> float:
        """By which part of the time the busy service is slower."""
        return median(self.busy) / median(self.alone) - 1

    @property
    def z(self) -> float:
        """How unlikely it is that so many rounds are slower there, if it did not matter."""
        slower = sum(b > a for a, b in zip(self.alone, self.busy, strict=True))
        return (slower - len(self.alone) / 2) / (sqrt(len(self.alone)) / 2)

    @property
    def tells(self) -> bool:
        return abs(self.apart) > MOST_APART and abs(self.z) > CHANCE


async def timed(rounds: int) -> list[Timed]:
    """Ask both everything that can be looked at without a picture."""
    lent = Lent(1)
    async with AsyncExitStack() as stack:
        stack.callback(lent.end)
        scenes = [await _told(stack, lent, work) for work in (others.nothing, others.everything)]
        paths = [path for path in (*LISTS, *LOOKS) if ".png" not in path]
        found = [Timed(path, [], []) for path in paths]
        for turn in range(rounds):
            for each in found:
                pairs = list(zip(scenes, (each.alone, each.busy), strict=True))
                for scene, seconds in pairs if turn % 2 else reversed(pairs):
                    seconds.append(await _seconds(scene, each.path))
        return found


async def _told(stack: AsyncExitStack, lent: Lent, work: Work) -> Scene:
    folder = Path(stack.enter_context(TemporaryDirectory()))
    made = await stack.enter_async_context(world(Settings(folder=folder / "data"), lent))
    scene = Scene(made, images(folder / "images"), work)
    await prepare(scene, {})
    await walk(scene)
    return scene


async def _seconds(scene: Scene, path: str) -> float:
    asked = there(scene, path)
    began = perf_counter()
    await scene.world.ask(ONE, "GET", asked)
    return perf_counter() - began


def _lines(found: list[Timed]) -> Iterator[str]:
    for each in sorted(found, key=lambda timed: -abs(timed.z)):
        medians = f"{median(each.alone) * 1e3:7.3f} {median(each.busy) * 1e3:7.3f} ms"
        mark = "  TELLS" if each.tells else ""
        yield f"{medians} {each.apart:+7.2%}  z {each.z:+5.1f}  {each.path}{mark}"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    found = asyncio.run(timed(rounds))
    print(*_lines(found), sep="\n")
    sys.exit(any(each.tells for each in found))


if __name__ == "__main__":
    main()
