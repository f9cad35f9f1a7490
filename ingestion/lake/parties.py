"""Which firm each party text of a version means: texts of every source to firms, as a file."""

import bisect
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from graph.digests import verify_file
from ingestion.lake import manifest
from ingestion.readers.chunk import IntArray

# A source's name and a text that it uses for a party.
Text = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Parties:
    """Party texts by source, each with the firm it means, as a row in the sorted firm ids."""

    firms: tuple[str, ...]
    rows: Mapping[Text, int]

    @classmethod
    def of(cls, meant: Mapping[Text, str]) -> "Parties":
        """Return the parties of a mapping from texts to firm ids."""
        firms = tuple(sorted(set(meant.values())))
        row_of = {firm: row for row, firm in enumerate(firms)}
        return cls(firms, {text: row_of[firm] for text, firm in meant.items()})

    def coded(self, source: str, values: pa.ChunkedArray) -> IntArray:
        """Return the row of the firm that each party text means; -1 where there is no text."""
        whole = values.unify_dictionaries().combine_chunks()
        if isinstance(whole, pa.ChunkedArray):  # Nothing to combine.
            return np.zeros(0, np.int64)
        texts = whole.dictionary.to_pylist()
        rows = np.array([self.rows.get((source, text), -1) for text in texts] + [-1], np.int64)
        found: IntArray = rows[np.asarray(whole.indices.fill_null(len(texts)))]
        return found

    def keys(self, source: str, rows: pa.Table, columns: Sequence[str]) -> pl.DataFrame:
        """Return some columns of a table, each party text as the row of the firm that it means."""
        return pl.DataFrame(
            {
                name: self.coded(source, rows[name])
                if pa.types.is_dictionary(rows[name].type)
                else pl.Series(rows[name])
                for name in columns
            }
        )

    def texts(self, source: str, firm: str) -> list[str]:
        """Return the texts of a source that mean a firm."""
        at = bisect.bisect_left(self.firms, firm)
        if self.firms[at : at + 1] != (firm,):
            return []
        return [text for (of, text), row in self.rows.items() if row == at and of == source]

    def ids(self, rows: IntArray) -> pa.Array:
        """Return the ids of firms by their rows; null for -1."""
        return pa.array(self.firms, pa.string()).take(pa.array(rows, mask=rows < 0))


def write(folder: Path, parties: Parties) -> str:
    """Return the name of the file that the parties were written to."""
    items = sorted(parties.rows.items())
    table = pa.table(
        {
            "source": pa.array([source for (source, _), _ in items], pa.string()),
            "text": pa.array([text for (_, text), _ in items], pa.string()),
            "firm": pa.array([parties.firms[row] for _, row in items], pa.string()),
        }
    )
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", compression_level=1)
    content = stream.getvalue()
    (folder / "parties").mkdir(parents=True, exist_ok=True)
    name = f"parties/{hashlib.sha256(content).hexdigest()[:24]}.parquet"
    manifest.durable(folder / name, content)
    return name


def read(folder: Path, name: str | None) -> Parties:
    """Return the parties kept in a file."""
    if name is None:
        return Parties((), {})
    verify_file(folder / name, Path(name).stem)
    table = pq.read_table(folder / name)
    texts = zip(table["source"].to_pylist(), table["text"].to_pylist(), strict=True)
    return Parties.of(dict(zip(texts, table["firm"].to_pylist(), strict=True)))
