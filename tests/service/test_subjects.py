"""Subjects over HTTP: codes, changes by version, and what stays hidden from whoever reads."""

from uuid import uuid4

import pytest

WHOLE = {
    "code": "S-014",
    "group": "placebo",
    "attributes": {"age": 61, "stage": "III", "smoker": False, "weight_kg": 71.5},
    "reference_on": "2024-01-01",
    "died_on": "2025-03-02",
    "new_therapy_on": "2024-12-01",
    "last_known_alive_on": "2025-03-01",
}
HIDDEN = {
    "group": None,
    "attributes": {},
    "died_on": None,
    "new_therapy_on": None,
    "last_known_alive_on": None,
}
BLINDED = ("SITE_READER", "READER_1", "READER_2", "ADJUDICATOR", "WORKSTATION")


@pytest.fixture
def manager(trial):
    return trial.client("TRIAL_MANAGER")


@pytest.fixture(scope="module")
def shelf() -> list[object]:
    return []


@pytest.fixture
def empty(shelf, new_trial):
    """A trial that stays without subjects, made once: for what is refused."""
    if not shelf:
        shelf.append(new_trial())
    return shelf[0]


def granted(trial, role: str) -> str:
    body = {"name": uuid4().hex, "role": role, "trial": trial.id}
    return trial.server.speaker().post("/v1/tokens", json=body).json()["token"]


def created(trial, client, **members):
    return client.post(f"/v1/trials/{trial.id}/subjects", json=members)


def test_a_subject_is_answered_whole(trial, manager) -> None:
    answer = created(trial, manager, **WHOLE)
    assert answer.status_code == 201
    subject = answer.json()
    assert subject == {"id": subject["id"], "trial_id": trial.id, **WHOLE}
    again = manager.get(f"/v1/subjects/{subject['id']}")
    assert again.json() == subject
    assert again.headers["etag"] == answer.headers["etag"]


def test_a_code_is_enough_and_null_is_left_out(trial, manager) -> None:
    subject = created(trial, manager, code="1", died_on=None, attributes={"x": None}).json()
    nothing = HIDDEN | {"reference_on": None}
    assert subject == {"id": subject["id"], "trial_id": trial.id, "code": "1", **nothing}


def test_a_code_is_unique_in_its_trial_alone(trial, manager, new_trial) -> None:
    assert created(trial, manager, code="1").status_code == 201
    refused = created(trial, manager, code="1")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    other = new_trial()
    assert created(other, other.client("TRIAL_MANAGER"), code="1").status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code": None}, "/code"),
        ({"code": ""}, "/code"),
        ({"code": "x" * 65}, "/code"),
        ({"code": "a\tb"}, "/code"),
        ({"code": 7}, "/code"),
        ({"group": ""}, "/group"),
        ({"attributes": {"a": [1]}}, "/attributes/a"),
        ({"attributes": {"a/b": {}}}, "/attributes/a~1b"),
        ({"attributes": {"": 1}}, "/attributes/"),
        ({"attributes": {"a": "x" * 2001}}, "/attributes/a"),
        ({"attributes": {str(n): n for n in range(201)}}, "/attributes"),
        ({"attributes": [1]}, "/attributes"),
        ({"died_on": "2024-02-30"}, "/died_on"),
        ({"died_on": "2024-02-03T00:00:00Z"}, "/died_on"),
        ({"reference_on": 0}, "/reference_on"),
        ({"name": "A Person"}, "/name"),
    ],
)
def test_a_subject_that_cannot_be_is_refused_where_it_is_wrong(empty, change, pointer) -> None:
    trial, manager = empty, empty.client("TRIAL_MANAGER")
    answer = created(trial, manager, **({"code": "1"} | change))
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert manager.get(f"/v1/trials/{trial.id}/subjects").json()["items"] == []


def test_a_change_says_what_is_new_and_leaves_the_rest(trial, manager) -> None:
    made = created(trial, manager, **WHOLE)
    path, tag = f"/v1/subjects/{made.json()['id']}", made.headers["etag"]
    change = {"died_on": "2025-04-01", "attributes": {"age": 62}, "group": None}
    changed = manager.patch(path, json=change, headers={"If-Match": tag})
    assert changed.status_code == 200, changed.text
    expected = made.json() | {"died_on": "2025-04-01", "attributes": {"age": 62}}
    assert changed.json() == expected == manager.get(path).json()
    assert changed.headers["etag"] not in {tag, None}


def test_a_change_is_made_to_the_latest_version_alone(trial, manager) -> None:
    made = created(trial, manager, code="1")
    path, tag = f"/v1/subjects/{made.json()['id']}", made.headers["etag"]
    change = {"reference_on": "2024-01-01"}
    assert manager.patch(path, json=change).status_code == 428
    assert manager.patch(path, json=change, headers={"If-Match": '"0"'}).status_code == 412
    assert manager.patch(path, json=change, headers={"If-Match": tag}).status_code == 200
    later = {"reference_on": "2030-01-01"}
    assert manager.patch(path, json=later, headers={"If-Match": tag}).status_code == 412
    assert manager.get(path).json()["reference_on"] == "2024-01-01"


