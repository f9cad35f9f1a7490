"""CSV with a header, in UTF-8 with or without a mark, or in GB18030, plain or in a gzip."""

import contextlib
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from graph.errors import InvalidInput
from ingestion.readers.chunk import Chunk, Unread, chunk

ROWS = 200_000
CELL_MAX = 1_000_000
BYTES_MAX = 32 * 2**30
BLOCK = 2**20
ENCODINGS = ("utf-8-sig", "gb18030")


def read_csv(path: Path) -> Iterator[Chunk]:
    """
    Yield the rows of a CSV file.

    Raises:
        InvalidInput: The file is broken, in no known encoding, empty, or has two equal headers.
    """
    with _refusing(path):
        encoding = _encoding(path)
        with _open(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
            yield from _chunks(path, text)


def _chunks(path: Path, text: TextIO) -> Iterator[Chunk]:
    limit = csv.field_size_limit(CELL_MAX)
    try:
        reader = csv.reader(text)
        header = _header(path, next(reader, None))
        rows: list[list[str]] = []
        lines: list[int] = []
        unread: list[Unread] = []
        line = reader.line_num + 1
        for row in reader:
            why = _wrong(row, len(header))
            if why:
                unread.append(Unread(line, why))
            elif row:
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
            if len(rows) >= ROWS:
                yield Chunk(chunk(header, rows, lines), tuple(unread))
                rows, lines, unread = [], [], []
        yield Chunk(chunk(header, rows, lines), tuple(unread))
    finally:
        csv.field_size_limit(limit)


def _wrong(row: list[str], width: int) -> str | None:
    if row and len(row) != width:
        return f"{len(row)} cells where the header has {width}"
    if any("\x00" in cell for cell in row):
        return "a NUL character"
    return None


def _header(path: Path, row: list[str] | None) -> list[str]:
    if row is None or not any(cell.strip() for cell in row):
        raise InvalidInput(f"{path.name}: the file is empty, line 1 must name the columns")
    header = [cell.strip() for cell in row]
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise InvalidInput(f"{path.name}, line 1: column {doubled[0]!r} stands twice")
    return header


def _encoding(path: Path) -> str:
    """Return the first encoding in which every byte of the file has a meaning."""
    for encoding in ENCODINGS:
        if _decodes(path, encoding):
            return encoding
    raise InvalidInput(f"{path.name}: neither UTF-8 nor GB18030")


def _decodes(path: Path, encoding: str) -> bool:
    read = 0
    with _open(path) as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        try:
            while block := text.read(BLOCK):
                read += len(block)
                if read > BYTES_MAX:
                    raise InvalidInput(f"{path.name}: more than {BYTES_MAX} characters")
        except UnicodeDecodeError:
            return False
    return True


def _open(path: Path) -> BinaryIO:
    if path.name.lower().endswith(".gz"):
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn what is broken in a file into a refusal that names the file."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidInput(f"{path.name}: a broken archive: {error}") from error
    except csv.Error as error:
        raise InvalidInput(f"{path.name}: not a CSV file: {error}") from error
    except OSError as error:
        raise InvalidInput(f"{path.name}: cannot be read: {error.strerror}") from error


csv.field_size_limit(min(sys.maxsize, CELL_MAX))
