"""Keys of workstations: each for one trial, shown once, revoked at once, never able to sign."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.responses import Response

from service.bodies import Json
from service.guarded import GuardedRoute
from service.idempotency import Answer
from service.identity.keys import new_key, revoke_key
from service.identity.review import KeyPage, KeyView, view_keys, view_of_key
from service.identity.revoking import Revocation
from service.identity.shown import shown_once
from service.identity.tokens import LONGEST_DAYS
from service.pages import Page
from service.problems import Conflict, NotFound, problems
from service.writes import Lookup, Write

router = APIRouter(prefix="/v1/keys", tags=["keys"], route_class=GuardedRoute)


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A workstation by name, its trial, and for how many days: 1 to 365, which it is unless set."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    name: str
    trial: str
    days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key. `key` itself is there in the first answer alone: it is not kept."""

    id: str
    name: str
    trial: str
    key: str | None
    expires_at: datetime


KEY, VIEW, PAGE = TypeAdapter(Key), TypeAdapter(KeyView), TypeAdapter(KeyPage)


@router.post(
    "",
    operation_id="createKey",
    status_code=201,
    response_model=Key,
    responses=problems(NotFound, Conflict),
)
async def create_key(asked: Annotated[NewKey, Json(NewKey)], write: Write) -> Response:
    """Make a workstation, or find it, and show its new key once.

    Sent again with the same Idempotency-Key, the answer is the first one without the key.
    """
    days = LONGEST_DAYS if asked.days is None else asked.days

    def make(connection: Any) -> Key:
        issued = new_key(connection, asked.name, asked.trial, days=days, by=write.caller)
        return Key(
            id=issued.token_id,
            name=asked.name,
            trial=asked.trial,
            key=issued.token,
            expires_at=issued.expires_at,
        )

    return await shown_once(write, make, lambda made: replace(made, key=None), KEY)


@router.get("", operation_id="listKeys", response_model=KeyPage)
async def list_keys(page: Page, lookup: Lookup) -> Response:
    """Every key without its secret, by the name of the workstation."""
    return await lookup(lambda c: Answer(200, PAGE.dump_json(view_keys(c, page))))


@router.post(
    "/{key_id}/revocations",
    operation_id="revokeKey",
    status_code=201,
    response_model=KeyView,
    responses=problems(NotFound, Conflict),
)
async def revoke(
    key_id: str, asked: Annotated[Revocation, Json(Revocation)], write: Write
) -> Response:
    """End a key at once, with the reason."""

    def unit(connection: Any) -> Answer:
        revoked = revoke_key(connection, key_id, write.caller, asked.reason)
        return Answer(201, VIEW.dump_json(view_of_key(revoked)))

    return await write(unit)
