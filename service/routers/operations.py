"""What those who run the service ask it: is it there, is it ready, how much does it do."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from service import docs, metrics
from service.guarded import GuardedRoute
from service.problems import Unavailable, problems
from service.readiness import probe

router = APIRouter(tags=["operations"])
guarded = APIRouter(tags=["operations"], route_class=GuardedRoute)


@router.get("/healthz", operation_id="health")
async def health() -> dict[str, str]:
    """Answer, which says that the process runs."""
    return {"status": "ok"}


@router.get("/readyz", operation_id="readiness", responses=problems(Unavailable))
async def readiness(request: Request) -> dict[str, str]:
    """Say whether the database can be written and has the schema of this version."""
    await request.app.state.database.write(probe)
    return {"status": "ready"}


@guarded.get("/metrics", operation_id="metrics", response_class=Response)
async def count(request: Request) -> Response:
    """Requests by route, method and status, in Prometheus's text format."""
    return Response(request.app.state.traffic.text(), media_type=metrics.MEDIA_TYPE)


@router.get("/openapi.json", include_in_schema=False)
async def openapi_3_1(request: Request) -> Response:
    return JSONResponse(request.app.state.descriptions.v3_1)


@router.get("/openapi-3.0.json", include_in_schema=False)
async def openapi_3_0(request: Request) -> Response:
    return JSONResponse(request.app.state.descriptions.v3_0)


@router.get("/docs", include_in_schema=False)
async def documentation(request: Request) -> Response:
    page = docs.page(request.app.state.descriptions.v3_1)
    return HTMLResponse(page, headers={"Content-Security-Policy": docs.POLICY})


@router.get("/", include_in_schema=False)
async def front() -> Response:
    return RedirectResponse("/docs")


@router.get("/problems/{slug}", include_in_schema=False)
async def problem(slug: str) -> Response:
    """Where the `type` of a problem leads."""
    return RedirectResponse(f"/docs#{slug}")
