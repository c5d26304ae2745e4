"""Lists, page by page: a cursor says after which row the next page begins, and nothing else."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, Connection, Row, Select, tuple_

from service.problems import Unprocessable

MOST_ROWS = 200
USUAL_ROWS = 50
LONGEST_CURSOR = 4096

Place = tuple[str, ...]


@dataclass(frozen=True)
class AskedPage:
    """How many rows are asked for, and after which place; the first ones where that is None."""

    limit: int = USUAL_ROWS
    after: Place | None = None


async def _asked(
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="The most rows.")] = USUAL_ROWS,
    cursor: Annotated[
        str | None, Query(max_length=LONGEST_CURSOR, description="The `next_cursor` before.")
    ] = None,
) -> AskedPage:
    return AskedPage(limit, None if cursor is None else _place(cursor))


# What a route asks for: `async def list_trials(page: Page, lookup: Lookup) -> Response`.
Page = Annotated[AskedPage, Depends(_asked)]


def rows_of(
    connection: Connection,
    query: Select[Any],
    order: Sequence[ColumnElement[str]],
    page: AskedPage,
) -> tuple[Sequence[Row[Any]], str | None]:
    """The rows of a page, and the cursor of the next one if there is one.

    `order` are text columns of the query that together tell its rows apart.
    """
    if page.after is not None:
        if len(page.after) != len(order):
            raise no_cursor()
        query = query.where(tuple_(*order) > tuple_(*page.after))
    rows = connection.execute(query.order_by(*order).limit(page.limit + 1)).all()
    if len(rows) <= page.limit:
        return rows, None
    last = rows[page.limit - 1]
    return rows[: page.limit], cursor_at([getattr(last, str(column.key)) for column in order])


def cursor_at(place: Sequence[str]) -> str:
    """The cursor of the page that begins after a place."""
    return urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(cursor: str) -> Place:
    try:
        place = json.loads(urlsafe_b64decode(cursor))
    except (ValueError, RecursionError):
        raise no_cursor() from None
    if not isinstance(place, list) or not all(map(_is_text, place)):
        raise no_cursor()
    return tuple(place)


def _is_text(step: object) -> bool:
    """Whether a database can be asked for it: no half of a surrogate pair, no NUL."""
    return isinstance(step, str) and step.isprintable()


def no_cursor() -> Unprocessable:
    """A cursor that leads to no place in the list that is asked for."""
    says = "The cursor is none that this list gave: take next_cursor as it stands, or leave it out."
    return Unprocessable(says, errors=[{"parameter": "cursor", "detail": says}])
