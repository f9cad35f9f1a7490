"""Parts of the lake: Parquet files that never change, named by what is in them."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graph.digests import sha256, verify_file
from graph.errors import Damaged
from ingestion.forms import KNOWN, form
from ingestion.lake import manifest
from ingestion.lake.manifest import FileOrigin, LakePart
from ingestion.readers.chunk import IntArray

_ROW_GROUP = 1_000_000


def write(folder: Path, table: str, rows: pa.Table, origins: Sequence[FileOrigin]) -> LakePart:
    """Return the part that the rows were written to; equal rows give the same file."""
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    draft = folder / "parts" / f".{table}.{os.getpid()}"
    pq.write_table(rows, draft, compression="zstd", compression_level=1, row_group_size=_ROW_GROUP)
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    name = f"parts/{table}-{sha256(draft)[:24]}.parquet"
    draft.replace(folder / name)
    (first_on, last_on), (_, known_on) = _span(form(table).dated, rows), _span(KNOWN, rows)
    origin = tuple(origins)
    return LakePart(table, name, rows.num_rows, origin, first_on, last_on, known_on=known_on)


def drop(folder: Path, part: LakePart, rows: IntArray) -> LakePart | None:
    """Return the part without these rows besides those dropped before; None if none is left."""
    gone = np.union1d(dropped(folder, part), rows).astype(np.int64)
    if len(gone) == part.rows:
        return None
    content = gone.tobytes()
    (folder / "dropped").mkdir(parents=True, exist_ok=True)
    name = dropped_name(part, content)
    manifest.durable(folder / name, content)
    return replace(part, dropped=name)


def dropped_name(part: LakePart, content: bytes) -> str:
    """Return the name of a list of rows, a hash of what is in it and of which part it speaks."""
    return f"dropped/{hashlib.sha256(part.file.encode() + content).hexdigest()[:24]}.rows"


def verify(folder: Path, part: LakePart) -> None:
    """
    Raise where a part is not what its name says; what was found whole is not looked at again.

    Raises:
        Damaged: Its file, or the list of its superseded rows, was changed or is missing.
    """
    verify_file(folder / part.file, digest_in(part.file))
    dropped(folder, part)


def digest_in(name: str) -> str:
    """
    Return the hash in a file's name.

    Example:
        >>> digest_in("parts/invoices-0123456789ab.parquet")
        '0123456789ab'
    """
    return Path(name).stem.rpartition("-")[2]


def dropped(folder: Path, part: LakePart) -> IntArray:
    """Return the rows of a part that later imports have superseded."""
    if part.dropped is None:
        return np.zeros(0, np.int64)
    content = (folder / part.dropped).read_bytes() if (folder / part.dropped).is_file() else b""
    if dropped_name(part, content) != part.dropped:
        raise Damaged(f"the lake's {part.dropped} was changed, or is missing")
    return np.frombuffer(content, np.int64)


def read(folder: Path, part: LakePart, columns: Sequence[str] | None = None) -> pa.Table:
    """
    Return the rows of a part that still count, in their order.

    A part of a release whose tables had fewer columns has what those are where nothing is given.
    """
    verify(folder, part)
    wanted = list(columns) if columns is not None else _columns(part.table)
    there = set(pq.read_schema(folder / part.file).names)
    known = [name for name in wanted if name in there]
    rows = pq.read_table(folder / part.file, columns=known, memory_map=True)
    for column in form(part.table).columns.values():
        if column.stored in wanted and column.stored not in there:
            blank = pa.repeat(pa.scalar(column.default, column.arrow), rows.num_rows)
            rows = rows.append_column(column.stored, blank)
    rows = rows.select(wanted)
    gone = dropped(folder, part)
    if not len(gone):
        return rows
    kept = np.ones(part.rows, bool)
    kept[gone] = False
    return rows.filter(pa.array(kept))


def _columns(table: str) -> list[str]:
    """Return the columns of a part: those of the table, and where each row stood."""
    return [*(column.stored for column in form(table).columns.values()), "line", "file"]


def _span(column: str | None, rows: pa.Table) -> tuple[str | None, str | None]:
    if column is None or rows[column].null_count == rows.num_rows:
        return None, None
    span = pc.min_max(rows[column])
    return span["min"].as_py().isoformat(), span["max"].as_py().isoformat()
