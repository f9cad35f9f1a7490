"""Writing the next version into SQLite or PostgreSQL, as one transaction."""

import contextlib
import datetime as dt
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from graph import model
from graph.errors import InvalidInput, StoreError
from graph.model import Version
from graph.stores.base import Stage
from graph.stores.rows import (
    check_times,
    checked,
    checked_keys,
    compute,
    order_of,
    search_text,
    stored,
)
from graph.stores.sql import grams
from graph.stores.sql.drivers import Driver, errors
from graph.stores.sql.tables import (
    FIRM_IDS,
    FIRMS,
    GRAMS,
    OPEN,
    TRADES,
    VERSIONED,
    VERSIONS,
    references,
    staging,
)


class SqlWriter(Stage):
    """The open stage of a SQL store; its transaction is its lease."""

    def __init__(self, driver: Driver, connection: sa.Connection, number: int) -> None:
        super().__init__(number)
        self._driver = driver
        self._connection = connection
        self._ids: _Numbers | None = None

    def write(self, table: str, rows: pa.Table) -> None:
        """Add rows to the next version; a row with the same key is replaced."""
        known = model.table(table)
        ready = checked(known, rows)
        with self._writing():
            if table == "firms":
                searched = ready.select(["firm", "name", "aliases", "uscc"])
                texts = [search_text(row) for row in searched.to_pylist()]
                ready = ready.append_column("searched", pa.array(texts, pa.string()))
            batch = self._numbered(known, ready)
            if table == "firms" and batch.num_rows:
                self._add_grams(batch["searched"].to_pylist(), batch["firm"])
            self._store(known, batch)

    def remove(self, table: str, keys: pa.Table) -> None:
        """Take the rows with these keys out of the next version; unknown keys are passed over."""
        known = model.table(table)
        ready = checked_keys(known, keys)
        with self._writing():
            batch = self._numbered(known, ready)
            target = VERSIONED[table]
            with self._staged(target, batch) as source:
                mine = [*(target.c[name] for name in known.key), target.c.since]
                theirs = [*(source.c[name] for name in known.key), sa.literal(self._version)]
                named = sa.tuple_(*mine).in_(sa.select(*theirs))
                self._connection.execute(sa.delete(target).where(named))
                self._end(known, target, source)

    def publish(self, as_of: dt.date, *, published_at: dt.datetime) -> Version:
        """Make the next version the current one, all at once; the stage is closed."""
        check_times(as_of, published_at)
        with self._writing():
            self._check_ends()
            version = Version(
                number=self._version,
                as_of=as_of,
                published_at=published_at,
                firms=self._count(FIRMS),
                trades=self._count(TRADES),
            )
            self._connection.execute(
                sa.insert(VERSIONS).values(
                    number=version.number,
                    as_of=stored("date", as_of),
                    published_at=published_at.isoformat(),
                    firms=version.firms,
                    trades=version.trades,
                )
            )
            self._connection.exec_driver_sql("COMMIT")
        self._leave()
        return version

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with super()._writing(), errors():
            yield

    def _give_up(self) -> None:
        # The server may be gone: then there is nothing left to undo either.
        with contextlib.suppress(StoreError), errors():
            self._connection.exec_driver_sql("ROLLBACK")
        self._leave()

    def _leave(self) -> None:
        self._open = False
        with contextlib.suppress(StoreError), errors():
            self._connection.close()

    def _numbered(self, table: model.Table, rows: pa.Table) -> pa.Table:
        """Return the rows with numbers in place of firm ids, in the order of the database."""
        if self._ids is None:
            self._ids = _Numbers(self._driver, self._connection)
        for name in references(table):
            if name in rows.column_names:
                numbers = self._ids.of(rows[name].combine_chunks())
                rows = rows.set_column(rows.column_names.index(name), name, numbers)
        return rows.take(pa.array(order_of([rows[name] for name in table.key])))

    @contextlib.contextmanager
    def _staged(self, target: sa.Table, batch: pa.Table) -> Iterator[sa.Table]:
        source = staging(target, tuple(batch.column_names))
        source.create(self._connection, checkfirst=False)
        self._driver.copy_in(self._connection, source, batch)
        yield source
        source.drop(self._connection, checkfirst=False)

    def _store(self, table: model.Table, batch: pa.Table) -> None:
        target = VERSIONED[table.name]
        names = batch.column_names
        with self._staged(target, batch) as source:
            self._end(table, target, source)
            rows = sa.select(
                *(source.c[name] for name in names), sa.literal(self._version), sa.literal(OPEN)
            ).where(sa.true())  # SQLite wants a condition before ON CONFLICT.
            insert = self._driver.insert(target).from_select([*names, "since", "until"], rows)
            values = {name: insert.excluded[name] for name in names if name not in table.key}
            self._connection.execute(
                insert.on_conflict_do_update(index_elements=[*table.key, "since"], set_=values)
            )

    def _end(self, table: model.Table, target: sa.Table, source: sa.Table) -> None:
        """End, before this version, the rows whose keys are in the batch."""
        same = [target.c[name] == source.c[name] for name in table.key]
        before = [target.c.until == OPEN, target.c.since < self._version]
        self._connection.execute(
            sa.update(target).where(*same, *before).values(until=self._version)
        )

    def _add_grams(self, texts: list[str], firms: pa.ChunkedArray) -> None:
        pairs, owners = grams.pairs(texts, firms.to_numpy())
        batch = pa.table([pairs, owners], names=["gram", "firm"])
        with self._staged(GRAMS, batch) as source:
            rows = sa.select(source.c.gram, source.c.firm).where(sa.true())
            insert = self._driver.insert(GRAMS).from_select(["gram", "firm"], rows)
            self._connection.execute(insert.on_conflict_do_nothing())

    def _count(self, table: sa.Table) -> int:
        query = sa.select(sa.func.count()).select_from(table).where(table.c.until == OPEN)
        return self._connection.scalar(query) or 0

    def _check_ends(self) -> None:
        """Refuse a row of the next version that names a firm outside it."""
        here = sa.exists().where(FIRMS.c.firm == FIRM_IDS.c.number, FIRMS.c.until == OPEN)
        if self._connection.scalar(sa.select(FIRM_IDS.c.number).where(~here).limit(1)) is None:
            return  # Every firm that was ever named is in the version, as is mostly so.
        ends = ((name, end) for name in model.TABLES for end in model.table(name).ends)
        for name, end in ends:
            target = VERSIONED[name]
            found = self._connection.scalar(
                sa.select(FIRM_IDS.c.id)
                .join(target, target.c[end] == FIRM_IDS.c.number)
                .where(target.c.until == OPEN, ~here)
                .limit(1)
            )
            if found is not None:
                raise InvalidInput(f"table {name}, column {end}: no firm {found!r}")


