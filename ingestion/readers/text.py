"""
CSV and tabbed text, plain or gzip, in UTF-8 (with or without a mark) or GB18030.

Read in bounded blocks.
A block whose quotes are well formed is cut into rows by `marks` and handed to Arrow; from the
first block that is not, the rest of the file goes row by row through Python's csv reader. Bytes
that are no text in the file's encoding set their row aside; they never become other characters.
"""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from ingestion.errors import BadFile
from ingestion.readers import encoding, quotes, strangers
from ingestion.readers.blocks import FIELD_MAX, TextCursor, chunk_of, cut, is_blank, other_width
from ingestion.readers.chunk import Chunk, Unread, check_header, check_unpacked, shown
from ingestion.readers.heads import HEAD_ROWS, Fits, TextTable, lay_out
from ingestion.readers.marks import mark

BLOCK_BYTES = 16 * 2**20
ROW_BYTES_MAX = 4 * BLOCK_BYTES
BATCH_ROWS = 100_000
HEAD_BYTES_MAX = 2**20
# A header that is asked for by name may stand further down.
SOUGHT_BYTES_MAX, SOUGHT_LINES_MAX = 4 * 2**20, 10_000
_GZIP = b"\x1f\x8b"
_HIGH = bytes(range(0x80, 0x100))
# What workbooks, archives, scans and web pages begin with.
_NO_TEXT = (b"pk\x03\x04", b"\xd0\xcf\x11\xe0", b"%pdf", b"par1", b"<html", b"<!doctype", b"<?xml",
            b"<table", b"rar!", b"7z\xbc\xaf")  # fmt: skip


def read(path: Path, fits: Fits | None = None) -> Iterator[Chunk]:
    """
    Yield the rows of a text file whose cells stand between commas or tabs.

    Args:
        path: The file.
        fits: Whether a row is the header of the table; without it the first row is.

    Raises:
        BadFile: Broken archive, no header, no known encoding, a quote that is never closed.
    """
    place = TextCursor(path)
    with opened(path) as (raw, stream):
        yield from _rows(place, _begin(place, pieces(place, raw, stream), fits))
    if place.header is None:
        raise BadFile(f"{path.name}: the file is empty")


def table(
    path: Path, find: Callable[[list[str]], TextTable], said: str | None = None
) -> Iterator[Chunk]:
    """
    Yield the rows of a text file below a header that is asked for.

    Text in UTF-16 is read too, a row may end before the last cells of the header, and blank cells
    may follow them.

    Args:
        path: The file.
        find: Returns where in the first lines the header is; raises `BadFile` where it is not.
        said: The encoding, where it need not be found out.

    Raises:
        BadFile: Broken archive, no such header, no known encoding, a quote that is never closed.
    """
    place = TextCursor(path)
    with opened(path) as (raw, stream):
        yield from _rows(
            place, _below(place, in_utf(place, pieces(place, raw, stream), said), find)
        )


def in_utf(place: TextCursor, pieces: Iterator[bytes], said: str | None) -> Iterator[bytes]:
    """Return the bytes of a text without its mark, in UTF-8 where they are in UTF-16."""
    start = _start(pieces)
    if wide := encoding.wide(place.path, start, said):
        place.encoding = encoding.UTF
        return encoding.narrowed(place.path, chain([start], pieces), wide)
    place.encoding = said
    start = encoding.without_mark(place.path, start)
    _check_text(place, start)
    return chain([start], pieces)


def _below(
    place: TextCursor, pieces: Iterator[bytes], find: Callable[[list[str]], TextTable]
) -> Iterator[bytes]:
    """Return the bytes below the header."""
    start = next(pieces, b"")
    lines = start[:SOUGHT_BYTES_MAX].splitlines(keepends=True)[:SOUGHT_LINES_MAX]
    name = place.encoding or _likely(lines)
    found = find([line.decode(name, "replace") for line in lines])
    place.header, place.header_line = list(found.names), found.skipped
    place.separator, place.named = found.separator, found.named
    place.line += found.skipped
    return _in_blocks(start[sum(map(len, lines[: found.skipped])) :], pieces)


