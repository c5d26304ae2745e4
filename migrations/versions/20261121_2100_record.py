"""Who may do what until when, drafts, reopenings, charters, and the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_2100"
down_revision = "20261121_1800"

APPEND_ONLY = ("events", "reopenings")
ADDED = {
    "reads": ("signer",),
    "trials": ("charter",),
    "tokens": ("grant_id", "kind"),
    "grants": ("revoked_by", "reason", "ends_at", "begins_at"),
    "principals": ("disabled_at", "subject", "issuer", "full_name"),
}


def upgrade() -> None:
    know_principals()
    keep_work()
    keep_events()
    if op.get_bind().dialect.name == "postgresql":
        refuse_changes_in_postgresql()
    else:
        refuse_changes_in_sqlite()


def know_principals() -> None:
    for name in ("full_name", "issuer", "subject"):
        op.add_column("principals", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("principals", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("uq_principals_issuer", "principals", ["issuer", "subject"], unique=True)
    op.create_table(
        "logins",
        sa.Column("principal_id", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("code_step", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name="fk_logins_principal_id"),
        sa.PrimaryKeyConstraint("principal_id", name="pk_logins"),
    )
    op.add_column("grants", sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("grants", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("grants", sa.Column("reason", sa.Text(), nullable=True))
    refer("grants", "revoked_by", "principals")
    kind = sa.Column("kind", sa.Text(), nullable=False, server_default="BEARER")
    op.add_column("tokens", kind)
    refer("tokens", "grant_id", "grants")


def refer(table: str, column: str, to: str) -> None:
    """Add a reference within the column, as SQLite adds no constraint to a table that is there."""
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(32)"
        f" CONSTRAINT fk_{table}_{column} REFERENCES {to} (id)"
    )


def keep_work() -> None:
    op.add_column("trials", sa.Column("charter", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("reads", sa.Column("signer", sa.Text(), nullable=True))
    op.create_table(
        "drafts",
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("principal_id", sa.String(length=32), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name="fk_drafts_subject_id"),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name="fk_drafts_principal_id"),
        sa.PrimaryKeyConstraint("subject_id", "reader", name="pk_drafts"),
    )
    op.create_table(
        "reopenings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("read_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("principal_id", sa.String(length=32), nullable=False),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["principals.id"], name="fk_reopenings_principal_id"
        ),
        sa.ForeignKeyConstraint(["read_id"], ["reads.id"], name="fk_reopenings_read_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reopenings"),
    )
    op.create_index("ix_reopenings_read_id", "reopenings", ["read_id"])


def keep_events() -> None:
    seq = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    needed = ("at", "name", "roles", "action", "record")
    known = ("principal_id", "record_id", "trial_id", "subject_id", "reader", "old", "new")
    op.create_table(
        "events",
        sa.Column("seq", seq, autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in needed),
        *(sa.Column(name, sa.Text(), nullable=True) for name in (*known, "reason", "request_id")),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_trial_id_seq", "events", ["trial_id", "seq"])
    op.create_index("ix_events_record_record_id_seq", "events", ["record", "record_id", "seq"])


def refuse_changes_in_postgresql() -> None:
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """)


def refuse_changes_in_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(f"""
                CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table}
                BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
            """)


def downgrade() -> None:
    op.drop_index("uq_principals_issuer", "principals")
    for table in ("events", "reopenings", "drafts", "logins"):
        op.drop_table(table)
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
