"""What stands in the tables of the book, as it is compared with what the events have left."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.books.ledger.digests import digest_of_values
from app.books.ledger.figures import Figures
from app.books.ledger.proof.differences import BookDifference, first
from app.books.ledger.proof.entries import AFTER, WHOLE_MAX
from app.books.ledger.tables import accounts

FETCHED = 20_000
EVENT = "event"
SAID = {"number": EVENT, "digest": "content"}
Standing = dict[str, Any]
STANDING_ACCOUNT: dict[str, Any] = {
    "key": pl.String,
    "number": pl.Int64,
    **dict.fromkeys(AFTER, pl.Int64),
}
STANDING_ROW: dict[str, Any] = {"key": pl.String, "number": pl.Int64, "digest": pl.String}
IDENTITY: dict[str, Any] = {"key": pl.String, "digest": pl.String}


class Misshapen(Exception):
    """A row holds what no row of ours holds."""

    def __init__(self, difference: BookDifference) -> None:
        super().__init__(difference.field)
        self.difference = difference


def book_tables(connection: Connection) -> list[str]:
    """Return the tables of the book beside the accounts: their last column is the event."""
    columns = sa.inspect(connection).get_multi_columns()  # Asked of all at once.
    return sorted(
        name
        for (_, name), found in columns.items()
        if name != accounts.name and found and found[-1]["name"] == EVENT
    )


def standing_rows(
    connection: Connection, table: str, told: Callable[[int], Any]
) -> Iterator[pl.DataFrame]:
    """
    Yield what stands in a table of the book: its key, event, and the digest of the row.

    Raises:
        Misshapen: A row holds what no row of ours holds.
    """
    for rows in _fetched(connection, f'SELECT * FROM "{table}"'):  # noqa: S608  # of the schema
        found = []
        for row in rows:
            try:
                digest = digest_of_values(row[:-1])
            except (TypeError, ValueError):
                digest = "none: it holds neither text nor whole numbers"
            key = f"{table}:{_text(row[0], table)}"
            found.append((key, _whole(row[-1], f"{key} {EVENT}"), digest))
        told(len(rows))
        yield pl.DataFrame(found, schema=STANDING_ROW, orient="row")


def standing_accounts(
    connection: Connection, told: Callable[[int], Any]
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """
    Yield accounts with their figures, and beside them the digests of what they are of.

    Raises:
        Misshapen: A figure of an account is no whole number.
    """
    names = ", ".join(column.name for column in accounts.columns)
    for rows in _fetched(connection, f"SELECT {names} FROM accounts"):  # noqa: S608  # our own
        figures, identities = [], []
        for row in rows:
            account = _text(row[0], "account")
            for name, value in zip((*Figures._fields, EVENT), row[5:], strict=True):
                _whole(value, name, account=account)
            figures.append((account, row[-1], *row[5:-1]))
            try:
                digest = digest_of_values(row[1:5])
            except (TypeError, ValueError):
                digest = "none: it holds no text"
            identities.append((account, digest))
        told(len(rows))
        yield (
            pl.DataFrame(figures, schema=STANDING_ACCOUNT, orient="row"),
            pl.DataFrame(identities, schema=IDENTITY, orient="row"),
        )


class StandingBook:
    """What stands in the tables of the book, compared with what the events have left."""

    def __init__(
        self, connection: Connection, tables: Sequence[str], told: Callable[[int], Any]
    ) -> None:
        self._connection, self._tables, self._told = connection, tables, told
        self._accounts: list[pl.DataFrame] = []
        self._identities: list[pl.DataFrame] = []
        self._rows: list[pl.DataFrame] = []
        self._wrong: list[BookDifference] = []

    @property
    def count(self) -> int:
        """Return how many accounts there are."""
        return sum(each.height for each in self._accounts)

    def read(self) -> None:
        """Read all of it."""
        with self._noted():
            for figures, identities in standing_accounts(self._connection, self._told):
                self._accounts.append(figures)
                self._identities.append(identities)
        for table in self._tables:
            with self._noted():
                self._rows += standing_rows(self._connection, table, self._told)

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except Misshapen as error:
            self._wrong.append(error.difference)

    def difference(
        self, accounts_left: pl.DataFrame, things_left: pl.DataFrame
    ) -> BookDifference | None:
        """Return the first difference from what the events have left of accounts and of things."""
        if self._wrong:
            return self._wrong[0]
        prefix = f"{accounts.name}:"
        of_account = pl.col("key").str.starts_with(prefix)
        identities = things_left.filter(of_account).with_columns(
            pl.col("key").str.strip_prefix(prefix)
        )
        return first(
            [
                compared(self._accounts, accounts_left, are_accounts=True),
                compared(self._identities, identities, are_accounts=True),
                compared(self._rows, things_left.filter(~of_account)),
            ]
        )


def compared(
    standing: Sequence[pl.DataFrame], left: pl.DataFrame, *, are_accounts: bool = False
) -> BookDifference | None:
    """
    Return the first difference between what stands and what the events have left.

    Args:
        standing: Parts with `key` and any columns of what the events leave.
        left: What they left.
        are_accounts: The keys are accounts, and are named as such.
    """
    renamed = left.rename({name: f"left_{name}" for name in left.columns if name != "key"})
    found = []
    for part in standing:
        columns = [name for name in part.columns if name != "key"]
        differs = pl.any_horizontal(
            pl.col("left_number").is_null(),
            *(pl.col(name) != pl.col(f"left_{name}") for name in columns),
        )
        wrong = part.join(renamed, on="key", how="left").filter(differs)
        if wrong.height:
            row = wrong.sort("left_number", "key").row(0, named=True)
            found.append(_difference(row, columns, are_accounts=are_accounts))
    if sum(part.height for part in standing) != left.height:
        there = [part.select("key") for part in standing] or [left.select("key").clear()]
        gone = left.join(pl.concat(there), on="key", how="anti").sort("number", "key")
        found += [_gone(row, are_accounts=are_accounts) for row in gone.head(1).rows(named=True)]
    return first(found)


def _gone(row: Standing, *, are_accounts: bool) -> BookDifference:
    account = row["key"] if are_accounts else None
    return BookDifference(row["number"], row["key"], "is there", None, account)


def _difference(row: Standing, columns: Sequence[str], *, are_accounts: bool) -> BookDifference:
    number, key = row["left_number"], row["key"]
    account = key if are_accounts else None
    if not number:
        return BookDifference(0, key, None, "is there without an event", account)
    name = next(name for name in columns if row[name] != row[f"left_{name}"])
    said = SAID.get(name, name.removesuffix("_after"))
    field = said if are_accounts else f"{key} {said}"
    return BookDifference(number, field, row[f"left_{name}"], row[name], account)


def _text(value: Any, field: str) -> str:
    try:
        value.encode()
    except (AttributeError, UnicodeEncodeError):
        raise Misshapen(BookDifference(0, field, "a text", repr(value))) from None
    return str(value)


def _whole(value: Any, field: str, *, account: str | None = None) -> int:
    if type(value) is not int or not -WHOLE_MAX <= value < WHOLE_MAX:
        raise Misshapen(BookDifference(0, field, "a whole number", repr(value), account))
    return value


def _fetched(connection: Connection, query: str) -> Iterator[list[Any]]:
    driver: Any = connection.connection.driver_connection
    is_sqlite = connection.dialect.name == "sqlite"
    cursor = driver.cursor() if is_sqlite else driver.cursor("rows_of_the_book")
    try:
        cursor.execute(query)
        while rows := cursor.fetchmany(FETCHED):
            yield rows
    finally:
        cursor.close()
