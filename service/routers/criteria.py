"""The criteria, in the words of their papers."""

from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.responses import Response

import recist
from service.guarded import GuardedRoute
from service.problems import NotFound

router = APIRouter(prefix="/v1/criteria", tags=["criteria"], route_class=GuardedRoute)

CRITERIA_TEXT = TypeAdapter(recist.CriteriaText)


@dataclass(frozen=True, kw_only=True)
class CriteriaPage:
    """All criteria that are known here."""

    items: tuple[recist.CriteriaText, ...]
    next_cursor: str | None


CRITERIA_PAGE = TypeAdapter(CriteriaPage)


@router.get("", operation_id="listCriteria", response_model=CriteriaPage)
async def list_criteria() -> Response:
    """Every set of criteria, with its rules and tables."""
    items = tuple(map(recist.describe, recist.CRITERIA.values()))
    page = CriteriaPage(items=items, next_cursor=None)
    return Response(CRITERIA_PAGE.dump_json(page), media_type="application/json")


@router.get("/{name}", operation_id="getCriteria", response_model=recist.CriteriaText)
async def get_criteria(name: str) -> Response:
    """One set of criteria: limits, rules in the order they are tried, and the table."""
    if name not in recist.CRITERIA:
        raise NotFound(f"There are no such criteria; known are {', '.join(recist.CRITERIA)}.")
    text = recist.describe(recist.CRITERIA[name])
    return Response(CRITERIA_TEXT.dump_json(text), media_type="application/json")
