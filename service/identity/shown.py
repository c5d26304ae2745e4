"""An answer that shows a secret: the first time alone, for what is kept of it holds none."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter
from starlette.responses import Response

from service.idempotency import Answer
from service.writes import WriteUnit, response

T = TypeVar("T")


async def shown_once(
    write: WriteUnit, make: Callable[[Any], T], without: Callable[[T], T], adapter: TypeAdapter[T]
) -> Response:
    """Make something in a unit of work and show it; a repetition is shown it without its secret."""
    made: list[T] = []

    def unit(connection: Any) -> Answer:
        made.append(make(connection))
        return Answer(201, adapter.dump_json(without(made[-1])))

    answer = await write(unit)
    return response(Answer(201, adapter.dump_json(made[-1]))) if made else answer
