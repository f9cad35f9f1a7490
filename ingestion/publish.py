"""Publish the difference between what is served and what the lake says now, or nothing."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from graph import model
from graph.model import Version
from graph.stores.base import Store, Writer
from ingestion.collect import Progress

_SLICE = 100_000


@dataclass(frozen=True, slots=True)
class Difference:
    """What one table of the next version writes and removes."""

    written: pa.Table
    removed: pa.Table

    @property
    def rows(self) -> int:
        """Return how many rows differ."""
        return int(self.written.num_rows + self.removed.num_rows)


def differences(store: Store, tables: Mapping[str, pa.Table]) -> dict[str, Difference]:
    """Return for each table what differs from the version that is served."""
    if store.current() is None:
        return {
            name: Difference(table, _keys(name, table.slice(0, 0)))
            for name, table in tables.items()
        }
    reader = store.reader()
    return {name: _difference(name, reader.columns(name), tables[name]) for name in model.TABLES}


def write(writer: Writer, differences: Mapping[str, Difference], progress: Progress) -> None:
    """Write the differences into an open stage."""
    total = sum(difference.rows for difference in differences.values())
    done = 0
    for name, difference in differences.items():
        for start in range(0, difference.removed.num_rows, _SLICE):
            writer.remove(name, difference.removed.slice(start, _SLICE))
        for start in range(0, difference.written.num_rows, _SLICE):
            writer.write(name, difference.written.slice(start, _SLICE))
            progress("publishing the version", 100 * (done + start) // total)
        done += difference.rows
    progress("publishing the version", 100)


def publish(writer: Writer, as_of: dt.date, published_at: dt.datetime) -> Version:
    """Return the version that the stage became."""
    return writer.publish(as_of, published_at=published_at)


def _difference(name: str, served: pa.Table, table: pa.Table) -> Difference:
    old, new = pl.DataFrame(served), pl.DataFrame(table)
    key = list(model.table(name).key)
    written = new.join(old, on=new.columns, how="anti", nulls_equal=True, maintain_order="left")
    removed = old.select(key).join(new.select(key), on=key, how="anti", maintain_order="left")
    return Difference(
        written.to_arrow().cast(table.schema), removed.to_arrow().cast(_keys(name, table).schema)
    )


def _keys(name: str, table: pa.Table) -> pa.Table:
    return table.select(list(model.table(name).key))
