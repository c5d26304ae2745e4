"""What reader 1 asks in the course of a trial: every route, its errors, and what is another's."""

import base64
from typing import Any
from urllib.parse import urlencode

from service.identity.codes import STEP_SECONDS, code_at
from tests.service.blinding.scene import CENTRE, CODES, PASSWORD, Scene, a_read
from tests.service.blinding.twins import identity

ONE = "READER_1"
NOWHERE = "0" * 32
GUESSED = [
    identity(who, n, made)
    for who in ("READER_2", "ADJUDICATOR")
    for n in (1, 2)
    for made in (1, 2, 3)
]
"""What the first requests of others would make: reader 1 may have come by such an identity."""
CLICKED = {"click": list(CENTRE)}

# Where the only thing that differs is the name of a list: each is asked page by page.
LISTS = ("/v1/trials", "/v1/worklist", "/v1/audit", "/v1/trials/{trial}/subjects", "{at}/series")
LOOKS = (
    "/v1/trials/{trial}",
    "/v1/trials/{elsewhere}",
    "/v1/subjects/{subject}",
    "/v1/subjects/{second}",
    "/v1/subjects/{foreign}",
    "/v1/subjects/{foreign}/timeline",
    "/v1/subjects/{second}/timeline",
    "{at}/timeline",
    "{at}/timeline?as_of=2026-01-05T09:00:00Z",
    "{at}/timeline.png?lesion=T1",
    "{at}/timeline.png?lesion=T1&reader=READER_1",
    "{at}/timeline.png?lesion=T1&reader=READER_2",
    "{at}/timeline.png?lesion=N1",
    "{at}/draft",
    "{at}/draft?reader=READER_2",
    "{at}/consensus",
    "{at}/discrepancies",
    "{at}/adjudications",
    "/v1/trials/{trial}/agreement",
    "/v1/worklist/adjudications",
    "/v1/audit?record=read",
    "/v1/audit?record=draft",
    "/v1/audit?subject={subject}&action=SIGNED",
    "/v1/audit?trial={trial}&limit=2",
    "/v1/audit?trial={elsewhere}",
    "/v1/audit?from=2026-01-05T10:00:00Z",
    "/v1/audit/records/subject/{subject}",
    "/v1/grants",
    "/v1/keys",
    "/v1/users",
    "/metrics",
    "/v1/nothing",
)
OF_NOBODY = (
    "/",
    "/healthz",
    "/readyz",
    "/docs",
    "/openapi.json",
    "/openapi-3.0.json",
    "/problems/not-found",
    "/v1/criteria",
    "/v1/criteria/recist-1.1",
    "/v1/criteria/none",
)
CLOSED = (
    ("POST", "/v1/trials", {"name": "Mine", "criteria": "recist-1.1"}),
    ("POST", "/v1/tokens", {"name": "x", "role": "AUDITOR"}),
    ("POST", "/v1/keys", {"name": "x", "trial": NOWHERE}),
    ("POST", f"/v1/keys/{NOWHERE}/revocations", {"reason": "x"}),
    ("POST", "/v1/grants", {"principal": "x", "role": "AUDITOR", "reason": "x"}),
    ("POST", f"/v1/grants/{NOWHERE}/revocations", {"reason": "x"}),
    ("POST", "/v1/trials/{trial}/subjects", {"code": "S-009"}),
    ("PATCH", "/v1/subjects/{subject}", {"group": "B"}),
    ("POST", "{at}/adjudications", {"accepts": "READER_1", "cause": "OTHER"}),
    ("POST", "{at}/endorsements", {"accepts": "READER_1", "cause": "OTHER"}),
)


async def walk(scene: Scene) -> None:
    """Everything, stage by stage; between two stages the others work."""
    for act in (at_first, baseline, follow_up, correction, third, at_last):
        await scene.next_stage()
        await act(scene)
        await look_around(scene)
    await guess(scene)


async def look_around(scene: Scene) -> None:
    """Everything that can be looked at, as a reader and as its workstation."""
    for path in LISTS:
        await _pages(scene, path)
    for path in LOOKS:
        await _get(scene, path)
    for path in ("{at}/series", "{at}/draft?reader=READER_1", "/v1/subjects/{subject}"):
        await _get(scene, path, "KEY")
    for read in scene.known.get("reads", ()):
        await _get(scene, f"/v1/reads/{read}")


