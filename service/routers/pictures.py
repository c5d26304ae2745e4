"""Pictures of what was measured, as PNG."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from imaging import Refused
from imaging.pictures.view import NotPictured
from imaging.pictures.windows import PRESETS, Window, window_of
from service import pictures
from service.guarded import GuardedRoute
from service.measurements import told
from service.objects import Objects
from service.picturing import beside_each_other, pictured
from service.problems import Refusal, Unprocessable, problems
from service.writes import Lookup

router = APIRouter(prefix="/v1", tags=["images"], route_class=GuardedRoute)


class Png(Response):
    """A picture."""

    media_type = "image/png"


PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {Png.media_type: {"schema": {"type": "string", "format": "binary"}}}}
}
WindowAsked = Annotated[
    str | None,
    Query(description=f"Centre,width, or one of {', '.join(PRESETS)}; else what is usual."),
]
SideAsked = Annotated[
    float | None, Query(description="Mm along a side of a square around the lesion.")
]
SIDE_PX = Query(ge=64, le=1024, description="Pixels along a side of each picture.")


@router.get(
    "/measurements/{measurement_id}/picture.png",
    operation_id="pictureMeasurement",
    response_class=Png,
    responses=PNG | problems(Refusal),
)
async def picture_measurement(
    measurement_id: str,
    request: Request,
    lookup: Lookup,
    window: WindowAsked = None,
    zoom: Annotated[float, Query(description="Pixels for each of the image.")] = 1.0,
    side_mm: SideAsked = None,
) -> Response:
    """Draw the slice that was measured, with both diameters, a scale and the patient's sides.

    Without `side_mm` the whole slice is drawn.
    """
    state = request.app.state
    path_of = Objects(state.settings.folder).path
    unit = partial(pictures.of_measurement, caller=lookup.caller, measurement_id=measurement_id)
    panel = await state.database.read(partial(unit, path_of=path_of))
    return await _drawn(state, pictured, panel, window, zoom, side_mm)


@router.get(
    "/subjects/{subject_id}/timeline.png",
    operation_id="pictureTimeline",
    response_class=Png,
    responses=PNG | problems(Refusal),
)
async def picture_timeline(
    subject_id: str,
    request: Request,
    lookup: Lookup,
    lesion: Annotated[str, Query(description="The label of the lesion.")],
    reader: Annotated[
        str | None, Query(description="Whose reads; needed where several are seen.")
    ] = None,
    window: WindowAsked = None,
    side_px: Annotated[int, SIDE_PX] = 320,
    side_mm: SideAsked = None,
) -> Response:
    """Draw one lesion at all time points side by side, at one scale, as one reader measured it.

    A time point without a stored image is a black square that says why. Readers see their own.
    """
    state = request.app.state
    unit = partial(pictures.of_lesion, caller=lookup.caller, subject_id=subject_id)
    path_of = Objects(state.settings.folder).path
    panels = await state.database.read(partial(unit, lesion=lesion, reader=reader, path_of=path_of))
    return await _drawn(state, beside_each_other, panels, window, side_px, side_mm)


async def _drawn(state: Any, work: Any, drawn: Any, window: str | None, *view: Any) -> Response:
    """Draw in a process of its own, and tell what cannot be drawn as a problem."""
    try:
        shown: Window | None = None if window is None else window_of(window)
        return Png(await state.processes.run(work, drawn, shown, *view))
    except NotPictured as reason:
        errors = [{"parameter": reason.at, "detail": reason.says}]
        raise Unprocessable(str(reason), errors=errors) from None
    except Refused as refused:
        raise told(refused) from None
