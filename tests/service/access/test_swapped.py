"""Every identifier of a request, put in place of another trial's, opens nothing and is kept.

The places where an identifier can stand are read off the application's own description.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from service.app import create_app
from service.routers import GUARDED
from service.settings import Settings
from service.tables import events, metadata

pytestmark = pytest.mark.requirement("R1", "R10")

# Whose request it is, where its path names what is another trial's. What an administrator alone
# may do has no other trial: there it is whoever comes closest, and is refused as such (403).
CALLERS = {
    "getTrial": "AUDITOR",
    "createSubject": "TRIAL_MANAGER",
    "listSubjects": "READER_1",
    "getSubject": "READER_1",
    "changeSubject": "TRIAL_MANAGER",
    "uploadSeries": "WORKSTATION",
    "listSeries": "READER_1",
    "measure": "READER_1",
    "pictureMeasurement": "READER_1",
    "signRead": "READER_1",
    "getRead": "READER_1",
    "reopenRead": "TRIAL_MANAGER",
    "putDraft": "READER_1",
    "getDraft": "READER_1",
    "deleteDraft": "READER_1",
    "getTimeline": "READER_1",
    "pictureTimeline": "READER_1",
    "listDiscrepancies": "MONITOR",
    "createAdjudication": "ADJUDICATOR",
    "listAdjudications": "ADJUDICATOR",
    "getConsensus": "READER_1",
    "endorse": "READER_1",
    "getAgreement": "MONITOR",
    "getRecordAsOf": "AUDITOR",
    "revokeGrant": "TRIAL_MANAGER",
    "revokeKey": "TRIAL_MANAGER",
}
IN_PATH = {"trial_id", "subject_id", "read_id", "series_id", "measurement_id"}
IN_PATH |= {"grant_id", "key_id", "record_id"}
RECORDS = ("trial", "subject", "series", "measurement", "read", "grant", "token")

# Identifiers elsewhere than in a path, with what is answered. `principal` is a name that the
# administrator's routes are asked with, and «trial» there names any trial: see `FOR_ANY_TRIAL`.
IN_QUERY = {"trial": 404, "subject": 404, "record_id": 200, "principal": 200}
IN_BODY = {"signRead": "replaces", "measure": "mask/series_id"}
FOR_ANY_TRIAL = {"createToken", "createKey", "createGrant"}

# What else a query or a body holds: words, numbers and dates, none of which is looked up.
# `tracking_uid` and the UIDs of `evidence` are DICOM's, and are looked for in the subject alone.
NO_IDENTIFIERS = {"action", "as_of", "cursor", "from", "lesion", "limit", "reader", "record"}
NO_IDENTIFIERS |= {"side_mm", "side_px", "until", "window", "zoom"}
NAMES_OF_IDENTIFIERS = ("id", "trial", "subject", "principal", "replaces", "key", "grant")


def described() -> dict[str, Any]:
    return dict(create_app(Settings()).state.descriptions.v3_1)


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def members(schema: Any, schemas: dict[str, Any], at: str = "") -> Iterator[str]:
    """Every member of a body by its path in it; of lists and maps, of what they hold."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from members(schemas[name], schemas, at)
    for name, member in schema.get("properties", {}).items():
        yield f"{at}{name}"
        yield from members(member, schemas, f"{at}{name}/")
    for inside in (schema.get("items"), schema.get("additionalProperties")):
        yield from members(inside, schemas, at) if isinstance(inside, dict) else ()


def identifiers_in_bodies() -> dict[str, list[str]]:
    document = described()
    found = {}
    for operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            names = members(content["schema"], document["components"]["schemas"])
            last = {name: name.rpartition("/")[2] for name in names}
            found[operation["operationId"]] = [
                name for name, end in last.items() if end.rpartition("_")[2] in NAMES_OF_IDENTIFIERS
            ]
    return {operation: names for operation, names in found.items() if names}


def parameters(kind: str) -> set[tuple[str, str]]:
    return {
        (operation["operationId"], parameter["name"])
        for operation in operations(described())
        for parameter in operation.get("parameters", ())
        if parameter["in"] == kind
    }


