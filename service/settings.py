"""Every setting of the service, with its meaning; read once."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


def _beside_the_files(settings: dict[str, Any]) -> str:
    return f"sqlite:///{settings['folder'] / 'recist.sqlite'}" if "folder" in settings else ""


class Settings(BaseSettings):
    """Each comes from an environment variable, RECIST_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="RECIST_", frozen=True, extra="forbid")

    folder: Annotated[
        Path, Field(description="Where uploaded files are kept, and the database unless set.")
    ] = Path("recist-data")

    # Not shown: it may hold a password.
    database_url: Annotated[
        str,
        Field(description="SQLite (sqlite:///path) or PostgreSQL (postgresql+psycopg://…)."),
    ] = Field(default_factory=_beside_the_files, repr=False)

    criteria: Annotated[
        Path | None,
        Field(description="A folder of the trials' own criteria: variants, as JSON documents."),
    ] = None

    host: Annotated[
        str, Field(description="The address to listen at: this machine alone unless changed.")
    ] = "127.0.0.1"

    port: Annotated[int, Field(ge=0, le=65535, description="0 takes any free one.")] = 8000

    max_body_bytes: Annotated[
        int, Field(gt=0, description="The largest body that is not an upload.")
    ] = 4 * MIB

    max_upload_bytes: Annotated[
        int, Field(gt=0, description="The largest upload, all its files together.")
    ] = 2048 * MIB

    measuring_processes: Annotated[
        int, Field(gt=0, description="How many files or lesions are worked on at the same time.")
    ] = 1
