"""
The records database opened, its tables made or brought up to date.

SQLite runs with a write-ahead log and full synchronisation; a transaction that writes takes the
write lock at its start, so that what it has read still holds when it writes. On PostgreSQL a
writing transaction is an ordinary one.
"""

import contextlib
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url

from app.platform.records.engine import Records

BUSY_MS = 5_000  # How long a request waits for somebody else's transaction.
CONNECT_SECONDS = 5
POOL_SIZE = 10
SCRIPTS = Path(__file__).parent / "migrations" / "versions"


def open_records(url: str) -> Records:
    """
    Return the records database at this URL, its tables made or brought up to date.

    Raises:
        Unready: The database cannot be reached.
    """
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        records = Records(_sqlite(place))
    else:
        records = Records(_postgres(place))
    with contextlib.ExitStack() as undo:
        undo.callback(records.close)
        with records.reading() as connection:
            settled = revision_of(connection) == newest_revision()
        if not settled:
            from app.platform.records.migrate import upgrade  # noqa: PLC0415  # Alembic is slow to import

            upgrade(records)
        undo.pop_all()
    return records


def _postgres(place: sa.URL) -> Engine:
    engine = sa.create_engine(
        place,
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        pool_timeout=BUSY_MS / 1000,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
    event.listen(engine, "begin", _on_begin_on_postgres)
    return engine


def _on_begin_on_postgres(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("settled", False):  # Its settings are those of the connection already.
        return
    busy_ms = options.get("busy_ms", BUSY_MS)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(busy_ms)}")


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the tables are of; None where there are none yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def newest_revision() -> str:
    """Return the newest revision of this release: its file is the last by name."""
    return max(path.name for path in SCRIPTS.glob("[0-9]*.py")).partition("_")[0]


def _sqlite(place: sa.URL) -> Engine:
    if place.database:
        Path(place.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        place,
        connect_args={"timeout": BUSY_MS / 1000},
        pool_size=POOL_SIZE,
        pool_timeout=BUSY_MS / 1000,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: object) -> None:
    connection.isolation_level = None  # Transactions begin where we say, not where pysqlite does.
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes = options.get("write", False)
    if options.get("settled", False):  # Its settings are those of the connection already.
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:
            driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN").close()
        return
    if writes:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {options.get('busy_ms', BUSY_MS)}")
        checked = "OFF" if options.get("rebuilds", False) else "ON"
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {checked}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
