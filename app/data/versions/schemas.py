"""Shapes of versions, and of what every read takes."""

import datetime as dt
import re
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field, WithJsonSchema

from app.data.versions.service import Asked
from app.platform.errors import Absent
from app.platform.http.days import Day

NUMBER = re.compile(r"[1-9][0-9]{0,17}")
# Read as text: what is no number names a version that is not there, which is 404, not malformed.
Number = Annotated[str, WithJsonSchema({"type": "integer", "minimum": 1})]


class Label(BaseModel):
    """One text in both languages."""

    zh: str
    en: str


class Version(BaseModel):
    """One published state of the graph."""

    version: int
    as_of: dt.date
    published_at: dt.datetime
    firms: int | None = Field(description="Null to a core or supplier")
    trades: int | None = Field(description="Null to a core or supplier")
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
    version: Annotated[Number | None, Query(description="Read this version")] = None,
    as_of: Annotated[Day | None, Query(description="Read the newest as of this day")] = None,
) -> Asked:
    """
    Return what the reader said about time.

    Raises:
        Absent: The version is no number: there is none of this name.
    """
    if version is None:
        return Asked(None, as_of)
    if NUMBER.fullmatch(version) is None:
        raise Absent(f"no version {version!r}")
    return Asked(int(version), as_of)


AskedDep = Annotated[Asked, Depends(asked)]