def _rows(place: TextCursor, pieces: Iterator[bytes]) -> Iterator[Chunk]:
    """Yield the rows of a text that is known to be laid out in some way."""
    carry, last = next(pieces, b""), False
    while not last:
        piece = next(pieces, b"")
        last = not piece
        carry += piece
        # In GB18030 a bar may be the second byte of a character.
        slow = place.separator == "|" and place.encoding != encoding.UTF
        marks = None if slow else mark(carry, last=last, separator=place.separator)
        if marks is None:
            yield from _slowly(place, carry, pieces)
            break
        if marks.end == 0 and len(carry) > ROW_BYTES_MAX:
            raise BadFile(f"{place.path.name}: line {place.line}: a row longer than any may be")
        rows = cut(place, carry[: marks.end], marks)
        if rows is not None:
            yield rows
        carry = carry[marks.end :]


def _start(pieces: Iterator[bytes]) -> bytes:
    """Return so much of a text as tells how it is laid out."""
    start = next(pieces, b"")
    bytes_max = min(HEAD_BYTES_MAX, ROW_BYTES_MAX)
    while start.count(b"\n") <= HEAD_ROWS and len(start) < bytes_max:
        piece = next(pieces, b"")
        if not piece:
            break
        start += piece
    return start


def _check_text(place: TextCursor, start: bytes) -> None:
    if start.lstrip()[:16].lower().startswith(_NO_TEXT):
        raise BadFile(f"{place.path.name}: the ending does not fit what is in the file")


def _likely(lines: list[bytes]) -> str:
    """Return the encoding of the first lines, the last of which may be cut."""
    return encoding.UTF if encoding.decodes(b"".join(lines[:-1]), encoding.UTF) else encoding.GB


