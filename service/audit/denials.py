"""Requests that were denied, as entries of the audit trail in transactions of their own."""

import re
from functools import partial

from fastapi import Request

from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.problems import Problem

ID = re.compile(r"[0-9a-f]{32}")


async def keep_denial(request: Request, problem: Problem) -> None:
    """Keep what was denied to a known caller: the operation, and the ids that it named."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None or not problem.denies:
        return
    event = Event(
        action=Action.DENIED,
        record="route",
        new={"status": int(problem.status), "operation": _operation(request), **_ids(request)},
    )
    await request.app.state.database.write(partial(enter, caller=caller, event=event))


def _operation(request: Request) -> str | None:
    """The route's name, for a path may hold anything that somebody typed."""
    return getattr(request.scope.get("route"), "operation_id", None)


def _ids(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.path_params.items() if ID.fullmatch(str(value))}
