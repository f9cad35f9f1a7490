"""
Confirming many at once: chosen from a list or named by a file, looked at, then all or none.

What a confirmation would do is told before the click: what it takes of the core's limit, for whom,
and whether a second person of the core has to approve it.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from app.books.ledger.reading import AccountSeen, one_account
from app.chain.receivables import acts, repository
from app.chain.receivables.files import of_version
from app.chain.receivables.schemas import NUMBERS_MAX
from app.chain.receivables.service import Row, terms_now
from app.data.imports.service import Upload
from app.platform.deps import Resources
from app.platform.web.broken import broken, unread
from app.platform.web.unfit import UnfitField, UnfitFile
from ingestion.errors import BadFile
from ingestion.readers import read, stem
from ingestion.readers.chunk import Chunk

HEADS = frozenset(
    (
        "number",
        "receivable",
        "编号",
        "单号",
        "单据编号",
        "应收账款编号",
        "应付单号",
        "发票号码",
        "凭证编号",
    )
)
Line = TypeVar("Line")
BYTES_MAX = 8 * 2**20
PART_BYTES = 2**20
ABSENT, TWICE, FACE = "absent", "twice", "face_fen"


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A receivable that somebody named, and the line of the file where; 0 where it was chosen."""

    number: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Unconfirmable:
    """A receivable that cannot be confirmed: its state, `absent`, or `twice`."""

    named: NumberedLine
    why: str


@dataclass(frozen=True, slots=True)
class ConfirmationPreview:
    """What confirming would do now: rows that can be, others and why, and the core's account."""

    rows: Sequence[Row]
    refused: Sequence[Unconfirmable]
    account: AccountSeen | None
    two_from_fen: int

    @property
    def sum_fen(self) -> int:
        """Return what is confirmed together."""
        return sum(acts.face(row) for row in self.rows)

    @property
    def available_fen(self) -> int:
        """Return what is left of the core's account before."""
        return self.account.available if self.account else 0

    @property
    def needs_two(self) -> bool:
        """Return whether a second person of the core approves it."""
        return self.sum_fen >= self.two_from_fen

    @property
    def can_be_done(self) -> bool:
        """Return whether it would be done: all of it, and within the account."""
        return bool(self.rows) and not self.refused and self.sum_fen <= self.available_fen

    @property
    def by_creditor(self) -> Mapping[str, tuple[int, int]]:
        """Return how many are confirmed for whom, and how much, the largest first."""
        found: dict[str, tuple[int, int]] = {}
        for row in self.rows:
            count, fen = found.get(row["creditor"], (0, 0))
            found[row["creditor"]] = (count + 1, fen + acts.face(row))
        return dict(sorted(found.items(), key=lambda each: (-each[1][1], each[0])))


def preview(resources: Resources, core: str, named: Sequence[NumberedLine]) -> ConfirmationPreview:
    """
    Return what confirming these would do to a core's limit.

    Raises:
        UnfitField: There are none, or too many.
    """
    if not 1 <= len(named) <= NUMBERS_MAX:
        raise UnfitField("numbers", most=f"{NUMBERS_MAX:,}")
    files = of_version(resources, resources.version())
    with resources.records.reading() as connection:
        known = repository.known(connection, {each.number for each in named})
    rows: list[Row] = []
    refused: list[Unconfirmable] = []
    seen: set[str] = set()
    for each in named:
        row = acts.merged(known.get(each.number), files.find(each.number))
        if each.number in seen:
            refused.append(Unconfirmable(each, TWICE))
        elif row is None or row["debtor"] != core:
            refused.append(Unconfirmable(each, ABSENT))
        elif row["state"] != "open":
            refused.append(Unconfirmable(each, row["state"]))
        else:
            rows.append(row)
        seen.add(each.number)
    account = one_account(resources.records, f"core:{core}", resources.now())
    two_from = terms_now(resources).policy.whole("confirm_two_from_fen")
    return ConfirmationPreview(rows, refused, account, two_from)


def named_by(uploads: Iterable[Upload]) -> list[NumberedLine]:
    """
    Return the receivables that files name, each with its line.

    The numbers stand in the column of one of `HEADS`, or in the only column that there is.

    Raises:
        UnfitFile: A file is none, too large, or has no such column.
    """
    return lines_of(uploads, _lines, most=NUMBERS_MAX)


def lines_of(
    uploads: Iterable[Upload], lines: Callable[[Path, str], Iterable[Line]], *, most: int
) -> list[Line]:
    """
    Return what a reader of files finds in those that were sent.

    Args:
        uploads: The files.
        lines: Reads one at a path, which it names as it was sent.
        most: As many lines as there may be together.

    Raises:
        UnfitFile: A file is none, too large, or has too many lines.
    """
    found: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        for at, upload in enumerate(uploads):
            for line in _read(upload, Path(folder) / f"{at}{_ending(upload)}", lines):
                found.append(line)
                if len(found) > most:
                    raise UnfitFile(upload.name, "rows", most=f"{most:,}")
    return found


def _ending(upload: Upload) -> str:
    """
    Return the ending of a file by which it is read.

    Raises:
        UnfitFile: No reader takes it.
    """
    place = Path(upload.name)
    known = stem(place)
    if known is None:
        raise UnfitFile(upload.name, "kind")
    return place.name[len(known) :]


def _read(
    upload: Upload, place: Path, lines: Callable[[Path, str], Iterable[Line]]
) -> Iterable[Line]:
    size = _keep(upload, place)
    if not size:
        raise UnfitFile(upload.name, "empty")
    if size > BYTES_MAX:
        raise UnfitFile(upload.name, "size", most=BYTES_MAX // 2**20)
    try:
        yield from lines(place, upload.name)
    except BadFile as error:
        raise broken(upload.name, str(error), place.name) from error


def _keep(upload: Upload, place: Path) -> int:
    """Keep a file at a place; return its bytes, of which no more are kept than may be."""
    with place.open("wb") as kept:
        while kept.tell() <= BYTES_MAX and (part := upload.content.read(PART_BYTES)):
            kept.write(part)
        return kept.tell()


def tables(place: Path, name: str, fits: Callable[[Sequence[str]], bool]) -> Iterable[Chunk]:
    """
    Yield the rows of a file, every one of them read.

    Args:
        place: Where it is.
        name: What it is called.
        fits: Whether a row is the header.

    Raises:
        UnfitFile: A line of it cannot be read.
        BadFile: None of it can.
    """
    for chunk in read(place, fits):
        for each in chunk.unread:
            raise unread(name, each.line, each.column, each.why)
        yield chunk


def _lines(place: Path, name: str) -> Iterable[NumberedLine]:
    """Yield the rows of a file that name something."""
    for chunk in tables(place, name, lambda cells: bool(_column(cells))):
        heads = list(chunk.columns)
        column = _column(heads) or (heads[0] if len(heads) == 1 else None)
        if column is None:
            raise UnfitFile(name, "column", heads=" / ".join(sorted(HEADS)))
        rows = chunk.rows
        for line, number in zip(rows["_line"], rows[column], strict=True):
            if number:
                yield NumberedLine(str(number), int(line))


def _column(cells: Iterable[str]) -> str | None:
    """Return the head under which numbers stand."""
    return next((each for each in cells if each.strip().casefold() in HEADS), None)