def _in_blocks(start: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    begun = (start[at : at + BLOCK_BYTES] for at in range(0, len(start), BLOCK_BYTES))
    return chain(begun, pieces)


def _begin(place: TextCursor, pieces: Iterator[bytes], fits: Fits | None) -> Iterator[bytes]:
    """Return the bytes of the table itself, once it is known how it is laid out."""
    start = encoding.without_mark(place.path, _start(pieces))
    _check_text(place, start)
    lines = start[:HEAD_BYTES_MAX].splitlines(keepends=True)[: 2 * HEAD_ROWS]
    try:
        layout = lay_out([line.decode(_likely(lines), "replace") for line in lines], fits)
    except (ValueError, csv.Error) as error:
        raise BadFile(f"{place.path.name}: line 1: {error}") from error
    place.separator = layout.separator
    place.header_line = 0 if layout.header is None else layout.header + 1
    place.line += layout.skipped
    return _in_blocks(start[sum(map(len, lines[: layout.skipped])) :], pieces)


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Open the file as it lies on disk, and what it unpacks to."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            if packed != path.name.lower().endswith(".gz"):
                raise BadFile(f"{path.name}: the ending does not fit what is in the file")
            if not packed:
                yield raw, raw
                return
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield raw, unpacked  # type: ignore[misc]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadFile(f"{path.name}: broken archive: {error}") from error


def pieces(place: TextCursor, raw: IO[bytes], stream: IO[bytes]) -> Iterator[bytes]:
    """Yield what a file unpacks to, in pieces, and say how much of it has been read."""
    size, packed, archive = 0, max(1, place.path.stat().st_size), raw is not stream
    while piece := stream.read(BLOCK_BYTES):
        size += len(piece)
        if archive:
            check_unpacked(place.path, size)
        place.share = min(1.0, raw.tell() / packed)
        yield piece


def _slowly(place: TextCursor, carry: bytes, pieces: Iterator[bytes]) -> Iterator[Chunk]:
    """Yield the rest of a file, row by row, where quotes stand in odd places."""
    whole = carry.rstrip(_HIGH)  # The last character may go on in the next piece.
    sample = carry if whole.isascii() else whole
    place.encoding = encoding.settle(place.path, place.encoding, sample) or "utf-8"
    rows = _TextRows()
    for line, row in _slow_rows(place, carry, pieces):
        if isinstance(row, str):
            rows.bad.append(Unread(line, "", row))
        elif line < place.header_line and place.header is None:
            place.above.append(line)
        elif place.header is None:
            place.header, place.header_line = check_header(place.path, row, line), line
        else:
            rows.add(place, line, row)
        if len(rows.lines) + len(rows.bad) >= BATCH_ROWS:
            yield rows.chunk(place)
            rows = _TextRows()
    if place.header is not None:
        yield rows.chunk(place)


@dataclass(slots=True)
class _TextRows:
    """Rows on their way into a batch."""

    lines: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    bad: list[Unread] = field(default_factory=list)
    ragged: list[Unread] = field(default_factory=list)

    def add(self, place: TextCursor, line: int, row: list[str]) -> None:
        """Keep a row, or why it cannot be read."""
        cells, ragged = place.fitted(row)
        why = _odd(place, cells)
        if ragged and len(row) > len(cells) and is_blank(cells):
            why = other_width(len(row), len(cells))
        if why:
            self.bad.append(Unread(line, _escaped(row), why))
            return
        self.lines.append(line)
        self.cells.append(cells)
        if ragged:
            why = other_width(len(row), len(cells))
            self.ragged.append(Unread(line, _escaped(row), why))

    def chunk(self, place: TextCursor) -> Chunk:
        """Return the batch."""
        header = place.header or []
        turned = zip(*self.cells, strict=True) if self.cells else [[] for _ in header]
        columns = {
            name: pa.array(list(column), pa.string())
            for name, column in zip(header, turned, strict=True)
        }
        lines = np.array(self.lines, np.int64)
        return chunk_of(place, lines, columns, unread=self.bad, ragged=self.ragged)


def _slow_rows(
    place: TextCursor, carry: bytes, pieces: Iterator[bytes]
) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each row with the line it begins on; a text instead of cells says what is wrong."""
    reader = csv.reader(
        _lines(place, carry, pieces),
        strict=True,
        delimiter=place.separator,
        skipinitialspace=True,  # A blank may stand between a comma and a quote.
    )
    csv.field_size_limit(FIELD_MAX)
    while True:
        line = place.line + reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error) or "field larger" in str(error):
                message = f"{place.path.name}: line {line}: a quote is opened and never closed"
                raise BadFile(message) from error
            # A quote that is not closed in its line takes the next ones along.
            yield from ((at, str(error)) for at in range(line, place.line + reader.line_num))
        else:
            if row and (place.header is None or "".join(row).strip(" \t\x1a")):
                yield line, row


def _odd(place: TextCursor, row: list[str]) -> str | None:
    width = len(place.header or row)
    if len(row) != width:
        return other_width(len(row), width)
    text = "".join(row)
    if "\0" in text:
        return "holds a NUL byte"
    if any("\ud800" <= c <= "\udfff" for c in text):
        return f"is not {place.encoding} text"
    return strangers.why_strange(text.encode(place.encoding or "ascii"), place.encoding)


def _escaped(row: list[str]) -> str:
    return shown(",".join(row).encode("utf-8", "backslashreplace").decode())


def _lines(place: TextCursor, carry: bytes, pieces: Iterator[bytes]) -> Iterator[str]:
    name = place.encoding or "utf-8"
    while True:
        piece = next(pieces, b"")
        carry += piece
        held = b"\r" if piece and carry.endswith(b"\r") else b""
        found = carry[: len(carry) - len(held)].splitlines(keepends=True)
        whole = not piece or (bool(found) and found[-1].endswith((b"\n", b"\r")))
        carry = held if whole else (found.pop() if found else b"") + held
        if len(carry) > ROW_BYTES_MAX:
            raise BadFile(f"{place.path.name}: line {place.line}: a line longer than any may be")
        for line in found:
            yield quotes.freed(line.decode(name, "surrogateescape"), place.separator)
        if not piece:
            return
