"""Run the migrations in one transaction, on the connection that was opened for them."""

from alembic import context
from sqlalchemy import Connection, text

from service import db
from service.settings import Settings
from service.tables import metadata

# Any number does that nothing else locks in the same database.
MIGRATING = 7_305_117


def migrate(connection: Connection) -> None:
    """Bring the schema to the revision that was asked for."""
    with connection.begin():
        if connection.dialect.name == "postgresql":
            take_turns(connection)
        context.configure(connection, target_metadata=metadata, transactional_ddl=True)
        context.run_migrations()


def take_turns(connection: Connection) -> None:
    """Let one process migrate at a time, and give up where a table stays in use."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATING})
    connection.execute(text("SET LOCAL lock_timeout = '10s'"))


opened = context.config.attributes.get("connection")
if opened is not None:
    migrate(opened)
else:
    # Alembic's own command line, by which new revisions are written.
    with db.engine(Settings().database_url).connect() as own:
        migrate(own)
