"""
Rows of queries, read in one snapshot, as a stream, by a session that cannot write.

A driver's words may hold the address of its database or what is in it: of an error only its kind
is told, and, where the query itself is wrong, which name in it.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ingestion.errors import ImportRefused
from ingestion.fields.texts import trim
from ingestion.readers.chunk import COLUMNS_MAX
from ingestion.sets import statements
from ingestion.sets.addresses import address, checked
from ingestion.sets.batch import LINE, Batch
from ingestion.sets.cells import NoCell, cell_of
from ingestion.sets.headers import is_free
from ingestion.sets.model import Query

BATCH_ROWS, ROWS_MAX = 20_000, 2**31 - 2
CONNECT_SECONDS, LOCK_MS = 15, 10_000
# What SQLite says of a query that is wrong, and nothing of what is in the tables.
_TOLD = re.compile(
    r"(?:no such (?:table|column|function): [\w.]+|ambiguous column name: [\w.]+"
    r"|near \"\w{1,40}\": syntax error|incomplete input)"
)
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_WRONG_QUERY = "42"  # The class of PostgreSQL's codes for a query that cannot be understood.


@dataclass(slots=True)
class Databases:
    """The databases of one source, each read in one snapshot until they are closed."""

    environ: Mapping[str, str]
    connections: dict[str, sa.Connection] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """Let the snapshots go."""
        self.connections.clear()
        self.stack.close()

    def read(self, asked: Query, since: str | None) -> Iterator[Batch]:
        """
        Yield the rows of a query.

        Args:
            asked: The query.
            since: The largest value of its column that was published; None: the first.

        Raises:
            ImportRefused: The database cannot be reached, refuses it, or gives what is no cell.
        """
        where = f"query {asked.name}"
        statement = sa.text(statements.checked(asked.query))
        with _refusing(where):
            connection = self._connection(asked.address_from)
            given = {}
            if statements.takes_since(asked.query):
                since = asked.since_first if since is None else since
                given = {statements.SINCE: _bound(connection, since)}
            found = connection.execution_options(stream_results=True, yield_per=BATCH_ROWS).execute(
                statement, given
            )
            with found:
                yield from _batches(asked, list(found.keys()), found.partitions(BATCH_ROWS))

    def _connection(self, variable: str) -> sa.Connection:
        if variable not in self.connections:
            url = address(checked(variable), self.environ)
            opened = _sqlite if url.get_backend_name() == "sqlite" else _postgres
            self.connections[variable] = self.stack.enter_context(opened(url, variable))
        return self.connections[variable]


@contextmanager
def _sqlite(url: sa.URL, variable: str) -> Iterator[sa.Connection]:
    """Open a file that exists, only to read it, and hold what it is now."""
    path = Path(str(url.database).removeprefix("file:").partition("?")[0])
    if not path.is_file():
        raise ImportRefused(f"{variable}: the file of the database is not there")
    file = f"file:{quote(str(path.resolve()))}?mode=ro&uri=true"
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=NullPool, hide_parameters=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("PRAGMA trusted_schema = OFF")
        connection.exec_driver_sql("BEGIN")
        yield connection


@contextmanager
def _postgres(url: sa.URL, variable: str) -> Iterator[sa.Connection]:
    """Open a session that can only read, and reads what is there now."""
    options = {"connect_timeout": CONNECT_SECONDS, "options": f"-c lock_timeout={LOCK_MS}"}
    engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
    try:
        connection = engine.connect()
    except SQLAlchemyError:
        raise ImportRefused(f"the database at {variable} cannot be reached") from None
    with connection.execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    ) as reading:
        yield reading


@contextmanager
def _refusing(where: str) -> Iterator[None]:
    """Turn what a driver says into a refusal that shows no address and no value."""
    try:
        yield
    except SQLAlchemyError as error:
        raise ImportRefused(f"{where}: {_why(error)}") from None


def _why(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    code = getattr(original, "sqlstate", None) or ""
    if code.startswith(_WRONG_QUERY):
        told = getattr(getattr(original, "diag", None), "message_primary", "") or ""
        return f"the database refuses it ({code}): {told}"
    if told := _TOLD.match(str(original)):
        return f"the database refuses it: {told[0]}"
    kind = code or getattr(original, "sqlite_errorname", "") or type(error).__name__
    return f"the database refuses it ({kind})"


def _bound(connection: sa.Connection, since: str | None) -> str | int | None:
    """Return a value as the database compares it: SQLite tells numbers from text."""
    if since is not None and connection.dialect.name == "sqlite" and _WHOLE.fullmatch(since):
        return int(since)
    return since


def _batches(asked: Query, names: list[str], partitions: Iterator[Any]) -> Iterator[Batch]:
    _check(asked, names)
    line, largest = 1, _Largest(names.index(asked.since) if asked.since in names else None)
    for rows in partitions:
        if line + len(rows) > ROWS_MAX:
            raise ImportRefused(f"query {asked.name}: it gives more than {ROWS_MAX} rows")
        largest.see(rows)
        yield _batch(asked, names, rows, line, largest.text)
        line += len(rows)
    if line == 1:
        yield _batch(asked, names, [], line, None)


def _check(asked: Query, names: list[str]) -> None:
    if len(names) > COLUMNS_MAX:
        raise ImportRefused(f"query {asked.name}: it gives more than {COLUMNS_MAX} columns")
    for name in names:
        if names.count(name) > 1 or not is_free(name):
            raise ImportRefused(
                f"query {asked.name}: give column {name!r} a name of its own, with AS"
            )
    if asked.since is not None and asked.since not in names:
        raise ImportRefused(
            f"query {asked.name}: it does not give column {asked.since}, named by since"
        )


def _batch(asked: Query, names: list[str], rows: Any, line: int, latest: str | None) -> Batch:
    columns = list(zip(*rows, strict=True)) or [() for _ in names]
    texts = {}
    for name, values in zip(names, columns, strict=True):
        try:
            texts[name] = pl.Series(trim(pa.array([cell_of(v) for v in values], pa.string())))
        except NoCell as error:
            raise ImportRefused(f"query {asked.name}: column {name}: {error}") from None
    lines = pl.int_range(line, line + len(rows), dtype=pl.Int32, eager=True)
    return Batch(frame=pl.DataFrame({LINE: lines, **texts}), query=asked.name, latest=latest)


@dataclass(slots=True)
class _Largest:
    """Keeps the largest value of a column, as the database compares it."""

    at: int | None
    value: Any = None

    def see(self, rows: Any) -> None:
        """Look at some rows."""
        if self.at is None:
            return
        found = [row[self.at] for row in rows if row[self.at] is not None]
        try:
            self.value = max([*found, *([] if self.value is None else [self.value])], default=None)
        except TypeError:
            raise ImportRefused("the column named by since holds values of several kinds") from None

    @property
    def text(self) -> str | None:
        """Return it as text."""
        return None if self.value is None else cell_of(self.value)