class _Numbers:
    """The numbers of firm ids; an id that is new to the store gets the next one."""

    def __init__(self, driver: Driver, connection: sa.Connection) -> None:
        self._driver = driver
        self._connection = connection
        self._schema = pa.schema([("number", pa.int64()), ("id", pa.string())])
        query = sa.select(FIRM_IDS.c.number, FIRM_IDS.c.id)
        found = driver.copy_out(connection, query, self._schema)
        self._ids = found["id"].combine_chunks()
        self._numbers = found["number"].to_numpy()

    def of(self, ids: pa.Array) -> pa.Array:
        """Return the numbers of the ids."""
        places = compute().index_in(ids, self._ids)
        if places.null_count:
            self._add(compute().unique(ids.filter(compute().is_null(places))))
            places = compute().index_in(ids, self._ids)
        return pa.array(self._numbers[places.to_numpy()])

    def _add(self, ids: pa.Array) -> None:
        ids = ids.take(compute().array_sort_indices(ids))
        first = int(self._numbers.max(initial=0)) + 1
        numbers = np.arange(first, first + len(ids), dtype=np.int64)
        rows = pa.Table.from_arrays([pa.array(numbers), ids], schema=self._schema)
        self._driver.copy_in(self._connection, FIRM_IDS, rows)
        self._ids = pa.concat_arrays([self._ids, ids])
        self._numbers = np.concatenate([self._numbers, numbers])
