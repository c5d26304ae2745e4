"""Every setting of the service, with its meaning; read once."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.urls import is_safe

MIB = 1024 * 1024

# What is signed by a secret that two share, or by none, shows nobody.
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]


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

    audit_key: Annotated[
        Path,
        Field(description="The file of the key that seals the audit trail; made if there is none."),
    ] = Field(default_factory=lambda settings: settings["folder"] / "audit.key")

    audit_heads: Annotated[
        Path,
        Field(
            description="The file that the head of the audit trail is added to, again and again:"
            " put it on another machine or on storage that is written once."
        ),
    ] = Field(default_factory=lambda settings: settings["folder"] / "audit.heads")

    audit_heads_seconds: Annotated[
        float, Field(gt=0, description="How often the head of the audit trail is kept.")
    ] = 3600

    criteria: Annotated[
        Path | None,
        Field(description="A folder of the trials' own criteria: variants, as JSON documents."),
    ] = None

    oidc_issuer: Annotated[
        str | None,
        Field(description="The identity provider whose access tokens are taken, by its exact URL."),
    ] = None

    oidc_audience: Annotated[
        str | None, Field(description="What its tokens name as their audience: this service.")
    ] = Field(default=None, validate_default=True)

    oidc_algorithms: Annotated[
        tuple[Algorithm, ...],
        NoDecode,
        Field(min_length=1, description="How its tokens may be signed, with commas between."),
    ] = ("RS256", "PS256", "ES256", "EdDSA")

    oidc_subject_claim: Annotated[
        str, Field(description="The claim that says who it is; dots lead into objects.")
    ] = "sub"

    oidc_name_claim: Annotated[
        str, Field(description="The claim with the full name, for whom none is kept here.")
    ] = "name"

    oidc_login_claim: Annotated[
        str | None,
        Field(description="A claim that must hold oidc_login_value, such as realm_access.roles."),
    ] = None

    oidc_login_value: Annotated[
        str | None, Field(description="What oidc_login_claim must be, or have in its list.")
    ] = Field(default=None, validate_default=True)

    session_hours: Annotated[
        int, Field(gt=0, le=24, description="How long who has logged in stays so.")
    ] = 12

    lock_after_failures: Annotated[
        int, Field(gt=0, description="How many failures in a row lock a login.")
    ] = 5

    lock_seconds: Annotated[int, Field(gt=0, description="How long a login is locked.")] = 900

    host: Annotated[
        str, Field(description="The address to listen at: this machine alone unless changed.")
    ] = "127.0.0.1"

    port: Annotated[int, Field(ge=0, le=65535, description="0 takes any free one.")] = 8000

    tls_certificate: Annotated[
        Path | None, Field(description="The certificate to serve HTTPS with, as PEM.")
    ] = None

    tls_key: Annotated[Path | None, Field(description="Its private key, unless beside it.")] = None

    behind_proxy: Annotated[
        bool, Field(description="Whether a proxy before this service speaks TLS for it.")
    ] = False

    max_body_bytes: Annotated[
        int, Field(gt=0, description="The largest body that is not an upload.")
    ] = 4 * MIB

    max_upload_bytes: Annotated[
        int, Field(gt=0, description="The largest upload, all its files together.")
    ] = 2048 * MIB

    measuring_processes: Annotated[
        int, Field(gt=0, description="How many files or lesions are worked on at the same time.")
    ] = 1

    @field_validator("oidc_algorithms", mode="before")
    @classmethod
    def _split(cls, told: Any) -> Any:
        return told.replace(" ", "").split(",") if isinstance(told, str) else told

    @field_validator("oidc_issuer")
    @classmethod
    def _check_safe(cls, issuer: str | None) -> str | None:
        if issuer is not None and not is_safe(issuer):
            raise ValueError("an issuer is an https:// URL; http:// is for this machine alone")
        return issuer

    @field_validator("oidc_audience", "oidc_login_value")
    @classmethod
    def _check_pair(cls, told: str | None, field: ValidationInfo) -> str | None:
        needed_by = {"oidc_audience": "oidc_issuer", "oidc_login_value": "oidc_login_claim"}
        other = needed_by[str(field.field_name)]
        if not told and field.data.get(other) is not None:
            raise ValueError(f"is needed where {other} is set")
        return told
