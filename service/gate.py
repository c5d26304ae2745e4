"""The gate before every route: who asks, how much may be sent, and how an answer leaves."""

import asyncio
import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from random import getrandbits
from time import perf_counter
from traceback import format_tb
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.identity.admission import Admission
from service.metrics import Traffic
from service.problems import (
    PayloadTooLarge,
    Problem,
    RequestTimeout,
    Unauthenticated,
    Unexpected,
    response,
)
from service.settings import Settings

# Open to anyone; all else asks for a token, whether there is such a route or not.
OPEN_PATHS = frozenset(
    {"/", "/healthz", "/readyz", "/docs", "/openapi.json", "/openapi-3.0.json", "/v1/sessions"}
)
OPEN_BELOW = "/problems/"

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
BODY_IDLE_SECONDS = 30.0
# A refused body up to this size is let in and dropped, so that the connection lives on.
DRAINED_BYTES = 64 * 1024

# What every answer says, unless a route says otherwise: nothing may be kept, framed or loaded.
EVERY_ANSWER = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
CUT_OFF = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
)

log = logging.getLogger("recist.service")


class Gate:
    """ASGI middleware: it answers 401 and 413 itself, before a byte of the body is read."""

    def __init__(
        self, app: ASGIApp, settings: Settings, traffic: Traffic, admission: Admission
    ) -> None:
        self._app = app
        self._admission = admission
        self._settings = settings
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        headers = Headers(scope=scope)
        departure = _Departure(scope, headers, send)
        try:
            await self._admit(scope, headers, departure.request_id)
            arrival = _Arrival(receive, self._limit(headers))
            await self._app(scope, arrival.receive, departure.send)
        except Problem as problem:
            await departure.tell(problem)
        except ClientDisconnect:
            pass  # nobody is left to be told
        except Exception as failure:  # noqa: BLE001 - it is logged, and told as Unexpected
            log.error("request %s failed\n%s", departure.request_id, _account(failure))  # noqa: TRY400
            await departure.fail()
        finally:
            self._traffic.seen(scope, departure.status, perf_counter() - started)

    async def _admit(self, scope: Scope, headers: Headers, request_id: str) -> None:
        path = scope["path"]
        if path in OPEN_PATHS or path.startswith(OPEN_BELOW):
            return
        token = _bearer_token(headers)
        database = scope["app"].state.database
        scope["state"]["caller"] = await self._admission.caller(database, token, request_id)

    def _limit(self, headers: Headers) -> int:
        """The most bytes that are taken; PayloadTooLarge where more are announced."""
        upload = headers.get("Content-Type", "").startswith("multipart/form-data")
        limit = self._settings.max_upload_bytes if upload else self._settings.max_body_bytes
        if _length(headers) > limit:
            raise _too_large(limit)
        return limit


def _length(headers: Headers) -> int:
    """The length that a body is said to have; 0 where that is not known."""
    said = headers.get("Content-Length", "")
    return int(said) if said.isdecimal() else 0


def _bearer_token(headers: Headers) -> str:
    sent = headers.getlist("Authorization")
    if not sent:
        raise Unauthenticated("Send a bearer token: Authorization: Bearer rcst_….")
    scheme, _, token = sent[0].partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header is not one bearer token.")
    return token.strip()


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is over the {limit} bytes that are taken here.")


class _Arrival:
    """The body on its way in, cut where it is too long or stands still."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0
        self._more = True

    async def receive(self) -> Message:
        if not self._more:  # what is waited for now is the end of the connection
            return await self._receive()
        try:
            async with asyncio.timeout(BODY_IDLE_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise RequestTimeout(
                f"No part of the body came for {BODY_IDLE_SECONDS:.0f} seconds."
            ) from None
        self._more = message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise _too_large(self._limit)
        return message


class _Departure:
    """The answer on its way out, with the headers that every answer has."""

    def __init__(self, scope: Scope, headers: Headers, send: Send) -> None:
        self._scope = scope
        self._headers = headers
        self._send = send
        self.status = 0
        sent = headers.get("X-Request-Id", "")
        self.request_id = sent if SANE_REQUEST_ID.fullmatch(sent) else _new_id()
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], *self._added(message)]}
        await self._send(message)

    def _added(self, message: Message) -> Iterator[tuple[bytes, bytes]]:
        said = {name for name, _ in message["headers"]}
        yield b"x-request-id", self.request_id.encode()
        yield from (header for header in EVERY_ANSWER if header[0] not in said)
        if self.status in CUT_OFF and self._body_is_long():
            yield b"connection", b"close"

    def _body_is_long(self) -> bool:
        return "Transfer-Encoding" in self._headers or _length(self._headers) > DRAINED_BYTES

    async def tell(self, problem: Problem) -> None:
        answer = response(problem, instance=self._scope["path"], request_id=self.request_id)
        await answer(self._scope, _nothing, self.send)

    async def fail(self) -> None:
        if not self.status:  # a started answer cannot be taken back: the server cuts it off
            await self.tell(Unexpected("Report it with the request_id."))


def _new_id() -> str:
    """Tells requests apart, and is no secret: asking the system for entropy would cost more."""
    return f"{getrandbits(128):032x}"


def _account(failure: BaseException | None) -> str:
    """Where it failed and how; not in its own words, which may quote what is stored of somebody."""
    lines: list[str] = []
    while failure is not None:
        lines += [*format_tb(failure.__traceback__), f"{type(failure).__qualname__}\n"]
        failure = failure.__cause__ or failure.__context__
    return "".join(lines)


async def _nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}