def test_every_path_with_an_identifier_is_swapped() -> None:
    asked = {operation for operation, name in parameters("path") if name in IN_PATH}
    assert asked == set(CALLERS)
    assert {name for _, name in parameters("path")} - IN_PATH == {"name", "record"}
    of_routes = {n for router in GUARDED for r in router.routes for n in r.param_convertors}
    assert of_routes == IN_PATH | {"name", "record"}


def test_every_identifier_in_a_query_is_swapped() -> None:
    of_trail = {name for operation, name in parameters("query") if operation == "listAudit"}
    assert set(IN_QUERY) <= of_trail
    assert {name for _, name in parameters("query")} == NO_IDENTIFIERS | set(IN_QUERY)


def test_every_identifier_in_a_body_is_swapped() -> None:
    found = identifiers_in_bodies()
    assert {o: n for o, n in found.items() if o not in FOR_ANY_TRIAL} == {
        operation: [name] for operation, name in IN_BODY.items()
    }
    assert set(found) == FOR_ANY_TRIAL | set(IN_BODY)


def rows(world: Any) -> dict[str, int]:
    """How many rows each table has, but the audit trail."""
    tables = [table for table in metadata.sorted_tables if table is not events]

    def count(connection: Any) -> dict[str, int]:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in tables
        }

    return dict(world.service.within(count))


def entries(world: Any, after: int) -> list[Any]:
    query = select(events).where(events.c.seq > after).order_by(events.c.seq)
    return list(world.service.within(lambda c: c.execute(query).all()))


def last(world: Any) -> int:
    return int(world.service.within(lambda c: c.scalar(select(func.max(events.c.seq)))))


def refused(world: Any, role: str, request: dict[str, Any], status: int) -> dict[str, Any]:
    """What a role is answered that must write nothing but one denial; what depends on the request
    itself is left out."""
    before, seq = rows(world), last(world)
    answer = world.service.ask(world.own.tokens[role], **request)
    assert answer.status_code == status, (request, answer.text)
    assert rows(world) == before
    (denied,) = entries(world, seq)
    assert (denied.action, denied.record) == ("DENIED", "route")
    assert json.loads(denied.new)["status"] == status
    assert denied.request_id == answer.headers["x-request-id"]
    problem: dict[str, Any] = answer.json()
    return {name: problem[name] for name in problem.keys() - {"instance", "request_id"}}


def nowhere(path: str, ids: set[str]) -> str:
    """The path with ids in place of these that nothing has."""
    for id_ in ids:
        path = path.replace(id_, uuid4().hex)
    return path


@pytest.mark.parametrize("operation", CALLERS)
def test_in_a_path(operation: str, world: Any) -> None:
    role = CALLERS[operation]
    for_all = role == "TRIAL_MANAGER" and operation.startswith("revoke")
    world.prepare(operation, world.other, role)
    request = world.asked(operation, world.other, role)
    swapped = refused(world, role, request, 403 if for_all else 404)
    ids = {step for step in request["path"].split("/") if len(step) == 32}
    assert len(ids) == 1
    absent = request | {"path": nowhere(request["path"], ids)}
    assert swapped == refused(world, role, absent, 403 if for_all else 404)


@pytest.mark.parametrize("role", ["AUDITOR", "MONITOR", "TRIAL_MANAGER"])
@pytest.mark.parametrize("record", RECORDS)
def test_a_record_as_it_stood(record: str, role: str, world: Any) -> None:
    ids = {"subject": world.other.ids["read"], "read": world.other.reads["READER_1"]}
    ids["token"] = world.other.ids["key"]
    id_ = ids.get(record) or world.other.ids[record]
    path = f"/v1/audit/records/{record}/{id_}"
    swapped = refused(world, role, {"method": "GET", "path": path}, 404)
    absent = {"method": "GET", "path": nowhere(path, {id_})}
    assert swapped == refused(world, role, absent, 404)