@pytest.mark.parametrize("member", ["code", "id", "trial_id", "version"])
def test_some_things_never_change(trial, manager, member: str) -> None:
    made = created(trial, manager, code="1")
    headers = {"If-Match": made.headers["etag"]}
    path = f"/v1/subjects/{made.json()['id']}"
    answer = manager.patch(path, json={member: "2"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{member}"
    assert manager.get(path).headers["etag"] == made.headers["etag"]


@pytest.mark.parametrize("role", BLINDED)
def test_whoever_reads_sees_code_and_day_0_alone(trial, manager, role: str) -> None:
    subject = created(trial, manager, **WHOLE).json()
    seen = subject | HIDDEN
    client = trial.client(role)
    answer = client.get(f"/v1/subjects/{subject['id']}")
    assert answer.json() == seen
    assert "etag" not in answer.headers
    assert client.get(f"/v1/trials/{trial.id}/subjects").json()["items"] == [seen]


def test_what_a_blinded_one_may_not_see_changes_no_byte_of_its_answers(trial, manager) -> None:
    """Two worlds that differ in what is hidden alone."""

    def world(subject_id: str) -> list[object]:
        reader = trial.client("READER_1")
        paths = (f"/v1/subjects/{subject_id}", f"/v1/trials/{trial.id}/subjects")
        answers = [reader.get(path, headers={"X-Request-Id": "same"}) for path in paths]
        unlike = {"date"}
        return [
            (a.content, {k: v for k, v in a.headers.items() if k not in unlike}) for a in answers
        ]

    made = created(trial, manager, code="1")
    path = f"/v1/subjects/{made.json()['id']}"
    before = world(made.json()["id"])
    changes = {name: value for name, value in WHOLE.items() if name not in {"code", "reference_on"}}
    changed = manager.patch(path, json=changes, headers={"If-Match": made.headers["etag"]})
    assert changed.json()["group"] == "placebo"
    assert world(made.json()["id"]) == before


@pytest.mark.parametrize("role", ["MONITOR", "AUDITOR"])
def test_overseers_see_all_and_change_nothing(trial, manager, role: str) -> None:
    made = created(trial, manager, **WHOLE)
    path = f"/v1/subjects/{made.json()['id']}"
    with trial.server.client(granted(trial, role)) as overseer:
        seen = overseer.get(path)
        assert (seen.json(), seen.headers["etag"]) == (made.json(), made.headers["etag"])
        headers = {"If-Match": seen.headers["etag"]}
        assert overseer.patch(path, json={"group": "x"}, headers=headers).status_code == 403
        assert created(trial, overseer, code="2").status_code == 403


def test_another_trial_is_not_there_at_all(trial, manager, new_trial) -> None:
    subject = created(trial, manager, code="1").json()["id"]
    outsider = new_trial().client("TRIAL_MANAGER")
    path = f"/v1/subjects/{subject}"
    tag = {"If-Match": "*"}
    answers = [
        outsider.get(path),
        outsider.patch(path, json={"group": "x"}, headers=tag),
        outsider.get(f"/v1/trials/{trial.id}/subjects"),
        created(trial, outsider, code="2"),
        outsider.get("/v1/subjects/nothing"),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert manager.get(path).json()["group"] is None


def test_a_role_elsewhere_does_not_open_this_trial(trial, manager, new_trial) -> None:
    """A manager there who reads here: known here, and not as a manager."""
    name = uuid4().hex
    grants = (
        {"role": "MONITOR", "trial": trial.id},
        {"role": "TRIAL_MANAGER", "trial": new_trial().id},
    )
    admin = trial.server.speaker()
    token, _ = (admin.post("/v1/tokens", json={"name": name, **g}).json()["token"] for g in grants)
    with trial.server.client(token) as client:
        assert created(trial, client, code="2").status_code == 403


def test_subjects_come_by_code_page_by_page(trial, manager) -> None:
    codes = [f"S-{n:02}" for n in (5, 3, 9, 1, 7)]
    for code in codes:
        created(trial, manager, code=code)
    path = f"/v1/trials/{trial.id}/subjects"
    first = manager.get(path, params={"limit": 2}).json()
    second = manager.get(path, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [s["code"] for s in first["items"] + second["items"]] == sorted(codes)
    assert second["next_cursor"] is None


def test_the_same_key_makes_one_subject(trial, manager) -> None:
    path, key = f"/v1/trials/{trial.id}/subjects", {"Idempotency-Key": uuid4().hex}
    first, again = (manager.post(path, json={"code": "1"}, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["etag"] == again.headers["etag"]