async def guess(scene: Scene) -> None:
    """Everything that can be asked of an identity, where it is another's if it is there at all."""
    for guessed in GUESSED:
        await _get(scene, f"/v1/reads/{guessed}")
        await _get(scene, f"/v1/measurements/{guessed}/picture.png")
        await _get(scene, f"/v1/audit?record_id={guessed}")
        await _get(scene, f"/v1/audit?principal={guessed}")
        replaced = a_read(1, 39.0, replaces=guessed, reason="A slip.")
        await _send(scene, "POST", "{at}/reads", replaced)
        await _send(scene, "POST", f"/v1/series/{guessed}/measurements", CLICKED)
        by_mask = {"mask": {"series_id": guessed, "number": 1}}
        await _send(scene, "POST", f"/v1/series/{scene.series}/measurements", by_mask)


async def at_first(scene: Scene) -> None:
    """Nothing is signed: what is closed, what is open to anyone, and a draft of the baseline."""
    for path in OF_NOBODY:
        await scene.world.ask("ANYONE" if "criteria" not in path else ONE, "GET", path)
    for method, path, body in CLOSED:
        await _send(scene, method, path, body)
    await scene.world.ask("ANYONE", "GET", scene.at("timeline"))
    await _send(scene, "DELETE", "{at}/timeline", None)
    timeline = {"criteria": "recist-1.1", "reads": [a_read(0, 50.0)]}
    await _send(scene, "POST", "/v1/assess", timeline)
    follow_up = {"criteria": "recist-1.1", "reference_on": "2024-01-01", "responses": []}
    await _send(scene, "POST", "/v1/endpoints", follow_up)
    await _send(scene, "POST", "{at}/reads", a_read(0, 50.0, replaces=NOWHERE, reason="x"))
    await drafts(scene)


async def drafts(scene: Scene) -> None:
    """A draft from its beginning to its end, by the reader and by its workstation."""
    draft = a_read(0, 49.0)
    await _send(scene, "PUT", "{at}/draft", draft | {"reader": "READER_1"}, who="KEY")
    await _send(scene, "PUT", "{at}/draft", draft | {"reader": "READER_2"})
    await _send(scene, "PUT", "{at}/draft", draft)
    again = await _send(scene, "PUT", "{at}/draft", a_read(0, 48.0))
    assert again.status_code == 428
    tag = (await _get(scene, "{at}/draft")).headers["etag"]
    await _send(scene, "PUT", "{at}/draft", a_read(0, 48.0), headers={"If-Match": tag})
    await _send(scene, "DELETE", "{at}/draft", None, headers={"If-Match": tag})
    tag = (await _get(scene, "{at}/draft")).headers["etag"]
    gone = await _send(scene, "DELETE", "{at}/draft", None, headers={"If-Match": tag})
    assert gone.status_code == 204
    await _send(scene, "PUT", "{at}/draft", draft, headers={"If-None-Match": "*"})


