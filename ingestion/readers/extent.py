"""
How far the cells of a workbook reach, found without laying a sheet out.

A sheet is kept cell by cell, but read into a full rectangle: one cell at the far corner of a file
of a kilobyte asks for seventeen thousand million of them. What a sheet says of its own dimension
need not be true, so the cells themselves are looked at, in a stream.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ingestion.errors import BadFile
from ingestion.readers.chunk import CELLS_MAX, COLUMNS_MAX

BLOCK_BYTES = 2**20
TAG_BYTES_MAX = 2**16  # No tag of a cell is longer; a longer one is broken or meant to hurt.
# A cell with something in it: `<c r="B7"><v>…`; one that bears a style only ends in `/>`.
_CELL = rb"<(?:[A-Za-z]\w*:)?c\s(?:[^<>]*?\s)??r\s*=\s*[\"']\$?"
_COLUMN = re.compile(_CELL + rb"([A-Za-z]{1,7})\$?[0-9]+[\"'][^<>]*(?<!/)>")
_ROW = re.compile(_CELL + rb"[A-Za-z]{1,7}\$?([0-9]{1,10})[\"'][^<>]*(?<!/)>")
# A row that has cells may say where it stands in their place.
_ROWS = re.compile(
    rb"<(?:[A-Za-z]\w*:)?row\s(?:[^<>]*?\s)??r\s*=\s*[\"']([0-9]{1,10})[\"'][^<>]*(?<!/)>"
    rb"\s*<(?:[A-Za-z]\w*:)?c(?:\s(?![^<>]*\br\s*=)[^<>]*)?(?<!/)>"
)


def check_extent(path: Path, archive: zipfile.ZipFile) -> None:
    """
    Raise `BadFile` where a sheet reaches further than is read.

    Args:
        path: The workbook, for the message.
        archive: The same, opened.
    """
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        columns: set[bytes] = set()
        rows: set[bytes] = set()
        for block in tag_blocks(path, archive, entry):
            columns.update(_COLUMN.findall(block))
            rows.update(_ROW.findall(block))
            rows.update(_ROWS.findall(block))
        _check(path, entry.filename, columns, rows)


def _check(path: Path, part: str, columns: set[bytes], rows: set[bytes]) -> None:
    widest = max(columns, key=_number, default=b"")
    width, height = _number(widest), max(map(int, rows), default=0)
    if width > COLUMNS_MAX:
        raise BadFile(
            f"{path.name}: {Path(part).name} has a cell in column {widest.decode()}, "
            f"the {width}th; at most {COLUMNS_MAX} columns are read"
        )
    if width * height > CELLS_MAX:
        raise BadFile(
            f"{path.name}: {Path(part).name} reaches row {height} of {width} columns; "
            f"at most {CELLS_MAX} cells are read"
        )


def tag_blocks(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """
    Yield what a part unpacks to in blocks that end between two tags.

    Raises:
        BadFile: A tag never ends.
    """
    left = b""
    with archive.open(entry) as stream:
        while piece := stream.read(BLOCK_BYTES):
            block = left + piece
            cut = block.rfind(b"<")
            if cut < 0 or b">" in block[cut:]:
                cut = len(block)
            left = block[cut:]
            if len(left) > TAG_BYTES_MAX:
                raise BadFile(f"{path.name}: broken workbook: {entry.filename} has an endless tag")
            yield block[:cut]
    yield left


def _number(letters: bytes) -> int:
    """
    Return which column its letters name.

    Example:
        >>> _number(b"A"), _number(b"Z"), _number(b"AA"), _number(b"XFD")
        (1, 26, 27, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