@pytest.mark.parametrize("role", ["READER_1", "ADJUDICATOR", "TRIAL_MANAGER", "AUDITOR"])
@pytest.mark.parametrize("name", IN_QUERY)
def test_in_a_query(name: str, role: str, world: Any) -> None:
    """What is asked of the trail by another's trial or subject is refused; a record or a principal
    of another's finds nothing, as one that there is not does."""
    other = {"trial": world.other.ids["trial"], "subject": world.other.ids["read"]}
    id_ = other.get(name) or world.other.reads["READER_1"]
    if name == "principal":
        id_ = principal(world)
    request = {"method": "GET", "path": "/v1/audit"}
    asked = [request | {"params": {name: each}} for each in (id_, uuid4().hex)]
    if IN_QUERY[name] == 404:
        swapped, absent = (refused(world, role, each, 404) for each in asked)
        assert swapped == absent
        return
    answers = [world.service.ask(world.own.tokens[role], **each) for each in asked]
    assert [answer.json() for answer in answers] == [{"items": [], "next_cursor": None}] * 2


def principal(world: Any) -> str:
    """Who reads as READER_1 in the other trial."""
    query = select(events.c.principal_id).where(events.c.record_id == world.other.reads["READER_1"])
    return str(world.service.within(lambda c: c.execute(query).scalars().first()))


@pytest.mark.parametrize("operation", IN_BODY)
def test_in_a_body(operation: str, world: Any) -> None:
    """422 in the same words as for an id that nothing has; another of the same trial likewise."""
    request = world.asked(operation, world.own, "READER_1")
    others = [world.other.reads["READER_1"], uuid4().hex, world.own.reads["READER_2"]]
    bodies = [request["json"] | {"replaces": id_, "reason": "a slip"} for id_ in others]
    if operation == "measure":
        others = [world.other.ids["series"], uuid4().hex]
        bodies = [{"mask": {"series_id": id_, "number": 1}} for id_ in others]
    told = [refused(world, "READER_1", request | {"json": body}, 422) for body in bodies]
    assert all(each == told[0] for each in told)
    assert told[0]["errors"][0]["pointer"] == f"/{IN_BODY[operation]}"
    assert not [id_ for id_ in others if id_ in json.dumps(told)]


@pytest.mark.parametrize("operation", sorted(FOR_ANY_TRIAL))
def test_whoever_manages_a_trial_gives_nothing_in_another(operation: str, world: Any) -> None:
    request = world.asked(operation, world.other, "TRIAL_MANAGER")
    refused(world, "TRIAL_MANAGER", request, 403)


@pytest.mark.parametrize("operation", sorted(FOR_ANY_TRIAL))
def test_an_administrator_gives_nothing_in_a_trial_that_is_none(operation: str, world: Any) -> None:
    request = world.asked(operation, world.own, "ADMINISTRATOR")
    before, seq = rows(world), last(world)
    body = request["json"] | {"trial": uuid4().hex}
    answer = world.service.ask(world.own.tokens["ADMINISTRATOR"], **request | {"json": body})
    assert (answer.status_code, rows(world), entries(world, seq)) == (404, before, [])


def test_a_reader_asks_for_no_other_readers_draft(world: Any) -> None:
    """Whether there is one or not, it is told the same."""
    path = f"/v1/subjects/{world.own.ids['unread']}/draft"
    token = world.own.tokens["READER_1"]
    told = set()
    for role in ("READER_2", "READER_9", "SITE_READER"):
        if role != "READER_9":
            world.prepare("putDraft", world.own, role)
        answer = world.service.ask(token, "GET", path, params={"reader": role})
        assert answer.status_code == 422
        told.add(answer.json()["detail"])
    assert len(told) == 1


def test_a_cursor_of_another_list_leads_nowhere_else(world: Any) -> None:
    """It says where to go on in the list that is asked for, and names no list."""
    lists = [f"/v1/trials/{place.ids['trial']}/subjects" for place in (world.other, world.own)]
    tokens = [place.tokens["READER_1"] for place in (world.other, world.own)]
    whole = [
        world.service.ask(t, "GET", p).json()["items"] for t, p in zip(tokens, lists, strict=True)
    ]
    first = world.service.ask(tokens[0], "GET", lists[0], params={"limit": 1}).json()
    following = {"cursor": first["next_cursor"]}
    shown = world.service.ask(tokens[1], "GET", lists[1], params=following).json()["items"]
    assert shown
    assert {item["id"] for item in shown} <= {item["id"] for item in whole[1]}
