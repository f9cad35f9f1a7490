"""The list of rows that were set aside, as a file that a person can open."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from ingestion.collect import File
from ingestion.readers.chunk import IntArray
from ingestion.spool import Divisions, Spool

_ORDER = ("file", "line", "column", "value", "reason")
_SAMPLE = 100  # Of so many rows one tells how they lie in the files.
_NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)?$"


def write(path: Path, files: Sequence[File], issues: Sequence[Spool]) -> None:
    """
    Write one row for each row set aside: file, line, column, value, reason, in file order.

    A value that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    names = pl.Series("file", [file.place for file in files], pl.String)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write((",".join(_ORDER) + "\n").encode())
        for told in _in_order(issues):
            told.select(
                names.gather(told["file"]),
                pl.col("line"),
                _safe("column"),
                _safe("value"),
                pl.col("reason"),
            ).write_csv(stream, include_header=False)


def _in_order(issues: Sequence[Spool]) -> Iterator[pl.DataFrame]:
    """Yield the rows by file and line, as many at a time as memory holds."""
    count = sum(spool.pieces for spool in issues if spool.bytes)
    if count <= len(issues):
        frames = [_frame(table) for spool in issues for table in spool.tables()]
        if frames:
            yield pl.concat(frames).sort(_ORDER)
        return
    sample = [_places(table)[::_SAMPLE] for spool in issues for table in spool.tables()]
    places = np.sort(np.concatenate(sample))
    ends = places[len(places) * np.arange(1, count) // count]
    spans = Divisions(count, issues[0].folder)
    for spool in issues:
        for table in spool.tables():
            spans.add(table, np.searchsorted(ends, _places(table), side="right"))
    for found in spans.each():
        yield _frame(found).sort(_ORDER)


def _places(issues: pa.Table) -> IntArray:
    """Return a number for each row that stands for its file and line."""
    file, line = (issues[name].to_numpy().astype(np.int64) for name in ("file", "line"))
    places: IntArray = (file << 32) + line
    return places


def _frame(issue: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(issue)
    if not isinstance(frame, pl.DataFrame):  # polars types a table as frame or series.
        raise TypeError("a table of issues gave no frame")
    return frame


def _safe(name: str) -> pl.Expr:
    text = pl.col(name).fill_null("")
    starts = text.str.contains(r"^[=+\-@\t\r]") & ~text.str.contains(_NUMBER)
    return pl.when(starts).then(pl.lit("'") + text).otherwise(text).alias(name)
