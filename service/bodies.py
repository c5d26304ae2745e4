"""What a route takes as its JSON body: a dependency that reads it as a value of a shape."""

from typing import Any, Generic, TypeVar

from fastapi import Depends, Request

from service.documents import JsonShape
from service.problems import UnsupportedMediaType

T = TypeVar("T")


class JsonBody(Generic[T]):
    """A dependency of a route: its JSON body as a value. openapi.py looks for it by its type."""

    def __init__(self, shape: type[T]) -> None:
        self.shape = shape
        self._read = JsonShape(shape).read

    async def __call__(self, request: Request) -> T:
        media_type = request.headers.get("Content-Type", "none").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType(
                f"The Content-Type is {media_type}; send application/json instead."
            )
        return self._read(await request.body())


def Json(shape: type[Any]) -> Any:  # noqa: N802 (stands where FastAPI's own Body and Query stand)
    """Mark a parameter of a route, by Annotated, as its JSON body of this shape."""
    return Depends(JsonBody(shape))
