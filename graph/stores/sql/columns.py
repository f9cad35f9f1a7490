"""Whole columns out of SQLite or PostgreSQL, with the firms' ids in place of their numbers."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from graph import model
from graph.stores.rows import attributes_of, order_of, parsed_column
from graph.stores.sql.drivers import Driver
from graph.stores.sql.tables import FIRM_IDS, VERSIONED, references


class ColumnReader:
    """Reads columns; keeps the firms' ids, which only ever grow in number."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self._ids: FirmIds | None = None

    def fetch(
        self,
        connection: sa.Connection,
        table: str,
        condition: sa.ColumnElement[bool],
        *,
        names: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return columns of the rows that meet a condition, in key order, as the model has them."""
        known = model.table(table)
        wanted = attributes_of(known, names)
        needed = {a.name: a for a in (*(known.attribute(key) for key in known.key), *wanted)}
        found = self._stored(connection, known, tuple(needed.values()), condition)
        named = set(needed) & set(references(known))
        ids = self._firm_ids(connection) if named and found.num_rows else FirmIds.none()
        keys = [ids.ranks(found[k]) if k in named else found[k] for k in known.key]
        order = order_of(keys)
        if not np.array_equal(order, np.arange(found.num_rows)):
            found = found.take(pa.array(order))
        columns = [
            ids.names(found[a.name])
            if a.name in named
            else parsed_column(a, found[a.name].combine_chunks())
            for a in wanted
        ]
        schema = pa.schema([known.arrow.field(a.name) for a in wanted])
        return pa.Table.from_arrays(columns, schema=schema)

    def _stored(
        self,
        connection: sa.Connection,
        table: model.Table,
        attributes: tuple[model.Attribute, ...],
        condition: sa.ColumnElement[bool],
    ) -> pa.Table:
        stored = VERSIONED[table.name]
        fields = [
            pa.field(a.name, _stored_type(table, a), nullable=not a.required) for a in attributes
        ]
        query = sa.select(*(stored.c[a.name] for a in attributes)).where(condition)
        return self.driver.copy_out(connection, query, pa.schema(fields))

    def _firm_ids(self, connection: sa.Connection) -> "FirmIds":
        """Return the ids of all firms, read again only where some have come since."""
        count = connection.scalar(sa.select(sa.func.max(FIRM_IDS.c.number))) or 0
        kept = self._ids
        if kept is None or kept.count != count:
            schema = pa.schema([("number", pa.int64()), ("id", pa.string())])
            query = sa.select(FIRM_IDS.c.number, FIRM_IDS.c.id).order_by(FIRM_IDS.c.id)
            kept = FirmIds(self.driver.copy_out(connection, query, schema))
            self._ids = kept
        return kept


def _stored_type(table: model.Table, attribute: model.Attribute) -> pa.DataType:
    if attribute.name in references(table) or attribute.type in ("date", "flag"):
        return pa.int32()  # Numbers of firms are given one after the other, from 1.
    return attribute.arrow


class FirmIds:
    """The firms' ids by their numbers, and their places in id order."""

    def __init__(self, firms: pa.Table) -> None:
        numbers = firms["number"].to_numpy()
        self.count = int(numbers.max(initial=0))
        self._ids = firms["id"].combine_chunks()
        self._places = np.zeros(self.count + 1, dtype=np.int64)
        self._places[numbers] = np.arange(len(numbers))

    @classmethod
    def none(cls) -> "FirmIds":
        """Return the ids of no firms."""
        return cls(pa.table({"number": pa.array([], pa.int64()), "id": pa.array([], pa.string())}))

    def ranks(self, numbers: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return the firms' places in id order."""
        return pa.chunked_array([self._places[numbers.to_numpy()]])

    def names(self, numbers: pa.ChunkedArray) -> pa.Array:
        """Return the firms' ids."""
        return self._ids.take(pa.array(self._places[numbers.to_numpy()]))
