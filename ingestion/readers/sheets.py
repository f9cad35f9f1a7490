"""Excel and Parquet: typed cells, as text the way a CSV file would write them."""

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from graph.errors import InvalidInput
from ingestion.readers.chunk import LINE, Chunk, chunk

BYTES_MAX = 4 * 2**30
ROWS = 200_000


def read_excel(path: Path) -> Iterator[Chunk]:
    """
    Yield the rows of the first sheet.

    Raises:
        InvalidInput: The file is no workbook, is too large, or has no header.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > BYTES_MAX:
            raise InvalidInput(f"{path.name}: more than {BYTES_MAX} bytes unpacked")
        book = CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, CalamineError, OSError) as error:
        raise InvalidInput(f"{path.name}: not an Excel workbook: {error}") from error
    if not rows or not any(str(cell).strip() for cell in rows[0]):
        raise InvalidInput(f"{path.name}: the sheet is empty, line 1 must name the columns")
    header = [str(cell).strip() for cell in rows[0]]
    filled = [
        (line, [_text(cell) for cell in row])
        for line, row in enumerate(rows[1:], start=2)
        if any(str(cell).strip() for cell in row)
    ]
    yield Chunk(chunk(header, [row for _, row in filled], [line for line, _ in filled]))


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def read_parquet(path: Path) -> Iterator[Chunk]:
    """
    Yield the rows of a Parquet file; the first row is line 2, as if a header stood above it.

    Raises:
        InvalidInput: The file is no Parquet file.
    """
    try:
        with pq.ParquetFile(path) as opened:
            line = 2
            if opened.metadata.num_rows == 0:
                yield Chunk(_as_text(opened.schema_arrow.empty_table(), line))
            for batch in opened.iter_batches(batch_size=ROWS):
                yield Chunk(_as_text(pa.Table.from_batches([batch]), line))
                line += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"{path.name}: not a Parquet file: {error}") from error


def _as_text(table: pa.Table, line: int) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(table))
    lines = pl.Series(LINE, range(line, line + len(frame)), pl.Int64)
    text = [_column(frame[name]) for name in frame.columns]
    return pl.DataFrame([lines, *text])


def _column(values: pl.Series) -> pl.Series:
    if values.dtype == pl.Boolean:
        values = values.cast(pl.String)
    elif values.dtype.is_float():
        whole = values.round(0) == values
        as_whole = values.cast(pl.Int64, strict=False).cast(pl.String)
        plain = values.cast(pl.String)
        values = pl.select(pl.when(whole).then(as_whole).otherwise(plain)).to_series()
    elif values.dtype == pl.Datetime:
        values = values.dt.to_string("%Y-%m-%d %H:%M:%S")
    else:
        values = values.cast(pl.String)
    text = values.str.strip_chars()
    return pl.select(pl.when(text != "").then(text)).to_series().alias(values.name)
