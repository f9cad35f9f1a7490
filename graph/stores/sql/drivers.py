"""
What SQLite and PostgreSQL do each in their own way: opening, bulk in, bulk out, one writer.

Both drivers are used raw where a million rows pass; everything else is SQLAlchemy Core. Driver
errors become ours here, so no caller sees `sqlite3` or `psycopg`.
"""

import contextlib
import io
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.csv
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from graph.errors import InvalidInput, StageRefused, StoreError, StoreUnavailable
from graph.stores.rows import stored_column
from graph.stores.sql.packed import packed, packs, pairs_of, unpacked

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql  # Loaded only where PostgreSQL is used.

BUSY_MS = 10_000  # How long SQLite waits for another connection's lock.
STAGE_BUSY_MS = 500  # How long a stage waits before it says that another one is open.
WAL_BYTES_MAX = 64 * 2**20  # What is left of the write-ahead log after a large publish.
CACHE_KIB = (
    2_048  # Of each connection that reads; the system keeps the file in memory once for all.
)
STAGE_CACHE_KIB = 65_536  # Of the one that writes, as long as it does.
STAGED = "staged"  # Mark of a connection with the cache of one that writes.
WRITER_LOCK = 0x64656570  # Keys of PostgreSQL's advisory locks.
SCHEMA_LOCK = 0x64656571
_SQLITE_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PROTOCOL,
}


