"""Shapes of versions, and of what every read takes."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from app.versions.service import Asked

SIZE = 100
SIZE_MAX = 1000


class Version(BaseModel):
    """One published state of the graph."""

    version: int
    as_of: dt.date
    published_at: dt.datetime
    firms: int
    trades: int
    current: bool = Field(description="Whether it is the one served by default")


class Versions(BaseModel):
    """Every published version, oldest first."""

    items: list[Version]
    next: str | None


class Head(BaseModel):
    """What every document of a version says first."""

    version: int
    as_of: dt.date
    policy: str
    run: str | None = Field(description="The run whose figures these are; null before the first")


async def asked(
    version: Annotated[int | None, Query(description="Read this version")] = None,
    as_of: Annotated[dt.date | None, Query(description="Read the newest as of this day")] = None,
) -> Asked:
    """Return what the reader said about time."""
    return Asked(version, as_of)


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


AskedDep = Annotated[Asked, Depends(asked)]
PageDep = Annotated[Page, Depends(paged)]
