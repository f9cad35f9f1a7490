"""Reading one published version out of SQLite or PostgreSQL."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pyarrow as pa
import sqlalchemy as sa

from graph import model
from graph.errors import NotFound, StoreUnavailable
from graph.model import Firm, FirmId, Trade, Value, Version
from graph.stores.base import PAGE_MAX, SEARCH_CHARACTERS_MAX
from graph.stores.rows import FIELD_END, check_size, firm_of, fold, parsed, trade_of
from graph.stores.sql import grams
from graph.stores.sql.columns import ColumnReader
from graph.stores.sql.drivers import errors
from graph.stores.sql.tables import FIRM_IDS, FIRMS, GRAMS, TRADES, VERSIONED, valid

Found = TypeVar("Found")
_SUPPLIER = FIRM_IDS.alias("supplier_ids")
_BUYER = FIRM_IDS.alias("buyer_ids")
_FIRM_VALUES = [FIRM_IDS.c.id, *(FIRMS.c[name] for name in model.table("firms").columns[1:])]
_TRADE_VALUES = [
    _SUPPLIER.c.id,
    _BUYER.c.id,
    *(TRADES.c[name] for name in model.table("trades").columns[2:]),
]


class SqlReader:
    """One published version of a SQL store."""

    def __init__(self, columns: ColumnReader, version: Version) -> None:
        self._columns = columns
        self._driver = columns.driver
        self._version = version

    @property
    def version(self) -> Version:
        """Return the version that is read."""
        return self._version

    def firm(self, firm: FirmId) -> Firm:
        """Return the firm, or raise `NotFound`."""
        found = self._firms(self._all_firms().where(FIRM_IDS.c.id == firm))
        if not found:
            raise NotFound(f"no firm {firm!r}")
        return found[0]

    def firms(self, *, after: FirmId | None = None, size: int = 100) -> list[Firm]:
        """Return up to `size` firms in id order, those that follow `after`."""
        check_size("size", size, least=1, most=PAGE_MAX)
        page = self._all_firms().order_by(FIRM_IDS.c.id).limit(size)
        return self._firms(page if after is None else page.where(FIRM_IDS.c.id > after))

    def search(self, text: str, *, size: int = 20) -> list[Firm]:
        """Return firms whose id, name, aliases or credit code contain the text."""
        check_size("size", size, least=1, most=PAGE_MAX)
        wanted = fold(text)
        if not 0 < len(wanted) <= SEARCH_CHARACTERS_MAX or "\0" in wanted:
            return []
        found = self._all_firms().where(
            FIRMS.c.firm.in_(_candidates(wanted)), self._holds(wanted) > 0
        )
        whole = self._holds(FIELD_END + wanted + FIELD_END) > 0
        begins = self._holds(FIELD_END + wanted) > 0
        place = sa.case((whole, 0), (begins, 1), else_=2)
        return self._firms(found.order_by(place, FIRM_IDS.c.id).limit(size))

    def trades_of(
        self, firm: FirmId, *, after: tuple[FirmId, FirmId] | None = None, size: int = 100
    ) -> list[Trade]:
        """Return trades the firm sells or buys in, in (supplier, buyer) order, after a key."""
        check_size("size", size, least=1, most=PAGE_MAX)
        number = self._number(firm)
        sides = TRADES.c.supplier == number, TRADES.c.buyer == number
        return self._trades(sa.or_(*sides), after=after, size=size)

    def columns(self, table: str, names: Sequence[str] | None = None) -> pa.Table:
        """Return the named columns (all by default) of a table, in key order."""
        condition = valid(VERSIONED[model.table(table).name], self._version.number)

        def read() -> pa.Table:
            """Return the columns, over a connection of their own."""
            with errors(), self._driver.engine.connect() as connection:
                return self._columns.fetch(connection, table, condition, names=names)

        return again(read)

    def _all_firms(self) -> sa.Select[tuple[object, ...]]:
        joined = FIRM_IDS.join(FIRMS, FIRMS.c.firm == FIRM_IDS.c.number)
        return sa.select(*_FIRM_VALUES).select_from(joined).where(valid(FIRMS, self._number_read))

    @property
    def _number_read(self) -> int:
        return self._version.number

    def _holds(self, part: str) -> sa.ColumnElement[int]:
        return self._driver.position(FIRMS.c.searched, part)

    def _rows(self, query: sa.Select[tuple[object, ...]]) -> list[tuple[object, ...]]:
        def read() -> list[tuple[object, ...]]:
            """Return the rows, over a connection of their own."""
            with errors(), self._driver.engine.connect() as connection:
                return [tuple(row) for row in connection.execute(query)]

        return again(read)

    def _firms(self, query: sa.Select[tuple[object, ...]]) -> list[Firm]:
        return [firm_of(_values("firms", row)) for row in self._rows(query)]

    def _number(self, firm: FirmId) -> int:
        joined = FIRM_IDS.join(FIRMS, FIRMS.c.firm == FIRM_IDS.c.number)
        query = sa.select(FIRM_IDS.c.number).select_from(joined)
        rows = self._rows(query.where(FIRM_IDS.c.id == firm, valid(FIRMS, self._number_read)))
        if not rows:
            raise NotFound(f"no firm {firm!r}")
        return int(str(rows[0][0]))

    def _trades(
        self,
        condition: sa.ColumnElement[bool],
        *,
        after: tuple[FirmId, FirmId] | None = None,
        size: int | None = None,
    ) -> list[Trade]:
        query = (
            sa.select(*_TRADE_VALUES)
            .select_from(
                TRADES.join(_SUPPLIER, _SUPPLIER.c.number == TRADES.c.supplier).join(
                    _BUYER, _BUYER.c.number == TRADES.c.buyer
                )
            )
            .where(condition, valid(TRADES, self._number_read))
            .order_by(_SUPPLIER.c.id, _BUYER.c.id)
            .limit(size)
        )
        if after is not None:
            supplier, buyer = after
            same = sa.and_(_SUPPLIER.c.id == supplier, _BUYER.c.id > buyer)
            query = query.where(sa.or_(_SUPPLIER.c.id > supplier, same))
        return [trade_of(_values("trades", row)) for row in self._rows(query)]


def again(read: Callable[[], Found]) -> Found:
    """Return what a read gives, tried once more where the connection was lost under it."""
    try:
        return read()
    except StoreUnavailable:
        return read()


def _candidates(wanted: str) -> sa.Select[tuple[int]]:
    """Return the firms, of any version, that may hold the text."""
    if len(wanted) == 1:
        first, past = grams.span(wanted)
        return sa.select(GRAMS.c.firm).where(GRAMS.c.gram >= first, GRAMS.c.gram < past)
    pairs = grams.grams(wanted)
    return (
        sa.select(GRAMS.c.firm)
        .where(GRAMS.c.gram.in_(pairs))
        .group_by(GRAMS.c.firm)
        .having(sa.func.count() == len(pairs))
    )


def _values(table: str, row: Sequence[object]) -> dict[str, Value]:
    attributes = model.table(table).attributes
    return {
        attribute.name: parsed(attribute.type, value)  # type: ignore[arg-type]  # As stored.
        for attribute, value in zip(attributes, row, strict=True)
    }
