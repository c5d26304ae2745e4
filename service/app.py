"""Settings in, application out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

import recist
from service import problems
from service.audit.denials import keep_denial
from service.audit.keeping import heads_kept
from service.gate import Gate
from service.guarded import GuardedRoute
from service.identity.admission import Admission
from service.metrics import Traffic
from service.openapi import Descriptions
from service.opening import open_database
from service.problems import Problem, Unprocessable
from service.processes import Processes
from service.readiness import know_criteria
from service.roles import OPEN_TO
from service.routers import GUARDED, OPEN
from service.settings import Settings
from service.variants import of_folder

ABOUT = (
    "Response assessment for oncology trials: measurements or DICOM in, the category with its"
    " reasons out, for two blinded readers and an adjudicator."
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Compose the service; the database is opened when it starts and closed when it stops."""
    settings = settings or Settings()
    app = FastAPI(
        title="RECIST",
        version=recist.__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.traffic = Traffic()
    app.state.descriptions = Descriptions(app)
    app.state.admission = Admission(settings)
    app.add_middleware(
        Gate, settings=settings, traffic=app.state.traffic, admission=app.state.admission
    )
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(RequestValidationError, _told)
    app.add_exception_handler(HTTPException, _told)
    for router in GUARDED:
        _check_roles(router.routes)
    for router in (*GUARDED, *OPEN):
        # An included router looks for its route twice, and each one in the list again.
        app.router.routes.extend(router.routes)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings = app.state.settings
    with of_folder(settings.criteria) as app.state.variants:
        app.state.database = await anyio.to_thread.run_sync(open_database, settings)
        app.state.processes = Processes(settings.measuring_processes)
        try:
            await app.state.database.read(know_criteria)
            heads = settings.audit_heads, settings.audit_heads_seconds
            async with heads_kept(app.state.database, *heads):
                yield
        finally:
            # Not awaited: the interrupt that ends the service cancels what is awaited after it.
            app.state.admission.close()
            app.state.processes.close()
            app.state.database.close()


def _check_roles(routes: Sequence[Any]) -> None:
    """Stop a service that has a route of which nobody said whom it is open to."""
    for route in routes:
        if not isinstance(route, GuardedRoute) or route.operation_id not in OPEN_TO:
            raise LookupError(
                f"{route.path}: make it a GuardedRoute,"
                f" and say in roles.OPEN_TO who may {route.operation_id}"
            )


async def _told(request: Request, reason: Exception) -> Response:
    problem = _problem(request, reason)
    await keep_denial(request, problem)
    return problems.response(
        problem, instance=request.url.path, request_id=request.state.request_id
    )


def _problem(request: Request, reason: Exception) -> Problem:
    if isinstance(reason, Problem):
        return reason
    if isinstance(reason, RequestValidationError):
        errors = [
            {"parameter": str(error["loc"][-1]), "detail": error["msg"]}
            for error in reason.errors()
        ]
        first = f"{errors[0]['parameter']}: {errors[0]['detail']}"
        return Unprocessable(first, errors=errors)
    assert isinstance(reason, HTTPException)
    kind = problems.of_status(reason.status_code)
    headers = reason.headers or {}
    said = {
        HTTPStatus.NOT_FOUND: "There is no such route. /openapi.json lists those that there are.",
        HTTPStatus.METHOD_NOT_ALLOWED: f"Not {request.method}, but {headers.get('Allow')}.",
    }
    problem = kind(said.get(HTTPStatus(reason.status_code), reason.detail))
    problem.headers = {**kind.headers, **headers}
    return problem
