"""
How an import changes the lake.

Rows with a new key are added, rows with a known key replace the old ones, a key that is taken back
loses its rows, and one whose rows are the same as before changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.forms import Form
from ingestion.lake import parts
from ingestion.lake.manifest import FileOrigin, LakePart, Manifest
from ingestion.lake.parties import Parties

_NOT_CONTENT = ("line", "file")


@dataclass(frozen=True, slots=True)
class Arrival:
    """The used rows of one table in one import."""

    source: str
    form: Form
    rows: pa.Table
    origins: tuple[FileOrigin, ...]
    gone: pl.DataFrame | None = None  # Keys that the import takes back, firms as numbers.
    description: str | None = None  # The hash of the text that says how they were read.


def forget(manifest: Manifest, source: str) -> Manifest:
    """Return the manifest without anything that the source gave before."""
    left = {name: parts for name, parts in manifest.sources.items() if name != source}
    since = {name: said for name, said in manifest.since.items() if name != source}
    return replace(manifest, sources=left, since=since).read_as(source, {}, {})


def merge(folder: Path, manifest: Manifest, arrival: Arrival, parties: Parties) -> Manifest:
    """Return the manifest with the rows of one table merged in; files it needs are written."""
    before = manifest.sources.get(arrival.source, ())
    mine = [part for part in before if part.table == arrival.form.name]
    others = tuple(part for part in before if part.table != arrival.form.name)
    kept, fresh = mine, arrival.rows
    takes_back = arrival.gone is not None and len(arrival.gone) > 0
    if mine and (fresh.num_rows or takes_back):
        kept, fresh = _superseded(folder, mine, arrival, parties)
    added = [_write(folder, arrival, fresh)] if fresh.num_rows else []
    merged = (*others, *kept, *added)
    ordered = tuple(sorted(merged, key=lambda part: part.table))
    return replace(manifest, sources={**manifest.sources, arrival.source: ordered})


def _superseded(
    folder: Path, mine: Sequence[LakePart], arrival: Arrival, parties: Parties
) -> tuple[list[LakePart], pa.Table]:
    """Return the parts without the rows replaced or taken back, and the rows that are new."""
    key = list(arrival.form.stored_key)
    fresh = _content(arrival.rows, arrival, parties)
    olds = [(part, _content(_rows(folder, part), arrival, parties)) for part in mine]
    old = pl.concat([frame for _, frame in olds])
    by_key = ["count", "content"]
    compared = _by_key(fresh, key).join(
        _by_key(old, key), on=key, how="left", nulls_equal=True, suffix="_old"
    )
    same = pl.all_horizontal(
        [(pl.col(name) == pl.col(f"{name}_old")).fill_null(value=False) for name in by_key]
    )
    changed = compared.filter(~same).select(key)
    dropped = changed if arrival.gone is None else pl.concat([changed, arrival.gone.select(key)])
    kept = []
    for part, frame in olds:
        gone = frame.join(dropped, on=key, how="semi", nulls_equal=True)["row"].to_numpy()
        left = parts.drop(folder, part, gone) if len(gone) else part
        if left is not None:
            kept.append(left)
    new = fresh.join(changed, on=key, how="semi", nulls_equal=True)["row"].sort().to_numpy()
    return kept, arrival.rows.take(pa.array(new))


def _rows(folder: Path, part: LakePart) -> pa.Table:
    """Return a part's rows that still count, with their places in the part."""
    table = parts.read(folder, part)
    places = np.delete(np.arange(part.rows), parts.dropped(folder, part))
    return table.append_column("row", pa.array(places))


def _content(rows: pa.Table, arrival: Arrival, parties: Parties) -> pl.DataFrame:
    """Return key, place and a number that stands for all that a row says."""
    if "row" not in rows.column_names:
        rows = rows.append_column("row", pa.array(np.arange(rows.num_rows)))
    series = {
        name: pl.Series(parties.coded(arrival.source, rows[name]))
        if pa.types.is_dictionary(rows[name].type)
        else pl.Series(rows[name])
        for name in rows.column_names
        if name not in _NOT_CONTENT
    }
    frame = pl.DataFrame(series)
    content = frame.drop("row").hash_rows(seed=3).reinterpret(signed=True).alias("content")
    return frame.select(*arrival.form.stored_key, "row").with_columns(content)


def _by_key(frame: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    return frame.group_by(key).agg(pl.len().alias("count"), pl.col("content").sum())


def _write(folder: Path, arrival: Arrival, rows: pa.Table) -> LakePart:
    """Return the part written; it keeps only the texts and the origins that its rows use."""
    columns = [
        pa.chunked_array([values.combine_chunks().cast(pa.string()).dictionary_encode()])
        if pa.types.is_dictionary(values.type)
        else values
        for values in rows.itercolumns()
    ]
    part = parts.write(
        folder, arrival.form.name, pa.table(columns, rows.column_names), arrival.origins
    )
    return replace(part, description=arrival.description)
