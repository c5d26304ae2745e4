"""A token that is no good is kept with what is known of it, as often as there is room."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from service.callers import COMMAND_LINE
from service.identity.principals import disable
from service.identity.strangers import MOST_A_MINUTE
from service.identity.tokens import new_token
from service.roles import Role
from service.tables import events, tokens

pytestmark = pytest.mark.requirement("R1")


async def ask(client: httpx.AsyncClient, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}".encode("latin-1"), "X-Request-Id": b"id-1"}
    return (await client.get("/v1/trials", headers=headers)).status_code


async def denied(database: Any) -> list[Any]:
    query = select(events).where(events.c.action == "DENIED").order_by(events.c.seq)
    return await database.read(lambda c: c.execute(query).all())


def expire(connection: Any) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    connection.execute(update(tokens).values(expires_at=past))


def revoke(connection: Any) -> None:
    connection.execute(update(tokens).values(revoked_at=datetime.now(UTC)))


def shut_out(connection: Any) -> None:
    disable(connection, COMMAND_LINE, "ada", "left")


@pytest.mark.parametrize(
    ("change", "why"), [(expire, "EXPIRED"), (revoke, "REVOKED"), (shut_out, "DISABLED")]
)
def test_what_is_known_of_it_is_kept(inside, change, why: str) -> None:
    async def use(client, database):
        issued = await database.write(lambda c: new_token(c, "ada", Role.MONITOR, None))
        assert await ask(client, issued.token) == 200
        await database.write(change)
        assert await ask(client, issued.token) == 401
        assert await ask(client, f"rcst_{issued.token_id}_guessed") == 401
        return issued, await denied(database)

    issued, (known, guessed) = inside(use)
    assert json.loads(known.new) == {"status": 401, "why": why}
    assert json.loads(guessed.new) == {"status": 401, "why": "WRONG_SECRET"}
    for entry in (known, guessed):
        assert (entry.record, entry.record_id) == ("token", issued.token_id)
        assert (entry.principal_id, entry.name, entry.request_id) == (None, "nobody", "id-1")


def test_nobody_fills_the_trail(inside) -> None:
    async def use(client, database):
        for n in range(MOST_A_MINUTE + 4):
            assert await ask(client, f"secret-{n}") == 401
        assert await ask(client, "rcst_a\xa0\xff_b") == 401
        return await denied(database)

    entries = inside(use)
    assert len(entries) == MOST_A_MINUTE
    assert "secret-" not in str(entries)
    assert {json.loads(entry.new)["why"] for entry in entries} == {"UNKNOWN"}


def test_no_token_is_no_entry(inside) -> None:
    async def use(client, database):
        assert (await client.get("/v1/trials")).status_code == 401
        return await denied(database)

    assert inside(use) == []
