"""What others do while reader 1 works: each is a world of its own."""

from collections.abc import Awaitable
from typing import Any

import httpx

from tests.service.blinding.scene import CENTRE, Scene, a_read

TWO = "READER_2"
PROGRESSED = {
    "lesions": {"N1": {"role": "NEW", "organ": "lung"}},
    "findings": {"T1": {"state": "MEASURED", "longest_mm": 80.0}, "N1": {"state": "PRESENT"}},
}
ON_LEVEL = {3: 0, 4: 1, 6: 2}
"""As which stages begin, a reader signs which time point, who keeps up with reader 1."""


async def nothing(_: Scene) -> None:
    """Nobody else works."""


async def ahead(scene: Scene) -> None:
    """Reader 2 signs more than reader 1 ever will before that one has begun, under the same key."""
    for n in range(4) if scene.stage == 1 else ():
        key = {"Idempotency-Key": "the-first"} if n == 0 else {}
        await _done(scene.send(TWO, "reads", a_read(n, 50.0 + n), headers=key))


async def differently(scene: Scene) -> None:
    """Reader 2 keeps up, and sees a new lesion and progression."""
    if (n := ON_LEVEL.get(scene.stage)) is not None:
        read = a_read(n, 61.0, **PROGRESSED) if n == 1 else a_read(n, 61.0)
        scene.known[f"{TWO} {n}"] = (await _done(scene.send(TWO, "reads", read))).json()["id"]


async def correcting(scene: Scene) -> None:
    """Reader 2 keeps up, and corrects what it signed, again and again."""
    await differently(scene)
    for n in range(3):
        if (old := scene.known.get(f"{TWO} {n}")) is not None:
            read = a_read(n, 60.0 + scene.stage, replaces=old, reason="Another slice.")
            kept = await _done(scene.send(TWO, "reads", read))
            scene.known[f"{TWO} {n}"] = kept.json()["id"]


async def drafting(scene: Scene) -> None:
    """Reader 2 and its workstation write drafts, and take one back."""
    draft, at = a_read(0, 30.0 + scene.stage), scene.at("draft")
    known = await scene.world.ask(TWO, "GET", at)
    tag = {"If-Match": known.headers["etag"]} if known.is_success else {}
    await _done(scene.world.ask(TWO, "PUT", at, json=draft, headers=tag))
    if scene.stage % 2 == 0:
        tag = {"If-Match": (await scene.world.ask(TWO, "GET", at)).headers["etag"]}
        await _done(scene.world.ask(TWO, "DELETE", at, headers=tag))
        named = draft | {"reader": TWO}
        await _done(scene.world.ask("WORKSTATION", "PUT", at, json=named))


async def drawing(scene: Scene) -> None:
    """Reader 2 brings a mask, and measures by it and without it."""
    if scene.stage != 1:
        return
    files = {"mask.dcm": scene.images.masks[TWO]}
    mask = (await _done(scene.upload(TWO, files))).json()["series"][0]["id"]
    by_mask: Any = {"mask": {"series_id": mask, "number": 1}}
    for asked in (by_mask, {"click": list(CENTRE)}):
        path = f"/v1/series/{scene.series}/measurements"
        found = await _done(scene.world.ask(TWO, "POST", path, json=asked))
        picture = f"/v1/measurements/{found.json()['id']}/picture.png"
        await _done(scene.world.ask(TWO, "GET", picture))


async def adjudicating(scene: Scene) -> None:
    """Reader 2 differs, and the adjudicator decides as often as there is something to decide."""
    await differently(scene)
    if scene.stage in {4, 5, 6}:
        said = {"accepts": TWO, "cause": "NEW_LESION", "comment": f"After {scene.stage} hours."}
        await _done(scene.send("ADJUDICATOR", "adjudications", said))


async def recording(scene: Scene) -> None:
    """The manager enters treatment and what has come of it; that unblinds as well."""
    path = f"/v1/subjects/{scene.subject}"
    tag = {"If-Match": (await scene.world.ask("TRIAL_MANAGER", "GET", path)).headers["etag"]}
    said = {"group": f"arm {scene.stage}", "attributes": {"dose": scene.stage}}
    said |= {"new_therapy_on": "2024-05-01", "died_on": "2024-07-01"}
    await _done(scene.world.ask("TRIAL_MANAGER", "PATCH", path, json=said, headers=tag))


async def everything(scene: Scene) -> None:
    """All of it, and the site's reader and the manager at work too."""
    await recording(scene)
    await drawing(scene)
    await drafting(scene)
    await adjudicating(scene)
    if scene.stage < 4:
        await _done(scene.send("SITE_READER", "reads", a_read(scene.stage - 1, 70.0)))
    await scene.world.ask("TRIAL_MANAGER", "GET", scene.at("timeline"))
    await scene.world.ask(TWO, "GET", scene.at("discrepancies"))


async def anew(scene: Scene) -> None:
    """The adjudicator reads anew and takes its own; reader 2 corrects what was reopened."""
    await differently(scene)
    if scene.stage == 4:
        for n in (0, 1):
            await _done(scene.send("ADJUDICATOR", "reads", a_read(n, 55.0)))
        said = {"accepts": "ADJUDICATOR", "cause": "MEASUREMENT"}
        await _done(scene.send("ADJUDICATOR", "adjudications", said))
    if scene.stage == 5:
        old, why = scene.known[f"{TWO} 1"], {"reason": "Another slice."}
        path = f"/v1/reads/{old}/reopenings"
        await _done(scene.world.ask("TRIAL_MANAGER", "POST", path, json=why))
        await _done(scene.send(TWO, "reads", a_read(1, 62.0, replaces=old, **why)))


async def everything_ahead(scene: Scene) -> None:
    """Reader 2 is done with this subject before reader 1 begins, and goes on drafting."""
    await drawing(scene)
    await ahead(scene)
    await drafting(scene)


async def _done(asked: Awaitable[httpx.Response]) -> httpx.Response:
    answer = await asked
    assert answer.is_success, answer.text
    return answer
