"""The one connection that the rounds of a process use; held between them, for rounds are short."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.platform.records import Records


class RoundConnection:
    """A connection kept from round to round; one that failed is thrown away."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._sqlite = records.backend == "sqlite"
        self._writer = records.engine.execution_options(write=True, settled=True)
        self._driver_error: type[Exception] = records.engine.dialect.loaded_dbapi.Error
        self._held: Connection | None = None
        self._pid = os.getpid()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield the connection, its write lock held on SQLite, and commit what was done by it."""
        if self._pid != os.getpid():  # A fork: what is held is the parent's.
            self._held, self._pid = None, os.getpid()
            self._records.engine.dispose(close=False)
        connection = self._connect() if self._held is None else self._held
        self._held = None
        is_kept = False
        try:
            # By the driver itself: what the engine does around each would cost a tenth of a round.
            driver: Any = connection.connection.driver_connection
            if self._sqlite:
                driver.execute("BEGIN IMMEDIATE")
            yield connection
            driver.commit()
            if connection.in_transaction():  # Some order has read by it.
                connection.commit()
            is_kept = True
        finally:
            if is_kept:
                self._held = connection
            else:
                self._throw_away(connection)

    def close(self) -> None:
        """Give the connection back."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _throw_away(self, connection: Connection) -> None:
        if self._sqlite:  # Closed alone, it keeps its lock while a kept error holds its cursor.
            with contextlib.suppress(sa.exc.DBAPIError, self._driver_error):
                driver: Any = connection.connection.driver_connection
                driver.rollback()
        for end in (connection.invalidate, connection.close):
            with contextlib.suppress(sa.exc.DBAPIError, self._driver_error):
                end()

    def _connect(self) -> Connection:
        connection = self._writer.connect()
        if not self._sqlite:
            # By key and planned once: made while a table was empty, a plan would scan it for ever.
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
            connection.exec_driver_sql("SET lock_timeout = 2000")
            connection.commit()
        return connection
