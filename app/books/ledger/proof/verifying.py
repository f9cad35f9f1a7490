"""The whole book verified: its chain by several processes, what stands by this one of them."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.ledger.proof.chain import day_after
from app.books.ledger.proof.differences import BookDifference, first
from app.books.ledger.proof.ranges import EventRange, FoldedRange, follow, stitched_ranges
from app.books.ledger.proof.standing import StandingBook, book_tables
from app.books.ledger.proof.working import followed_by_others
from app.books.ledger.tables import accounts
from app.platform.console.progress import Step, quietly
from app.platform.events import Head
from app.platform.events.chain import GENESIS
from app.platform.events.tables import events, head
from app.platform.records import Records

ALONE_MAX = 50_000  # Events for which no other process is started.
NO_HEAD = Head(0, GENESIS, "")


class ToldHead(NamedTuple):
    """A head of the chain as it was told outside its table: it must still be in it."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification has found."""

    events: int
    accounts: int
    head: Head
    difference: BookDifference | None

    @property
    def ok(self) -> bool:
        """Return whether everything is as the events say."""
        return self.difference is None

    @property
    def head_text(self) -> str:
        """Return the head as it can be told to a later verification."""
        return f"{self.head.number}:{self.head.hash}"

    def document(self) -> dict[str, Any]:
        """Return it as commands and routes tell it."""
        return {
            "events": self.events,
            "accounts": self.accounts,
            "head": self.head_text,
            "ok": self.ok,
            "first_difference": None if self.difference is None else self.difference.document(),
        }


def verify(
    records: Records,
    told: Iterable[ToldHead] = (),
    *,
    processes: int = 1,
    progress: Step = quietly,
) -> Verified:
    """
    Return whether the chain holds and everything that stands is the fold of its events.

    Others may go on writing: what is looked at is the book at one moment.

    Args:
        records: The records database.
        told: Heads told outside the database, which must be in the chain.
        processes: How many read a long chain, each a part of it; this one is among them.
        progress: Told how far it is.

    Raises:
        Unready: The database cannot be read, or a process that read it was ended.
    """
    with records.at_one_moment() as connection:
        book = _Verification(records, connection, list(told), progress)
        try:
            return book.verified(processes)
        except (sqlite3.OperationalError, sa.exc.OperationalError) as error:
            if "decode" not in str(error):
                raise
        # A text that is none: read byte by byte it is found like any other.
        driver: Any = connection.connection.driver_connection
        driver.text_factory = lambda given: given.decode(errors="surrogateescape")
        try:
            return book.verified(1)
        finally:
            driver.text_factory = str


class _Verification:
    """The book as it is at one moment."""

    def __init__(
        self,
        records: Records,
        connection: Connection,
        told: Sequence[ToldHead],
        progress: Step,
    ) -> None:
        self._records = records
        self._connection = connection
        self._told = told
        self._progress = progress
        self._whole, self._done = 1, 0

    def verified(self, processes: int) -> Verified:
        """Return what is found."""
        head, wrong = self._head()
        tables = book_tables(self._connection)
        standing = StandingBook(self._connection, tables, self._add)
        self._whole, self._done = head.number + self._rows(tables), 0
        ranges = self._ranges(head.number, processes)
        # This process follows the first: another one would cost its memory once more.
        with followed_by_others(self._records, ranges[1:], self._add) as finished:
            own = follow(self._connection, ranges[0], told=self._add)
            standing.read()
            parts = [own, *finished()]
        difference = first([wrong, self._outside(head.number), self._folded(parts, standing, head)])
        return Verified(head.number, standing.count, head, difference)

    def _folded(
        self, parts: Sequence[FoldedRange], standing: StandingBook, head: Head
    ) -> BookDifference | None:
        folded = stitched_ranges(parts)
        found = [self._in_chain(each, head) for each in self._told]
        if folded.difference is not None:  # What stands would differ for that reason alone.
            return first([folded.difference, *found])
        for name, ours, its in zip(Head._fields, folded.ends, head, strict=True):
            if ours != its:
                found.append(BookDifference(head.number, f"head {name}", ours, its))
        return first([*found, standing.difference(folded.accounts, folded.things)])

    def _add(self, count: int) -> None:
        self._done += count
        self._progress("events and rows", min(1.0, self._done / max(1, self._whole)))

    def _head(self) -> tuple[Head, BookDifference | None]:
        rows = self._connection.execute(sa.select(head)).all()
        if [row.head for row in rows] != [1]:
            return NO_HEAD, BookDifference(0, "head", "one row, 1", [row.head for row in rows])
        found = Head(*rows[0][1:])
        if type(found.number) is not int or found.number < 0:
            return NO_HEAD, BookDifference(0, "head number", "0 or more", repr(found.number))
        return found, None

    def _rows(self, tables: Sequence[str]) -> int:
        return sum(
            int(self._connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0)  # noqa: S608  # of the schema
            for name in (accounts.name, *tables)
        )

    def _ranges(self, number: int, processes: int) -> list[EventRange]:
        """Return the events in parts of about one length, each with the head that it begins at."""
        database = self._records.engine.url.database
        is_shared = self._records.backend != "sqlite" or database not in (None, "", ":memory:")
        count = processes if is_shared and number > ALONE_MAX else 1
        begins = [NO_HEAD]
        for cut in [number * part // count for part in range(1, count)]:
            row = self._connection.execute(sa.select(events).where(events.c.number == cut)).first()
            if row is not None:  # Else the part before it says that it is not there.
                begins.append(Head(cut, str(row.hash), day_after(tuple(row))))
        lasts = [each.number for each in begins[1:]] + [number]
        return [EventRange(begin, last) for begin, last in zip(begins, lasts, strict=True)]

    def _outside(self, number: int) -> BookDifference | None:
        """Return the first event whose number is none from 1 to that of the head."""
        column = events.c.number
        for condition in (column < 1, column > number):
            query = sa.select(column).where(condition).order_by(column).limit(1)
            found = self._connection.scalar(query)
            if found is not None:
                at = found if type(found) is int else number + 1
                return BookDifference(at, "number", f"1 to {number}, the head's", found)
        return None

    def _in_chain(self, told: ToldHead, head: Head) -> BookDifference | None:
        """Return what stands at the place of a head that was told, where it is another."""
        if told == NO_HEAD[:2]:
            return None
        if told.number > head.number:
            return BookDifference(
                told.number, "number", f"{told.number}, as it was told", head.number
            )
        query = sa.select(events.c.hash).where(events.c.number == told.number)
        found = self._connection.scalar(query)
        return None if found == told.hash else BookDifference(told.number, "hash", told.hash, found)
