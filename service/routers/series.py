"""Images: DICOM in, and what is stored of it."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from service import images, uploads
from service.guarded import GuardedRoute
from service.multipart import FIELD, MEDIA_TYPE
from service.pages import Page
from service.writes import Lookup, Write

router = APIRouter(
    prefix="/v1/subjects/{subject_id}/series", tags=["images"], route_class=GuardedRoute
)

# The body is read by the route itself, as it comes: a series is larger than a memory should be.
FILES: dict[str, Any] = {
    "type": "object",
    "properties": {FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}}},
    "required": [FIELD],
}
BODY = {"required": True, "content": {MEDIA_TYPE: {"schema": FILES}}}


@router.post(
    "",
    operation_id="uploadSeries",
    status_code=201,
    response_model=images.Upload,
    openapi_extra={"requestBody": BODY},
)
async def upload_series(subject_id: str, request: Request, write: Write) -> Response:
    """Upload CT or MR images, SEG or RTSTRUCT, of one or several series, a part `files` for each.

    What cannot be used is refused by name and the others are kept; the answer lists every file in
    the order of the upload. 422, with the same list, where none was kept.
    """
    return await uploads.upload(request, subject_id, write)


@router.get("", operation_id="listSeries", response_model=images.SeriesPage)
async def list_series(subject_id: str, page: Page, lookup: Lookup) -> Response:
    """The stored series of a subject."""
    unit = images.view_all
    return await lookup(partial(unit, caller=lookup.caller, subject_id=subject_id, page=page))
