"""The list of rows that were set aside, as a file that a person can open."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa

from ingestion.collect import File

_NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)?$"


def write(path: Path, files: Sequence[File], issues: Sequence[pa.Table]) -> None:
    """
    Write one row for each row set aside: file, line, column, value, reason, in file order.

    A value that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    names = [file.place for file in files]
    kinds: dict[str, type[pl.DataType]] = {"file": pl.Int32, "line": pl.Int32}
    kinds |= dict.fromkeys(("column", "value", "reason"), pl.String)
    empty = pl.DataFrame(schema=kinds)
    told = pl.concat([empty, *(_frame(issue) for issue in issues)]).sort("file", "line")
    path.parent.mkdir(parents=True, exist_ok=True)
    told.select(
        pl.col("file").replace_strict(dict(enumerate(names)), return_dtype=pl.String),
        pl.col("line"),
        _safe("column"),
        _safe("value"),
        pl.col("reason"),
    ).write_csv(path)


def _frame(issue: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(issue)
    if not isinstance(frame, pl.DataFrame):  # polars types a table as frame or series.
        raise TypeError("a table of issues gave no frame")
    return frame


def _safe(name: str) -> pl.Expr:
    text = pl.col(name).fill_null("")
    starts = text.str.contains(r"^[=+\-@\t\r]") & ~text.str.contains(_NUMBER)
    return pl.when(starts).then(pl.lit("'") + text).otherwise(text).alias(name)
