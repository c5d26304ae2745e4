"""Sessions: local users log in with a password and a one-time code, and log out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from service.bodies import Json
from service.guarded import GuardedRoute
from service.idempotency import Answer
from service.identity.attempts import Shown
from service.identity.logins import asking
from service.identity.sessions import close_session, open_session
from service.problems import NotFound, Unauthenticated, problems
from service.writes import Write, response

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])
guarded = APIRouter(prefix="/v1/sessions", tags=["sessions"], route_class=GuardedRoute)

WRONG = (
    "The name, the password or the code is wrong, or the code was used before, or the login is"
    " locked for a while after too many failures."
)


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """A user's name and password, and the code of now where the user has codes."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    name: str
    password: str
    code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session. Its token is a bearer token, and is shown this once."""

    id: str
    name: str
    full_name: str | None
    token: str
    expires_at: datetime


SESSION = TypeAdapter(Session)


@router.post(
    "",
    operation_id="createSession",
    status_code=201,
    response_model=Session,
    responses=problems(Unauthenticated),
)
async def create_session(
    asked: Annotated[NewSession, Json(NewSession)], request: Request
) -> Response:
    """Log in. A code is taken once, so a login that is sent again needs the next one."""
    state = request.app.state
    life = timedelta(hours=state.settings.session_hours)
    request_id = request.state.request_id
    opened = await state.admission.attempts.open(
        state.database,
        Shown(name=asked.name, password=asked.password, code=asked.code),
        asking(request_id),
        partial(open_session, life=life, request_id=request_id),
    )
    if opened is None:
        raise Unauthenticated(WRONG)
    session = Session(
        id=opened.issued.token_id,
        name=opened.name,
        full_name=opened.full_name,
        token=opened.issued.token,
        expires_at=opened.issued.expires_at,
    )
    return response(Answer(201, SESSION.dump_json(session)))


@guarded.delete(
    "/current",
    operation_id="endSession",
    status_code=204,
    response_class=Response,
    responses=problems(NotFound),
)
async def end_session(write: Write) -> Response:
    """Log out: the session's token is good for nothing any more."""

    def unit(connection: Any) -> Answer:
        close_session(connection, write.caller)
        return Answer(204, b"")

    await write(unit)
    return Response(status_code=204)
