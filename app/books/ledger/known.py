"""What a round has read of the book: accounts, rows, and the answers under its keys."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.books.ledger.figures import Figures
from app.books.ledger.orders import Order, Reads
from app.books.ledger.paths import path_of
from app.books.ledger.statements import Statements, names_of
from app.books.ledger.tables import accounts, keys, uses
from app.platform.text import is_keepable

Row = dict[str, Any]


class Identity(NamedTuple):
    """What an account is of; it never changes."""

    layer: str
    core: str | None = None
    firm: str | None = None
    thing: str | None = None


class StandingAccount(NamedTuple):
    """An account as it stands."""

    identity: Identity
    figures: Figures
    event: int


class KnownBook:
    """What is read of the book, each once, and kept as of the orders accepted so far."""

    def __init__(self, cursor: Any, statements: Statements) -> None:
        self.cursor = cursor
        self.statements = statements
        self.accounts: dict[str, StandingAccount | None] = {}
        self.rows: dict[tuple[sa.Table, str], Row | None] = {}
        self.paths: dict[str, str] = {}  # Of uses as they were last seen: what is read with them.
        self.kept: dict[tuple[str, str], tuple[str, int, str]] = {}
        self.keys_read: set[str] = set()

    def load(self, orders: Sequence[Order]) -> None:
        """Read what these orders need, one statement a table, as far as it is known before."""
        self.hold(self.statements.read(self.cursor, self.unread(orders)))
        named = {use for order in orders for use in order.needs.rows.get(uses, ())}
        found = [row for use in named if (row := self.rows.get((uses, use))) is not None]
        self.load_accounts(each.account for row in found for each in path_of(row["path"]))

    def unread(self, orders: Sequence[Order]) -> dict[sa.Table, list[str]]:
        """
        Return what of each table these orders need and is not read yet.

        It is held as not there, until it is.
        """
        wanted: dict[sa.Table, set[str]] = {}
        needed: set[str] = set()
        for order in orders:
            needs: Reads = order.needs
            needed.update(needs.accounts)
            for table, ids in needs.rows.items():
                wanted.setdefault(table, set()).update(ids)
        told = [order.key.key for order in orders if order.key is not None]
        for use in wanted.get(uses, ()):
            needed.update(each.account for each in path_of(self.paths.get(use, "[]")))
        missing = {table: self._missing(table, ids) for table, ids in wanted.items()}
        unread = [each for each in told if each not in self.keys_read and is_keepable(each)]
        self.keys_read.update(unread)
        return {keys: unread, accounts: self._unread(needed), **missing}

    def hold(self, found: Mapping[sa.Table, Sequence[tuple[Any, ...]]]) -> None:
        """Hold rows that were read."""
        for table, rows in found.items():
            if table is keys:
                for key, person, digest, status, answer, _ in rows:
                    self.kept[key, person] = (digest, status, answer)
            elif table is accounts:
                self._hold_accounts(rows)
            else:
                self._hold(table, rows)

    def take_over(self, other: "KnownBook") -> None:
        """Hold all that another has read, and nothing else."""
        self.accounts, self.rows = other.accounts, other.rows
        self.kept, self.keys_read = other.kept, other.keys_read

    def load_accounts(self, ids: Iterable[str]) -> None:
        """Read accounts that are not read yet."""
        unread = self._unread(ids)
        if unread:
            self._hold_accounts(self.statements.read(self.cursor, {accounts: unread})[accounts])

    def _unread(self, ids: Iterable[str]) -> list[str]:
        """Return the accounts that are not read yet; held as not there until they are."""
        unread = [each for each in ids if each not in self.accounts and is_keepable(each)]
        self.accounts.update(dict.fromkeys(unread))
        return unread

    def _hold_accounts(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for row in rows:
            self.accounts[row[0]] = StandingAccount(
                Identity(*row[1:5]), Figures(*row[5:-1]), row[-1]
            )

    def load_rows(self, table: sa.Table, ids: Iterable[str]) -> None:
        """Read rows that are not read yet."""
        missing = self._missing(table, ids)
        self._hold(table, self.statements.read(self.cursor, {table: missing})[table])

    def _missing(self, table: sa.Table, ids: Iterable[str]) -> list[str]:
        """Return the rows that are not read yet; they are held as not there until they are."""
        missing = [each for each in ids if (table, each) not in self.rows and is_keepable(each)]
        self.rows.update(dict.fromkeys((table, each) for each in missing))
        return missing

    def _hold(self, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> None:
        names = names_of(table)
        for row in rows:
            self.rows[table, row[0]] = dict(zip(names, row, strict=True))
