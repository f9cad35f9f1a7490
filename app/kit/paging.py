"""Pages of lists: where a page begins and how long it is."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

SIZE = 100
SIZE_MAX = 1000


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
