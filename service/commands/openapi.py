"""`recist openapi`: the API description, without a server."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from service.app import create_app
from service.settings import Settings


class Version(StrEnum):
    """The versions of OpenAPI that the description is printed in."""

    V3_1 = "3.1"
    V3_0 = "3.0"


def openapi(
    version: Annotated[Version, typer.Option(help="3.0 is for older generators.")] = Version.V3_1,
) -> None:
    """Print the API description."""
    descriptions = create_app(Settings()).state.descriptions
    document = descriptions.v3_1 if version is Version.V3_1 else descriptions.v3_0
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
