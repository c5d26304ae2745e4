"""Every route with every caller is answered as the table of this file says.

The routes are the application's own: one without a row fails, as does a row without a route.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from service.app import create_app
from service.roles import Role
from service.routers import GUARDED, OPEN
from service.settings import Settings

pytestmark = pytest.mark.requirement("R10")

# `yes` is let in and answered with the status of the column `ok`; `-` is 403. READER is each
# of READER_1 to READER_9, KEY is a workstation that comes with a key. `outside` is what the same
# roles are answered that were granted in another trial alone.
ACCESS = """
operation            SITE READER ADJUDICATOR MANAGER MONITOR AUDITOR ADMIN STATION KEY ok  outside
assess               yes  yes    yes         yes     yes     yes     yes   yes     yes 200 200
deriveEndpoints      yes  yes    yes         yes     yes     yes     yes   yes     yes 200 200
listCriteria         yes  yes    yes         yes     yes     yes     yes   yes     yes 200 200
getCriteria          yes  yes    yes         yes     yes     yes     yes   yes     yes 200 200
createToken          -    -      -           -       -       -       yes   -       -   201 -
createKey            -    -      -           -       -       -       yes   -       -   201 -
listKeys             -    -      -           -       -       -       yes   -       -   200 -
revokeKey            -    -      -           -       -       -       yes   -       -   201 -
createGrant          -    -      -           -       -       -       yes   -       -   201 -
listGrants           -    -      -           yes     -       -       yes   -       -   200 200
revokeGrant          -    -      -           -       -       -       yes   -       -   201 -
listUsers            -    -      -           -       -       -       yes   -       -   200 -
changePassword       yes  yes    yes         yes     yes     yes     yes   yes     -   422 422
endSession           yes  yes    yes         yes     yes     yes     yes   yes     yes 404 404
createTrial          -    -      -           yes     -       -       yes   -       -   201 201
listTrials           yes  yes    yes         yes     yes     yes     yes   yes     yes 200 200
getTrial             yes  yes    yes         yes     yes     yes     yes   yes     yes 200 404
createSubject        -    -      -           yes     -       -       -     -       -   201 404
changeSubject        -    -      -           yes     -       -       -     -       -   200 404
listSubjects         yes  yes    yes         yes     yes     yes     -     yes     yes 200 404
getSubject           yes  yes    yes         yes     yes     yes     -     yes     yes 200 404
uploadSeries         yes  yes    -           yes     -       -       -     yes     yes 201 404
listSeries           yes  yes    yes         yes     yes     yes     -     yes     yes 200 404
measure              yes  yes    yes         -       -       -       -     yes     yes 201 404
pictureMeasurement   yes  yes    yes         -       -       -       -     yes     yes 200 404
signRead             yes  yes    yes         -       -       -       -     -       -   201 404
getRead              yes  yes    yes         yes     yes     yes     -     -       -   200 404
reopenRead           -    -      -           yes     -       -       -     -       -   201 404
putDraft             yes  yes    yes         -       -       -       -     yes     yes 200 404
getDraft             yes  yes    yes         -       -       -       -     -       -   200 404
deleteDraft          yes  yes    yes         -       -       -       -     -       -   204 404
listReadsDue         yes  yes    -           -       -       -       -     -       -   200 200
listAdjudicationsDue -    -      yes         -       -       -       -     -       -   200 200
getTimeline          yes  yes    yes         yes     yes     yes     -     -       -   200 404
pictureTimeline      yes  yes    yes         yes     yes     yes     -     -       -   200 404
listDiscrepancies    -    -      yes         yes     yes     yes     -     -       -   200 404
createAdjudication   -    -      yes         -       -       -       -     -       -   201 404
listAdjudications    -    -      yes         yes     yes     yes     -     -       -   200 404
endorse              -    yes    -           -       -       -       -     -       -   201 404
getConsensus         -    yes    -           yes     yes     yes     -     -       -   200 404
getAgreement         -    -      -           yes     yes     yes     -     -       -   200 404
listAudit            yes  yes    yes         yes     yes     yes     yes   -       -   200 200
getRecordAsOf        -    -      -           yes     yes     yes     yes   -       -   200 404
metrics              -    -      -           yes     yes     yes     yes   -       -   200 200
"""

# Open to anyone, whatever token is shown.
OPEN_TO_ANYONE = {
    ("GET", "/healthz"): 200,
    ("GET", "/readyz"): 200,
    ("GET", "/openapi.json"): 200,
    ("GET", "/openapi-3.0.json"): 200,
    ("GET", "/docs"): 200,
    ("GET", "/"): 307,
    ("GET", "/problems/{slug}"): 307,
    ("POST", "/v1/sessions"): 422,
}

COLUMNS = {
    "SITE": ["SITE_READER"],
    "READER": [f"READER_{n}" for n in range(1, 10)],
    "ADJUDICATOR": ["ADJUDICATOR"],
    "MANAGER": ["TRIAL_MANAGER"],
    "MONITOR": ["MONITOR"],
    "AUDITOR": ["AUDITOR"],
    "ADMIN": ["ADMINISTRATOR"],
    "STATION": ["WORKSTATION"],
    "KEY": ["KEY"],
}
NO_GOOD = ["anonymous", "unknown", "expired", "revoked", "disabled"]
NO_GOOD += ["wrong audience", "provider's expired"]
NOTHING_GRANTED = ["grant ended", "grant not begun", "grant revoked"]
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"}


class Row(NamedTuple):
    """What the table says of one operation."""

    callers: dict[str, bool]
    ok: int
    outside: str


def table() -> dict[str, Row]:
    head, *lines = (line.split() for line in ACCESS.strip().splitlines())
    rows = {}
    for operation, *cells, ok, outside in lines:
        said = dict(zip(head[1:-2], cells, strict=True))
        callers = {who: said[name] == "yes" for name in COLUMNS for who in COLUMNS[name]}
        rows[operation] = Row(callers, int(ok), outside)
    return rows


ROWS = table()


def routes(*routers: Any) -> list[Any]:
    return [route for router in routers for route in router.routes]


def cells(route: Any) -> Iterator[tuple[str, str]]:
    yield from ((method, route.path) for method in route.methods)


def kind(answer: Any) -> tuple[int, str]:
    """The status, and which problem it is."""
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code, answer.json()["type"] if is_problem else ""


def told(operation: str, answer: Any) -> str:
    """What an answer tells; of the audit trail without what the caller was denied, by its ids."""
    if operation != "listAudit":
        return str(answer.text)
    entries = [entry for entry in answer.json()["items"] if entry["action"] != "DENIED"]
    return json.dumps(entries)


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    served = create_app(Settings()).routes
    assert set(map(id, routes(*GUARDED, *OPEN))) == set(map(id, served))
    assert {route.operation_id for route in routes(*GUARDED)} == set(ROWS)
    assert {cell for route in routes(*OPEN) for cell in cells(route)} == set(OPEN_TO_ANYONE)
    assert all(len(route.methods) == 1 for route in routes(*GUARDED))


def test_every_role_has_its_column() -> None:
    assert {who for names in COLUMNS.values() for who in names} == {*Role, "KEY"}


@pytest.mark.parametrize("operation", ROWS)
def test_each_role_is_let_in_where_the_table_says_so(operation: str, world: Any) -> None:
    row = ROWS[operation]
    for role, is_open in row.callers.items():
        world.prepare(operation, world.own, role)
        answer = world.service.ask(
            world.own.tokens[role], **world.asked(operation, world.own, role)
        )
        expected = row.ok if is_open else 403
        assert answer.status_code == expected, (role, answer.text)
        if not is_open:
            assert kind(answer) == (403, "/problems/forbidden"), role


@pytest.mark.parametrize("operation", ROWS)
def test_what_is_of_another_trial_is_not_there(operation: str, world: Any) -> None:
    row = ROWS[operation]
    strange = {role: is_open for role, is_open in row.callers.items() if role != "ADMINISTRATOR"}
    for role, is_open in strange.items():
        answer = world.service.ask(
            world.other.tokens[role], **world.asked(operation, world.own, role)
        )
        expected = int(row.outside) if is_open else 403
        assert answer.status_code == expected, (role, answer.text)
        if expected == 404:
            assert kind(answer)[1] == "/problems/not-found"
        if answer.is_success:
            said = told(operation, answer)
            assert [name for name, id_ in world.own.ids.items() if id_ in said] == [], role


@pytest.mark.parametrize("operation", ROWS)
def test_no_token_that_is_no_good_is_let_in(operation: str, world: Any, issuer: Any) -> None:
    strays = world.stray | {
        "anonymous": None,
        "wrong audience": issuer.token(aud="another"),
        "provider's expired": issuer.token(iat=0, exp=1),
    }
    for name in NO_GOOD:
        answer = world.service.ask(strays[name], **world.asked(operation, world.own, "READER_1"))
        assert kind(answer) == (401, "/problems/unauthenticated"), name
        assert answer.headers["www-authenticate"] == "Bearer"
    for name in NOTHING_GRANTED:
        answer = world.service.ask(strays[name], **world.asked(operation, world.own, "READER_1"))
        assert kind(answer) == (403, "/problems/forbidden"), name


def test_the_faults_are_what_shuts_these_tokens_out(world: Any, issuer: Any) -> None:
    """The provider's are taken where they name this service, and all faults are told alike."""
    trial = f"/v1/trials/{world.own.ids['trial']}"
    assert world.service.ask(issuer.token(), "GET", trial).status_code == 200
    told = {
        world.service.ask(world.stray[name], "GET", trial).json()["detail"]
        for name in ("unknown", "expired", "revoked", "disabled")
    }
    assert len(told) == 1


