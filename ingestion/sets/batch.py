"""What every set yields: some rows as columns of text, with the places they stand on."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ingestion.notes import Note
from ingestion.readers import Unread

LINE, AT = "_line", "_at"
FILE, SHEET, ROOT = "_file", "_sheet", "_root"
RESERVED = (LINE, AT, FILE, SHEET, ROOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    Some rows of a set, as they stand.

    The frame has the line of each row, which of the paths it is from, and one column for each
    header or field: text where cells are single ones, lists of texts where a field of a document
    may have several values. Blank is null.
    """

    frame: pl.DataFrame
    paths: tuple[Path, ...] = ()
    sheet: str = ""
    query: str = ""
    above: tuple[str, ...] = ()  # The lines above the header.
    header_lines: tuple[int, ...] = ()
    unread: tuple[Unread, ...] = ()
    repeated: tuple[int, ...] = ()  # Lines that hold the header again; they are not in the frame.
    ragged: tuple[Unread, ...] = ()  # Rows of another width than the header has; they are kept.
    epoch: dt.date | None = None  # Day zero of a workbook, for days kept as numbers.
    notes: tuple[Note, ...] = ()
    latest: str | None = None  # The largest value so far of the column that tells what is new.
    share: float = 1.0  # How much of the file is read with them.

    @property
    def path(self) -> Path | None:
        """Return the file that all rows are from; None where there are several or none."""
        return self.paths[0] if len(self.paths) == 1 else None

    @property
    def rows(self) -> int:
        """Return how many rows are counted, whatever becomes of them."""
        return self.frame.height + len(self.unread) + len(self.repeated)
