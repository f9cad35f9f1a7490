"""
The book as a run reads it, and the accounts as they stand at that moment: one settled state.

What a process read before stays in its memory: of accounts only those are read again that an event
touched since. Uses are no change of what runs read, but where they finance what the files of the
version say other things of (`receivables.following.otherwise`); nor are loans, but those of firms
whose statements are not older (`lent`).
"""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.ledger.tables import accounts
from app.chain.limits.book import Book, Frozen
from app.chain.receivables.files import COLUMNS
from app.chain.receivables.known import receivables_of_book
from app.chain.receivables.tables import receivables
from app.chain.runs.lent import LentReader, Stated, nobody_states
from app.chain.vouchers.known import vouchers_of_book
from app.chain.vouchers.tables import vouchers
from app.platform.deps import Resources
from app.platform.events.tables import events, head
from app.platform.records import Records

ROWS_MAX = 100_000  # Of accounts that are in memory as Python's own at a time.
# Subjects of events that change what a run reads beside its documents.
DAYS, CORES = "day:%", "account:core:%"
PAPERS = (receivables, vouchers)  # Tables of the book whose rows it reads.
# Subjects and operations of events that finance documents: to limits these stay as they were.
USES, FINANCES = "use:%", ("reserve", "post")
HOLDS = ("receivable.hold", "receivable.finance", "voucher.hold", "voucher.finance")
Otherwise = Callable[[pl.DataFrame], Sequence[int]]  # Events of rows that files contradict.
EVENTS_MAX = 10_000  # Read by their numbers in one statement.
ACCOUNTS = {
    **dict.fromkeys(("account", "layer", "core"), pl.String),
    **dict.fromkeys(("total", "outside", "frozen", "state", "valid_to", "event"), pl.Int64),
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The book at one moment: `head` is the last event, `book.number` the last that runs read."""

    head: int
    book: Book
    accounts: pl.DataFrame  # ACCOUNTS, in any order.


class BookReader:
    """Reads the book of one records database, as it stands at one moment."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._seen, self._number = 0, 0  # The last event looked at, and the last that changed it.
        self._used = 0  # The last by which a use financed documents, or gave them back.
        self._lent = LentReader()
        self._accounts = pl.DataFrame(schema=ACCOUNTS)

    def head(self) -> int:
        """Return the number of the last event: nothing has changed where it stands."""
        with self._records.reading() as connection:
            return int(connection.scalar(sa.select(head.c.number)) or 0)

    def last_change(
        self, otherwise: Otherwise = lambda _: (), stated: Stated = nobody_states
    ) -> int:
        """
        Return the number of the last event that changed what a run reads.

        Args:
            otherwise: Gives the events of those receivables, of rows that uses have touched, of
                which the files of the run's version do not say what the book says.
            stated: Gives the firms of the run's version that name loans in a statement.
        """
        with self._lock, self._records.reading() as connection:
            found = connection.execute(sa.select(head.c.number, head.c.day)).first()
            if found is None:
                return 0
            lent = self._lent.read(connection, *found, stated)
            return max(self._last_change(connection, found[0], otherwise), _last(lent))

    def read(self, otherwise: Otherwise = lambda _: (), stated: Stated = nobody_states) -> Snapshot:
        """Return the book and the accounts at one moment (see `last_change`)."""
        with self._lock:
            return self._read(otherwise, stated)

    def _read(self, otherwise: Otherwise, stated: Stated) -> Snapshot:
        options = (
            {} if self._records.backend == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        )
        with self._records.engine.execution_options(**options).begin() as connection:
            number, day = connection.execute(sa.select(head.c.number, head.c.day)).one()
            lent = self._lent.read(connection, number, day, stated)
            change = max(self._last_change(connection, number, otherwise), _last(lent))
            book = Book(
                number=change,
                day=dt.date.fromisoformat(day) if day else None,
                receivables=receivables_of_book(
                    connection, _events_before_uses(connection, receivables, change)
                ),
                vouchers=vouchers_of_book(
                    connection, _events_before_uses(connection, vouchers, change)
                ),
                frozen=_frozen(connection),
                lent=lent,
            )
            return Snapshot(number, book, self._standing(connection))

    def _last_change(self, connection: Connection, number: int, otherwise: Otherwise) -> int:
        used = events.c.subject.like(USES) & events.c.operation.in_(FINANCES)
        finances = used | events.c.operation.in_(HOLDS)
        changes = sa.or_(
            events.c.subject.like(DAYS), events.c.subject.like(CORES), _touches_papers() & ~finances
        )
        changed, used = connection.execute(
            sa.select(
                sa.func.max(sa.case((changes, events.c.number))),
                sa.func.max(sa.case((_touches_papers() & finances, events.c.number))),
            ).where(events.c.number > self._seen, events.c.number <= number)
        ).one()
        self._seen, self._number = number, max(self._number, changed or 0)
        self._used = max(self._used, used or 0)
        if self._used <= self._number:
            return self._number
        own = receivables.c
        found = connection.execute(sa.select(receivables).where(own.event > self._number))
        rows = [tuple(row) for row in found]
        schema = {name: _kind(own[name]) for name in COLUMNS}
        return max(self._number, *otherwise(pl.DataFrame(rows, schema=schema, orient="row")), 0)

    def _standing(self, connection: Connection) -> pl.DataFrame:
        """Return all accounts; those that nothing touched since are not read again."""
        known = self._accounts
        since = known["event"].max() or 0
        columns = [accounts.c[name] for name in ACCOUNTS]
        rows = connection.execute(sa.select(*columns).where(accounts.c.event > since))
        parts = [
            pl.DataFrame([tuple(row) for row in part], schema=ACCOUNTS, orient="row")
            for part in rows.partitions(ROWS_MAX)
        ]
        if parts:
            fresh = pl.concat(parts)
            self._accounts = pl.concat([known.join(fresh, on="account", how="anti"), fresh])
        return self._accounts


def _last(lent: pl.DataFrame) -> int:
    """Return the last event that changed what firms owed us when their statements were made."""
    return max(lent["lent_event"], default=0)


def _touches_papers() -> sa.ColumnElement[bool]:
    return sa.or_(*(events.c.things.like(f'%["{each.name}",%') for each in PAPERS))


def _kind(column: sa.Column[object]) -> type[pl.DataType]:
    return pl.Int64 if isinstance(column.type, sa.BigInteger) else pl.String


def _events_before_uses(connection: Connection, table: sa.Table, change: int) -> dict[str, int]:
    """
    Return the last events of rows that uses alone touched after a change, as they were up to it.

    So the same book gives the same run, whatever was financed since; 0: the row was not there yet.
    """
    key, event = table.columns[0], table.c.event
    touched = connection.execute(sa.select(key, event).where(event > change))
    late: dict[str, int] = {row[0]: row[1] for row in touched}
    found: dict[str, int] = {}
    while late:
        before = _before(connection, table.name, sorted(set(late.values())))
        late = {name: before[name, number] for name, number in late.items()}
        found |= late
        late = {name: number for name, number in late.items() if number > change}
    return found


def _before(
    connection: Connection, table: str, numbers: Sequence[int]
) -> dict[tuple[str, int], int]:
    """Return of each row that events changed, by the row and the event, the event before."""
    found = {}
    for start in range(0, len(numbers), EVENTS_MAX):
        query = sa.select(events.c.number, events.c.things).where(
            events.c.number.in_(numbers[start : start + EVENTS_MAX])
        )
        for number, things in connection.execute(query):
            for changed, name, before, _ in json.loads(things):
                if changed == table:
                    found[name, number] = before
    return found


def _frozen(connection: Connection) -> dict[str, Frozen]:
    """Return what is frozen of the accounts of cores, and the event that did so last."""
    columns = (accounts.c.account, accounts.c.core, accounts.c.frozen)
    found = connection.execute(
        sa.select(*columns).where(accounts.c.layer == "core", accounts.c.frozen > 0)
    ).all()
    by = _last_events(connection, [f"account:{account}" for account, _, _ in found])
    return {
        core: Frozen(fen, by.get(f"account:{account}", 0)) for account, core, fen in found if core
    }


def _last_events(connection: Connection, subjects: Iterable[str]) -> dict[str, int]:
    wanted = list(subjects)
    if not wanted:
        return {}
    found = connection.execute(
        sa.select(events.c.subject, sa.func.max(events.c.number).label("number"))
        .where(events.c.subject.in_(wanted))
        .group_by(events.c.subject)
    )
    return {row.subject: row.number for row in found}


def reader_of(resources: Resources) -> BookReader:
    """Return what reads the book in this process."""
    found: BookReader = resources.once("book", lambda: BookReader(resources.records))
    return found
