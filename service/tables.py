"""Every table: what is found, joined or unique is a column, what a person signed is a document."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: aware when it goes in and when it comes out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} is not an instant: it needs a time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any, _: Dialect) -> datetime | None:
        if value is None:
            return None
        at: datetime = value
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id() -> Column[str]:
    """An opaque identity: 32 hexadecimal digits of a random UUID."""
    return Column("id", String(32), primary_key=True)


def _at(name: str, *, null: bool = False) -> Column[datetime]:
    return Column(name, Instant, nullable=null)


def _words(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _of(name: str, table: str, *, null: bool = False) -> Column[str]:
    return Column(name, String(32), ForeignKey(f"{table}.id"), nullable=null)


principals = Table(
    "principals",
    metadata,
    _id(),
    _words("name"),
    _at("created_at"),
    UniqueConstraint("name"),
)

# Of a token only the SHA-256 is kept.
tokens = Table(
    "tokens",
    metadata,
    _id(),
    _of("principal_id", "principals"),
    Column("sha256", String(64), nullable=False),
    _at("created_at"),
    _at("expires_at", null=True),
    _at("revoked_at", null=True),
    UniqueConstraint("sha256"),
    Index(None, "principal_id"),
)

# A grant without a trial is one for every trial.
grants = Table(
    "grants",
    metadata,
    _id(),
    _of("principal_id", "principals"),
    _words("role"),
    _of("trial_id", "trials", null=True),
    _at("created_at"),
    _of("created_by", "principals", null=True),
    _at("revoked_at", null=True),
    Index(None, "principal_id"),
)

# `protocol`, `compartments` and `adjudicate_on` are JSON.
trials = Table(
    "trials",
    metadata,
    _id(),
    _words("name"),
    _words("criteria"),
    _words("protocol"),
    Column("readers", Integer, nullable=False),
    _words("compartments"),
    _words("adjudicate_on"),
    _at("created_at"),
    _of("created_by", "principals"),
)

# `attributes` is JSON; `version` rises with every change and is the entity tag.
subjects = Table(
    "subjects",
    metadata,
    _id(),
    _of("trial_id", "trials"),
    _words("code"),
    _words("group", null=True),
    _words("attributes"),
    Column("reference_on", Date),
    Column("died_on", Date),
    Column("new_therapy_on", Date),
    Column("last_known_alive_on", Date),
    Column("version", Integer, nullable=False),
    _at("created_at"),
    _of("created_by", "principals"),
    UniqueConstraint("trial_id", "code"),
)

# `content` is the normalised read as it was signed: exactly the text whose SHA-256 is kept.
# `shown` is the overall response that the reader was shown in return.
reads = Table(
    "reads",
    metadata,
    _id(),
    _of("subject_id", "subjects"),
    _words("reader"),
    Column("timepoint", Integer, nullable=False),
    Column("on", Date, nullable=False),
    _words("content"),
    Column("sha256", String(64), nullable=False),
    _words("meaning"),
    _at("signed_at"),
    _of("principal_id", "principals"),
    _of("replaces", "reads", null=True),
    _words("reason", null=True),
    _words("engine"),
    _words("shown", null=True),
    # Corrections make a line, never a tree.
    UniqueConstraint("replaces"),
    Index(None, "subject_id", "reader"),
)

# A time point is signed once by each reader; what comes later names the read that it replaces.
Index(
    "uq_reads_signed_once",
    reads.c.subject_id,
    reads.c.reader,
    reads.c.timepoint,
    unique=True,
    sqlite_where=reads.c.replaces.is_(None),
    postgresql_where=reads.c.replaces.is_(None),
)

# `basis` is the SHA-256 over the ids of the reads that the adjudicator saw.
adjudications = Table(
    "adjudications",
    metadata,
    _id(),
    _of("subject_id", "subjects"),
    _words("accepts"),
    _words("cause"),
    _words("comment", null=True),
    Column("basis", String(64), nullable=False),
    _of("principal_id", "principals"),
    _at("decided_at"),
    Index(None, "subject_id"),
)

# `flags` and `acquisition` are JSON; no acquisition where a mask is.
series = Table(
    "series",
    metadata,
    _id(),
    _of("subject_id", "subjects"),
    _words("series_uid"),
    _words("study_uid"),
    _words("modality"),
    _words("kind"),
    _words("flags"),
    _words("acquisition", null=True),
    _at("created_at"),
    _of("created_by", "principals"),
    UniqueConstraint("subject_id", "series_uid"),
)

# The file itself lies in the data folder under its SHA-256; `size` is in bytes.
instances = Table(
    "instances",
    metadata,
    _id(),
    _of("series_id", "series"),
    _words("sop_instance_uid"),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    _words("name"),
    _at("created_at"),
    UniqueConstraint("series_id", "sop_instance_uid"),
)

# `request` and `answer` are JSON.
measurements = Table(
    "measurements",
    metadata,
    _id(),
    _of("series_id", "series"),
    _words("request"),
    _words("answer"),
    _words("engine"),
    _of("principal_id", "principals"),
    _at("created_at"),
    Index(None, "series_id"),
)

# Answers kept for repeated requests; `status`, `headers` (JSON) and `answer` are filled
# in the transaction that claims the key.
replays = Table(
    "replays",
    metadata,
    Column("principal_id", String(32), ForeignKey("principals.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    _words("route"),
    Column("body_sha256", String(64), nullable=False),
    Column("status", Integer),
    _words("headers", null=True),
    Column("answer", LargeBinary),
    _at("created_at"),
)