@contextlib.contextmanager
def errors() -> Iterator[None]:
    """Turn the drivers' errors into ours."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _ours(error.orig, invalidated=error.connection_invalidated) from error
    except sa.exc.TimeoutError as error:
        raise StoreUnavailable(str(error)) from error
    except sqlite3.Error as error:
        raise _ours(error, invalidated=False) from error


def _ours(error: BaseException | None, *, invalidated: bool) -> StoreError:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        gone = code in _SQLITE_UNAVAILABLE
    else:  # Named, not imported: psycopg is loaded only where PostgreSQL is used.
        names = {kind.__name__ for kind in type(error).__mro__}
        gone = bool(names & {"OperationalError", "InterfaceError"})
    kind = StoreUnavailable if gone or invalidated else StoreError
    return kind(str(error).strip())


class Driver(Protocol):
    """One database's own way of doing what the store needs."""

    engine: sa.Engine

    def begin_stage(self, connection: sa.Connection) -> None:
        """Begin the transaction of a stage, or raise `StageRefused` where another is open."""
        ...

    def begin_schema(self, connection: sa.Connection) -> None:
        """Begin a transaction that no other process's schema change can cross."""
        ...

    def insert(self, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
        """Return an insert that knows `on_conflict_do_update`."""
        ...

    def position(self, text: sa.ColumnElement[str], part: str) -> sa.ColumnElement[int]:
        """Return where the part begins in the text, 0 where it does not occur."""
        ...

    def copy_in(self, connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
        """Fill the table with rows whose columns are in its order."""
        ...

    def copy_out(
        self, connection: sa.Connection, select: sa.Select[tuple[object, ...]], schema: pa.Schema
    ) -> pa.Table:
        """Return the rows of a query as stored columns."""
        ...


def driver_of(url: str) -> Driver:
    """Return the driver that an address asks for, or raise `InvalidInput`."""
    try:
        parsed = sa.engine.make_url(url)
    except sa.exc.ArgumentError as error:
        raise InvalidInput(f"not the address of a store: {error}") from error
    if parsed.get_backend_name() == "sqlite":
        return SqliteDriver(parsed)
    if parsed.get_backend_name() == "postgresql":
        return PostgresDriver(parsed.set(drivername="postgresql+psycopg"))
    raise InvalidInput(f"no store for {parsed.get_backend_name()!r}: sqlite, postgresql or neo4j")


class SqliteDriver:
    """One file; readers never wait for the writer, the write lock is the writer's lease."""

    def __init__(self, url: sa.engine.URL) -> None:
        if url.database in (None, "", ":memory:"):
            raise InvalidInput("a SQLite store is a file: sqlite:///PATH")
        folder = Path(str(url.database)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"cannot make the folder of the store: {error}") from error
        self.engine = sa.create_engine(
            url, isolation_level="AUTOCOMMIT", connect_args={"timeout": BUSY_MS / 1000}
        )
        sa.event.listen(self.engine, "connect", _on_connect)
        sa.event.listen(self.engine, "checkin", _on_checkin)

    def begin_stage(self, connection: sa.Connection) -> None:
        """Take the file's write lock, which dies with the connection or the process."""
        connection.exec_driver_sql(f"PRAGMA busy_timeout={STAGE_BUSY_MS}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql(f"PRAGMA cache_size=-{STAGE_CACHE_KIB}")
            connection.info[STAGED] = True
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                raise StageRefused("another stage is open on this store") from error
            raise
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MS}")

    def begin_schema(self, connection: sa.Connection) -> None:
        """Take the file's write lock, waiting for it."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def insert(self, table: sa.Table) -> sqlite.Insert:
        """Return SQLite's insert."""
        return sqlite.insert(table)

    def position(self, text: sa.ColumnElement[str], part: str) -> sa.ColumnElement[int]:
        """Return `instr`, in which no character has a meaning."""
        return sa.func.instr(text, part)

    def copy_in(self, connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
        """Insert the rows by one prepared statement, from columns."""
        marks = ", ".join("?" for _ in rows.column_names)
        columns = [_listed(column.combine_chunks()) for column in rows.columns]
        raw = connection.connection.cursor()
        try:
            raw.executemany(  # The name is our own table's.
                f'INSERT INTO "{table.name}" VALUES ({marks})',  # noqa: S608
                zip(*columns, strict=True),  # type: ignore[arg-type]  # Any iterable will do.
            )
        finally:
            raw.close()

    def copy_out(
        self, connection: sa.Connection, select: sa.Select[tuple[object, ...]], schema: pa.Schema
    ) -> pa.Table:
        """Step through the query without SQLAlchemy's rows between."""
        raw = connection.connection.cursor()
        try:
            columns: Sequence[Any]
            if packs(schema):
                pairs = pairs_of(schema)
                found = raw.execute(_literal(packed(select, pairs), sqlite.dialect()))
                columns = unpacked(found, pairs)
            else:
                found = raw.execute(_literal(select, sqlite.dialect()))
                columns = list(zip(*found, strict=True))
        finally:
            raw.close()
        if not columns:
            return schema.empty_table()
        arrays = [
            pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=schema)


def _on_connect(raw: sqlite3.Connection, _: object) -> None:
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"journal_size_limit={WAL_BYTES_MAX}",
        f"cache_size=-{CACHE_KIB}",
        "temp_store=MEMORY",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _on_checkin(raw: sqlite3.Connection | None, record: sa.pool.ConnectionPoolEntry) -> None:
    """Give back what a stage kept in memory."""
    if record.info.pop(STAGED, False) and raw is not None:
        raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")


def _listed(column: pa.Array) -> Sequence[object]:
    column = stored_column(column)
    if column.null_count or pa.types.is_string(column.type):
        listed: list[object] = column.to_pylist()
        return listed
    return list(column.to_numpy().tolist())  # Five times as fast as `to_pylist` for numbers.


def _literal(select: sa.Select[tuple[object, ...]], dialect: sa.Dialect) -> str:
    return str(select.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _psycopg(connection: sa.Connection) -> Any:
    return connection.connection.dbapi_connection


class PostgresDriver:
    """A server; the lease is an advisory lock that dies with the writer's connection."""

    def __init__(self, url: sa.engine.URL) -> None:
        self.engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn errors of the raw driver, which SQLAlchemy does not see, into ours."""
        try:
            yield
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise _ours(error, invalidated=False) from error

    def begin_stage(self, connection: sa.Connection) -> None:
        """Take the writer's advisory lock for the length of the transaction."""
        connection.exec_driver_sql("BEGIN")
        lock = sa.select(sa.func.pg_try_advisory_xact_lock(WRITER_LOCK))
        if not connection.scalar(lock):
            connection.exec_driver_sql("ROLLBACK")
            raise StageRefused("another stage is open on this store")

    def begin_schema(self, connection: sa.Connection) -> None:
        """Take the schema's advisory lock, waiting for it."""
        connection.exec_driver_sql("BEGIN")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(SCHEMA_LOCK)))

    def insert(self, table: sa.Table) -> "postgresql.Insert":
        """Return PostgreSQL's insert."""
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # see above

        return postgresql.insert(table)

    def position(self, text: sa.ColumnElement[str], part: str) -> sa.ColumnElement[int]:
        """Return `strpos`, in which no character has a meaning."""
        return sa.func.strpos(text, part)

    def copy_in(self, connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
        """Send the rows by COPY."""
        columns = [stored_column(column.combine_chunks()) for column in rows.columns]
        sink = io.BytesIO()
        pa.csv.write_csv(
            pa.table(columns, names=rows.column_names),
            sink,
            pa.csv.WriteOptions(include_header=False),
        )
        with (
            self._errors(),
            _psycopg(connection).cursor() as raw,
            raw.copy(f'COPY "{table.name}" FROM STDIN (FORMAT csv)') as copy,
        ):
            copy.write(sink.getvalue())
        connection.exec_driver_sql(f'ANALYZE "{table.name}"')

    def copy_out(
        self, connection: sa.Connection, select: sa.Select[tuple[object, ...]], schema: pa.Schema
    ) -> pa.Table:
        """Fetch the rows by COPY and let Arrow read them."""
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415  # see above

        query = _literal(select, postgresql.dialect())  # type: ignore[no-untyped-call]
        with (
            self._errors(),
            _psycopg(connection).cursor() as raw,
            raw.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy,
        ):
            said = b"".join(copy)
        if not said:
            return schema.empty_table()
        return pa.csv.read_csv(
            io.BytesIO(said),
            read_options=pa.csv.ReadOptions(column_names=schema.names),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )


__all__ = ["Driver", "driver_of", "errors"]
