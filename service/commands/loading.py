"""The commands of `recist`, each imported when it is asked for: what it needs may be large."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

NAMES = (
    "serve",
    "demo",
    "token",
    "user",
    "grant",
    "key",
    "assess",
    "endpoints",
    "criteria",
    "measure",
    "picture",
    "sr",
    "openapi",
    "audit",
)


class Commands(Mapping[str, Any]):
    """Typer's command by its name, which its module and its function, or its group, have too."""

    def __getitem__(self, name: str) -> Any:
        if name not in NAMES:
            raise KeyError(name)
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


class LoadedWhenAsked(TyperGroup):
    """The group of all commands. To list them with what they do imports them all."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": Commands()})


@cache
def _command(name: str) -> Any:
    found = getattr(import_module(f"service.commands.{name}"), name)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(found)
    return typer.main.get_command(alone)
