"""Pages of lists: where a page begins and how long it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query

SIZE = 100
SIZE_MAX = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list a reader wants."""

    cursor: str | None
    size: int


async def paged(
    cursor: Annotated[str | None, Query(description="`next` of the page before")] = None,
    size: Annotated[int, Query(ge=1, le=SIZE_MAX, description="At most so many items")] = SIZE,
) -> Page:
    """Return which part of a list the reader wants."""
    return Page(cursor, size)


PageDep = Annotated[Page, Depends(paged)]


def page_of(found: Sequence[T], size: int) -> tuple[Sequence[T], T | None]:
    """
    Return a page of a list, and its last item where the list goes on after it.

    Args:
        found: Where the page begins, one item more than the page takes is enough.
        size: Items of a page.

    Example:
        >>> page_of(["a", "b", "c"], 2), page_of(["a", "b"], 2)
        ((['a', 'b'], 'b'), (['a', 'b'], None))
    """
    return found[:size], found[size - 1] if len(found) > size else None
