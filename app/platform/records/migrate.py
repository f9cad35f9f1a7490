"""Migrations of the records database: run by whoever opens it, one process at a time."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from app.platform.errors import Unready
from app.platform.records.engine import Records

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 0x6465_6570  # Any number that nobody else in the database locks.


def upgrade(records: Records) -> None:
    """
    Bring the tables up to the newest revision; nothing happens where they are.

    Raises:
        Unready: The database was made by a newer release than this one.
    """
    config = configuration()
    with records.reading() as connection:
        if _revision(connection) == newest(config):
            return
    with records.rebuilding() as connection:
        if records.backend == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        now = _revision(connection)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if now is not None and now not in known:
            raise Unready(f"the records database is of a newer release (revision {now})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def configuration() -> Config:
    """Return Alembic's configuration for the scripts of this package."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest(config: Config) -> str:
    """Return the newest revision of this release."""
    head = ScriptDirectory.from_config(config).get_current_head()
    if head is None:
        raise Unready("this release has no migrations")
    return head


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
