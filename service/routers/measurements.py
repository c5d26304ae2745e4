"""Measurements out of stored images."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from imaging import Refused
from service import measurements
from service.bodies import Json
from service.guarded import GuardedRoute
from service.measuring import Misplaced, NewMeasurement, measured
from service.objects import Objects
from service.problems import Problem, Refusal, problems
from service.writes import Write

router = APIRouter(prefix="/v1/series", tags=["images"], route_class=GuardedRoute)
New = NewMeasurement


@router.post(
    "/{series_id}/measurements",
    operation_id="measure",
    status_code=201,
    response_model=measurements.StoredMeasurement,
    responses=problems(Refusal),
)
async def measure(
    series_id: str, new: Annotated[New, Json(New)], request: Request, write: Write
) -> Response:
    """Measure the lesion under a click, a line, a box or an ellipse, or one of a stored mask.

    What is clearly wrong is refused with a `code`, what is doubtful is flagged LOW_TRUST.
    """
    state = request.app.state
    path_of = Objects(state.settings.folder).path
    own = partial(measurements.sources, caller=write.caller, series_id=series_id)
    sources = await state.database.read(partial(own, asked=new, path_of=path_of))
    try:
        found: dict[str, Any] | Problem = await state.processes.run(measured, sources, new)
    except (Refused, Misplaced) as refused:
        found = measurements.told(refused)
    unit = partial(measurements.record, asked=new, found=found)
    return await write(partial(unit, caller=write.caller, series_id=series_id))
