"""XLSX: the first sheet of a workbook, cell by cell, through calamine."""

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from ingestion.errors import BadFile
from ingestion.readers.chunk import Chunk, Unread, check_header, check_unpacked, shown
from ingestion.readers.extent import check_extent

BATCH_ROWS = 50_000
_WHOLE_MAX = 1e15  # Up to here a float holds every whole number that Excel can show.


def read(path: Path) -> Iterator[Chunk]:
    """
    Yield the rows of the workbook's first sheet; the first row that is not blank is the header.

    Raises:
        BadFile: The workbook is broken, empty or unpacks to too much.
    """
    rows = _cells(path)
    header: list[str] | None = None
    lines: list[int] = []
    cells: list[list[str]] = []
    bad: list[Unread] = []
    for line, row in enumerate(rows, start=1):
        texts = [_text(cell) for cell in row]
        if not any(texts):
            continue
        if header is None:
            header = check_header(path, texts)
        elif "\0" in "".join(texts):
            bad.append(Unread(line, shown(",".join(texts)), "holds a NUL byte"))
        else:
            lines.append(line)
            cells.append(texts)
        if len(lines) >= BATCH_ROWS:
            yield _batch(header, lines, cells, bad)
            lines, cells, bad = [], [], []
    if header is None:
        raise BadFile(f"{path.name}: the file is empty")
    yield _batch(header, lines, cells, bad)


def _cells(path: Path) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            check_unpacked(path, sum(entry.file_size for entry in archive.infolist()))
            check_extent(path, archive)
        book = CalamineWorkbook.from_path(str(path))
        return book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, zlib.error, CalamineError, RuntimeError, OSError) as error:
        raise BadFile(f"{path.name}: broken workbook: {error}") from error


def _text(cell: object) -> str:
    """Return a cell as one would type it; Excel itself holds 15 significant digits."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < _WHOLE_MAX else f"{cell:.15g}"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return str(cell).strip()


def _batch(header: list[str], lines: list[int], cells: list[list[str]], bad: list[Unread]) -> Chunk:
    columns = list(zip(*cells, strict=True)) if cells else [() for _ in header]
    return Chunk(
        lines=np.array(lines, np.int64),
        columns={
            name: pa.array(list(column), pa.string())
            for name, column in zip(header, columns, strict=True)
        },
        unread=tuple(bad),
    )
