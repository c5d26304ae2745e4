"""How a route reaches the database: one unit of work, and its answer as ready bytes."""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy import Connection
from starlette.responses import Response

from service.callers import Caller
from service.db import Database
from service.idempotency import Answer, once
from service.problems import PreconditionFailed, PreconditionRequired


class LookupUnit:
    """Looks something up in one read-only unit of work."""

    def __init__(self, request: Request) -> None:
        self.caller: Caller = request.state.caller
        self._database: Database = request.app.state.database

    async def __call__(self, unit: Callable[[Connection], Answer]) -> Response:
        return response(await self._database.read(unit))


class WriteUnit:
    """Changes something in one unit of work: whole or not at all, and durable when answered."""

    def __init__(self, request: Request) -> None:
        self.caller: Caller = request.state.caller
        self._request = request
        self._database: Database = request.app.state.database

    async def __call__(
        self, unit: Callable[[Connection], Answer], *, body_sha256: str | None = None
    ) -> Response:
        """Run the unit, or repeat the answer kept under the request's Idempotency-Key.

        `body_sha256` is for what reads its body as a stream, which can be read once alone.
        """
        key = self._key()
        if key is None:
            return response(await self._database.write(unit))
        body = body_sha256 or sha256(await self._request.body()).hexdigest()
        route = f"{self._request.method} {self._request.url.path}"
        return response(
            await self._database.write(
                lambda connection: once(connection, self.caller, key, route, body, unit)
            )
        )

    def _key(self) -> str | None:
        # If-Match guards a change already, and is no part of the body that a key stands for.
        return (
            self._request.headers.get("Idempotency-Key") if self._request.method == "POST" else None
        )


class NamedVersion:
    """The version that a change says it is made to (RFC 9110, section 13.1.1)."""

    def __init__(self, request: Request) -> None:
        sent = request.headers.get("If-Match")
        if sent is None:
            raise PreconditionRequired(
                "Send If-Match with the ETag of the version that is to be changed."
            )
        self._tags = {tag.strip() for tag in sent.split(",")}

    def check(self, version: int) -> None:
        """Refuse the change unless it is made to this version."""
        if self._tags.isdisjoint({"*", etag(version)}):
            raise PreconditionFailed(
                f"The version now is {etag(version)}: read it again, then send the change with it."
            )


class Precondition:
    """What a change says it knows of the version that there is, or that there is none.

    RFC 9110, 13.1.1 and 13.1.2. Unlike NamedVersion, it may be the first one.
    """

    def __init__(self, if_match: str | None, if_none_match: str | None) -> None:
        self._match = _tags(if_match)
        self._none_match = _tags(if_none_match)

    def check(self, tag: str | None) -> None:
        """Refuse the change unless it is made to this version; None where there is none."""
        if tag is None:
            if self._match:
                raise PreconditionFailed("There is none any more: leave If-Match out to begin one.")
        elif not self._none_match.isdisjoint({"*", tag}):
            raise PreconditionFailed(f"There is one, {tag}: read it, then send If-Match.")
        elif not self._match:
            raise PreconditionRequired("There is one: read it, then send If-Match with its ETag.")
        elif self._match.isdisjoint({"*", tag}):
            raise PreconditionFailed(f"The version now is {tag}: read it again, then send yours.")


def _tags(sent: str | None) -> frozenset[str]:
    return frozenset(tag.strip() for tag in sent.split(",")) if sent else frozenset()


# FastAPI calls a plain class in a thread of its pool, a coroutine where it is.
async def _lookup(request: Request) -> LookupUnit:
    return LookupUnit(request)


async def _write(request: Request) -> WriteUnit:
    return WriteUnit(request)


async def _if_match(request: Request) -> NamedVersion:
    return NamedVersion(request)


async def _precondition(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", description="The ETag of the version that is changed."),
    ] = None,
    if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", description="* where there is to be none yet.")
    ] = None,
) -> Precondition:
    return Precondition(if_match, if_none_match)


# What a route asks for: `async def list_trials(lookup: Lookup) -> Response`.
Lookup = Annotated[LookupUnit, Depends(_lookup)]
Write = Annotated[WriteUnit, Depends(_write)]
IfMatch = Annotated[NamedVersion, Depends(_if_match)]
IfKnown = Annotated[Precondition, Depends(_precondition)]


def etag(version: int | str) -> str:
    return f'"{version}"'


def response(answer: Answer) -> Response:
    return Response(
        answer.body,
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type="application/json",
    )
