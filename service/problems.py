"""Every error that a caller can act on, as RFC 9457 problem details."""

import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An error with a status, told to the caller. The docstring of each kind is its title.

    `detail` says what is wrong, where, and what to do; `members` are further members of the
    problem (RFC 9457, section 3.2), JSON values all.
    """

    status: ClassVar[HTTPStatus]
    headers: Mapping[str, str] = {}
    denies: bool = False
    """Whether something was kept from the caller that it may not have."""

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members

    @classmethod
    def slug(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        return (cls.__doc__ or cls.__name__).partition("\n")[0].rstrip(".")

    def body(self, **members: Any) -> dict[str, Any]:
        """The problem as a JSON object; `members` are what only the request knows."""
        return {
            "type": f"/problems/{self.slug()}",
            "title": self.title(),
            "status": int(self.status),
            "detail": self.detail,
            **members,
            **self.members,
        }


class BadRequest(Problem):
    """The request could not be understood."""

    status = HTTPStatus.BAD_REQUEST


class Unauthenticated(Problem):
    """A valid bearer token is needed."""

    status = HTTPStatus.UNAUTHORIZED
    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}


class ReauthenticationNeeded(Problem):
    """Who signs must show again who it is, in the same request."""

    status = HTTPStatus.UNAUTHORIZED
    headers: Mapping[str, str] = {
        "WWW-Authenticate": 'Reauthentication proof="Basic", code="One-Time-Code"'
    }


class Forbidden(Problem):
    """This route is closed to the caller's role."""

    status = HTTPStatus.FORBIDDEN
    denies = True


class NotFound(Problem):
    """There is no such thing, or it is not the caller's."""

    status = HTTPStatus.NOT_FOUND


class MethodNotAllowed(Problem):
    """This route does not know this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class RequestTimeout(Problem):
    """The body did not arrive in time."""

    status = HTTPStatus.REQUEST_TIMEOUT


class Conflict(Problem):
    """The request contradicts what is stored."""

    status = HTTPStatus.CONFLICT


class AlreadySigned(Conflict):
    """This reader has signed another read of this date."""


class AlreadyReplaced(Conflict):
    """This read was replaced before."""


class NotReopened(Conflict):
    """By the trial's charter, this read is corrected only once it was reopened."""


class PreconditionFailed(Problem):
    """What was to be changed has changed since it was read."""

    status = HTTPStatus.PRECONDITION_FAILED


class PayloadTooLarge(Problem):
    """The body is too large."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaType(Problem):
    """The body is of another media type than the one that this route reads."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class Unprocessable(Problem):
    """The request was read and is refused.

    `errors`, where given, is a list of {"pointer", "detail"}: RFC 6901 pointers into the body.
    """

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Refusal(Unprocessable):
    """The images were understood, and what was asked of them is refused.

    `code` is the word for the reason.
    """


class KeyReused(Unprocessable):
    """This Idempotency-Key belongs to another request."""


class PreconditionRequired(Problem):
    """A change must say which version it changes, by If-Match."""

    status = HTTPStatus.PRECONDITION_REQUIRED


class Unexpected(Problem):
    """The service failed. Its log has the reason, under this request's id."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class Unavailable(Problem):
    """The service cannot answer now; the same request may be sent again."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: Mapping[str, str] = {"Retry-After": "1"}


def kinds(root: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Every kind of problem, each after the one that it is a case of."""
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def pointer(*steps: str | int) -> str:
    """An RFC 6901 pointer; no steps point at the whole document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def response(problem: Problem, *, instance: str, request_id: str) -> "Response":
    """The answer that tells the caller of a problem."""
    from starlette.responses import Response  # noqa: PLC0415 (the command line answers without)

    body = problem.body(instance=instance, request_id=request_id)
    return Response(
        json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace"),
        status_code=problem.status,
        headers=dict(problem.headers),
        media_type=MEDIA_TYPE,
    )


def problems(*known: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Document what a route may answer, for FastAPI's `responses`; several may share a status."""
    documented: dict[int | str, dict[str, Any]] = {}
    for kind in known:
        entry = documented.setdefault(int(kind.status), {"description": "", "content": {}})
        entry["description"] = " ".join(filter(None, [entry["description"], kind.title() + "."]))
        content = entry["content"].setdefault(
            MEDIA_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        )
        example = {"type": f"/problems/{kind.slug()}", "title": kind.title()}
        content["examples"][kind.slug()] = {"value": example | {"status": int(kind.status)}}
    return documented


def of_status(status: int) -> type[Problem]:
    """The most general kind with this status, for refusals that the framework makes."""
    fallback = BadRequest if status < HTTPStatus.INTERNAL_SERVER_ERROR else Unexpected
    return next((kind for kind in kinds() if kind.status == status), fallback)
