"""What may name a patient shows up nowhere that it was not sent to: planted, and looked for.

Some hundred words, each there once in the world, go in by images, file names, bodies, headers and
queries; then logs, metrics, answers that refuse, temporary folders, names of files, URLs and the
audit trail are searched. Where they may be, and why:

- the stored objects and the rows of what was signed, drafted or answered (`KEPT_IN`) hold what was
  sent, as it was sent: images are not de-identified on their way in;
- a refusal repeats, to its sender alone, the name of a file, the path of the request, and the names
  of members in a pointer: without them nobody could tell what was refused;
- reasons and what is tabulated of a subject are in the audit trail, whose rule asks for the old and
  the new value. The planted words are in neither.
"""

import json
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from service.db import engine
from service.tables import metadata

pytestmark = pytest.mark.requirement("P4")

FEWEST = 300
KEPT_IN = {"reads.content", "drafts.content", "instances.name", "replays.answer", "replays.key"}


def without_names(answer: httpx.Response) -> bytes:
    """An answer that refuses, but for its request's path and the names of the files in it."""
    if "json" not in answer.headers.get("content-type", ""):
        return answer.content
    body = answer.json()
    body.pop("instance", None)
    for file in body.get("files", ()):
        del file["name"]
    return json.dumps(body).encode()


def columns(folder: Path) -> dict[str, str]:
    """What each column of the database holds, all rows together."""
    opened = engine(f"sqlite:///{folder / 'data' / 'recist.sqlite'}")
    with opened.connect() as connection:
        held: dict[str, str] = {}
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    said = value.decode() if isinstance(value, bytes) else str(value)
                    held[f"{table.name}.{name}"] = held.get(f"{table.name}.{name}", "") + said
    opened.dispose()
    return held


def test_they_were_sent_and_some_are_kept(told) -> None:
    service, canaries = told
    assert len(canaries.planted) >= FEWEST
    assert len(set(canaries.planted)) == len(canaries.planted)
    statuses = {401, 404, 409, 415, 422, 428, 500}
    assert statuses <= {answer.status_code for answer in service.answers}
    kept = [path.read_bytes() for path in (service.folder / "data" / "objects").glob("*/*")]
    assert len(canaries.found(*kept)) >= FEWEST


def test_none_is_in_a_log(told) -> None:
    service, canaries = told
    said = (service.folder / "err").read_bytes()
    assert b"failed" in said
    assert canaries.found((service.folder / "out").read_bytes(), said) == set()


def test_none_is_in_the_metrics(told) -> None:
    service, canaries = told
    assert service.answers[-1].status_code == 200
    assert canaries.found(service.answers[-1].content) == set()


def test_none_is_in_an_answer_that_refuses(told) -> None:
    service, canaries = told
    refused = [answer for answer in service.answers if answer.is_error]
    assert len(refused) > 50
    said = {
        (str(answer.request.url), answer.text)
        for answer in refused
        if canaries.found(without_names(answer), str(answer.headers))
    }
    assert said == set()


def test_none_is_in_a_url_that_the_service_made(told) -> None:
    service, canaries = told
    for answer in service.answers:
        assert (
            canaries.found(answer.headers.get("location", ""), answer.headers.get("link", ""))
            == set()
        )


def test_none_is_in_a_temporary_folder_or_in_the_name_of_a_file(told) -> None:
    service, canaries = told
    temporary = [path for path in (service.folder / "temporary").rglob("*") if path.is_file()]
    assert canaries.found(*(path.read_bytes() for path in temporary)) == set()
    incoming = service.folder / "data" / "incoming"
    assert list(incoming.rglob("*")) == []
    assert canaries.found(*map(str, (service.folder / "data").rglob("*"))) == set()
    beside = [
        p for p in (service.folder / "data").iterdir() if p.is_file() and "sqlite" not in p.name
    ]
    assert {path.name for path in beside} >= {"audit.key"}
    assert canaries.found(*(path.read_bytes() for path in beside)) == set()


def test_none_is_in_the_audit_trail_and_the_database_has_them_where_it_should(told) -> None:
    service, canaries = told
    held = columns(service.folder)
    assert {name for name in held if canaries.found(held[name])} == KEPT_IN
    assert held["events.new"]
