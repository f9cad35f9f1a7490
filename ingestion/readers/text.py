"""
CSV and tabbed text, plain or gzip, in UTF-8 (with or without a mark) or GB18030.

Read in bounded blocks.
A block whose quotes are well formed is cut into rows by `marks` and handed to Arrow; from the
first block that is not, the rest of the file goes row by row through Python's csv reader. Bytes
that are no text in the file's encoding set their row aside; they never become other characters.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingestion.errors import BadFile
from ingestion.readers import encoding, quotes, strangers
from ingestion.readers.chunk import (
    Chunk,
    IntArray,
    Unread,
    check_header,
    check_unpacked,
    shown,
)
from ingestion.readers.heads import HEAD_ROWS, Fits, lay_out, told_above
from ingestion.readers.marks import Marks, mark

BLOCK_BYTES = 16 * 2**20
ROW_BYTES_MAX = 4 * BLOCK_BYTES
BATCH_ROWS = 100_000
FIELD_MAX = 1_000_000
HEAD_BYTES_MAX = 2**20
_GZIP = b"\x1f\x8b"
_HIGH = bytes(range(0x80, 0x100))
_NOTHING = b" \t,\x1a"  # The last ended a file once.
# What workbooks, archives, scans and web pages begin with.
_NO_TEXT = (b"pk\x03\x04", b"\xd0\xcf\x11\xe0", b"%pdf", b"par1", b"<html", b"<!doctype", b"<?xml",
            b"<table", b"rar!", b"7z\xbc\xaf")  # fmt: skip


@dataclass(slots=True)
class _Cursor:
    """How far a file has been read, and what its first rows have told."""

    path: Path
    line: int = 1
    share: float = 0.0
    encoding: str | None = None
    header: list[str] | None = None
    header_line: int = 0  # Rows above stand over the table; 0: the first row is the header.
    separator: str = ","
    above: list[int] = field(default_factory=list)


def read(path: Path, fits: Fits | None = None) -> Iterator[Chunk]:
    """
    Yield the rows of a text file whose cells stand between commas or tabs.

    Args:
        path: The file.
        fits: Whether a row is the header of the table; without it the first row is.

    Raises:
        BadFile: Broken archive, no header, no known encoding, a quote that is never closed.
    """
    place = _Cursor(path)
    with _opened(path) as (raw, stream):
        pieces = _pieces(place, raw, stream)
        pieces = _begin(place, pieces, fits)
        carry, last = next(pieces, b""), False
        while not last:
            piece = next(pieces, b"")
            last = not piece
            carry += piece
            marks = mark(carry, last=last, separator=place.separator)
            if marks is None:
                yield from _slowly(place, carry, pieces)
                break
            if marks.end == 0 and len(carry) > ROW_BYTES_MAX:
                raise BadFile(f"{path.name}: line {place.line}: a row longer than any may be")
            rows = _block(place, carry[: marks.end], marks)
            if rows is not None:
                yield rows
            carry = carry[marks.end :]
    if place.header is None:
        raise BadFile(f"{path.name}: the file is empty")


def _begin(place: _Cursor, pieces: Iterator[bytes], fits: Fits | None) -> Iterator[bytes]:
    """Return the bytes of the table itself, once it is known how it is laid out."""
    start = next(pieces, b"")
    bytes_max = min(HEAD_BYTES_MAX, ROW_BYTES_MAX)
    while start.count(b"\n") <= HEAD_ROWS and len(start) < bytes_max:
        piece = next(pieces, b"")
        if not piece:
            break
        start += piece
    start = encoding.without_mark(place.path, start)
    if start.lstrip()[:16].lower().startswith(_NO_TEXT):
        raise BadFile(f"{place.path.name}: the ending does not fit what is in the file")
    lines = start[:HEAD_BYTES_MAX].splitlines(keepends=True)[: 2 * HEAD_ROWS]
    name = encoding.UTF if encoding.decodes(b"".join(lines[:-1]), encoding.UTF) else encoding.GB
    try:
        layout = lay_out([line.decode(name, "replace") for line in lines], fits)
    except (ValueError, csv.Error) as error:
        raise BadFile(f"{place.path.name}: line 1: {error}") from error
    place.separator = layout.separator
    place.header_line = 0 if layout.header is None else layout.header + 1
    place.line += layout.skipped
    start = start[sum(map(len, lines[: layout.skipped])) :]
    begun = (start[at : at + BLOCK_BYTES] for at in range(0, len(start), BLOCK_BYTES))
    return chain(begun, pieces)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
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


def _pieces(place: _Cursor, raw: IO[bytes], stream: IO[bytes]) -> Iterator[bytes]:
    size, packed = 0, max(1, place.path.stat().st_size)
    while piece := stream.read(BLOCK_BYTES):
        size += len(piece)
        check_unpacked(place.path, size)
        place.share = min(1.0, raw.tell() / packed)
        yield piece


def _block(place: _Cursor, block: bytes, marks: Marks) -> Chunk | None:
    place.encoding = encoding.settle(place.path, place.encoding, block)
    filled = marks.stops > marks.starts
    lines = place.line + np.searchsorted(marks.breaks, marks.starts)
    place.line += int(np.searchsorted(marks.breaks, marks.end))
    if place.header is None:
        over = filled & (lines < place.header_line)
        place.above += lines[over].tolist()
        filled &= ~over
    if place.header is None and filled.any():
        first = int(np.flatnonzero(filled)[0])
        raw = block[marks.starts[first] : marks.stops[first]]
        place.header = _header(place, int(lines[first]), raw)
        filled[first] = False
    if place.header is None:
        return None
    bad: dict[int, str] = {}
    for row in np.flatnonzero(filled & (marks.fields != len(place.header))):
        filled[row] = bool(block[marks.starts[row] : marks.stops[row]].strip(_NOTHING))
        if filled[row]:
            bad[int(row)] = f"{marks.fields[row]} cells where the header has {len(place.header)}"
    text = encoding.decoded(block, place.encoding)
    bad.update(_spoiled(place, block, marks, np.flatnonzero(filled), text))
    good = filled.copy()
    good[list(bad)] = False
    unread = [
        Unread(int(lines[row]), _raw(place, block, marks, row), bad[row]) for row in sorted(bad)
    ]
    if place.encoding == encoding.GB and text is not None and good.all():
        raw = text.encode()
    else:
        raw = _in_utf(place, _joined(block, marks, good))
    columns = _columns(place, raw, quoted=marks.quoted)
    return _chunk(place, lines[good], columns, unread)


def _chunk(
    place: _Cursor, lines: IntArray, columns: dict[str, pa.Array], unread: list[Unread]
) -> Chunk:
    """Return a batch without the rows whose every cell is blank, as blank lines are left out."""
    blank = np.ones(len(lines), bool)
    for cells in columns.values():
        if not blank.any():
            break
        blank &= np.asarray(pc.equal(pc.binary_length(cells), 0)).astype(bool)
    if blank.any():
        kept = pa.array(~blank)
        lines = lines[~blank]
        columns = {name: cells.filter(kept) for name, cells in columns.items()}
    return Chunk(
        lines=lines,
        columns=columns,
        unread=tuple(unread),
        share=place.share,
        header_line=place.header_line,
        notes=tuple(told_above(place.above)),
    )


def _spoiled(
    place: _Cursor, block: bytes, marks: Marks, rows: np.ndarray, text: str | None
) -> dict[int, str]:
    """Return the rows with a NUL, an overlong field or bytes that are no text."""
    found: dict[int, str] = {}
    for row in rows[(marks.stops - marks.starts)[rows] > FIELD_MAX]:
        found[int(row)] = "longer than a row may be"
    if b"\0" in block:
        nuls = np.flatnonzero(np.frombuffer(block, np.uint8) == 0)
        for row in np.unique(np.searchsorted(marks.starts, nuls, side="right") - 1):
            found[int(row)] = "holds a NUL byte"
    found |= _strange(place, block, marks, rows, text)
    wanted = set(rows.tolist())
    return {row: why for row, why in found.items() if row in wanted}


def _strange(
    place: _Cursor, block: bytes, marks: Marks, rows: np.ndarray, text: str | None
) -> dict[int, str]:
    """Return the rows that are no text in the file's encoding, or most likely text in another."""
    if text is not None:
        places = strangers.suspects(block, text, place.encoding)
        if not len(places):
            return {}
        rows = np.intersect1d(rows, np.searchsorted(marks.starts, places, side="right") - 1)
    found: dict[int, str] = {}
    for row in rows:
        why = _why_strange(place, block[marks.starts[row] : marks.stops[row]])
        if why is not None:
            found[int(row)] = why
    return found


