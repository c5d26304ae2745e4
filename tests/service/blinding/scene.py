"""Where it takes place: a trial and those who work in it, its subjects, and images of one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from imaging.masks.seg_writing import Lesion, Software, segmentation
from imaging.measure import found_by_click
from imaging.phantom import Ellipsoid, phantom, write
from imaging.shapes.voxels import within
from service.callers import COMMAND_LINE
from service.identity.logins import add_login
from service.identity.passwords import hashed
from service.tables import principals
from tests.service.blinding.twins import World

DAYS = ("2024-01-01", "2024-02-26", "2024-04-22", "2024-06-17")
CENTRE, CLICK = (40.0, 36.0, 12.0), (50, 45, 4)
LESION = Ellipsoid(CENTRE, (12.0, 9.0, 10.0), 40.0)
ROLES = ("READER_1", "READER_2", "SITE_READER", "ADJUDICATOR", "TRIAL_MANAGER", "WORKSTATION")
PASSWORD = "four words and a number 7"
CODES = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Images:
    """Files of one CT series, and two masks of its lesion by different hands."""

    slices: dict[str, bytes]
    instance_uid: str
    """Of the slice that cuts the lesion in its middle."""
    series_uid: str
    masks: dict[str, bytes]
    """By the reader who has drawn it."""


def images(folder: Path) -> Images:
    """Make them, the same for all worlds that are compared."""
    volume = phantom([LESION], size=(9, 90, 100), step=3.0, background=-850.0, seed="twins")
    write(volume, folder, patient_id="S-001", study_date=date.fromisoformat(DAYS[0]))
    slices = {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
    found = Lesion("T1", within(found_by_click(volume, CLICK).shape, volume))
    sample = folder / f"{volume.sop_instance_uids[0]}.dcm"
    masks = {
        reader: segmentation(volume, [found], sample, Software(reader, "1"))
        for reader in ("READER_1", "READER_2")
    }
    return Images(slices, volume.sop_instance_uids[CLICK[2]], volume.series_uid, masks)


Work = Callable[["Scene"], Awaitable[None]]
"""What the others do as a stage begins."""


@dataclass
class Scene:
    """One world, what there is in it, and what each does there."""

    world: World
    images: Images
    others: Work
    trial: str = ""
    subject: str = ""
    second: str = ""
    """A subject that nobody whose answers are compared has read."""
    series: str = ""
    foreign: dict[str, str] = field(default_factory=dict)
    """A trial in which nothing was granted to the reader, and a subject of it."""
    known: dict[str, Any] = field(default_factory=dict)
    """What somebody keeps in mind from one stage to the next."""

    @property
    def stage(self) -> int:
        return self.world.turns.stage

    def at(self, path: str) -> str:
        """A path below the subject that is read."""
        return f"/v1/subjects/{self.subject}/{path}"

    async def next_stage(self) -> None:
        """Let an hour pass, and the others work."""
        self.world.turns.stage += 1
        await self.others(self)

    async def send(self, who: str, what: str, body: Any, **sent: Any) -> httpx.Response:
        return await self.world.ask(who, "POST", self.at(what), json=body, **sent)

    async def upload(self, who: str, files: dict[str, bytes]) -> httpx.Response:
        parts = [("files", (name, content)) for name, content in files.items()]
        return await self.world.ask(who, "POST", self.at("series"), files=parts)


def a_read(n: int, mm: float, **members: Any) -> dict[str, Any]:
    """A read of one time point: a target in the liver, unless members say more."""
    body: dict[str, Any] = {
        "on": DAYS[n],
        "findings": {"T1": {"state": "MEASURED", "longest_mm": mm}},
    }
    if n == 0:
        body["lesions"] = {"T1": {"role": "TARGET", "organ": "liver"}}
    return body | members


async def prepare(scene: Scene, charter: dict[str, Any]) -> None:
    """Make the trials, who works in them, the subjects and the images."""
    world = scene.world
    scene.known["reopens"] = charter.get("corrections") == "REOPENED"
    scene.trial = await _trial(world, "Example", charter)
    scene.foreign["trial"] = await _trial(world, "Another", {})
    for role in ROLES:
        world.tokens[role] = await _token(world, f"the {role}", role, scene.trial)
    elsewhere = scene.foreign["trial"]
    world.tokens["FOREIGN"] = await _token(world, "a stranger", "TRIAL_MANAGER", elsewhere)
    key = {"name": "a workstation", "trial": scene.trial}
    world.tokens["KEY"] = (await world.make("ADMINISTRATOR", "/v1/keys", json=key))["key"]
    _give_login(world, "the READER_1")
    scene.subject = await _subject(world, "TRIAL_MANAGER", scene.trial, "S-001")
    scene.second = await _subject(world, "TRIAL_MANAGER", scene.trial, "S-002")
    scene.foreign["subject"] = await _subject(world, "FOREIGN", elsewhere, "S-001")
    stored = await scene.upload("WORKSTATION", scene.images.slices)
    scene.series = stored.json()["series"][0]["id"]


async def _trial(world: World, name: str, charter: dict[str, Any]) -> str:
    said = {"name": name, "criteria": "recist-1.1", "charter": charter}
    return str((await world.make("ADMINISTRATOR", "/v1/trials", json=said))["id"])


async def _token(world: World, name: str, role: str, trial: str) -> str:
    said = {"name": name, "role": role, "trial": trial}
    return str((await world.make("ADMINISTRATOR", "/v1/tokens", json=said))["token"])


async def _subject(world: World, who: str, trial: str, code: str) -> str:
    path = f"/v1/trials/{trial}/subjects"
    return str((await world.make(who, path, json={"code": code}))["id"])


def _give_login(world: World, name: str) -> None:
    """A password and one-time codes for a principal that there is."""
    run, kept = world.app.state.database.run, hashed(PASSWORD)
    whose = run(lambda c: c.scalar(select(principals.c.id).where(principals.c.name == name)))
    run(lambda c: add_login(c, COMMAND_LINE, whose, kept, CODES))
