"""Shapes of the route of notices."""

import datetime as dt

from pydantic import BaseModel, Field


class FirmNotice(BaseModel):
    """What a firm is told."""

    number: int = Field(description="The event that it tells of")
    firm: str
    kind: str = Field(description="The operation of that event")
    subject: str = Field(description="What it is about: `kind:id`")
    at: dt.datetime
    day: dt.date
    zh: str
    en: str


class FirmNotices(BaseModel):
    """Notices, the latest first."""

    items: list[FirmNotice]
    next: str | None
