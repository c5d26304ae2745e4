"""Users: who there is and what each may do, and the change of one's own password."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from service.bodies import Json
from service.callers import TokenKind
from service.guarded import GuardedRoute
from service.idempotency import Answer
from service.identity.again import needed
from service.identity.attempts import Shown
from service.identity.passwords import check_password
from service.identity.review import UserPage, view_users
from service.identity.sessions import change_own_password
from service.pages import Page
from service.problems import Forbidden, ReauthenticationNeeded, problems
from service.writes import Lookup

router = APIRouter(prefix="/v1/users", tags=["users"], route_class=GuardedRoute)


@dataclass(frozen=True, kw_only=True)
class PasswordChange:
    """The password of now, a one-time code where there are such, and the new password."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    password: str
    new_password: str
    code: str | None = None


PAGE = TypeAdapter(UserPage)


@router.get("", operation_id="listUsers", response_model=UserPage)
async def list_users(page: Page, lookup: Lookup) -> Response:
    """Every principal by name, with each role that it has or had."""
    return await lookup(lambda c: Answer(200, PAGE.dump_json(view_users(c, page))))


@router.put(
    "/current/password",
    operation_id="changePassword",
    status_code=204,
    response_class=Response,
    responses=problems(ReauthenticationNeeded),
)
async def change_password(
    asked: Annotated[PasswordChange, Json(PasswordChange)], request: Request
) -> Response:
    """Change one's own password; every other session ends. A failure counts towards the lock."""
    caller, state = request.state.caller, request.app.state
    if caller.kind is TokenKind.KEY:
        raise Forbidden("A key has no password.")
    check_password(caller.name, asked.new_password, "new_password")
    attempts = state.admission.attempts
    kept = await attempts.hashed(asked.new_password)
    shown = Shown(name=caller.name, password=asked.password, code=asked.code)
    then = partial(change_own_password, caller=caller, password_hash=kept)
    if not await attempts.open(state.database, shown, caller, then):
        raise needed(caller)
    return Response(status_code=204)
