"""The store on SQLite and PostgreSQL: versions, readers, stages."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from graph import model
from graph.errors import NotFound, StoreError
from graph.model import Exposure, Version
from graph.stores.base import Store
from graph.stores.rows import parsed, stored
from graph.stores.sql import exposures
from graph.stores.sql.columns import ColumnReader
from graph.stores.sql.drivers import Driver, driver_of, errors
from graph.stores.sql.reader import SqlReader
from graph.stores.sql.tables import (
    EXPOSURES_AT,
    FORMAT,
    FORMATS,
    VERSIONED,
    VERSIONS,
    metadata,
)
from graph.stores.sql.writer import SqlWriter


class SqlStore(Store):
    """
    Versions of the graph in SQLite or PostgreSQL.

    A stage is one transaction: what it wrote is seen when it publishes and vanishes when its
    process dies, so there is never anything to repair.

    Args:
        url: `sqlite:///PATH` or `postgresql+psycopg://user:password@host/database`.
    """

    def __init__(self, url: str) -> None:
        self._driver = driver_of(url)
        self._columns = ColumnReader(self._driver)
        self._stage: SqlWriter | None = None
        try:
            with errors():
                _make_schema(self._driver)
        except StoreError:
            self._driver.engine.dispose()
            raise

    def versions(self) -> list[Version]:
        """Return every published version, oldest first."""
        with self._connection() as connection:
            rows = connection.execute(sa.select(VERSIONS).order_by(VERSIONS.c.number)).all()
        return [_version(row) for row in rows]

    def current(self) -> Version | None:
        """Return the version that is served; None before the first."""
        newest = sa.select(VERSIONS).order_by(VERSIONS.c.number.desc()).limit(1)
        with self._connection() as connection:
            row = connection.execute(newest).first()
        return None if row is None else _version(row)

    def reader(self, version: int | None = None) -> SqlReader:
        """Return a reader of that version (the current one by default), or raise `NotFound`."""
        if version is None:
            found = self.current()
            if found is None:
                raise NotFound("no version is published yet")
            return SqlReader(self._columns, found)
        return SqlReader(self._columns, self._published(version))

    def stage(self) -> SqlWriter:
        """
        Open the next version for writing.

        Raises:
            StageRefused: Another stage is open, in this process or another.
        """
        with errors(), contextlib.ExitStack() as opened:
            connection = opened.enter_context(self._driver.engine.connect())
            self._driver.begin_stage(connection)
            newest = connection.scalar(sa.select(sa.func.max(VERSIONS.c.number)))
            opened.pop_all()  # From here on the stage gives the connection back.
        self._stage = SqlWriter(self._driver, connection, (newest or 0) + 1)
        return self._stage

    def exposures_at(self) -> int:
        """Return as of which event of the book exposures are kept; 0 before the first."""
        with self._connection() as connection:
            return exposures.kept_at(connection)

    def exposures(self) -> list[Exposure]:
        """Return the exposures beside the trade graph, in the order of their ids."""
        with self._connection() as connection:
            return exposures.kept(connection)

    def keep_exposures(self, given: Sequence[Exposure], *, at: int) -> None:
        """Replace exposures by their ids, those of nought go; all of it or nothing."""
        with self._connection() as connection:
            self._driver.begin_schema(connection)
            exposures.keep(connection, given, at=at)
            connection.exec_driver_sql("COMMIT")

    def close(self) -> None:
        """Abandon an open stage and give back the connections."""
        if self._stage is not None:
            self._stage.abandon()
        self._driver.engine.dispose()

    def _published(self, number: int) -> Version:
        query = sa.select(VERSIONS).where(VERSIONS.c.number == number)
        with self._connection() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(f"no version {number}")
        return _version(row)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        with errors(), self._driver.engine.connect() as connection:
            yield connection


def _version(row: sa.Row[tuple[object, ...]]) -> Version:
    as_of = parsed("date", row.as_of)
    if not isinstance(as_of, dt.date):
        raise StoreError(f"version {row.number} has no date")
    return Version(
        number=row.number,
        as_of=as_of,
        published_at=dt.datetime.fromisoformat(row.published_at),
        firms=row.firms,
        trades=row.trades,
    )


def _make_schema(driver: Driver) -> None:
    """Make the tables on an empty database; leave one that has them as it is."""
    with driver.engine.connect() as connection:
        tables = sa.inspect(connection)
        if not all(tables.has_table(each.name) for each in (FORMATS, EXPOSURES_AT)):
            driver.begin_schema(connection)
            for table in metadata.sorted_tables:
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
                for index in table.indexes:
                    connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            first = driver.insert(FORMATS).values(number=FORMAT).on_conflict_do_nothing()
            connection.execute(first)
            connection.exec_driver_sql("COMMIT")
        found = connection.scalar(sa.select(sa.func.max(FORMATS.c.number)))
        if found != FORMAT:
            raise StoreError(f"the store has format {found}, this program reads format {FORMAT}")
        _follow_model(driver, connection)


def _follow_model(driver: Driver, connection: sa.Connection) -> None:
    """Add the columns that the model has gained since the tables were made."""
    missing = _missing(connection)
    if not missing:
        return
    driver.begin_schema(connection)
    for column in _missing(connection):  # Another process may have been faster.
        plain = sa.Column(
            column.name, column.type, nullable=column.nullable, server_default=_default(column)
        )
        words = sa.schema.CreateColumn(plain).compile(connection)
        connection.exec_driver_sql(f'ALTER TABLE "{column.table.name}" ADD COLUMN {words}')
    connection.exec_driver_sql("COMMIT")


def _missing(connection: sa.Connection) -> list[sa.Column[Any]]:
    missing = []
    for table in VERSIONED.values():
        nothing = sa.select(sa.text("*")).select_from(sa.table(table.name)).limit(0)
        there = set(connection.execute(nothing).keys())
        missing += [column for column in table.columns if column.name not in there]
    return missing


def _default(column: sa.Column[Any]) -> str | None:
    attribute = model.table(column.table.name).attribute(column.name)
    if attribute.default is None:
        return None
    return str(stored(attribute.type, attribute.default))
