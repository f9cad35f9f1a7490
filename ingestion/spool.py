"""
Tables of which there may be more than memory holds: put down in files and taken up in pieces.

A file has no name, so nothing of it is left however its process ends.
"""

import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.readers.chunk import IntArray

HELD_BYTES = 192 * 2**20  # So much of a table is held before it is put down; so large are pieces.
_BATCH_ROWS = 2**16
_SEED = 11

Extent = tuple[int, int]  # Where a table lies in a file, and its bytes.


class _TableFile:
    """A file of tables, one behind the other."""

    def __init__(self, folder: Path | None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed with its owner
        weakref.finalize(self, self._file.close)

    def put(self, table: pa.Table) -> Extent:
        """Return where a table was put down."""
        at = self._file.seek(0, os.SEEK_END)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_stream(self._file, table.schema, options=options) as stream:
            stream.write_table(table, max_chunksize=_BATCH_ROWS)
        self._file.flush()
        return at, self._file.tell() - at

    def get(self, extent: Extent, columns: Sequence[str] | None = None) -> pa.Table:
        """Return a table, or some of its columns."""
        at, size = extent
        content = pa.py_buffer(os.pread(self._file.fileno(), size, at))
        if columns is None:
            return pa.ipc.open_stream(content).read_all()
        names = pa.ipc.open_stream(content).schema.names
        options = pa.ipc.IpcReadOptions(included_fields=[names.index(name) for name in columns])
        return pa.ipc.open_stream(content, options=options).read_all()


class Spool:
    """
    Tables of one schema in the order in which they came, put down once they are many.

    Args:
        folder: Where its file lies; None where other files for a while do.
        bound: Whether they are ever put down.
    """

    def __init__(self, folder: Path | None, *, bound: bool = True) -> None:
        self.bytes = 0
        self.folder = folder
        self._bound = bound
        self._held: list[pa.Table] = []
        self._held_bytes = 0
        self._file: _TableFile | None = None
        self._extents: list[Extent] = []

    @property
    def pieces(self) -> int:
        """Return into how many pieces all of it is to be divided."""
        return pieces_of(self.bytes) if self._bound else 1

    def add(self, table: pa.Table) -> None:
        """Add a table behind the others."""
        if not table.num_rows:
            return
        size = table.nbytes
        self._held.append(table)
        self._held_bytes += size
        self.bytes += size
        if self._bound and self._held_bytes > HELD_BYTES:
            self._put_down()

    def _put_down(self) -> None:
        self._file = self._file or _TableFile(self.folder)
        self._extents.append(self._file.put(pa.concat_tables(self._held)))
        self._held, self._held_bytes = [], 0

    def tables(self) -> Iterator[pa.Table]:
        """Yield the tables, several as one where they were put down."""
        for extent in self._extents:
            if self._file is not None:
                yield self._file.get(extent)
        yield from self._held

    def clear(self) -> None:
        """Forget the tables, and give their memory and their file back."""
        self._held, self._extents, self._file = [], [], None


class Divisions:
    """
    Tables whose rows are put down apart, each with those that it belongs to.

    Args:
        count: How many divisions there are.
        folder: Where their file lies.
    """

    def __init__(self, count: int, folder: Path | None) -> None:
        self.count, self.folder = count, folder
        self._file = _TableFile(folder)
        self._extents: list[list[Extent]] = [[] for _ in range(count)]

    def add(self, table: pa.Table, divisions: IntArray) -> None:
        """Put the rows of a table down, each in the division that is said of it."""
        order = np.argsort(divisions, kind="stable")
        ordered = table.unify_dictionaries().take(pa.array(order))
        sizes = np.bincount(divisions, minlength=self.count)
        for at, (end, size) in enumerate(zip(np.cumsum(sizes), sizes, strict=True)):
            if size:
                rows = _compact(ordered.slice(int(end - size), int(size)))
                self._extents[at].append(self._file.put(rows))

    def of(self, division: int, columns: Sequence[str] | None = None) -> pa.Table | None:
        """Return the rows of a division in the order in which they came; None where none did."""
        found = [self._file.get(extent, columns) for extent in self._extents[division]]
        return pa.concat_tables(found).unify_dictionaries() if found else None

    def each(self) -> Iterator[pa.Table]:
        """Yield the rows of one division after the other, of those that have any."""
        for division in range(self.count):
            found = self.of(division)
            if found is not None:
                yield found


def pieces_of(size: int) -> int:
    """Return into how many pieces tables of so many bytes are divided."""
    return max(1, -(-size // HELD_BYTES))


def division_of(rows: pa.Table, columns: Sequence[str], count: int) -> IntArray:
    """Return in which of some divisions each row is: rows with equal columns are in one."""
    found = hashes(rows, columns) % np.uint64(count)
    return found.astype(np.int64)


def hashes(rows: pa.Table, columns: Sequence[str]) -> np.ndarray:
    """Return a number for each row; where columns are equal numbers are."""
    frame = pl.DataFrame({name: pl.Series(rows[name]) for name in columns})
    return frame.hash_rows(seed=_SEED).to_numpy()


def _compact(table: pa.Table) -> pa.Table:
    """Return a table whose dictionaries hold what its rows use and no more."""
    columns = [
        values.cast(pa.string()).combine_chunks().dictionary_encode()
        if pa.types.is_dictionary(values.type)
        else values
        for values in table.itercolumns()
    ]
    return pa.table(columns, table.column_names)
