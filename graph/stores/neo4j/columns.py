"""
Whole columns out of Neo4j.

The driver takes longer over a record than over the rows in it, so rows come some hundreds to a
record; days come as numbers, which are read faster than text.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from graph.model import Attribute, Table
from graph.stores.neo4j.session import Database
from graph.stores.neo4j.shapes import TYPES
from graph.stores.rows import attributes_of, in_order

RECORDS = 256  # In how many records the rows come; which comes in which does not matter.
EPOCH_YEAR = 1970
EPOCH = 19700101
Where = tuple[str, Mapping[str, int]]


def fetch(database: Database, table: Table, names: Sequence[str] | None, where: Where) -> pa.Table:
    """Return columns of the rows that meet a condition, in key order, as the model has them."""
    wanted = attributes_of(table, names)
    needed = {a.name: a for a in (*(table.attribute(key) for key in table.key), *wanted)}
    columns = _fetched(database, table, list(needed.values()), where)
    schema = pa.schema([table.arrow.field(name) for name in needed])
    if not columns:
        return schema.empty_table().select([a.name for a in wanted])
    arrays = [_array(a, column) for a, column in zip(needed.values(), columns, strict=True)]
    found = in_order(table, pa.Table.from_arrays(arrays, schema=schema))
    return found.select([a.name for a in wanted])


def _fetched(
    database: Database, table: Table, needed: list[Attribute], where: Where
) -> list[tuple[Any, ...]]:
    condition, parameters = where
    if table.name == "firms":
        ends, name, pattern = {}, "s", "(s:FirmState)"
    else:
        ends = dict(zip(table.ends, ("a.id", "b.id"), strict=True))
        name, pattern = "t", f"(a:Party)-[t:{TYPES[table.name]}]->(b:Party)"
    listed = ", ".join(ends.get(a.name) or _value(a, name) for a in needed)
    words = (
        f"MATCH {pattern} WHERE {condition}"
        f" WITH toInteger(rand() * {RECORDS}) AS record, collect([{listed}]) AS listed"
        " RETURN listed"
    )
    groups = (group for (group,) in database.read(words, **parameters))
    return list(zip(*itertools.chain.from_iterable(groups), strict=True))


def _value(attribute: Attribute, name: str) -> str:
    """Return the expression of a property; a day as a number, 20260630."""
    plain = f"{name}.{attribute.name}"
    if attribute.type != "date":
        return plain
    return f"{plain}.year * 10000 + {plain}.month * 100 + {plain}.day"


def _array(attribute: Attribute, column: Sequence[Any]) -> pa.Array:
    if attribute.type != "date":
        return pa.array(column, attribute.arrow)
    return _days(pa.array(column, pa.int64()))


def _days(numbers: pa.Array) -> pa.Array:
    """
    Return days from numbers such as 20260630.

    Example:
        >>> _days(pa.array([20260630, None, 19691231])).to_pylist()
        [datetime.date(2026, 6, 30), None, datetime.date(1969, 12, 31)]
    """
    filled = numbers.fill_null(EPOCH).to_numpy(zero_copy_only=False)
    months = 12 * (filled // 10_000 - EPOCH_YEAR) + filled // 100 % 100 - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (filled % 100 - 1)
    absent = numbers.is_null().to_numpy(zero_copy_only=False)
    return pa.array(days, pa.date32(), mask=np.asarray(absent))
