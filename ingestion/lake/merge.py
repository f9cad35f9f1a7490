"""
How an import changes the lake.

Rows with a new key are added, rows with a known key replace the old ones, a key that is taken back
loses its rows, and one whose rows are the same as before changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.forms import Form
from ingestion.lake import parts
from ingestion.lake.earlier import Earlier
from ingestion.lake.manifest import FileOrigin, LakePart, Manifest
from ingestion.lake.parties import Parties
from ingestion.readers.chunk import IntArray
from ingestion.staged import dividing

_NOT_CONTENT = ("line", "file")


@dataclass(frozen=True, slots=True)
class Arrival:
    """The used rows of one table in one import."""

    source: str
    form: Form
    # Division by division: rows, and keys that the import takes back, firms as numbers.
    rows: Iterable[tuple[pa.Table, pl.DataFrame | None]]
    origins: tuple[FileOrigin, ...]
    divisions: int = 1
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
    superseding = _Superseding(folder, mine, arrival, parties)
    added = []
    for division, (rows, gone) in enumerate(arrival.rows):
        fresh = superseding.superseded_by(rows, gone, division) if mine else rows
        if fresh.num_rows:
            added.append(_write(folder, arrival, fresh))
    merged = (*others, *superseding.left(), *added)
    ordered = tuple(sorted(merged, key=lambda part: part.table))
    return replace(manifest, sources={**manifest.sources, arrival.source: ordered})


class _Superseding:
    """The rows of earlier imports of a source, of which an arrival takes some away."""

    def __init__(
        self, folder: Path, mine: list[LakePart], arrival: Arrival, parties: Parties
    ) -> None:
        self._folder, self._mine, self._arrival, self._parties = folder, mine, arrival, parties
        self._gone: dict[int, list[IntArray]] = {}
        self._earlier = Earlier(
            mine,
            self._content_of,
            by=dividing(arrival.form),
            count=arrival.divisions,
            folder=folder,
        )

    def superseded_by(self, rows: pa.Table, gone: pl.DataFrame | None, division: int) -> pa.Table:
        """Return what of a division is new; what it replaces or takes back is remembered."""
        key = list(self._arrival.form.stored_key)
        fresh = _content(rows, self._arrival, self._parties)
        taken_back = fresh.clear().select(key) if gone is None else gone.select(key)
        if fresh.is_empty() and taken_back.is_empty():
            return rows
        keys = [each.select(key).to_arrow() for each in (fresh, taken_back)]
        met = [pl.DataFrame(each) for each in self._earlier.meeting(division, *keys)]
        old = pl.concat([_blank(fresh), *met])
        by_key = ["count", "content"]
        compared = _by_key(fresh, key).join(
            _by_key(old, key), on=key, how="left", nulls_equal=True, suffix="_old"
        )
        same = pl.all_horizontal(
            [(pl.col(name) == pl.col(f"{name}_old")).fill_null(value=False) for name in by_key]
        )
        changed = compared.filter(~same).select(key)
        dropped = pl.concat([changed, taken_back], how="vertical_relaxed")
        lost = old.join(dropped, on=key, how="semi", nulls_equal=True)
        for (part,), left in lost.group_by("part"):
            self._gone.setdefault(int(str(part)), []).append(left["row"].to_numpy())
        new = fresh.join(changed, on=key, how="semi", nulls_equal=True)["row"].sort().to_numpy()
        return rows.take(pa.array(new))

    def left(self) -> list[LakePart]:
        """Return the parts without the rows replaced or taken back."""
        kept = []
        for at, part in enumerate(self._mine):
            gone = self._gone.get(at)
            left = part if gone is None else parts.drop(self._folder, part, np.concatenate(gone))
            if left is not None:
                kept.append(left)
        return kept

    def _content_of(self, part: LakePart) -> pa.Table:
        found = _content(_rows(self._folder, part), self._arrival, self._parties)
        at = pl.lit(self._mine.index(part), pl.Int64)
        return found.with_columns(at.alias("part")).to_arrow()


def _blank(content: pl.DataFrame) -> pl.DataFrame:
    return content.clear().with_columns(pl.lit(0, pl.Int64).alias("part"))


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
    used, files = np.unique(rows["file"].to_numpy(), return_inverse=True)
    at = rows.column_names.index("file")
    rows = rows.set_column(at, "file", pa.array(files.astype(np.int32)))
    columns = [
        pa.chunked_array([values.combine_chunks().cast(pa.string()).dictionary_encode()])
        if pa.types.is_dictionary(values.type)
        else values
        for values in rows.itercolumns()
    ]
    origins = [arrival.origins[file] for file in used.tolist()]
    part = parts.write(folder, arrival.form.name, pa.table(columns, rows.column_names), origins)
    return replace(part, description=arrival.description)
