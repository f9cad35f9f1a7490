"""Shapes of versions, and of what every read takes."""

import datetime as dt
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from app.versions.service import Asked


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


AskedDep = Annotated[Asked, Depends(asked)]