async def baseline(scene: Scene) -> None:
    """Signed once, under a key that another principal may have used as well."""
    key = {"Idempotency-Key": "the-first"}
    first = await _signed(scene, a_read(0, 50.0), headers=key)
    scene.known["reads"] = [first]
    again = await _send(scene, "POST", "{at}/reads", a_read(0, 50.0), headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    await _send(scene, "POST", "{at}/reads", a_read(0, 51.0), headers=key)
    await _send(scene, "POST", "{at}/reads", a_read(0, 50.0))
    for refused in (a_read(0, 52.0), a_read(1, 40.0, on="2023-12-01"), {"on": "never"}):
        assert (await _send(scene, "POST", "{at}/reads", refused)).status_code in {409, 422}
    await _send(scene, "POST", f"/v1/subjects/{scene.foreign['subject']}/reads", a_read(0, 50.0))


async def follow_up(scene: Scene) -> None:
    """Images, a measurement in them, its picture, and the read that names them."""
    stored = await scene.upload(ONE, {"mask.dcm": scene.images.masks[ONE]})
    assert stored.status_code == 201, stored.text
    mask = stored.json()["series"][0]["id"]
    await scene.upload(ONE, {"mask.dcm": scene.images.masks[ONE]})
    await scene.upload(ONE, {"noise.dcm": b"noise"})
    await scene.upload("KEY", dict(list(scene.images.slices.items())[:1]))
    path = f"/v1/series/{scene.series}/measurements"
    found = await _send(scene, "POST", path, CLICKED)
    await _send(scene, "POST", path, CLICKED, who="KEY")
    await _send(scene, "POST", path, {"mask": {"series_id": mask, "number": 1}})
    await _send(scene, "POST", path, {"click": [9000.0, 0.0, 0.0]})
    await _get(scene, f"/v1/measurements/{found.json()['id']}/picture.png")
    await _get(scene, f"/v1/measurements/{NOWHERE}/picture.png")
    line = found.json()["longest_patient_mm"]
    scene.known["reads"] += [await _signed(scene, _seen(scene, 1, 40.0, longest=line))]


async def correction(scene: Scene) -> None:
    """Corrected by its reader, who logs in for it; what was replaced is not replaced again."""
    said = {"name": "the READER_1", "password": PASSWORD}
    await scene.world.ask("ANYONE", "POST", "/v1/sessions", json=said | {"code": "000000"})
    opened = await scene.world.ask("ANYONE", "POST", "/v1/sessions", json=said | _code(scene))
    assert opened.status_code == 201, opened.text
    scene.world.tokens["SESSION"] = opened.json()["token"]
    old = scene.known["reads"][1]
    await _send(scene, "POST", f"/v1/reads/{old}/reopenings", {"reason": "A slip."})
    await _send(scene, "POST", "{at}/reads", a_read(1, 39.0, replaces=old))
    corrected = _seen(scene, 1, 39.0) | {"replaces": old, "reason": "A slip."}
    if scene.known.get("reopens"):
        assert (await _send(scene, "POST", "{at}/reads", corrected)).status_code == 409
        await scene.world.make("TRIAL_MANAGER", f"/v1/reads/{old}/reopenings", json=_REASON)
        await _get(scene, "/v1/worklist")
    scene.known["reads"] += [await _signed(scene, corrected)]
    await _send(scene, "POST", "{at}/reads", a_read(1, 38.0, replaces=old, reason="Another."))


async def third(scene: Scene) -> None:
    """Signed in a session, which asks again who it is; from a draft of the workstation."""
    draft = a_read(2, 38.0, reader="READER_1")
    kept = await _send(scene, "PUT", "{at}/draft", draft, who="KEY")
    assert kept.status_code == 201, kept.text
    assert (await _send(scene, "POST", "{at}/reads", a_read(2, 38.0), who="SESSION")).is_error
    pair = base64.b64encode(f"the READER_1:{PASSWORD}".encode()).decode()
    proof = {"Reauthentication": f"Basic {pair}", "One-Time-Code": _code(scene)["code"]}
    read = await _signed(scene, a_read(2, 38.0), who="SESSION", headers=proof)
    scene.known["reads"] += [read]


async def at_last(scene: Scene) -> None:
    """Nothing more is signed; a new password, and out."""
    change = {"password": PASSWORD, "new_password": "another four words 8"} | _code(scene)
    changed = await _send(scene, "PUT", "/v1/users/current/password", change, who="SESSION")
    assert changed.status_code == 204, changed.text
    assert (await _send(scene, "DELETE", "/v1/sessions/current", None, who="SESSION")).is_success
    await _get(scene, "{at}/timeline", "SESSION")


_REASON = {"reason": "A slip."}


async def _get(scene: Scene, path: str, who: str = ONE) -> Any:
    return await scene.world.ask(who, "GET", there(scene, path))


async def _send(scene: Scene, method: str, path: str, body: Any, **sent: Any) -> Any:
    who = sent.pop("who", ONE)
    return await scene.world.ask(who, method, there(scene, path), json=body, **sent)


async def _signed(scene: Scene, read: dict[str, Any], **sent: Any) -> str:
    answer = await _send(scene, "POST", "{at}/reads", read, **sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _seen(scene: Scene, n: int, mm: float, **where: Any) -> dict[str, Any]:
    """A read whose finding names the image that it was seen on, and where on it."""
    images = scene.images
    evidence = {"series_uid": images.series_uid, "instance_uid": images.instance_uid, **where}
    finding = {"state": "MEASURED", "longest_mm": mm, "evidence": evidence}
    return a_read(n, mm, findings={"T1": finding})


async def _pages(scene: Scene, path: str) -> None:
    """A list from its first page to its last."""
    asked = {"limit": "50" if "audit" in path else "1"}
    while asked.get("cursor", "") is not None:
        answer = await _get(scene, f"{path}?{urlencode(asked)}")
        asked["cursor"] = answer.json()["next_cursor"]


def there(scene: Scene, path: str) -> str:
    """A path with the identities of a scene."""
    return path.format(
        at=f"/v1/subjects/{scene.subject}",
        trial=scene.trial,
        subject=scene.subject,
        second=scene.second,
        foreign=scene.foreign["subject"],
        elsewhere=scene.foreign["trial"],
    )


def _code(scene: Scene) -> dict[str, str]:
    """The one-time code of now."""
    return {"code": code_at(CODES, int(scene.world.turns.now(ONE).timestamp()) // STEP_SECONDS)}