@pytest.mark.parametrize("operation", ROWS)
def test_who_comes_from_a_provider_is_what_was_granted_here(
    operation: str, world: Any, issuer: Any
) -> None:
    """Whatever its token claims; and it shows again who it is where it signs."""
    token = issuer.token(roles=["ADMINISTRATOR"], scope="TRIAL_MANAGER")
    answer = world.service.ask(token, **world.asked(operation, world.own, "READER_1"))
    if ROWS[operation].callers["READER_1"]:
        assert kind(answer)[1] not in {"/problems/forbidden", "/problems/unauthenticated"}
    else:
        assert kind(answer) == (403, "/problems/forbidden")
    if operation == "signRead":
        assert kind(answer) == (401, "/problems/reauthentication-needed")


@pytest.mark.parametrize(("method", "path"), OPEN_TO_ANYONE)
def test_what_is_open_is_open_to_anyone(method: str, path: str, world: Any) -> None:
    tokens = [None, *world.stray.values(), *world.own.tokens.values()]
    for token in tokens:
        sent = {"json": {}} if method == "POST" else {}
        answer = world.service.ask(token, method, path.format(slug="not-found"), **sent)
        assert answer.status_code == OPEN_TO_ANYONE[method, path], answer.text


@pytest.mark.parametrize("path", sorted({route.path for route in routes(*GUARDED)}))
def test_no_other_method_does_anything(path: str, world: Any) -> None:
    """To whoever is let in there is no such method; to anyone else it is as any other."""
    known = {method for route in routes(*GUARDED) if route.path == path for method in route.methods}
    for method in METHODS - known:
        answer = world.service.ask(None, method, path)
        assert answer.status_code == 401, method
        for role in ("READER_1", "ADMINISTRATOR"):
            answer = world.service.ask(world.own.tokens[role], method, path)
            assert answer.status_code == 405, (method, role)
            assert set(answer.headers["allow"].split(", ")) <= known


def test_where_there_is_no_route_a_token_is_asked_for_first(world: Any) -> None:
    for path in ("/v1/nothing", "/v1", "/metrics/", "/v1/trials/", "/healthz/x"):
        assert world.service.ask(None, "GET", path).status_code == 401, path
        assert world.service.ask(world.own.tokens["ADMINISTRATOR"], "GET", path).status_code == 404
    for path in ("/problems/%2e%2e/v1/trials", "/problems/x/y", "/problems/"):
        assert world.service.ask(None, "GET", path).status_code == 404, path