def _why_strange(place: _Cursor, raw: bytes) -> str | None:
    if not encoding.decodes(raw, place.encoding):
        return f"is not {place.encoding} text"
    return strangers.why_strange(raw, place.encoding)


def _raw(place: _Cursor, block: bytes, marks: Marks, row: int) -> str:
    raw = block[marks.starts[row] : marks.stops[row]]
    return shown(raw.decode(place.encoding or "utf-8", "backslashreplace"))


def _header(place: _Cursor, line: int, raw: bytes) -> list[str]:
    name = place.encoding or "utf-8"
    if b"\0" in raw:
        raise BadFile(
            f"{place.path.name}: line {line}: NUL bytes: UTF-16 is not read; save the file as UTF-8"
        )
    if not encoding.decodes(raw, name):
        raise BadFile(f"{place.path.name}: line {line}: the header is not {name} text")
    rows = csv.reader([raw.decode(name)], delimiter=place.separator, skipinitialspace=True)
    place.header_line = line
    return check_header(place.path, next(rows, []), line)


def _joined(block: bytes, marks: Marks, good: np.ndarray) -> bytes:
    """Return the good rows alone, in one piece where nothing is left out between them."""
    rows = np.flatnonzero(good)
    if not len(rows):
        return b""
    gaps = np.flatnonzero(np.diff(rows) > 1)
    firsts = rows[np.concatenate([[0], gaps + 1])]
    lasts = rows[np.append(gaps, len(rows) - 1)]
    runs = zip(marks.starts[firsts], marks.stops[lasts], strict=True)
    return b"\n".join(block[start:stop] for start, stop in runs) + b"\n"


