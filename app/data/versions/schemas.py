"""Shapes of versions."""

import datetime as dt

from pydantic import BaseModel, Field


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


class VersionHead(BaseModel):
    """What every document of a version says first."""

    version: int
    as_of: dt.date
    policy: str
    run: str | None = Field(description="The run whose figures these are; null before the first")
