"""Bearer tokens: made once, shown once, kept as a digest alone."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.responses import Response

from service.bodies import Json
from service.guarded import GuardedRoute
from service.identity.shown import shown_once
from service.identity.tokens import new_token
from service.problems import Conflict, NotFound, problems
from service.roles import Role
from service.writes import Write

router = APIRouter(prefix="/v1/tokens", tags=["tokens"], route_class=GuardedRoute)


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """Whom a token is for: a principal by name, a role, and its trial unless that is every one."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    name: str
    role: Role
    trial: str | None = None


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token. `token` itself is there in the first answer alone: it is not kept."""

    id: str
    name: str
    role: Role
    trial: str | None
    token: str | None
    expires_at: datetime


TOKEN = TypeAdapter(Token)


@router.post(
    "",
    operation_id="createToken",
    status_code=201,
    response_model=Token,
    responses=problems(NotFound, Conflict),
)
async def create_token(asked: Annotated[NewToken, Json(NewToken)], write: Write) -> Response:
    """Make a principal, or add a grant to one, and show its new bearer token once.

    Sent again with the same Idempotency-Key, the answer is the first one without the token.
    """

    def make(connection: Any) -> Token:
        issued = new_token(connection, asked.name, asked.role, asked.trial, by=write.caller)
        return Token(
            id=issued.token_id,
            name=asked.name,
            role=asked.role,
            trial=asked.trial,
            token=issued.token,
            expires_at=issued.expires_at,
        )

    return await shown_once(write, make, lambda made: replace(made, token=None), TOKEN)
