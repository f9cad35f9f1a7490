"""What every reader yields: some rows as columns of text, with the lines they stand on."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ingestion.characters import visible
from ingestion.errors import BadFile
from ingestion.fields.texts import trim
from ingestion.notes import Note

IntArray = npt.NDArray[np.int64]
# Bounds on hostile input: what a file may unpack to, and how much larger than itself.
UNPACKED_BYTES_MAX = 2 * 2**30
PARQUET_BYTES_MAX = 16 * 2**30  # Its columns are packed, but read in batches of rows.
UNPACKED_RATIO_MAX = 200
UNPACKED_BYTES_FREE = 64 * 2**20
COLUMNS_MAX = 1000
CELLS_MAX = 20_000_000  # Of one sheet: a million rows of twenty columns.
SHOWN_MAX = 200
LINE = "_line"


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that no reader can take apart, and why."""

    line: int
    value: str
    why: str
    column: str = ""  # Where one is to blame.
    reason: str = "unreadable"


@dataclass(frozen=True, slots=True)
class Chunk:
    """
    Rows of one file: the line each begins on and its cells as text.

    `share` is how much of the file is read with them, where the reader can tell.
    """

    lines: IntArray
    columns: Mapping[str, pa.Array]
    unread: tuple[Unread, ...] = field(default=())
    share: float = 1.0
    sheet: str = ""  # Of a workbook.
    header_line: int = 1
    epoch: dt.date | None = None  # Day zero of a workbook, for days kept as numbers.
    notes: tuple[Note, ...] = ()  # What of the file is not read.
    # Rows of another width than the header has: they are here as far as they fit.
    ragged: tuple[Unread, ...] = ()

    def __post_init__(self) -> None:
        """Raise `BadFile` when a column lacks a cell: lines and cells would drift apart."""
        for name, values in self.columns.items():
            if len(values) != len(self.lines):
                raise BadFile(
                    f"column {name}: {len(values)} cells in {len(self.lines)} rows, from line "
                    f"{self.lines[0] if len(self.lines) else 1} on"
                )

    @property
    def rows(self) -> pl.DataFrame:
        """Return the rows as a frame: text as it can be seen, null where blank, and their lines."""
        text = {name: pl.Series(trim(values)) for name, values in self.columns.items()}
        return pl.DataFrame({LINE: pl.Series(self.lines, dtype=pl.Int64), **text})


def check_unpacked(path: Path, unpacked: int, bytes_max: int = UNPACKED_BYTES_MAX) -> None:
    """Raise `BadFile` when a file unpacks to more than a file of facts ever would."""
    packed = max(1, path.stat().st_size)
    if unpacked > bytes_max:
        raise BadFile(f"{path.name}: unpacks to more than {bytes_max} bytes; refused as too large")
    if unpacked > UNPACKED_BYTES_FREE and unpacked > packed * UNPACKED_RATIO_MAX:
        raise BadFile(
            f"{path.name}: unpacks to more than {UNPACKED_RATIO_MAX} times its size; "
            "refused as too large"
        )


def check_header(path: Path, header: list[str], line: int = 1) -> list[str]:
    """
    Return the names of the columns, blank ones numbered.

    Raises:
        BadFile: The header is empty, names a column twice or has more columns than are read.
    """
    if len(header) > COLUMNS_MAX:
        raise BadFile(
            f"{path.name}: line {line}: the header has {len(header)} columns; "
            f"at most {COLUMNS_MAX} columns are read"
        )
    names = [visible(cell) or f"(column {at})" for at, cell in enumerate(header, start=1)]
    if not any(map(visible, header)):
        raise BadFile(f"{path.name}: line {line}: the file has no header")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadFile(f"{path.name}: line {line}: column {name!r} stands twice")
        seen.add(name)
    return names


def shown(raw: str) -> str:
    """Return a value short enough to show in a list of issues."""
    return raw if len(raw) <= SHOWN_MAX else raw[:SHOWN_MAX] + "…"
