"""Sorting, filtering and paging of a table by what stands in its address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

Row = TypeVar("Row")
SIZE = 50
PAGES_AROUND = 2


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """One page of a sorted table, and the addresses of the others."""

    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    sort: str
    descending: bool
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
        if key != self.sort:
            return None
        return "descending" if self.descending else "ascending"

    def by(self, key: str, *, falling: bool = False) -> str:
        """Return the address of the table sorted by a column; again turns the order."""
        turned = not self.descending if key == self.sort else falling
        return self._address(sort=f"-{key}" if turned else key, page="")

    def at(self, page: int) -> str:
        """Return the address of another page."""
        return self._address(page=str(page) if page > 1 else "")

    @property
    def near(self) -> Sequence[int]:
        """Return the numbers of the pages around this one, with the first and last."""
        around = range(self.page - PAGES_AROUND, self.page + PAGES_AROUND + 1)
        return sorted({1, self.pages, *(n for n in around if 1 <= n <= self.pages)})

    def _address(self, **changes: str) -> str:
        query = {key: value for key, value in {**self.query, **changes}.items() if value}
        return f"{self.path}?{urlencode(query)}" if query else self.path


def listing(
    request: Request,
    rows: Sequence[Row],
    keys: Mapping[str, Callable[[Row], object]],
    *,
    otherwise: str,
) -> Listing[Row]:
    """
    Return the page of a table that the request asks for.

    Args:
        request: Its query has `sort` (a key, `-` before it: largest first) and `page`.
        rows: All rows that pass the filter.
        keys: What each sortable column is sorted by; None comes last either way.
        otherwise: The order where the request names none that there is.
    """
    asked = request.query_params.get("sort", otherwise)
    if asked.removeprefix("-") not in keys:
        asked = otherwise
    descending, sort = asked.startswith("-"), asked.removeprefix("-")
    key = keys[sort]
    known = [row for row in rows if key(row) is not None]
    unknown = [row for row in rows if key(row) is None]
    known.sort(key=key, reverse=descending)  # type: ignore[arg-type]  # None was taken out
    ordered = [*known, *unknown]
    pages = max(1, -(-len(ordered) // SIZE))
    page = min(max(1, _number(request.query_params.get("page", "1"))), pages)
    return Listing(
        rows=ordered[(page - 1) * SIZE : page * SIZE],
        total=len(ordered),
        page=page,
        pages=pages,
        sort=sort,
        descending=descending,
        path=request.url.path,
        query=dict(request.query_params),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000000") else 1
