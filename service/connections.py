"""How a connection is treated before there is a request: its head has a deadline."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.ids import new_id
from service.problems import BadRequest, response

HEAD_SECONDS = 10.0


class TimedConnection(HttpToolsProtocol):
    """Closes where the head of a request is not whole in time, and refuses noise as a problem.

    uvicorn itself waits for ever: a client that sends a byte now and then would keep its place.
    """

    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._arm()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arm()

    def on_headers_complete(self) -> None:
        self._disarm()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as every other refusal is answered."""
        problem = response(BadRequest(msg), instance="", request_id=new_id())
        headers = [*problem.raw_headers, (b"connection", b"close")]
        lines = [b"HTTP/1.1 400 Bad Request", *(b": ".join(header) for header in headers)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(problem.body)]))
        self.transport.close()

    def _arm(self) -> None:
        self._disarm()
        self._closing = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _disarm(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
