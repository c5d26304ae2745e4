"""What a route takes as its JSON body: a dependency that reads it as a value of a shape."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from fastapi import Depends, Request

from service.documents import JsonShape
from service.problems import UnsupportedMediaType

T = TypeVar("T")


class JsonBody(Generic[T]):
    """A dependency of a route: its JSON body as a value. openapi.py looks for it by its type."""

    def __init__(self, shape: type[T], read: Callable[[bytes], T] | None = None) -> None:
        self.shape = shape
        self._read = read or JsonShape(shape).read

    async def __call__(self, request: Request) -> T:
        media_type = request.headers.get("Content-Type", "none").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType(
                "The Content-Type is not application/json: send the body as such."
            )
        return self._read(await request.body())


# The name stands where FastAPI's own Body and Query stand.
def Json(shape: type[Any], read: Callable[[bytes], Any] | None = None) -> Any:  # noqa: N802
    """Mark a parameter of a route, by Annotated, as its JSON body of this shape.

    `read` makes the parameter of the bytes where that takes more, or less, than the shape asks.
    """
    return Depends(JsonBody(shape, read))
