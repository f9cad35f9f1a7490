"""Reading one published version out of Neo4j: columns, not nodes."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from graph import model
from graph.errors import NotFound
from graph.model import Firm, FirmId, Trade, Value, Version
from graph.stores.base import PAGE_MAX, SEARCH_CHARACTERS_MAX
from graph.stores.neo4j.columns import fetch
from graph.stores.neo4j.session import Database, Rows, day
from graph.stores.neo4j.shapes import edge_values, valid, values
from graph.stores.rows import FIELD_END, check_size, firm_of, fold, trade_of

_FIRM_VALUES = values(model.table("firms").attributes, "s")
_TRADE_VALUES = edge_values(model.table("trades"))
_PLACE = """
CASE WHEN s.searched CONTAINS $whole THEN 0 WHEN s.searched CONTAINS $begins THEN 1 ELSE 2 END
"""


class Neo4jReader:
    """One published version of a Neo4j store."""

    def __init__(self, database: Database, version: Version) -> None:
        self._database = database
        self._version = version

    @property
    def version(self) -> Version:
        """Return the version that is read."""
        return self._version

    def firm(self, firm: FirmId) -> Firm:
        """Return the firm, or raise `NotFound`."""
        found = self._firms("s.firm = $firm", firm=firm)
        if not found:
            raise NotFound(f"no firm {firm!r}")
        return found[0]

    def firms(self, *, after: FirmId | None = None, size: int = 100) -> list[Firm]:
        """Return up to `size` firms in id order, those that follow `after`."""
        check_size("size", size, least=1, most=PAGE_MAX)
        return self._firms("s.firm > $after", after=after or "", size=size)

    def search(self, text: str, *, size: int = 20) -> list[Firm]:
        """Return firms whose id, name, aliases or credit code contain the text."""
        check_size("size", size, least=1, most=PAGE_MAX)
        wanted = fold(text)
        if not 0 < len(wanted) <= SEARCH_CHARACTERS_MAX:
            return []
        return self._firms(
            "s.searched CONTAINS $wanted",
            order=f"{_PLACE}, s.firm",
            wanted=wanted,
            whole=FIELD_END + wanted + FIELD_END,
            begins=FIELD_END + wanted,
            size=size,
        )

    def trades_of(
        self, firm: FirmId, *, after: tuple[FirmId, FirmId] | None = None, size: int = 100
    ) -> list[Trade]:
        """Return trades the firm sells or buys in, in (supplier, buyer) order, after a key."""
        check_size("size", size, least=1, most=PAGE_MAX)
        self.firm(firm)
        supplier, buyer = after or ("", "")
        rows = self._read(
            "MATCH (:Party {id: $firm})-[t:SUPPLIES]-()"
            f" WHERE {valid('t')} WITH DISTINCT t, startNode(t) AS a, endNode(t) AS b"
            " WHERE a.id > $supplier OR (a.id = $supplier AND b.id > $buyer)"
            f" RETURN {_TRADE_VALUES} ORDER BY a.id, b.id LIMIT $size",
            firm=firm,
            supplier=supplier,
            buyer=buyer,
            size=size,
        )
        return [trade_of(_row("trades", row)) for row in rows]

    def columns(self, table: str, names: Sequence[str] | None = None) -> pa.Table:
        """Return the named columns (all by default) of a table, in key order."""
        name = "s" if table == "firms" else "t"
        known = model.table(table)
        where = (valid(name), {"version": self._version.number})
        return fetch(self._database, known, names, where)

    def _read(self, statement: str, **parameters: Any) -> Rows:
        return self._database.read(statement, version=self._version.number, **parameters)

    def _firms(
        self, condition: str, *, order: str = "s.firm", size: int = 1, **more: Any
    ) -> list[Firm]:
        rows = self._read(
            f"MATCH (s:FirmState) WHERE {condition} AND {valid('s')}"
            f" RETURN {_FIRM_VALUES} ORDER BY {order} LIMIT $size",
            size=size,
            **more,
        )
        return [firm_of(_row("firms", row)) for row in rows]


def _row(table: str, row: Sequence[Any]) -> dict[str, Value]:
    attributes = model.table(table).attributes
    return {
        a.name: day(found) if a.type == "date" else found
        for a, found in zip(attributes, row, strict=True)
    }
