"""Sorting, filtering and paging of a table by what stands in its address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from app.platform.http.paths import address_of
from app.platform.web.columns import ListColumn, ListTable

Row = TypeVar("Row")
SIZE = 50
TEXT_LENGTH_MAX = 80
PAGES_AROUND = 2


@dataclass(frozen=True, slots=True)
class TableOrder:
    """What a table is sorted by."""

    sort: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """One page of a sorted table, and the addresses of the others."""

    table: ListTable[Row]
    columns: Sequence[ListColumn[Row]]
    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    order: TableOrder
    path: str
    query: Mapping[str, str]

    @property
    def first(self) -> int:
        """Return the number of the first row shown, from 1."""
        return (self.page - 1) * SIZE + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Return the number of the last row shown."""
        return min(self.page * SIZE, self.total)

    def direction(self, key: str) -> str | None:
        """Return the ARIA word for a column's order; None where it is not the sorted one."""
        if key != self.order.sort:
            return None
        return "descending" if self.order.descending else "ascending"

    def by(self, column: ListColumn[Row]) -> str:
        """Return the address of the table sorted by a column; again turns the order."""
        key = column.key
        turned = not self.order.descending if key == self.order.sort else column.falls
        return self._address(sort=f"-{key}" if turned else key, page="")

    def at(self, page: int) -> str:
        """Return the address of another page."""
        return self._address(page=str(page) if page > 1 else "")

    def where(self, **changes: str) -> str:
        """Return the address of the first page with other filters; an empty one falls away."""
        return self._address(page="", **changes)

    def filtered(self, facet: str, value: str) -> str:
        """Return the address of the first page with another value of a facet; empty: with any."""
        return self._address(page="", **{facet: value})

    def without(self, facets: Iterable[str]) -> str:
        """Return the address of the first page without these facets."""
        return self._address(page="", **dict.fromkeys(facets, ""))

    def file(self, ending: str) -> str:
        """Return the address of the whole list as a file, filtered and sorted as it is here."""
        query = {key: value for key, value in self.query.items() if value and key != "page"}
        place = f"{self.path}{ending}"
        return f"{place}?{urlencode(query)}" if query else place

    @property
    def view(self) -> str:
        """Return what a saved view of this list would hold."""
        left = {"page", "version", "as_of"}
        return urlencode({k: v for k, v in self.query.items() if v and k not in left})

    def beside(self, *fields: str) -> Mapping[str, str]:
        """Return what a form with these fields has to carry along, so that nothing is lost."""
        left = {*fields, "page"}
        return {key: value for key, value in self.query.items() if value and key not in left}

    @property
    def near(self) -> Sequence[int]:
        """Return the numbers of the pages around this one, with the first and last."""
        around = range(self.page - PAGES_AROUND, self.page + PAGES_AROUND + 1)
        return sorted({1, self.pages, *(n for n in around if 1 <= n <= self.pages)})

    def _address(self, **changes: str) -> str:
        query = {key: value for key, value in {**self.query, **changes}.items() if value}
        place = f"{self.path}?{urlencode(query)}" if query else self.path
        return f"{place}#{self.table.name}"


def order_of(request: Request, table: ListTable[Row]) -> TableOrder:
    """Return the order that the address asks for: a key, `-` before it means largest first."""
    asked = request.query_params.get("sort", table.otherwise)
    if asked.removeprefix("-") not in {*table.keys, *table.orders}:
        asked = table.otherwise
    return TableOrder(asked.removeprefix("-"), asked.startswith("-"))


def columns_of(request: Request, table: ListTable[Row]) -> Sequence[ListColumn[Row]]:
    """Return the columns that the address asks for, by comma or again and again."""
    return table.chosen(request.query_params.getlist("columns"))


def text_of(request: Request) -> str:
    """Return the text that a list is searched for."""
    asked = request.query_params
    return (asked.get("query") or asked.get("q", "")).strip()[:TEXT_LENGTH_MAX]


def chosen_of(request: Request, facets: Iterable[str]) -> Mapping[str, str]:
    """Return the value of each facet in the address; an empty one where it is not filtered by."""
    return {name: request.query_params.get(name, "") for name in facets}


def page_of(request: Request, total: int) -> int:
    """Return the number of the page that the address asks for, within those that there are."""
    asked = request.query_params.get("page", "1")
    known = asked.isascii() and asked.isdigit() and len(asked) < len("1000000000")
    return min(max(1, int(asked) if known else 1), _pages(total))


def _pages(total: int) -> int:
    return max(1, -(-total // SIZE))


def one_page(
    request: Request, table: ListTable[Row], rows: Sequence[Row], total: int
) -> Listing[Row]:
    """Return the page of a table whose rows are cut out already."""
    columns = columns_of(request, table)
    return Listing(
        table=table,
        columns=columns,
        rows=rows,
        total=total,
        page=page_of(request, total),
        pages=_pages(total),
        order=order_of(request, table),
        path=address_of(request.scope["path"]),
        query=_query(request, table, columns),
    )


def _query(
    request: Request, table: ListTable[Row], columns: Sequence[ListColumn[Row]]
) -> Mapping[str, str]:
    """Return what stands in the address, each once; columns only where they are not the usual."""
    query = dict(request.query_params)
    if "q" in query:
        query |= {"q": "", "query": text_of(request)}
    if "columns" in query:
        others = columns != table.usual
        query["columns"] = ",".join(each.key for each in columns) if others else ""
    return query


def listing(request: Request, table: ListTable[Row], rows: Sequence[Row]) -> Listing[Row]:
    """Return the page of a table that the request asks for, of all rows that pass the filter."""
    every = ordered(request, table, rows)
    start = (page_of(request, len(every)) - 1) * SIZE
    return one_page(request, table, every[start : start + SIZE], len(every))


def ordered(request: Request, table: ListTable[Row], rows: Sequence[Row]) -> Sequence[Row]:
    """Return rows in the order asked for; those without a value come last either way."""
    order = order_of(request, table)
    key = table.keys[order.sort]
    known = [row for row in rows if key(row) is not None]
    unknown = [row for row in rows if key(row) is None]
    known.sort(key=key, reverse=order.descending)
    return [*known, *unknown]