def _in_utf(place: _Cursor, raw: bytes) -> bytes:
    return raw.decode(encoding.GB).encode() if place.encoding == encoding.GB else raw


def _columns(place: _Cursor, raw: bytes, *, quoted: bool) -> dict[str, pa.Array]:
    header = place.header or []
    if not raw:
        return {name: pa.array([], pa.string()) for name in header}
    if not quoted and b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    table = pyarrow.csv.read_csv(
        io.BytesIO(raw),
        read_options=pyarrow.csv.ReadOptions(column_names=header, block_size=len(raw) + 1),
        parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=quoted, delimiter=place.separator
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    )
    return {name: table.column(name).combine_chunks() for name in header}


def _slowly(place: _Cursor, carry: bytes, pieces: Iterator[bytes]) -> Iterator[Chunk]:
    """Yield the rest of a file, row by row, where quotes stand in odd places."""
    whole = carry.rstrip(_HIGH)  # The last character may go on in the next piece.
    sample = carry if whole.isascii() else whole
    place.encoding = encoding.settle(place.path, place.encoding, sample) or "utf-8"
    lines: list[int] = []
    cells: list[list[str]] = []
    bad: list[Unread] = []
    for line, row in _slow_rows(place, carry, pieces):
        if isinstance(row, str):
            bad.append(Unread(line, "", row))
        elif line < place.header_line and place.header is None:
            place.above.append(line)
        elif place.header is None:
            place.header, place.header_line = check_header(place.path, row, line), line
        elif why := _odd(place, row):
            bad.append(Unread(line, _escaped(row), why))
        else:
            lines.append(line)
            cells.append(row)
        if len(lines) + len(bad) >= BATCH_ROWS:
            yield _batch(place, lines, cells, bad)
            lines, cells, bad = [], [], []
    if place.header is not None:
        yield _batch(place, lines, cells, bad)


def _slow_rows(
    place: _Cursor, carry: bytes, pieces: Iterator[bytes]
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


def _odd(place: _Cursor, row: list[str]) -> str | None:
    width = len(place.header or row)
    if len(row) != width:
        return f"{len(row)} cells where the header has {width}"
    text = "".join(row)
    if "\0" in text:
        return "holds a NUL byte"
    if any("\ud800" <= c <= "\udfff" for c in text):
        return f"is not {place.encoding} text"
    return strangers.why_strange(text.encode(place.encoding or "ascii"), place.encoding)


def _escaped(row: list[str]) -> str:
    return shown(",".join(row).encode("utf-8", "backslashreplace").decode())


def _batch(place: _Cursor, lines: list[int], cells: list[list[str]], bad: list[Unread]) -> Chunk:
    header = place.header or []
    turned = zip(*cells, strict=True) if cells else [[] for _ in header]
    columns = {
        name: pa.array(list(column), pa.string())
        for name, column in zip(header, turned, strict=True)
    }
    return _chunk(place, np.array(lines, np.int64), columns, bad)


def _lines(place: _Cursor, carry: bytes, pieces: Iterator[bytes]) -> Iterator[str]:
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
