"""A route that is closed to the roles that it was not opened to."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from service.callers import Caller
from service.problems import Forbidden
from service.roles import OPEN_TO

Answering = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """Asks `roles.OPEN_TO` before the body is read: `APIRouter(route_class=GuardedRoute)`."""

    def get_route_handler(self) -> Answering:
        """Put the question before the answer."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            self.check(request.state.caller)
            return await answer(request)

        return guarded

    def check(self, caller: Caller) -> None:
        """Refuse a caller to none of whose roles this route is open, whatever the trial."""
        open_to = OPEN_TO[str(self.operation_id)]
        if caller.roles.isdisjoint(open_to):
            raise Forbidden(
                f"{self.operation_id} is open to {', '.join(sorted(open_to))};"
                f" this token is for {', '.join(sorted(caller.roles)) or 'nothing'}."
            )
