"""How connections to PostgreSQL are set up."""

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event


class Aborted(Exception):
    """A unit of work caught a database error and went on in a transaction that was lost."""


def engine(url: str) -> Engine:
    """Connect for writing, with one connection."""
    made = create_engine(url, pool_size=1, max_overflow=0, hide_parameters=True)
    event.listen(made, "commit", _refuse_aborted)
    return made


def engine_beside(url: str, *, connections: int) -> Engine:
    """Connect for reading while another writes: each transaction is one snapshot."""
    return create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        hide_parameters=True,
    )


def says(connection: Connection) -> str:
    """Describe the server, for the operator."""
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"


def _refuse_aborted(connection: Connection) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with a rollback, and no error."""
    driver = connection.connection.driver_connection
    assert driver is not None
    if driver.info.transaction_status == TransactionStatus.INERROR:
        raise Aborted("a statement failed and its unit went on: use begin_nested() around it")
