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
    PrimaryKeyConstraint,
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


# `issuer` and `subject` name whom an identity provider vouches for (OpenID Connect Core, 2).
# `full_name` is what stands beside a signature.
principals = Table(
    "principals",
    metadata,
    _id(),
    _words("name"),
    _words("full_name", null=True),
    _words("issuer", null=True),
    _words("subject", null=True),
    _at("created_at"),
    _at("disabled_at", null=True),
    UniqueConstraint("name"),
    Index("uq_principals_issuer", "issuer", "subject", unique=True),
)

# How a local user logs in: an argon2id hash, and the secret of its one-time codes (RFC 6238).
# `code_step` is the last time step whose code was taken, so that none is taken twice.
logins = Table(
    "logins",
    metadata,
    Column("principal_id", String(32), ForeignKey("principals.id"), primary_key=True),
    _words("password_hash"),
    _words("totp_secret", null=True),
    Column("code_step", BigInteger),
    Column("failures", Integer, nullable=False),
    _at("locked_until", null=True),
    _at("changed_at"),
)

# Of a token only the SHA-256 is kept. `kind` is BEARER, SESSION or KEY; a KEY is good for the one
# grant that it names.
tokens = Table(
    "tokens",
    metadata,
    _id(),
    _of("principal_id", "principals"),
    Column("kind", Text, nullable=False, server_default="BEARER"),
    _of("grant_id", "grants", null=True),
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
    _at("begins_at", null=True),
    _at("ends_at", null=True),
    _words("reason", null=True),
    _at("created_at"),
    _of("created_by", "principals", null=True),
    _at("revoked_at", null=True),
    _of("revoked_by", "principals", null=True),
    Index(None, "principal_id"),
)

# `protocol`, `compartments`, `adjudicate_on` and `charter` are JSON.
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
    Column("charter", Text, nullable=False, server_default="{}"),
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
# `shown` is the overall response that the reader was shown in return, `signer` the full name.
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
    _words("signer", null=True),
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

# The unsigned next read of a reader; whose it is, once the reader itself has written in it.
drafts = Table(
    "drafts",
    metadata,
    _of("subject_id", "subjects"),
    _words("reader"),
    _words("content"),
    Column("version", Integer, nullable=False),
    _of("principal_id", "principals", null=True),
    _at("changed_at"),
    PrimaryKeyConstraint("subject_id", "reader"),
)

# Leave to correct a signed read, where the charter asks for it; the signature stays.
reopenings = Table(
    "reopenings",
    metadata,
    _id(),
    _of("read_id", "reads"),
    _words("reason"),
    _of("principal_id", "principals"),
    _at("reopened_at"),
    Index(None, "read_id"),
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

# The audit trail: who did what, when and why. Everything but `mac` is sealed by `mac`, together
# with the one before it; `old` and `new` are JSON objects of the members that changed.
events = Table(
    "events",
    metadata,
    # In SQLite an INTEGER that is the primary key is the table's own order, and needs no index.
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    _words("at"),
    _words("principal_id", null=True),
    _words("name"),
    _words("roles"),
    _words("action"),
    _words("record"),
    _words("record_id", null=True),
    _words("trial_id", null=True),
    _words("subject_id", null=True),
    _words("reader", null=True),
    _words("old", null=True),
    _words("new", null=True),
    _words("reason", null=True),
    _words("request_id", null=True),
    Column("mac", String(64), nullable=False),
    Index(None, "trial_id", "seq"),
    Index(None, "record", "record_id", "seq"),
)
