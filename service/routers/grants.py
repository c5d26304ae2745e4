"""Grants: which role a principal has in which trial, from when until when, and why."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter
from pydantic import AwareDatetime, TypeAdapter
from starlette.responses import Response

from service.bodies import Json
from service.callers import Grant
from service.guarded import GuardedRoute
from service.idempotency import Answer
from service.identity.grants import Term, add_grant, revoke_grant
from service.identity.principals import known_principal
from service.identity.review import GrantPage, GrantView, view_grant, view_grants
from service.identity.revoking import Revocation
from service.pages import Page
from service.problems import Conflict, NotFound, problems
from service.roles import Role
from service.writes import Lookup, Write

router = APIRouter(prefix="/v1/grants", tags=["grants"], route_class=GuardedRoute)


@dataclass(frozen=True, kw_only=True)
class NewGrant:
    """A role for a principal that there is, in one trial or in every one, and the reason."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}
    principal: str
    role: Role
    reason: str
    trial: str | None = None
    begins_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None

    @property
    def term(self) -> Term:
        """From when until when, and why."""
        return Term(begins_at=self.begins_at, ends_at=self.ends_at, reason=self.reason)


VIEW, PAGE = TypeAdapter(GrantView), TypeAdapter(GrantPage)


@router.post(
    "",
    operation_id="createGrant",
    status_code=201,
    response_model=GrantView,
    responses=problems(NotFound, Conflict),
)
async def create_grant(asked: Annotated[NewGrant, Json(NewGrant)], write: Write) -> Response:
    """Give a principal a role. A reader that would see what another signs is refused."""

    def unit(connection: Any) -> Answer:
        principal = known_principal(connection, asked.principal)
        new = Grant(asked.role, asked.trial)
        made = add_grant(connection, principal.id, new, write.caller, asked.term)
        return _created(connection, made)

    return await write(unit)


@router.get("", operation_id="listGrants", response_model=GrantPage)
async def list_grants(page: Page, lookup: Lookup) -> Response:
    """Every grant with its dates and its reason; for a trial manager, those of its trials."""
    view = partial(view_grants, caller=lookup.caller, page=page)
    return await lookup(lambda connection: Answer(200, PAGE.dump_json(view(connection))))


@router.post(
    "/{grant_id}/revocations",
    operation_id="revokeGrant",
    status_code=201,
    response_model=GrantView,
    responses=problems(NotFound, Conflict),
)
async def revoke(
    grant_id: str, asked: Annotated[Revocation, Json(Revocation)], write: Write
) -> Response:
    """End a grant at once, with the reason."""

    def unit(connection: Any) -> Answer:
        revoke_grant(connection, grant_id, write.caller, asked.reason)
        return _created(connection, grant_id)

    return await write(unit)


def _created(connection: Any, grant_id: str) -> Answer:
    return Answer(201, VIEW.dump_json(view_grant(connection, grant_id)))
