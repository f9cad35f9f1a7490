"""A block of text as rows of cells: cut by its marks, laid out by Arrow."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingestion.characters import visible
from ingestion.errors import BadFile
from ingestion.readers import encoding, strangers
from ingestion.readers.chunk import Chunk, IntArray, Unread, check_header, shown
from ingestion.readers.heads import told_above
from ingestion.readers.marks import Marks

FIELD_MAX = 1_000_000
_MARK = b"\xef\xbb\xbf"
_NOTHING = b" \t,\x1a"  # The last ended a file once.


@dataclass(slots=True)
class TextCursor:
    """How far a file has been read, and what its first rows have told."""

    path: Path
    line: int = 1
    share: float = 0.0
    encoding: str | None = None
    header: list[str] | None = None
    header_line: int = 0  # Rows above stand over the table; 0: the first row is the header.
    separator: str = ","
    above: list[int] = field(default_factory=list)
    # Cells up to the last name of a header that is asked for: such a table may have rows that end
    # earlier or later. None: a row has as many cells as the header.
    named: int | None = None

    def fitted(self, cells: list[str]) -> tuple[list[str], bool]:
        """Return a row with as many cells as the header, and whether one lacks or is too many."""
        width = len(self.header or cells)
        if self.named is None:
            return cells, False
        ragged = len(cells) < self.named or any(map(str.strip, cells[width:]))
        return cells[:width] + [""] * (width - len(cells)), ragged


def cut(place: TextCursor, block: bytes, marks: Marks) -> Chunk | None:
    """Return the rows of a block; None before there is a header."""
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
    bad, mended, ragged = _of_other_width(place, block, marks, filled)
    text = encoding.decoded(block, place.encoding)
    bad.update(_spoiled(place, block, marks, np.flatnonzero(filled), text))
    good = filled.copy()
    good[list(bad)] = False
    unread = [
        Unread(int(lines[row]), _raw(place, block, marks, row), bad[row]) for row in sorted(bad)
    ]
    if place.encoding == encoding.GB and text is not None and good.all() and not mended:
        raw = text.encode()
    else:
        raw = _in_utf(place, _joined(block, marks, good, mended))
    columns = _columns(place, raw, quoted=marks.quoted)
    kept = [
        Unread(int(lines[row]), _raw(place, block, marks, row), ragged[row])
        for row in ragged
        if good[row]
    ]
    return chunk_of(place, lines[good], columns, unread=unread, ragged=kept)


def _of_other_width(
    place: TextCursor, block: bytes, marks: Marks, filled: np.ndarray
) -> tuple[dict[int, str], dict[int, bytes], dict[int, str]]:
    """
    Return the rows of another width than the header has.

    Returns:
        Those that are not read, those that are made to fit, and what is wrong with some of these.
    """
    width = len(place.header or ())
    bad: dict[int, str] = {}
    mended: dict[int, bytes] = {}
    ragged: dict[int, str] = {}
    separator = place.separator.encode()
    sign = re.escape(separator)
    for row in np.flatnonzero(filled & (marks.fields != width)).tolist():
        raw = block[marks.starts[row] : marks.stops[row]]
        count = int(marks.fields[row])
        # Where the table has one column, what is left of blank cells would be no line at all.
        filled[row] = bool(raw.strip(_NOTHING + separator + (b'"' if place.named else b"")))
        if not filled[row]:
            continue
        if place.named is None or len(raw) > FIELD_MAX:
            bad[row] = other_width(count, width)
        elif count < width:
            mended[row] = raw + separator * (width - count)
            if count < place.named:
                ragged[row] = other_width(count, width)
        elif behind := re.search(rb"(?:%b *(?:\"\")? *){%d}\Z" % (sign, count - width), raw):
            mended[row] = raw[: behind.start()]
        else:
            cells = _cells(place, raw)[:width]
            why = other_width(count, width)
            (bad if is_blank(cells) else ragged)[row] = why
            mended[row] = _line(place, cells)
    return bad, mended, ragged


def _cells(place: TextCursor, raw: bytes) -> list[str]:
    csv.field_size_limit(FIELD_MAX)
    text = io.StringIO(raw.decode(place.encoding or "utf-8", "replace"), newline="")
    return next(csv.reader(text, delimiter=place.separator, skipinitialspace=True))


def _line(place: TextCursor, cells: list[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=place.separator, lineterminator="").writerow(cells)
    return written.getvalue().encode(place.encoding or "utf-8")


def is_blank(cells: list[str]) -> bool:
    """Return whether nothing stands in some cells."""
    return not any(visible(cell).strip('="') for cell in cells)


def other_width(cells: int, width: int) -> str:
    """Return what is wrong with a row that has more or fewer cells than the header."""
    return f"{cells} cells where the header has {width}"


def chunk_of(
    place: TextCursor,
    lines: IntArray,
    columns: dict[str, pa.Array],
    *,
    unread: list[Unread],
    ragged: list[Unread],
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
        ragged=tuple(ragged),
    )


def _spoiled(
    place: TextCursor, block: bytes, marks: Marks, rows: np.ndarray, text: str | None
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
    place: TextCursor, block: bytes, marks: Marks, rows: np.ndarray, text: str | None
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


def _why_strange(place: TextCursor, raw: bytes) -> str | None:
    if not encoding.decodes(raw, place.encoding):
        return f"is not {place.encoding} text"
    return strangers.why_strange(raw, place.encoding)


def _raw(place: TextCursor, block: bytes, marks: Marks, row: int) -> str:
    raw = block[marks.starts[row] : marks.stops[row]]
    return shown(raw.decode(place.encoding or "utf-8", "backslashreplace"))


def _header(place: TextCursor, line: int, raw: bytes) -> list[str]:
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


def _joined(block: bytes, marks: Marks, good: np.ndarray, mended: Mapping[int, bytes]) -> bytes:
    """Return the good rows alone, in one piece where nothing is left out between them."""
    rows = np.flatnonzero(good)
    if not len(rows):
        return b""
    if mended:
        whole = (
            mended.get(row) or block[marks.starts[row] : marks.stops[row]] for row in rows.tolist()
        )
        return b"\n".join(whole) + b"\n"
    gaps = np.flatnonzero(np.diff(rows) > 1)
    firsts = rows[np.concatenate([[0], gaps + 1])]
    lasts = rows[np.append(gaps, len(rows) - 1)]
    runs = zip(marks.starts[firsts], marks.stops[lasts], strict=True)
    return b"\n".join(block[start:stop] for start, stop in runs) + b"\n"


def _in_utf(place: TextCursor, raw: bytes) -> bytes:
    return raw.decode(encoding.GB).encode() if place.encoding == encoding.GB else raw


def _columns(place: TextCursor, raw: bytes, *, quoted: bool) -> dict[str, pa.Array]:
    header = place.header or []
    if not raw:
        return {name: pa.array([], pa.string()) for name in header}
    if raw.startswith(_MARK):
        raw = _MARK + raw  # Arrow takes one off, and a row that is nothing else would be none.
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
